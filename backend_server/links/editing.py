"""Changing a link that was handed out: what may be changed, the result, and the audit's details. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.secret import Secret

from .fields import LINK_FIELDS, UNSET, shown_field, span_problems
from .link import Link, LinkProfile
from .profile import parse_profile

_NAMED = ("slug", *LINK_FIELDS)


@dataclass(frozen=True, slots=True)
class LinkEdit:
    """A checked `PATCH`: fields that are absent stay; null takes a field back to what it is without being set."""

    changes: Mapping[str, object]
    profile: object = None
    has_profile: bool = False
    password: Secret | None = field(default=None, repr=False)
    has_password: bool = False

    @classmethod
    def of(cls, given: Mapping[str, object]) -> LinkEdit:
        """Return the edit of the named fields, each as its rule reads it; a profile stays as it was sent."""
        password = given.get("password")
        return cls(
            changes={name: UNSET.get(name) if given[name] is None else given[name] for name in _NAMED if name in given},
            profile=given.get("profile"),
            has_profile="profile" in given,
            password=password if isinstance(password, Secret) else None,
            has_password="password" in given,
        )

    @property
    def wanted(self) -> dict[str, object]:
        """The requested values of the link, by field."""
        return {**self.changes, "profile": self.profile, "password": self.password}

    def apply(self, link: Link, now_ms: int, password_hash: str | None) -> Link:
        """Return the changed link; `password_hash` is the new password's.

        Returns `link` itself when nothing changes. Raises InvalidInput when the result makes no sense.
        """
        after = replace(link, **self.changes)  # type: ignore[arg-type]  # each value comes from its field's own reader
        if self.has_profile:
            base = link.profile if isinstance(self.profile, Mapping) else LinkProfile()
            after = replace(after, profile=parse_profile(self.profile, base=base))
        if self.has_password:
            after = replace(after, password_hash=password_hash)
        if after == link:
            return link
        problems = span_problems(after.not_before, after.expires_at)
        if after.expires_at != link.expires_at:
            problems += past_problems(after.expires_at, now_ms)
        if problems:
            raise InvalidInput(problems)
        return replace(after, updated_at=now_ms)


def past_problems(expires_at: int | None, now_ms: int) -> list[Problem]:
    """Return the problem of an end in the past: a mistake in the time, or a revocation that should be called one."""
    if expires_at is not None and expires_at <= now_ms:
        return [Problem("expires_at", "lies in the past; give a later time, or pause or revoke the link")]
    return []


def audit_details(before: Link, after: Link) -> dict[str, object]:
    """Return `{field: [before, after]}` for the audit; of a password only that it was set, changed or removed."""
    details: dict[str, object] = {
        name: [shown_field(name, getattr(before, name)), shown_field(name, getattr(after, name))]
        for name in _NAMED
        if getattr(before, name) != getattr(after, name)
    }
    if before.profile != after.profile:
        old, new = before.profile.as_json(), after.profile.as_json()
        differing = [name for name in old if old[name] != new[name]]
        details["profile"] = [{name: shown[name] for name in differing} for shown in (old, new)]
    if before.password_hash != after.password_hash:
        changed = "set" if before.password_hash is None else "changed"
        details["password"] = "removed" if after.password_hash is None else changed
    return details
