"""Running the queries of a panel or a rule: bounded in parallel, equal ones once, answers handed on as they came."""

from __future__ import annotations

import contextvars
import itertools
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from backend_server.errors import AskedTooOften, Busy, UpstreamError, UpstreamTimeout
from backend_server.primitives.limits import FetchLimits
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query with its datasource and what names its answer; both are None when the datasource is not here."""

    query: Query
    source: MetricsSource | None
    question: Hashable


class QueryRunner:
    """Asks the datasources; `parallel` bounds the queries in flight beyond one per caller.

    `on_fault` hears of what nobody foresaw; it fails the one query that met it. `limits` bound who may cause queries.
    """

    def __init__(
        self,
        sources: MetricsSources,
        *,
        on_fault: Callable[[Exception], None] = _unnoted,
        limits: FetchLimits | None = None,
        parallel: int = 16,
    ) -> None:
        self._sources = sources
        self._on_fault = on_fault
        self._limits = limits or FetchLimits()
        self._cache: AnswerCache[FetchedAnswer] = AnswerCache(size=lambda answer: len(answer.body), limits=self._limits)
        self._numbers = itertools.count(1)
        self._pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="queries")

    def run(self, plan: PanelPlan) -> list[QueryAnswer]:
        """Run all queries of a plan; one that fails never takes the others with it.

        Raises Busy when there is no room to wait for what is not remembered.
        """
        asked = [self._find(query) for query in plan.queries]
        if len(asked) < 2 or all(one.source is None or self._cache.has(one.question) for one in asked):
            return [self._ask(one) for one in asked]
        with self._limits.waiting():
            # The first one runs in this thread, which waits for the others all the same.
            others = [self._pool.submit(contextvars.copy_context().run, self._ask, one) for one in asked[1:]]
            return [self._ask(asked[0]), *(other.result() for other in others)]

    def close(self) -> None:
        """Wait for running queries and stop the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _find(self, query: Query) -> _Asked:
        source = self._sources.find(query.datasource_uid, query.datasource_type)
        span = query.span.to_ms if query.instant else query.span
        return _Asked(query, source, (id(source), query.expression, query.instant, span, query.step_ms))

    def _ask(self, asked: _Asked) -> QueryAnswer:
        query, source = asked.query, asked.source
        if source is None:
            kind = query.datasource_type or "datasource"
            return QueryAnswer(query, 400, error=f"This panel asks a {kind} that is not set up here.")
        keep_seconds = min(max(query.step_ms / 1000, _LEAST_KEPT_SECONDS), MOST_KEPT_SECONDS)
        try:
            answer = self._cache.get(asked.question, keep_seconds, partial(self._fetch, source, query))
        except Busy:
            raise
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
    if isinstance(failure, AskedTooOften):
        return 429
    return 400 if failure.code == "query_refused" else 502
