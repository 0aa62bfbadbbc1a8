"""The public routes over the viewer: what a visitor gets, and what he never gets."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from flask.testing import FlaskClient

from backend_server.documents.status import DocumentState
from backend_server.errors import UpstreamError
from backend_server.links import LinkProfile, Theme
from backend_server.web.pages import public_files
from backend_server.web.pages.built import BuiltPages
from tests.support.visitors import NOW_MS, TOKEN, UID, Visitors, dashboard

OTHER = "a" * 32
PAGE = f"/grafana/public-dashboards/{TOKEN}"
API = f"/grafana/api/public/dashboards/{TOKEN}"
QUERY = {"intervalMs": 5000, "maxDataPoints": 100, "timeRange": {"from": "now-15m", "to": "now", "timezone": "utc"}}


@pytest.fixture(autouse=True)
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for what Vite builds."""
    (tmp_path / "assets").mkdir()
    manifest = {
        "src/pages/viewer/main.ts": {
            "file": "assets/main-1a2b.js",
            "css": ["assets/main-3c.css"],
            "imports": ["_shared.js"],
        },
        "_shared.js": {"file": "assets/shared-4d.js", "css": ["assets/shared-5e.css"]},
        "src/charts/kinds/parts.ts": {"file": "assets/parts-6f.js", "imports": ["src/pages/viewer/main.ts"]},
        "src/charts/display/colormaps.ts": {"file": "assets/colormaps-7a.js"},
    }
    (tmp_path / "manifest.json").write_bytes(orjson.dumps(manifest))
    (tmp_path / "assets" / "main-1a2b.js").write_bytes(b"export {}")
    (tmp_path / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(b"export {}"))
    monkeypatch.setattr(public_files, "built", BuiltPages(tmp_path))
    return tmp_path


def data_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="dashwright-data">(.*?)</script>', html, re.S)
    assert found
    data: dict[str, object] = orjson.loads(found.group(1))
    return data


def test_the_page_holds_what_its_first_paint_needs(client: FlaskClient) -> None:
    answer = client.get(f"{PAGE}?orgId=1", headers={"Accept-Language": "de-CH,de;q=0.9"})
    html = answer.get_data(as_text=True)
    data = data_of(html)
    document = data.pop("document")
    assert data == {
        "token": TOKEN,
        "base": "/grafana",
        "title": "Rig </script> 1",
        "theme": "auto",
        "lang": "de-CH",
        "profile": {
            "refresh": "5s",
            "from": "now-1h",
            "to": "now",
            "picker": True,
            "chrome": False,
            "transparent": False,
        },
        "state_url": f"..{PAGE.removeprefix('/grafana')}/state",
        "frame": "",
        "data_url": f"..{PAGE.removeprefix('/grafana')}/panels/{{id}}/data",
        "now": NOW_MS,
        "news": None,
        "expires_at": None,
    }
    assert isinstance(document, dict)
    assert [panel["id"] for panel in document["panels"]] == [1, 2, 9]
    assert answer.status_code == 200
    assert '<html lang="de-CH" data-theme="auto">' in html
    assert 'src="../../grafana/dashwright/assets/main-1a2b.js"' in html
    assert "colormaps-7a.js" not in html, "few documents need it"
    for name in ("main-3c.css", "shared-5e.css", "shared-4d.js", "parts-6f.js"):
        assert f'href="../../grafana/dashwright/assets/{name}"' in html
    assert html.count("</script>") == 2
    assert "secret_metric" not in html
    assert '"dashwright":' not in html


