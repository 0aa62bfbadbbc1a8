"""Who is let in, and what anonymous visitors get: the facts the relay stands on."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson
import pytest

from backend_server.grafana import GrafanaClient, GrafanaForbidden, GrafanaUnauthorized, PublicDashboard
from backend_server.viewing.model import RawReply
from tests.contract.conftest import Files
from tests.contract.targets import Target


def message_id(answer: RawReply) -> str:
    return str(orjson.loads(answer.body).get("messageId", ""))


@pytest.fixture
def token(client: GrafanaClient, files: Files, wanted: PublicDashboard) -> str:
    """The token of a dashboard that is public."""
    client.create_public(files.load().uid, wanted)
    return wanted.access_token


def test_health_is_green_and_the_version_is_told_to_us_alone(client: GrafanaClient) -> None:
    health = client.health()
    assert (health.ok, health.version) == (True, None)
    assert re.match(r"\d+\.\d+\.\d+", client.version() or "")


def test_an_unknown_user_is_not_let_in(target: Target) -> None:
    stranger = target.client("nobody-knows-me")
    with pytest.raises(GrafanaUnauthorized) as refused:
        stranger.list_public()
    assert refused.value.message_id == "user.sync.signup-disabled"
    stranger.close()


def test_a_foreign_origin_may_not_write(target: Target) -> None:
    foreign = GrafanaClient(target.url, "http://other.example", user=target.admin_user)
    with pytest.raises(GrafanaForbidden):
        foreign.reload()
    foreign.close()


def test_users_are_made_once_and_their_role_is_kept(client: GrafanaClient) -> None:
    client.ensure_user("dashwright-viewer", "Viewer")
    client.ensure_user("dashwright-viewer", "Editor")
    client.ensure_user("dashwright-viewer", "Viewer")
    members = [one for one in _json(client, "/api/org/users") if one["login"] == "dashwright-viewer"]
    assert [one["role"] for one in members] == ["Viewer"]


def _json(client: GrafanaClient, path: str) -> Any:
    return orjson.loads(client._transport.call("GET", path).body)


def test_visitors_see_no_query_but_our_own_key(client: GrafanaClient, token: str) -> None:
    shown = orjson.loads(client.visitor_dashboard(token).body)
    panel = shown["dashboard"]["panels"][0]
    assert "expr" not in panel["targets"][0]
    assert panel["targets"][0]["legendFormat"] == "{{job}}"
    assert shown["dashboard"]["timepicker"]["hidden"] is False
    assert "id" not in shown["dashboard"]
    assert shown["dashboard"]["dashwright"]["maker"] == "dev"
    assert shown["meta"]["provisioned"] is False


def test_unknown_and_malformed_tokens(client: GrafanaClient) -> None:
    answer = client.visitor_dashboard("a" * 32)
    assert (answer.status, message_id(answer)) == (404, "publicdashboards.notFound")
    raw = client._transport.send("GET", "/api/public/dashboards/xyz", headers={})
    assert (raw.status, message_id(raw)) == (400, "publicdashboards.invalidAccessToken")


@pytest.mark.parametrize(
    ("panel", "body", "status", "named"),
    [
        pytest.param(99, {"intervalMs": 5000}, 404, "panelNotFound", id="unknown panel"),
        pytest.param(2, {"intervalMs": 5000}, 400, "panelQueriesNotFound", id="no targets"),
        pytest.param(1, {"intervalMs": -1}, 400, "invalidInterval", id="negative interval"),
        pytest.param(1, {"maxDataPoints": -1}, 400, "maxDataPoints", id="negative points"),
        pytest.param(1, {"intervalMs": "x"}, 400, "badRequest", id="wrong type"),
        pytest.param(1, {"timeRange": {"from": "foo", "to": "bar"}}, 400, "invalidTimeRange", id="nonsense range"),
        pytest.param(1, {}, 400, "invalidTimeRange", id="no range although it may be chosen"),
    ],
)
def test_bad_panel_queries_are_told_apart(
    client: GrafanaClient, token: str, panel: int, body: dict[str, Any], status: int, named: str
) -> None:
    span = {"from": "now-5m", "to": "now", "timezone": "utc"}
    given = body if "timeRange" in body or not body else {**body, "timeRange": span}
    answer = client.visitor_query(token, panel, json.dumps(given).encode())
    assert (answer.status, message_id(answer)) == (status, f"publicdashboards.{named}")


def test_a_panel_answers_per_ref_id_and_a_dead_source_names_its_address(client: GrafanaClient, token: str) -> None:
    span = {"from": "now-5m", "to": "now", "timezone": "utc"}
    answer = client.visitor_query(token, 1, orjson.dumps({"intervalMs": 5000, "maxDataPoints": 60, "timeRange": span}))
    result = orjson.loads(answer.body)["results"]["A"]
    if answer.status == 400:
        # Why a relay words errors anew.
        assert (result["status"], result["errorSource"]) == (502, "downstream")
        assert "dial tcp" in result["error"]
    else:
        assert (answer.status, result["status"]) == (200, 200)


def test_annotations_are_a_list(client: GrafanaClient, token: str) -> None:
    path, span = "/api/public/dashboards/{}/annotations", "?from=1700000000000&to=1900000000000"
    answer = client._transport.send("GET", path.format(token) + span, headers={})
    assert (answer.status, orjson.loads(answer.body)) == (200, [])
    assert client._transport.send("GET", path.format("b" * 32), headers={}).status == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_holds_boot_data_that_parse_and_the_token_once(client: GrafanaClient, token: str, theme: str) -> None:
    page = client.visitor_page(token, f"theme={theme}", "en-US")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    assert "x-frame-options" not in page.headers
    assert "nonce-" in page.headers["content-security-policy"]
    text = page.body.decode()
    assert text.count(token) == 1
    start = text.index("settings: {", text.index("window.grafanaBootData")) + len("settings: ")
    settings, _ = json.JSONDecoder().raw_decode(text, start)
    assert settings["publicDashboardAccessToken"] == token
    assert settings["appSubUrl"] == "/grafana"
    source = next(one for one in settings["datasources"].values() if one.get("uid") == "prometheus")
    assert source["jsonData"]["directUrl"].startswith("http")
    assert source["jsonData"]["timeInterval"] == "5s"
    assert settings["defaultDatasource"] == source["name"]
    assert f'<body class="theme-{theme}' in text


def test_static_files_may_be_kept_for_a_year(client: GrafanaClient, token: str) -> None:
    page = client.visitor_page(token).body.decode()
    script = re.findall(r'src="public/(build/[^"]+\.js)"', page)[-1]
    answer = client.visitor_asset(script)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000"


def test_the_page_is_200_for_any_token(client: GrafanaClient) -> None:
    assert client.visitor_page("c" * 32).status == 200
