"""Where unix sockets lie: their paths are short by nature, those of folders are not."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

_LONGEST_BYTES = 100  # Linux takes 107, and supervisor adds a few while it makes its own


def socket_path(folder: Path, name: str) -> Path:
    """Return where a socket lies: in the folder, or in a private one below the temporary files if too long."""
    path = folder / name
    if len(os.fsencode(path)) <= _LONGEST_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"dashwright-{os.geteuid()}-{digest}" / name
