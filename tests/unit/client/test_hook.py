"""The client hook against a small service over real HTTP: what goes over the wire, and what an outage costs."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from dashwright_client import DashboardHook

RIG = {"id": "rig-1", "hostname": "Rig 1", "kind": "miner", "labels": {"site": "north"}}


class Service(ThreadingHTTPServer):
    """Answers the two routes the hook calls, and can refuse, stumble and change its database."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.calls: list[tuple[str, Any, str | None]] = []
        self.epoch = "one"
        self.resend = False
        self.clients: list[str] = []
        self.refuse: dict[str, str] = {}
        self.states: dict[str, list[str]] = {}
        self.answer_with: list[int] = []
        self.too_many = 10_000
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def batches(self) -> list[list[str]]:
        return [[device["id"] for device in body] for path, body, _ in self.calls if path == "/api/devices/batch"]

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 1
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((self.path, body, self.headers["Authorization"]))
        if self.server.answer_with:
            return self._answer(self.server.answer_with.pop(0), {"error": {"message": "not now"}})
        if self.path.endswith("/heartbeat"):
            self.server.clients.append(self.headers["X-Dashwright-Client"])
            resend = self.server.resend or body["epoch"] != self.server.epoch
            return self._answer(200, {"epoch": self.server.epoch, "resend": resend})
        if len(body) > self.server.too_many:
            return self._answer(413, {"error": {"message": "too many"}})
        return self._answer(200, {"results": [self._result(device) for device in body]})

    def _result(self, device: dict[str, Any]) -> dict[str, Any]:
        if device["id"] in self.server.refuse:
            return {"id": device["id"], "status": 422, "error": {"message": self.server.refuse[device["id"]]}}
        states = self.server.states.get(device["id"], ["live"])
        state = states.pop(0) if len(states) > 1 else states[0]
        token = f"{abs(hash(device['id'])):032x}"
        url = f"http://example.test/grafana/public-dashboards/{token}?orgId=1"
        link = {"url": url, "embed_url": f"{url}&theme=dark", "token": token, "slug": "s", "state": state}
        return {"id": device["id"], "status": 200, "link": link}

    def _answer(self, status: int, body: object) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


def hook_to(service: Service, **options: Any) -> DashboardHook:
    return DashboardHook(service.url, "secret", client="test", batch_window_seconds=0.01, **options)


