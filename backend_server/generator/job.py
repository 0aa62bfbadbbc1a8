"""One run of the generator: spec and plans read, some of them chosen, dashboards made; the same for every entrance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from backend_server.documents.document import Document
from backend_server.documents.static_document import static_document
from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import Maker
from backend_server.primitives.suggestions import did_you_mean

from .output.assemble import SLOT, Generated, generate_all
from .spec.plans import plan_warnings, plans_for, read_plans
from .spec.read import read_spec
from .spec.spec import DashboardPlan, Spec

_PLACEHOLDER = re.compile(r"<<.*?>>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Job:
    """What was read and made; `warnings` name what plans ask for and the spec lacks, or dashboards have no room for."""

    spec: Spec
    plans: tuple[DashboardPlan, ...]
    made: tuple[Generated, ...]
    warnings: tuple[str, ...] = ()

    def documents(self) -> tuple[Document, ...]:
        """Return the dashboards as checked and stamped documents; raises InvalidInput (preflight, placeholders)."""
        unfilled = unfilled_placeholders(self.made)
        if unfilled:
            raise InvalidInput(unfilled, what="The job")
        return tuple(
            static_document(dashboard.document, Maker.GENERATOR, SLOT, dashboard.plan.slug) for dashboard in self.made
        )


def run_job(
    spec_source: bytes,
    plan_source: bytes | None = None,
    *,
    spec_name: str = "spec",
    plan_name: str = "plan",
    only: Iterable[str] = (),
    dense: bool = False,
) -> Job:
    """Read, choose and generate; raises InvalidInput with every problem of the spec, the plan or `only`."""
    spec = read_spec(spec_source, name=spec_name)
    plans = plans_for(spec) if plan_source is None else read_plans(plan_source, name=plan_name)
    made = generate_all(choose_plans(plans, only), spec, dense=dense)
    warnings = (*plan_warnings(plans, spec), *(str(problem) for problem in unfilled_placeholders(made)))
    return Job(spec, plans, made, warnings)


def unfilled_placeholders(made: Iterable[Generated]) -> list[Problem]:
    """Return each `<< … >>` in generated panels: a device fills it in a template; served as it is, nothing does."""
    message = "holds {!r}, which only a device fills; import the file as a template, or write the value out"
    found = []
    for dashboard in made:
        if b"<<" not in dashboard.body:
            continue
        for number, panel in enumerate(dashboard.document["panels"]):
            texts = [panel["title"], *(target["expr"] for target in panel.get("targets", []))]
            for placeholder in dict.fromkeys(match for text in texts for match in _placeholders(text)):
                path = f"{dashboard.plan.slug}: panels[{number}] {panel['title'][:60]!r}"
                found.append(Problem(path, message.format(placeholder[:60])))
    return found


def _placeholders(text: str) -> list[str]:
    # Nothing behind the last end can match, and each `<<` there would be looked through to the text's end.
    return _PLACEHOLDER.findall(text[: text.rfind(">>") + 2])


def choose_plans(plans: tuple[DashboardPlan, ...], only: Iterable[str]) -> tuple[DashboardPlan, ...]:
    """Keep the plans with these slugs, all for none; raises InvalidInput for a slug that no plan has."""
    wanted = [slug for slug in (text.strip() for text in only) if slug]
    known = [plan.slug for plan in plans]
    unknown = [slug for slug in wanted if slug not in known]
    if unknown:
        there = f"; there are: {', '.join(known)}" if known else ""
        problems = [
            Problem("only", f"{slug[:64]!r} is not a plan's slug{did_you_mean(slug, known)}") for slug in unknown
        ]
        last = problems[-1]
        problems[-1] = Problem(last.path, last.message + there)
        raise InvalidInput(problems, what="The choice of dashboards")
    return tuple(plan for plan in plans if not wanted or plan.slug in wanted)
