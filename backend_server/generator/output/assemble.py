"""Drafts → a complete dashboard document, as bytes.

The bytes are canonical but for a line break around each panel: a version control system then shows which panel changed.
A test compares them with the canonical bytes of the parsed document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson

from backend_server.primitives.ids import Maker, dashboard_uid

from ..panels.draft import Draft, Source
from ..panels.layout import Position, place
from ..panels.panel_text import HEADER, PanelText, place_text, text_of
from ..panels.synthesis import MetricDrafts, drafts_for
from ..spec.spec import DashboardPlan, Spec

GENERATOR_VERSION = "1"
SCHEMA_VERSION = 41
SLOT = "main"


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


@dataclass(slots=True)
class _RunMemory:
    """What one run builds only once although several dashboards show it: a metric's drafts, a draft's text."""

    drafts: dict[str, MetricDrafts] = field(default_factory=dict)
    texts: dict[int, tuple[Draft, PanelText]] = field(default_factory=dict)
    places: dict[Position, str] = field(default_factory=dict)

    def text(self, draft: Draft) -> PanelText:
        """Return a draft's text. It is kept by identity: to hash a draft would cost as much as to write it."""
        known = self.texts.get(id(draft))
        if known is None:
            known = self.texts[id(draft)] = (draft, text_of(draft))
        return known[1]


def generate(plan: DashboardPlan, spec: Spec, *, dense: bool = False) -> Generated:
    """Generate one dashboard. The same spec file yields the same bytes on any machine."""
    return _generate(plan, spec, _RunMemory(), dense=dense)


def generate_all(plans: Iterable[DashboardPlan], spec: Spec, *, dense: bool = False) -> tuple[Generated, ...]:
    """Generate several dashboards, each with the same bytes as alone."""
    memory = _RunMemory()
    return tuple(_generate(plan, spec, memory, dense=dense) for plan in plans)


def _generate(plan: DashboardPlan, spec: Spec, memory: _RunMemory, *, dense: bool) -> Generated:
    drafts = drafts_for(plan, spec, memory.drafts)
    slug = plan.slug
    taken: set[int] = set()
    prefix = f"{slug}:".encode()
    places = memory.places
    pieces: list[str] = []
    for draft, position in place(drafts, dense=dense):
        text = HEADER if draft is None else memory.text(draft)
        digest = sha256(prefix + text.signature).digest()
        number = int.from_bytes(digest[:4], "big") or int.from_bytes(digest[4:8], "big") or 1
        while number in taken:
            number += 1
        taken.add(number)
        # A key keeps the identity under a new title; without one the signature is the identity.
        if draft is not None and draft.key is not None:
            digest = sha256(f"{slug}{draft.key}".encode()).digest()
        placed = places.get(position)
        if placed is None:
            placed = places[position] = place_text(position)
        pieces += (text.before_uuid, digest[:8].hex(), text.before_place, placed, str(number), text.after_id, ",\n")
    uid = dashboard_uid(Maker.GENERATOR, SLOT, slug)
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
        (
            orjson.dumps(before)[:-1],
            b',"panels":[\n',
            "".join(pieces[:-1]).encode(),
            b"\n],",
            orjson.dumps(after)[1:],
            b"\n",
        )
    )
    return Generated(plan, uid, body, len(taken))


def _dashboard_meta(plan: DashboardPlan, spec: Spec, drafts: tuple[Draft, ...]) -> dict[str, Any]:
    alerts = next((draft for draft in drafts if draft.source is Source.ALERTS_AGGREGATE), None)
    sources = [draft.source for draft in drafts]
    placeholders = sources.count(Source.PLACEHOLDER)
    return {
        "alerts_count": alerts.origin.alerts_count if alerts else 0,
        "alerts_panel": alerts is not None,
        "description": plan.description,
        "enriched": len(sources) > sources.count(Source.SPEC) + placeholders,
        "families": plan.families,
        "generator_version": GENERATOR_VERSION,
        "placeholder_panels": placeholders,
        "spec_hash": spec.hash,
    }
