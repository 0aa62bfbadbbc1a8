"""Generated calls of the API, after its own description: good ones, and such in which one thing is any JSON."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, strategies

from backend_server.registry import LinkQuery
from tests.support.app import LiveApp

# With no Prometheus behind the application, these say so by 502.
ASK_PROMETHEUS = frozenset({"/api/generator/discover", "/api/generator/coverage"})
DEVICES = ("rig-0", "rig-1", "rig-2", "rig-3")
PEOPLE = ("ann", "bob")
ANY_JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | strategies.text(max_size=40),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(max_size=10), inner),
    max_leaves=8,
)


class Names:
    """Puts names that exist in place of three of four generated ones, or nearly every call would end in 404."""

    def __init__(self, app: LiveApp) -> None:
        self._app = app
        self._turn = cycle((True, True, True, False))
        self._devices = cycle(DEVICES)
        self._people = cycle(PEOPLE)
        self._templates = cycle(("generic.json", "miner.json", "fleet-overview.json"))

    def place(self, case: Any) -> None:
        """Put them in."""
        if not next(self._turn):
            return
        known = {"device_id": self._devices.__next__, "token": self._link, "name": self._templates.__next__}
        if case.operation.path.startswith("/api/users/"):
            known["name"] = self._people.__next__
        given = case.path_parameters or {}
        for name in given.keys() & known.keys():
            given[name] = known[name]()
        if isinstance(case.body, dict) and "device" in case.body:
            case.body["device"] = next(self._devices)

    def _link(self) -> str:
        links = self._app.services.links.directory.page(LinkQuery(device=next(self._devices))).items
        return str(links[0].link.token) if links else "0" * 32


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
