"""The message for a port of this machine that a program cannot have."""

from __future__ import annotations

import errno
from collections.abc import Sequence


def port_refused(port: int, setting: str, program: str, fault: OSError, *, remedy: str = "") -> str:
    """Return one line: the port, the setting that names it, who asks for it, why not, and what to do."""
    reason = "is already in use" if fault.errno == errno.EADDRINUSE else f"cannot be had ({fault.strerror or fault})"
    return f"Port {port} ({setting}), which {program} asks for, {reason}; {remedy or f'set {setting} to another one'}."


def ports_taken(taken: Sequence[tuple[int, str]], holder: str) -> str:
    """Return one line for several ports, each with its setting, that the same one has."""
    named = [f"{port} ({setting})" for port, setting in taken]
    settings = list(dict.fromkeys(setting for _, setting in taken))
    return f"Ports {_listed(named)} are already in use{holder}; stop that one, or set {_listed(settings)} to others."


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
