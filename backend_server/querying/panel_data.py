"""Running a panel's stored queries: bounded in parallel, equal ones once, answers handed on as the bytes that came."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from backend_server.errors import UpstreamError, UpstreamTimeout
from backend_server.queries.panel_plan import PanelPlan, Query

from .answer_cache import MOST_KEPT_SECONDS, Coalescing
from .frames import empty_frame, frames_of
from .ports import MetricsSource, MetricsSources

# A live range moves on with its step and so asks anew by itself; keeping an answer longer serves those who come late.
_LEAST_KEPT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one query: Prometheus' bytes, or a status and words a visitor may read."""

    query: Query
    status: int = 200
    answer: bytes = b""
    error: str = ""


class PanelData:
    """Asks the datasources for visitors; `parallel` bounds the queries in flight beyond one per request."""

    def __init__(self, sources: MetricsSources, *, cache: Coalescing[bytes] | None = None, parallel: int = 16) -> None:
        self._sources = sources
        self._cache = cache or Coalescing()
        self._pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="panel-data")

    def run(self, plan: PanelPlan) -> list[Outcome]:
        """Run all queries of a plan; one that fails never takes the others with it."""
        if not plan.queries:
            return []
        # The first one runs in this thread: most panels have a single query, which then needs no other.
        others = [self._pool.submit(self._ask, query) for query in plan.queries[1:]]
        return [self._ask(plan.queries[0]), *(other.result() for other in others)]

    def close(self) -> None:
        """Let running queries end and stop the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, query: Query) -> Outcome:
        source = self._sources.find(query.datasource_uid, query.datasource_type)
        if source is None:
            kind = query.datasource_type or "datasource"
            return Outcome(query, 400, error=f"This panel asks a {kind} that is not set up here.")
        keep = min(max(query.step_ms / 1000, _LEAST_KEPT_SECONDS), MOST_KEPT_SECONDS)
        question = (
            id(source),
            query.expression,
            query.instant,
            query.span if not query.instant else query.span.to_ms,
            query.step_ms,
        )
        try:
            answer = self._cache.get(question, keep, partial(_fetch, source, query))
        except UpstreamError as failure:
            return Outcome(query, _status_of(failure), error=failure.message)
        return Outcome(query, answer=answer)


def lean_body(plan: PanelPlan, outcomes: list[Outcome]) -> bytes:
    """Write the answer of the raw route around the answers' own bytes: nothing of them is decoded or copied twice."""
    parts = [b'{"from":%d,"to":%d,"step_ms":%d,"results":{' % (plan.span.from_ms, plan.span.to_ms, plan.step_ms)]
    for place, outcome in enumerate(outcomes):
        parts.append(b"," if place else b"")
        parts.append(orjson.dumps(outcome.query.ref_id))
        if outcome.status == 200:
            instant = b"true" if outcome.query.instant else b"false"
            parts.append(b':{"status":200,"instant":%s,"step_ms":%d,"answer":' % (instant, outcome.query.step_ms))
            parts.append(outcome.answer)
            parts.append(b"}")
        else:
            parts.append(b":" + orjson.dumps({"status": outcome.status, "error": outcome.error}))
    parts.append(b"}}")
    return b"".join(parts)


def grafana_results(outcomes: list[Outcome]) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of Grafana's query route: 400 as soon as one query failed, the good ones still filled."""
    results: dict[str, Mapping[str, Any]] = {}
    for outcome in outcomes:
        if outcome.status == 200:
            results[outcome.query.ref_id] = {"status": 200, "frames": frames_of(outcome.query, outcome.answer)}
        else:
            frames = [empty_frame(outcome.query)] if outcome.status == 400 else []
            results[outcome.query.ref_id] = {
                "error": outcome.error,
                "errorSource": "downstream",
                "status": outcome.status,
                "frames": frames,
            }
    return 200 if all(outcome.status == 200 for outcome in outcomes) else 400, {"results": results}


def _fetch(source: MetricsSource, query: Query) -> bytes:
    if query.instant:
        return source.instant(query.expression, query.span.to_ms)
    return source.range(query.expression, query.span.from_ms, query.span.to_ms, query.step_ms)


def _status_of(failure: UpstreamError) -> int:
    if isinstance(failure, UpstreamTimeout):
        return 504
    return 400 if failure.code == "query_refused" else 502
