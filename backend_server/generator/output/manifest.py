"""The manifest beside generated dashboards: what was made, from which spec, when; and whether it is still true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from backend_server.primitives.ids import Maker, dashboard_uid

from ..spec.spec import DashboardPlan, Spec
from .assemble import SLOT, Generated
from .drift import Drift

MANIFEST = "manifest.json"
SLUG = "manifest"  # no plan may have it
_TIME = "generated_at_unix"


def manifest_bytes(
    spec: Spec, plans: Iterable[DashboardPlan], made: Mapping[str, Generated], *, generated_at_unix: int
) -> bytes:
    """Write `manifest.json`; a plan left out by `--only` is listed with 0 panels. The time is not part of drift."""
    value = {**_said(spec, plans, made), _TIME: generated_at_unix}
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def is_current(
    existing: bytes | None,
    spec: Spec,
    plans: Iterable[DashboardPlan],
    made: Mapping[str, Generated],
    *,
    generated_at_unix: int | None = None,
) -> bool:
    """Whether a manifest says what would be written now; the time counts only where one is given."""
    found = _parsed(existing)
    if found is None:
        return False
    at = found.pop(_TIME, None)
    return found == _said(spec, plans, made) and (generated_at_unix is None or at == generated_at_unix)


def manifest_drift(
    existing: bytes | None, spec: Spec, plans: Iterable[DashboardPlan], made: Mapping[str, Generated]
) -> Drift | None:
    """Compare a manifest (None: no such file) as dashboards are compared; None when it is true but for its time."""
    found = _parsed(existing)
    if found is None:
        return Drift(SLUG, missing=True)
    found.pop(_TIME, None)
    wanted = _said(spec, plans, made)
    if found == wanted:
        return None
    if {**found, "spec_hash": spec.hash} == wanted:
        return Drift(SLUG, spec_only=True)
    return Drift(SLUG, changed_titles=(MANIFEST,))


def _said(spec: Spec, plans: Iterable[DashboardPlan], made: Mapping[str, Generated]) -> dict[str, object]:
    dashboards = [
        {
            "slug": plan.slug,
            "uid": dashboard_uid(Maker.GENERATOR, SLOT, plan.slug),
            "families": list(plan.families),
            "panel_count": made[plan.slug].panel_count if plan.slug in made else 0,
        }
        for plan in plans
    ]
    return {"spec_hash": spec.hash, "count": len(made), "dashboards": dashboards}


def _parsed(existing: bytes | None) -> dict[str, object] | None:
    if existing is None:
        return None
    try:
        found = orjson.loads(existing)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
