"""The generator's work in the API's words."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from backend_server.errors import InvalidInput
from backend_server.generator.job import Job
from backend_server.generator.output.drift import Drift
from backend_server.generator.spec.spec import Spec
from backend_server.publishing import PublishedJob

SHIPPED_SPEC = "base"


def spec_json(spec: Spec) -> dict[str, object]:
    """Return the spec that ships, with its metrics counted by family."""
    counts = {name: len(metrics) for name, metrics in sorted(spec.families.items())}
    return {"name": SHIPPED_SPEC, "hash": spec.hash, "families": counts}


def faults_json(fault: InvalidInput) -> dict[str, object]:
    """Return the verdict on a file that has problems."""
    return {"ok": False, "problems": [problem.as_json() for problem in fault.problems]}


def generated_json(job: Job) -> dict[str, object]:
    """Return a job's dashboards with their documents."""
    dashboards = [
        {
            "slug": dashboard.plan.slug,
            "uid": dashboard.uid,
            "title": dashboard.plan.title,
            "panel_count": dashboard.panel_count,
            "document": orjson.Fragment(dashboard.body),
        }
        for dashboard in job.made
    ]
    return {"spec_hash": job.spec.hash, "warnings": job.warnings, "dashboards": dashboards}


def published_json(job: Job, done: PublishedJob) -> dict[str, object]:
    """Return what became of a job's dashboards, by their slugs."""
    return {
        "spec_hash": job.spec.hash,
        "warnings": job.warnings,
        "created": done.slugs_of(done.outcome.created),
        "changed": done.slugs_of(done.outcome.changed),
        "unchanged": done.slugs_of(done.outcome.unchanged),
        "withdrawn": done.slugs_of(done.outcome.withdrawn),
        "left": done.slugs_of(done.outcome.left),
        "documents": [document.as_json() for document in done.documents],
    }


def drift_json(job: Job, drifts: Sequence[Drift]) -> dict[str, object]:
    """Return how dashboards differ from what a job makes."""
    return {
        "drift": bool(drifts),
        "tokens": [token for drift in drifts for token in drift.tokens],
        "details": [drift.as_json() for drift in drifts],
        "warnings": job.warnings,
    }
