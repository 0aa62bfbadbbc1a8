"""Showing a document through Grafana: its own public page and routes, relayed under the link's token.

Grafana's token, its addresses and the datasources a dashboard does not use never leave the machine: the token is
swapped wherever it stands, and a page that would name the rest is refused instead of passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import orjson

from backend_server.documents import panel_by_id
from backend_server.errors import UpstreamError
from backend_server.links import Link, LinkProfile, Theme
from backend_server.queries.steps import Limits
from backend_server.querying.answer_cache import AnswerCache

from ..admission import UNAVAILABLE, UNREADABLE, Refusal
from ..answers import Answer, json_answer
from ..pages import NoticePage, Page, RelayedPage
from ..panel_requests import Refused, panel_range, read_grafana, read_panel_id
from ..ports import GrafanaForVisitors, Publications, RawReply
from ..shown_dashboard import grafana_meta, grafana_refresh_ms, relayed_dashboard
from ..source import Source
from ..visits import Visit
from .answers import failed_panel, is_plain, kept_seconds, least_step_ms, shown_result, upstream_query
from .boot_data import intervals_of, kinds_of
from .grafana_files import GrafanaFiles
from .grafana_page import BASE, Dress, GrafanaPage, UnreadablePage
from .internal_addresses import marks_of
from .known_panels import KnownPanels
from .page_styles import relayed_style
from .readability import Readability
from .real_token import RealToken

_PAGE_KEPT_SECONDS = 15.0
_DASHBOARD_KEPT_SECONDS = 1.0
_MISSING = 404  # Grafana's word for a token it does not know, and for one whose dashboard is gone
_ANY_PAGE = "every page"  # but for its boot data it is the same for all dashboards


@dataclass(frozen=True, slots=True)
class _Dashboard:
    """A dashboard as Grafana's public route gives it."""

    dashboard: Mapping[str, Any]
    version: int
    size: int


