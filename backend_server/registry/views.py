"""A device with its dashboards and links, as it stands at a moment."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.devices.device import Device, DeviceState
from backend_server.devices.record import DeviceRecord
from backend_server.documents.status import DocumentStatus
from backend_server.links.link import FoundLink, Link

MAIN_SLOT = "main"


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as it stands: the merged device, its record, its documents and all its links."""

    device: Device
    record: DeviceRecord
    state: DeviceState
    documents: tuple[DocumentStatus, ...]
    links: tuple[Link, ...]
    last_seen_at: int
    links_on: bool = True

    @property
    def link(self) -> Link | None:
        """The device's own link: the default one of slot `main`, unless that is not shared."""
        link = next((link for link in self.links if link.is_default and link.slot == MAIN_SLOT), None)
        if link is None or link.suspended_at is None:
            return link
        # With its device a link is suspended as well, and then told as what it is: over.
        return link if self.state is DeviceState.RETIRED and self.device.share != "false" else None

    def moves_by_itself(self, now_ms: int) -> bool:
        """Whether the hook's answer changes at some moment without anybody writing anything."""
        return self.link is not None and self.found(self.link).until(now_ms) is not None

    def found(self, link: Link) -> FoundLink:
        """Return one of the links with the state of its document."""
        document = next((one for one in self.documents if one.uid == link.document_uid), None)
        return FoundLink(
            link,
            document.serving_state if document else None,
            document.title if document else self.device.title,
            self.links_on,
            own_refresh=document.refresh if document else None,
        )
