"""Panel queries to Grafana and back: bodies sent upstream on one grid, errors in its answers worded anew. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from backend_server.documents import targets_of
from backend_server.queries.panel_plan import datasource_of
from backend_server.queries.steps import INSTANT_GRID_MS, Limits, align, read_interval_ms, settle_clock, step_ms
from backend_server.queries.time_ranges import TimeRange
from backend_server.querying.answer_cache import FAILURE_KEPT_SECONDS, MOST_KEPT_SECONDS

from ..answers import Answer, grafana_error, json_answer

_PASSED_REFUSALS = {
    "publicdashboards.panelNotFound": (404, "panelNotFound", "Dashboard panel not found"),
    "publicdashboards.panelQueriesNotFound": (400, "panelQueriesNotFound", "Failed to extract queries from panel"),
    "publicdashboards.invalidTimeRange": (400, "invalidTimeRange", "Invalid time range"),
    "publicdashboards.invalidPanelId": (400, "invalidPanelId", "Invalid panel id"),
}
_WORDS = {
    400: "The datasource does not accept the query of this panel.",
    404: "The datasource of this panel does not exist.",
    422: "The datasource could not evaluate the query of this panel.",
    429: "The datasource is asked too often.",
    502: "The datasource cannot be reached.",
    504: "The datasource did not answer in time.",
}
_OTHER_WORDS = "The datasource of this panel could not be asked."
_PLAIN_START = b'{"results":'
_MARKS = (b'"notices"', b'"executedQueryString"', b'"error"', b'"errorSource"')
_HIDDEN_META = ("notices", "executedQueryString")
_SQL = frozenset({"grafana-postgresql-datasource", "postgres", "mysql", "mssql"})

# One width for all viewers: a narrow chart then has some points more than pixels, and everybody shares one query.
_POINTS = 1440


def least_step_ms(panel: Mapping[str, Any], intervals: Mapping[str, str]) -> int:
    """Return the finest step of a panel: its own `interval`, else its datasource's (`intervals`, by uid)."""
    own = read_interval_ms(panel.get("interval"))
    if own is not None:
        return own
    uids = {datasource_of(panel, target)[0] for target in targets_of(panel)}
    return max((read_interval_ms(intervals.get(uid)) or 0 for uid in uids), default=0)


def upstream_query(
    asked: TimeRange,
    panel: Mapping[str, Any],
    floor_ms: int,
    *,
    now_ms: int,
    limits: Limits,
    kinds: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Return grid (for how long the query is the newest, in ms) and body of the query sent to Grafana.

    Step and points come from the dashboard and from us, since Grafana bounds neither; viewers with other clocks and
    widths send the same. A panel of current values moves on with the moment, however long its range and so its step.
    `kinds` are the datasources' types by uid, for targets that name none.
    """
    asked = settle_clock(asked, now_ms)
    most = panel.get("maxDataPoints")
    points = most if isinstance(most, int) and not isinstance(most, bool) and 0 < most < _POINTS else _POINTS
    step = step_ms(asked.length_ms, points, floor_ms, limits)
    grid = min(step, INSTANT_GRID_MS) if _shows_the_moment(panel, kinds or {}) else step
    span = align(asked, grid)
    body = {
        "intervalMs": step,
        "maxDataPoints": min(limits.max_points, span.length_ms // step + 1),
        "timeRange": {"from": str(span.from_ms), "to": str(span.to_ms), "timezone": "utc"},
    }
    return grid, orjson.dumps(body)


def _shows_the_moment(panel: Mapping[str, Any], kinds: Mapping[str, str]) -> bool:
    """Whether all of a panel's queries ask for current values; expressions take what the others give."""
    asking = [(target, *datasource_of(panel, target)) for target in targets_of(panel)]
    real = [(target, kind or kinds.get(uid, "")) for target, uid, kind in asking if "__expr__" not in (uid, kind)]
    if len(real) == len(asking):  # an expression may ask a hidden one
        real = [(target, kind) for target, kind in real if target.get("hide") is not True]
    return bool(real) and all(_is_of_the_moment(target, kind) for target, kind in real)


def _is_of_the_moment(target: Mapping[str, Any], kind: str) -> bool:
    if kind in _SQL:
        return target.get("format") == "table"
    # One that asks for the range as well would ask for all of it every few seconds.
    return target.get("queryType") == "instant" or (target.get("instant") is True and target.get("range") is not True)


def shown_result(status: int, body: bytes, ref_ids: Iterable[str] = ("A",)) -> Answer:
    """Turn what Grafana answered to a panel query into what a visitor gets; never its own words.

    `ref_ids` are the panel's, for an answer that names none.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    found = found if isinstance(found, Mapping) else {}
    results = found.get("results")
    if status in (200, 400) and isinstance(results, Mapping):
        return json_answer({"results": {ref: _shown_one(one) for ref, one in results.items()}}, status)
    refusal = _PASSED_REFUSALS.get(str(found.get("messageId")))
    return grafana_error(*refusal) if refusal else failed_panel(502, ref_ids)


def failed_panel(status: int, ref_ids: Iterable[str], error: str = _OTHER_WORDS) -> Answer:
    """Answer a query that failed as a whole, each of the panel's queries by itself.

    Grafana's page marks the panel then. With a `message` it would also show a red box for each panel at each refresh.
    """
    failed = {"status": status, "error": error, "errorSource": "downstream", "frames": []}
    return json_answer({"results": dict.fromkeys(ref_ids, failed)}, status)


def is_plain(body: bytes) -> bool:
    """Whether a good answer can go on as it came: results, and nothing that would have to be cut."""
    return body.startswith(_PLAIN_START) and not any(mark in body for mark in _MARKS)


def kept_seconds(status: int, body: bytes, step_seconds: float) -> float:
    """Return how long an answer is shared: its step, at most some minutes; with a failure in it only a moment."""
    plain = body.startswith(_PLAIN_START) and b'"error"' not in body  # seen without parsing all of it
    if status != 200 or not (plain or _is_good(body)):
        return FAILURE_KEPT_SECONDS
    return min(step_seconds, MOST_KEPT_SECONDS)


def _is_good(body: bytes) -> bool:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    results = found.get("results") if isinstance(found, Mapping) else None
    if not isinstance(results, Mapping):
        return False
    return all(isinstance(one, Mapping) and "error" not in one for one in results.values())


def _shown_one(result: object) -> dict[str, Any]:
    if not isinstance(result, Mapping):
        return {"status": 502, "error": _OTHER_WORDS, "errorSource": "downstream", "frames": []}
    frames = [_shown_frame(frame) for frame in result.get("frames") or [] if isinstance(frame, Mapping)]
    status = result.get("status")
    if "error" not in result and status in (None, 200):
        return {"status": 200, "frames": frames}
    status = status if isinstance(status, int) and 400 <= status < 600 else 502
    return {"error": _WORDS.get(status, _OTHER_WORDS), "errorSource": "downstream", "status": status, "frames": frames}


def _shown_frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    schema = frame.get("schema")
    if not isinstance(schema, Mapping) or not isinstance(schema.get("meta"), Mapping):
        return dict(frame)
    meta = {key: value for key, value in schema["meta"].items() if key not in _HIDDEN_META}
    return {**frame, "schema": {**schema, "meta": meta}}
