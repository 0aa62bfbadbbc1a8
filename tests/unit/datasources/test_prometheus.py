"""The Prometheus client: what goes over the wire, and honest words without an address when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
import requests
import responses

from backend_server.datasources import PrometheusClient, PrometheusUnavailable, QueryRefused
from backend_server.datasources.prometheus import PrometheusTimeout
from backend_server.errors import UpstreamError

GOOD = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
PLACE = "prometheus.invalid:9090"
INSTANT, RANGE = f"http://{PLACE}/api/v1/query", f"http://{PLACE}/api/v1/query_range"


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as found:
        yield found


def form_of(call: responses.Call) -> dict[str, str]:
    body = call.request.body
    assert isinstance(body, bytes)
    return {name: values[-1] for name, values in parse_qs(body.decode()).items()}


def test_a_range_query_goes_out_as_a_form_and_comes_back_as_bytes(web: responses.RequestsMock) -> None:
    web.post(f"http://{PLACE}/prom/api/v1/query_range", body=GOOD)
    web.post(f"http://{PLACE}/prom/api/v1/query", body=GOOD)
    client = PrometheusClient(f"http://{PLACE}/prom/", timeout_seconds=3)
    assert client.range("up", 1_700_000_000_250, 1_700_000_060_000, 15_000) is not None
    assert client.instant("up", 1_700_000_000_000) == GOOD
    asked, instant = web.calls
    assert form_of(asked) == {
        "query": "up",
        "start": "1700000000.250",
        "end": "1700000060",
        "step": "15",
        "timeout": "2500ms",
    }
    assert asked.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form_of(instant) == {"query": "up", "time": "1700000000", "timeout": "2500ms"}


def test_credentials_of_the_url_become_basic_authentication(web: responses.RequestsMock) -> None:
    web.post(INSTANT, body=GOOD)
    PrometheusClient(f"http://reader:s%40crt@{PLACE}").instant("up", 0)
    assert web.calls[0].request.headers["Authorization"] == "Basic cmVhZGVyOnNAY3J0"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            400,
            b'{"status":"error","errorType":"bad_data","error":"1:3: secret_metric"}',
            QueryRefused,
            "does not accept",
        ),
        (422, b'{"status":"error","errorType":"execution","error":"many-to-many"}', QueryRefused, "could not evaluate"),
        (503, b'{"status":"error","errorType":"timeout","error":"x"}', PrometheusTimeout, "too slow"),
        (503, b'{"status":"error","errorType":"unavailable","error":"x"}', PrometheusUnavailable, "starting"),
        (503, b"Service Unavailable", PrometheusUnavailable, "starting"),
        (401, b"no", PrometheusUnavailable, "credentials"),
        (200, b"<html>", PrometheusUnavailable, "is none"),
        (302, b"", PrometheusUnavailable, "is none"),
        (200, b'{"status":"error"}', QueryRefused, "could not"),
    ],
)
def test_failures_are_told_apart(
    web: responses.RequestsMock, status: int, body: bytes, kind: type[UpstreamError], words: str
) -> None:
    web.post(INSTANT, status=status, body=body)
    with pytest.raises(kind, match=words) as failed:
        PrometheusClient(f"http://{PLACE}").instant("up", 0)
    assert PLACE not in failed.value.message
    assert "secret_metric" not in failed.value.message
    if isinstance(failed.value, QueryRefused) and status == 400:
        assert failed.value.detail == "1:3: secret_metric"


def test_a_prometheus_that_is_down_is_said_without_its_address() -> None:
    client = PrometheusClient("http://127.0.0.1:9")
    with pytest.raises(PrometheusUnavailable) as failed:
        client.instant("up", 0)
    assert failed.value.message == "Prometheus cannot be reached."
    assert not client.ready()
    client.close()


def test_one_that_is_too_slow_is_asked_for_less(web: responses.RequestsMock) -> None:
    web.post(RANGE, body=requests.ReadTimeout())
    with pytest.raises(PrometheusTimeout, match="within 3 s; choose a shorter range"):
        PrometheusClient(f"http://{PLACE}", timeout_seconds=3).range("up", 0, 60_000, 15_000)


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False), (404, False)])
def test_it_is_ready_when_it_says_so(web: responses.RequestsMock, status: int, ready: bool) -> None:
    web.get(f"http://{PLACE}/-/ready", status=status)
    assert PrometheusClient(f"http://{PLACE}").ready() is ready


def test_more_data_than_may_be_shown_asks_for_less(web: responses.RequestsMock) -> None:
    web.post(INSTANT, body=GOOD + b" " * 5000)
    with pytest.raises(PrometheusUnavailable, match="shorter range"):
        PrometheusClient(f"http://{PLACE}", max_bytes=1000).instant("up", 0)