class RelaySource:
    """Asks Grafana; `raw` answers our own raw data route, and `internal` are addresses that no page may name.

    `readability` remembers pages that cannot be cleaned: those of a Grafana newer than we know. `on_lost` hears the uid
    of a document that Grafana does not know as public, though we published it.
    """

    needs_proof = True

    def __init__(
        self,
        grafana: GrafanaForVisitors,
        publications: Publications,
        raw: Source,
        *,
        limits: Limits,
        clock_ms: Callable[[], int],
        internal: Collection[str] = (),
        cache: AnswerCache[bytes] | None = None,
        readability: Readability | None = None,
        on_lost: Callable[[str], None] = lambda uid: None,
    ) -> None:
        self._grafana = grafana
        self._publications = publications
        self._raw = raw
        self._limits = limits
        self._clock_ms = clock_ms
        self._internal = marks_of(internal)
        self._readability = readability or Readability()
        self._on_lost = on_lost
        self._answers = cache or AnswerCache()
        self._dashboards: AnswerCache[_Dashboard] = AnswerCache(size=lambda found: found.size)
        self._pages: AnswerCache[GrafanaPage] = AnswerCache(size=lambda page: 2 * len(page.html))
        self._panels = KnownPanels()
        self._files = GrafanaFiles(grafana)
        self._intervals: dict[str, str] | None = None
        self._kinds: dict[str, str] = {}

    def page(self, link: Link, profile: LinkProfile, visit: Visit) -> Page:
        """Return Grafana's page for this link; when Grafana is away or cannot be read, a page that tries again."""
        real = self._real(link)
        if real is None:
            return _sorry(UNAVAILABLE, link, profile)
        try:
            dashboard = self._dashboard(link, real).dashboard
            page = self._page(real, profile.theme)
        except UnreadablePage:
            return _sorry(UNREADABLE, link, profile)
        except UpstreamError:
            return _sorry(UNAVAILABLE, link, profile)
        head = _head(link.token, profile.for_dashboard(dashboard))
        dress = Dress(link.token, head, visit.language, visit.chosen_language)
        html = page.for_visitor(dashboard, dress, self._internal)
        if any(mark in html for mark in self._internal):
            self._readability.failed(link.document_uid, "it names an internal address where none was expected")
            return _sorry(UNREADABLE, link, profile)
        self._readability.reads(link.document_uid)
        return RelayedPage(html, link.frame_ancestors)

    def dashboard(self, link: Link, profile: LinkProfile) -> Answer:
        """Return the dashboard with the link's refresh, time and picker."""
        real = self._real(link)
        if real is None:
            return UNAVAILABLE.as_answer()
        try:
            found = self._dashboard(link, real)
        except UpstreamError:
            return UNAVAILABLE.as_answer()
        meta = grafana_meta(link, str(found.dashboard.get("title") or ""), found.version)
        shown = relayed_dashboard(found.dashboard, profile.for_dashboard(found.dashboard))
        answer = json_answer({"dashboard": shown, "meta": meta})
        return _swapped(answer, real, link)

    def annotations(self, link: Link, from_text: str, to_text: str) -> Answer:
        """Return none: published documents hold no annotations, and every open page asks at each refresh."""
        return json_answer([])

    def panel_query(self, link: Link, panel_id: str, content_type: str, body: bytes) -> Answer:
        """Ask Grafana for a panel, on the grid that all viewers share."""
        now_ms = self._clock_ms()
        real = self._real(link)
        try:
            number = read_panel_id(panel_id)
            request = read_grafana(content_type, body, lambda: self._profile(link, real), now_ms)
            if real is None:
                return self._away(None, number)
            panel = panel_by_id(self._dashboard(link, real).dashboard, number) or {}
            asked = request.asked if link.profile.picker else panel_range(panel, request.asked, now_ms)
            floor_ms = least_step_ms(panel, self._known_intervals(real))
            grid, query = upstream_query(asked, panel, floor_ms, now_ms=now_ms, limits=self._limits, kinds=self._kinds)
            packed = self._answers.get(
                ("panel", real.text, number, query),
                lambda packed: kept_seconds(*_unpacked(packed), grid / 1000),
                lambda: _packed(self._grafana.visitor_query(real.text, number, query)),
            )
        except Refused as refused:
            return refused.answer
        except UpstreamError:
            return self._away(real, number)
        status, answer = _unpacked(packed)
        if status == 200 and is_plain(answer):
            return _swapped(Answer(200, answer), real, link)
        return _swapped(shown_result(status, answer, self._panels.ref_ids(real.text, number)), real, link)

    def panel_data(self, link: Link, panel_id: str, body: bytes) -> Answer:
        """Answer our own raw route; the document is the same, Grafana is not needed for it."""
        return self._raw.panel_data(link, panel_id, body)

    def asset(self, path: str, *, gzip: bool = False) -> Answer:
        """Return a static file of Grafana's page."""
        return self._files.get(path, gzip=gzip)

    def close(self) -> None:
        """Let running queries end."""
        self._raw.close()

    def _real(self, link: Link) -> RealToken | None:
        found = self._publications.access_token(link.document_uid)
        return None if found is None else RealToken(found)

    def _away(self, real: RealToken | None, panel_id: int) -> Answer:
        """Answer a panel query that cannot be asked now."""
        ref_ids = self._panels.ref_ids("" if real is None else real.text, panel_id)
        refusal = UNAVAILABLE.as_answer()
        failed = failed_panel(refusal.status, ref_ids, UNAVAILABLE.message)
        return Answer(failed.status, failed.body, failed.content_type, refusal.headers)

    def _profile(self, link: Link, real: RealToken | None) -> LinkProfile:
        return link.profile if real is None else link.profile.for_dashboard(self._dashboard(link, real).dashboard)

    def _dashboard(self, link: Link, real: RealToken) -> _Dashboard:
        """Fetch a dashboard; raises UpstreamError when Grafana has none to give now."""
        uid = link.document_uid
        return self._dashboards.get(real.text, _DASHBOARD_KEPT_SECONDS, lambda: self._fetch_dashboard(uid, real))

    def _fetch_dashboard(self, uid: str, real: RealToken) -> _Dashboard:
        reply = self._grafana.visitor_dashboard(real.text)
        try:
            found = orjson.loads(reply.body) if reply.status == 200 else None
        except orjson.JSONDecodeError:
            found = None
        if reply.status == _MISSING:
            self._on_lost(uid)
        dashboard = found.get("dashboard") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(dashboard, dict):
            raise UpstreamError("Grafana does not show the dashboard.")
        self._panels.learn(real.text, dashboard)
        meta = found.get("meta")
        version = meta.get("version") if isinstance(meta, dict) else None
        return _Dashboard(dashboard, version if isinstance(version, int) else 1, 4 * len(reply.body))

    def _page(self, real: RealToken, theme: Theme) -> GrafanaPage:
        """Return Grafana's page, which is the same for all dashboards, fetched again now and then (for upgrades)."""
        return self._pages.get(theme, _PAGE_KEPT_SECONDS, lambda: self._fetch_page(real, theme))

    def _fetch_page(self, real: RealToken, theme: Theme) -> GrafanaPage:
        reply = self._grafana.visitor_page(real.text, "theme=system" if theme is Theme.AUTO else f"theme={theme.value}")
        if reply.status != 200:
            raise UpstreamError("Grafana does not give its page.")
        try:
            page = GrafanaPage.parse(reply.body, real)
        except UnreadablePage as fault:
            self._readability.failed(_ANY_PAGE, fault.message)
            raise
        self._readability.reads(_ANY_PAGE)
        self._kinds = kinds_of(page.datasources)
        self._intervals = intervals_of(page.datasources)
        return page

    def _known_intervals(self, real: RealToken) -> Mapping[str, str]:
        """Return the least steps of the datasources; a query may come before any page did, e.g. after a restart."""
        if self._intervals is None:
            try:
                self._page(real, Theme.AUTO)
            except UpstreamError:
                return {}
        return self._intervals or {}


def _head(token: str, profile: LinkProfile) -> str:
    state = f"{BASE}/public-dashboards/{token}/state"
    return (
        f"<style>{relayed_style(profile)}</style>"
        f'<script src="{BASE}/dashwright/relay.js" defer data-state="{escape(state)}" '
        f'data-refresh="{grafana_refresh_ms(profile)}" data-theme="{profile.theme.value}"></script>'
    )


def _sorry(refusal: Refusal, link: Link, profile: LinkProfile) -> NoticePage:
    return NoticePage(refusal, profile.theme, profile.transparent, link.frame_ancestors, link.token)


def _swapped(answer: Answer, real: RealToken, link: Link) -> Answer:
    body = real.swapped(answer.body, link.token)
    return answer if body is answer.body else Answer(answer.status, body, answer.content_type, answer.headers)


def _packed(reply: RawReply) -> bytes:
    """Put status and body into one, for the cache of bytes."""
    return b"%d\n" % reply.status + reply.body


def _unpacked(packed: bytes) -> tuple[int, bytes]:
    status, _, body = packed.partition(b"\n")
    return int(status), body
