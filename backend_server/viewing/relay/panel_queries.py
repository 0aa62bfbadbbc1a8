"""Panel queries to Grafana and back: one grid for all viewers, answers shared, errors in them worded again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from backend_server.documents.refresh import OwnTimes
from backend_server.errors import UpstreamError
from backend_server.links import Link
from backend_server.primitives.limits import FetchLimits
from backend_server.queries.steps import INSTANT_GRID_MS, LearnedScrapes, Limits, align, settle_clock, step_ms
from backend_server.queries.time_ranges import TimeRange
from backend_server.querying.answer_cache import FAILURE_KEPT_SECONDS, MOST_KEPT_SECONDS, AnswerCache

from ..admission import UNAVAILABLE
from ..answers import grafana_error, grafana_json, refusal_answer
from ..model import Answer, RawReply
from ..panel_requests import RequestRefused, panel_range, read_grafana, read_panel_id
from ..ports import GrafanaForVisitors, Publications
from .dashboards import GrafanaDashboards, PanelFacts, Published
from .page_edits import RealToken
from .pages import GrafanaPages

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
_MARKS = (b'"notices"', b'"executedQueryString"', b'"error"', b'"errorSource"')
_HIDDEN_META = ("notices", "executedQueryString")

# One width for all viewers: a narrow chart then has some points more than pixels, and everybody shares one query.
_POINTS = 1440


@dataclass(frozen=True, slots=True)
class SharedReply:
    """What all visitors who ask the same get; a good one for as long as its step, another for a moment."""

    answer: Answer
    is_good: bool


def shared_replies(clock: Callable[[], float], limits: FetchLimits) -> AnswerCache[SharedReply]:
    """Make what keeps replies for all who ask the same."""
    return AnswerCache(clock=clock, size=lambda reply: len(reply.answer.body), limits=limits)


class RelayedPanels:
    """Asks Grafana for panels, on the grid that all viewers share, who get what lies in `answers`."""

    def __init__(
        self,
        grafana: GrafanaForVisitors,
        publications: Publications,
        dashboards: GrafanaDashboards,
        pages: GrafanaPages,
        *,
        limits: Limits,
        clock_ms: Callable[[], int],
        answers: AnswerCache[SharedReply],
        scrapes: LearnedScrapes | None = None,
    ) -> None:
        self._grafana = grafana
        self._publications = publications
        self._dashboards = dashboards
        self._pages = pages
        self._limits = limits
        self._clock_ms = clock_ms
        self._scrapes = scrapes or LearnedScrapes()
        self._answers = answers

    def query(self, link: Link, panel_id: str, content_type: str, body: bytes) -> Answer:
        """Answer a panel's query, whoever asked it before."""
        now_ms = self._clock_ms()
        token = self._publications.tokens()[link.document_uid]
        real = None if token is None else RealToken(token)
        try:
            number = read_panel_id(panel_id)
            request = read_grafana(content_type, body, link.profile, lambda: self._own_times(link, real), now_ms)
            if real is None:
                return self._away(None, number)
            facts = self._panel(link, real, number)
            asked = request.asked if link.profile.picker else panel_range(facts.panel, request.asked, now_ms)
            known_ms = self._scrapes.known_until_ms(now_ms)
            grid_ms, query = upstream_query(asked, facts, known_ms=known_ms, limits=self._limits)
            reply = self._answers.get(
                (real.text, number, query),
                lambda reply: min(grid_ms / 1000, MOST_KEPT_SECONDS) if reply.is_good else FAILURE_KEPT_SECONDS,
                lambda: read_reply(
                    self._grafana.visitor_query(real.text, number, query),
                    lambda: self._dashboards.ref_ids(real, number),
                ),
            )
        except RequestRefused as refused:
            return refused.answer
        except UpstreamError:
            return self._away(real, number)
        answer = reply.answer
        swapped = real.swapped(answer.body, link.token)
        return answer if swapped is answer.body else Answer(answer.status, swapped, answer.content_type, answer.headers)

    def _panel(self, link: Link, real: RealToken, number: int) -> PanelFacts:
        dashboard = self._dashboards.get(Published(link.document_uid, real))
        known = dashboard.panels.get(number)
        return known or dashboard.panel(number, self._pages.datasources or self._pages.learn_datasources(real))

    def _own_times(self, link: Link, real: RealToken | None) -> OwnTimes:
        return OwnTimes() if real is None else self._dashboards.get(Published(link.document_uid, real)).times

    def _away(self, real: RealToken | None, panel_id: int) -> Answer:
        """Answer a panel query that cannot be asked now."""
        refusal = refusal_answer(UNAVAILABLE)
        failed = failed_panel(refusal.status, self._dashboards.ref_ids(real, panel_id), UNAVAILABLE.words.message)
        return Answer(failed.status, failed.body, failed.content_type, refusal.headers)


