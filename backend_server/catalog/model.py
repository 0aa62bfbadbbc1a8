"""The catalog's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend_server.templates import TemplateSet


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A template's last good source ("" = there never was one), its hash, and what is wrong with its file now."""

    name: str
    hash: str
    source: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedTemplates:
    """The set in use, and what is wrong by file name (`""` = the folder itself)."""

    templates: TemplateSet
    problems: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
