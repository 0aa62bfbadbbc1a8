"""Reading the bodies of panel requests. Pure; what is wrong ends as a ready refusal in Grafana's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from backend_server.documents.refresh import OwnTimes
from backend_server.errors import InvalidInput
from backend_server.links import LinkProfile
from backend_server.primitives.durations import parse_duration_ms
from backend_server.queries.steps import WIDTH_CLASSES, width_class
from backend_server.queries.time_ranges import TimeRange, read_range

from .answers import bad_request, grafana_error, invalid_panel_id, invalid_time_range
from .model import Answer

MAX_BODY_BYTES = 16 * 1024
_DEFAULT_WIDTH = 960
_MOST_WIDTH = 10_000
_DAY_MS = 86_400_000


# Returns what the dashboard says of its range; asked only where that counts, since it may need the dashboard.
OwnTimesOf = Callable[[], OwnTimes]


class RequestRefused(Exception):
    """The body cannot be used; `answer` says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class PanelRequest:
    """What a caller may choose of a panel query: range, most points of a series, and the finest step."""

    asked: TimeRange
    points: int
    floor_ms: int = 0


def read_panel_id(text: str) -> int:
    """Read the panel's id from the path; raises RequestRefused."""
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        raise RequestRefused(invalid_panel_id())
    return int(text)


def read_lean(body: bytes, profile: LinkProfile, own: OwnTimesOf, now_ms: int) -> PanelRequest:
    """Read `{"from", "to", "width"}` of the raw route; without a picker the link's own range counts.

    Raises RequestRefused.
    """
    given = _object(body)
    width = given.get("width", _DEFAULT_WIDTH)
    if not isinstance(width, int | float) or isinstance(width, bool) or not 1 <= width <= _MOST_WIDTH:
        raise RequestRefused(bad_request())
    return PanelRequest(_range(given, profile, own, now_ms), width_class(int(width)))


def read_grafana(content_type: str, body: bytes, profile: LinkProfile, own: OwnTimesOf, now_ms: int) -> PanelRequest:
    """Read the body of Grafana's query route, whose rules for missing and negative values are kept.

    Raises RequestRefused.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused(bad_request())
    given = _object(body)
    interval = _number(given, "intervalMs")
    points = _number(given, "maxDataPoints")
    if interval < 0:
        raise RequestRefused(grafana_error(400, "invalidInterval", "intervalMS should be greater than 0"))
    if points < 0:
        raise RequestRefused(grafana_error(400, "maxDataPoints", "maxDataPoints should be greater than 0"))
    span = given.get("timeRange")
    asked = _range(span if isinstance(span, Mapping) else {}, profile, own, now_ms)
    return PanelRequest(asked, min(points or _DEFAULT_WIDTH, WIDTH_CLASSES[-1]), min(interval, _DAY_MS))


def profile_range(profile: LinkProfile, now_ms: int) -> TimeRange:
    """Return the link's own range at this moment; a profile whose range is empty shows the last hour."""
    try:
        return read_range(profile.time_from, profile.time_to, now_ms)
    except InvalidInput:
        return TimeRange(now_ms - 3_600_000, now_ms)


def panel_range(panel: Mapping[str, object], asked: TimeRange, now_ms: int) -> TimeRange:
    """Return the range with a panel's own `timeFrom` and `timeShift` applied; a malformed one changes nothing."""
    try:
        own = panel.get("timeFrom")
        if isinstance(own, str) and own:
            asked = read_range(own if own.startswith("now") else f"now-{own}", "now", now_ms)
        shift = panel.get("timeShift")
        if isinstance(shift, str) and shift:
            back_ms = parse_duration_ms(shift)
            asked = TimeRange(max(0, asked.from_ms - back_ms), max(1, asked.to_ms - back_ms))
    except InvalidInput:
        pass
    return asked


def _range(given: Mapping[str, object], profile: LinkProfile, own: OwnTimesOf, now_ms: int) -> TimeRange:
    start, end = given.get("from"), given.get("to")
    if not profile.picker or (start in (None, "") and end in (None, "")):
        return profile_range(profile.for_dashboard(own()), now_ms)
    try:
        return read_range(_whole(start), _whole(end), now_ms)
    except InvalidInput as fault:
        raise RequestRefused(invalid_time_range()) from fault


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and abs(value) < 1e15 else value


def _object(body: bytes) -> Mapping[str, object]:
    if not body or len(body) > MAX_BODY_BYTES:
        raise RequestRefused(bad_request())
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise RequestRefused(bad_request()) from fault
    if not isinstance(found, dict):
        raise RequestRefused(bad_request())
    return found


def _number(given: Mapping[str, object], name: str) -> int:
    found = given.get(name, 0)
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > 1e15:
        raise RequestRefused(bad_request())
    return int(found)
