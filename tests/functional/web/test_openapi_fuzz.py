"""Thousands of generated calls against the whole application, signed in: none may break it.

The calls follow the API's own description; in some of them any JSON stands in the place of the body, of a field or of a
parameter. They go in by WSGI and run on the real store with the worker beside them. Counted at the end: how many there
were, and that enough of them did something.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import CHECKS

from tests.support.api_fuzz import ASK_PROMETHEUS, DEVICES, PEOPLE, Names, each_broken, each_valid
from tests.support.app import LiveApp, running_app

CALLS = 5_000
GOOD_SHARE = 0.4
BROKEN_SHARE = 0.4  # of the calls of an operation that has a body or parameters to break
WANTED_CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("fuzz"), empty_database=sqlite_template) as running:
        for device_id in DEVICES:
            running.call("PUT", f"/api/devices/{device_id}?wait=10s", {"hostname": device_id})
        for name in PEOPLE:
            running.call("POST", "/api/users", {"name": name, "password": f"password of {name}"})
        yield running


def test_no_generated_call_breaks_the_application(app: LiveApp) -> None:
    signed = {"Authorization": f"Bearer {app.token}"}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app.app, headers=signed)
    checks = [check for check in CHECKS.get_all() if check.__name__ in WANTED_CHECKS]
    assert len(checks) == len(WANTED_CHECKS)
    names, statuses = Names(app), Counter[int]()

    def send(case: Any) -> None:
        answer = case.call(headers=signed)
        statuses[answer.status_code] += 1
        assert answer.status_code < 500 or case.operation.path in ASK_PROMETHEUS, answer.text
        case.validate_response(answer, checks=checks)

    operations = [found.ok() for found in schema.get_all_operations()]
    # An operation with nothing to vary gives one call, whatever is asked for.
    varied = [one for one in operations if one.body or one.query or one.path_parameters]
    breakable = [one for one in operations if one.body or one.query]
    each = math.ceil(1.1 * CALLS / (2 * len(varied) + BROKEN_SHARE * len(breakable)))
    for operation in operations:
        each_valid(operation, each, names, send)
        if operation in breakable:
            each_broken(operation, math.ceil(BROKEN_SHARE * each), names, send)
        if operation.method.upper() == "DELETE":
            for device_id in DEVICES:  # what the calls retired is needed by the next operations
                app.call("POST", f"/api/devices/{device_id}/revive")
    calls, good = statuses.total(), sum(count for status, count in statuses.items() if status < 300)
    assert calls >= CALLS, statuses
    assert good >= GOOD_SHARE * calls, statuses
    assert not [status for status in statuses if status >= 500 and status not in (502, 504)], statuses
    assert app.call("PUT", "/api/devices/after?wait=10s", {"hostname": "after"}).json()["link"]["state"] == "live"
