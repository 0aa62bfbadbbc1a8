"""Running the queries of a panel or a rule: bounded in parallel, equal ones once, answers handed on as they came."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from backend_server.errors import UpstreamError, UpstreamTimeout
from backend_server.queries.panel_plan import PanelPlan, Query

from .answer_cache import MOST_KEPT_SECONDS, AnswerCache
from .model import QueryAnswer
from .ports import MetricsSource, MetricsSources

# A live range moves on with its step and so asks again by itself; keeping an answer longer serves those who come late.
_LEAST_KEPT_SECONDS = 10.0


class QueryRunner:
    """Asks the datasources; `parallel` bounds the queries in flight beyond one per caller."""

    def __init__(self, sources: MetricsSources, *, cache: AnswerCache[bytes] | None = None, parallel: int = 16) -> None:
        self._sources = sources
        self._cache = cache or AnswerCache()
        self._pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="queries")

    def run(self, plan: PanelPlan) -> list[QueryAnswer]:
        """Run all queries of a plan; one that fails never takes the others with it."""
        if not plan.queries:
            return []
        # The first one runs in this thread: most panels have a single query, which then needs no other.
        others = [self._pool.submit(self._ask, query) for query in plan.queries[1:]]
        return [self._ask(plan.queries[0]), *(other.result() for other in others)]

    def close(self) -> None:
        """Wait for running queries and stop the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, query: Query) -> QueryAnswer:
        source = self._sources.find(query.datasource_uid, query.datasource_type)
        if source is None:
            kind = query.datasource_type or "datasource"
            return QueryAnswer(query, 400, error=f"This panel asks a {kind} that is not set up here.")
        keep_seconds = min(max(query.step_ms / 1000, _LEAST_KEPT_SECONDS), MOST_KEPT_SECONDS)
        span = query.span.to_ms if query.instant else query.span
        question = (id(source), query.expression, query.instant, span, query.step_ms)
        try:
            body = self._cache.get(question, keep_seconds, partial(_fetch, source, query))
        except UpstreamError as failure:
            return QueryAnswer(query, _status_for(failure), error=failure.message)
        return QueryAnswer(query, body=body)


def _fetch(source: MetricsSource, query: Query) -> bytes:
    if query.instant:
        return source.instant(query.expression, query.span.to_ms)
    return source.range(query.expression, query.span.from_ms, query.span.to_ms, query.step_ms)


def _status_for(failure: UpstreamError) -> int:
    if isinstance(failure, UpstreamTimeout):
        return 504
    return 400 if failure.code == "query_refused" else 502
