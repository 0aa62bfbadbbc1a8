"""The built pages: which hashed files a page loads, read from Vite's manifest and read again when that changes."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from werkzeug.exceptions import NotFound

from backend_server.primitives.shipped import built

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True)
class PageFiles:
    """File names below `assets/`: the entry script, the scripts it imports at once, and its style sheets."""

    script: str
    preloads: tuple[str, ...]
    styles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A built file as it goes out; `encoding` is `gzip` for a precompressed one."""

    body: bytes
    content_type: str
    encoding: str | None
    varies: bool


class BuiltPages:
    """The folder `static/dist` that Vite writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._manifest: dict[str, Any] = {}
        self._read_at = -1

    def files_of(self, entry: str, *soon: str) -> PageFiles | None:
        """Return what a page with this entry (`src/pages/viewer/main.ts`) loads; None when it is not built.

        `soon` are modules that it imports by itself a moment later.
        """
        manifest = self._current()
        chunk = manifest.get(entry)
        if not isinstance(chunk, dict):
            return None
        styles: dict[str, None] = {}
        imported: dict[str, None] = {}
        seen: set[str] = set()
        for module in (entry, *soon):
            self._collect(manifest, module, imported, styles, seen=seen)
        script = _short(chunk["file"])
        return PageFiles(script, tuple(name for name in imported if name != script), tuple(styles))

    def read(self, name: str, accept_encoding: str) -> BuiltFile | None:
        """Return a file below `assets/`; None for none. Names are flat, so none can lead out of the folder."""
        suffix = Path(name).suffix
        if not _NAME.fullmatch(name) or suffix not in _TYPES:
            return None
        path = self._folder / "assets" / name
        packed = path.with_name(f"{name}.gz")
        varies = packed.is_file()
        wants_gzip = varies and takes_gzip(accept_encoding)
        try:
            body = (packed if wants_gzip else path).read_bytes()
        except OSError:
            return None
        return BuiltFile(body, _TYPES[suffix], "gzip" if wants_gzip else None, varies)

    def _current(self) -> dict[str, Any]:
        path = self._folder / "manifest.json"
        try:
            changed_at = path.stat().st_mtime_ns
        except OSError:
            return {}
        with self._lock:
            if changed_at != self._read_at:
                try:
                    found = orjson.loads(path.read_bytes())
                except (OSError, orjson.JSONDecodeError):
                    return self._manifest  # just being written: the next request reads it whole
                self._manifest = found if isinstance(found, dict) else {}
                self._read_at = changed_at
            return self._manifest

    def _collect(
        self,
        manifest: dict[str, Any],
        entry: str,
        imported: dict[str, None],
        styles: dict[str, None],
        *,
        seen: set[str],
    ) -> None:
        chunk = manifest.get(entry)
        if entry in seen or not isinstance(chunk, dict):
            return
        seen.add(entry)
        for other in chunk.get("imports", []):
            self._collect(manifest, other, imported, styles, seen=seen)
        imported[_short(chunk["file"])] = None
        styles.update(dict.fromkeys(_short(style) for style in chunk.get("css", [])))


def _short(file: str) -> str:
    return file.removeprefix("assets/")


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a browser takes gzip, by its `Accept-Encoding`."""
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        if coding in ("gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


@cache
def fixed_file(name: str) -> bytes:
    """Read a built file that keeps its name; raises NotFound where the pages are not built."""
    try:
        return built("public", name).read_bytes()
    except FileNotFoundError:
        raise NotFound("The pages are not built; run `make setup`.") from None
