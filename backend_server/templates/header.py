"""The header of a template, `__template__`: its slot and scope, what it applies to, the title, how it is shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend_server.documents.positions import join_path
from backend_server.errors import MOST_PROBLEMS, InvalidInput, Problem, shown
from backend_server.links.link import NAMED_PROFILES
from backend_server.primitives.ids import parse_slot
from backend_server.primitives.suggestions import did_you_mean

HEADER_KEY = "__template__"
DEFAULT_TITLE = "<< device.title >>"


class TemplateScope(StrEnum):
    """Whether a template makes one document per device or one for the fleet."""

    DEVICE = "device"
    FLEET = "fleet"


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """Which devices a template is for; empty `kinds` and `labels` mean any device."""

    kinds: frozenset[str]
    labels: Mapping[str, str]

    @property
    def weight(self) -> tuple[int, int]:
        """How specific this is: the number of labels first, then whether it names a kind."""
        return len(self.labels), int(bool(self.kinds))


@dataclass(frozen=True, slots=True)
class Header:
    """A checked header; `title` is as written or None; `share` is "true", "false", a profile's name or None."""

    slot: str
    scope: TemplateScope
    applies_to: AppliesTo
    title: str | None
    share: str | None


_KEYS = ("slot", "scope", "applies_to", "title", "share")


def read_header(found: object) -> tuple[Header, list[Problem]]:
    """Read a header, or nothing for its defaults; returns all its problems at once, each with its path."""
    problems: list[Problem] = []
    if found is None:
        found = {}
    if not isinstance(found, Mapping):
        problems.append(Problem(HEADER_KEY, f"must be an object with any of {', '.join(_KEYS)}"))
        found = {}
    problems += _unknown(found, _KEYS, HEADER_KEY)
    slot = found.get("slot", "main")
    try:
        slot = parse_slot(slot)
    except InvalidInput as fault:
        problems.append(Problem(f"{HEADER_KEY}.slot", fault.problems[0].message))
    scope = TemplateScope.DEVICE
    if found.get("scope", "device") in ("device", "fleet"):
        scope = TemplateScope(found.get("scope", "device"))
    else:
        problems.append(Problem(f"{HEADER_KEY}.scope", f'is {shown(found["scope"])}; write "device" or "fleet"'))
    applies_to = _read_applies_to(found.get("applies_to"), problems)
    if scope is TemplateScope.FLEET and (applies_to.kinds or applies_to.labels):
        problems.append(Problem(f"{HEADER_KEY}.applies_to", "has no meaning in a fleet template; remove it"))
    title = found.get("title")
    if title is not None and (not isinstance(title, str) or not title.strip()):
        problems.append(Problem(f"{HEADER_KEY}.title", f"must be a text that is not empty, e.g. {DEFAULT_TITLE!r}"))
        title = None
    return Header(str(slot), scope, applies_to, title, _read_share(found.get("share"), problems)), problems


def _read_applies_to(found: object, problems: list[Problem]) -> AppliesTo:
    path = f"{HEADER_KEY}.applies_to"
    if found is None:
        found = {}
    if not isinstance(found, Mapping):
        problems.append(Problem(path, 'must be an object, e.g. {"kind": "miner", "labels": {"site": "north"}}'))
        found = {}
    problems += _unknown(found, ("kind", "labels"), path)
    kinds = found.get("kind")
    names = [kinds] if isinstance(kinds, str) else kinds
    if not isinstance(names, list):
        names = []
    if kinds is not None and (not names or not all(isinstance(name, str) and name for name in names)):
        problems.append(Problem(f"{path}.kind", "must be a device kind's name, or a list of them"))
        names = []
    labels = found.get("labels")
    if labels is None:
        labels = {}
    if not isinstance(labels, Mapping) or not all(isinstance(value, str) for value in labels.values()):
        problems.append(Problem(f"{path}.labels", "must be an object of texts; a device's labels are texts"))
        labels = {}
    return AppliesTo(frozenset(names), dict(labels))


def _read_share(found: object, problems: list[Problem]) -> str | None:
    if found is None:
        return None
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str) and found in (*NAMED_PROFILES, "true", "false"):
        return found
    names = ", ".join(NAMED_PROFILES)
    problems.append(Problem(f"{HEADER_KEY}.share", f"must be true, false or a link profile's name ({names})"))
    return None


def _unknown(found: Mapping[Any, Any], known: tuple[str, ...], path: str) -> list[Problem]:
    problems: list[Problem] = []
    for key in found:
        if key not in known:
            # Comparing words takes long, and what is not told needs no suggestion.
            meant = did_you_mean(key, known, otherwise="known are") if len(problems) < MOST_PROBLEMS else ""
            problems.append(Problem(join_path(path, key), f"is not known{meant}"))
    return problems
