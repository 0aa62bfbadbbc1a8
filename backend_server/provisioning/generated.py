"""Generated dashboards as files in a folder of the operator's: read all, write changed ones whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend_server.documents.reading import read_dashboard
from backend_server.errors import InvalidInput, NotFound

_NOT_DASHBOARDS = frozenset({"manifest.json"})


def read_folder(folder: Path) -> dict[str, dict[str, Any]]:
    """Read a folder's dashboards by file name without `.json`; raises NotFound, or InvalidInput naming the file."""
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder; generate dashboards into it first, or name another with --dir.")
    found = {}
    for path in sorted(folder.glob("*.json")):
        if path.name not in _NOT_DASHBOARDS and not path.name.startswith("."):
            found[path.stem] = read_dashboard(path.read_bytes(), what=path.name)
    return found


def read_one(folder: Path, slug: str) -> dict[str, Any] | None:
    """Read one dashboard; None when there is no such file or it is no dashboard (to generate again is the remedy)."""
    try:
        return read_dashboard((folder / f"{slug}.json").read_bytes(), what=slug)
    except (FileNotFoundError, InvalidInput):
        return None


def write_folder(folder: Path, files: Mapping[str, bytes]) -> int:
    """Write files by name, each whole or not at all, and only those whose bytes differ; gives how many were written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for name, body in files.items():
        path = folder / name
        try:
            if path.read_bytes() == body:
                continue
        except FileNotFoundError:
            pass
        handle, beside = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
        try:
            with open(handle, "wb") as out:
                out.write(body)
            os.chmod(beside, 0o644)  # mkstemp makes it private, and others read these files
            os.replace(beside, path)
        except BaseException:
            os.unlink(beside)
            raise
        written += 1
    return written
