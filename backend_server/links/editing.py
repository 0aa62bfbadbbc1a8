"""Changing a link that was handed out: what may be said, what comes of it, and how the audit tells it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.clock import format_time
from backend_server.primitives.secret import Secret

from .fields import read_fields, refused_where_derived, span_problems
from .link import Link
from .profile import LinkProfile, parse_profile

_KNOWN = ("label", "slug", "profile", "not_before", "expires_at", "password", "frame_ancestors")
_NEVER_NULL = ("slug",)
_PLAIN = ("label", "slug", "not_before", "expires_at", "frame_ancestors")
_MOMENTS = frozenset({"not_before", "expires_at"})


@dataclass(frozen=True, slots=True)
class LinkEdit:
    """A checked `PATCH`: fields that are absent stay; null takes a field back to what it is without being set."""

    changes: Mapping[str, object]
    profile: object = None
    has_profile: bool = False
    password: Secret | None = field(default=None, repr=False)
    has_password: bool = False

    @classmethod
    def from_json(cls, raw: object, *, derived_tokens: bool = False) -> LinkEdit:
        """Read the body of `PATCH /api/links/{token}`; raises InvalidInput naming every field that is wrong."""
        if not isinstance(raw, Mapping):
            raise InvalidInput([Problem("", 'must be an object such as {"label": "Lobby"}')])
        found, problems = read_fields(raw, _KNOWN)
        if derived_tokens:
            problems += refused_where_derived(raw)
        problems += [Problem(name, "cannot be taken away") for name in _NEVER_NULL if name in raw and raw[name] is None]
        problems += span_problems(found.get("not_before"), found.get("expires_at"))
        if problems:
            raise InvalidInput(problems)
        empty: Mapping[str, object] = {"label": "", "frame_ancestors": ()}
        password = found.get("password")
        return cls(
            changes={name: found.get(name, empty.get(name)) for name in _PLAIN if name in raw},
            profile=raw.get("profile"),
            has_profile="profile" in raw,
            password=password if isinstance(password, Secret) else None,
            has_password="password" in raw,
        )

    def apply(self, link: Link, now_ms: int, password_hash: str | None) -> Link:
        """Return the link as it is to be; `password_hash` is the new password's.

        Gives `link` itself when nothing changes. Raises InvalidInput when what comes of it makes no sense.
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
    """An end that has passed is a mistake in the time, or a revocation that should be called one."""
    if expires_at is not None and expires_at <= now_ms:
        return [Problem("expires_at", "lies in the past; give a later time, or pause or revoke the link")]
    return []


def told_changes(before: Link, after: Link) -> dict[str, object]:
    """Return `{field: [before, after]}` for the audit; of a password only that it was set, changed or removed."""
    told: dict[str, object] = {
        name: [_shown(name, getattr(before, name)), _shown(name, getattr(after, name))]
        for name in _PLAIN
        if getattr(before, name) != getattr(after, name)
    }
    if before.profile != after.profile:
        old, new = before.profile.as_json(), after.profile.as_json()
        told["profile"] = [{k: v for k, v in old.items() if v != new[k]}, {k: v for k, v in new.items() if v != old[k]}]
    if before.password_hash != after.password_hash:
        told["password"] = (
            "removed" if after.password_hash is None else "set" if before.password_hash is None else "changed"
        )
    return told


def _shown(name: str, value: object) -> object:
    if name in _MOMENTS and isinstance(value, int):
        return format_time(datetime.fromtimestamp(value / 1000, UTC))
    return list(value) if isinstance(value, tuple) else value
