"""The disk under the state: what kind it is, and whether it outlives the container it lies in."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from backend_server.monitoring.model import VANISHING

_MOUNTS = Path("/proc/self/mountinfo")
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))  # Docker's and Podman's


def filesystem_of(path: Path, mounts: str) -> str | None:
    """Find the kind of the file system that holds `path` in the text of `/proc/self/mountinfo` (proc(5))."""
    best, kind = -1, None
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        words = before.split(" ")
        if not dash or len(words) < 5:
            continue
        point = words[4].encode().decode("unicode_escape")  # a blank is written \\040
        inside = point == "/" or path == Path(point) or Path(point) in path.parents
        if inside and len(point) >= best:  # of two at one place the later one counts
            best, kind = len(point), after.split(" ")[0]
    return kind


def filesystem(path: Path) -> str | None:
    """Return the kind of the file system that holds `path`; None where nothing is known of it."""
    try:
        return filesystem_of(path.resolve(), _MOUNTS.read_text(encoding="utf-8"))
    except OSError:
        return None  # no such table here (not Linux)


def make_private_folder(folder: Path) -> None:
    """Create a folder for this user alone, and those above it as usual; one that is there stays as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


@lru_cache(maxsize=16)
def vanishes(path: Path, *, in_kubernetes: bool, on_render: bool) -> bool:
    """Whether what lies at `path` is gone with the container we run in; asked once: mounts stay as they are.

    Of Render's disks only the mounted ones stay.
    """
    if on_render and not os.path.ismount(path):
        return True
    in_container = in_kubernetes or any(mark.exists() for mark in MARKS)
    return in_container and filesystem(path) in VANISHING
