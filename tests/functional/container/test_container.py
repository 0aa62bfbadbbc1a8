"""The image's programs together: the same supervisor configuration, real nginx, a fake Grafana in Grafana's place.

As in the image: a plain user, a read-only root, `dashwright run` as the first process.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.container import PROGRAMS, TOKEN, USER, Container, environment_for, running
from tests.support.edge import is_whole, parsed
from tests.support.processes import get, until


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    folder = tmp_path_factory.mktemp("container")
    with running(folder, environment_for(folder)) as service:
        service.wait_ready()
        until(lambda: all(service.status()[name][0] == "RUNNING" for name in PROGRAMS), 60, what="all programs run")
        yield service


@pytest.fixture(scope="module")
def link(container: Container) -> str:
    """A link to a device's dashboard in Grafana, which is live."""
    body = json.dumps({"hostname": "Rig 1"}).encode()
    answer = json.loads(put(container, "rig-1", body))
    until(lambda: get(answer["link"]["url"])[0] == 200, 60, what="the link is live")
    return str(answer["link"]["url"])


def put(container: Container, device: str, body: bytes) -> bytes:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{container.base}/api/devices/{device}", body, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


def health(container: Container) -> tuple[int, dict[str, Any]]:
    status, body = get(f"{container.base}/server/health")
    return status, json.loads(body)


def test_every_program_runs_as_a_plain_user_and_supervisorctl_says_so(container: Container, link: str) -> None:
    assert link
    assert {name: state for name, (state, _) in container.status().items()} == {
        **dict.fromkeys((*PROGRAMS, "watch"), "RUNNING"),
        "prometheus": "STOPPED",
    }
    owners = {pid: os.stat(f"/proc/{pid}").st_uid for pid in container.processes()}
    wanted = USER if os.geteuid() == 0 else os.geteuid()
    assert set(owners.values()) == {wanted} - {0}
    assert len(owners) >= 8


def test_nothing_is_held_open_for_writing_outside_the_writable_folders(container: Container, link: str) -> None:
    assert link
    allowed = (container.environment["DATA_DIR"], container.environment["DASHBOARDS_DIR"], "/tmp/", "/dev/")
    for pid in container.processes():
        for number in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                target = os.readlink(number)
                flags = Path(f"/proc/{pid}/fdinfo/{number.name}").read_text().split("flags:")[1].split()[0]
                if target.startswith("/") and int(flags, 8) & (os.O_WRONLY | os.O_RDWR):
                    assert target.startswith(allowed) or target == str(container.folder / "run.log"), target


def test_the_root_is_read_only_where_that_can_be_had(container: Container) -> None:
    mounts = Path(f"/proc/{container.process.pid}/mountinfo").read_text().splitlines()
    root = next(line for line in reversed(mounts) if line.split()[4] == "/")
    assert "ro" in root.split()[5].split(",") or os.geteuid() != 0


def test_every_line_is_an_object_with_its_program(container: Container, link: str) -> None:
    assert link
    lines = [json.loads(line) for line in container.log.splitlines()]
    assert {line["program"] for line in lines} <= {*PROGRAMS, "prepare", "run", "supervisor"}
    assert {"web", "worker", "poller", "grafana", "run"} <= {line["program"] for line in lines}
    assert all({"timestamp", "level", "event"} <= line.keys() for line in lines)
    token = link.partition("public-dashboards/")[2][:32]
    assert token not in container.log
    assert TOKEN not in container.log


def test_health_tells_ready_degraded_and_not_ready_apart(container: Container, link: str) -> None:
    assert link
    status, told = health(container)
    assert (status, told["status"]) == (200, "degraded")
    assert told["components"]["prometheus"]["status"] == "degraded", "there is no Prometheus in this test"
    assert {name for name, one in told["components"].items() if one["status"] == "down"} == set()
    commands = container.processes()
    grafana = next(pid for pid, command in commands.items() if "-m tests.fakes.grafana" in command)
    os.kill(grafana, signal.SIGSTOP)
    try:
        until(lambda: health(container)[0] == 503, 40, what="a Grafana that hangs makes it not ready")
        assert health(container)[1]["components"]["grafana"]["status"] == "down"
    finally:
        os.kill(grafana, signal.SIGCONT)
    until(lambda: health(container)[0] == 200, 40, what="ready again")


