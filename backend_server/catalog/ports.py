"""What the catalog needs from outside: the folder of files, and rows that outlive a restart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

from .model import StoredTemplate


class TemplateFiles(Protocol):
    """The folder of template files."""

    @property
    def path(self) -> Path: ...

    def read(self) -> Mapping[str, bytes]:
        """Return sources by file name; raises ProvisioningError when the folder cannot be read."""
        ...


class TemplateStore(Protocol):
    """Where last good sources outlive a restart."""

    def change_number(self) -> int:
        """Return the change number of the stored templates; cheap enough for every use."""
        ...

    def everything(self) -> Mapping[str, StoredTemplate]:
        """Return all stored templates by name."""
        ...


class TemplateWriter(Protocol):
    """Where the worker that leads stores the folder's good templates."""

    def put(self, changed: Collection[StoredTemplate], removed: Collection[str]) -> None:
        """Store changed templates and delete removed ones; without a change nothing is written. Raises LeaseLost."""
        ...
