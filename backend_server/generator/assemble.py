"""Drafts → a complete dashboard document, as bytes.

A panel is a plain dict that orjson writes once; what never changes is written when the module is read and goes in as a
fragment. Keys stand in sorted order as they are written, so the bytes are canonical but for a line break around each
panel: a version control system then shows which panel changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from orjson import Fragment

from backend_server.generator.draft import Draft, Source
from backend_server.generator.dress import ALERTS, SHARE_COLOR, SHARE_THRESHOLDS, custom_of, options_of, range_of
from backend_server.generator.layout import HEADER_TITLE, Position, place
from backend_server.generator.spec import DashboardPlan, PanelType, Spec
from backend_server.generator.synthesis import drafts_for
from backend_server.primitives.ids import Maker, dashboard_uid

GENERATOR_VERSION = "1"
SCHEMA_VERSION = 41
SLOT = "main"
_DATASOURCE = Fragment(b'{"type":"prometheus","uid":"prometheus"}')
_PALETTE = Fragment(b'{"mode":"palette-classic"}')
_NONE = Fragment(b"[]")
_HEADER_SIGNATURE = orjson.dumps({"datasource": "", "exprs": [], "title": HEADER_TITLE, "type": "row", "unit": ""})


@dataclass(frozen=True)
class Generated:
    """One generated dashboard: its plan, its uid, its bytes as they stand in a file."""

    plan: DashboardPlan
    uid: str
    body: bytes
    panel_count: int

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document, parsed."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found


def generate(plan: DashboardPlan, spec: Spec, *, dense: bool = False) -> Generated:
    """Make one dashboard. The same spec file gives the same bytes on any machine."""
    drafts = drafts_for(plan, spec)
    taken: set[int] = set()
    prefix = f"{plan.slug}:".encode()
    panels: list[bytes] = []
    for draft, position in place(drafts, dense=dense):
        signature = _HEADER_SIGNATURE if draft is None else _signature(draft)
        digest = hashlib.sha256(prefix + signature).hexdigest()
        number = int(digest[:8], 16) or int(digest[8:16], 16) or 1
        while number in taken:
            number += 1
        taken.add(number)
        if draft is None:
            panels.append(orjson.dumps(_header(number, digest[:16], position)))
        else:
            # A key keeps the identity under a new title; without one the signature is the identity.
            key = draft.key
            uuid = digest[:16] if key is None else hashlib.sha256(f"{plan.slug}{key}".encode()).hexdigest()[:16]
            panels.append(orjson.dumps(_panel(draft, number, uuid, position)))
    uid = dashboard_uid(Maker.GENERATOR, SLOT, plan.slug)
    before = {
        "annotations": {"list": []},
        "description": plan.description,
        "editable": False,
        "g6_meta": _dashboard_meta(plan, spec, drafts),
        "graphTooltip": 1,
        "links": [],
    }
    after = {
        "refresh": plan.refresh,
        "schemaVersion": SCHEMA_VERSION,
        "tags": plan.tags,
        "templating": {"list": []},
        "time": {"from": plan.time, "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "title": plan.title,
        "uid": uid,
    }
    body = b"".join(
        (orjson.dumps(before)[:-1], b',"panels":[\n', b",\n".join(panels), b"\n],", orjson.dumps(after)[1:], b"\n")
    )
    return Generated(plan, uid, body, len(panels))


def _signature(draft: Draft) -> bytes:
    """The panel's signature as `documents.panel_signature` gives it, made without the panel."""
    exprs = [expr for expr, _ in draft.exprs]
    if len(exprs) > 1:
        exprs.sort()
    return orjson.dumps(
        {"datasource": "prometheus", "exprs": exprs, "title": draft.title, "type": draft.type.value, "unit": draft.unit}
    )


