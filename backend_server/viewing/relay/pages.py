"""Grafana's public page under a link's token, and the dashboard it asks for; both cut to what a visitor may have."""

from __future__ import annotations

from collections.abc import Collection

from backend_server.errors import UpstreamError
from backend_server.links import Link, LinkProfile, Theme
from backend_server.primitives.limits import FetchLimits
from backend_server.querying.answer_cache import AnswerCache

from ..admission import UNAVAILABLE, UNREADABLE, notice_of
from ..answers import grafana_json, refusal_answer
from ..model import Answer, Page, RelayedPage
from ..ports import GrafanaForVisitors, Publications
from ..shown_dashboard import grafana_meta, relayed_dashboard
from ..visits import Visit
from .boot_data import DatasourceFacts, datasource_facts
from .dashboards import GrafanaDashboards, Published
from .grafana_page import GrafanaPage, UnreadablePage
from .internal_addresses import marks_of
from .page_edits import RealToken, edits_for
from .readability import Readability

_PAGE_KEPT_SECONDS = 15.0
_ANY_PAGE = "every page"  # but for its boot data it is the same for all dashboards


class GrafanaPages:
    """Fetches Grafana's page, which is the same for all dashboards, again now and then (for upgrades).

    `datasources` is what the newest page says of them; None before any page was read.
    """

    def __init__(self, grafana: GrafanaForVisitors, readability: Readability, fetches: FetchLimits) -> None:
        self.readability = readability
        self.datasources: DatasourceFacts | None = None
        self._grafana = grafana
        self._cache: AnswerCache[GrafanaPage] = AnswerCache(size=lambda page: 2 * len(page.html), limits=fetches)

    def get(self, real: RealToken, theme: Theme) -> GrafanaPage:
        """Return the page; raises UpstreamError when Grafana is away, UnreadablePage when it cannot be cleaned."""
        return self._cache.get(theme, _PAGE_KEPT_SECONDS, lambda: self._fetch(real, theme))

    def learn_datasources(self, real: RealToken) -> DatasourceFacts:
        """Return what queries need of the datasources; one may come before any page did, e.g. after a restart."""
        try:
            self.get(real, Theme.AUTO)
        except UpstreamError:
            return DatasourceFacts()
        return self.datasources or DatasourceFacts()

    def _fetch(self, real: RealToken, theme: Theme) -> GrafanaPage:
        reply = self._grafana.visitor_page(real.text, "theme=system" if theme is Theme.AUTO else f"theme={theme.value}")
        if reply.status != 200:
            raise UpstreamError("Grafana does not give its page.")
        try:
            page = GrafanaPage.parse(reply.body, real)
        except UnreadablePage as fault:
            self.readability.failed(_ANY_PAGE, fault.message)
            raise
        self.readability.reads(_ANY_PAGE)
        self.datasources = datasource_facts(page.datasources)
        return page


class RelayedPages:
    """Pages and dashboards of links; `internal` are addresses of the house, which no page may name."""

    def __init__(
        self,
        publications: Publications,
        dashboards: GrafanaDashboards,
        pages: GrafanaPages,
        *,
        internal: Collection[str] = (),
    ) -> None:
        self._publications = publications
        self._dashboards = dashboards
        self._pages = pages
        self._internal = marks_of(internal)

    def page(self, link: Link, profile: LinkProfile, visit: Visit) -> Page:
        """Return Grafana's page for this link; when Grafana is away or cannot be read, a page that tries again."""
        token = self._publications.tokens()[link.document_uid]
        if token is None:
            return notice_of(link, UNAVAILABLE, visit)
        real = RealToken(token)
        try:
            found = self._dashboards.get(Published(link.document_uid, real))
            page = self._pages.get(real, profile.theme)
        except UnreadablePage:
            return notice_of(link, UNREADABLE, visit)
        except UpstreamError:
            return notice_of(link, UNAVAILABLE, visit)
        edits = edits_for(link, profile.for_dashboard(found.times), visit)
        html = page.for_visitor(found.dashboard, edits, self._internal)
        if any(mark in html for mark in self._internal):
            reason = "it names an internal address where none was expected"
            self._pages.readability.failed(link.document_uid, reason)
            return notice_of(link, UNREADABLE, visit)
        self._pages.readability.reads(link.document_uid)
        return RelayedPage(html, link.frame_ancestors)

    def dashboard(self, link: Link, profile: LinkProfile) -> Answer:
        """Return the dashboard with the link's refresh, time and picker."""
        token = self._publications.tokens()[link.document_uid]
        if token is None:
            return refusal_answer(UNAVAILABLE)
        real = RealToken(token)
        try:
            found = self._dashboards.get(Published(link.document_uid, real))
        except UpstreamError:
            return refusal_answer(UNAVAILABLE)
        meta = grafana_meta(link, str(found.dashboard.get("title") or ""), found.version)
        shown = relayed_dashboard(found.dashboard, profile.for_dashboard(found.times))
        answer = grafana_json({"dashboard": shown, "meta": meta})
        return Answer(answer.status, real.swapped(answer.body, link.token), answer.content_type, answer.headers)
