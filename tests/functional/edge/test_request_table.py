"""Anonymous requests over every location of the rendered nginx configuration: only the allow-list passes.

The table is made from the configuration itself: locations × methods × encodings × identity headers × traversal. A
location that has no sample here fails the test, so that none is added without being tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest

from backend_server.primitives.identity_headers import IDENTITY_HEADERS
from tests.support.edge import WHO, Arrived, Edge, ask, running_edge

TOKEN = "0123456789abcdef0123456789abcdef"
CLAIM = "dashwright-admin-by-header"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# What Grafana may be asked by a visitor, in its own decoded path; everything else of it is closed.
STATIC = re.compile(r"/grafana/public/(build|img|fonts|gazetteer|maps|plugins)/[\w./-]+")
HEALTH = "/grafana/api/health"
# A location's pattern → a path it takes.
SAMPLES = {
    "/": "/login",
    "/api/": "/api/devices/rig-1",
    "/internal/": "/internal/grafana-user",
    "/grafana/": "/grafana/d/abc/home",
    "/grafana/dashwright/": "/grafana/dashwright/relay.js",
    "/grafana/dashwright/assets/": "/grafana/dashwright/assets/none-1a2b.js",
    "^/grafana/public-dashboards/[^/]+$": f"/grafana/public-dashboards/{TOKEN}",
    "^(?:/grafana/s|/s)/[^/]+$": "/s/rig-1-abcdefghjkmn",
    "/grafana/public-dashboards/": f"/grafana/public-dashboards/{TOKEN}/panels/1/data",
    "/grafana/api/public/": f"/grafana/api/public/dashboards/{TOKEN}",
    r"^/grafana/public/build/[\w.@+~/-]+$": "/grafana/public/build/app.1a2b.js",
    r"^/grafana/public/(?:img|fonts|gazetteer|maps|plugins)/[\w.@+~/-]+$": "/grafana/public/fonts/inter.woff2",
    HEALTH: HEALTH,
    "/_signed_in": "/_signed_in",
    "@visitor": "/@visitor",
    "/grafana/login": "/grafana/login",
    "/_error/": "/_error/secret",
}
# What must be closed to visitors, by name, whatever the locations are.
CLOSED = (
    "/grafana/api/dashboards/home",
    "/grafana/api/admin/users",
    "/grafana/api/datasources/proxy/uid/prometheus/api/v1/query",
    "/grafana/apis/dashboard.grafana.app/v1/dashboards",
    "/grafana/api/live/ws",
    "/grafana/metrics",
    "/grafana/avatar/0",
    "/grafana/render/d/x",
    "/grafana/swagger",
    "/grafana/bootdata/x",
    "/grafana/dashboard/snapshot/x",
    "/grafana/api/snapshots-delete/x",
    "/grafana/public/test",
    "/grafana/public/emails/x.html",
    "/grafana/healthz",
)
JUMPS = (
    "/../../api/admin/users",
    "/..%2f..%2fapi/admin/users",
    "/%2e%2e/%2e%2e/api/admin/users",
    "/.%2e/.%2e/api/admin/users",
    "/..;/..;/api/admin/users",
    "/..%5c..%5capi/admin/users",
    "/..\\..\\api\\admin\\users",
    "/..%252f..%252fapi/admin/users",
    "/%c0%ae%c0%ae/api/admin/users",
    "//../api/admin/users",
    "/./../api/admin/users",
    "/x%00/../api/admin/users",
)


@dataclass(frozen=True)
class Case:
    """One request; `headers` claims to be somebody in one spelling."""

    port: str
    method: str
    path: str
    headers: tuple[str, ...]


def locations(text: str) -> Iterator[tuple[str, str]]:
    """Return `(server, pattern)` of every location; the second server is the one of Grafana's own sign-in."""
    port = ""
    for line in text.splitlines():
        if re.match(r"\s*server \{", line):
            port = "grafana_port" if port else "port"
        found = re.match(r"\s*location (?:(=|\^~|~\*?) )?(\S+) \{", line)
        if found:
            yield port, found[2]


def spellings(name: str) -> Iterator[str]:
    yield name
    yield name.lower()
    yield name.upper()
    yield name.replace("-", "_")
    yield name.replace("-", "_", 1)


