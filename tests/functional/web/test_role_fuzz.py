"""Generated calls as nobody, viewer, editor and administrator: no role does more than the table here says.

The table is written by hand and not read from the code: a route that forgets its need, or asks too little, fails.
Refused calls leave the store's change number where it was while the worker stands still; no call of any role ends in a
500; and none of the secrets the application was given or made stands in an answer or a log line.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.core.result import Ok

from backend_server.accounts import Role
from backend_server.primitives.secret import Secret
from backend_server.storage.secret_store import FILE_NAME
from backend_server.storage.tables.accounts import SqlAccounts
from backend_server.telemetry import configure_logging
from backend_server.web.auth import need_of
from tests.support.api_fuzz import ASK_PROMETHEUS, DEVICES, PEOPLE, Names, each_broken, each_valid
from tests.support.app import ADMIN_PASSWORD, API_TOKEN, LiveApp, running_app

FEWEST_CALLS = 150  # of each role
VIEWER = """
    GET /api/devices
    GET /api/devices/{device_id}
    GET /api/devices/{device_id}/dashboard
    GET /api/generator/documents
    GET /api/generator/inventory
    GET /api/generator/plans
    GET /api/generator/schema
    GET /api/generator/specs
    GET /api/generator/specs/{name}
    GET /api/links
    GET /api/links/switch
    GET /api/links/{token}
    GET /api/links/{token}/ledger
    GET /api/me
    GET /api/openapi.json
    GET /api/packs
    GET /api/packs/{name}
    GET /api/plan
    GET /api/prometheus/targets
    GET /api/templates
    GET /api/templates/{name}
    POST /api/generator/coverage
    POST /api/generator/generate
    POST /api/generator/inventory/diff
    POST /api/generator/plans/check
    POST /api/generator/rules
    POST /api/generator/specs/check
    POST /api/generator/verify
    POST /api/me/password
    POST /api/templates/check
    POST /api/templates/plan
    POST /api/templates/{name}/render
"""
EDITOR = """
    DELETE /api/devices/{device_id}
    DELETE /api/generator/documents/{slug}
    DELETE /api/links/{token}
    DELETE /api/packs/{name}
    GET /api/generator/discover
    PATCH /api/devices/{device_id}
    PATCH /api/links/{token}
    POST /api/devices/batch
    POST /api/devices/heartbeat
    POST /api/devices/{device_id}/revive
    POST /api/generator/provision
    POST /api/links
    POST /api/links/off
    POST /api/links/on
    POST /api/links/{token}/pause
    POST /api/links/{token}/resume
    POST /api/links/{token}/rotate
    PUT /api/devices/{device_id}
    PUT /api/packs/{name}
"""
ADMIN = """
    DELETE /api/tokens/{token_id}
    DELETE /api/users/{name}
    GET /api/audit
    GET /api/tokens
    GET /api/users
    PATCH /api/users/{name}
    POST /api/tokens
    POST /api/users