def test_grafanas_health_passes_and_its_sign_in_has_a_port(container: Container) -> None:
    status, body = get(f"{container.base}/grafana/api/health")
    assert (status, json.loads(body)["database"]) == (200, "ok")
    status, body = get(f"http://127.0.0.1:{container.environment['GRAFANA_PORT']}/")
    assert (status, body) == (200, b"<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["grafana", "poller", "worker", "web", "edge"])
def test_a_killed_program_is_back_within_seconds_and_links_show_a_clean_page_meanwhile(
    container: Container, link: str, name: str
) -> None:
    until(lambda: get(link)[0] == 200, 60, what="the link answers before")
    before = container.status()[name][1]
    held = {pid for pid, command in container.processes().items() if is_below(pid, before)}
    os.kill(before, signal.SIGKILL)
    began = time.monotonic()
    while True:
        try:
            status, page = get(link)
        except OSError:
            assert name == "edge", "only without the edge there is nobody to answer"
        else:
            if status != 200:
                assert status in (502, 503, 504), status
                # A Grafana that is back without its database has to get the public dashboard again: prepared, not away.
                assert re.search(rb'name="dashwright-state" content="(unavailable|pending)"', page), page[:300]
        state, pid = container.status()[name]
        if state == "RUNNING" and pid != before and health_or_none(container) == 200:
            break
        assert time.monotonic() - began < 60, container.status()
    # gunicorn's worker looks for its master every second; nginx is told at once.
    gone = {Path(f"/proc/{pid}") for pid in held}
    until(lambda: not any(path.exists() for path in gone), 30, what="what the killed program held is gone too")
    until(lambda: get(link)[0] == 200, 60, what="the link answers again")


def test_an_nginx_whose_master_is_killed_leaves_nothing_on_its_port(container: Container, link: str) -> None:
    until(lambda: get(link)[0] == 200, 60, what="the link answers before")
    before = {pid for pid, command in container.processes().items() if command.startswith("nginx:")}
    assert len(before) >= 2
    master = next(pid for pid in before if "master" in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(master, signal.SIGKILL)
    gone = {Path(f"/proc/{pid}") for pid in before}
    until(lambda: not any(path.exists() for path in gone), 20, what="its workers are gone")
    until(lambda: get(link)[0] == 200, 60, what="the link answers again")


def is_below(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False


def health_or_none(container: Container) -> int | None:
    try:
        return health(container)[0]
    except OSError:
        return None


class Hammer(threading.Thread):
    """Sends requests on new connections until nobody listens; keeps what came of each."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(name=f"hammer-{number}")
        self._port, self._number = port, number
        self.acknowledged: list[str] = []
        self.cut: list[bytes] = []
        self.failed: list[int] = []
        self.refused = 0
        self._until = time.monotonic() + 60

    def run(self) -> None:
        count = 0
        while self.refused < 5 and time.monotonic() < self._until:
            count += 1
            device = f"h{self._number}-{count}"
            raw = b""
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=20) as connection:
                    body = json.dumps({"hostname": device}).encode()
                    head = f"PUT /api/devices/{device} HTTP/1.1\r\nHost: board.test\r\nConnection: close\r\n"
                    head += f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
                    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                    while part := connection.recv(65_536):
                        raw += part
            except OSError:
                pass
            if not raw:
                # Refused, or reset before anybody had taken it up: the client knows that it was not done.
                self.refused += 1
                time.sleep(0.05)
            elif not is_whole(raw):
                self.cut.append(raw)
            elif parsed(raw).status in (200, 201):
                self.acknowledged.append(device)
            else:
                self.failed.append(parsed(raw).status)


def test_sigterm_ends_everything_within_twenty_seconds_and_loses_no_request(container: Container) -> None:
    until(lambda: health_or_none(container) == 200, 60, what="ready before the stop")
    pids = container.processes()
    waited: list[Any] = []
    waiting = threading.Thread(target=put_and_wait, args=(container, waited))
    hammers = [Hammer(int(container.environment["PORT"]), number) for number in range(4)]
    worker = container.status()["worker"][1]
    os.kill(worker, signal.SIGSTOP)
    for thread in (waiting, *hammers):
        thread.start()
    time.sleep(2)
    began = time.monotonic()
    container.process.send_signal(signal.SIGTERM)
    waiting.join(15)
    os.kill(worker, signal.SIGCONT)
    code = container.process.wait(25)
    seconds = time.monotonic() - began
    for thread in hammers:
        thread.join(30)
    assert not waiting.is_alive()
    assert code == 0, container.log[-2000:]
    assert seconds <= 20
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    assert [cut for hammer in hammers for cut in hammer.cut] == []
    assert [status for hammer in hammers for status in hammer.failed] == [], "the edge stops before what it asks"
    assert waited == ["pending"], "who waits for a device is answered before the end"
    done = [device for hammer in hammers for device in hammer.acknowledged]
    assert done
    from backend_server.storage.engine.store import Store
    from backend_server.storage.tables.device_list import DeviceList

    store = Store.open(None, container.data)
    try:
        known = {str(device.id) for device in DeviceList(store).everything()}
    finally:
        store.close()
    assert set(done) <= known


def put_and_wait(container: Container, told: list[str]) -> None:
    """Wait for a device while the worker is held still, so that the wait is a long one."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    body = json.dumps({"hostname": "waits"}).encode()
    url = f"{container.base}/api/devices/waits?wait=30s"
    request = urllib.request.Request(url, body, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=40) as answer:
        shown = json.loads(answer.read())
    told.append(shown["link"]["state"] if shown.get("link") else "none")
