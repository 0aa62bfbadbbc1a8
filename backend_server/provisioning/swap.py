"""Whole-file swaps: a reader sees the old bytes or the new, never a part; any batch is flushed twice.

One file: fsync of the file, rename, fsync of the directory. More files: all temporaries, one flush of the file system
(syncfs), all renames, one more flush; where the system has no syncfs, fsync of each file and of each directory once.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import time
from collections.abc import Collection, Mapping
from contextlib import suppress

FILE_MODE = 0o644  # Grafana runs as another user and must read what we write
DIRECTORY_MODE = 0o755
TEMPORARY_SUFFIX = ".tmp"  # Grafana loads every name that ends in `.json`, hidden ones too
_ABANDONED_AFTER_SECONDS = 60.0


class Flusher:
    """Brings a batch to the disk and counts how often it asked the system to (`flushes`)."""

    def __init__(self) -> None:
        self.flushes = 0
        self._syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)

    def file(self, handle: int) -> None:
        """Flush one open file or directory."""
        self.flushes += 1
        os.fsync(handle)

    def directory(self, path: str) -> None:
        """Flush a directory, so that a rename or removal in it survives a power cut."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.file(handle)
        finally:
            os.close(handle)

    def file_system(self, path: str) -> bool:
        """Flush the whole file system that holds `path` in one call; False where the system cannot."""
        if self._syncfs is None:
            return False
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if self._syncfs(handle) != 0:
                fault = ctypes.get_errno()
                raise OSError(fault, os.strerror(fault), path)
        finally:
            os.close(handle)
        self.flushes += 1
        return True


def swap_files(bodies: Mapping[str, bytes], flusher: Flusher) -> None:
    """Swap in all files, by path, as one group; after an error those not yet renamed keep their old bytes.

    Paths are plain texts: `pathlib` would cost more than the system calls of a batch.
    """
    if not bodies:
        return
    alone = len(bodies) == 1
    beside: dict[str, str] = {}
    try:
        for path, body in bodies.items():
            beside[path] = _write_beside(path, body, flusher if alone else None)
        parents = {os.path.dirname(path) for path in bodies}
        grouped = not alone and flusher.file_system(next(iter(parents)))
        if not alone and not grouped:
            for temporary in beside.values():
                _flush_path(temporary, flusher)
        for path in bodies:
            os.replace(beside[path], path)
            del beside[path]
        if not grouped or not flusher.file_system(next(iter(parents))):
            for parent in parents:
                flusher.directory(parent)
    finally:
        for temporary in beside.values():
            with suppress(FileNotFoundError):
                os.unlink(temporary)


def remove_files(paths: Collection[str], flusher: Flusher) -> set[str]:
    """Remove files that exist, flush each directory once, and return those that were there."""
    removed = set()
    for path in paths:
        with suppress(FileNotFoundError):
            os.unlink(path)
            removed.add(path)
    for parent in {os.path.dirname(path) for path in removed}:
        flusher.directory(parent)
    return removed


def sweep_temporaries(directory: str) -> int:
    """Remove temporaries a killed process left behind over a minute ago; returns how many."""
    swept = 0
    oldest = time.time() - _ABANDONED_AFTER_SECONDS
    with os.scandir(directory) as entries:
        for entry in entries:
            if not (entry.name.startswith(".") and entry.name.endswith(TEMPORARY_SUFFIX)):
                continue
            with suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime < oldest:
                    os.unlink(entry.path)
                    swept += 1
    return swept


def _write_beside(path: str, body: bytes, flusher: Flusher | None) -> str:
    parent, name = os.path.split(path)
    temporary = f"{parent}/.{name}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    try:
        os.fchmod(handle, FILE_MODE)  # the umask may have taken Grafana's right to read
        written = os.write(handle, body)
        while written < len(body):
            written += os.write(handle, body[written:])
        if flusher is not None:
            flusher.file(handle)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    finally:
        os.close(handle)
    return temporary


def _flush_path(path: str, flusher: Flusher) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        flusher.file(handle)
    finally:
        os.close(handle)
