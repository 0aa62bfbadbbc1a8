"""Packs, installed, upgraded and removed as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend_server.documents.static_document import StaticDocumentStatus
from backend_server.errors import NotFound
from backend_server.packs import Pack, PackPlan, plan_install
from backend_server.primitives.ids import Maker
from backend_server.registry import MakerSlot, StaticDocuments


@dataclass(frozen=True, slots=True)
class PackStatus:
    """A pack, what of it is installed, and what installing it would change."""

    pack: Pack
    plan: PackPlan
    installed: Sequence[StaticDocumentStatus]


class Packs:
    """The packs that ship (`shipped` reads them) and what of them is published."""

    def __init__(self, published: StaticDocuments, shipped: Callable[[], Sequence[Pack]]) -> None:
        self._published = published
        self._shipped = shipped

    def list(self) -> Sequence[PackStatus]:
        """Return every pack that ships."""
        return [self._status(pack) for pack in self._shipped()]

    def get(self, name: str) -> PackStatus:
        """Return one pack; raises NotFound naming those there are."""
        return self._status(self._find(name))

    def install(self, name: str, *, by: str) -> PackStatus:
        """Install a pack or upgrade it to what ships; repeatable. Raises NotFound and Conflict."""
        pack = self._find(name)
        documents = pack.documents()
        version = plan_install(documents, ()).version
        self._published.publish(documents, _slot(pack), folder=pack.folder, by=by, version=version, prune=True)
        return self._status(pack)

    def remove(self, name: str, *, by: str) -> int:
        """Withdraw a pack's dashboards, whose links end at once; returns how many there were. Raises NotFound."""
        pack = self._find(name)
        uids = [document.uid for document in self._published.list(_slot(pack))]
        self._published.withdraw(_slot(pack), uids, by)
        return len(uids)

    def _find(self, name: str) -> Pack:
        packs = self._shipped()
        found = next((pack for pack in packs if pack.name == name), None)
        if found is None:
            there = ", ".join(pack.name for pack in packs)
            raise NotFound(f"There is no pack {name[:40]!r}; there are: {there}.", details={"pack": name[:40]})
        return found

    def _status(self, pack: Pack) -> PackStatus:
        installed = self._published.list(_slot(pack))
        return PackStatus(pack, plan_install(pack.documents(), installed), installed)


def _slot(pack: Pack) -> MakerSlot:
    return MakerSlot(Maker.PACK, pack.name)
