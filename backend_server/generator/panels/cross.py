"""Efficiency panels that relate two metrics: bytes per write, bytes per row, time to drain the backlog.

Pairs are found by name: what two metrics have in common at the front says that they belong together. Ranks are fixed,
so that the same spec gives the same panels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..spec.spec import Metric, MetricKind
from .draft import Draft, Origin, Source

EFFICIENCY_DASHBOARDS = frozenset({"panels_efficiency", "column_store", "lifecycle_storage"})


@dataclass(frozen=True, slots=True)
class _Relation:
    words: str
    over: tuple[str, ...]  # word of the numerator's name
    under: tuple[str, ...]  # words of the denominator's name, best first
    over_kind: MetricKind
    unit: str


_RANKED = (
    _Relation("bytes per write", ("bytes",), ("writes", "write", "flushes", "batches"), MetricKind.COUNTER, "bytes"),
    _Relation("bytes per row", ("bytes",), ("rows", "row", "records"), MetricKind.COUNTER, "bytes"),
    _Relation(
        "time to drain",
        ("backlog", "queue", "pending"),
        ("rows", "processed", "drained", "compacted", "writes"),
        MetricKind.GAUGE,
        "s",
    ),
)  # fmt: skip


def cross_metric_drafts(metrics: tuple[Metric, ...]) -> Iterator[Draft]:
    """Return the efficiency panels in rank order, one for each numerator that finds a partner."""
    named = [(metric, metric.name.split("_")) for metric in metrics]
    counters = [(metric, words) for metric, words in named if metric.kind is MetricKind.COUNTER]
    for relation in _RANKED:
        # Denominators of this relation, each word's in the order of the spec.
        ranked = [
            (rank, metric, words)
            for rank, word in enumerate(relation.under)
            for metric, words in counters
            if word in words
        ]
        for over, words in named:
            if over.kind is not relation.over_kind or not any(word in words for word in relation.over):
                continue
            found = _partner(over, words, ranked)
            if found is None:
                continue
            under, shared = found
            top = f"sum(rate({over.name}[5m]))" if over.kind is MetricKind.COUNTER else f"sum({over.name})"
            subject = " ".join(words[:shared])
            yield Draft(
                title=f"{subject[:1].upper()}{subject[1:]}: {relation.words}",
                expr=f"{top} / sum(rate({under.name}[5m]))",
                legend=relation.words,
                source=Source.CROSS_METRIC,
                unit=relation.unit,
                origin=Origin(
                    over.name,
                    over.family,
                    over.kind.value,
                    f"{over.name} over {under.name}",
                    len(over.alerts) + len(under.alerts),
                ),
            )


def _partner(over: Metric, words: list[str], ranked: list[tuple[int, Metric, list[str]]]) -> tuple[Metric, int] | None:
    """Return the denominator with most in common at the front, and how many words that are; then the better rank."""
    best: tuple[Metric, int] | None = None
    best_score = 0
    for rank, metric, others in ranked:
        if metric is over:
            continue
        shared = _shared(words, others)
        score = shared * 10 - rank
        if shared and (best is None or score > best_score):
            best, best_score = (metric, shared), score
    return best


def _shared(one: list[str], other: list[str]) -> int:
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count
