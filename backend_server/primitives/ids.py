"""Identifiers, each made in one place and checked once; and where the document of a uid lies, the same for ever."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b32hexencode
from enum import StrEnum
from typing import NewType

from backend_server.errors import InvalidInput, Problem

DeviceId = NewType("DeviceId", str)
DashboardUid = NewType("DashboardUid", str)
LinkToken = NewType("LinkToken", str)
Slug = NewType("Slug", str)

# What a whole text must match; the API's description says the same.
DEVICE_ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
SLOT_PATTERN = r"[a-z][a-z0-9-]{0,31}"
LINK_TOKEN_PATTERN = r"[0-9a-f]{32}"  # noqa: S105 - a pattern
SLUG_PATTERN = r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]"
UID_PATTERN = r"[A-Za-z0-9_-]{1,40}"

_DEVICE_ID = re.compile(DEVICE_ID_PATTERN)
_SLOT = re.compile(SLOT_PATTERN)
_TOKEN = re.compile(LINK_TOKEN_PATTERN)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SLUG_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0 and 1, which people misread

# A document's file lies below DASHBOARDS_DIR in the folder of one of these providers.
SHARDS = 32
PACKS = "packs"
FLEET_FOLDER = "Fleet"
PROVIDERS = (*(f"shard-{number:02d}" for number in range(SHARDS)), PACKS)

_UID = r"(?:dev|flt|gen|bld|pck)-[A-Za-z0-9_-]{1,36}"
_FILE = re.compile(rf"(?:shard-(?:[0-2]\d|3[01])|packs/[^/\0]{{1,100}})/{_UID}\.json")


class Maker(StrEnum):
    """Who makes a document; the first part of its uid."""

    DEVICE = "dev"
    FLEET = "flt"
    GENERATOR = "gen"
    BUILDER = "bld"
    PACK = "pck"


def parse_device_id(text: object) -> DeviceId:
    """Check a caller-chosen device id; raises InvalidInput naming the rule."""
    if isinstance(text, str) and _DEVICE_ID.fullmatch(text):
        return DeviceId(text)
    shown = str(text)[:80]
    raise InvalidInput(
        [
            Problem(
                "id",
                f"{shown!r} cannot be used: use 1 to 64 letters, digits, '.', '_' or '-', "
                "beginning with a letter or digit",
            )
        ],
        what="The device id",
    )


def parse_slot(text: object) -> str:
    """Check a slot's name; raises InvalidInput."""
    if isinstance(text, str) and _SLOT.fullmatch(text):
        return text
    raise InvalidInput([Problem("slot", f"{str(text)[:80]!r} is not a slot: 1 to 32 of a-z, 0-9, '-', first a letter")])


def is_link_token(text: str) -> bool:
    """Whether the text has the only spelling a token has: 32 lower-case hex digits."""
    return _TOKEN.fullmatch(text) is not None


def new_token() -> LinkToken:
    """Return a new access token: 128 random bits in the spelling Grafana stores (32 lower-case hex digits)."""
    return LinkToken(secrets.token_hex(16))


def slug_words(text: str, most: int = 40) -> str:
    """Turn free text into lower-case words joined by '-', at most `most` characters; may be empty."""
    return _NOT_SLUG.sub("-", text.lower()).strip("-")[:most].strip("-")


def new_slug(readable: str) -> Slug:
    """Return a new slug: readable words and 60 random bits, since whoever guesses a slug holds the link."""
    # 32 letters: five bits of each random byte choose one, all alike.
    tail = "".join(_SLUG_ALPHABET[byte & 31] for byte in secrets.token_bytes(12))
    words = slug_words(readable)
    return Slug(f"{words}-{tail}" if words else tail)


def dashboard_uid(maker: Maker, slot: str, object_id: str) -> DashboardUid:
    """Derive the uid of a document: stable for ever, never from the template.

    At most 40 of `[a-zA-Z0-9_-]` (Grafana's rule): maker, up to 15 readable characters, 100 bits of hash.
    """
    digest = hashlib.sha256("\0".join((maker.value, slot, object_id)).encode()).digest()
    tail = b32hexencode(digest[:13])[:20].decode().lower()
    words = slug_words(object_id or slot, 15)
    return DashboardUid(f"{maker.value}-{words}-{tail}" if words else f"{maker.value}-{tail}")


def shard_of(device_id: str) -> int:
    """Return the device's shard, 0 to 31; it never changes, so a file is never moved between Grafana's providers."""
    return int.from_bytes(hashlib.sha256(device_id.encode()).digest()[:4], "big") % SHARDS


def device_file(device_id: str, uid: str) -> str:
    """Return the file of a device's document, e.g. `shard-07/dev-rig-1-….json`."""
    return f"shard-{shard_of(device_id):02d}/{uid}.json"


def shared_file(folder: str, uid: str) -> str:
    """Return the file of any other document, e.g. `packs/Fleet/flt-….json`; Grafana makes the folder from it."""
    if not folder or "/" in folder or "\0" in folder or folder.startswith("."):
        raise InvalidInput(
            [Problem("folder", f"{folder[:40]!r} cannot be a folder: no '/', no leading '.', not empty")]
        )
    return f"{PACKS}/{folder}/{uid}.json"


def is_our_file(file: str) -> bool:
    """Whether a relative file name has the shape of one of ours."""
    return _FILE.fullmatch(file) is not None and "/." not in file


def provider_of(file: str) -> str:
    """Return the provider that reads a file: the first directory of its relative name."""
    return file.partition("/")[0]
