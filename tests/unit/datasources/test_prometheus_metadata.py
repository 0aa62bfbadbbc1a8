"""What `discover` learns of a Prometheus: names that have series, their kinds, labels, and honest refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
import requests
import responses

from backend_server.datasources.prometheus_metadata import PrometheusMetadata
from backend_server.errors import UpstreamError
from backend_server.generator.spec.discover import SeenMetric

PLACE = "http://prometheus.invalid:9090"
SERIES = {
    "up": [{"job": "node"}, {"job": "devices"}],
    "requests_total": [{"path": "/", "code": "200"}],
    "latency_seconds_bucket": [{"le": "1"}, {"le": "+Inf"}],
}
METADATA = {
    "requests": [{"type": "counter", "help": "Requests.", "unit": ""}],
    "latency_seconds": [{"type": "histogram", "help": "How long.", "unit": "seconds"}],
    "pause_seconds": [{"type": "summary", "help": "", "unit": ""}],
}
NAMES = (
    *("up", "requests_total", "latency_seconds_bucket", "latency_seconds_sum", "latency_seconds_count"),
    *("pause_seconds", "pause_seconds_sum", "pause_seconds_count", "job:up:sum", "ALERTS"),
)


def answer(data: object, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {}, json.dumps({"status": "success", "data": data}).encode()


def query(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
    assert isinstance(request.body, bytes)
    names = ("latency_seconds_count",) if "_count" in parse_qs(request.body.decode())["query"][0] else NAMES
    return answer({"result": [{"metric": {"__name__": name}, "value": [1700000000, "1"]} for name in names]})


def series(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
    assert isinstance(request.body, bytes)
    asked = parse_qs(request.body.decode())
    assert (asked["start"], asked["end"]) == (["1699999700.000"], ["1700000000.000"])
    name = asked["match[]"][0].removeprefix('{__name__="').removesuffix('"}')
    return answer([{"__name__": name, **labels} for labels in SERIES[name]])


@pytest.mark.parametrize("part", ["type", "help", "unit"])
@pytest.mark.parametrize("value", [None, 5, {"a": 1}, ["gauge"], True])
def test_what_is_told_of_a_metric_must_be_text(web: responses.RequestsMock, part: str, value: object) -> None:
    web.replace(responses.GET, f"{PLACE}/api/v1/metadata", json={"status": "success", "data": {"up": [{part: value}]}})
    with pytest.raises(UpstreamError, match="something else than Prometheus"):
        PrometheusMetadata(PLACE).seen()


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as found:
        found.add_callback(responses.POST, f"{PLACE}/api/v1/query", query)
        found.add_callback(responses.POST, f"{PLACE}/api/v1/series", series)
        found.add_callback(responses.GET, f"{PLACE}/api/v1/metadata", lambda _: answer(METADATA))
        yield found


def test_every_metric_that_has_series_is_seen_once_with_what_is_said_of_it(web: responses.RequestsMock) -> None:
    assert PrometheusMetadata(f"{PLACE}/").seen() == [
        SeenMetric("latency_seconds", "histogram", "How long.", "seconds", {"__name__": 1, "le": 2}, True),
        SeenMetric("requests_total", "counter", "Requests.", "", {"__name__": 1, "path": 1, "code": 1}, True),
        SeenMetric("up", "unknown", "", "", {"__name__": 1, "job": 2}, True),
    ]


def test_user_and_password_of_the_address_sign_every_call_in(web: responses.RequestsMock) -> None:
    PrometheusMetadata(PLACE.replace("//", "//reader:s%40crt@")).seen()
    assert {call.request.headers.get("Authorization") for call in web.calls} == {"Basic cmVhZGVyOnNAY3J0"}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>", "is none .status 200."),
        (401, b"no", "is none .status 401."),
        (422, b'{"status":"error","error":"at prometheus.invalid"}', "refused GET /api/v1/metadata .status 422."),
        (200, b'{"status":"success","data":["latency_seconds"]}', "says something else"),
    ],
)
def test_what_is_no_prometheus_is_said_without_its_address(
    web: responses.RequestsMock, status: int, body: bytes, words: str
) -> None:
    web.replace(responses.GET, f"{PLACE}/api/v1/metadata", status=status, body=body)
    with pytest.raises(UpstreamError, match=words) as failed:
        PrometheusMetadata(PLACE).seen()
    assert "prometheus.invalid" not in failed.value.message
