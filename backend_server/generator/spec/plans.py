"""Which dashboards to make: the thirteen that ship, or a file's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from backend_server.primitives.suggestions import did_you_mean

from ..panels.synthesis import MAX_CORE, MetricDrafts, room_for
from .check import SLUG, TreeReader
from .read import MAX_FAMILIES
from .spec import DashboardPlan, Spec
from .yaml_tree import read_yaml

_SHIPPED = (  # slug, title, families, description, tags
    ("provider_ingestion", "Provider ingestion", "provider", "What the data providers send, and how well", "ingestion"),
    ("bus_stream", "Event bus: streams", "bus stream", "Events through the bus and its consumers", "bus"),
    ("emission_pipeline", "Emission pipeline", "emission", "From batch to sink, stage by stage", "pipeline"),
    ("panels_summary", "Panels: summary", "panels", "What the panel service renders", "panels"),
    ("column_store", "Column store", "column_store", "Writes, rows and backlog of the column store", "storage"),
    ("governance", "Governance", "governance", "Cardinality, quality and the move to recording rules", "governance"),
    ("option_chain", "Option chain", "option_chain", "Snapshots of option chains and their freshness", "market"),
    ("system_overview", "System overview", "system provider bus column_store", "The platform at a glance", "overview"),
    ("panels_efficiency", "Panels: efficiency", "panels column_store", "What a panel costs", "panels efficiency"),
    ("lifecycle_storage", "Storage life cycle", "lifecycle", "Compaction, retention and the backlog", "storage"),
    ("health_core", "Health: core", "system health", "Is the core well?", "health"),
    ("bus_health", "Health: bus", "bus", "Is the bus well?", "health bus"),
    ("system_overview_minimal", "System overview, minimal", "system", "The few numbers for a small screen", "overview"),
)

SHIPPED_PLANS: tuple[DashboardPlan, ...] = tuple(
    DashboardPlan(slug, title, tuple(families.split()), description, ("generated", *tags.split()))
    for slug, title, families, description, tags in _SHIPPED
)

MAX_PLANS = 500
MAX_WARNINGS = 100
_KEYS = ("slug", "title", "families", "description", "tags", "time", "refresh")


_TIME = re.compile(r"now(-[1-9][0-9]{0,5}[smhdwMy])?(/[smhdwMy])?")
_REFRESH = re.compile(r"|[5-9]s|[1-9][0-9]{1,3}s|[1-9][0-9]{0,3}[mhd]")


def read_plans(source: bytes, *, name: str = "plan") -> tuple[DashboardPlan, ...]:
    """Read a plan file (`plans: […]`); raises InvalidInput with every problem."""
    tree = read_yaml(source, what=name)
    reader = TreeReader(tree)
    top = reader.mapping(tree.value, "", allowed=("plans",), needed=("plans",))
    plans: list[DashboardPlan] = []
    slugs: set[str] = set()
    titles: set[str] = set()
    items = reader.listing(top.get("plans"), "plans")
    if len(items) > MAX_PLANS:
        reader.fault("plans", f"are {len(items)}; at most {MAX_PLANS}")
        items = []
    for index, item in enumerate(items):
        path = f"plans[{index}]"
        raw = reader.mapping(item, path, allowed=_KEYS, needed=("slug", "families"))
        slug = reader.text(
            raw.get("slug"), f"{path}.slug", pattern=SLUG, rule="1 to 64 of a-z, 0-9, '_', '-', first a letter"
        )
        families = reader.texts(
            raw.get("families"),
            f"{path}.families",
            lambda v, at: reader.text(v, at, pattern=SLUG, rule="a family's name"),
            most=MAX_FAMILIES,
        )
        tags = reader.texts(raw.get("tags"), f"{path}.tags", lambda v, at: reader.text(v, at, most=50))
        if slug == "manifest":
            reader.fault(f"{path}.slug", "is the name of the manifest beside the dashboards; choose another")
        if slug in slugs:
            reader.fault(f"{path}.slug", f"{slug!r} is given twice")
        title = reader.text(raw.get("title"), f"{path}.title", most=189) or slug
        if title in titles:
            reader.fault(f"{path}.title", f"{title[:80]!r} is given twice; Grafana would save neither dashboard")
        slugs |= {slug} - {""}
        titles |= {title} - {""}
        plans.append(
            DashboardPlan(
                slug,
                title,
                families,
                reader.text(raw.get("description"), f"{path}.description", most=2000),
                tags,
                reader.text(
                    raw.get("time"), f"{path}.time", default="now-1h", pattern=_TIME, rule="a start such as now-1h"
                ),
                reader.text(
                    raw.get("refresh"),
                    f"{path}.refresh",
                    default="30s",
                    pattern=_REFRESH,
                    rule="5s or more, or empty",
                ),
            )
        )
    reader.finish(name)
    return tuple(plans)


def plans_for(spec: Spec) -> tuple[DashboardPlan, ...]:
    """Choose plans where no file is given: the shipped ones the spec feeds, and one for each family that is left.

    A family gets a dashboard of its own also when the shipped ones have no room for one of its metrics.
    """
    shipped = tuple(plan for plan in SHIPPED_PLANS if any(family in spec.families for family in plan.families))
    whole = {family for plan in shipped for family in plan.families} - set(cut_off(shipped, spec))
    left = sorted(set(spec.families) - whole)
    taken = {plan.slug for plan in shipped} | {"manifest"}
    titles = {plan.title for plan in shipped}
    # Who can have the family's own name has it, whatever the others are called.
    slugs = {family: family for family in left if family not in taken}
    taken |= slugs.keys()
    own = []
    for family in left:
        slug = slugs.get(family) or _free_slug(family, taken)
        taken.add(slug)
        words = family.replace("_", " ").replace("-", " ")
        title = words[:1].upper() + words[1:]
        # Grafana saves neither of two dashboards of one title in one folder.
        title = f"{title} ({family})" if title in titles else title
        titles.add(title)
        own.append(DashboardPlan(slug, title, (family,), tags=("generated",)))
    return (*shipped, *own)


def _free_slug(family: str, taken: set[str]) -> str:
    """Return `<family>_family`, or with a number; a slug has at most 64 characters."""
    endings = ("_family", *(f"_family_{number}" for number in range(2, len(taken) + 3)))
    return next(slug for ending in endings if (slug := family[: 64 - len(ending)] + ending) not in taken)


def cut_off(plans: Iterable[DashboardPlan], spec: Spec) -> dict[str, list[str]]:
    """Return the metrics, by family, that the plans ask for and no dashboard has room for."""
    known: dict[str, MetricDrafts] = {}
    asked: set[str] = set()
    unshown: set[str] = set()
    shown: set[str] = set()
    for plan in plans:
        asked.update(plan.families)
        here, left_out = room_for(plan, spec, known)
        shown |= here
        unshown |= left_out
    lost = unshown - shown
    found = {
        family: [metric.name for metric in spec.families.get(family, ()) if metric.name in lost]
        for family in sorted(asked)
    }
    return {family: names for family, names in found.items() if names}


def plan_warnings(plans: tuple[DashboardPlan, ...], spec: Spec) -> list[str]:
    """Return what plans name and the spec lacks, with a guess at what was meant, and which metrics have no room."""
    missing = [(plan.slug, family) for plan in plans for family in plan.families if family not in spec.families]
    warnings = [
        f"{slug}: family {family!r} is not in the spec{did_you_mean(family, spec.families)}"
        for slug, family in missing[:MAX_WARNINGS]
    ]
    if len(missing) > MAX_WARNINGS:
        warnings.append(f"and {len(missing) - MAX_WARNINGS} more families that are not in the spec")
    for family, names in list(cut_off(plans, spec).items())[:MAX_WARNINGS]:
        some = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        warnings.append(
            f"family {family!r}: {len(names)} metric(s) are on no dashboard, which holds {MAX_CORE} panels: {some}; "
            "divide the family, or plan a dashboard for a part of it"
        )
    return warnings
