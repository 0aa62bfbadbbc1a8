"""The message for a port of this machine that a program cannot have."""

from __future__ import annotations

import errno


def port_refused(port: int, setting: str, program: str, fault: OSError, *, remedy: str = "") -> str:
    """Return one line: the port, the setting that names it, who asks for it, why not, and what to do."""
    reason = "is already in use" if fault.errno == errno.EADDRINUSE else f"cannot be had ({fault.strerror or fault})"
    return f"Port {port} ({setting}), which {program} asks for, {reason}; {remedy or f'set {setting} to another one'}."