"""
NEEDS = {
    line.strip(): role
    for role, lines in ((Role.VIEWER, VIEWER), (Role.EDITOR, EDITOR), (Role.ADMIN, ADMIN))
    for line in lines.strip().splitlines()
}
GIVEN = {
    "jwt_secret": Secret("the host platform's secret, of 40 letters"),
    "grafana_token": Secret("glsa_the-token-of-grafana-0123456789"),
    "grafana_admin_password": Secret("grafana's own password"),
    "grafana_secret_key": Secret("grafana's own secret key"),
    "metrics_token": Secret("dw_the-token-of-prometheus-0123456789"),
}
LINK_PASSWORD = "the password of a link"
NEW_TOKEN = re.compile(r"dw_[A-Za-z0-9_-]{43}")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("roles"), empty_database=sqlite_template, **GIVEN) as running:
        for device_id in DEVICES:
            running.call("PUT", f"/api/devices/{device_id}?wait=10s", {"hostname": device_id})
            running.call("POST", "/api/links", {"device": device_id, "password": LINK_PASSWORD})
        for name in PEOPLE:
            made = running.call("POST", "/api/users", {"name": name, "password": f"password of {name}"})
            assert made.status == 201
        yield running


def secrets_of(app: LiveApp) -> list[str]:
    """Return every secret there is: given, made, hashed."""
    kept = json.loads((app.settings.data_dir / FILE_NAME).read_text())
    accounts = SqlAccounts(app.services.store)
    found = [
        *(secret.reveal() for secret in GIVEN.values()),
        *(str(value) for value in kept.values()),
        *(user.password_hash for user in accounts.users()),
        *(token.hash for token in accounts.tokens()),
        *(f"password of {name}" for name in PEOPLE),
        app.services.secret_key.reveal(),
        ADMIN_PASSWORD,
        API_TOKEN,
        LINK_PASSWORD,
        "$argon2",
    ]
    assert {"secret_key", "fernet_keys"} <= kept.keys()
    assert all(len(secret) > 6 for secret in found)
    return found


def test_the_table_names_every_operation_and_the_code_asks_as_much(app: LiveApp) -> None:
    asked = {}
    for rule in app.app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            need = need_of(app.app, rule.endpoint)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                asked[f"{method} {path}"] = need and need.role
    assert asked == NEEDS


@pytest.mark.parametrize("role", [None, *Role], ids=["nobody", *Role])
def test_no_role_does_more_than_it_may(app: LiveApp, role: Role | None, capfd: pytest.CaptureFixture[str]) -> None:
    lines = io.StringIO()
    configure_logging("web", stream=lines)
    token = app.token_of(role) if role else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    schema = schemathesis.openapi.from_wsgi(
        "/api/openapi.json", app.app, headers={"Authorization": f"Bearer {API_TOKEN}"}
    )
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    described = {f"{one.method.upper()} {one.path}" for one in operations}
    assert described == NEEDS.keys() - {"GET /api/openapi.json"}, "the description names all but itself"
    names, statuses, bodies = Names(app), Counter[int](), dict[str, list[str]]()
    wanted = 401 if role is None else 403

    def refused(one: Any) -> bool:
        return role is None or NEEDS[f"{one.method.upper()} {one.path}"].rank > role.rank

    def send(case: Any) -> None:
        # What the description says of tokens and cookies must not sign anybody in.
        case.headers, case.cookies = {}, {}
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        what = f"{case.operation.method.upper()} {case.operation.path}"
        bodies.setdefault(what, []).append(f"{answer.headers} {answer.text}")
        if refused(case.operation):
            assert answer.status_code == wanted, (what, answer.status_code, answer.text)
        else:
            assert answer.status_code not in (401, 403), (what, answer.text)
            assert answer.status_code < 500 or case.operation.path in ASK_PROMETHEUS, (what, answer.text)

    def call_all(some: list[Any]) -> None:
        for one in some:
            each_valid(one, 1, names, send)  # two calls
            if one.body or one.query:
                each_broken(one, 3, names, send)
            else:
                each_valid(one, 1, names, send)

    store, allowed = app.services.store, [one for one in operations if not refused(one)]
    capfd.readouterr()
    secrets = [*secrets_of(app), *([token] if token else [])]
    with app.passes.hold():
        before, deeds = store.change_number(), app.deeds()
        call_all([one for one in operations if refused(one)])
        if role is Role.VIEWER:
            call_all(allowed)  # reading changes nothing either
        assert store.change_number() == before
        assert app.deeds() == deeds
    if role in (Role.EDITOR, Role.ADMIN):
        call_all(allowed)
        assert store.change_number() > before, "who may has an effect, or this test proves nothing"
    assert statuses.total() >= FEWEST_CALLS, statuses
    assert not statuses.keys() & {500, 503}

    secrets += secrets_of(app)  # what was made meanwhile too
    assert "request" in lines.getvalue(), "the log was heard"
    told = lines.getvalue() + "".join(capfd.readouterr())
    for secret in secrets:
        for line in told.splitlines():
            assert secret not in line
        for what, texts in bodies.items():
            assert not any(secret in text for text in texts), what
    for what, texts in bodies.items():
        if what != "POST /api/tokens":  # the one place where a new token is shown
            assert not any(NEW_TOKEN.search(text) for text in texts), what
    assert not NEW_TOKEN.search(told)
