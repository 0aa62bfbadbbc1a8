"""Two `web` processes over one PostgreSQL: what is done in one holds in the other at the very next request."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.support.postgres import Postgres
from tests.support.processes import dashwright, free_ports, get, until

TOKEN = "dw_token-of-the-tests-0123456789abcdefghij"


@dataclass(frozen=True)
class Office:
    """One process: its address."""

    base: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def visit(self, token: str) -> tuple[int, str]:
        """Visit Grafana's route and the state of a link as nobody."""
        status, _ = get(f"{self.base}/grafana/api/public/dashboards/{token}")
        _, state = get(f"{self.base}/grafana/public-dashboards/{token}/state")
        return status, json.loads(state).get("state", "")


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[tuple[Office, Office]]:
    folder = tmp_path_factory.mktemp("two")
    database = postgres.make_database()
    first, second = free_ports(2)
    shared = {
        "DATABASE_URL": postgres.url(database),
        "DATA_DIR": str(folder / "data"),
        "DASHBOARDS_DIR": str(folder / "dashboards"),
        "SECRET_KEY": "a key that both processes share, 0123456789",
        "ADMIN_PASSWORD": "a password for tests",
        "API_TOKEN": TOKEN,
        "LISTEN": "127.0.0.1",
        "EDGE": "false",
    }
    with dashwright(["prepare"], {**shared, "PORT": str(first)}, log=folder / "prepare.log") as prepare:
        assert prepare.wait(60) == 0, (folder / "prepare.log").read_text()
    with ExitStack() as running:
        for port in (first, second):
            log = folder / f"web-{port}.log"
            running.enter_context(dashwright(["web"], {**shared, "PORT": str(port)}, log=log))
        for port in (first, second):
            until(partial(_answers, port), 60, what="a web process")
        yield Office(f"http://127.0.0.1:{first}"), Office(f"http://127.0.0.1:{second}")
    postgres.drop_database(database)


def test_every_deed_in_one_holds_in_the_other_at_the_next_request(offices: tuple[Office, Office]) -> None:
    here, there = offices
    here.call("PUT", "/api/devices/rig-1", {"hostname": "rig-1"})
    link = here.call("POST", "/api/links", {"device": "rig-1"})
    token, path = link["token"], f"/api/links/{link['token']}"
    for _ in range(5):  # again and again, so that nothing rests on a lucky moment
        assert there.visit(token) == (200, "live")
        here.call("POST", f"{path}/pause")
        assert there.visit(token) == (403, "paused")
        there.call("POST", f"{path}/resume")
        assert here.visit(token) == (200, "live")
        here.call("POST", "/api/links/off")
        assert there.visit(token) == (403, "paused")
        there.call("POST", "/api/links/on")
        assert here.visit(token) == (200, "live")
    new = here.call("POST", f"{path}/rotate")["token"]
    assert there.visit(token) == (410, "rotated")
    assert there.visit(new) == (200, "live")
    there.call("PATCH", f"/api/links/{new}", {"password": "correct horse"})
    assert here.visit(new)[0] == 401
    there.call("DELETE", f"/api/links/{new}")
    assert here.visit(new) == (410, "revoked")
    assert here.visit(token) == (410, "rotated")


def _answers(port: int) -> bool:
    return get(f"http://127.0.0.1:{port}/login")[0] == 200
