"""Looking links up: a visitor's from memory, right as of the request, and lists as the database has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from backend_server.errors import Gone, NotFound
from backend_server.links.link import FoundLink
from backend_server.primitives.clock import epoch_ms
from backend_server.primitives.ids import is_link_token

from .guard import registry_guard
from .model import LinkPage, LinkQuery
from .ports import ReadTransaction, Records

_MOST_REMEMBERED = 100_000


class LinkDirectory:
    """Links by token and slug. What a visitor gets is right as of the request, whoever changed it."""

    def __init__(self, records: Records, *, clock_ms: Callable[[], int] = epoch_ms) -> None:
        self._records = records
        self._clock_ms = clock_ms
        self._remembered = _Remembered()
        self._guard = registry_guard(records)
        self._guard.watch(self._remembered)

    def find(self, token: str) -> FoundLink | None:
        """Find the link of a visitor's token, usually from memory; `found.state(now)` is its state."""
        if not is_link_token(token):
            return None
        self._guard.check()
        found = self._remembered.by_token.get(token)
        return found or self._load(lambda tx: tx.links.find(token), token, "")

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find the link of a slug, usually from memory."""
        if not 0 < len(slug) <= 64:
            return None
        self._guard.check()
        found = self._remembered.by_slug.get(slug)
        return found or self._load(lambda tx: tx.links.find_slug(slug), "", slug)

    def get(self, token: str) -> FoundLink:
        """Return a link with its counts, as the database has it; raises NotFound, or Gone for a token rotated out."""
        with self._records.reading() as tx:
            return get_link(tx, token)

    def page(self, query: LinkQuery) -> LinkPage:
        """Return links as of now, the newest first."""
        with self._records.reading() as tx:
            return LinkPage(*tx.links.page(replace(query, now_ms=self._clock_ms())))

    def standing(self) -> tuple[Mapping[str, int], bool]:
        """Count links by state, and return whether they are on as a whole, in one snapshot."""
        with self._records.reading() as tx:
            return tx.links.count(self._clock_ms()), tx.state().links_on

    def other_documents(self, most: int) -> Sequence[tuple[str, str]]:
        """Return `(uid, title)` of the first documents besides devices' that a link may be made for, by title."""
        with self._records.reading() as tx:
            return tx.documents.besides_devices(most)

    def _load(self, ask: Callable[[ReadTransaction], FoundLink | None], token: str, slug: str) -> FoundLink | None:
        with self._records.reading() as tx:
            found, snapshot = ask(tx), tx.state().change
        if found is not None:
            with self._guard.lock:
                if self._guard.may_keep(snapshot):
                    self._remembered.keep(found, token, slug)
        return found


class _Remembered:
    """Links by every token they have or had, and by slug, each found again by the object it points at."""

    def __init__(self) -> None:
        self.forget_all()

    def keep(self, found: FoundLink, token: str, slug: str) -> None:
        """Remember a link under the token or the slug it was found by."""
        if len(self.by_token) + len(self.by_slug) >= _MOST_REMEMBERED:
            self.forget_all()
        if token:
            self.by_token[token] = found
        else:
            self.by_slug[slug] = found
        self._keys.setdefault((found.link.maker, found.link.object_id), set()).add((token, slug))

    def forget(self, changed: Sequence[tuple[str, str]]) -> None:
        """Forget what was written, given as `(maker, object_id)`."""
        for key in changed:
            for token, slug in self._keys.pop(key, ()):
                self.by_token.pop(token, None)
                self.by_slug.pop(slug, None)

    def forget_all(self) -> None:
        """Forget everything."""
        self.by_token: dict[str, FoundLink] = {}
        self.by_slug: dict[str, FoundLink] = {}
        self._keys: dict[tuple[str, str], set[tuple[str, str]]] = {}


def get_link(tx: ReadTransaction, token: str) -> FoundLink:
    """Return a link by its present token; raises NotFound, or Gone for a token rotated out."""
    found = tx.links.find(token) if is_link_token(token) else None
    if found is None:
        # The token is not repeated: it may be a good one with a typing error, and answers are logged.
        raise NotFound("There is no link with this token.")
    if found.rotated_out_at is not None:
        raise Gone(
            "This token was replaced by a rotation; the link goes on under another one. Find it by its slug.",
            details={"slug": found.link.slug},
        )
    return found
