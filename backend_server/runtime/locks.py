"""A lock file that a process holds for as long as it lives, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from backend_server.errors import ConfigError

_TRY_AGAIN_SECONDS = 0.1


def hold_lock(path: Path, holding: str, *, patience_seconds: float = 0.0) -> IO[str]:
    """Hold the lock until the answer is closed or this process and its forks have ended.

    Raises ConfigError with `holding` ("another `web` of … runs") and the holder's process id when it is held elsewhere.
    """
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii")
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = file.read(20).strip()
                file.close()
                raise ConfigError(holding + (f" (process {holder})." if holder.isdigit() else ".")) from None
            time.sleep(_TRY_AGAIN_SECONDS)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
