"""Drafts → a complete dashboard document, and its bytes.

Panels are plain dicts that orjson writes; nothing is copied on the way.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from backend_server.documents.panels import panel_signature
from backend_server.generator.draft import Draft, Source
from backend_server.generator.layout import HEADER_TITLE, place
from backend_server.generator.spec import DashboardPlan, PanelType, Spec
from backend_server.generator.synthesis import drafts_for
from backend_server.primitives.ids import Maker, dashboard_uid

GENERATOR_VERSION = "1"
SCHEMA_VERSION = 41
DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
SLOT = "main"


@dataclass(frozen=True, slots=True)
class Generated:
    """One generated dashboard: its plan, its document and its bytes as they stand in a file."""

    plan: DashboardPlan
    uid: str
    document: dict[str, Any]
    body: bytes

    @property
    def panel_count(self) -> int:
        """How many panels it has, the section header included."""
        return len(self.document["panels"])


def generate(plan: DashboardPlan, spec: Spec, *, dense: bool = False) -> Generated:
    """Make one dashboard. The same spec file gives the same bytes on any machine."""
    drafts = drafts_for(plan, spec)
    panels: list[dict[str, Any]] = []
    taken: set[int] = set()
    for draft, position in place(drafts, dense=dense):
        panel = _header() if draft is None else _panel(draft)
        panel["gridPos"] = position
        _identify(panel, plan.slug, draft.key if draft else None, taken)
        panels.append(panel)
    uid = dashboard_uid(Maker.GENERATOR, SLOT, plan.slug)
    document: dict[str, Any] = {
        "annotations": {"list": []},
        "description": plan.description,
        "editable": False,
        "g6_meta": _dashboard_meta(plan, spec, drafts),
        "graphTooltip": 1,
        "links": [],
        "panels": panels,
        "refresh": plan.refresh,
        "schemaVersion": SCHEMA_VERSION,
        "tags": list(plan.tags),
        "templating": {"list": []},
        "time": {"from": plan.time, "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "title": plan.title,
        "uid": uid,
    }
    return Generated(plan, uid, document, file_bytes(document))


def file_bytes(document: dict[str, Any]) -> bytes:
    """Write a document as it stands in a file: keys sorted, two blanks of indent, so that versions can be compared."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _identify(panel: dict[str, Any], slug: str, key: str | None, taken: set[int]) -> None:
    """Give a panel its id and uuid: from what it shows, never from where it stands."""
    digest = hashlib.sha256(f"{slug}:{panel_signature(panel)}".encode()).hexdigest()
    number = int(digest[:8], 16) or int(digest[8:16], 16) or 1
    while number in taken:
        number += 1
    taken.add(number)
    panel["id"] = number
    # A key keeps the identity under a new title; without one the signature is the identity.
    panel["g6_meta"]["panel_uuid"] = (
        hashlib.sha256(f"{slug}{key}".encode()).hexdigest()[:16] if key is not None else digest[:16]
    )


def _header() -> dict[str, Any]:
    return {
        "collapsed": False,
        "g6_meta": {"group": "efficiency", "group_header": True, "source": Source.CROSS_METRIC.value},
        "panels": [],
        "title": HEADER_TITLE,
        "type": "row",
    }


def _panel(draft: Draft) -> dict[str, Any]:
    table = draft.type is PanelType.TABLE
    targets = []
    for index, (expr, legend) in enumerate(draft.exprs):
        target: dict[str, Any] = {"datasource": DATASOURCE, "expr": expr, "refId": chr(65 + index)}
        if legend:
            target["legendFormat"] = legend
        if table:
            target |= {"format": "table", "instant": True, "range": False}
        targets.append(target)
    defaults: dict[str, Any] = {"color": {"mode": "palette-classic"}, "custom": _custom(draft.type), "mappings": []}
    if draft.unit:
        defaults["unit"] = draft.unit
    panel: dict[str, Any] = {
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "g6_meta": _panel_meta(draft),
        "options": _options(draft.type),
        "targets": targets,
        "title": draft.title,
        "type": draft.type.value,
    }
    if draft.description:
        panel["description"] = draft.description
    if draft.source is Source.ALERTS_AGGREGATE:
        _dress_alerts(panel)
    elif draft.source is Source.GOVERNANCE_SUMMARY:
        defaults |= {"min": 0, "max": 100, "decimals": 0, "color": {"mode": "thresholds"}, "thresholds": _SHARE}
    return panel


_SHARE = {
    "mode": "absolute",
    "steps": [{"color": "red", "value": None}, {"color": "yellow", "value": 50}, {"color": "green", "value": 100}],
}


def _dress_alerts(panel: dict[str, Any]) -> None:
    """Word the alerts' table: a state instead of 0 and 1, the firing ones first, no time column."""
    panel["fieldConfig"]["defaults"] |= {
        "color": {"mode": "thresholds"},
        "custom": {"align": "auto", "cellOptions": {"type": "color-text"}},
        "mappings": [
            {
                "type": "value",
                "options": {
                    "0": {"text": "quiet", "color": "green", "index": 0},
                    "1": {"text": "firing", "color": "red", "index": 1},
                },
            }
        ],
        "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": None}, {"color": "red", "value": 1}]},
    }
    panel["options"]["sortBy"] = [{"displayName": "State", "desc": True}]
    panel["transformations"] = [
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "indexByName": {"alertname": 0, "severity": 1, "Value": 2},
                "renameByName": {"alertname": "Alert", "severity": "Severity", "Value": "State"},
            },
        }
    ]


def _custom(kind: PanelType) -> dict[str, Any]:
    if kind is PanelType.TIMESERIES:
        return {
            "drawStyle": "line",
            "fillOpacity": 10,
            "lineInterpolation": "linear",
            "lineWidth": 1,
            "showPoints": "never",
            "spanNulls": False,
        }
    return {"align": "auto"} if kind is PanelType.TABLE else {}


def _options(kind: PanelType) -> dict[str, Any]:
    if kind is PanelType.TIMESERIES:
        return {
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if kind is PanelType.TABLE:
        return {"cellHeight": "sm", "showHeader": True}
    reduce_options = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if kind is PanelType.STAT:
        return {"colorMode": "value", "graphMode": "area", "reduceOptions": reduce_options, "textMode": "auto"}
    return {"orientation": "auto", "reduceOptions": reduce_options}


def _panel_meta(draft: Draft) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "alerts_count": draft.alerts_count,
        "family": draft.family,
        "group": "efficiency" if draft.efficiency else draft.family,
        "group_header": False,
        "kind": draft.kind,
        "metric": draft.metric,
        "source": draft.source.value,
        "split_label": draft.split_label,
    }
    if draft.migrated_percent is not None:
        meta["migrated_percent"] = draft.migrated_percent
    return meta


def _dashboard_meta(plan: DashboardPlan, spec: Spec, drafts: tuple[Draft, ...]) -> dict[str, Any]:
    alerts = next((draft for draft in drafts if draft.source is Source.ALERTS_AGGREGATE), None)
    return {
        "alerts_count": alerts.alerts_count if alerts else 0,
        "alerts_panel": alerts is not None,
        "description": plan.description,
        "enriched": any(draft.source not in (Source.SPEC, Source.PLACEHOLDER) for draft in drafts),
        "families": list(plan.families),
        "generator_version": GENERATOR_VERSION,
        "placeholder_panels": sum(1 for draft in drafts if draft.source is Source.PLACEHOLDER),
        "spec_hash": spec.hash,
    }
