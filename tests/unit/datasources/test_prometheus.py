"""The Prometheus client: what goes over the wire, and honest words without an address when it fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from backend_server.datasources import PrometheusClient, PrometheusUnavailable, QueryRefused
from backend_server.datasources.prometheus import PrometheusTimeout
from backend_server.errors import UpstreamError

GOOD = b'{"status":"success","data":{"resultType":"vector","result":[]}}'


class Fake:
    """Answers every request with `status` and `body`, and keeps what came."""

    def __init__(self) -> None:
        self.status, self.body = 200, GOOD
        self.got: list[tuple[str, str, dict[str, str], dict[str, str]]] = []


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    made = Fake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            form = {name: values[-1] for name, values in parse_qs(sent).items()}
            made.got.append((self.command, self.path, form, dict(self.headers)))
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *args: object) -> None:
            return

    Handler.do_GET = Handler.do_POST = Handler.answer  # type: ignore[attr-defined]  # the names http.server looks for
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    yield made, f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    serving.join()


def test_a_range_query_goes_out_as_a_form_and_comes_back_as_bytes(fake: tuple[Fake, str]) -> None:
    made, place = fake
    client = PrometheusClient(f"http://{place}/prom/", timeout_seconds=3)
    assert client.range("up", 1_700_000_000_250, 1_700_000_060_000, 15_000) is not None
    assert client.instant("up", 1_700_000_000_000) == GOOD
    client.close()
    (method, path, form, headers), instant = made.got
    assert (method, path) == ("POST", "/prom/api/v1/query_range")
    assert form == {"query": "up", "start": "1700000000.250", "end": "1700000060", "step": "15", "timeout": "2500ms"}
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert instant[1:3] == ("/prom/api/v1/query", {"query": "up", "time": "1700000000", "timeout": "2500ms"})


def test_credentials_of_the_url_become_basic_authentication(fake: tuple[Fake, str]) -> None:
    made, place = fake
    client = PrometheusClient(f"http://reader:s%40crt@{place}")
    client.instant("up", 0)
    client.close()
    headers = made.got[0][3]
    assert headers["Authorization"] == "Basic cmVhZGVyOnNAY3J0"
    assert headers["Host"] == place


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
    fake: tuple[Fake, str], status: int, body: bytes, kind: type[UpstreamError], words: str
) -> None:
    made, place = fake
    made.status, made.body = status, body
    client = PrometheusClient(f"http://{place}")
    with pytest.raises(kind, match=words) as failed:
        client.instant("up", 0)
    client.close()
    assert place not in failed.value.message
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


def test_more_data_than_may_be_shown_asks_for_less(fake: tuple[Fake, str]) -> None:
    made, place = fake
    made.body = GOOD + b" " * 5000
    client = PrometheusClient(f"http://{place}", max_bytes=1000)
    with pytest.raises(PrometheusUnavailable, match="shorter range"):
        client.instant("up", 0)
    client.close()