def _header(number: int, uuid: str, position: Position) -> dict[str, Any]:
    meta = {"group": "efficiency", "group_header": True, "panel_uuid": uuid, "source": Source.CROSS_METRIC.value}
    return {
        "collapsed": False,
        "g6_meta": meta,
        "gridPos": position,
        "id": number,
        "panels": [],
        "title": HEADER_TITLE,
        "type": "row",
    }


def _panel(draft: Draft, number: int, uuid: str, position: Position) -> dict[str, Any]:
    kind = draft.type
    alerts = draft.source is Source.ALERTS_AGGREGATE
    panel: dict[str, Any] = {"datasource": _DATASOURCE}
    if draft.description:
        panel["description"] = draft.description
    panel["fieldConfig"] = {
        "defaults": ALERTS["defaults"] if alerts else _defaults(draft),
        "overrides": ALERTS["overrides"] if alerts else _NONE,
    }
    panel["g6_meta"] = _panel_meta(draft, uuid)
    panel["gridPos"] = position
    panel["id"] = number
    panel["options"] = ALERTS["options"] if alerts else options_of(kind)
    table = kind is PanelType.TABLE
    panel["targets"] = [_target(index, expr, legend, table) for index, (expr, legend) in enumerate(draft.exprs)]
    panel["title"] = draft.title
    if alerts:
        panel["transformations"] = ALERTS["transformations"]
    elif draft.hidden:
        panel["transformations"] = [_without(draft.hidden)]
    panel["type"] = kind.value
    return panel


def _without(columns: tuple[str, ...]) -> dict[str, Any]:
    return {"id": "organize", "options": {"excludeByName": dict.fromkeys(sorted(columns), True)}}


def _target(index: int, expr: str, legend: str, table: bool) -> dict[str, Any]:
    target: dict[str, Any] = {"datasource": _DATASOURCE, "expr": expr}
    if table:
        target["format"] = "table"
        target["instant"] = True
    if legend:
        target["legendFormat"] = legend
    if table:
        target["range"] = False
    target["refId"] = chr(65 + index)
    return target


def _defaults(draft: Draft) -> dict[str, Any]:
    share = draft.source is Source.GOVERNANCE_SUMMARY
    defaults: dict[str, Any] = {"color": SHARE_COLOR if share else _PALETTE, "custom": custom_of(draft.type)}
    if share:
        defaults |= {"decimals": 0, "mappings": _NONE, "max": 100, "min": 0, "thresholds": SHARE_THRESHOLDS}
    else:
        bounds = range_of(draft.type, draft.unit)
        if bounds is not None:
            defaults |= {"decimals": 0} if draft.unit.startswith("bool") else {}
            defaults |= {"mappings": _NONE, "max": bounds[1], "min": bounds[0]}
        else:
            defaults["mappings"] = _NONE
    if draft.unit:
        defaults["unit"] = draft.unit
    return defaults


def _panel_meta(draft: Draft, uuid: str) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "alerts_count": draft.alerts_count,
        "family": draft.family,
        "group": "efficiency" if draft.efficiency else draft.family,
        "group_header": False,
        "kind": draft.kind,
        "metric": draft.metric,
    }
    if draft.migrated_percent is not None:
        meta["migrated_percent"] = draft.migrated_percent
    meta["panel_uuid"] = uuid
    meta["source"] = draft.source.value
    meta["split_label"] = draft.split_label
    return meta


def _dashboard_meta(plan: DashboardPlan, spec: Spec, drafts: tuple[Draft, ...]) -> dict[str, Any]:
    alerts = next((draft for draft in drafts if draft.source is Source.ALERTS_AGGREGATE), None)
    return {
        "alerts_count": alerts.alerts_count if alerts else 0,
        "alerts_panel": alerts is not None,
        "description": plan.description,
        "enriched": any(draft.source not in (Source.SPEC, Source.PLACEHOLDER) for draft in drafts),
        "families": plan.families,
        "generator_version": GENERATOR_VERSION,
        "placeholder_panels": sum(1 for draft in drafts if draft.source is Source.PLACEHOLDER),
        "spec_hash": spec.hash,
    }
