"""Running the queries of a panel or a rule: bounded in parallel, equal ones once, answers handed on as they came."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from backend_server.errors import UpstreamError, UpstreamTimeout
from backend_server.queries.panel_plan import PanelPlan, Query

from .answer_cache import MOST_KEPT_SECONDS, AnswerCache
from .model import FetchedAnswer, QueryAnswer
from .ports import MetricsSource, MetricsSources
from .prometheus_answers import checked

# A live range moves on with its step and so asks again by itself; keeping an answer longer serves those who come late.
_LEAST_KEPT_SECONDS = 10.0
_UNFORESEEN = "This query could not be asked, by a fault of this service."


def _unnoted(_: Exception) -> None:
    """Note nothing."""


class QueryRunner:
    """Asks the datasources; `parallel` bounds the queries in flight beyond one per caller.

    `on_fault` hears of what nobody foresaw; it fails the one query that met it.
    """

    def __init__(
        self, sources: MetricsSources, *, on_fault: Callable[[Exception], None] = _unnoted, parallel: int = 16
    ) -> None:
        self._sources = sources
        self._on_fault = on_fault
        self._cache: AnswerCache[FetchedAnswer] = AnswerCache(size=lambda answer: len(answer.body))
        self._numbers = itertools.count(1)
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
            answer = self._cache.get(question, keep_seconds, partial(self._fetch, source, query))
        except UpstreamError as failure:
            return QueryAnswer(query, _status_for(failure), error=failure.message)
        except Exception as fault:  # noqa: BLE001 - whatever befalls one query, the panel's others are answered
            self._on_fault(fault)
            return QueryAnswer(query, 502, error=_UNFORESEEN)
        return QueryAnswer(query, body=answer.body, fetched=answer.number)

    def _fetch(self, source: MetricsSource, query: Query) -> FetchedAnswer:
        if query.instant:
            body = source.instant(query.expression, query.span.to_ms)
        else:
            body = source.range(query.expression, query.span.from_ms, query.span.to_ms, query.step_ms)
        return FetchedAnswer(checked(body), next(self._numbers))


def _status_for(failure: UpstreamError) -> int:
    if isinstance(failure, UpstreamTimeout):
        return 504
    return 400 if failure.code == "query_refused" else 502
