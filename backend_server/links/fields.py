"""Reading the fields of a link that people set: each by one rule, each mistake named with its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from backend_server.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from backend_server.errors import DashwrightError, InvalidInput, Problem
from backend_server.primitives.addresses import IPV6_PATTERN, PORT_PATTERN
from backend_server.primitives.clock import parse_time
from backend_server.primitives.ids import SLUG_PATTERN, UID_PATTERN, DashboardUid, Slug, parse_device_id, parse_slot
from backend_server.primitives.secret import Secret

from .profile import parse_profile

MAX_LABEL = 200
MAX_ANCESTORS = 20
MAX_ORIGIN = 200
_MIN_YEAR = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UID = re.compile(UID_PATTERN)
_SLUG = re.compile(SLUG_PATTERN)
_NAME = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# As the API describes an origin; what is read may be written in capitals as well.
ORIGIN_PATTERN = rf"https?://((\*\.)?{_NAME}(\.{_NAME})*|{IPV6_PATTERN}){PORT_PATTERN}"
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>(?:\*\.)?{_NAME}(?:\.{_NAME})*|\[[0-9a-f:.]{{2,45}}\])(?::(?P<port>[0-9]{{1,5}}))?"
)
_USUAL_PORTS = {"http": 80, "https": 443}

# What cannot be remembered where links must survive a lost database.
NOT_DERIVED = ("not_before", "expires_at", "password", "frame_ancestors", "slug")
DERIVED_REASON = "cannot be kept with LINK_TOKENS=derived, where links must survive a lost database"


def read_fields(raw: Mapping[str, object], known: Sequence[str]) -> tuple[dict[str, object], list[Problem]]:
    """Read the fields that are given and not null; gives what could be read, and everything that is wrong."""
    problems = [
        Problem(str(name)[:40], f"is not known; there are: {', '.join(known)}") for name in raw if name not in known
    ]
    found: dict[str, object] = {}
    for name in known:
        if raw.get(name) is None:
            continue
        try:
            found[name] = _READERS[name](raw[name])
        except InvalidInput as fault:
            problems += [Problem(p.path if p.path.startswith(name) else name, p.message) for p in fault.problems]
        except DashwrightError as fault:
            problems.append(Problem(name, fault.message))
    return found, problems


def refused_where_derived(raw: Mapping[str, object]) -> list[Problem]:
    """Name what derived mode cannot keep; taking something away is always possible."""
    # An empty list of origins lets everyone embed: it takes the bound away.
    return [Problem(name, DERIVED_REASON) for name in NOT_DERIVED if raw.get(name) not in (None, [])]


def span_problems(not_before: object, expires_at: object) -> list[Problem]:
    """A link that ends before it begins would never open."""
    if isinstance(not_before, int) and isinstance(expires_at, int) and expires_at <= not_before:
        return [Problem("expires_at", "must be later than not_before")]
    return []


def _uid(value: object) -> DashboardUid:
    if isinstance(value, str) and _UID.fullmatch(value):
        return DashboardUid(value)
    raise _wrong("document", "must be a dashboard's uid: 1 to 40 letters, digits, '_' or '-'")


def _label(value: object) -> str:
    if isinstance(value, str) and len(value) <= MAX_LABEL and "\0" not in value and _is_text(value):
        return value
    raise _wrong("label", f"must be text of at most {MAX_LABEL} characters")


def _slug(value: object) -> Slug:
    if isinstance(value, str) and _SLUG.fullmatch(value):
        return Slug(value)
    raise _wrong("slug", "must be 3 to 64 of a-z, 0-9 and '-', with no '-' at an end")


def _moment(name: str) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, str):
            raise _wrong(name, "must be an RFC 3339 time, e.g. 2026-01-31T12:00:00Z")
        moment = parse_time(value, path=name)
        if moment.year < _MIN_YEAR:
            raise _wrong(name, f"lies before the year {_MIN_YEAR}")
        return (moment - _EPOCH) // timedelta(milliseconds=1)

    return read


def _password(value: object) -> Secret:
    if isinstance(value, str) and MIN_LENGTH <= len(value) <= MAX_LENGTH and _is_text(value):
        return Secret(value)
    raise _wrong("password", f"must be text of {MIN_LENGTH} to {MAX_LENGTH} characters")


def _ancestors(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_ANCESTORS:
        raise _wrong("frame_ancestors", f"must be an array of at most {MAX_ANCESTORS} origins")
    found: dict[str, None] = {}
    problems = []
    for place, one in enumerate(value):
        origin = _origin(one)
        if origin is None:
            problems.append(
                Problem(
                    f"frame_ancestors[{place}]",
                    "must be an origin such as https://app.example.com or https://*.example.com: scheme, host, "
                    "perhaps a port, and no path; a name beyond ASCII in its xn-- form",
                )
            )
        else:
            found[origin] = None
    if problems:
        raise InvalidInput(problems)
    return tuple(found)


def _origin(value: object) -> str | None:
    """Return an origin in the one spelling browsers send: lower case, without the scheme's own port."""
    if not isinstance(value, str) or len(value) > MAX_ORIGIN:
        return None
    match = _ORIGIN.fullmatch(value.lower())
    if match is None:
        return None
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if port is None or int(port) == _USUAL_PORTS[scheme]:
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{int(port)}" if 0 < int(port) <= 65535 else None


def _is_text(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _wrong(name: str, message: str) -> InvalidInput:
    return InvalidInput([Problem(name, message)])


_READERS: Mapping[str, Callable[[object], object]] = {
    "device": parse_device_id,
    "slot": parse_slot,
    "document": _uid,
    "label": _label,
    "slug": _slug,
    "profile": parse_profile,
    "not_before": _moment("not_before"),
    "expires_at": _moment("expires_at"),
    "password": _password,
    "frame_ancestors": _ancestors,
}
