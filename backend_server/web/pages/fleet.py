"""The start page of those who are signed in: the fleet, each device's state, and its link ready to be embedded."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend_server.devices.device import DeviceState
from backend_server.primitives.clock import epoch_ms

from ..api.devices.present import hook_json
from ..auth import csrf_token, signed_in
from ..context import current_services, link_base
from .embed_code import html_code

blueprint = Blueprint("fleet", __name__)
PER_PAGE = 50


@blueprint.get("/")
def fleet() -> ResponseReturnValue:
    """Show one page of devices."""
    actor = signed_in()
    if actor is None:
        return redirect("/login", 303)
    services, base = current_services(), link_base()
    search = request.args.get("search", "").strip()[:253]
    state = request.args.get("state", "")
    state = state if state in set(DeviceState) else ""
    page = _page_number(request.args.get("page", ""))
    found = services.devices.list(state=state or None, search=search or None, page=page, per_page=PER_PAGE)
    now = epoch_ms()
    kept = {name: value for name, value in (("search", search), ("state", state)) if value}
    return render_template(
        "fleet.html",
        actor=actor,
        csrf=csrf_token() if actor.by_session else "",
        rows=[_row(hook_json(view, base, now)) for view in found.items],
        total=found.total,
        filtered=bool(kept),
        search=search,
        state=state,
        states=[one.value for one in DeviceState],
        page=page,
        last_page=max(1, -(-found.total // PER_PAGE)),
        page_url=lambda number: "/?" + urlencode({**kept, "page": number}),
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
    if services.state_may_vanish:
        notes.append(
            "The state lies on a disk that may vanish at the next deploy, and the links with it. "
            "Set DATABASE_URL, or LINK_TOKENS=derived."
        )
    return notes


def _page_number(text: str) -> int:
    return min(max(int(text), 1), 1_000_000) if text.isascii() and text.isdigit() and len(text) < 8 else 1
