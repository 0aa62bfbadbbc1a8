"""The templates in use: the last good sources in the database, where the worker keeps them and every process reads.

A broken file is refused with its place, and the last good version stays. Before a worker or `prepare` has stored any,
the folder's own files are read, so that a first registration already knows its slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend_server.errors import InvalidInput, ProvisioningError
from backend_server.primitives.canonical_json import content_hash
from backend_server.primitives.memory import Guarded
from backend_server.templates import Template, TemplateSet, load_template

from .model import LoadedTemplates, StoredTemplate
from .ports import TemplateFiles, TemplateStore, TemplateWriter


@dataclass(frozen=True, slots=True)
class _InUse:
    templates: TemplateSet
    faults: Mapping[str, str]
    sources: Mapping[str, str]


class TemplateCatalog:
    """The templates by name; safe for many threads. Only the worker that leads calls `load`."""

    def __init__(self, files: TemplateFiles, store: TemplateStore) -> None:
        self._files = files
        self._store = store
        self._parsed: dict[tuple[str, str], Template | str] = {}  # by name and hash; a text is what is wrong
        self._in_use = Guarded(self._read, store.change_number)
        # Called for the templates in use, at every registration.
        self.current = Guarded(lambda: self._in_use().templates, store.change_number)

    def faults(self) -> Mapping[str, str]:
        """Return what is wrong with files that are broken now, by template name; an older version may be in use."""
        return self._in_use().faults

    def source(self, name: str) -> str | None:
        """Return the source of a template in use."""
        return self._in_use().sources.get(name)

    def load(self, writer: TemplateWriter) -> LoadedTemplates:
        """Store the folder's good templates and return those in use; nothing is stored when nothing changed.

        Raises LeaseLost.
        """
        stored = self._store.everything()
        problems: dict[str, str] = {}
        changed = []
        sources = self._sources(stored, problems)
        for name, source in sources.items():
            template = self._judge(name, source, stored.get(name))
            if template.error is not None:
                problems[name] = template.error
            if template != stored.get(name):
                changed.append(template)
        writer.put(changed, stored.keys() - sources.keys())
        return LoadedTemplates(self.current(), problems, str(self._files.path))

    def _sources(self, stored: Mapping[str, StoredTemplate], problems: dict[str, str]) -> Mapping[str, bytes]:
        """Read the folder; when it is unreadable, or empty all at once, the stored templates stay."""
        last_good = {name: template.source.encode() for name, template in stored.items() if template.source}
        try:
            found = self._files.read()
        except ProvisioningError as fault:
            problems[""] = fault.message
            return last_good
        if not found and last_good:
            problems[""] = "The templates folder is empty; the last good templates stay in use."
            return last_good
        return found

    def _judge(self, name: str, source: bytes, last: StoredTemplate | None) -> StoredTemplate:
        """Return the template to store: with this source, or with the last good one and its error."""
        digest = content_hash(source)
        parsed = self._parse(name, digest, source)
        if isinstance(parsed, Template):
            return StoredTemplate(name, digest, source.decode())
        last = last or StoredTemplate(name, "", "")
        return StoredTemplate(name, last.hash, last.source, parsed)

    def _read(self) -> _InUse:
        stored = self._store.everything() or self._on_disk()
        parsed = {
            (name, template.hash): self._parse(name, template.hash, template.source.encode())
            for name, template in stored.items()
            if template.source
        }
        self._parsed = parsed  # what is not in use any more is forgotten
        faults = {name: found for (name, _), found in parsed.items() if isinstance(found, str)}
        errors = {name: template.error for name, template in stored.items() if template.error}
        return _InUse(
            TemplateSet.of(template for template in parsed.values() if isinstance(template, Template)),
            {**faults, **errors},
            {name: template.source for name, template in stored.items() if template.source},
        )

    def _on_disk(self) -> Mapping[str, StoredTemplate]:
        try:
            sources = self._files.read()
        except ProvisioningError:
            return {}
        return {name: self._judge(name, source, None) for name, source in sources.items()}

    def _parse(self, name: str, digest: str, source: bytes) -> Template | str:
        """Return the template, or its error; each version is parsed once."""
        found = self._parsed.get((name, digest))
        if found is None:
            try:
                found = load_template(name, source)
            except InvalidInput as fault:
                found = fault.message
            self._parsed[name, digest] = found
        return found
