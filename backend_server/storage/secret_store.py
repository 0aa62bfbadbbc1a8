"""Secrets that are made on first start and must outlive restarts.

With SQLite they lie beside the database in a file of mode 0600, so that a copied database does not hold its own keys;
with PostgreSQL in the database, since all replicas need the same ones.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret

from .engine.store import Store
from .key_values import KeyValues

FILE_NAME = "secrets.json"
PREFIX = "secret."  # before a secret's name among PostgreSQL's key values


class SecretStore:
    """Returns each named secret, creating it once; several processes at the first start agree on one."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._values = KeyValues(store) if store.dialect == "postgresql" else None
        self._path = data_dir / FILE_NAME

    def find(self, name: str) -> Secret | None:
        """Return a secret that was made before."""
        if self._values is not None:
            found = self._values.get(_key(name))
            return None if found is None else Secret(found)
        found = self._read().get(name)
        return None if found is None else Secret(found)

    def ensure(self, name: str, make: Callable[[], str]) -> Secret:
        """Return a secret, creating and storing it when there is none."""
        found = self.find(name)
        if found is not None:
            return found
        if self._values is not None:
            return Secret(self._values.set_first(_key(name), make()))
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            if name not in known:
                known[name] = make()
                self._write(known)
            return Secret(known[name])

    def everything(self) -> dict[str, Secret]:
        """Return every secret that was made, for a backup."""
        if self._values is None:
            return {name: Secret(value) for name, value in self._read().items()}
        return {name.removeprefix(PREFIX): Secret(value) for name, value in self._values.beginning(PREFIX).items()}

    def replace(self, secrets: Mapping[str, str]) -> None:
        """Replace all secrets in the file, after a restore of SQLite."""
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._write(dict(secrets))

    def _read(self) -> dict[str, str]:
        try:
            found = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, orjson.JSONDecodeError) as fault:
            raise ConfigError(
                f"The secrets in {self._path} cannot be read ({type(fault).__name__}); restore the file from a backup, "
                "or set SECRET_KEY and FERNET_KEYS"
            ) from fault
        if not isinstance(found, dict):
            raise ConfigError(f"The secrets in {self._path} are damaged; restore the file from a backup")
        return {str(name): str(value) for name, value in found.items()}

    def _write(self, secrets: dict[str, str]) -> None:
        beside = self._path.with_suffix(".new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(orjson.dumps(secrets))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(self._path)


def _key(name: str) -> str:
    return f"{PREFIX}{name}"