def encodings(path: str) -> Iterator[str]:
    """Other ways to write a path which a server may take for the same."""
    yield path
    yield path.replace("a", "%61", 1)
    yield path[:-1] + f"%{ord(path[-1]):02X}"
    yield path.replace("a", "%2561", 1)
    yield path.upper()
    yield path + "/"
    yield path + "?theme=dark"
    yield "/" + path
    yield path.replace("/", "/./", 1)
    yield path.replace("/", "%2f", 1) if path.count("/") > 1 else path + "%2f"
    yield path + ";/x"
    yield path + "%20"


def claims() -> Iterator[tuple[str, ...]]:
    """Sets of identity headers, together every header in every spelling."""
    every = [f"{spelled}: {CLAIM}" for name in IDENTITY_HEADERS for spelled in spellings(name)]
    size = 40  # nginx takes about 100 lines in its buffers
    for start in range(0, len(every), size):
        yield tuple(every[start : start + size])


def table(text: str) -> list[Case]:
    some = list(claims())
    paths: list[tuple[str, str]] = []
    for port, pattern in locations(text):
        sample = SAMPLES.get(pattern) or (pattern if pattern.startswith(("/_error/", "/grafana/")) else None)
        assert sample, f"the location {pattern} has no sample path in this test"
        paths.append((port, sample))
    found: list[Case] = []
    for port, path in paths:
        found += [Case(port, method, path, some[number % len(some)]) for number, method in enumerate(METHODS)]
        found += [Case(port, "GET", one, some[number % len(some)]) for number, one in enumerate(encodings(path))]
        found += [Case(port, "GET", path, claim) for claim in some]
        found += [Case(port, "GET", path.rstrip("/") + jump, some[0]) for jump in JUMPS]
    for port in ("port", "grafana_port"):
        for path in CLOSED:
            found += [Case(port, method, path, some[0]) for method in METHODS]
            found += [Case(port, "GET", one, some[1]) for one in encodings(path)]
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running_edge(tmp_path_factory.mktemp("edge")) as running:
        yield running


def may_reach_grafana(case: Case, arrived: Arrived) -> bool:
    """Judge by the path Grafana reads, decoded as it does."""
    path = unquote(arrived.path.partition("?")[0])
    if case.port == "grafana_port" and path == "/grafana/login":
        return True
    open_to_all = STATIC.fullmatch(path) is not None and ".." not in path and "//" not in path
    return open_to_all and arrived.method in ("GET", "HEAD")


def test_only_the_allow_list_passes_and_nobody_is_anybody(edge: Edge) -> None:
    cases = table(edge.configuration.read_text())
    assert len(cases) >= 300
    wrong: list[object] = []
    for case in cases:
        edge.forget()
        body = b"x=1" if case.method in ("POST", "PUT", "PATCH") else b""
        reply = ask(getattr(edge, case.port), case.path, *case.headers, method=case.method, body=body)
        for arrived in (*edge.web.arrived, *edge.grafana.arrived):
            if any(CLAIM in value for _, value in arrived.headers):
                wrong.append((case, "a claimed identity arrived", arrived))
            if any(value for name in IDENTITY_HEADERS for value in arrived.header(name)):
                wrong.append((case, "an identity header is not empty", arrived))
        for arrived in edge.grafana.arrived:
            if not may_reach_grafana(case, arrived):
                wrong.append((case, "reached Grafana", arrived))
            if arrived.header("cookie") or arrived.header("authorization"):
                wrong.append((case, "a cookie or token reached Grafana", arrived))
        for arrived in edge.web.arrived:
            asked_by_nginx = arrived.path == WHO and arrived.method == "GET" and case.port == "port"
            if unquote(arrived.path).startswith("/internal") and not asked_by_nginx:
                wrong.append((case, "reached an internal route", arrived))
            if case.port == "grafana_port":
                wrong.append((case, "reached web on the port of Grafana's sign-in", arrived))
        if "_error" in case.path and reply.status not in (400, 404):
            wrong.append((case, "an internal location answered", reply))
    assert not wrong, "\n".join(map(str, wrong[:5]))


