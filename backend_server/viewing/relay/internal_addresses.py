"""Addresses of the house, which nothing that goes to a visitor may name. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson

_AUTHORITY = re.compile(r'//([^/?#\\"\s]+)')
# Names that mean something inside one network only (RFC 6762, RFC 8375, and what is usual).
_PRIVATE_ENDINGS = (
    *(".local", ".localhost", ".internal", ".intranet", ".private", ".corp", ".home", ".lan", ".home.arpa"),
    *(".svc", ".test", ".invalid"),
)


def marks_of(internal: Iterable[str]) -> tuple[bytes, ...]:
    """Return what betrays an internal `host:port` in a page, also with escaped slashes.

    A host without a port counts only where it stands in a URL: a datasource's own kind may be called like the host.
    """
    found: dict[bytes, None] = {}
    for address in internal:
        if not address:
            continue
        host = address.rpartition("@")[2]
        for shown in (host,) if ":" in host else (f"//{host}", f"\\/\\/{host}", f"\\u002f\\u002f{host}"):
            found[shown.encode()] = None
    return tuple(found)


def names_public_hosts_only(value: Mapping[str, Any], internal: Collection[bytes]) -> bool:
    """Whether all URLs in a JSON value lead to the public internet, by what is written: nothing is looked up.

    `internal` are the marks of addresses that are known to be ours.
    """
    text = orjson.dumps(value)
    if any(mark in text for mark in internal):
        return False
    return all(_is_public(authority) for authority in _AUTHORITY.findall(text.decode()))


def _is_public(authority: str) -> bool:
    if "@" in authority:
        return False  # it names a user, and maybe a password
    host = re.sub(r":\d*$", "", authority).strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        # An address may be written in other ways (`0x0a.1`), a public name ends in letters.
        return "." in host and host.rpartition(".")[2][:1].isalpha() and not host.endswith(_PRIVATE_ENDINGS)
