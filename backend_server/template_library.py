"""The templates in use, as any process sees them: the last good sources in the database, where the worker keeps them.

Before a worker or `prepare` has put any there, the folder's own files are read, so that a first registration already
knows its slots.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend_server.errors import InvalidInput, ProvisioningError
from backend_server.primitives.canonical_json import content_hash
from backend_server.provisioning.template_folder import TemplateFolder
from backend_server.storage.engine.store import Store
from backend_server.storage.engine.topics import Topic
from backend_server.storage.tables.templates import TemplateShelf
from backend_server.templates import Template, TemplateSet, load_template

_Sources = Mapping[str, tuple[str, str]]  # name → (hash, source)


@dataclass(frozen=True, slots=True)
class _Held:
    change: int = -1
    sources: _Sources = field(default_factory=dict)
    current: TemplateSet = field(default_factory=lambda: TemplateSet.of(()))
    faults: Mapping[str, str] = field(default_factory=dict)


class TemplateLibrary:
    """Returns the set of templates, guarded by the store's change number; parses only what is new."""

    def __init__(self, store: Store, folder: TemplateFolder) -> None:
        self._store = store
        self._shelf = TemplateShelf(store)
        self._folder = folder
        self._lock = threading.Lock()
        self._held = _Held()
        self._parsed: dict[tuple[str, str], Template] = {}

    def current(self) -> TemplateSet:
        """Return the templates in use."""
        return self._fresh().current

    def faults(self) -> Mapping[str, str]:
        """Return what is wrong with files that are broken now, by template name; an older version may be in use."""
        return self._fresh().faults

    def source(self, name: str) -> str | None:
        """Return the source of a template in use."""
        found = self._fresh().sources.get(name)
        return None if found is None else found[1]

    def _fresh(self) -> _Held:
        change = self._store.change_number(Topic.TEMPLATES)
        held = self._held
        if held.change == change:
            return held
        with self._lock:
            rows = self._shelf.everything()
            sources = {name: (row.hash, row.source) for name, row in rows.items() if row.source}
            faults = {name: row.error for name, row in rows.items() if row.error}
            if not rows:
                sources = self._on_disk()
            if sources == self._held.sources and self._held.change >= 0:
                # Errors that parsing itself found belong to the sources, which are the same.
                self._held = _Held(change, sources, self._held.current, {**self._found(sources), **faults})
            else:
                self._held = self._load(change, sources, faults)
            return self._held

    def _load(self, change: int, sources: _Sources, faults: Mapping[str, str]) -> _Held:
        good: dict[tuple[str, str], Template] = {}
        for name, (digest, source) in sources.items():
            try:
                good[name, digest] = self._parsed.get((name, digest)) or load_template(name, source.encode())
            except InvalidInput:
                continue  # `_found` names it
        self._parsed = good
        return _Held(change, sources, TemplateSet.of(good.values()), {**self._found(sources), **faults})

    def _found(self, sources: _Sources) -> dict[str, str]:
        """Word what parsing found in sources that give no template."""
        faults = {}
        for name, (digest, source) in sources.items():
            if (name, digest) not in self._parsed:
                try:
                    load_template(name, source.encode())
                except InvalidInput as fault:
                    faults[name] = fault.message
        return faults

    def _on_disk(self) -> dict[str, tuple[str, str]]:
        try:
            found = self._folder.read()
        except ProvisioningError:
            return {}
        return {name: (content_hash(source), source.decode("utf-8", "replace")) for name, source in found.items()}
