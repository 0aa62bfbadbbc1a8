"""The files that Grafana would read below DASHBOARDS_DIR: which are ours, which are foreign, how many there are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from backend_server.primitives.canonical_json import content_hash
from backend_server.primitives.ids import PROVIDERS, is_our_file, provider_of
from backend_server.reconcile.model import FolderSurvey

_Signature = tuple[int, int, int]
_UNREADABLE = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Seen:
    """How a file was last seen; its content is None for one that is not ours, and not known before it was read."""

    signature: _Signature
    content: str | None = None
    is_read: bool = False


class FolderSurveyor:
    """Looks at a folder again and again; a file whose size, time and inode are as last seen is not read again."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, _Seen] | None = None

    def survey(self) -> FolderSurvey:
        """Survey every file Grafana would read."""
        owned: dict[str, str] = {}
        foreign = []
        seen: dict[str, _Seen] = {}
        for file, path in self._files():
            try:
                seen[file] = found = self._look_at(file, path)
            except FileNotFoundError:
                continue
            if is_our_file(file) and found.content is not None:
                owned[file] = found.content
            else:
                foreign.append(file)
        self._seen = seen
        return FolderSurvey(owned, tuple(sorted(foreign)))

    def changed(self) -> dict[str, str | None]:
        """Return the files that are not as last seen, with the content hash of those of ours that are there.

        They count as seen from then on, as does what `wrote` was told of. Before the first survey nothing has changed.
        """
        if self._seen is None:
            return {}
        gone = set(self._seen)
        changed: dict[str, str | None] = {}
        for file, entry in self._files():
            gone.discard(file)
            before = self._seen.get(file)
            if before is None or before.signature != _signature_of(entry):
                changed[file] = self._look_again(file, entry)
        for file in gone:
            del self._seen[file]
            changed[file] = None
        return changed

    def wrote(self, files: Iterable[str]) -> None:
        """Note that files are as we made them, so that they do not count as changed."""
        if self._seen is None:
            return
        for file in files:
            with suppress(OSError):
                self._seen[file] = _Seen(_signed(os.stat(self._root / file)))

    def _look_again(self, file: str, entry: os.DirEntry[str]) -> str | None:
        assert self._seen is not None
        try:
            found = self._seen[file] = self._look_at(file, entry)
        except FileNotFoundError:
            self._seen.pop(file, None)
            return None
        return found.content if is_our_file(file) else None

    def _look_at(self, file: str, entry: os.DirEntry[str]) -> _Seen:
        """Read a file unless it is as last seen; raises FileNotFoundError."""
        signature = _signature_of(entry)
        before = None if self._seen is None else self._seen.get(file)
        if before is not None and before.is_read and before.signature == signature:
            return before
        try:
            return _Seen(signature, verified(Path(entry.path).read_bytes()), is_read=True)
        except FileNotFoundError:
            raise
        except OSError:
            return _Seen(_UNREADABLE, None, is_read=True)

    def counts(self) -> Counter[str]:
        """Count the `.json` files of each provider, foreign ones included, as Grafana does."""
        return Counter(provider_of(file) for file, _ in self._files())

    def forget(self, file: str) -> None:
        """Forget what a file was like; it is not there any more."""
        if self._seen is not None:
            self._seen.pop(file, None)

    def _files(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        for provider in PROVIDERS:
            yield from _json_files(f"{self._root}/{provider}", provider)


def verified(body: bytes) -> str | None:
    """Return the true content hash of a file of ours, "" when stamp and bytes differ, None without a stamp."""
    try:
        claimed = orjson.loads(body)["dashwright"]["content"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None
    if not isinstance(claimed, str) or not claimed:
        return None
    return claimed if content_hash(body.replace(claimed.encode(), b"", 1)) == claimed else ""


def _signature_of(entry: os.DirEntry[str]) -> _Signature:
    try:
        return _signed(entry.stat())
    except OSError:
        return _UNREADABLE


def _signed(found: os.stat_result) -> _Signature:
    return found.st_mtime_ns, found.st_size, found.st_ino


def _json_files(directory: str, relative: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(".json"):
                    if not entry.is_dir():
                        yield f"{relative}/{name}", entry
                    else:
                        yield from _json_files(entry.path, f"{relative}/{name}")
                elif not name.startswith(".") and entry.is_dir():
                    yield from _json_files(entry.path, f"{relative}/{name}")
    except OSError:
        return  # missing or unreadable: nothing Grafana could read; the next write makes it again or says why not
