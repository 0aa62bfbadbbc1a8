"""`/api/packs`: ready-made dashboards, installed, upgraded and removed as a whole."""

from __future__ import annotations

from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.packs import Pack, plan_install
from backend_server.primitives.ids import Maker
from backend_server.provisioning.packs import shipped_pack, shipped_packs

from ...auth import needs
from ...context import current_actor, current_services
from ..base import Message, api_blueprint, errors, json_response
from .schemas import PackList, PackPath, PackShape

blueprint = api_blueprint("packs", "Ready-made dashboards.")


@blueprint.get("/packs", responses={200: PackList})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
def list_packs() -> Response:
    """List the packs that ship, each with its state and what installing it would change."""
    return json_response([_shown(pack) for pack in shipped_packs()])


@blueprint.get("/packs/<name>", responses={200: PackShape, **errors(404)})
@needs(Role.VIEWER, Scope.DOCUMENTS_READ)
def get_pack(path: PackPath) -> Response:
    """Return one pack."""
    return json_response(_shown(shipped_pack(path.name)))


@blueprint.put("/packs/<name>", responses={200: PackShape, **errors(404, 409)})
@needs(Role.EDITOR, Scope.DOCUMENTS_WRITE)
def install_pack(path: PackPath) -> Response:
    """Install a pack or upgrade it to what ships; the same again changes nothing."""
    pack = shipped_pack(path.name)
    published, documents = current_services().static_documents, pack.documents()
    version = plan_install(documents, ()).version
    published.publish(
        documents,
        Maker.PACK,
        pack.name,
        folder=pack.folder,
        by=current_actor().name,
        version=version,
        prune=True,
    )
    return json_response(_shown(pack))


@blueprint.delete("/packs/<name>", responses={200: Message, **errors(404)})
@needs(Role.EDITOR, Scope.DOCUMENTS_WRITE)
def remove_pack(path: PackPath) -> Response:
    """Remove a pack's dashboards: their links end at once. A pack that is not installed stays so."""
    pack = shipped_pack(path.name)
    published = current_services().static_documents
    uids = [one.uid for one in published.list(Maker.PACK, pack.name)]
    published.withdraw(Maker.PACK, pack.name, uids, current_actor().name)
    return json_response({"message": f"{len(uids)} dashboard(s) of the pack {pack.name} are withdrawn."})


def _shown(pack: Pack) -> dict[str, object]:
    installed = current_services().static_documents.list(Maker.PACK, pack.name)
    plan = plan_install(pack.documents(), installed)
    return {
        "name": pack.name,
        "title": pack.title,
        "description": pack.description,
        "folder": pack.folder,
        "version": plan.version,
        "state": plan.state,
        "changes": plan.as_json(),
        "documents": [one.as_json() for one in installed],
    }
