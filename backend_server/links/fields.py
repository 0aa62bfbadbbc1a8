"""The fields of a link that people set: where they stand, and the one rule of each, which names every mistake. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.addresses import IPV6_PATTERN, PORT_PATTERN
from backend_server.primitives.clock import format_ms, parse_time
from backend_server.primitives.ids import SLUG_PATTERN, UID_PATTERN, DashboardUid, Slug
from backend_server.primitives.passwords import MAX_LENGTH, MIN_LENGTH
from backend_server.primitives.secret import Secret

MAX_LABEL = 200
MAX_NOTE = 1000
# A note holds no control character but tab and newline; the API's description says the same.
NOTE_PATTERN = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]*"
MAX_ANCESTORS = 20
MAX_ORIGIN = 200
_MIN_YEAR = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UID = re.compile(UID_PATTERN)
_SLUG = re.compile(SLUG_PATTERN)
_NOTE = re.compile(NOTE_PATTERN)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFields:
    """What is said of a link in plain words and times (epoch milliseconds), each at what it is unless it is set."""

    label: str = ""
    note: str = ""
    not_before: int | None = None
    expires_at: int | None = None
    frame_ancestors: tuple[str, ...] = ()

    @property
    def own_fields(self) -> dict[str, Any]:
        """These fields alone, whatever else the object holds."""
        return {name: getattr(self, name) for name in LINK_FIELDS}


def shown_field(name: str, value: object) -> object:
    """Return a field's value as answers and the audit show it."""
    if name in _MOMENTS and isinstance(value, int):
        return format_ms(value)
    return list(value) if isinstance(value, tuple) else value


_MOMENTS = frozenset({"not_before", "expires_at"})
LINK_FIELDS = tuple(field.name for field in fields(LinkFields))
UNSET = LinkFields().own_fields


def refused_where_derived(wanted: Mapping[str, object]) -> list[Problem]:
    """Name what derived mode cannot keep; taking something away is always possible."""
    # An empty list of origins lets everyone embed: it takes the bound away.
    return [Problem(name, DERIVED_REASON) for name in NOT_DERIVED if wanted.get(name)]


def span_problems(not_before: int | None, expires_at: int | None) -> list[Problem]:
    """Return the problem of a link that ends before it begins, and so would never open."""
    if not_before is not None and expires_at is not None and expires_at <= not_before:
        return [Problem("expires_at", "must be later than not_before")]
    return []


def parse_document_uid(value: object) -> DashboardUid:
    """Check the uid of a document that a link is to be made for."""
    if isinstance(value, str) and _UID.fullmatch(value):
        return DashboardUid(value)
    raise _wrong("document", "must be a dashboard's uid: 1 to 40 letters, digits, '_' or '-'")


def parse_label(value: object) -> str:
    """Check what people read of a link in lists."""
    if isinstance(value, str) and len(value) <= MAX_LABEL and "\0" not in value and _is_text(value):
        return value
    raise _wrong("label", f"must be text of at most {MAX_LABEL} characters")


def parse_note(value: object) -> str:
    """Check a note: what its owner keeps in mind of a link, in several lines perhaps; no visitor sees it."""
    if isinstance(value, str) and len(value) <= MAX_NOTE and _NOTE.fullmatch(value) and _is_text(value):
        return value
    raise _wrong("note", f"must be text of at most {MAX_NOTE} characters; of control characters only tab and newline")


def parse_slug(value: object) -> Slug:
    """Check a short name."""
    if isinstance(value, str) and _SLUG.fullmatch(value):
        return Slug(value)
    raise _wrong("slug", "must be 3 to 64 of a-z, 0-9 and '-', with no '-' at an end")


def parse_begin(value: object) -> int:
    """Read `not_before`, from when on a link opens."""
    return _parse_time_ms("not_before", value)


def parse_end(value: object) -> int:
    """Read `expires_at`, from when on a link is over."""
    return _parse_time_ms("expires_at", value)


def _parse_time_ms(name: str, value: object) -> int:
    if not isinstance(value, str):
        raise _wrong(name, "must be an RFC 3339 time, e.g. 2026-01-31T12:00:00Z")
    time = parse_time(value, path=name)
    if time.year < _MIN_YEAR:
        raise _wrong(name, f"lies before the year {_MIN_YEAR}")
    return (time - _EPOCH) // timedelta(milliseconds=1)


def parse_password(value: object) -> Secret:
    """Check the password that visitors are asked for."""
    if isinstance(value, str) and MIN_LENGTH <= len(value) <= MAX_LENGTH and _is_text(value):
        return Secret(value)
    raise _wrong("password", f"must be text of {MIN_LENGTH} to {MAX_LENGTH} characters")


def parse_frame_ancestors(value: object) -> tuple[str, ...]:
    """Read the origins that may embed a link, each in the one spelling browsers send."""
    if not isinstance(value, list) or len(value) > MAX_ANCESTORS:
        raise _wrong("frame_ancestors", f"must be an array of at most {MAX_ANCESTORS} origins")
    found: dict[str, None] = {}
    problems = []
    for place, entry in enumerate(value):
        origin = _origin(entry)
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
