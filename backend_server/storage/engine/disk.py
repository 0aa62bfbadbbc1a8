"""The disk under the state: what kind it is, and whether it outlives the container it lies in."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

# The container's own layer, and memory: gone with the container or the machine's next start.
VANISHING = frozenset({"overlay", "overlayfs", "aufs", "tmpfs", "ramfs"})
_MOUNTS = Path("/proc/self/mountinfo")
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))  # Docker's and Podman's
_KUBERNETES = "KUBERNETES_SERVICE_HOST"


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


def in_container() -> bool:
    """Whether we run in a container, whose own disk is laid out anew with each one."""
    return _KUBERNETES in os.environ or any(mark.exists() for mark in MARKS)


@lru_cache(maxsize=16)
def vanishes(path: Path) -> bool:
    """Whether `path` lies on a container's own layer or in its memory; asked once: mounts stay as they are."""
    return in_container() and filesystem(path) in VANISHING
