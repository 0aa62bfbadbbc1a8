"""What a browser gets from nginx itself: Grafana's files for long and packed, and a clean page while `web` is away."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.settings import Settings
from tests.fakes.grafana import AuthRules, FakeGrafana
from tests.support.edge import Edge, ask, running_edge, running_nginx
from tests.support.grafana import write_provisioning
from tests.support.processes import free_ports

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running_edge(tmp_path_factory.mktemp("edge")) as running:
        yield running


@pytest.mark.parametrize(
    ("folder", "life"),
    [("build", "public, max-age=31536000, immutable"), ("img", "public, max-age=3600")],
)
def test_grafanas_files_are_asked_for_once_packed_and_kept(edge: Edge, folder: str, life: str) -> None:
    path = f"/grafana/public/{folder}/asked-once.js"
    edge.forget()
    edge.grafana.more = {"Content-Type": "text/javascript", "Cache-Control": "no-store", "Set-Cookie": "a=1"}
    try:
        first = ask(edge.port, path, "Accept-Encoding: gzip")
        again = [ask(edge.port, f"{path}?cache=x{number}") for number in range(3)]
    finally:
        edge.grafana.more = {}
    assert first.headers["content-encoding"] == "gzip"
    for reply in (first, *again):
        assert reply.status == 200
        assert reply.headers["cache-control"] == life
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in reply.headers
    assert [one.path for one in edge.grafana.arrived] == [path]
    assert edge.grafana.arrived[0].header("accept-encoding") == []


def test_a_file_that_is_not_there_is_404_and_not_kept(edge: Edge) -> None:
    edge.grafana.status, edge.grafana.more = 302, {"Location": "/grafana/login"}
    try:
        reply = ask(edge.port, "/grafana/public/build/none.js")
    finally:
        edge.grafana.status, edge.grafana.more = 200, {}
    assert reply.status == 404
    assert "location" not in reply.headers
    assert ask(edge.port, "/grafana/public/build/none.js").status == 200


@pytest.mark.parametrize("origin", ["null", "https://shop.example"])
def test_a_frame_of_any_origin_or_of_none_gets_grafanas_files(tmp_path: Path, origin: str) -> None:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with FakeGrafana(provisioning, environment={}, polling=False, auth=AuthRules(csrf_always_check=True)) as grafana:
        port, grafana_port = free_ports(2)
        chosen = Settings(
            data_dir=tmp_path / "edge",
            port=port,
            grafana_url=grafana.url,
            grafana_home=tmp_path,
            grafana_port=grafana_port,
        )
        with running_nginx(chosen):
            for at, path in itertools.product((port, grafana_port), ("build/app.1a2b.js", "fonts/inter.woff2")):
                reply = ask(at, f"/grafana/public/{path}", f"Origin: {origin}")
                assert reply.status == 200
                assert reply.headers["access-control-allow-origin"] == "*"
        assert {request.headers.get("origin") for request in grafana.requests} == {None}


def test_while_web_is_away_a_link_shows_a_clean_page_and_data_a_clean_error(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_edge(tmp_path_factory.mktemp("away")) as edge:
        edge.web.server_close()
        edge.web.shutdown()
        page = f"/grafana/public-dashboards/{TOKEN}"
        themes = {
            f"{page}?orgId=1&theme=dark": "dark",
            f"{page}?theme=dark&theme=light&x=1": "light",
            f"{page}?x=theme=dark&theme=pink": "auto",
            "/s/rig-1-abc": "auto",
            "/grafana/s/rig-1-abc": "auto",
        }
        for path, theme in themes.items():
            reply = ask(edge.port, path)
            assert reply.status == 502
            assert reply.headers["content-type"] == "text/html; charset=utf-8"
            page = reply.body.decode()
            assert 'http-equiv="refresh"' in page
            assert "The dashboard cannot be shown right now" in page
            assert f'<html lang="en" data-theme="{theme}">' in page
            assert reply.headers["cache-control"] == "no-store"
            assert "nginx" not in page
        for path in (
            f"/grafana/api/public/dashboards/{TOKEN}",
            f"/grafana/public-dashboards/{TOKEN}/state",
            "/api/devices",
        ):
            reply = ask(edge.port, path)
            assert reply.status == 502
            assert json.loads(reply.body)["error"]["code"] == "unavailable"
        # Who would have been signed in cannot be asked: nobody passes.
        assert ask(edge.port, "/grafana/d/abc", "Cookie: user=dashwright-admin").status == 503
        assert edge.grafana.arrived == []


def test_while_grafana_is_away_kept_files_are_still_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_edge(tmp_path_factory.mktemp("away")) as edge:
        path = "/grafana/public/build/kept.js"
        assert ask(edge.port, path).status == 200
        edge.grafana.server_close()
        assert ask(edge.port, path).status == 200
        assert ask(edge.port, "/grafana/api/health").headers["x-server"] == "web"
        assert ask(edge.port, f"/grafana/public-dashboards/{TOKEN}").status == 200
