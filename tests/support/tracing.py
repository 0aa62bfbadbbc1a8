"""How far one call travels: which files, functions and rooms of ours it enters, in which order."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

PACKAGE = str(Path(__file__).parents[2] / "backend_server") + "/"


@dataclass(frozen=True, slots=True)
class Trace:
    """Our files a call entered, functions (file, name), and the rooms in order without repetition in a row."""

    files: tuple[str, ...]
    functions: int
    rooms: tuple[str, ...]

    def summary(self, what: str) -> str:
        """Return one line for a test to print."""
        visited = len(set(self.rooms))
        changes = max(0, len(self.rooms) - 1)
        return f"{what}: {len(self.files)} files, {self.functions} functions, {visited} rooms, {changes} room changes"


def trace(call: Callable[[], T]) -> tuple[T, Trace]:
    """Run a call and record every function of ours that it, or a thread it starts, enters."""
    functions: dict[tuple[str, str], None] = {}
    rooms: list[str] = []

    def enter(frame: FrameType, event: str, _argument: object) -> None:
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(PACKAGE):
            return
        relative = file.removeprefix(PACKAGE)
        functions[relative, frame.f_code.co_qualname] = None
        room = relative.split("/")[0].removesuffix(".py")
        if not rooms or rooms[-1] != room:
            rooms.append(room)

    before = sys.getprofile()
    threading.setprofile(enter)
    sys.setprofile(enter)
    try:
        result = call()
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    files = tuple(sorted({file for file, _ in functions}))
    return result, Trace(files, len(functions), tuple(rooms))
