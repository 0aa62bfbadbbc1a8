"""Finding a link for a visitor: from memory, right as of the request, whoever changed it in whichever process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backend_server.links.link import FoundLink
from backend_server.primitives.ids import is_link_token

from .guard import Guard
from .ports import Reading, Records

_MOST_REMEMBERED = 100_000


class LinkMemory:
    """Links by every token they have or had, and by slug."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._by_token: dict[str, FoundLink] = {}
        self._by_slug: dict[str, FoundLink] = {}
        self._keys: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._guard = Guard(records, self._forget, self._forget_all)

    def find(self, token: str) -> FoundLink | None:
        """Find the link of a visitor's token, usually from memory; `found.state(now)` says what it is worth."""
        if not is_link_token(token):
            return None
        self._guard.check()
        found = self._by_token.get(token)
        return found or self._load(lambda reading: reading.find_link(token), token, "")

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find the link of a slug, usually from memory."""
        if not 0 < len(slug) <= 64:
            return None
        self._guard.check()
        found = self._by_slug.get(slug)
        return found or self._load(lambda reading: reading.find_slug(slug), "", slug)

    def _load(self, ask: Callable[[Reading], FoundLink | None], token: str, slug: str) -> FoundLink | None:
        with self._records.reading() as reading:
            found, snapshot = ask(reading), reading.state().change
        if found is None:
            return None
        with self._guard.lock:
            if self._guard.may_keep(snapshot):
                if len(self._by_token) + len(self._by_slug) >= _MOST_REMEMBERED:
                    self._forget_all()
                if token:
                    self._by_token[token] = found
                else:
                    self._by_slug[slug] = found
                self._keys.setdefault((found.link.maker, found.link.object_id), set()).add((token, slug))
        return found

    def _forget(self, changed: Sequence[tuple[str, str]]) -> None:
        for key in changed:
            for token, slug in self._keys.pop(key, ()):
                self._by_token.pop(token, None)
                self._by_slug.pop(slug, None)

    def _forget_all(self) -> None:
        self._by_token, self._by_slug, self._keys = {}, {}, {}
