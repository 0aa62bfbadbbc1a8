"""Efficiency panels that relate two metrics: bytes per write, bytes per row, time to drain the backlog.

Pairs are found by name: what two metrics have in common at the front says that they belong together. Ranks are fixed,
so that the same spec gives the same panels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend_server.generator.draft import Draft, Source
from backend_server.generator.spec import Kind, Metric

EFFICIENCY_DASHBOARDS = frozenset({"panels_efficiency", "column_store", "lifecycle_storage"})


@dataclass(frozen=True, slots=True)
class _Relation:
    words: str
    over: tuple[str, ...]  # word of the numerator's name
    under: tuple[str, ...]  # words of the denominator's name, best first
    over_kind: Kind
    unit: str


_RANKED = (
    _Relation("bytes per write", ("bytes",), ("writes", "write", "flushes", "batches"), Kind.COUNTER, "bytes"),
    _Relation("bytes per row", ("bytes",), ("rows", "row", "records"), Kind.COUNTER, "bytes"),
    _Relation(
        "time to drain",
        ("backlog", "queue", "pending"),
        ("rows", "processed", "drained", "compacted", "writes"),
        Kind.GAUGE,
        "s",
    ),
)  # fmt: skip


def cross_metric_drafts(metrics: tuple[Metric, ...]) -> Iterator[Draft]:
    """Give the efficiency panels in rank order, one for each numerator that finds a partner."""
    for relation in _RANKED:
        for over in metrics:
            if over.kind is not relation.over_kind or not _has_word(over, relation.over):
                continue
            under = _partner(over, metrics, relation)
            if under is None:
                continue
            top = f"sum(rate({over.name}[5m]))" if over.kind is Kind.COUNTER else f"sum({over.name})"
            yield Draft(
                title=f"{_subject(over, under)}: {relation.words}",
                exprs=((f"{top} / sum(rate({under.name}[5m]))", relation.words),),
                source=Source.CROSS_METRIC,
                unit=relation.unit,
                metric=over.name,
                family=over.family,
                kind=over.kind.value,
                description=f"{over.name} over {under.name}",
                alerts_count=len(over.alerts) + len(under.alerts),
            )


def _partner(over: Metric, metrics: tuple[Metric, ...], relation: _Relation) -> Metric | None:
    best: tuple[int, Metric] | None = None
    for rank, word in enumerate(relation.under):
        for metric in metrics:
            if metric.kind is not Kind.COUNTER or metric.name == over.name or not _has_word(metric, (word,)):
                continue
            shared = _shared_words(over.name, metric.name)
            score = shared * 10 - rank
            if shared and (best is None or score > best[0]):
                best = (score, metric)
    return best[1] if best else None


def _has_word(metric: Metric, words: tuple[str, ...]) -> bool:
    return not set(words).isdisjoint(metric.name.split("_"))


def _shared_words(one: str, other: str) -> int:
    count = 0
    for mine, yours in zip(one.split("_"), other.split("_"), strict=False):
        if mine != yours:
            break
        count += 1
    return count


def _subject(over: Metric, under: Metric) -> str:
    words = over.name.split("_")[: _shared_words(over.name, under.name)]
    text = " ".join(words)
    return text[:1].upper() + text[1:]
