"""The use case: a token or slug goes in; it is decided what its bearer may see now, and only then anything is asked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from backend_server.links import FoundLink, LinkState
from backend_server.primitives.clock import format_time
from backend_server.primitives.concurrency_limit import ConcurrencyLimit
from backend_server.primitives.ids import LinkToken, is_link_token

from .admission import (
    FOREIGN_FRAME,
    LOCKED,
    MALFORMED,
    TOO_MANY_GUESSES,
    UNAVAILABLE,
    UNKNOWN,
    WRONG_PASSWORD,
    Refusal,
    is_on_its_way,
    refusal_of,
)
from .answers import Answer, json_answer
from .pages import NoticePage, Page, Unlocked
from .passwords import KEEP_SECONDS, LinkPasswords, TooManyGuesses
from .ports import Links
from .source import Source
from .view_counts import ViewCounts
from .visits import Visit, may_frame, shown_profile


class Viewing:
    """Answers visitors. A refused request reaches neither a datasource nor Grafana.

    `proof` is what the browser keeps of a protected link's password, under `cookie_name(token)`.
    """

    def __init__(
        self,
        links: Links,
        source: Source,
        views: ViewCounts,
        *,
        clock_ms: Callable[[], int],
        limit: ConcurrencyLimit,
        passwords: LinkPasswords | None = None,
    ) -> None:
        self._links = links
        self._source = source
        self._views = views
        self._clock_ms = clock_ms
        self._passwords = passwords or LinkPasswords(secrets.token_bytes(32))
        self._limit = limit

    def page(self, token: str, visit: Visit) -> Page:
        """Return a link's page: the dashboard, or why not."""
        found = self._find(token)
        if found is None:
            return self._unknown(visit)
        refusal = self._page_refusal(found, visit)
        if refusal is not None:
            return self._refused(found, visit, refusal)
        link, profile = found.link, shown_profile(found.link.profile, visit.parameters)
        with self._limit.acquire() as admitted:
            page = self._source.page(link, profile, visit) if admitted else self._refused(found, visit, UNAVAILABLE)
        if not isinstance(page, NoticePage) and not visit.is_probe:
            self._views.viewed(link.id, self._clock_ms())
        return page

    def unlock(self, token: str, visit: Visit, password: str, visitor: str) -> Page | Unlocked:
        """Take a protected link's password; gives the proof to keep, or the page that says why not."""
        found = self._find(token)
        if found is None:
            return self._unknown(visit)
        refusal = self._page_refusal(found, visit)
        if refusal is not None and refusal is not LOCKED:
            return self._refused(found, visit, refusal)
        try:
            right = found.link.password_hash is None or self._passwords.check(found.link, password, visitor)
        except TooManyGuesses:
            return self._refused(found, visit, TOO_MANY_GUESSES)
        if not right:
            return self._refused(found, visit, WRONG_PASSWORD)
        proof = self._passwords.proof(found.link, self._clock_ms())
        return Unlocked(self.cookie_name(token), proof, KEEP_SECONDS)

    def cookie_name(self, token: str) -> str:
        """Name the cookie that holds a link's proof."""
        return self._passwords.cookie_name(token)

    def dashboard(self, token: str, parameters: Mapping[str, str] | None = None, proof: str = "") -> Answer:
        """Answer `GET /api/public/dashboards/{token}` in Grafana's shape, as the page's own parameters want it."""
        found = self._admit(token, proof)
        if isinstance(found, Answer):
            return found
        profile = shown_profile(found.link.profile, parameters or {})
        return self._within_limit(lambda: self._source.dashboard(found.link, profile))

    def annotations(self, token: str, from_text: str = "", to_text: str = "", proof: str = "") -> Answer:
        """Answer `GET …/annotations` in Grafana's shape."""
        found = self._admit(token, proof)
        return found if isinstance(found, Answer) else self._source.annotations(found.link, from_text, to_text)

    def panel_query(self, token: str, panel_id: str, content_type: str, body: bytes, proof: str = "") -> Answer:
        """Answer `POST …/panels/{id}/query` in Grafana's shape."""
        found = self._admit(token, proof)
        if isinstance(found, Answer):
            return found
        return self._within_limit(lambda: self._source.panel_query(found.link, panel_id, content_type, body))

    def panel_data(self, token: str, panel_id: str, body: bytes, proof: str = "") -> Answer:
        """Answer the raw route of our own pages: `{"from", "to", "step_ms", "results": {refId: …}}`."""
        found = self._admit(token, proof)
        if isinstance(found, Answer):
            return found
        return self._within_limit(lambda: self._source.panel_data(found.link, panel_id, body))

    def state(self, token: str, proof: str = "") -> Answer:
        """Say how a link stands, and until when by itself; nothing else is said to a visitor."""
        found = self._find(token)
        if found is None:
            return UNKNOWN.as_answer()
        now_ms = self._clock_ms()
        state = self._state(found, now_ms)
        if state is LinkState.LIVE and not self._passwords.holds(found.link, proof, now_ms):
            return json_answer({"state": LOCKED.reason, "until": None})
        until = found.until(now_ms)
        shown = None if until is None else format_time(datetime.fromtimestamp(until / 1000, UTC))
        refusal = refusal_of(state, found.document_state)
        return json_answer({"state": state.value if refusal is None else refusal.reason, "until": shown})

    def token_of_slug(self, slug: str) -> str | None:
        """Return the token behind a readable alias; None for an unknown one."""
        found = self._links.find_slug(slug)
        return None if found is None else found.link.token

    def asset(self, path: str, *, gzip: bool = False) -> Answer:
        """Return a static file of Grafana's page, when Grafana is there."""
        return self._within_limit(lambda: self._source.asset(path, gzip=gzip))

    def close(self) -> None:
        """Write the counts and let running queries end."""
        self._views.close()
        self._source.close()

    def _within_limit(self, ask: Callable[[], Answer]) -> Answer:
        with self._limit.acquire() as admitted:
            return ask() if admitted else UNAVAILABLE.as_answer()

    def _find(self, token: str) -> FoundLink | None:
        found = self._links.find(token) if is_link_token(token) else None
        if found is None or found.link.token == token:
            return found
        # Found by a token it had before a rotation: whoever holds that one does not learn the new one from us.
        return replace(found, link=replace(found.link, token=LinkToken(token)))

    def _page_refusal(self, found: FoundLink, visit: Visit) -> Refusal | None:
        refusal = self._refusal(found)
        if refusal is None and not may_frame(found.link.frame_ancestors, visit):
            refusal = FOREIGN_FRAME
        if refusal is None and not self._passwords.holds(found.link, visit.proof, self._clock_ms()):
            refusal = LOCKED
        return refusal

    def _refused(self, found: FoundLink, visit: Visit, refusal: Refusal) -> NoticePage:
        if not visit.is_probe:
            self._views.refused(found.link.id, refusal.reason)
        link, profile = found.link, shown_profile(found.link.profile, visit.parameters)
        return NoticePage(refusal, profile.theme, profile.transparent, link.frame_ancestors, link.token)

    def _admit(self, token: str, proof: str) -> FoundLink | Answer:
        if not is_link_token(token):
            # Grafana calls an upper-case spelling unknown and any other text malformed.
            return (UNKNOWN if is_link_token(token.lower()) else MALFORMED).as_answer()
        found = self._find(token)
        if found is None:
            self._views.refused(None, UNKNOWN.reason)
            return UNKNOWN.as_answer()
        refusal = self._refusal(found)
        if refusal is None and not self._passwords.holds(found.link, proof, self._clock_ms()):
            refusal = LOCKED
        if refusal is None:
            return found
        self._views.refused(found.link.id, refusal.reason)
        return refusal.as_answer()

    def _unknown(self, visit: Visit) -> NoticePage:
        if not visit.is_probe:
            self._views.refused(None, UNKNOWN.reason)
        return NoticePage(UNKNOWN)

    def _refusal(self, found: FoundLink) -> Refusal | None:
        return refusal_of(self._state(found, self._clock_ms()), found.document_state)

    def _state(self, found: FoundLink, now_ms: int) -> LinkState:
        state = found.state(now_ms)
        if state is LinkState.PENDING and not self._source.needs_proof and is_on_its_way(found.document_state):
            # The viewer draws a document from its template even before its file is written or proven.
            return LinkState.LIVE
        return state
