"""The folder of template files: its sources, and a watch that says when to look again.

Watchdog tells at once where the system delivers events; mounts that deliver none are looked at every few seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from backend_server.errors import ProvisioningError

_QUIET_SECONDS = 0.3  # an editor writes a file in several steps
_LOOK_SECONDS = 5.0
_MOST_BYTES = 8 * 1024 * 1024
_READING = frozenset({"opened", "closed_no_write"})


class TemplateFolder:
    """The files of TEMPLATES_DIR."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Return where it is."""
        return self._path

    def read(self) -> dict[str, bytes]:
        """Return the source of each `*.json` by file name; raises ProvisioningError when the folder cannot be read."""
        try:
            files = sorted(path for path in self._path.iterdir() if path.suffix == ".json" and path.is_file())
            return {path.name: self._source(path) for path in files if not path.name.startswith(".")}
        except OSError as fault:
            raise ProvisioningError(
                f"The templates in {self._path} cannot be read: {fault.strerror}. The last good ones stay in use."
            ) from fault

    @staticmethod
    def _source(path: Path) -> bytes:
        if path.stat().st_size > _MOST_BYTES:
            raise ProvisioningError(f"{path.name} is larger than {_MOST_BYTES} bytes; the last good templates stay.")
        return path.read_bytes()


class TemplateWatch:
    """Tells when TEMPLATES_DIR changed; `start` and `stop` it around asking `changed`."""

    def __init__(self, path: Path, *, monotonic: Callable[[], float] = time.monotonic, events: bool = True) -> None:
        self._path = path
        self._monotonic = monotonic
        self._events = events
        self._observer: BaseObserver | None = None
        self._lock = threading.Lock()
        self._event_at: float | None = None
        self._looked_at = float("-inf")
        self._signature: object = None

    def start(self) -> None:
        """Begin to watch; where the system cannot, the folder is looked at instead."""
        self._signature, self._looked_at = self._sign(), self._monotonic()
        if not self._events or self._observer is not None:
            return
        observer = Observer()
        try:
            observer.schedule(_Noticing(self._notice), str(self._path), recursive=False)
            observer.start()
        except OSError:
            return
        self._observer = observer

    def stop(self) -> None:
        """End the watch and its threads."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def changed(self) -> bool:
        """Whether something changed and has been quiet since; once True, it is forgotten."""
        now = self._monotonic()
        with self._lock:
            if self._event_at is not None:
                if now - self._event_at < _QUIET_SECONDS:
                    return False
                self._event_at = None
                # Signed before the files are read: what changes while they are is seen at the next look.
                self._signature, self._looked_at = self._sign(), now
                return True
        if now - self._looked_at < _LOOK_SECONDS:
            return False
        self._looked_at = now
        if self._sign() == self._signature:
            return False
        self._notice()
        return False

    def _notice(self) -> None:
        with self._lock:
            self._event_at = self._monotonic()

    def _sign(self) -> object:
        try:
            return tuple(
                sorted(
                    (path.name, found.st_mtime_ns, found.st_size, found.st_ino)
                    for path in self._path.iterdir()
                    if path.suffix == ".json" and (found := path.stat())
                )
            )
        except OSError:
            return None


class _Noticing(FileSystemEventHandler):
    def __init__(self, notice: Callable[[], None]) -> None:
        self._notice = notice

    def on_any_event(self, event: FileSystemEvent) -> None:
        names = (str(event.src_path), str(event.dest_path))
        if event.event_type not in _READING and any(name.endswith(".json") for name in names):
            self._notice()
