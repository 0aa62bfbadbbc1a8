"""Thousands of generated calls against the whole application, signed in: none may break it.

The calls follow the API's own description; in some of them any JSON stands in the place of the body, of a field or of a
parameter. They go in by WSGI and run on the real store with the worker beside them. Counted at the end: how many there
were, and that enough of them did something.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, strategies
from schemathesis.checks import CHECKS

from tests.support.app import LiveApp, running_app

CALLS = 5_000
GOOD_SHARE = 0.4
BROKEN_SHARE = 0.4  # of the calls of an operation that has a body or parameters to break
# There is no Prometheus behind this application, and these say so.
ASK_PROMETHEUS = frozenset({"/api/generator/discover", "/api/generator/coverage"})
DEVICES = ("rig-0", "rig-1", "rig-2", "rig-3")
ANY_JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | strategies.text(max_size=40),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(max_size=10), inner),
    max_leaves=8,
)
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
        yield running


class Names:
    """Puts names that exist in place of three of four generated ones, or nearly every call would end in 404."""

    def __init__(self, app: LiveApp) -> None:
        self._app = app
        self._turn = cycle((True, True, True, False))
        self._devices = cycle(DEVICES)
        self._templates = cycle(("generic.json", "miner.json", "fleet-overview.json"))

    def place(self, case: Any) -> None:
        if not next(self._turn):
            return
        known = {"device_id": self._devices.__next__, "token": self._link, "name": self._templates.__next__}
        given = case.path_parameters or {}
        for name in given.keys() & known.keys():
            given[name] = known[name]()
        if isinstance(case.body, dict) and "device" in case.body:
            case.body["device"] = next(self._devices)

    def _link(self) -> str:
        links = self._app.services.links.page(device=next(self._devices)).items
        return str(links[0].link.token) if links else "0" * 32


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


def each_valid(operation: Any, count: int, names: Names, send: Callable[[Any], None]) -> None:
    """Send calls as the description allows them."""

    @generated(count)
    @hypothesis.given(case=operation.as_strategy())
    def call(case: Any) -> None:
        # Each is sent twice, mostly about two different objects: a repeated write must be as harmless as the first.
        for _ in range(2):
            names.place(case)
            send(case)

    call()


def each_broken(operation: Any, count: int, names: Names, send: Callable[[Any], None]) -> None:
    """Send calls in which one thing is any JSON at all."""

    @generated(count)
    @hypothesis.given(case=operation.as_strategy(), wrong=ANY_JSON, whole=strategies.booleans())
    def call(case: Any, wrong: object, whole: bool) -> None:
        names.place(case)
        if isinstance(case.body, dict) and case.body and not whole:
            case.body[min(case.body)] = wrong
        elif operation.body:
            case.body = wrong
        else:
            case.query = {**(case.query or {}), next(iter(case.query or {"page": 1})): str(wrong)[:100]}
        send(case)

    call()


def generated(count: int) -> Callable[[Any], Any]:
    """Generate so many examples, always the same ones."""

    def mark(test: Any) -> Any:
        chosen = hypothesis.settings(
            max_examples=count,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        return hypothesis.seed(5109)(chosen(test))

    return mark
