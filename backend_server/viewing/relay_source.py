"""Showing a document through Grafana: its own public page and routes, relayed under the link's token.

Grafana's token, its addresses and the datasources a dashboard does not use never leave the machine. Anything that would
name one of them is refused instead of passed on.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Any

import orjson

from backend_server.errors import NotFound, UpstreamError
from backend_server.links import Link, LinkProfile, Theme

from .admission import UNAVAILABLE
from .answers import Answer, grafana_error, json_answer
from .coalescing import Coalescing
from .grafana_page import GrafanaPage, UnreadablePage, names_any, spellings
from .pages import NoticePage, Page, RelayedPage
from .panel_requests import Refused, read_grafana, read_panel_id
from .ports import GrafanaForVisitors, Publications, RawReply
from .relayed_answers import is_plain, shown_result, upstream_query
from .shown_dashboard import grafana_meta, shown_dashboard
from .source import Source
from .steps import Limits
from .visits import Visit

_PAGE_KEPT_SECONDS = 15.0
_DASHBOARD_KEPT_SECONDS = 1.0
_PAGES_KEPT = 64
_ASSET_HEADERS = ("etag", "last-modified")


class RelaySource:
    """Asks Grafana; `raw` answers our own raw data route, and `internal` are addresses that no page may name."""

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
        cache: Coalescing | None = None,
    ) -> None:
        self._grafana = grafana
        self._publications = publications
        self._raw = raw
        self._limits = limits
        self._clock_ms = clock_ms
        self._internal = spellings(internal)
        self._cache = cache or Coalescing()
        self._lock = Lock()
        self._pages: OrderedDict[tuple[str, str], tuple[float, GrafanaPage]] = OrderedDict()

    def page(self, link: Link, profile: LinkProfile, visit: Visit) -> Page:
        """Give Grafana's page for this link; when Grafana is away or cannot be read, a page that tries again."""
        sorry = NoticePage(UNAVAILABLE, profile.theme, profile.transparent, link.frame_ancestors)
        real = self._publications.access_token(link.document_uid)
        if real is None:
            return sorry
        try:
            dashboard, _ = self._dashboard(real)
            page = self._page(real, profile.theme, visit.language)
        except (UpstreamError, UnreadablePage):
            return sorry
        script = (
            '<script src="/grafana/dashwright/relay.js" defer '
            f'data-state="/grafana/public-dashboards/{link.token}/state"></script>'
        )
        html = page.for_visitor(link.token, dashboard, script)
        if names_any(html, (real.encode(), *self._internal)):
            return sorry
        return RelayedPage(html, link.frame_ancestors)

    def dashboard(self, link: Link) -> Answer:
        """Give the dashboard with the link's refresh, time and picker."""
        real = self._publications.access_token(link.document_uid)
        if real is None:
            return UNAVAILABLE.as_answer()
        try:
            dashboard, meta = self._dashboard(real)
        except UpstreamError:
            return UNAVAILABLE.as_answer()
        version = meta.get("version")
        shown = grafana_meta(link, str(dashboard.get("title") or ""), version if isinstance(version, int) else 1)
        return self._checked(json_answer({"dashboard": shown_dashboard(dashboard, link.profile), "meta": shown}), real)

    def annotations(self, link: Link, from_text: str, to_text: str) -> Answer:
        """Give none: published documents hold no annotations, and every open page asks at each refresh."""
        return json_answer([])

    def panel_query(self, link: Link, panel_id: str, content_type: str, body: bytes) -> Answer:
        """Ask Grafana for a panel, on the grid that all viewers share."""
        now_ms = self._clock_ms()
        try:
            number = read_panel_id(panel_id)
            request = read_grafana(content_type, body, link.profile, now_ms)
        except Refused as refused:
            return refused.answer
        real = self._publications.access_token(link.document_uid)
        if real is None:
            return UNAVAILABLE.as_answer()
        step, _, query = upstream_query(request, now_ms, self._limits)
        try:
            packed = self._cache.get(
                ("panel", real, number, query),
                step / 1000,
                lambda: _packed(self._grafana.visitor_query(real, number, query)),
            )
        except UpstreamError:
            return UNAVAILABLE.as_answer()
        status, answer = _unpacked(packed)
        if status == 200 and is_plain(answer):
            return self._checked(Answer(200, answer), real)
        return self._checked(shown_result(status, answer), real)

    def panel_data(self, link: Link, panel_id: str, body: bytes) -> Answer:
        """Answer our own raw route; the document is the same, Grafana is not needed for it."""
        return self._raw.panel_data(link, panel_id, body)

    def asset(self, path: str) -> Answer:
        """Give a static file of Grafana's page."""
        try:
            reply = self._grafana.visitor_asset(path)
        except NotFound:
            return grafana_error(404, "notFound", "There is no such file")
        except UpstreamError:
            return UNAVAILABLE.as_answer()
        if reply.status != 200:
            return grafana_error(404, "notFound", "There is no such file")
        headers = {name: reply.headers[name] for name in _ASSET_HEADERS if name in reply.headers}
        headers["Cache-Control"] = "public, max-age=31536000" if path.startswith("build/") else "public, max-age=3600"
        return Answer(200, reply.body, reply.headers.get("content-type", "application/octet-stream"), headers)

    def close(self) -> None:
        """Let running queries end."""
        self._raw.close()

    def _dashboard(self, real: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Fetch dashboard and meta; raises UpstreamError when Grafana has none to give now."""
        packed = self._cache.get(
            ("dashboard", real), _DASHBOARD_KEPT_SECONDS, lambda: _packed(self._grafana.visitor_dashboard(real))
        )
        status, body = _unpacked(packed)
        try:
            found = orjson.loads(body) if status == 200 else None
        except orjson.JSONDecodeError:
            found = None
        dashboard = found.get("dashboard") if isinstance(found, dict) else None
        if not isinstance(dashboard, dict):
            raise UpstreamError("Grafana does not show the dashboard.")
        meta = found.get("meta") if isinstance(found, dict) else None
        return dashboard, meta if isinstance(meta, dict) else {}

    def _page(self, real: str, theme: Theme, language: str) -> GrafanaPage:
        """Give Grafana's page, which is the same for all dashboards, fetched anew now and then (it may be upgraded)."""
        key, now = (theme.value, language), time.monotonic()
        with self._lock:
            kept = self._pages.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        query = "theme=system" if theme is Theme.AUTO else f"theme={theme.value}"
        reply = self._grafana.visitor_page(real, query, language)
        if reply.status != 200:
            raise UpstreamError("Grafana does not give its page.")
        page = GrafanaPage.parse(reply.body)
        if real.encode() in page.outside_settings():
            raise UnreadablePage("the token stands where it cannot be swapped")
        with self._lock:
            self._pages[key] = (now + _PAGE_KEPT_SECONDS, page)
            self._pages.move_to_end(key)
            while len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        return page

    @staticmethod
    def _checked(answer: Answer, real: str) -> Answer:
        return UNAVAILABLE.as_answer() if real.encode() in answer.body else answer


def _packed(reply: RawReply) -> bytes:
    """Put status and body into one, for the cache of bytes."""
    return b"%d\n" % reply.status + reply.body


def _unpacked(packed: bytes) -> tuple[int, bytes]:
    status, _, body = packed.partition(b"\n")
    return int(status), body
