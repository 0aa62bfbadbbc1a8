"""What a caller may set when a link is created."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.primitives.ids import DashboardUid, DeviceId, Slug
from backend_server.primitives.secret import Secret

from .fields import LinkFields
from .link import LinkProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions(LinkFields):
    """A checked request for a link: to a device's slot or to a document, exactly one of both."""

    device: DeviceId | None = None
    slot: str = "main"
    document: DashboardUid | None = None
    slug: Slug | None = None
    profile: LinkProfile | None = None
    password: Secret | None = None

    @property
    def wanted(self) -> dict[str, object]:
        """The requested values of the link besides its target, by field."""
        return {**self.own_fields, "slug": self.slug, "profile": self.profile, "password": self.password}
