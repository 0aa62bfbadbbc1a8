"""`/api/devices`: the hook that polling loops call, and what people do with devices."""

from __future__ import annotations

import re
from typing import cast

from flask import Response, current_app, request

from backend_server.accounts import Role, Scope
from backend_server.documents.status import DocumentState
from backend_server.links import LinkState
from backend_server.primitives.clock import epoch_ms
from backend_server.primitives.ids import DeviceId, parse_device_id
from backend_server.registry import DeviceView

from ...auth import needs
from ...context import current_actor, current_services, link_base, request_id, waiting_room
from ...requests import strict_request
from ...waiting import wait_seconds
from ..base import Message, api_blueprint, described, errors, json_response, page_response
from .hook import HOOK, DeviceHook
from .present import dashboards_json, full_json, hook_json, links_json
from .schemas import (
    Batch,
    BatchAnswer,
    DeviceAnswer,
    DeviceBody,
    DeviceDashboards,
    DeviceEdit,
    DeviceList,
    DevicePath,
    DeviceQuery,
    Heartbeat,
    HeartbeatAnswer,
    RuledDevicePath,
    WaitQuery,
)

CLIENT_HEADER = "X-Dashwright-Client"
_CLIENT = re.compile(r"[\x21-\x7e]{1,128}")

blueprint = api_blueprint("devices", "Devices: registering them by the hook, editing, retiring, reviving.")


@blueprint.get("/devices", responses={200: DeviceList})
@needs(Role.VIEWER, Scope.DEVICES_READ)
def list_devices(query: DeviceQuery) -> Response:
    """List devices by id."""
    base, now = link_base(), epoch_ms()
    found = current_services().devices.list(
        state=query.state, kind=query.kind, search=query.search, page=query.page, per_page=query.per_page
    )
    shown = [full_json(view, base, now) for view in found.items]
    return page_response(shown, found.total, query)


@blueprint.put(
    "/devices/<device_id>",
    responses={200: DeviceAnswer, 201: DeviceAnswer, 202: DeviceAnswer, **errors(413, 415)},
    **described(blueprint, path=DevicePath, query=WaitQuery, body=DeviceBody),
)
@needs(Role.EDITOR, Scope.DEVICES_WRITE)
def put_device() -> Response:
    """Register or update a device: the hook.

    201 the first time, 200 after. With `?wait=` it answers when what was sent is shown and the link is live, or with
    202 when that is not so by then (or when four requests are waiting already). A retired device stays retired: 200,
    and nothing changes.
    """
    device_id = str((request.view_args or {})["device_id"])
    wait = request.args.get("wait")
    seconds = wait_seconds(wait) if wait else 0.0
    body = strict_request().json_bytes()
    status, answer = _hook().put(device_id, body, current_actor().name, link_base(), client=_client())
    if seconds:
        return _after_waiting(parse_device_id(device_id), status, seconds)
    return Response(answer, status, mimetype="application/json")


@blueprint.post("/devices/batch", responses={200: BatchAnswer, **errors(413, 415)}, **described(blueprint, body=Batch))
@needs(Role.EDITOR, Scope.DEVICES_WRITE)
def put_devices() -> Response:
    """Register up to 10,000 devices; each has its own result, and a bad one never affects the others."""
    body = strict_request().json_bytes()
    by, base = current_actor().name, link_base()
    answer = _hook().batch(body, by, base, client=_client(), request_id=request_id())
    return Response(answer, 200, mimetype="application/json")


@blueprint.post("/devices/heartbeat", responses={200: HeartbeatAnswer, **errors(413, 415)})
@needs(Role.EDITOR, Scope.DEVICES_WRITE)
def heartbeat(body: Heartbeat) -> Response:
    """Keep all devices of a client fresh, and answer whether to send everything again.

    A client is known by the header `X-Dashwright-Client`, sent with its batches too; without it, by its token.
    """
    answer = current_services().devices.upserter.heartbeat(body.epoch, body.count, client=_client())
    return json_response({"epoch": answer.epoch, "resend": answer.resend})


