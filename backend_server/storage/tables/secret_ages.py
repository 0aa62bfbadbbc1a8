"""How long each secret has been in use: the moment its fingerprint was first seen, never the secret itself.

The fingerprint is slow to make (scrypt), so that whoever reads the database cannot try a weak secret quickly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson
from sqlalchemy import insert, select, update

from backend_server.primitives.secret import Secret

from ..engine.store import Store
from ..schema import kept

NAME = "secrets-in-use"


def note_secrets(store: Store, secrets: Mapping[str, Secret]) -> dict[str, int]:
    """Return since when (epoch ms) each named secret has been in use; one that changed, or is new, from now on.

    Writes one row only when something changed, and moves no change number: no memory depends on it.
    """
    prints = {name: _fingerprint(name, secret) for name, secret in secrets.items()}
    with store.read() as connection:
        found = connection.execute(select(kept.c.value).where(kept.c.name == NAME)).scalar_one_or_none()
    known: dict[str, list[object]] = orjson.loads(found) if found is not None else {}
    if {name: entry[0] for name, entry in known.items()} != prints:
        with store.write(moves=False) as write:
            for name, fingerprint in prints.items():
                if name not in known or known[name][0] != fingerprint:
                    known[name] = [fingerprint, write.now_ms]
            known = {name: known[name] for name in prints}
            value = orjson.dumps(known).decode()
            if not write.connection.execute(update(kept).where(kept.c.name == NAME).values(value=value)).rowcount:
                write.connection.execute(insert(kept).values(name=NAME, value=value))
    return {name: int(str(entry[1])) for name, entry in known.items()}


def _fingerprint(name: str, secret: Secret) -> str:
    made = hashlib.scrypt(secret.reveal().encode(), salt=f"dashwright:{name}".encode(), n=2**14, r=8, p=1, dklen=16)
    return made.hex()
