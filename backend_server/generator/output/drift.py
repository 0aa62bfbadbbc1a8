"""Drift: how dashboards on disk differ from what the spec gives now. Layout, ids and metadata do not count."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from backend_server.documents.panels import Panel, all_panels, panel_signature

from ..spec.spec import DashboardPlan
from .assemble import Generated

DETAILS_BEGIN = "DRIFT_DETAILS_BEGIN"
DETAILS_END = "DRIFT_DETAILS_END"


@dataclass(frozen=True, slots=True)
class Drift:
    """The differences of one dashboard. Titles are the generated ones for added and changed, the file's for removed."""

    slug: str
    changed_titles: tuple[str, ...] = ()
    added_titles: tuple[str, ...] = ()
    removed_titles: tuple[str, ...] = ()
    missing: bool = False
    spec_only: bool = False
    left_over: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return `missing:slug`, or one token for each kind of difference with its count, or `spec:slug`."""
        if self.missing:
            return (f"missing:{self.slug}",)
        if self.left_over:
            return (f"removed:{self.slug}:{len(self.removed_titles)}",)
        counts = (("changed", self.changed_titles), ("added", self.added_titles), ("removed", self.removed_titles))
        found = tuple(f"{kind}:{self.slug}:{len(titles)}" for kind, titles in counts if titles)
        return found or ((f"spec:{self.slug}",) if self.spec_only else ())

    def as_json(self) -> dict[str, object]:
        """Return the titles as a detail line has them."""
        return {
            "slug": self.slug,
            "changed_titles": self.changed_titles,
            "added_titles": self.added_titles,
            "removed_titles": self.removed_titles,
        }


def find_drift(wanted: Iterable[Generated], on_disk: Mapping[str, Panel | None]) -> tuple[Drift, ...]:
    """Compare what would be generated with the parsed files (None: no such file); only dashboards that differ.

    What is on disk beside them is not looked at: `find_left_over` does that, when all plans are compared.
    """
    found = (_compare(generated, on_disk.get(generated.plan.slug)) for generated in wanted)
    return tuple(drift for drift in found if drift.tokens)


def find_left_over(plans: Iterable[DashboardPlan], on_disk: Mapping[str, Panel | None]) -> tuple[Drift, ...]:
    """Return dashboards that a generator made and no plan makes any more: all their panels are removed ones."""
    slugs = {plan.slug for plan in plans}
    found = []
    for slug, existing in sorted(on_disk.items()):
        if existing is not None and slug not in slugs and is_generated(existing):
            titles = tuple(_title(panel) for panel in all_panels(existing))
            found.append(Drift(slug, removed_titles=titles, left_over=True))
    return tuple(found)


def is_generated(dashboard: Panel) -> bool:
    """Whether a generator made the dashboard, by its own mark."""
    meta = dashboard.get("g6_meta")
    return isinstance(meta, dict) and bool(meta.get("generator_version"))


def drift_lines(drifts: Iterable[Drift], *, verbose: bool) -> list[str]:
    """Format drift: a line for each token, and with `verbose` a JSON line for each dashboard between the two marks."""
    listed = tuple(drifts)
    lines = [token for drift in listed for token in drift.tokens]
    if verbose and listed:
        lines.append(DETAILS_BEGIN)
        lines += [orjson.dumps(drift.as_json()).decode() for drift in listed]
        lines.append(DETAILS_END)
    return lines


def _compare(wanted: Generated, existing: Panel | None) -> Drift:
    slug = wanted.plan.slug
    if existing is None:
        return Drift(slug, missing=True)
    mine, theirs = _by_signature(wanted.document), _by_signature(existing)
    only_mine = [panel for signature, panels in mine.items() for panel in _surplus(panels, theirs.get(signature, []))]
    only_theirs = [panel for signature, panels in theirs.items() for panel in _surplus(panels, mine.get(signature, []))]
    changed: list[str] = []
    added: list[str] = []
    waiting: dict[tuple[str, str], deque[Panel]] = defaultdict(deque)
    for panel in only_theirs:
        waiting[_origin_of(panel)].append(panel)
    for panel in only_mine:
        key = _origin_of(panel)
        if waiting[key]:
            waiting[key].popleft()
            changed.append(_title(panel))
        else:
            added.append(_title(panel))
    removed = [_title(panel) for left in waiting.values() for panel in left]
    meta = existing.get("g6_meta")
    same_spec = isinstance(meta, dict) and meta.get("spec_hash") == wanted.document["g6_meta"]["spec_hash"]
    return Drift(slug, tuple(changed), tuple(added), tuple(removed), spec_only=not same_spec)


def _by_signature(dashboard: Panel) -> dict[str, list[Panel]]:
    found: dict[str, list[Panel]] = defaultdict(list)
    for panel in all_panels(dashboard):
        found[panel_signature(panel)].append(panel)
    return found


def _surplus(panels: list[Panel], others: list[Panel]) -> list[Panel]:
    """Of panels that show the same, return as many as there are more than on the other side, the strangers first."""
    more = len(panels) - len(others)
    if more <= 0:
        return []
    there = Counter(map(_origin_of, others))
    strangers: list[Panel] = []
    copies: list[Panel] = []
    for panel in panels:
        key = _origin_of(panel)
        there[key] -= 1
        (copies if there[key] >= 0 else strangers).append(panel)
    return [*strangers, *reversed(copies)][:more]


def _origin_of(panel: Panel) -> tuple[str, str]:
    """Return the metric and the source a panel comes from; one added by hand has neither."""
    meta = panel.get("g6_meta")
    if not isinstance(meta, dict):
        return ("", "")
    return (str(meta.get("metric", "")), str(meta.get("source", "")))


def _title(panel: Panel) -> str:
    return str(panel.get("title") or "")
