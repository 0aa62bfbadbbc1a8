"""Where a document's file lies below DASHBOARDS_DIR: a pure function of its uid and object, the same for ever."""

from __future__ import annotations

import hashlib
import re

from backend_server.errors import InvalidInput, Problem

SHARDS = 32
PACKS = "packs"
FLEET_FOLDER = "Fleet"
PROVIDERS = (*(f"shard-{number:02d}" for number in range(SHARDS)), PACKS)

_UID = r"(?:dev|flt|gen|bld|pck)-[A-Za-z0-9_-]{1,36}"
_FILE = re.compile(rf"(?:shard-(?:[0-2]\d|3[01])|packs/[^/\0]{{1,100}})/{_UID}\.json")


def shard_of(device_id: str) -> int:
    """Return the device's shard, 0 to 31; it never changes, so a file is never moved between Grafana's providers."""
    return int.from_bytes(hashlib.sha256(device_id.encode()).digest()[:4], "big") % SHARDS


def device_file(device_id: str, uid: str) -> str:
    """Name the file of a device's document, e.g. `shard-07/dev-rig-1-….json`."""
    return f"shard-{shard_of(device_id):02d}/{uid}.json"


def packs_file(folder: str, uid: str) -> str:
    """Name the file of any other document, e.g. `packs/Fleet/flt-….json`; Grafana makes the folder from it."""
    if not folder or "/" in folder or "\0" in folder or folder.startswith("."):
        raise InvalidInput(
            [Problem("folder", f"{folder[:40]!r} cannot be a folder: no '/', no leading '.', not empty")]
        )
    return f"{PACKS}/{folder}/{uid}.json"


def is_our_file(file: str) -> bool:
    """Whether a relative file name has the shape of one of ours."""
    return _FILE.fullmatch(file) is not None and "/." not in file


def provider_of(file: str) -> str:
    """Name the provider that reads a file: the first directory of its relative name."""
    return file.partition("/")[0]
