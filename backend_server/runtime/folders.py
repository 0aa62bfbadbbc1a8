"""Folders of a deployment, made where they are missing."""

from __future__ import annotations

from pathlib import Path

from backend_server.errors import ConfigError


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Create a folder and those above it, `private` for this user alone; raises ConfigError when this user may not."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700 if private else 0o777, exist_ok=True)
    except OSError as fault:
        raise ConfigError(
            f"The folder {folder} cannot be made ({fault.strerror}); set DATA_DIR and DASHBOARDS_DIR to folders this "
            "user may write to"
        ) from fault