def test_what_is_open_arrives_where_it_should(edge: Edge) -> None:
    for path in (f"/grafana/public-dashboards/{TOKEN}", "/s/a-slug", "/login", "/server/health", "/api/devices"):
        assert ask(edge.port, path).headers["x-server"] == "web", path
    for folder in ("build", "img", "fonts", "gazetteer", "maps", "plugins"):
        for port in (edge.port, edge.grafana_port):
            assert ask(port, f"/grafana/public/{folder}/{port}.js").headers["x-server"] == "grafana", folder
    assert ask(edge.port, HEALTH).headers["x-server"] == "web", "which words what Grafana answers"
    assert ask(edge.grafana_port, HEALTH).headers["location"] == "/grafana/login"


@pytest.mark.parametrize("path", CLOSED)
def test_what_is_closed_is_answered_by_web_or_refused(edge: Edge, path: str) -> None:
    assert ask(edge.port, path).headers.get("x-server") in ("web", None)
    assert edge.grafana.arrived == [] or path not in {one.path for one in edge.grafana.arrived}


@pytest.mark.parametrize("user", ["dashwright-viewer", "dashwright-editor", "dashwright-admin"])
def test_a_signed_in_person_reaches_grafana_as_one_of_the_three(edge: Edge, user: str) -> None:
    edge.forget()
    lines = [f"X-WEBAUTH-USER: {CLAIM}", f"Cookie: user={user}; grafana_session=x", "Authorization: Bearer x"]
    reply = ask(edge.port, "/grafana/d/abc/home?orgId=1", *lines, method="POST", body=b"{}")
    assert reply.headers["x-server"] == "grafana"
    arrived = edge.grafana.arrived[-1]
    assert (arrived.method, arrived.path, arrived.body) == ("POST", "/grafana/d/abc/home?orgId=1", b"{}")
    assert arrived.header("x-webauth-user") == [user]
    assert not arrived.header("cookie")
    assert not arrived.header("authorization")
    asked = next(one for one in edge.web.arrived if one.path == WHO)
    assert asked.header("x-asked-method") == ["POST"]
    assert asked.body == b""
    assert not asked.header("authorization")
    assert reply.headers["x-frame-options"] == "SAMEORIGIN"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("user", ["admin", "dashwright-root", "admin@localhost"])
def test_a_name_that_is_none_of_the_three_reaches_nobody(edge: Edge, user: str) -> None:
    edge.forget()
    assert ask(edge.port, "/grafana/d/abc", f"Cookie: user={user}").status == 502
    assert edge.grafana.arrived == []


def test_a_person_who_is_not_signed_in_is_led_by_web(edge: Edge) -> None:
    edge.forget()
    assert ask(edge.port, "/grafana/d/abc?x=1", "Accept: text/html").headers["x-server"] == "web"
    assert [one.path for one in edge.web.arrived] == [WHO, "/grafana/d/abc?x=1"]


def test_grafanas_own_sign_in_stands_at_the_root_of_its_port(edge: Edge) -> None:
    edge.forget()
    for path in ("/", "/grafana/d/abc", "/grafana/api/user"):
        reply = ask(edge.grafana_port, path)
        assert (reply.status, reply.headers["location"]) == (302, "/grafana/login")
    assert ask(edge.grafana_port, "/d/abc").headers["location"] == "/grafana/d/abc"
    assert edge.grafana.arrived == []
    cookie = "Cookie: dashwright=our-own-session; grafana_session=0a1b; grafana_session_expiry=17"
    assert ask(edge.grafana_port, "/grafana/d/abc", cookie).headers["x-server"] == "grafana"
    assert edge.grafana.arrived[-1].header("cookie") == ["grafana_session=0a1b; grafana_session_expiry=17"]
    assert ask(edge.grafana_port, f"/grafana/public-dashboards/{TOKEN}", cookie).status == 404
    assert ask(edge.grafana_port, f"/grafana/api/public/dashboards/{TOKEN}", cookie).status == 404


def test_there_is_no_such_port_without_a_grafana_of_our_own(tmp_path: Path) -> None:
    with running_edge(tmp_path, grafana_home=None) as edge, pytest.raises(ConnectionRefusedError):
        ask(edge.grafana_port, "/")
