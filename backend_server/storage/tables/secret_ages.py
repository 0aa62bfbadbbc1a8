"""How long each secret has been in use: the time its fingerprint was first seen, never the secret itself.

The fingerprint is slow to make (scrypt), so that whoever reads the database cannot try a weak secret quickly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from backend_server.primitives.secret import Secret

from ..engine.store import Transactions, database_clock_ms
from ..key_values import KeyValues

NAME = "secrets-in-use"


def note_secrets(store: Transactions, secrets: Mapping[str, Secret]) -> dict[str, int]:
    """Return since when (epoch ms) each named secret has been in use; one that changed, or is new, from now on.

    One row is written, only when something changed.
    """
    prints = {name: _fingerprint(name, secret) for name, secret in secrets.items()}
    values = KeyValues(store)
    stored = values.get(NAME)
    known: dict[str, list[object]] = orjson.loads(stored) if stored is not None else {}
    if {name: entry[0] for name, entry in known.items()} != prints:
        now = database_clock_ms(store)
        same = {name: entry for name, entry in known.items() if entry[0] == prints.get(name)}
        known = {name: same.get(name, [fingerprint, now]) for name, fingerprint in prints.items()}
        values.set(NAME, orjson.dumps(known).decode())
    return {name: int(str(entry[1])) for name, entry in known.items()}


def _fingerprint(name: str, secret: Secret) -> str:
    made = hashlib.scrypt(secret.reveal().encode(), salt=f"dashwright:{name}".encode(), n=2**14, r=8, p=1, dklen=16)
    return made.hex()
