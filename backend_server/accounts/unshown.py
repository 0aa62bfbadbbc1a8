"""Secrets that were made and that nobody has seen yet: a start may be killed between making and showing.

A mark is kept before its secret is, and taken away once that was shown. While it is there, the next start makes the
secret anew, which takes nothing from anybody, or shows it again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from backend_server.primitives.secret import Secret

from .ports import KeyValues

_PREFIX = "accounts.unshown."


@dataclass(frozen=True, slots=True)
class Mark:
    """A kind of secret, and which one it is without telling it."""

    kind: str
    digest: str


def password_mark(stored: str) -> Mark:
    """Return the mark of the first administrator's password, from its stored hash."""
    return _mark("admin_password", stored)


def token_mark(stored: str) -> Mark:
    """Return the mark of the first API token, from its stored hash."""
    return _mark("api_token", stored)


def grafana_mark(password: Secret) -> Mark:
    """Return the mark of the password of Grafana's own administrator, which is random and long."""
    return _mark("grafana_password", password.reveal())


class UnshownSecrets:
    """The marks, kept beside the secrets."""

    def __init__(self, values: KeyValues) -> None:
        self._values = values

    def mark(self, mark: Mark) -> None:
        """Note that this one is still to be shown, and no other of its kind."""
        self._values.set(_PREFIX + mark.kind, mark.digest)

    def is_marked(self, mark: Mark) -> bool:
        """Whether this very one is still to be shown."""
        return self._values.get(_PREFIX + mark.kind) == mark.digest

    def unmark(self, mark: Mark) -> None:
        """Note that it was shown."""
        self._values.set(_PREFIX + mark.kind, None)


def _mark(kind: str, text: str) -> Mark:
    return Mark(kind, hashlib.sha256(f"{kind}:{text}".encode()).hexdigest())
