"""The files that Grafana would read below DASHBOARDS_DIR: which are ours, which are foreign, how many there are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson

from backend_server.primitives.canonical_json import content_hash
from backend_server.primitives.ids import PROVIDERS, is_our_file, provider_of
from backend_server.reconcile.model import FolderSurvey

_Signature = tuple[int, int, int]


class FolderSurveyor:
    """Looks at a folder again and again; a file whose size, time and inode are as last seen is not read again."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, tuple[_Signature, str | None]] = {}

    def survey(self) -> FolderSurvey:
        """Look at every file Grafana would read."""
        owned: dict[str, str] = {}
        foreign = []
        seen: dict[str, tuple[_Signature, str | None]] = {}
        for file, path in self._files():
            try:
                found = path.stat()
                signature = (found.st_mtime_ns, found.st_size, found.st_ino)
                before = self._seen.get(file)
                content = before[1] if before is not None and before[0] == signature else verified(path.read_bytes())
            except FileNotFoundError:
                continue
            except OSError:
                signature, content = (0, 0, 0), None
            seen[file] = (signature, content)
            if is_our_file(file) and content is not None:
                owned[file] = content
            else:
                foreign.append(file)
        self._seen = seen
        return FolderSurvey(owned, tuple(sorted(foreign)))

    def counts(self) -> Counter[str]:
        """Count the `.json` files of each provider, foreign ones included, as Grafana does."""
        return Counter(provider_of(file) for file, _ in self._files())

    def forget(self, file: str) -> None:
        """Forget what a file was like; it is not there any more."""
        self._seen.pop(file, None)

    def _files(self) -> Iterator[tuple[str, Path]]:
        for provider in PROVIDERS:
            yield from _json_files(self._root / provider, provider)


def verified(body: bytes) -> str | None:
    """Return the true content hash of a file of ours, "" when stamp and bytes differ, None without a stamp."""
    try:
        claimed = orjson.loads(body)["dashwright"]["content"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None
    if not isinstance(claimed, str) or not claimed:
        return None
    return claimed if content_hash(body.replace(claimed.encode(), b"", 1)) == claimed else ""


def _json_files(directory: Path, relative: str) -> Iterator[tuple[str, Path]]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                name = f"{relative}/{entry.name}"
                if entry.name.endswith(".json") and not entry.is_dir():
                    yield name, Path(entry.path)
                elif not entry.name.startswith(".") and entry.is_dir():
                    yield from _json_files(Path(entry.path), name)
    except OSError:
        return  # missing or unreadable: nothing Grafana could read; the next write makes it again or says why not
