"""The doctor at the public port: the real nginx as shipped, and one that a person wrote in a hurry."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend_server.cli.main import call
from backend_server.doctor import Finding, examine, examine_outside
from backend_server.runtime.programs.nginx import nginx_command
from backend_server.settings import Settings
from tests.fakes.grafana import AuthRules, FakeGrafana
from tests.support.app import ADMIN_PASSWORD, LiveApp, running_app
from tests.support.edge import running_nginx, web_at
from tests.support.grafana import write_provisioning
from tests.support.processes import free_ports, get, until

# A proxy that passes on whatever it is given, as most examples in the world do.
_NAIVE = """
daemon off;
{root}
pid {run}/naive.pid;
error_log stderr error;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {run}/b; proxy_temp_path {run}/p; fastcgi_temp_path {run}/f;
    uwsgi_temp_path {run}/u; scgi_temp_path {run}/s;
    underscores_in_headers on;
    server {{
        listen 127.0.0.1:{port};
        location /grafana/ {{ proxy_pass http://127.0.0.1:{grafana}; }}
        location / {{ proxy_pass http://127.0.0.1:{web}; }}
    }}
}}
"""


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGrafana]:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with FakeGrafana(provisioning, environment={}, polling=False, auth=AuthRules(csrf_always_check=True)) as running:
        yield running


@pytest.fixture
def app(tmp_path: Path, sqlite_template: Path, fake: FakeGrafana) -> Iterator[LiveApp]:
    with running_app(tmp_path, empty_database=sqlite_template, grafana_url=fake.url) as running:
        yield running


@contextmanager
def nginx(command: list[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: get(f"{url}/server/health")[0] in (200, 503), 15, what="nginx")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def ids(findings: Iterable[Finding]) -> list[str]:
    return sorted({one.kind.id for one in findings})


def look(app: LiveApp, folder: Path) -> tuple[Finding, ...]:
    return examine(app.settings, provisioning=folder / "provisioning", addresses=())


def files_of(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in (folder / "dashboards").rglob("*"))


def test_the_shipped_edge_leaves_nothing_to_say(app: LiveApp, fake: FakeGrafana, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = Settings(
        data_dir=tmp_path / "edge", port=port, grafana_url=fake.url, listen="127.0.0.1",
        grafana_port=free_ports(1)[0],
    )  # fmt: skip
    with running_nginx(settings, edits=web_at(settings, app.settings.port)):
        url = f"http://127.0.0.1:{port}"
        until(lambda: get(f"{url}/server/health")[0] in (200, 503), 15, what="nginx")
        assert ids(examine_outside(url)) == []


def test_a_naive_proxy_is_found_out(app: LiveApp, fake: FakeGrafana, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    run = tmp_path / "naive"
    run.mkdir()
    root = "user root;" if os.geteuid() == 0 else ""
    written = _NAIVE.format(root=root, run=run, port=port, grafana=fake.port, web=app.settings.port)
    (run / "nginx.conf").write_text(written)
    command = [nginx_command(run / "nginx.conf")[0], "-p", str(run), "-c", str(run / "nginx.conf"), "-e", "stderr"]
    with nginx(command, port) as url, app.passes.hold():
        fake.forget_requests()
        found = examine_outside(url)
    assert ids(found) == ["grafana-open-at-edge", "grafana-page-raw", "header-not-stripped", "metrics-open"]
    told = " ".join(one.what for one in found if one.kind.id == "header-not-stripped")
    assert "/grafana/api/user answers 200 as 'admin'" in told
    assert fake.requests_that_change_something() == []


def test_something_else_at_the_address_is_told(fake: FakeGrafana) -> None:
    assert "not-ours" in ids(examine_outside(fake.origin))


def test_a_whole_deployment_is_examined_on_its_own_machine(app: LiveApp, fake: FakeGrafana, tmp_path: Path) -> None:
    until(lambda: "worker-not-leading" not in ids(look(app, tmp_path)), 20, what="the worker leads")
    with app.passes.hold():
        fake.forget_requests()
        before = files_of(tmp_path)
        found = ids(look(app, tmp_path))
        assert files_of(tmp_path) == before
        assert fake.requests != []
        assert fake.requests_that_change_something() == []
    # The fake is a 12.4.0 with open metrics, no Prometheus runs, the port is the application's own with a password set.
    expected = {"grafana-version", "metrics-open", "prometheus-unreachable", "public-url-missing"}
    machine = {"disk-vanishes", "disk-nearly-full", "secrets-readable", "not-ready", "documents-failed"}
    assert set(found) - machine - {"links-without-expiry"} == expected


def test_the_command_prints_what_it_found(
    app: LiveApp, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATA_DIR": str(app.settings.data_dir),
        "DASHBOARDS_DIR": str(app.settings.dashboards_dir),
        "PORT": str(app.settings.port),
        "PROMETHEUS_URL": "http://127.0.0.1:9",
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "GRAFANA_URL": str(app.settings.grafana_url),
        "PUBLIC_URL": "https://dash.example.invalid",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("backend_server.doctor.grafana_probe.own_addresses", frozenset)
    monkeypatch.setattr("backend_server.doctor.examination.look_outside", _local_only)
    code = call(("doctor", "--json"))
    printed = capfd.readouterr().out
    told = json.loads(printed[printed.index("{\n") :])  # the application beside it logs to the same place
    assert code == told["exit_code"] == 2  # the fake's version
    words = [one["what"] for one in told["findings"] if one["id"] == "not-looked-at"]
    assert any("https://dash.example.invalid cannot be reached" in one for one in words)
    assert any("--provisioning" in one for one in words)
    assert ADMIN_PASSWORD not in json.dumps(told)


def _local_only(url: str, *, user: str, itself: bool = False) -> object:
    """No test asks a name server: the public address is one that does not answer."""
    from backend_server.doctor.facts import OutsideFacts
    from backend_server.doctor.outside import look_outside

    if "127.0.0.1" not in url:
        return OutsideFacts(url, problem="no answer"), None
    return look_outside(url, user=user, itself=itself)
