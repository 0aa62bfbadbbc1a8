"""The manifest beside generated dashboards: what was made, from which spec, when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from backend_server.generator.assemble import Generated
from backend_server.generator.spec import DashboardPlan, Spec
from backend_server.primitives.ids import Maker, dashboard_uid

MANIFEST = "manifest.json"


def manifest_bytes(
    spec: Spec, plans: Iterable[DashboardPlan], made: Mapping[str, Generated], *, generated_at_unix: int
) -> bytes:
    """Write `manifest.json`; a plan left out by `--only` is listed with 0 panels. The time is not part of drift."""
    dashboards = [
        {
            "slug": plan.slug,
            "uid": dashboard_uid(Maker.GENERATOR, "main", plan.slug),
            "families": list(plan.families),
            "panel_count": made[plan.slug].panel_count if plan.slug in made else 0,
        }
        for plan in plans
    ]
    value = {
        "spec_hash": spec.hash,
        "generated_at_unix": generated_at_unix,
        "count": len(made),
        "dashboards": dashboards,
    }
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
