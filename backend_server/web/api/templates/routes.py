"""`/api/templates`: the templates in use; checking one, filling one for a device, planning what one would change."""

from __future__ import annotations

import orjson
from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.errors import InputError, InvalidInput, NotFound
from backend_server.primitives.ids import parse_device_id
from backend_server.templates import Template, TemplateScope, TemplateSet, load_template, plan_rollout

from ...analyses import analysis
from ...auth import needs
from ...context import current_services
from ..base import api_blueprint, errors, json_response
from .present import broken_template_json, template_json
from .schemas import (
    DocumentAnswer,
    RenderRequest,
    TemplateAnswer,
    TemplateList,
    TemplatePath,
    TemplatePlan,
    TemplateSource,
    TemplateVerdict,
)

blueprint = api_blueprint("templates", "Dashboard templates: one fills the documents of many devices.")

MOST_PLANNED = 1000  # a plan fills documents of so many devices at most
MOST_NAMED = 200


@blueprint.get("/templates", responses={200: TemplateList})
@needs(Role.VIEWER, Scope.TEMPLATES_READ)
def list_templates() -> Response:
    """List the templates in use, and those whose file is broken, with the reason."""
    library = current_services().templates
    current, faults = library.current(), library.faults()
    conflicts = {conflict.path: conflict.message for conflict in current.conflicts}
    good = [
        {**template_json(template, faults.get(template.name)), "doubt": conflicts.get(template.name)}
        for template in current.templates
    ]
    known = {template.name for template in current.templates}
    broken = [broken_template_json(name, error) for name, error in faults.items() if name not in known]
    return json_response(good + broken)


@blueprint.get("/templates/<name>", responses={200: TemplateAnswer, **errors(404)})
@needs(Role.VIEWER, Scope.TEMPLATES_READ)
def get_template(path: TemplatePath) -> Response:
    """Return one template in use with its source."""
    library = current_services().templates
    template = _find(library.current(), path.name)
    source = library.source(template.name)
    return json_response({**template_json(template, library.faults().get(template.name)), "source": source})


@blueprint.post("/templates/check", responses={200: TemplateVerdict, **errors(413, 415)})
@needs(Role.VIEWER, Scope.TEMPLATES_READ)
@analysis
def check_template(body: TemplateSource) -> Response:
    """Check a template's source without using it: every problem with its panel, field, line and column.

    `unshareable` names what a public dashboard will not show of it.
    """
    try:
        template = load_template(body.name, body.source.encode())
    except InvalidInput as fault:
        problems = [problem.as_json() for problem in fault.problems]
        return json_response({"ok": False, "problems": problems, "unshareable": []})
    unshareable = [problem.as_json() for problem in template.unshareable]
    return json_response(
        {"ok": True, "problems": [], "unshareable": unshareable, "template": template_json(template, None)}
    )


@blueprint.post("/templates/plan", responses={200: TemplatePlan, **errors(413, 415)})
@needs(Role.VIEWER, Scope.PLAN_READ)
@analysis
def plan_template(body: TemplateSource) -> Response:
    """Return which devices' dashboards would change if this source took the place of the template with its name."""
    services = current_services()
    new = load_template(body.name, body.source.encode())
    before = services.templates.current()
    after = TemplateSet.of([*(template for template in before.templates if template.name != new.name), new])
    devices = services.active_devices()
    changes = list(plan_rollout(before, after, devices[:MOST_PLANNED]))
    return json_response(
        {
            "devices": len(devices),
            "planned": min(len(devices), MOST_PLANNED),
            "changed": len({change.device_id for change in changes}),
            "changes": [change.as_json() for change in changes[:MOST_NAMED]],
        }
    )


@blueprint.post("/templates/<name>/render", responses={200: DocumentAnswer, **errors(404, 413, 415)})
@needs(Role.VIEWER, Scope.TEMPLATES_READ)
@analysis
def render_template(path: TemplatePath, body: RenderRequest) -> Response:
    """Fill a template for a device and return the document, without writing or publishing it."""
    services = current_services()
    template = _find(services.templates.current(), path.name)
    if template.scope is not TemplateScope.DEVICE:
        raise InputError(f"The template {path.name!r} is for the whole fleet, not for one device.")
    device = services.devices.get(parse_device_id(body.device)).device
    document = template.fill(device)
    return Response(
        b'{"uid":%s,"content":%s,"document":%s}'
        % (orjson.dumps(document.uid), orjson.dumps(document.content), document.body),
        mimetype="application/json",
    )


def _find(templates: TemplateSet, name: str) -> Template:
    template = next((known for known in templates.templates if known.name in (name, f"{name}.json")), None)
    if template is None:
        raise NotFound(f"There is no template {name!r} in use.", details={"template": name})
    return template
