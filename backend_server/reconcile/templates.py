"""Keeping templates good: a broken file is refused with its place, and the last good version stays in use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from backend_server.errors import InvalidInput, ProvisioningError
from backend_server.primitives.canonical_json import content_hash
from backend_server.templates import Template, TemplateSet, load_template


class TemplateFiles(Protocol):
    """The folder of template files."""

    @property
    def path(self) -> Path: ...

    def read(self) -> Mapping[str, bytes]:
        """Return sources by file name; raises ProvisioningError when the folder cannot be read."""
        ...

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def changed(self) -> bool:
        """Say, once, that something changed and has been quiet since."""
        ...


class Shelved(Protocol):
    """A template's last good source ("" = there never was one) and what is wrong with its file now."""

    @property
    def hash(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def error(self) -> str | None: ...


class Shelf(Protocol):
    """Where last good sources outlive a restart."""

    def everything(self) -> Mapping[str, Shelved]: ...

    def put(
        self, changed: Mapping[str, tuple[str, str, str | None]], removed: Collection[str], *, fencing: int | None
    ) -> None:
        """Store `{name: (hash, source, error)}` and forget removed names."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedTemplates:
    """The set in use, and what is wrong by file name (`""` = the folder itself)."""

    templates: TemplateSet
    problems: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""


class TemplateKeeper:
    """Loads templates from the folder over the shelf; parses only what is new."""

    def __init__(self, files: TemplateFiles, shelf: Shelf) -> None:
        self._files = files
        self._shelf = shelf
        self._parsed: dict[tuple[str, str], Template] = {}

    def load(self, *, fencing: int | None = None) -> LoadedTemplates:
        """Return the templates to use now, and shelve what is good; nothing is stored when nothing changed."""
        shelved = self._shelf.everything()
        problems: dict[str, str] = {}
        sources = self._sources(shelved, problems)
        good: dict[tuple[str, str], Template] = {}
        changed: dict[str, tuple[str, str, str | None]] = {}
        for name, source in sources.items():
            before = shelved.get(name)
            digest = content_hash(source)
            error = None
            try:
                good[name, digest] = self._template(name, digest, source)
            except InvalidInput as fault:
                problems[name] = error = fault.message
                if before is not None and before.source:
                    # A newer release may refuse what an older one took; then there is none to fall back on.
                    with suppress(InvalidInput):
                        good[name, before.hash] = self._template(name, before.hash, before.source.encode())
                digest = before.hash if before is not None else ""
            text = source.decode() if error is None else before.source if before is not None else ""
            if before is None or (before.hash, before.error) != (digest, error):
                changed[name] = (digest, text, error)
        self._shelf.put(changed, shelved.keys() - sources.keys(), fencing=fencing)
        self._parsed = good
        return LoadedTemplates(TemplateSet.of(good.values()), problems, str(self._files.path))

    def _sources(self, shelved: Mapping[str, Shelved], problems: dict[str, str]) -> Mapping[str, bytes]:
        """Read the folder; when it cannot be read, or lost everything at once, what is shelved stays."""
        kept = {name: one.source.encode() for name, one in shelved.items() if one.source}
        try:
            found = self._files.read()
        except ProvisioningError as fault:
            problems[""] = fault.message
            return kept
        if not found and kept:
            problems[""] = "The templates folder is empty; the last good templates stay in use."
            return kept
        return found

    def _template(self, name: str, digest: str, source: bytes) -> Template:
        return self._parsed.get((name, digest)) or load_template(name, source)
