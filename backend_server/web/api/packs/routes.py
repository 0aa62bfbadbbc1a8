"""`/api/packs`: ready-made dashboards, installed, upgraded and removed as a whole."""

from __future__ import annotations

from flask import Response

from backend_server.accounts import Role, Scope

from ...auth import needs
from ...context import current_actor, current_services
from ..base import Message, api_blueprint, errors, json_response
from .present import pack_json
from .schemas import PackList, PackPath, PackShape

blueprint = api_blueprint("packs", "Ready-made dashboards.")


@blueprint.get("/packs", responses={200: PackList})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
def list_packs() -> Response:
    """List the packs that ship, each with its state and what installing it would change."""
    return json_response([pack_json(status) for status in current_services().packs.list()])


@blueprint.get("/packs/<name>", responses={200: PackShape, **errors(404)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
def get_pack(path: PackPath) -> Response:
    """Return one pack."""
    return json_response(pack_json(current_services().packs.get(path.name)))


@blueprint.put("/packs/<name>", responses={200: PackShape, **errors(404, 409)})
@needs(Role.EDITOR, Scope.DOCUMENTS_WRITE)
def install_pack(path: PackPath) -> Response:
    """Install a pack or upgrade it to what ships; the same again changes nothing."""
    return json_response(pack_json(current_services().packs.install(path.name, by=current_actor().name)))


@blueprint.delete("/packs/<name>", responses={200: Message, **errors(404)})
@needs(Role.EDITOR, Scope.DOCUMENTS_WRITE)
def remove_pack(path: PackPath) -> Response:
    """Remove a pack's dashboards: their links end at once. A pack that is not installed stays so."""
    removed = current_services().packs.remove(path.name, by=current_actor().name)
    return json_response({"message": f"{removed} dashboard(s) of the pack {path.name} are withdrawn."})