@blueprint.get("/devices/<device_id>", responses={200: DeviceAnswer, **errors(404)})
@needs(Role.VIEWER, Scope.DEVICES_READ)
def get_device(path: DevicePath) -> Response:
    """Return one device with its dashboards and its link."""
    return _shown(current_services().devices.get(parse_device_id(path.device_id)))


@blueprint.patch("/devices/<device_id>", responses={200: DeviceAnswer, **errors(404, 409, 413, 415)})
@needs(Role.EDITOR, Scope.DEVICES_WRITE)
def edit_device(path: RuledDevicePath, body: DeviceEdit) -> Response:
    """Set a device's fields by hand; they win over what the hook sends, until they are set to null."""
    changes = body.changes(path.device_id)
    return _shown(current_services().devices.set_by_operator(path.device_id, changes, current_actor().name))


@blueprint.delete("/devices/<device_id>", responses={200: Message, **errors(404)})
@needs(Role.EDITOR, Scope.DEVICES_WRITE)
def retire_device(path: DevicePath) -> Response:
    """Retire a device: its links answer 410 at once, its dashboard goes away; it can be revived for a set time."""
    current_services().devices.retire(parse_device_id(path.device_id), current_actor().name)
    return json_response({"message": f"The device {path.device_id} is retired."})


@blueprint.post("/devices/<device_id>/revive", responses={200: DeviceAnswer, **errors(404, 410)})
@needs(Role.EDITOR, Scope.DEVICES_WRITE)
def revive_device(path: DevicePath) -> Response:
    """Bring a retired device back, with the same dashboard and the same links."""
    return _shown(current_services().devices.revive(parse_device_id(path.device_id), current_actor().name))


@blueprint.get("/devices/<device_id>/dashboard", responses={200: DeviceDashboards, **errors(404)})
@needs(Role.VIEWER, Scope.DEVICES_READ)
def get_dashboard(path: DevicePath) -> Response:
    """Return a device's dashboards and all links to them, its own first."""
    view = current_services().devices.get(parse_device_id(path.device_id))
    links = links_json(view, link_base(), epoch_ms())
    return json_response({"dashboards": dashboards_json(view), "links": links})


def _shown(view: DeviceView, status: int = 200) -> Response:
    return json_response(full_json(view, link_base(), epoch_ms()), status)


def _hook() -> DeviceHook:
    return cast("DeviceHook", current_app.extensions[HOOK])


def _client() -> str:
    """Name the caller among the clients whose devices a heartbeat keeps fresh."""
    given = request.headers.get(CLIENT_HEADER, "")
    actor = current_actor().name
    return f"{actor}/{given}" if _CLIENT.fullmatch(given) else actor


def _after_waiting(device_id: DeviceId, status: int, seconds: float) -> Response:
    """Wait until the device's dashboards are live or failed, and its link is live; 202 while that is not so."""
    services, room = current_services(), waiting_room()

    def settled() -> bool:
        return _is_settled(services.devices.get(device_id))

    with room.acquire() as may_wait, services.metrics.waiting.track_inprogress():
        if not (room.until(settled, services.store.change_number, seconds) if may_wait else settled()):
            status = 202
    view = services.devices.get(device_id)
    return json_response(hook_json(view, link_base(), epoch_ms()), status)


def _is_settled(view: DeviceView) -> bool:
    """Whether the state is final: retired, or every document's newest version and then the link proven."""
    if view.record.retired_at is not None:
        return True
    wanted = [document for document in view.documents if document.is_wanted]
    if any(document.shown_state not in (DocumentState.LIVE, DocumentState.FAILED) for document in wanted):
        return False
    link = view.link
    failed = {document.uid for document in wanted if document.state is DocumentState.FAILED}
    if link is None or link.document_uid in failed:
        return True
    return view.found(link).state(epoch_ms()) is not LinkState.PENDING
