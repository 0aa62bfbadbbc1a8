"""Finding what a dashboard holds: its panels at any depth, their signatures, targets and datasources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend_server.errors import MOST_SHOWN
from backend_server.primitives.canonical_json import canonical_bytes

Panel = Mapping[str, Any]
"""A panel or dashboard as parsed JSON: unknown keys are kept, so the values can be anything JSON has."""

PSEUDO_DATASOURCES = frozenset({"-- Mixed --", "-- Dashboard --", "-- Grafana --", "grafana", "__expr__"})
_QUERY_KEYS = ("expr", "query", "rawSql")


@dataclass(frozen=True, slots=True)
class PlacedPanel:
    """A panel with its place in the document, e.g. `panels[3].panels[0]`."""

    path: str
    panel: Panel


@dataclass(frozen=True, slots=True, order=True)
class DatasourceUse:
    """A datasource a document asks; `type` or `uid` is empty when the document does not say."""

    type: str
    uid: str


def placed_panels(dashboard: Panel) -> Iterator[PlacedPanel]:
    """Return every panel in reading order: rows, panels inside collapsed rows, and the `rows` of old schemas."""
    yield from _below(dashboard, "")


def all_panels(dashboard: Panel) -> Iterator[Panel]:
    """Return every panel in reading order, rows included, at any depth."""
    return (placed.panel for placed in placed_panels(dashboard))


def panel_by_id(dashboard: Panel, panel_id: int) -> Panel | None:
    """Find a panel by its id, also inside collapsed rows; None when there is none."""
    return next((panel for panel in all_panels(dashboard) if panel.get("id") == panel_id), None)


def panel_name(panel: Panel) -> str:
    """Name a panel for people: its title, else its type and id."""
    title = panel.get("title")
    if isinstance(title, str) and title.strip():
        return title if len(title) <= MOST_SHOWN else title[:MOST_SHOWN] + "…"
    kind, number = panel.get("type"), panel.get("id")
    named = kind[:MOST_SHOWN] if isinstance(kind, str) and kind else "panel"
    return f"{named} {number}" if isinstance(number, int | str) and len(str(number)) <= MOST_SHOWN else named


def targets_of(panel: Panel) -> list[Panel]:
    """Return a panel's targets that are objects."""
    return _objects(panel.get("targets"))


def panel_signature(panel: Panel) -> str:
    """Name what a panel shows, whatever its place: datasource type, sorted queries, title, type, unit.

    Canonical JSON; layout, ids and order are left out, and a missing unit is `""`. The generator's panel ids and drift
    are made of it.
    """
    expressions = [
        str(target[key]) for target in targets_of(panel) for key in _QUERY_KEYS if isinstance(target.get(key), str)
    ]
    return canonical_bytes(
        {
            "datasource": _datasource_type(panel),
            "exprs": sorted(expressions),
            "title": panel.get("title") or "",
            "type": panel.get("type") or "",
            "unit": _unit(panel),
        }
    ).decode()


def datasources_used(dashboard: Panel) -> frozenset[DatasourceUse]:
    """Return the datasources that panels, targets, annotations and variables ask; without Grafana's own pseudo ones."""
    found: set[DatasourceUse] = set()
    for panel in all_panels(dashboard):
        panel_source = _use(panel.get("datasource"))
        targets = targets_of(panel)
        sources = [_use(target.get("datasource")) or panel_source for target in targets] or [panel_source]
        found.update(source for source in sources if source)
    for holder in ("annotations", "templating"):
        for entry in listed(dashboard, holder):
            if use := _use(entry.get("datasource")):
                found.add(use)
    return frozenset(
        use for use in found if use.uid not in PSEUDO_DATASOURCES and use.type not in {"datasource", "__expr__"}
    )


def datasource_of(panel: Panel, target: Panel) -> DatasourceUse:
    """Return the datasource a target asks: its own, else the panel's; both texts may be empty (the default one)."""
    for holder in (target, panel):
        found = holder.get("datasource")
        if isinstance(found, Mapping) and found.get("uid") != "-- Mixed --":
            return DatasourceUse(str(found.get("type") or ""), str(found.get("uid") or ""))
        if isinstance(found, str) and found not in ("", "-- Mixed --"):
            return DatasourceUse("", found)
    return DatasourceUse("", "")


def listed(dashboard: Panel, holder: str) -> list[Panel]:
    """Return the objects of `{holder}.list`, e.g. of `templating` or `annotations`; empty when it is malformed."""
    found = dashboard.get(holder)
    return _objects(found.get("list")) if isinstance(found, Mapping) else []


def _below(holder: Panel, prefix: str) -> Iterator[PlacedPanel]:
    for key in ("panels", "rows"):
        children = holder.get(key)
        if not isinstance(children, Sequence) or isinstance(children, str):
            continue
        for index, child in enumerate(children):
            if not isinstance(child, Mapping):
                continue
            path = f"{prefix}{key}[{index}]"
            if key == "panels":
                yield PlacedPanel(path, child)
            yield from _below(child, f"{path}.")


def _objects(found: object) -> list[Panel]:
    if not isinstance(found, Sequence) or isinstance(found, str):
        return []
    return [entry for entry in found if isinstance(entry, Mapping)]


def _use(reference: object) -> DatasourceUse | None:
    if isinstance(reference, str) and reference:
        return DatasourceUse("", reference)
    if isinstance(reference, Mapping):
        kind, uid = reference.get("type"), reference.get("uid")
        if kind or uid:
            return DatasourceUse(str(kind or ""), str(uid or ""))
    return None


def _datasource_type(panel: Panel) -> str:
    for holder in (panel, *targets_of(panel)):
        use = _use(holder.get("datasource"))
        if use and use.type not in {"", "datasource"}:
            return use.type
    use = _use(panel.get("datasource"))
    return use.uid if use and not use.type else ""


def _unit(panel: Panel) -> str:
    found: object = panel
    for key in ("fieldConfig", "defaults", "unit"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""
