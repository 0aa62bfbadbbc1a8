"""`/api/generator`: dashboards from a metrics spec, as answers or put into the wanted set."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.errors import InvalidInput, NotFound
from backend_server.generator.job import Job, run_job
from backend_server.generator.output.coverage import find_coverage
from backend_server.generator.output.drift import find_drift, find_left_over
from backend_server.generator.output.inventory import diff_inventory, read_inventory, take_inventory, write_inventory
from backend_server.generator.output.rules import rule_file
from backend_server.generator.spec.json_schema import spec_schema
from backend_server.generator.spec.plans import SHIPPED_PLANS, read_plans
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.spec import Spec
from backend_server.primitives.shipped import shipped

from ...analyses import analysis
from ...auth import needs
from ...context import current_actor, current_services
from ..base import Message, api_blueprint, errors, json_response
from .present import SHIPPED_SPEC, drift_json, faults_json, generated_json, published_json, spec_json
from .schemas import (
    CoverageAnswer,
    CoverageBody,
    DiffAnswer,
    DiffBody,
    DiscoverQuery,
    DriftAnswer,
    EntryList,
    GeneratedAnswer,
    InventoryQuery,
    JobBody,
    PlanList,
    PlanVerdict,
    ProvidedList,
    ProvisionAnswer,
    ProvisionBody,
    RulesBody,
    SlugPath,
    SourceBody,
    SpecAnswer,
    SpecList,
    SpecPath,
    SpecVerdict,
    VerifyBody,
)

blueprint = api_blueprint("generator", "Dashboards from a metrics spec: generating, drift, inventory, rules.")

# A YAML answer is described by what it holds: a mapping.
YAML_TEXT = {"content": {"application/yaml": {"schema": {"type": "object"}}}}
ANY_JSON = {"content": {"application/json": {"schema": {"type": "object"}}}}


@blueprint.get("/generator/specs", responses={200: SpecList})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def list_specs() -> Response:
    """List the specs that ship."""
    return json_response([spec_json(_spec(None))])


@blueprint.get("/generator/specs/<name>", responses={200: SpecAnswer, **errors(404)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def get_spec(path: SpecPath) -> Response:
    """Return a spec that ships, with its source."""
    if path.name != SHIPPED_SPEC:
        raise NotFound(f"There is no spec {path.name!r}; there is: {SHIPPED_SPEC}.", details={"spec": path.name})
    return json_response({**spec_json(_spec(None)), "source": _shipped_source().decode()})


@blueprint.post("/generator/specs/check", responses={200: SpecVerdict, **errors(413, 415)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def check_spec(body: SourceBody) -> Response:
    """Check a spec: every problem with its path, line and column."""
    try:
        spec = read_spec(body.source.encode())
    except InvalidInput as fault:
        return json_response(faults_json(fault))
    shown = spec_json(spec)
    return json_response({"ok": True, "problems": [], "hash": shown["hash"], "families": shown["families"]})


@blueprint.get("/generator/schema", responses={200: ANY_JSON})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
def get_spec_schema() -> Response:
    """Return the JSON schema of a spec, for editors."""
    return json_response(spec_schema())


@blueprint.get("/generator/plans", responses={200: PlanList})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
def list_plans() -> Response:
    """List the plans that ship: which dashboards are made where none are given."""
    return json_response([asdict(plan) for plan in SHIPPED_PLANS])


@blueprint.post("/generator/plans/check", responses={200: PlanVerdict, **errors(413, 415)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def check_plans(body: SourceBody) -> Response:
    """Check a plan file: every problem with its path, line and column."""
    try:
        plans = read_plans(body.source.encode())
    except InvalidInput as fault:
        return json_response(faults_json(fault))
    return json_response({"ok": True, "problems": [], "plans": [asdict(plan) for plan in plans]})


@blueprint.post("/generator/generate", responses={200: GeneratedAnswer, **errors(413, 415)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def generate_dashboards(body: JobBody) -> Response:
    """Generate dashboards and answer with them; nothing is stored."""
    return json_response(generated_json(_job(body)))


@blueprint.post("/generator/provision", responses={200: ProvisionAnswer, **errors(409, 413, 415)})
@needs(Role.EDITOR, Scope.DOCUMENTS_WRITE)
@analysis
def provision_dashboards(body: ProvisionBody) -> Response:
    """Generate dashboards and publish them: written, proven, ready to be linked. Repeatable."""
    job = _job(body)
    done = current_services().generated.publish(job, folder=body.folder, by=current_actor().name, prune=body.prune)
    return json_response(published_json(job, done))


@blueprint.get("/generator/documents", responses={200: ProvidedList})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
def list_generated() -> Response:
    """List the generated dashboards in the wanted set, each with its state."""
    return json_response([document.as_json() for document in current_services().generated.list()])


@blueprint.delete("/generator/documents/<slug>", responses={200: Message, **errors(404)})
@needs(Role.EDITOR, Scope.DOCUMENTS_WRITE)
def withdraw_generated(path: SlugPath) -> Response:
    """Withdraw a generated dashboard: its links end at once, then file and dashboard go."""
    current_services().generated.withdraw(path.slug, by=current_actor().name)
    return json_response({"message": f"{path.slug} is withdrawn; its links have ended."})


@blueprint.post("/generator/verify", responses={200: DriftAnswer, **errors(413, 415)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def verify_dashboards(body: VerifyBody) -> Response:
    """Return how dashboards differ from what the spec gives now; layout, ids and metadata do not count.

    Without `only`, generated ones that no plan makes any more count as removed.
    """
    job = _job(body)
    existing = _looked_at(body.dashboards)
    drifts = find_drift(job.made, existing)
    if not body.only:
        drifts += find_left_over(job.plans, existing)
    return json_response(drift_json(job, drifts))


@blueprint.get("/generator/inventory", responses={200: EntryList, **errors(404)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def get_inventory(query: InventoryQuery) -> Response:
    """List the panels of the provisioned generated dashboards, as JSON, CSV or JSON lines."""
    sources = frozenset(part.strip() for part in query.source.split(",") if part.strip())
    entries = take_inventory(current_services().generated.dashboards(), sources=sources)
    if not entries:
        raise NotFound("No generated panel was found; provision dashboards first, or ask for other sources.")
    if query.format == "json":
        return json_response([asdict(entry) for entry in entries])
    kind = "text/csv; charset=utf-8" if query.format == "csv" else "application/x-ndjson"
    named = {"Content-Disposition": f'attachment; filename="inventory.{query.format}"'}
    return Response(write_inventory(entries, query.format), headers=named, content_type=kind)


@blueprint.post("/generator/inventory/diff", responses={200: DiffAnswer, **errors(413, 415)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def compare_inventories(body: DiffBody) -> Response:
    """Compare two inventories by panel_uuid: added, removed, renamed."""
    found = diff_inventory(read_inventory(body.previous, what="previous"), read_inventory(body.current, what="current"))
    return json_response(found.as_json())


@blueprint.post("/generator/coverage", responses={200: CoverageAnswer, **errors(413, 415)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def get_coverage(body: CoverageBody) -> Response:
    """Find metrics of the spec that no panel shows, and panels whose metric the spec does not describe."""
    found = find_coverage(_spec(body.spec), _looked_at(body.dashboards))
    return json_response({"complete": found.complete, **asdict(found)})


@blueprint.post("/generator/rules", responses={200: YAML_TEXT, **errors(413, 415)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
@analysis
def get_rules(body: RulesBody) -> Response:
    """Return the recording and alert rules of a spec as a Prometheus rule file."""
    return Response(rule_file(_spec(body.spec)), content_type="application/yaml; charset=utf-8")


@blueprint.get("/generator/discover", responses={200: YAML_TEXT})
@needs(Role.EDITOR, Scope.DOCUMENTS_READ)
@analysis
def discover_metrics(query: DiscoverQuery) -> Response:
    """Return a spec of what the configured Prometheus knows of its metrics, to be edited."""
    prefixes = [part.strip() for part in query.match.split(",") if part.strip()]
    text = current_services().generated.discover(prefixes)
    return Response(text, content_type="application/yaml; charset=utf-8")


def _job(body: JobBody) -> Job:
    source = _shipped_source() if body.spec is None else body.spec.encode()
    plan = None if body.plan is None else body.plan.encode()
    return run_job(source, plan, only=body.only, dense=body.dense)


def _spec(source: str | None) -> Spec:
    return read_spec(_shipped_source() if source is None else source.encode())


def _shipped_source() -> bytes:
    return shipped("metrics", "spec", "base.yml").read_bytes()


def _looked_at(given: dict[str, dict[str, Any]] | None) -> dict[str, dict[str, Any]]:
    return current_services().generated.dashboards() if given is None else given
