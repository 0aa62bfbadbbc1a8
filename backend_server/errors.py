"""The error tree: raised with data in any room, worded once at each entrance.

`http_status` maps the tree to HTTP, `cli/errors.py` to exit codes. Every error carries a stable `code`, a message
that says what was being done and what to do next, and `details` that are safe to show to the caller: never a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from reprlib import Repr
from typing import ClassVar


class DashwrightError(Exception):
    """Base of everything this product raises on purpose."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details or {}


class ConfigError(DashwrightError):
    """The operator must change a setting (exit code 2; the service does not start)."""

    code = "config"


class InputError(DashwrightError):
    """The caller must change the request (400)."""

    code = "bad_request"


MOST_PROBLEMS = 200
"""So many problems are named at once; the rest is counted."""
MOST_SHOWN = 80
"""So many characters of a given value are repeated to whoever gave it."""
_MOST_PATH, _MOST_MESSAGE, _MOST_IN_WORDS = 200, 400, 20


_shortened = Repr()
_shortened.maxlevel, _shortened.maxlist, _shortened.maxdict = 2, 4, 4
_shortened.maxstring = _shortened.maxlong = _shortened.maxother = MOST_SHOWN


def shown(value: object) -> str:
    """Return a given value as a message may repeat it: cut, since it may be of any length."""
    text = _shortened.repr(value)
    return text if len(text) <= 2 * MOST_SHOWN else text[: 2 * MOST_SHOWN] + "…"


def _cut(text: str, most: int) -> str:
    """Cut the middle out of a text that is too long: the remedy is at its end."""
    return text if len(text) <= most else f"{text[: most * 2 // 3]} … {text[-most // 3 :]}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place of the input, e.g. `Problem("labels.site", "is 300 characters; at most 253")`."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    def as_json(self) -> dict[str, object]:
        """Return the problem as it stands in `details.problems`."""
        found: dict[str, object] = {"path": self.path, "message": self.message}
        if self.line is not None:
            found["line"] = self.line
        if self.column is not None:
            found["column"] = self.column
        return found

    def bounded(self) -> Problem:
        """Return the problem with path and message of a length that can be answered."""
        if len(self.path) <= _MOST_PATH and len(self.message) <= _MOST_MESSAGE:
            return self
        return replace(self, path=_cut(self.path, _MOST_PATH), message=_cut(self.message, _MOST_MESSAGE))

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path} (line {self.line}, column {self.column or 1})"
        return f"{place}: {self.message}" if place else self.message


class InvalidInput(InputError):
    """Well-formed but not acceptable (422); reports all problems at once, each with its place.

    Bounded, whoever gives the input: `problems` holds the first 200, then "and N more", and the message the first 20.
    """

    code = "invalid"

    def __init__(self, problems: Sequence[Problem], *, what: str = "The request") -> None:
        told = [problem.bounded() for problem in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            told.append(Problem("", f"and {len(problems) - MOST_PROBLEMS} more"))
        self.problems = tuple(told)
        words = [str(problem) for problem in told[:_MOST_IN_WORDS]]
        if len(problems) > len(words):
            words.append(f"and {len(problems) - len(words)} more")
        super().__init__(
            f"{_cut(what, _MOST_PATH)} has {len(problems)} problem(s): " + "; ".join(words),
            details={"problems": [problem.as_json() for problem in self.problems]},
        )


class NotFound(InputError):
    """No such object, or not the caller's (404); both answer the same way."""

    code = "not_found"


class Gone(InputError):
    """The object existed and is over for good (410)."""

    code = "gone"


class Conflict(InputError):
    """The object's present state forbids the action (409)."""

    code = "conflict"


class LeaseLost(Conflict):
    """Another worker leads now; nothing of the transaction that found out was stored (409)."""

    code = "lease_lost"


class Unauthenticated(DashwrightError):
    """Nobody is signed in (401)."""

    code = "unauthenticated"


class Forbidden(DashwrightError):
    """Somebody is signed in who may not (403)."""

    code = "forbidden"


class TooManyRequests(DashwrightError):
    """A limit was reached (429)."""

    code = "rate_limited"


class UpstreamError(DashwrightError):
    """Grafana, Prometheus or a database failed us (502); `details` name method, path and status, never an address."""

    code = "upstream"


class Unavailable(UpstreamError):
    """Not now: what is asked for cannot be had for a while (503, `Retry-After`); nothing was changed."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_seconds: int, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message, details={**(details or {}), "retry_after_seconds": retry_seconds})


class UpstreamTimeout(UpstreamError):
    """The total deadline of a call passed (504)."""

    code = "upstream_timeout"


class Busy(UpstreamError):
    """More work of one sort than there is room for; the same again a little later succeeds (503)."""

    code = "busy"


class AskedTooOften(UpstreamError):
    """One client caused more queries of datasources than its rate allows (429)."""

    code = "rate_limited"


class ProvisioningError(DashwrightError):
    """The disk refused, or a file is not ours (500)."""

    code = "provisioning"


class ShareError(DashwrightError):
    """A document cannot be shared: public dashboards are off, a token is taken (409)."""

    code = "share"


STATUS: Mapping[type[DashwrightError], int] = {
    InputError: 400,
    InvalidInput: 422,
    NotFound: 404,
    Gone: 410,
    Conflict: 409,
    ShareError: 409,
    Unauthenticated: 401,
    Forbidden: 403,
    TooManyRequests: 429,
    UpstreamError: 502,
    UpstreamTimeout: 504,
    Unavailable: 503,
    Busy: 503,
    AskedTooOften: 429,
    ProvisioningError: 500,
    ConfigError: 500,
    DashwrightError: 500,
}


def http_status(fault: DashwrightError) -> int:
    """Map an error to its HTTP status by the nearest class the table names."""
    return next(STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS)
