"""The use case: a token goes in; it is decided what its bearer may see now, and only then anything is asked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from backend_server.errors import Busy
from backend_server.links import FoundLink, Link, LinkState
from backend_server.primitives.clock import format_ms
from backend_server.primitives.ids import LinkToken, is_link_token

from .admission import (
    FOREIGN_FRAME,
    LOCKED,
    MALFORMED,
    PENDING,
    TOO_MANY_GUESSES,
    UNAVAILABLE,
    UNKNOWN,
    WRONG_PASSWORD,
    is_on_its_way,
    notice_of,
    refusal_of,
)
from .answers import grafana_json, refusal_answer
from .model import Answer, NoticePage, Page, Refusal, Unlocked
from .passwords import KEEP_SECONDS, LinkPasswords, TooManyGuesses, proof_cookie
from .ports import Links
from .source import Source
from .view_counts import ViewCounts
from .visits import Visit, frame_rules, may_frame, shown_profile


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided over a request: the link if there is one, and why the visitor may not see it if he may not."""

    link: Link | None
    refusal: Refusal | None


class Admission:
    """Looks a token up and decides by the link's life cycle, the frame it is shown in and its password.

    With `needs_proof` a document is shown only once it is proven to be loaded.
    """

    def __init__(
        self, links: Links, passwords: LinkPasswords, clock_ms: Callable[[], int], *, needs_proof: bool
    ) -> None:
        self._links = links
        self._passwords = passwords
        self._clock_ms = clock_ms
        self._needs_proof = needs_proof

    def to_page(self, token: str, visit: Visit) -> Decision:
        """Decide over a visit of the link's page."""
        found = self._find(token)
        if found is None:
            return Decision(None, UNKNOWN)
        now_ms = self._clock_ms()
        refusal = self._refusal(found, now_ms)
        if refusal is None and not may_frame(found.link.frame_ancestors, visit):
            refusal = FOREIGN_FRAME
        return Decision(found.link, refusal or self._lock(found.link, visit.proof, now_ms))

    def to_data(self, token: str, proof: str) -> Decision:
        """Decide over a request for the dashboard or its data."""
        found = self._find(token)
        if found is None:
            # Grafana calls an upper-case spelling unknown and any other text malformed.
            return Decision(None, UNKNOWN if is_link_token(token.lower()) else MALFORMED)
        now_ms = self._clock_ms()
        refusal = self._refusal(found, now_ms)
        return Decision(found.link, refusal or self._lock(found.link, proof, now_ms))

    def standing(self, token: str, proof: str) -> tuple[str, int | None, str] | None:
        """Return the word for how a link stands, until when by itself, and the name of its rules for frames.

        None when there is no such link.
        """
        found = self._find(token)
        if found is None:
            return None
        now_ms = self._clock_ms()
        state = self._state(found, now_ms)
        frame = frame_rules(found.link.frame_ancestors)
        if state is LinkState.LIVE and self._lock(found.link, proof, now_ms):
            return LOCKED.reason, None, frame
        refusal = refusal_of(state, found.document_state)
        return state.value if refusal is None else refusal.reason, found.until(now_ms), frame

    def _find(self, token: str) -> FoundLink | None:
        found = self._links.find(token)
        if found is None or found.link.token == token:
            return found
        # Found by a token it had before a rotation: whoever holds that one does not learn the new one from us.
        return replace(found, link=replace(found.link, token=LinkToken(token)))

    def _refusal(self, found: FoundLink, now_ms: int) -> Refusal | None:
        state = self._state(found, now_ms)
        return None if state is LinkState.LIVE else refusal_of(state, found.document_state)

    def _state(self, found: FoundLink, now_ms: int) -> LinkState:
        state = found.state(now_ms)
        if state is LinkState.PENDING and not self._needs_proof and is_on_its_way(found.document_state):
            # The viewer draws a document from its template even before its file is written or proven.
            return LinkState.LIVE
        return state

    def _lock(self, link: Link, proof: str, now_ms: int) -> Refusal | None:
        if link.password_hash is None or self._passwords.holds(link, proof, now_ms):
            return None
        return LOCKED


