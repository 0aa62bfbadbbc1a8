"""What a caller may say when a link is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.ids import DashboardUid, DeviceId, Slug
from backend_server.primitives.secret import Secret

from .fields import read_fields, refused_where_derived, span_problems
from .profile import LinkProfile

_KNOWN = (
    *("device", "slot", "document", "label", "slug", "profile"),
    *("not_before", "expires_at", "password", "frame_ancestors"),
)


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """A checked request for a link: to a device's slot or to a document, exactly one of both. Times in epoch ms."""

    device: DeviceId | None = None
    slot: str = "main"
    document: DashboardUid | None = None
    label: str = ""
    slug: Slug | None = None
    profile: LinkProfile | None = None
    not_before: int | None = None
    expires_at: int | None = None
    password: Secret | None = None
    frame_ancestors: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, raw: object, *, derived_tokens: bool = False) -> LinkOptions:
        """Read the body of `POST /api/links`; raises InvalidInput naming every field that is wrong.

        With `derived_tokens` what cannot survive a lost database is refused by its reason.
        """
        if not isinstance(raw, Mapping):
            raise InvalidInput([Problem("", 'must be an object such as {"device": "rig-1"}')])
        found, problems = read_fields(raw, _KNOWN)
        if derived_tokens:
            problems += refused_where_derived(raw)
        problems += span_problems(found.get("not_before"), found.get("expires_at"))
        if (raw.get("device") is None) == (raw.get("document") is None):
            problems.append(Problem("device", "name either a device (and a slot) or a document, exactly one of both"))
        if raw.get("document") is not None and raw.get("slot") is not None:
            problems.append(Problem("slot", "belongs to a device; a document is named by its uid alone"))
        if problems:
            raise InvalidInput(problems)
        return cls(**found)  # type: ignore[arg-type]  # each value comes from its field's own reader
