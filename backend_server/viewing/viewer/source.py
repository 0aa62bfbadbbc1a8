"""Showing a document without Grafana: our own page, and the document's stored queries asked of the datasources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from backend_server.documents import panel_by_id
from backend_server.links import Link, LinkProfile
from backend_server.queries.panel_plan import PanelPlan, has_queries, plan_panel
from backend_server.queries.steps import Limits, nice_step_ms
from backend_server.querying.answers import grafana_results, raw_results
from backend_server.querying.runner import QueryRunner

from ..admission import UNAVAILABLE
from ..answers import Answer, grafana_error, json_answer, no_queries, panel_not_found
from ..pages import NoticePage, Page, ViewerPage
from ..panel_requests import PanelRequest, Refused, panel_range, read_grafana, read_lean, read_panel_id
from ..shown_dashboard import grafana_meta, shown_dashboard
from ..visits import Visit
from .stored_documents import StoredDocument, StoredDocuments

BASE = "/grafana"


class ViewerSource:
    """Reads documents and asks datasources; knows nothing of Grafana."""

    needs_proof = False

    def __init__(
        self, documents: StoredDocuments, runner: QueryRunner, *, limits: Limits, clock_ms: Callable[[], int]
    ) -> None:
        self._documents = documents
        self._runner = runner
        self._limits = limits
        self._clock_ms = clock_ms

    def page(self, link: Link, profile: LinkProfile, visit: Visit) -> Page:
        """Return our viewer's page with everything its first paint needs but the data."""
        document = self._documents.find(link.document_uid)
        if document is None:
            return NoticePage(UNAVAILABLE, profile.theme, profile.transparent, link.frame_ancestors, link.token)
        profile = profile.for_dashboard(document.dashboard)
        shown = profile.as_json()
        public = f"{BASE}/public-dashboards/{link.token}"
        start = {
            "token": link.token,
            "base": BASE,
            "title": document.title,
            "theme": shown.pop("theme"),
            "lang": visit.language,
            "document": orjson.Fragment(document.shown),
            "profile": shown,
            "state_url": f"{public}/state",
            "data_url": f"{public}/panels/{{id}}/data",
            "now": self._clock_ms(),
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
            return UNAVAILABLE.as_answer()
        version = document.dashboard.get("version")
        meta = grafana_meta(link, document.title, version if isinstance(version, int) else 1)
        shown = shown_dashboard(document.dashboard, profile.for_dashboard(document.dashboard))
        return json_answer({"dashboard": shown, "meta": meta})

    def annotations(self, link: Link, from_text: str, to_text: str) -> Answer:
        """Return none: what a visitor sees holds no annotations."""
        return json_answer([])

    def panel_query(self, link: Link, panel_id: str, content_type: str, body: bytes) -> Answer:
        """Run a panel's stored queries and answer in Grafana's frames."""
        try:
            asked = read_grafana(content_type, body, lambda: self._profile(link), self._clock_ms())
            panel = self._panel(link, panel_id)
        except Refused as refused:
            return refused.answer
        plan = self._plan(panel, asked, link.profile)
        if not plan.queries and not has_queries(panel):
            return no_queries()
        status, results = grafana_results(self._runner.run(plan))
        return json_answer(results, status)

    def panel_data(self, link: Link, panel_id: str, body: bytes) -> Answer:
        """Run a panel's stored queries and hand on Prometheus' answers as they came."""
        try:
            asked = read_lean(body, lambda: self._profile(link), self._clock_ms())
            panel = self._panel(link, panel_id)
        except Refused as refused:
            return refused.answer
        plan = self._plan(panel, asked, link.profile)
        return Answer(200, raw_results(plan, self._runner.run(plan)))

    def asset(self, path: str, *, gzip: bool = False) -> Answer:
        """Return nothing: Grafana's files belong to Grafana's page."""
        return grafana_error(404, "notFound", "There is no such file")

    def close(self) -> None:
        """Let running queries end."""
        self._runner.close()

    def _document(self, link: Link) -> StoredDocument:
        document = self._documents.find(link.document_uid)
        if document is None:
            raise Refused(UNAVAILABLE.as_answer())
        return document

    def _profile(self, link: Link) -> LinkProfile:
        return link.profile.for_dashboard(self._document(link).dashboard)

    def _panel(self, link: Link, panel_id: str) -> Mapping[str, Any]:
        number = read_panel_id(panel_id)
        panel = panel_by_id(self._document(link).dashboard, number)
        if panel is None:
            raise Refused(panel_not_found())
        return panel

    def _plan(self, panel: Mapping[str, Any], asked: PanelRequest, profile: LinkProfile) -> PanelPlan:
        now_ms = self._clock_ms()
        floor = nice_step_ms(asked.floor_ms) if asked.floor_ms else 0
        # With a picker the page itself lays a panel's own range over the chosen one.
        span = asked.asked if profile.picker else panel_range(panel, asked.asked, now_ms)
        return plan_panel(panel, span, now_ms=now_ms, points=asked.points, limits=self._limits, floor_ms=floor)
