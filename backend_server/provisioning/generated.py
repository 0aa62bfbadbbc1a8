"""Generated dashboards as files in a folder of the operator's: read all, write changed ones whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from backend_server.documents.reading import read_dashboard
from backend_server.errors import InvalidInput, NotFound, ProvisioningError

_NOT_DASHBOARDS = frozenset({"manifest.json"})


def read_folder(folder: Path) -> dict[str, dict[str, Any]]:
    """Read a folder's dashboards by file name without `.json`; raises NotFound, or InvalidInput naming the file."""
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder; generate dashboards into it first, or name another with --dir.")
    found = {}
    for path in sorted(folder.glob("*.json")):
        if path.name not in _NOT_DASHBOARDS and not path.name.startswith("."):
            try:
                body = path.read_bytes()
            except OSError as fault:
                raise ProvisioningError(f"{path} cannot be read: {fault.strerror}.") from fault
            found[path.stem] = read_dashboard(body, what=path.name)
    return found


def read_one(folder: Path, slug: str) -> tuple[dict[str, Any] | None, str | None]:
    """Read one dashboard; returns None and, when a file stands there that cannot be read, the reason."""
    path = folder / f"{slug}.json"
    try:
        return read_dashboard(path.read_bytes(), what=path.name), None
    except FileNotFoundError:
        return None, None
    except OSError as fault:
        return None, f"{path} cannot be read: {fault.strerror}"
    except InvalidInput as fault:
        return None, fault.message


def read_others(folder: Path, known: Container[str]) -> dict[str, dict[str, Any]]:
    """Read the dashboards of a folder whose names are not known, by name; what cannot be read is left out."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        if path.stem not in known and path.name not in _NOT_DASHBOARDS and not path.name.startswith("."):
            document, _ = read_one(folder, path.stem)
            if document is not None and path.stem.isprintable():
                found[path.stem] = document
    return found


def read_bytes(path: Path) -> bytes | None:
    """Read a file's bytes; None when it is not there or cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def remove_files(folder: Path, names: Iterable[str]) -> None:
    """Remove files by name; of a symbolic link only the link. Raises ProvisioningError when the disk refuses."""
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as fault:
            raise ProvisioningError(f"{folder / name} cannot be removed: {fault.strerror}.") from fault


def write_folder(folder: Path, files: Mapping[str, bytes]) -> int:
    """Write files by name, each whole or not at all, and only those whose bytes differ; returns how many were written.

    Raises ProvisioningError when the disk refuses. A name that is a symbolic link is replaced, never followed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return sum(_write_file(folder, name, body) for name, body in files.items())
    except OSError as fault:
        raise ProvisioningError(
            f"{fault.filename or folder} cannot be written: {fault.strerror}. Name a folder you may write to."
        ) from fault


def _write_file(folder: Path, name: str, body: bytes) -> bool:
    path = folder / name
    if path.is_file() and not path.is_symlink() and path.read_bytes() == body:
        return False
    handle, beside = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    try:
        with open(handle, "wb") as out:
            out.write(body)
        os.chmod(beside, 0o644)  # mkstemp makes it private, and others read these files
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
    return True
