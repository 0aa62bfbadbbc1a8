"""Which dashboards to make: the thirteen that ship, or a file's."""

from __future__ import annotations

import re

from backend_server.generator.check import SLUG, Reader, did_you_mean
from backend_server.generator.spec import DashboardPlan, Spec
from backend_server.generator.yaml_tree import read_yaml

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
_KEYS = ("slug", "title", "families", "description", "tags", "time", "refresh")


_TIME = re.compile(r"now(-[1-9]\d{0,5}[smhdwMy])?(/[smhdwMy])?")
_REFRESH = re.compile(r"|[5-9]s|[1-9]\d{1,3}s|[1-9]\d{0,3}[mhd]")


def read_plans(source: bytes, *, name: str = "plan") -> tuple[DashboardPlan, ...]:
    """Read a plan file (`plans: […]`); raises InvalidInput with every problem."""
    tree = read_yaml(source, what=name)
    reader = Reader(tree)
    top = reader.mapping(tree.value, "", allowed=("plans",), needed=("plans",))
    plans: list[DashboardPlan] = []
    for index, item in enumerate(reader.listing(top.get("plans"), "plans")):
        path = f"plans[{index}]"
        raw = reader.mapping(item, path, allowed=_KEYS, needed=("slug", "families"))
        slug = reader.text(
            raw.get("slug"), f"{path}.slug", pattern=SLUG, rule="1 to 64 of a-z, 0-9, '_', '-', first a letter"
        )
        families = reader.texts(
            raw.get("families"),
            f"{path}.families",
            lambda v, at: reader.text(v, at, pattern=SLUG, rule="a family's name"),
        )
        tags = reader.texts(raw.get("tags"), f"{path}.tags", lambda v, at: reader.text(v, at, most=50))
        if slug == "manifest":
            reader.fault(f"{path}.slug", "is the name of the manifest beside the dashboards; choose another")
        if any(slug and slug == plan.slug for plan in plans):
            reader.fault(f"{path}.slug", f"{slug!r} is given twice")
        title = reader.text(raw.get("title"), f"{path}.title", most=189) or slug
        if any(title and title == plan.title for plan in plans):
            reader.fault(f"{path}.title", f"{title[:80]!r} is given twice; Grafana would save neither dashboard")
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
    if len(plans) > MAX_PLANS:
        reader.fault("plans", f"are {len(plans)}; at most {MAX_PLANS}")
    reader.finish(name)
    return tuple(plans)


def plans_for(spec: Spec) -> tuple[DashboardPlan, ...]:
    """Choose plans where no file is given: the shipped ones the spec feeds, and one for each family that is left."""
    shipped = tuple(plan for plan in SHIPPED_PLANS if any(family in spec.families for family in plan.families))
    shown = {family for plan in shipped for family in plan.families}
    taken = {plan.slug for plan in shipped}
    titles = {plan.title for plan in shipped}
    own = []
    for family in sorted(set(spec.families) - shown):
        slug = family if family not in taken and family != "manifest" else f"{family}_family"
        words = family.replace("_", " ").replace("-", " ")
        title = words[:1].upper() + words[1:]
        # Grafana saves neither of two dashboards of one title in one folder.
        title = f"{title} ({family})" if title in titles else title
        titles.add(title)
        own.append(DashboardPlan(slug, title, (family,), tags=("generated",)))
    return (*shipped, *own)


def missing_families(plans: tuple[DashboardPlan, ...], spec: Spec) -> list[str]:
    """Say which families the plans name that the spec lacks, with a guess at what was meant."""
    return [
        f"{plan.slug}: family {family!r} is not in the spec{did_you_mean(family, spec.families)}"
        for plan in plans
        for family in plan.families
        if family not in spec.families
    ]
