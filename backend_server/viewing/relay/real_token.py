"""Grafana's own token of a dashboard, in every spelling it could take, and its exchange for a link's. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RealToken:
    """The token that must never reach a browser."""

    text: str = field(repr=False)

    def spellings(self) -> tuple[bytes, ...]:
        """Return the token as Grafana writes it, in capitals, and as a UUID with hyphens."""
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
