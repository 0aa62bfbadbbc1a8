"""A Grafana that is not beside us: nginx starts whatever its address is, and `web` asks it for its files."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from backend_server.runtime.programs.nginx import grafana_addresses
from backend_server.settings import Settings
from tests.support.app import running_app
from tests.support.edge import Recorder, ask, running_edge


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks a name server: what it would say of a name that is nowhere is said here."""
    asked = socket.getaddrinfo

    def local(host: Any, *more: Any, **given: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return asked(host, *more, **given)

    monkeypatch.setattr("socket.getaddrinfo", local)


FILE = "/grafana/public/build/app.0a1b.js"


@pytest.mark.parametrize(
    ("url", "pages"),
    [
        ("https://127.0.0.1:{port}/grafana", False),
        ("http://127.0.0.1:{port}", False),
        ("http://127.0.0.1:{port}/", False),
        ("http://127.0.0.1:{port}/monitoring/grafana", False),
        ("http://grafana.invalid:3000/grafana", False),
        ("http://127.0.0.2:{port}/grafana", True),
        ("http://[::1]:{port}/grafana", True),
    ],
)
def test_nginx_starts_and_hands_files_and_health_to_web(tmp_path: Path, url: str, pages: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:  # which answers nothing
        given = url.format(port=nobody.getsockname()[1])
        with running_edge(tmp_path, grafana_url=given) as edge:
            for path in (FILE, "/grafana/public/img/logo.svg", "/grafana/api/health", "/grafana/public-dashboards/x"):
                assert ask(edge.port, path).headers["x-server"] == "web", path
            assert [one.path for one in edge.web.arrived][:1] == [FILE]
            assert edge.grafana.arrived == []
            # Its own pages: by the question who is signed in, or not at all.
            edge.forget()
            assert ask(edge.port, "/grafana/d/abc").status == 200
            asked = [one.path for one in edge.web.arrived]
            assert ("/internal/grafana-user" in asked) is pages
            assert asked[-1] == "/grafana/d/abc", "who is not signed in is answered by web"


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://127.0.0.1:3300/grafana", ["127.0.0.1:3300"]),
        ("http://localhost/grafana/", ["127.0.0.1:80"]),
        ("http://[2001:db8::7]:3000/grafana", ["[2001:db8::7]:3000"]),
        ("http://192.0.2.7/grafana", ["192.0.2.7:80"]),
        ("https://192.0.2.7/grafana", []),
        ("http://192.0.2.7/", []),
        ("http://grafana.invalid/grafana", []),
        (None, []),
    ],
)
def test_where_nginx_reaches_grafanas_pages(url: str | None, addresses: list[str]) -> None:
    assert grafana_addresses(Settings(grafana_url=url)) == addresses


@pytest.mark.parametrize("path", ["", "/", "/grafana", "/deep/er/"])
def test_web_asks_for_files_below_wherever_grafana_is_served(tmp_path: Path, sqlite_template: Path, path: str) -> None:
    grafana = Recorder("grafana")
    try:
        url = f"http://127.0.0.1:{grafana.server_port}{path}"
        with running_app(tmp_path, empty_database=sqlite_template, grafana_url=url) as app:
            reply = app.call("GET", FILE, token=None)
            asked = [one.path for one in grafana.arrived if "app.0a1b" in one.path]
    finally:
        grafana.close()
    assert (reply.status, reply.body) == (200, b"x" * 2000)
    assert asked == [f"{path.rstrip('/')}/public/build/app.0a1b.js"]