def until(holds: Any, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_device_gets_its_link_and_an_unchanged_one_is_not_sent_again(service: Service) -> None:
    with hook_to(service) as hook:
        assert hook.ensure(RIG) is None
        assert hook.flush()
        link = hook.ensure(dict(RIG, labels={"site": "north"}))
        assert link is not None
        assert link.embed_url.endswith("&theme=dark")
        assert hook.links == {"rig-1": link}
        hook.flush()
    assert service.calls == [
        ("/api/devices/heartbeat", {"epoch": None, "count": 0}, "Bearer secret"),
        ("/api/devices/batch", [RIG], "Bearer secret"),
    ]


def test_a_change_deep_inside_a_dict_that_the_host_reuses_is_seen(service: Service) -> None:
    device = {"id": "rig-1", "labels": {"site": "north"}}
    with hook_to(service) as hook:
        hook.ensure(device)
        assert hook.flush()
        device["labels"]["site"] = "south"
        hook.ensure(device)
        assert hook.flush()
    assert [body[0]["labels"]["site"] for _, body, _ in service.calls[1:]] == ["north", "south"]


def test_changes_share_a_call_up_to_the_batch_size(service: Service) -> None:
    with hook_to(service, batch_size=40) as hook:
        hook.ensure_many([{"id": f"d{number}"} for number in range(100)])
        assert hook.flush()
        assert len(hook.links) == 100
    assert [len(batch) for batch in service.batches()] == [40, 40, 20]


def test_one_refused_device_is_named_and_spoils_nothing(service: Service) -> None:
    service.refuse = {"rig 7": "The device id cannot be used"}
    with hook_to(service) as hook:
        hook.ensure_many([RIG, {"id": "rig 7"}])
        assert hook.flush()
        assert hook.errors == {"rig 7": "The device id cannot be used"}
        assert list(hook.links) == ["rig-1"]
        hook.ensure({"id": "rig 7"})
        hook.flush()
    assert len(service.batches()) == 1


def test_a_batch_that_is_too_large_is_split_until_it_fits(service: Service) -> None:
    service.too_many = 3
    with hook_to(service) as hook:
        hook.ensure_many([{"id": f"d{number}"} for number in range(10)])
        assert hook.flush()
        assert len(hook.links) == 10


def test_an_outage_loses_nothing_and_the_newest_state_wins(service: Service) -> None:
    port = service.server_port
    service.close()
    hook = DashboardHook(f"http://127.0.0.1:{port}", batch_window_seconds=0.01)
    for hostname in ("old", "older", "newest"):
        hook.ensure({"id": "rig-1", "hostname": hostname})
    assert not hook.flush(0.2)
    back = Service(port)
    try:
        assert hook.flush(5)
        assert back.calls[1][1] == [{"id": "rig-1", "hostname": "newest"}]
    finally:
        hook.close()
        back.close()


def test_the_queue_is_bounded_and_what_did_not_fit_is_offered_again(service: Service) -> None:
    service.answer_with = [503]
    devices = [{"id": f"d{number}"} for number in range(10)]
    with hook_to(service, queue_limit=4) as hook:
        hook.ensure_many(devices)
        assert hook.waiting == 4
        until(lambda: hook.flush(0.1))
        for _ in range(3):
            hook.ensure_many(devices)
            assert hook.flush()
        assert len(hook.links) == 10


def test_the_heartbeat_says_who_and_counts_what_was_accepted(service: Service) -> None:
    service.refuse = {"rig 7": "no"}
    with hook_to(service, heartbeat_seconds=0.1) as hook:
        hook.ensure_many([RIG, {"id": "rig 7"}])
        until(lambda: ("/api/devices/heartbeat", {"epoch": "one", "count": 1}, "Bearer secret") in service.calls)
    assert set(service.clients) == {"test"}


def test_a_service_that_knows_our_devices_no_more_gets_them_again(service: Service) -> None:
    with hook_to(service, heartbeat_seconds=0.1) as hook:
        hook.ensure(RIG)
        assert hook.flush()
        service.resend = True
        until(lambda: len(service.batches()) >= 2)
        assert service.batches()[1] == ["rig-1"]


def test_a_device_the_host_names_no_more_is_not_kept_fresh_but_keeps_its_link(service: Service) -> None:
    with hook_to(service, heartbeat_seconds=0.05) as hook:
        hook.ensure_many([RIG, {"id": "rig-2"}])
        assert hook.flush()

        def one_left() -> bool:
            hook.ensure(RIG)
            return service.calls[-1][1] == {"epoch": "one", "count": 1}

        until(one_left)
        assert set(hook.links) == {"rig-1", "rig-2"}


def test_another_database_gets_everything_again(service: Service) -> None:
    with hook_to(service, heartbeat_seconds=0.1) as hook:
        hook.ensure_many([RIG, {"id": "rig-2"}])
        assert hook.flush()
        service.epoch = "two"
        until(lambda: len(service.batches()) == 2)
        assert service.batches()[1] == ["rig-1", "rig-2"]


def test_a_link_that_is_pending_is_asked_for_until_it_is_live(service: Service) -> None:
    service.states = {"rig-1": ["pending", "live"]}
    with hook_to(service) as hook:
        hook.ensure(RIG)
        until(lambda: (link := hook.ensure(RIG)) is not None and link.state == "live")
    assert service.batches() == [["rig-1"], ["rig-1"]]


def test_a_refused_token_is_tried_again_slowly_and_told_once(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.answer_with = [401, 401]
    with hook_to(service) as hook:
        hook.ensure(RIG)
        assert hook.flush(5)
    assert len(service.calls) == 4
    assert [record.message for record in caplog.records] == [
        "Dashwright cannot be told of changes, trying again: not now"
    ]


@pytest.mark.parametrize("device", [{}, {"id": None}, {"id": 7}, {"id": ""}, {"id": ["a"]}])
def test_a_device_without_an_id_is_told_at_the_call(device: dict[str, Any]) -> None:
    hook = DashboardHook("http://127.0.0.1:9")
    with pytest.raises(ValueError, match="A device needs an 'id' of text"):
        hook.ensure(device)


def test_an_address_that_is_none_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="must look like http://host:port"):
        DashboardHook("dashwright:5109")


def test_a_closed_hook_takes_nothing_and_leaves_no_thread(service: Service) -> None:
    hook = hook_to(service)
    hook.ensure(RIG)
    hook.close()
    assert hook.ensure(RIG) is not None
    with pytest.raises(RuntimeError, match="closed"):
        hook.ensure(dict(RIG, hostname="new"))
    assert not [thread for thread in threading.enumerate() if thread.name == "dashwright-hook"]


def test_many_threads_may_share_one_hook(service: Service) -> None:
    with hook_to(service) as hook:
        threads = [
            threading.Thread(target=hook.ensure_many, args=([{"id": f"d{n}"} for n in range(200)],)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert hook.flush()
        assert len(hook.links) == 200


def test_closing_while_the_service_is_away_does_not_wait_longer_than_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hook = DashboardHook(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.3)
        hook.ensure(RIG)
        began = time.monotonic()
        hook.close(0.2)
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("token", ["dw_…", "dw_ä", "dw_1\n", "dw 1"])
def test_a_token_that_cannot_be_sent_is_told_when_the_hook_is_made(token: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII only") as told:
        DashboardHook("http://127.0.0.1:1", token=token)
    assert token not in str(told.value)


def test_a_client_name_that_cannot_be_sent_is_told_when_the_hook_is_made() -> None:
    with pytest.raises(ValueError, match="printable ASCII only"):
        DashboardHook("http://127.0.0.1:1", client="Wärter")
