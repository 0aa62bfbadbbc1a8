"""Showing a document without Grafana: our own page, and the document's stored queries asked of the datasources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from backend_server.documents import panel_by_id
from backend_server.links import Link, LinkProfile
from backend_server.links.urls import PREFIX, data_path, page_relative, state_path
from backend_server.queries.panel_plan import PanelPlan, has_queries, plan_panel
from backend_server.queries.steps import LearnedScrapes, Limits, nice_step_ms
from backend_server.querying.answers import grafana_results, raw_results
from backend_server.querying.runner import QueryRunner
from backend_server.querying.shared_frames import SharedFrames

from ..admission import UNAVAILABLE, notice_of
from ..answers import grafana_error, grafana_json, no_queries, panel_not_found, refusal_answer
from ..model import Answer, Page, StoredDocument, ViewerPage
from ..panel_requests import PanelRequest, RequestRefused, panel_range, read_grafana, read_lean, read_panel_id
from ..shown_dashboard import grafana_meta, shown_dashboard
from ..source import Source
from ..visits import Visit, frame_rules
from .documents import StoredDocuments


def viewer_source(
    documents: StoredDocuments,
    runner: QueryRunner,
    *,
    limits: Limits,
    clock_ms: Callable[[], int],
    scrapes: LearnedScrapes | None = None,
) -> Source:
    """Return what shows documents by our own viewer; it knows nothing of Grafana.

    `scrapes` says how far readings are known, and when a page does well to ask.
    """
    scrapes = scrapes or LearnedScrapes()
    panels = ViewerPanels(documents, runner, limits=limits, clock_ms=clock_ms, scrapes=scrapes)
    return Source(
        pages=ViewerPages(documents, clock_ms, scrapes),
        panels=panels,
        raw_panels=panels,
        files=NoFiles(),
        close=runner.close,
        needs_proof=False,
    )


class ViewerPages:
    """Our viewer's page, with everything its first paint needs but the data."""

    def __init__(self, documents: StoredDocuments, clock_ms: Callable[[], int], scrapes: LearnedScrapes) -> None:
        self._documents = documents
        self._clock_ms = clock_ms
        self._scrapes = scrapes

    def page(self, link: Link, profile: LinkProfile, visit: Visit) -> Page:
        """Return the page of a link's document."""
        document = self._documents.find(link.document_uid)
        if document is None:
            return notice_of(link, UNAVAILABLE, visit)
        profile = profile.for_dashboard(document.times)
        shown = profile.as_json()
        known = self._scrapes.known
        news = None if known is None else known.news()
        start = {
            "token": link.token,
            "base": PREFIX,
            "title": document.title,
            "theme": shown.pop("theme"),
            "lang": visit.language,
            "document": orjson.Fragment(document.shown),
            "profile": shown,
            "state_url": page_relative(state_path(link.token)),
            "frame": frame_rules(link.frame_ancestors),
            "data_url": page_relative(data_path(link.token, "{id}")),
            "now": self._clock_ms(),
            "news": news and dict(zip(("every", "at"), news, strict=True)),
            "expires_at": link.expires_at,
        }
        return ViewerPage(
            title=document.title,
            theme=profile.theme,
            language=visit.language,
            transparent=profile.transparent,
            data=orjson.dumps(start),
            frame_ancestors=link.frame_ancestors,
        )

    def dashboard(self, link: Link, profile: LinkProfile) -> Answer:
        """Return the dashboard as Grafana's public route does."""
        document = self._documents.find(link.document_uid)
        if document is None:
            return refusal_answer(UNAVAILABLE)
        version = document.dashboard.get("version")
        meta = grafana_meta(link, document.title, version if isinstance(version, int) else 1)
        shown = shown_dashboard(document.dashboard, profile.for_dashboard(document.times))
        return grafana_json({"dashboard": shown, "meta": meta})


class ViewerPanels:
    """Runs a panel's stored queries."""

    def __init__(
        self,
        documents: StoredDocuments,
        runner: QueryRunner,
        *,
        limits: Limits,
        clock_ms: Callable[[], int],
        scrapes: LearnedScrapes,
    ) -> None:
        self._documents = documents
        self._runner = runner
        self._frames = SharedFrames()
        self._limits = limits
        self._clock_ms = clock_ms
        self._scrapes = scrapes

    def query(self, link: Link, panel_id: str, content_type: str, body: bytes) -> Answer:
        """Answer in Grafana's frames."""
        try:
            asked = read_grafana(content_type, body, link.profile, lambda: self._document(link).times, self._clock_ms())
            panel = self._panel(link, panel_id)
        except RequestRefused as refused:
            return refused.answer
        plan = self._plan(panel, asked, link.profile)
        if not plan.queries and not has_queries(panel):
            return no_queries()
        return Answer(*grafana_results(self._runner.run(plan), self._frames.of))

    def data(self, link: Link, panel_id: str, body: bytes) -> Answer:
        """Answer with the datasources' own bytes."""
        try:
            asked = read_lean(body, link.profile, lambda: self._document(link).times, self._clock_ms())
            panel = self._panel(link, panel_id)
        except RequestRefused as refused:
            return refused.answer
        plan = self._plan(panel, asked, link.profile)
        return Answer(200, raw_results(plan, self._runner.run(plan)))

    def _document(self, link: Link) -> StoredDocument:
        document = self._documents.find(link.document_uid)
        if document is None:
            raise RequestRefused(refusal_answer(UNAVAILABLE))
        return document

    def _panel(self, link: Link, panel_id: str) -> Mapping[str, Any]:
        number = read_panel_id(panel_id)
        panel = panel_by_id(self._document(link).dashboard, number)
        if panel is None:
            raise RequestRefused(panel_not_found())
        return panel

    def _plan(self, panel: Mapping[str, Any], asked: PanelRequest, profile: LinkProfile) -> PanelPlan:
        now_ms = self._clock_ms()
        floor = nice_step_ms(asked.floor_ms) if asked.floor_ms else 0
        # With a picker the page itself lays a panel's own range over the chosen one.
        span = asked.asked if profile.picker else panel_range(panel, asked.asked, now_ms)
        known_ms = self._scrapes.known_until_ms(now_ms)
        return plan_panel(panel, span, now_ms=known_ms, points=asked.points, limits=self._limits, floor_ms=floor)


class NoFiles:
    """Grafana's files belong to Grafana's page."""

    def get(self, path: str, *, gzip: bool) -> Answer:
        """Return that there is none."""
        del path, gzip
        return grafana_error(404, "notFound", "There is no such file")