def upstream_query(asked: TimeRange, facts: PanelFacts, *, known_ms: int, limits: Limits) -> tuple[int, bytes]:
    """Return grid (for how long the query is the newest, in ms) and body of the query sent to Grafana.

    Step and points come from the dashboard and from us, since Grafana bounds neither; viewers with other clocks and
    widths send the same, up to the moment that readings are known to. A panel of current values moves on with it,
    however long its range and so its step.
    """
    asked = settle_clock(asked, known_ms)
    points = min(facts.most_points or _POINTS, _POINTS)
    step = step_ms(asked.length_ms, points, facts.floor_ms, limits)
    grid_ms = min(step, INSTANT_GRID_MS) if facts.of_the_moment else step
    span = align(asked, grid_ms)
    body = {
        "intervalMs": step,
        "maxDataPoints": min(limits.max_points, span.length_ms // step + 1),
        "timeRange": {"from": str(span.from_ms), "to": str(span.to_ms), "timezone": "utc"},
    }
    return grid_ms, orjson.dumps(body)


def read_reply(reply: RawReply, ref_ids: Callable[[], Iterable[str]]) -> SharedReply:
    """Turn what Grafana answered to a panel query into what its visitors get; never its own words.

    `ref_ids` names the panel's queries, for an answer that names none.
    """
    try:
        found = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        found = None
    found = found if isinstance(found, Mapping) else {}
    results = found.get("results")
    if reply.status not in (200, 400) or not isinstance(results, Mapping):
        refusal = _PASSED_REFUSALS.get(str(found.get("messageId")))
        return SharedReply(grafana_error(*refusal) if refusal else failed_panel(502, ref_ids()), is_good=False)
    is_good = reply.status == 200 and all(_is_good(result) for result in results.values())
    if is_good and len(found) == 1 and not any(mark in reply.body for mark in _MARKS):
        return SharedReply(Answer(200, reply.body), is_good)
    shown = {ref: _shown_result(result) for ref, result in results.items()}
    return SharedReply(grafana_json({"results": shown}, reply.status), is_good)


def failed_panel(status: int, ref_ids: Iterable[str], error: str = _OTHER_WORDS) -> Answer:
    """Answer a query that failed as a whole, each of the panel's queries by itself.

    Grafana's page marks the panel then. With a `message` it would also show a red box for each panel at each refresh.
    """
    failed = {"status": status, "error": error, "errorSource": "downstream", "frames": []}
    return grafana_json({"results": dict.fromkeys(ref_ids, failed)}, status)


def _is_good(result: object) -> bool:
    if not isinstance(result, Mapping) or "error" in result or result.get("status", 200) != 200:
        return False
    frames = result.get("frames")
    return frames is None or (isinstance(frames, list) and all(isinstance(frame, Mapping) for frame in frames))


def _shown_result(result: Any) -> dict[str, Any]:
    frames = result.get("frames") if isinstance(result, Mapping) else None
    shown = [_shown_frame(frame) for frame in frames if isinstance(frame, Mapping)] if isinstance(frames, list) else []
    if _is_good(result):
        return {"status": 200, "frames": shown}
    status = result.get("status") if isinstance(result, Mapping) else None
    status = status if isinstance(status, int) and 400 <= status < 600 else 502
    return {"error": _WORDS.get(status, _OTHER_WORDS), "errorSource": "downstream", "status": status, "frames": shown}


def _shown_frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    schema = frame.get("schema")
    if not isinstance(schema, Mapping) or not isinstance(schema.get("meta"), Mapping):
        return dict(frame)
    meta = {key: value for key, value in schema["meta"].items() if key not in _HIDDEN_META}
    return {**frame, "schema": {**schema, "meta": meta}}
