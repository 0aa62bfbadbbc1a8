"""What a caller may say when a link is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backend_server.errors import DashwrightError, InvalidInput, Problem
from backend_server.links.profile import LinkProfile, parse_profile
from backend_server.primitives.ids import DashboardUid, DeviceId, Slug, parse_device_id, parse_slot

MAX_LABEL = 200
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_MIN_SLUG = 3
_KNOWN = ("device", "slot", "document", "label", "slug", "profile")
_LATER = ("not_before", "expires_at", "password", "frame_ancestors")


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """A checked request for a link: to a device's slot or to a document, exactly one of both."""

    device: DeviceId | None = None
    slot: str = "main"
    document: DashboardUid | None = None
    label: str = ""
    slug: Slug | None = None
    profile: LinkProfile | None = None

    @classmethod
    def from_json(cls, raw: object, *, derived_tokens: bool = False) -> LinkOptions:
        """Read the body of `POST /api/links`; raises InvalidInput naming every field that is wrong.

        With `derived_tokens` what cannot survive a lost database is refused by its reason.
        """
        if not isinstance(raw, Mapping):
            raise InvalidInput([Problem("", 'must be an object such as {"device": "rig-1"}')])
        problems = [_refused(str(name), derived_tokens) for name in raw if name not in _KNOWN]
        found: dict[str, object] = {}
        for name, read in _READERS.items():
            if raw.get(name) is not None:
                try:
                    found[name] = read(raw[name])
                except InvalidInput as fault:
                    problems += [
                        Problem(p.path if p.path.startswith(name) else name, p.message) for p in fault.problems
                    ]
                except DashwrightError as fault:
                    problems.append(Problem(name, fault.message))
        if ("device" in raw) == ("document" in raw):
            problems.append(Problem("device", "name either a device (and a slot) or a document, exactly one of both"))
        if "document" in raw and "slot" in raw:
            problems.append(Problem("slot", "belongs to a device; a document is named by its uid alone"))
        if problems:
            raise InvalidInput(problems)
        return cls(**found)  # type: ignore[arg-type]  # each value comes from its field's own reader


def _refused(name: str, derived_tokens: bool) -> Problem:
    if name in _LATER and derived_tokens:
        return Problem(name, "cannot be kept with LINK_TOKENS=derived, where links must survive a lost database")
    if name in _LATER:
        return Problem(name, "is not offered by this version; leave it out")
    return Problem(name[:40], f"is not known; there are: {', '.join(_KNOWN)}")


def _uid(value: object) -> DashboardUid:
    if isinstance(value, str) and _UID.fullmatch(value):
        return DashboardUid(value)
    raise InvalidInput([Problem("document", "must be a dashboard's uid: 1 to 40 letters, digits, '_' or '-'")])


def _label(value: object) -> str:
    if isinstance(value, str) and len(value) <= MAX_LABEL and "\0" not in value and _is_text(value):
        return value
    raise InvalidInput([Problem("label", f"must be text of at most {MAX_LABEL} characters")])


def _is_text(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _slug(value: object) -> Slug:
    if isinstance(value, str) and len(value) >= _MIN_SLUG and _SLUG.fullmatch(value):
        return Slug(value)
    raise InvalidInput([Problem("slug", "must be 3 to 64 of a-z, 0-9 and '-', with no '-' at an end")])


_READERS: Mapping[str, Callable[[object], object]] = {
    "device": parse_device_id,
    "slot": parse_slot,
    "document": _uid,
    "label": _label,
    "slug": _slug,
    "profile": parse_profile,
}
