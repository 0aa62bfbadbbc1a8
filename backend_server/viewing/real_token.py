"""Grafana's own token of a dashboard, in every spelling it could take, and its exchange for a link's. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RealToken:
    """The token that must never reach a browser."""

    text: str = field(repr=False)

    def spellings(self) -> tuple[bytes, ...]:
        """Give the token as Grafana writes it, in capitals, and as a UUID with hyphens."""
        plain = self.text.lower()
        parts = (plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:])
        hyphenated = "-".join(parts)
        return tuple(one.encode() for one in (plain, plain.upper(), hyphenated, hyphenated.upper()))

    def swapped(self, body: bytes, token: str) -> bytes:
        """Put a link's token where the real one stands; a body without it comes back as it is."""
        for spelling in self.spellings():
            if spelling in body:
                body = body.replace(spelling, token.encode())
        return body


def marks_of(internal: Iterable[str]) -> tuple[bytes, ...]:
    """Give what betrays an internal `host:port` in a page, also with escaped slashes.

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
