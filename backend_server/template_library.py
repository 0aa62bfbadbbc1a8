"""The templates in use, as any process sees them: the last good sources in the database, where the worker keeps them.

Before a worker or `prepare` has put any there, the folder's own files are read, so that a first registration already
knows its slots.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from backend_server.errors import InvalidInput
from backend_server.rendering import Template, TemplateSet, load_template
from backend_server.storage.schema import templates as templates_table
from backend_server.storage.store import Store


@dataclass(frozen=True, slots=True)
class _Held:
    change: int = -1
    fingerprint: tuple[tuple[str, str, str | None], ...] = ()
    current: TemplateSet = field(default_factory=lambda: TemplateSet.of(()))
    faults: Mapping[str, str] = field(default_factory=dict)


class TemplateLibrary:
    """Gives the set of templates, guarded by the store's change number; parses only what is new."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._lock = threading.Lock()
        self._held = _Held()
        self._parsed: dict[tuple[str, str], Template] = {}

    def current(self) -> TemplateSet:
        """Give the templates in use."""
        return self._fresh().current

    def faults(self) -> Mapping[str, str]:
        """Give what is wrong with files that are broken now, by template name; an older version may be in use."""
        return self._fresh().faults

    def source(self, name: str) -> bytes | None:
        """Give the source of a template in use."""
        with self._store.read() as connection:
            wanted = select(templates_table.c.source).where(templates_table.c.name == name)
            found = connection.execute(wanted).scalar_one_or_none()
        if found is not None:
            return str(found).encode()
        path = self._folder / name
        return path.read_bytes() if path.name == name and path.is_file() else None

    def _fresh(self) -> _Held:
        change = self._store.change_number()
        if self._held.change == change:
            return self._held
        with self._lock:
            columns = (templates_table.c.name, templates_table.c.hash, templates_table.c.error)
            with self._store.read() as connection:
                rows = connection.execute(select(*columns).order_by(templates_table.c.name)).all()
            fingerprint = tuple((str(row.name), str(row.hash), row.error) for row in rows)
            if fingerprint == self._held.fingerprint and (fingerprint or self._held.change >= 0):
                self._held = _Held(change, fingerprint, self._held.current, self._held.faults)
            else:
                self._held = self._load(change, fingerprint)
            return self._held

    def _load(self, change: int, fingerprint: tuple[tuple[str, str, str | None], ...]) -> _Held:
        faults = {name: error for name, _, error in fingerprint if error}
        sources = self._stored() if fingerprint else self._on_disk()
        good: dict[tuple[str, str], Template] = {}
        for name, (digest, source) in sources.items():
            try:
                good[name, digest] = self._parsed.get((name, digest)) or load_template(name, source)
            except InvalidInput as fault:
                faults.setdefault(name, fault.message)
        self._parsed = {key: template for key, template in good.items() if key[1]}
        return _Held(change, fingerprint, TemplateSet.of(good.values()), faults)

    def _stored(self) -> dict[str, tuple[str, bytes]]:
        columns = (templates_table.c.name, templates_table.c.hash, templates_table.c.source)
        with self._store.read() as connection:
            return {
                str(row.name): (str(row.hash), str(row.source).encode())
                for row in connection.execute(select(*columns))
                if row.source
            }

    def _on_disk(self) -> dict[str, tuple[str, bytes]]:
        return {path.name: ("", path.read_bytes()) for path in sorted(self._folder.glob("*.json"))}