class Viewing:
    """Answers visitors. A refused request reaches neither a datasource nor Grafana.

    `proof` is what the browser keeps of a protected link's password (`passwords.proof_cookie`).
    """

    def __init__(
        self,
        links: Links,
        source: Source,
        views: ViewCounts,
        *,
        clock_ms: Callable[[], int],
        passwords: LinkPasswords | None = None,
    ) -> None:
        self._source = source
        self._views = views
        self._clock_ms = clock_ms
        self._passwords = passwords or LinkPasswords(secrets.token_bytes(32))
        self._admission = Admission(links, self._passwords, clock_ms, needs_proof=source.needs_proof)

    def page(self, token: str, visit: Visit) -> Page:
        """Return a link's page: the dashboard, or why not."""
        decision = self._admission.to_page(token, visit)
        link = decision.link
        if link is None or decision.refusal is not None:
            return self._refuse(decision.link, decision.refusal or UNKNOWN, visit)
        profile = shown_profile(link.profile, visit.parameters)
        page = self._source.pages.page(link, profile, visit)
        if not isinstance(page, NoticePage) and not visit.is_probe:
            self._views.viewed(link.id, self._clock_ms())
        return page

    def unlock(self, token: str, visit: Visit, password: str, visitor: str) -> Page | Unlocked:
        """Check a protected link's password; return the proof to keep, or the page that says why not."""
        decision = self._admission.to_page(token, visit)
        link = decision.link
        if link is None or decision.refusal not in (None, LOCKED):
            return self._refuse(link, decision.refusal or UNKNOWN, visit)
        try:
            right = link.password_hash is None or self._passwords.check(link, password, visitor)
        except TooManyGuesses:
            return self._refuse(link, TOO_MANY_GUESSES, visit)
        if not right:
            return self._refuse(link, WRONG_PASSWORD, visit)
        return Unlocked(proof_cookie(token), self._passwords.proof(link, self._clock_ms()), KEEP_SECONDS)

    def dashboard(self, token: str, parameters: Mapping[str, str] | None = None, proof: str = "") -> Answer:
        """Answer `GET /api/public/dashboards/{token}` in Grafana's shape, as the page's own parameters want it."""
        link = self._admit(token, proof)
        if isinstance(link, Answer):
            return link
        profile = shown_profile(link.profile, parameters or {})
        return self._source.pages.dashboard(link, profile)

    def annotations(self, token: str, proof: str = "") -> Answer:
        """Answer `GET …/annotations`: what is shown holds none, and every open page asks at each refresh."""
        link = self._admit(token, proof)
        return link if isinstance(link, Answer) else grafana_json([])

    def panel_query(self, token: str, panel_id: str, content_type: str, body: bytes, proof: str = "") -> Answer:
        """Answer `POST …/panels/{id}/query` in Grafana's shape."""
        link = self._admit(token, proof)
        if isinstance(link, Answer):
            return link
        try:
            return self._source.panels.query(link, panel_id, content_type, body)
        except Busy:
            return refusal_answer(UNAVAILABLE)

    def panel_data(self, token: str, panel_id: str, body: bytes, proof: str = "") -> Answer:
        """Answer the raw route of our own pages: `{"from", "to", "step_ms", "results": {refId: …}}`."""
        link = self._admit(token, proof)
        if isinstance(link, Answer):
            return link
        try:
            return self._source.raw_panels.data(link, panel_id, body)
        except Busy:
            return refusal_answer(UNAVAILABLE)

    def state(self, token: str, proof: str = "") -> Answer:
        """Answer with a link's state, until when it lasts by itself, and the name of its rules for frames."""
        standing = self._admission.standing(token, proof)
        if standing is None:
            return refusal_answer(UNKNOWN)
        state, until, frame = standing
        return grafana_json({"state": state, "until": format_ms(until), "frame": frame})

    def file(self, path: str, *, gzip: bool = False) -> Answer:
        """Return a static file of Grafana's page, when Grafana is there."""
        return self._source.files.get(path, gzip=gzip)

    def close(self) -> None:
        """Write the counts and wait for running queries."""
        self._views.flush()
        self._source.close()

    def _admit(self, token: str, proof: str) -> Link | Answer:
        decision = self._admission.to_data(token, proof)
        link, refusal = decision.link, decision.refusal
        if link is not None and refusal is None:
            return link
        refusal = refusal or UNKNOWN
        if refusal is not MALFORMED:
            _refused(self._views, self._source, link, refusal)
        return refusal_answer(refusal)

    def _refuse(self, link: Link | None, refusal: Refusal, visit: Visit) -> NoticePage:
        if not visit.is_probe:
            _refused(self._views, self._source, link, refusal)
        return notice_of(link, refusal, visit)


def _refused(views: ViewCounts, source: Source, link: Link | None, refusal: Refusal) -> None:
    views.refused(None if link is None else link.id, refusal.reason)
    if link is not None and refusal is PENDING:
        source.missed(link.document_uid)
