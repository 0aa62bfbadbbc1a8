"""The dashboards folder as Grafana would read it, and the provider file beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import orjson

from backend_server.errors import ConfigError
from backend_server.primitives.ids import PROVIDERS, is_our_file
from backend_server.provisioning.providers import check_providers
from backend_server.provisioning.survey import verified

from .facts import FilesFacts, Sheet


def look_at_files(root: Path, *, with_grafana: bool, provisioning: Path | None) -> FilesFacts:
    """Examine DASHBOARDS_DIR, and the provider file below Grafana's `provisioning` folder when that is here."""
    missing, problems = _providers(provisioning, root) if provisioning is not None else (None, ())
    if not root.is_dir():
        return FilesFacts(str(root), with_grafana, missing=True, provider_missing=missing, provider_problems=problems)
    return FilesFacts(
        str(root),
        with_grafana,
        writable=os.access(root, os.W_OK) and all(os.access(folder, os.W_OK) for folder in _folders(root)),
        unreadable=tuple(_unreadable(root)),
        sheets=tuple(_sheets(root)),
        provider_missing=missing,
        provider_problems=problems,
    )


def _providers(provisioning: Path, root: Path) -> tuple[str | None, tuple[str, ...]]:
    root = root.resolve()
    try:
        check_providers(provisioning, root, environment={"DASHBOARDS_DIR": str(root)})
    except ConfigError as fault:
        problems = fault.details.get("problems")
        if isinstance(problems, list):
            return None, tuple(str(problem) for problem in problems)
        if not (provisioning / "dashboards").is_dir() or not any((provisioning / "dashboards").glob("*.yml")):
            return fault.message, ()
        return None, (fault.message,)
    return None, ()


def _folders(root: Path) -> list[Path]:
    return [root / provider for provider in PROVIDERS if (root / provider).is_dir()]


def _unreadable(root: Path) -> Iterator[str]:
    """Return what another user could not read: folders need read and search, files read."""
    if root.stat().st_mode & 0o005 != 0o005:
        yield str(root)
    for provider in PROVIDERS:
        if not (root / provider).is_dir():
            yield f"{provider} (missing)"
    for directory, names, files in os.walk(root):
        for name in names:
            if os.stat(os.path.join(directory, name)).st_mode & 0o005 != 0o005:
                yield os.path.relpath(os.path.join(directory, name), root)
        for name in files:
            path = os.path.join(directory, name)
            if name.endswith(".json") and os.path.exists(path) and not os.stat(path).st_mode & 0o004:
                yield os.path.relpath(path, root)


def _sheets(root: Path) -> Iterator[Sheet]:
    """Read every file Grafana would: a hidden folder is not walked, a hidden file is read."""
    for provider in PROVIDERS:
        for directory, names, files in os.walk(root / provider):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                if name.endswith(".json"):
                    path = Path(directory, name)
                    yield _sheet(path.relative_to(root).as_posix(), path)


def _sheet(file: str, path: Path) -> Sheet:
    try:
        body = path.read_bytes()
        found = orjson.loads(body)
    except (OSError, orjson.JSONDecodeError):
        return Sheet(file, "", "", ours=is_our_file(file))
    if not isinstance(found, dict):
        return Sheet(file, "", "", ours=False)
    ours = is_our_file(file) and verified(body) is not None
    return Sheet(file, str(found.get("uid") or ""), str(found.get("title") or ""), ours)
