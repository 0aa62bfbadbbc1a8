"""The start page of those who are signed in: the fleet, each device's state, and its link ready to be embedded."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from backend_server.accounts import Actor, Need, Role
from backend_server.devices.device import DeviceState
from backend_server.primitives.clock import epoch_ms

from ..api.devices.present import hook_json
from ..context import current_services, link_base
from .embed_code import html_code
from .shell import Paging, page, render

blueprint = Blueprint("fleet", __name__)
PER_PAGE = 50


@blueprint.get("/")
@page(Need(Role.VIEWER))
def fleet(actor: Actor) -> ResponseReturnValue:
    """Show one page of devices."""
    services, base = current_services(), link_base()
    search = request.args.get("search", "").strip()[:253]
    state = request.args.get("state", "")
    state = state if state in set(DeviceState) else ""
    paging = Paging.from_request(PER_PAGE)
    found = services.devices.list(
        state=state or None, search=search or None, page=paging.number, per_page=paging.per_page
    )
    now = epoch_ms()
    kept = {name: value for name, value in (("search", search), ("state", state)) if value}
    return render(
        "fleet.html",
        actor,
        rows=[_row(hook_json(view, base, now)) for view in found.items],
        total=found.total,
        filtered=bool(kept),
        search=search,
        state=state,
        states=[known.value for known in DeviceState],
        **paging.shown(found.total, kept),
        base=base,
        notes=_notes(),
    )


def _row(shown: dict[str, object]) -> dict[str, object]:
    link, device = shown.get("link"), shown["device"]
    assert isinstance(device, dict)
    if not isinstance(link, dict):
        return {**shown, "iframe": ""}
    return {**shown, "iframe": html_code(str(link["embed_url"]), str(device["hostname"]))}


def _notes() -> list[str]:
    services = current_services()
    notes = []
    if services.storage_advice.may_vanish():
        notes.append(
            "The state lies on a disk that may vanish at the next deploy, and the links with it. "
            "Set DATABASE_URL, or LINK_TOKENS=derived."
        )
    return notes
