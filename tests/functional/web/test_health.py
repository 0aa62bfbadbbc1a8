"""Health tells the truth, quickly, to everyone, and nothing else."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend_server.monitoring.checks import is_below_floor
from backend_server.monitoring.model import Level, Part
from backend_server.monitoring.remembered import Remembered
from backend_server.primitives.secret import Secret
from backend_server.reconcile.heartbeat import HEARTBEAT
from backend_server.settings import LinkTokens
from backend_server.telemetry import configure_logging
from backend_server.telemetry.reconciling import ReconcileLog
from backend_server.wiring.monitoring import build_health
from backend_server.wiring.reconcile import build_worker
from tests.fakes.grafana import FakeGrafana
from tests.support.app import LiveApp, Passes, running_app
from tests.support.grafana import write_provisioning


def health(app: LiveApp) -> tuple[int, dict[str, object], dict[str, dict[str, object]]]:
    reply = app.call("GET", "/server/health", token=None)
    body = reply.json()
    return reply.status, body, body["components"]


def test_each_component_is_named_and_a_missing_prometheus_only_degrades(live_app: LiveApp) -> None:
    status, body, parts = health(live_app)
    assert (status, body["status"], body["live"]) == (200, "degraded", True)
    assert set(parts) == {"database", "prometheus", "poller", "documents", "templates", "disk", "worker", "secrets"}
    assert parts["prometheus"]["status"] == parts["poller"]["status"] == "degraded"
    for name in ("database", "templates", "disk", "worker"):
        assert parts[name]["status"] == "ok", parts
    text = live_app.call("GET", "/server/health", token=None).body.decode()
    for secret in ("127.0.0.1", str(live_app.settings.data_dir), "Traceback"):
        assert secret not in text


def test_a_dead_worker_or_poller_beside_us_is_not_ready_and_elsewhere_degraded(live_app: LiveApp) -> None:
    live_app.passes.stop()
    report = build_health(live_app.services).report()
    assert report["status"] == "degraded"
    supervised = build_health(replace(live_app.services, supervised=True)).report()
    assert supervised["status"] == "not_ready"
    parts = supervised["components"]
    assert isinstance(parts, dict)
    assert parts["worker"] == {"status": "down", "message": "no worker leads; changes wait"}
    assert parts["poller"]["status"] == "down"


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


def worker_part(app: LiveApp, *, supervised: bool) -> dict[str, object]:
    parts = build_health(replace(app.services, supervised=supervised)).report()["components"]
    assert isinstance(parts, dict)
    found: dict[str, object] = parts["worker"]
    return found


def test_a_worker_that_leads_and_hangs_is_not_healthy_and_is_again_when_it_goes_on(live_app: LiveApp) -> None:
    records = live_app.services.records

    def looked_long_ago() -> bool:
        """Let ten minutes be over since the loop last went on; one that does go on says so by itself."""
        beat = json.loads(records.values.get(HEARTBEAT) or "{}")
        records.values.set(HEARTBEAT, json.dumps({**beat, "at": records.documents.now_ms() - 600_000}))
        return worker_part(live_app, supervised=False)["status"] == "degraded"

    with live_app.passes.hold():
        live_app.call("PUT", "/api/devices/rig-1", {})
        until(looked_long_ago)
        assert worker_part(live_app, supervised=True) == {
            "status": "down",
            "message": "is stalled; changes wait",
        }
    until(lambda: worker_part(live_app, supervised=True)["status"] == "ok")


def test_health_is_not_ready_before_the_first_pass_of_whoever_leads(live_app: LiveApp) -> None:
    live_app.passes.stop()
    passes = Passes(live_app.services)
    try:
        with passes.hold():
            passes.start(first_pass=False)
            until(lambda: "first pass" in str(worker_part(live_app, supervised=True)["message"]))
            assert worker_part(live_app, supervised=True)["status"] == "down"
            assert worker_part(live_app, supervised=False)["status"] == "degraded"
        until(lambda: worker_part(live_app, supervised=True)["status"] == "ok")
    finally:
        passes.stop()


@pytest.mark.parametrize(("own", "status"), [(False, "degraded"), (True, "down")])
def test_grafana_away_is_a_status_unless_it_is_our_own(
    tmp_path: Path, sqlite_template: Path, own: bool, status: str
) -> None:
    more = {"grafana_home": tmp_path} if own else {}
    with running_app(tmp_path, empty_database=sqlite_template, grafana_url="http://127.0.0.1:9/grafana", **more) as app:
        answered, _, parts = health(app)
        assert parts["grafana"]["status"] == status
        assert answered == (503 if own else 200)
        assert app.call("PUT", "/api/devices/rig-1", {}).status == 201, "writes are queued all the same"


@pytest.mark.parametrize("hidden", [False, True])
def test_a_grafana_below_the_safe_floor_is_told_also_when_it_hides_its_version(
    tmp_path: Path, sqlite_template: Path, hidden: bool
) -> None:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with (
        FakeGrafana(provisioning, environment={}, polling=False, hide_version=hidden) as grafana,  # it is a 12.4.0
        running_app(tmp_path, empty_database=sqlite_template, grafana_url=grafana.url) as app,
    ):
        grafana.forget_requests()
        look = build_health(app.services).slow["grafana"]
        for _ in range(3):
            assert look().message == "is older than the oldest version that is safe for public dashboards"
        asked = [one for one in grafana.requests if one.path.endswith("/api/frontend/settings")]
        assert len(asked) == (1 if hidden else 0), "it is kept for some minutes"


def test_a_page_of_grafana_nobody_can_read_degrades_until_one_reads_again(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend_server.monitoring.remembered._REMEMBER_SECONDS", 0.0)
    monkeypatch.setattr("backend_server.viewing.relay.pages._PAGE_KEPT_SECONDS", 0.0)
    dashboards = tmp_path / "dashboards"
    provisioning = write_provisioning(tmp_path, dashboards)
    with (
        FakeGrafana(provisioning, environment={}, polling=False) as fake,
        running_app(tmp_path, empty_database=sqlite_template, grafana_url=fake.url, dashboards_dir=dashboards) as app,
    ):
        made = app.call("PUT", "/api/devices/rig-1?wait=15s", {}).json()
        page = urlsplit(made["link"]["url"]).path

        def grafana(words: str) -> dict[str, object]:
            """Ask until health has looked again."""
            deadline = time.monotonic() + 10
            while words not in str((found := health(app)[2]["grafana"]).get("message", "")):
                assert time.monotonic() < deadline, found
            return found

        assert app.call("GET", page, token=None).status == 200
        fake.answer_once("GET .*/public-dashboards/[0-9a-f]{32}", 200, b"<html>a page of tomorrow</html>")
        assert app.call("GET", page, token=None).status == 503
        found = grafana("its public page is not one this service knows")
        assert found["status"] == "degraded"
        assert health(app)[0] == 200
        deadline = time.monotonic() + 10
        while app.call("GET", page, token=None).status != 200:
            assert time.monotonic() < deadline
        deadline = time.monotonic() + 10
        while "public page" in str(health(app)[2]["grafana"].get("message")):
            assert time.monotonic() < deadline


def test_a_disk_that_goes_with_the_container_is_told(tmp_path: Path, sqlite_template: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:  # which is a tmpfs
        for number, inside in enumerate((False, True)):
            folder = Path(memory) / str(number)
            given = {"data_dir": folder, "runtime_kubernetes": "10.0.0.1" if inside else ""}
            with running_app(tmp_path / str(number), empty_database=sqlite_template, **given) as app:
                part = health(app)[2]["database"]
                assert part["status"] == ("degraded" if inside else "ok")
                assert not inside or "links would not survive it" in str(part["message"])
            derived = {"link_tokens": LinkTokens.DERIVED, "secret_key": Secret("k" * 40)}
            with running_app(tmp_path / "d", empty_database=sqlite_template, **given, **derived) as app:
                assert health(app)[2]["database"]["status"] == "ok"


def test_a_silent_upstream_never_makes_health_slow(tmp_path: Path, sqlite_template: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with running_app(tmp_path, empty_database=sqlite_template, prometheus_url=url) as app:
            for patience in (3.5, 1.5):
                began = time.monotonic()
                _, _, parts = health(app)
                assert time.monotonic() - began < patience
            assert parts["prometheus"]["status"] == "degraded"
            deadline = time.monotonic() + 5
            while any(thread.name.startswith("health-") for thread in threading.enumerate()):
                assert time.monotonic() < deadline
                time.sleep(0.05)


def test_what_was_known_long_ago_is_asked_anew_and_not_shown() -> None:
    told, silent, answer = Part(Level.OK), threading.Event(), threading.Event()

    def ask() -> Part:
        if silent.is_set():
            answer.wait(20)
        return told

    one = Remembered("prometheus", ask)

    def look(later: float = 0.0) -> Part:
        one._asked_at -= later
        one._known_at -= later
        began = time.monotonic()
        one.begin()
        return one.part(began)

    until(lambda: look().level is Level.OK)
    told = Part(Level.DEGRADED, "does not answer; dashboards show no data")
    assert look().level is Level.OK, "it is remembered"
    until(lambda: look(later=3600).message == told.message)
    told = Part(Level.OK)
    until(lambda: look(later=3600).level is Level.OK)
    silent.set()
    assert look(later=3600).message == "does not answer in time"
    answer.set()
    until(lambda: look().level is Level.OK)


def test_a_broken_template_degrades_and_is_named_to_those_signed_in_only(tmp_path: Path, sqlite_template: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "good.json").write_text('{"title": "<< device.title >>", "panels": []}')
    (templates / "broken.json").write_text('{"title": ')
    with running_app(tmp_path, empty_database=sqlite_template, templates_dir=templates) as app:
        _, _, parts = health(app)
        assert parts["templates"]["status"] == "degraded"
        assert "broken.json" not in app.call("GET", "/server/health", token=None).body.decode()
        listed = {one["name"]: one for one in app.call("GET", "/api/templates").json()}
        assert listed["good.json"]["in_use"] is True
        assert listed["broken.json"]["in_use"] is False
        assert "line 1" in listed["broken.json"]["error"]


def test_a_templates_folder_that_goes_away_degrades_and_is_named_in_the_log_only(
    tmp_path: Path, sqlite_template: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "good.json").write_text('{"title": "<< device.title >>", "panels": []}')
    with running_app(tmp_path, empty_database=sqlite_template, templates_dir=templates) as app:
        look = build_health(app.services).slow["templates"]
        assert look().level is Level.OK
        configure_logging("worker")
        worker = build_worker(app.services, watcher=ReconcileLog())
        app.passes.stop()
        templates.rename(tmp_path / "elsewhere")
        assert worker.lead.take()
        worker.load_templates()
        part = look()
        assert (part.level, part.facts) == (Level.DEGRADED, {"in_use": 1})
        assert "the templates folder cannot be read" in part.message
        assert str(tmp_path) not in part.message
        line = capfd.readouterr().out
        assert "the templates folder cannot be read" in line
        assert f"folder={templates}" in line
        (tmp_path / "elsewhere").rename(templates)
        worker.load_templates()
        assert look().level is Level.OK


@pytest.mark.parametrize(
    ("version", "below"),
    [
        ("12.4.2", True),
        ("12.4.3", False),
        ("13.0.1+security-01", False),
        ("11.6.0-pre", True),
        (None, False),
        ("x", False),
    ],
)
def test_the_oldest_safe_grafana(version: str | None, below: bool) -> None:
    assert is_below_floor(version) is below