def test_headers_of_the_page(client: FlaskClient) -> None:
    answer = client.get(PAGE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "Set-Cookie" not in answer.headers


def test_a_links_ancestors_hold_the_frame(visitors: Visitors, client: FlaskClient) -> None:
    visitors.links.change(frame_ancestors=("https://shop.example", "https://*.wide.example"))
    framed = {"Sec-Fetch-Dest": "iframe"}
    policy = client.get(PAGE).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://shop.example https://*.wide.example" in policy
    for referer, status in (
        ("https://shop.example/page", 200),
        ("https://SHOP.example:443/", 200),
        ("https://a.wide.example/", 200),
        ("http://localhost/own", 200),
        ("https://evil.example/", 403),
        ("https://shop.example.evil.example/", 403),
        ("https://evilwide.example/", 403),
        ("http://shop.example/", 403),
        ("https://shop.example:8443/", 403),
        ("null", 403),
    ):
        assert client.get(PAGE, headers={**framed, "Referer": referer}).status_code == status, referer
    assert (
        client.get(PAGE, headers={"Sec-Fetch-Dest": "document", "Referer": "https://evil.example/"}).status_code == 200
    )
    visitors.links.change(frame_ancestors=())
    assert client.get(PAGE, headers={**framed, "Referer": "https://evil.example/"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "picker", "wanted"),
    [
        ("theme=light&theme=dark", True, {"theme": "dark"}),
        ("theme=system", True, {"theme": "auto"}),
        ("theme=pink", True, {"theme": "auto"}),
        ("refresh=5s&refresh=30s", False, {"refresh": "30s"}),
        ("refresh=1ms", True, {"refresh": "5s"}),
        ("refresh=", True, {"refresh": "5s"}),
        ("from=now-6h&to=now-1h", True, {"from": "now-6h", "to": "now-1h"}),
        ("from=now-6h&to=now-1h", False, {"from": "now-1h", "to": "now"}),
        ("from=%3Cscript%3E", True, {"from": "now-1h"}),
        ("from=1795471954437&to=1795472014437", True, {"from": "1795471954437"}),
    ],
)
def test_parameters_of_the_address(
    visitors: Visitors, client: FlaskClient, query: str, picker: bool, wanted: dict[str, str]
) -> None:
    visitors.links.change(profile=LinkProfile(picker=picker))
    data = data_of(client.get(f"{PAGE}?orgId=1&{query}").get_data(as_text=True))
    profile = data["profile"]
    assert isinstance(profile, dict)
    assert {**profile, "theme": data["theme"]} | wanted == {**profile, "theme": data["theme"]}


REFUSALS = [
    ("unknown", {}, 404, "notFound"),
    ("revoked", {"revoked_at": 1}, 410, "gone"),
    ("device retired", {"suspended_at": 1}, 410, "gone"),
    ("expired", {"expires_at": NOW_MS}, 410, "gone"),
    ("paused", {"paused_at": 1}, 403, "notEnabled"),
    ("not yet", {"not_before": NOW_MS + 5}, 403, "notYetValid"),
    ("pending", {}, 503, "notReady"),
]


@pytest.mark.parametrize(("name", "changes", "status", "message_id"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_refused_visitor_gets_clean_words_and_nothing_is_asked(
    visitors: Visitors, client: FlaskClient, name: str, changes: dict[str, object], status: int, message_id: str
) -> None:
    token = OTHER if name == "unknown" else TOKEN
    if name != "unknown":
        profile = LinkProfile(theme=Theme.DARK, transparent=True)
        visitors.links.change(state=None if name == "pending" else DocumentState.LIVE, profile=profile, **changes)
    page = client.get(f"/grafana/public-dashboards/{token}")
    html = page.get_data(as_text=True)
    assert page.status_code == status
    assert "<h1>" in html
    assert "Grafana" not in html
    assert "Dashwright" not in html
    assert ("http-equiv" in html) == (status in (403, 503))
    assert ("Retry-After" in page.headers) == (status in (403, 503))
    assert 'data-theme="dark" data-transparent' in html or name == "unknown"
    nonce = re.search(r'<style nonce="([^"]+)">', html)
    assert nonce
    assert f"style-src 'self' 'nonce-{nonce.group(1)}'" in page.headers["Content-Security-Policy"]
    for answer in (
        client.get(f"/grafana/api/public/dashboards/{token}"),
        client.get(f"/grafana/api/public/dashboards/{token}/annotations"),
        client.post(f"/grafana/api/public/dashboards/{token}/panels/1/query", json=QUERY),
        client.post(f"/grafana/public-dashboards/{token}/panels/1/data", json={"from": 1, "to": 2, "width": 3}),
    ):
        assert answer.status_code == status
        assert answer.json["statusCode"] == status
        assert answer.json["messageId"] == f"publicdashboards.{message_id}"
        assert answer.headers["Cache-Control"] == "no-store"
    assert visitors.metrics.asked == []
    assert visitors.documents.asked == 0


def test_a_replaced_token_is_over_for_good(visitors: Visitors, client: FlaskClient) -> None:
    visitors.links.found[OTHER] = replace(visitors.links.found[TOKEN], rotated_out_at=NOW_MS)
    assert client.get(f"/grafana/public-dashboards/{OTHER}").status_code == 410
    assert client.get(f"/grafana/public-dashboards/{OTHER}/state").json == {
        "state": "rotated",
        "until": None,
        "frame": "",
    }


def test_all_links_off_is_a_pause(visitors: Visitors, client: FlaskClient) -> None:
    visitors.links.found[TOKEN] = replace(visitors.links.found[TOKEN], links_on=False)
    assert client.get(PAGE).status_code == 403


def test_malformed_tokens_answer_as_grafana_does(client: FlaskClient) -> None:
    for token, status, message_id in (
        ("xyz", 400, "invalidAccessToken"),
        ("a" * 31, 400, "invalidAccessToken"),
        (TOKEN.upper(), 404, "notFound"),
    ):
        answer = client.get(f"/grafana/api/public/dashboards/{token}")
        assert (answer.status_code, answer.json["messageId"]) == (status, f"publicdashboards.{message_id}")
        assert client.get(f"/grafana/public-dashboards/{token}").status_code == 404


def test_a_document_that_is_written_but_not_proven_is_shown_by_the_viewer(
    visitors: Visitors, client: FlaskClient
) -> None:
    visitors.links.change(state=DocumentState.PENDING)
    assert client.get(PAGE).status_code == 200
    visitors.documents.bodies.clear()
    assert client.get(PAGE).status_code == 503
    assert client.get(API).status_code == 503


@pytest.mark.parametrize(
    ("state", "word", "status", "again"),
    [
        (DocumentState.FAILED, "failed", 503, 60),
        (DocumentState.RETIRING, "withdrawn", 410, None),
        (DocumentState.GONE, "withdrawn", 410, None),
    ],
)
def test_a_document_that_does_not_come_says_so_and_never_that_it_is_on_its_way(
    visitors: Visitors, client: FlaskClient, state: str, word: str, status: int, again: int | None
) -> None:
    visitors.links.change(state=state)
    page = client.get(PAGE)
    html = page.get_data(as_text=True)
    assert page.status_code == status
    assert f'data-reason="{word}"' in html
    assert "by itself" not in html
    refresh = re.search(r'http-equiv="refresh" content="(\d+)"', html)
    assert (int(refresh[1]) if refresh else None) == again
    # The same word as the page was made for: its script loads it again only when the state has changed.
    assert client.get(f"{PAGE}/state").json == {"state": word, "until": None, "frame": ""}
    assert client.get(API).status_code == status
    visitors.links.change(state=state, paused_at=1)
    assert client.get(f"{PAGE}/state").json["state"] == "paused"


def test_a_live_link_whose_document_cannot_be_read_is_not_called_pending(
    visitors: Visitors, client: FlaskClient
) -> None:
    visitors.documents.bodies.clear()
    html = client.get(PAGE).get_data(as_text=True)
    assert 'data-reason="unavailable"' in html
    assert client.get(f"{PAGE}/state").json["state"] == "live"


def test_the_state(visitors: Visitors, client: FlaskClient) -> None:
    assert client.get(f"{PAGE}/state").json == {"state": "live", "until": None, "frame": ""}
    visitors.links.change(expires_at=NOW_MS + 563)
    assert client.get(f"{PAGE}/state").json == {"state": "live", "until": "2026-11-23T22:13:35.000Z", "frame": ""}
    visitors.links.change(expires_at=None, paused_at=5)
    assert client.get(f"{PAGE}/state").json == {"state": "paused", "until": None, "frame": ""}
    assert client.get(f"/grafana/public-dashboards/{OTHER}/state").status_code == 404


def test_what_a_link_leaves_open_is_the_dashboards_own(visitors: Visitors, client: FlaskClient) -> None:
    visitors.documents.put(dashboard(refresh="1m", time={"from": "now-15m", "to": "now"}))
    visitors.links.change(profile=LinkProfile())
    shown = client.get(API).json["dashboard"]
    assert (shown["refresh"], shown["time"]) == ("1m", {"from": "now-15m", "to": "now"})
    page = client.get(PAGE).get_data(as_text=True)
    assert '"refresh":"1m","from":"now-15m","to":"now"' in page
    assert client.post(f"{PAGE}/panels/1/data", json={}).status_code == 200
    (asked,) = visitors.metrics.asked
    assert asked[3] - asked[2] == 900_000, "the range of the query, in ms"
    visitors.links.change(profile=LinkProfile(refresh="10s", time_from="now-6h"))
    shown = client.get(API).json["dashboard"]
    assert (shown["refresh"], shown["time"]) == ("10s", {"from": "now-6h", "to": "now"})


def test_the_dashboard_in_grafanas_shape(client: FlaskClient) -> None:
    found = client.get(API).json
    assert found["dashboard"]["title"] == "Rig </script> 1"
    assert found["dashboard"]["refresh"] == "5s"
    assert found["dashboard"]["time"] == {"from": "now-1h", "to": "now"}
    assert found["dashboard"]["timepicker"] == {"hidden": False}
    assert "expr" not in found["dashboard"]["panels"][0]["targets"][0]
    assert "dashwright" not in found["dashboard"]
    assert found["meta"]["version"] == 3
    assert found["meta"]["publicDashboardEnabled"] is True
    assert client.get(f"{API}/annotations?from=1&to=2").json == []


def test_slugs_lead_to_the_page_below_the_same_prefix(visitors: Visitors, client: FlaskClient) -> None:
    name = visitors.links.found[TOKEN].link.slug
    inner = client.get(f"/grafana/s/{name}?theme=dark&orgId=7")
    assert (inner.status_code, inner.headers["Location"]) == (302, f"../public-dashboards/{TOKEN}?orgId=1&theme=dark")
    outer = client.get(f"/s/{name}")
    assert outer.headers["Location"] == f"../grafana/public-dashboards/{TOKEN}?orgId=1"
    for unknown in ("/grafana/s/nobody", "/s/nobody", "/s/" + "x" * 300):
        answer = client.get(unknown)
        assert answer.status_code == 404
        assert "This link does not exist" in answer.get_data(as_text=True)


def test_views_are_counted_and_written_together(visitors: Visitors, client: FlaskClient) -> None:
    for _ in range(3):
        client.get(PAGE)
    client.head(PAGE)
    visitors.links.change(paused_at=1)
    client.get(PAGE)
    assert visitors.views.hits == {}
    visitors.counts.flush()
    hits = visitors.views.hits["l1"]
    assert (hits.views, hits.last_seen_ms, hits.refused) == (3, NOW_MS, {"paused": 1})


def test_counts_that_cannot_be_written_are_kept(visitors: Visitors, client: FlaskClient) -> None:
    client.get(PAGE)
    visitors.views.failure = UpstreamError("the database is away")
    visitors.counts.flush()
    visitors.views.failure = None
    client.get(PAGE)
    visitors.counts.flush()
    assert visitors.views.hits["l1"].views == 2


def test_methods_and_addresses_that_are_not_there(client: FlaskClient) -> None:
    for path, method, allow in (
        (PAGE, "PUT", "GET, HEAD, POST"),
        (f"{PAGE}/state", "POST", "GET, HEAD"),
        (f"{API}/panels/1/query", "GET", "POST"),
        (f"{PAGE}/panels/1/data", "DELETE", "POST"),
        (API, "PUT", "GET, HEAD"),
    ):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allow)
        assert answer.json["messageId"] == "publicdashboards.methodNotAllowed"
    for path in ("/grafana/api/datasources", f"{API}/nothing", "/grafana/public-dashboards/a/b/c"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.json["messageId"] == "publicdashboards.notFound"


def test_head_answers_as_get_without_a_body(client: FlaskClient) -> None:
    answer = client.head(PAGE)
    assert (answer.status_code, answer.data) == (200, b"")
    assert client.head(f"/grafana/public-dashboards/{OTHER}").status_code == 404


def test_built_files_are_kept_for_a_year_and_sent_compressed(client: FlaskClient) -> None:
    url = "/grafana/dashwright/assets/main-1a2b.js"
    plain = client.get(url)
    assert (plain.data, plain.headers["Content-Type"]) == (b"export {}", "text/javascript; charset=utf-8")
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    packed = client.get(url, headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == b"export {}"
    assert "Content-Encoding" not in client.get(url, headers={"Accept-Encoding": "gzip;q=0"}).headers
    for name in ("none.js", "..%2fmanifest.json", ".hidden.js", "main-1a2b.js.gz", "x.php", "a" * 200 + ".js"):
        assert client.get(f"/grafana/dashwright/assets/{name}").status_code == 404


def test_without_built_files_the_page_says_so_cleanly(client: FlaskClient, dist: Path) -> None:
    (dist / "manifest.json").unlink()
    answer = client.get(PAGE)
    assert answer.status_code == 503
    assert "cannot be shown right now" in answer.get_data(as_text=True)


def test_a_document_is_parsed_once_until_its_bytes_change(visitors: Visitors, client: FlaskClient) -> None:
    client.get(PAGE)
    first = visitors.stored.find(UID)
    assert visitors.stored.find(UID) is first
    visitors.documents.put(dashboard(title="New"))
    assert data_of(client.get(PAGE).get_data(as_text=True))["title"] == "New"
    visitors.documents.bodies[UID] = b"{half"
    assert client.get(PAGE).status_code == 503


def test_a_page_and_its_state_name_the_same_rules_for_frames(visitors: Visitors, client: FlaskClient) -> None:
    names = []
    for allowed in ((), ("https://a.example",), ("https://a.example", "https://b.example")):
        visitors.links.change(frame_ancestors=allowed)
        state = client.get(f"{PAGE}/state").get_json()
        assert data_of(client.get(PAGE).get_data(as_text=True))["frame"] == state["frame"]
        assert "example" not in state["frame"]
        names.append(state["frame"])
    assert len(set(names)) == 3
