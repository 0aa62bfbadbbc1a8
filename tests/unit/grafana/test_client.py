"""The client's own rules: every error by its name, settling, paths, paging, users, visitors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend_server.errors import ConfigError, NotFound
from backend_server.grafana import (
    DashboardDamaged,
    DashboardMissing,
    GrafanaClient,
    GrafanaError,
    GrafanaFault,
    GrafanaForbidden,
    GrafanaOddAnswer,
    GrafanaTimeout,
    GrafanaUnauthorized,
    GrafanaUnreachable,
    PublicChange,
    PublicDashboard,
    PublicDashboardsOff,
    PublicExists,
    PublicMissing,
    PublicPaused,
    PublicRefused,
    PublicTokenTaken,
    PublicUidTaken,
    StillProvisioned,
    plan_public,
    settle_public,
)
from backend_server.grafana.errors import error_of
from backend_server.reconcile.circuit_breaker import is_starting
from tests.fakes.grafana import FakeGrafana
from tests.support.grafana import client_of, write_provisioning

WANTED = PublicDashboard("pd-1", "0" * 31 + "1")
OTHER = PublicDashboard("pd-2", "0" * 31 + "2")


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGrafana]:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    for uid in ("a", "b"):
        document: dict[str, object] = {"uid": uid, "title": uid.upper(), "panels": [], "timepicker": {}}
        (tmp_path / "dashboards" / "shard-01" / f"{uid}.json").write_text(json.dumps(document))
    with FakeGrafana(provisioning, environment={}, polling=False) as found:
        yield found


@pytest.fixture
def client(fake: FakeGrafana) -> Iterator[GrafanaClient]:
    found = client_of(fake, timeout_seconds=2)
    yield found
    found.close()


def public(name: str) -> bytes:
    return json.dumps({"messageId": f"publicdashboards.{name}", "message": "said"}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, public("notFound"), PublicMissing),
        (404, public("dashboardNotFound"), DashboardMissing),
        (400, public("dashboardIsPublic"), PublicExists),
        (400, public("uidExists"), PublicUidTaken),
        (400, public("accessTokenExists"), PublicTokenTaken),
        (400, public("invalidUid"), PublicRefused),
        (400, public("invalidAccessToken"), PublicRefused),
        (400, public("invalidShareType"), PublicRefused),
        (400, public("identifierNotSet"), PublicRefused),
        (400, public("badRequest"), PublicRefused),
        (404, public("panelNotFound"), PublicRefused),
        (403, public("notEnabled"), PublicPaused),
        (500, public("internalServerError"), GrafanaFault),
        (401, b'{"messageId":"auth.unauthorized","message":"Unauthorized"}', GrafanaUnauthorized),
        (403, b'{"accessErrorId":"ACE1","title":"Access denied"}', GrafanaForbidden),
        (403, b"origin not allowed\n", GrafanaForbidden),
        (404, b'{"message":"Not found"}', PublicDashboardsOff),
        (404, b'{"message":"Dashboard not found"}', DashboardMissing),
        (400, b'{"message":"provisioned dashboard cannot be deleted"}', StillProvisioned),
        (500, b'{"message":"Error while checking if dashboard is provisioned"}', DashboardDamaged),
        (500, b'{"message":"Internal Server Error"}', GrafanaFault),
        (502, b"<html>bad gateway</html>", GrafanaFault),
        (302, b"", GrafanaOddAnswer),
        (412, b'{"message":"taken"}', GrafanaError),
        (400, b"[1]", GrafanaError),
        (400, b'{"messageId": 7, "message": null}', GrafanaError),
    ],
)
def test_each_error_has_its_name(status: int, body: bytes, kind: type[GrafanaError]) -> None:
    error = error_of("POST", "/api/x", status, body)
    assert type(error) is kind
    assert error.details["status"] == status
    assert str(error).startswith(f"Grafana answered {status}")


def test_messages_say_what_to_do_next() -> None:
    assert "GRAFANA_PROXY_USER" in str(error_of("GET", "/api/x", 401, b"{}"))
    assert "[public_dashboards]" in str(error_of("GET", "/api/x", 404, b'{"message":"Not found"}'))


def test_a_token_never_stands_in_a_printed_row() -> None:
    assert WANTED.access_token not in repr(WANTED)


@pytest.mark.parametrize(
    ("existing", "change"),
    [
        pytest.param(None, PublicChange.CREATE, id="not public yet"),
        pytest.param(replace(WANTED, dashboard_uid="a"), PublicChange.KEEP, id="already as wanted"),
        pytest.param(replace(WANTED, enabled=False), PublicChange.UPDATE, id="switched off"),
        pytest.param(replace(WANTED, time_selection=False), PublicChange.UPDATE, id="no time selection"),
        pytest.param(replace(WANTED, access_token="f" * 32), PublicChange.RECREATE, id="another token"),
        pytest.param(replace(WANTED, uid="pd-9"), PublicChange.RECREATE, id="another uid"),
    ],
)
def test_the_smallest_change_is_chosen(existing: PublicDashboard | None, change: PublicChange) -> None:
    assert plan_public(WANTED, existing) is change


def test_settling_twice_writes_once(fake: FakeGrafana, client: GrafanaClient) -> None:
    settle_public(client, "a", WANTED)
    fake.forget_requests()
    assert settle_public(client, "a", WANTED) == replace(WANTED, dashboard_uid="a")
    assert fake.requests_that_change_something() == []


def test_every_row_is_made_public_with_all_switches_said(fake: FakeGrafana, client: GrafanaClient) -> None:
    settle_public(client, "a", WANTED)
    sent = json.loads(fake.requests_that_change_something()[0].body)
    assert sent == {
        "uid": "pd-1",
        "accessToken": WANTED.access_token,
        "isEnabled": True,
        "timeSelectionEnabled": True,
        "annotationsEnabled": False,
        "share": "public",
    }


CREATE = "POST .*/public-dashboards"


def test_an_answer_that_was_lost_is_settled_by_reading_again(fake: FakeGrafana, client: GrafanaClient) -> None:
    fake.lose_answer_once(CREATE)
    assert settle_public(client, "a", WANTED).uid == "pd-1"
    assert len(fake.requests_that_change_something()) == 1


def test_a_rival_with_the_same_ids_is_no_error(fake: FakeGrafana, client: GrafanaClient) -> None:
    rival = client_of(fake)
    fake.before_once(CREATE, lambda _: rival.create_public("a", WANTED))
    assert settle_public(client, "a", WANTED).uid == "pd-1"
    rival.close()


def test_a_rival_with_other_ids_loses(fake: FakeGrafana, client: GrafanaClient) -> None:
    rival = client_of(fake)
    fake.before_once(CREATE, lambda _: rival.create_public("a", OTHER))
    assert settle_public(client, "a", WANTED) == replace(WANTED, dashboard_uid="a")
    rival.close()


def test_a_500_that_did_happen_is_settled(fake: FakeGrafana, client: GrafanaClient) -> None:
    rival = client_of(fake)
    fake.before_once(CREATE, lambda _: rival.create_public("a", WANTED))
    fake.answer_once(CREATE, 500, {"messageId": "publicdashboards.internalServerError", "message": "x"})
    assert settle_public(client, "a", WANTED).uid == "pd-1"
    rival.close()


def test_a_token_of_another_dashboard_is_told(fake: FakeGrafana, client: GrafanaClient) -> None:
    settle_public(client, "b", OTHER)
    with pytest.raises(PublicTokenTaken):
        settle_public(client, "a", replace(WANTED, access_token=OTHER.access_token))


def test_a_fault_that_stays_is_raised_after_few_tries(fake: FakeGrafana, client: GrafanaClient) -> None:
    fake.answer_once(CREATE, 500, {"message": "x"}, times=-1)
    with pytest.raises(GrafanaFault):
        settle_public(client, "a", WANTED)
    assert len(fake.requests_that_change_something()) == 3


def test_a_dashboard_that_is_not_loaded_is_told_at_once(fake: FakeGrafana, client: GrafanaClient) -> None:
    with pytest.raises(DashboardMissing):
        settle_public(client, "nope", WANTED)
    assert len(fake.requests_that_change_something()) == 1


def test_a_grafana_that_starts_is_told_at_once(fake: FakeGrafana, client: GrafanaClient) -> None:
    fake.refuse()
    with pytest.raises(GrafanaUnreachable) as refused:
        settle_public(client, "a", WANTED)
    assert refused.value.starting
    assert is_starting(refused.value)


def test_a_slow_reload_has_a_deadline_of_its_own(fake: FakeGrafana) -> None:
    client = client_of(fake, timeout_seconds=0.1)
    fake.slow(0.3, "reload")
    client.reload()
    with pytest.raises(GrafanaTimeout):
        client.reload(timeout_seconds=0.1)
    client.close()


def test_the_list_is_one_call_and_leaves_orphans_out(fake: FakeGrafana, client: GrafanaClient) -> None:
    made = client.create_public("a", WANTED)
    row = fake.database.rows[0]
    fake.database.rows = [replace(row, dashboard_uid=f"gone-{number}") for number in range(1500)] + [row]
    fake.forget_requests()
    assert [one.uid for one in client.list_public()] == [made.uid]
    assert len(fake.requests) == 1


def test_a_list_of_several_pages_is_read_to_its_end(
    fake: FakeGrafana, client: GrafanaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for uid, wanted in (("a", WANTED), ("b", OTHER)):
        client.create_public(uid, wanted)
    monkeypatch.setattr("backend_server.grafana.client._PAGE", 1)
    fake.forget_requests()
    assert [one.dashboard_uid for one in client.list_public()] == ["a", "b"]
    assert len(fake.requests) == 2


@pytest.mark.parametrize("uid", ["../../admin/users", "a/b", "a?b=c", "a#b", "ä", "a b", "%2e%2e"])
def test_a_uid_stays_one_segment_of_the_path(fake: FakeGrafana, client: GrafanaClient, uid: str) -> None:
    assert client.dashboard(uid) is None
    path = fake.requests[-1].path
    assert path.count("/") == 4
    assert "?" not in path


@pytest.mark.parametrize("uid", ["", ".", ".."])
def test_a_uid_that_would_climb_is_refused(client: GrafanaClient, uid: str) -> None:
    with pytest.raises(ConfigError):
        client.delete_dashboard(uid)


def test_users_are_made_and_given_their_role(fake: FakeGrafana, client: GrafanaClient) -> None:
    for login, role in (("dashwright-viewer", "Viewer"), ("dashwright-editor", "Editor")):
        client.ensure_user(login, role)
    assert {user.login: user.role for user in fake.database.users} == {
        "admin": "Admin",
        "dashwright-viewer": "Viewer",
        "dashwright-editor": "Editor",
    }
    fake.forget_requests()
    client.ensure_user("dashwright-editor", "Editor")
    assert fake.requests_that_change_something() == []


def test_a_user_outside_the_org_is_taken_in(fake: FakeGrafana, client: GrafanaClient) -> None:
    fake.database.add_user("dashwright-viewer", role=None)
    client.ensure_user("dashwright-viewer", "Viewer")
    assert fake.database.users[-1].role == "Viewer"


def test_switched_off_public_dashboards_are_named(tmp_path: Path) -> None:
    provisioning = write_provisioning(tmp_path, tmp_path / "dashboards")
    with FakeGrafana(provisioning, environment={}, polling=False, public_dashboards=False) as fake:
        client = client_of(fake)
        with pytest.raises(PublicDashboardsOff):
            client.public_of("a")
        client.close()


def test_health_tells_a_failing_database(fake: FakeGrafana, client: GrafanaClient) -> None:
    assert (client.health().ok, client.health().version) == (True, "12.4.0")
    fake.answer_once("health", 503, {"database": "failing"})
    assert client.health().ok is False
    fake.answer_once("health", 502, b"<html>")
    with pytest.raises(GrafanaFault):
        client.health()


@pytest.mark.parametrize("token", ["", "../x", "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "\n"])
def test_a_visitors_odd_token_never_reaches_grafana(fake: FakeGrafana, client: GrafanaClient, token: str) -> None:
    for ask in (client.visitor_page, client.visitor_dashboard):
        with pytest.raises(NotFound):
            ask(token)
    with pytest.raises(NotFound):
        client.visitor_query(token, 1, b"{}")
    assert fake.requests == []


@pytest.mark.parametrize(
    "path", ["../api/health", "build/../../x", "build//x.js", "views/index.html", "build/%2e%2e/x", ""]
)
def test_only_static_files_of_the_page_are_fetched(fake: FakeGrafana, client: GrafanaClient, path: str) -> None:
    with pytest.raises(NotFound):
        client.visitor_asset(path)
    assert fake.requests == []


def test_a_visitors_headers_and_query_cannot_end_a_line(fake: FakeGrafana, client: GrafanaClient) -> None:
    client.visitor_page("0" * 32, "theme=light HTTP/1.1\r\nX-WEBAUTH-USER: admin", "de\r\nX-WEBAUTH-USER: admin")
    request = fake.requests[-1]
    assert "x-webauth-user" not in request.headers
    assert "accept-language" not in request.headers
    assert request.query_string == "theme=lightHTTP/1.1X-WEBAUTH-USER:admin"
