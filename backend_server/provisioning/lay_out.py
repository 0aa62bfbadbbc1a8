"""Grafana's provisioning folder, laid out under a Grafana that may read it at any moment.

A reload that finds the provider file missing or half written deletes every dashboard, so what is right already is not
touched, and what is not is swapped in whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from backend_server.errors import ConfigError

from .swap import Flusher, remove_files, swap_files


def lay_out(target: Path, files: Mapping[str, bytes], stale: Iterable[str] = ()) -> tuple[str, ...]:
    """Ensure each file (by its path below `target`) with its bytes, and none of `stale`; returns what was written.

    Files of others are left alone. Raises ConfigError when the folder cannot be written.
    """
    flusher = Flusher()
    try:
        changed = {name: body for name, body in files.items() if _bytes_of(target / name) != body}
        for name in changed:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
        swap_files({str(target / name): body for name, body in changed.items()}, flusher)
        remove_files([str(target / name) for name in stale if (target / name).parent.is_dir()], flusher)
    except OSError as fault:
        raise ConfigError(
            f"{target} cannot be written ({fault.strerror}); Grafana reads its settings there."
        ) from fault
    return tuple(changed)


def _bytes_of(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
