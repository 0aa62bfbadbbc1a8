"""What tests of visitors share: links and documents in memory, a counting datasource, an app with the public pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
from flask import Flask
from flask.testing import FlaskClient

import backend_server.web as web
from backend_server.documents.status import DocumentState
from backend_server.errors import UpstreamError
from backend_server.links import FoundLink, Link, LinkProfile
from backend_server.primitives.ids import DashboardUid, LinkToken, Slug
from backend_server.primitives.limits import FetchLimits
from backend_server.queries.steps import LearnedScrapes, Limits
from backend_server.querying.runner import QueryRunner
from backend_server.viewing.model import Hits
from backend_server.viewing.source import Source
from backend_server.viewing.view_counts import ViewCounts
from backend_server.viewing.viewer.documents import StoredDocuments
from backend_server.viewing.viewer.source import viewer_source
from backend_server.viewing.viewing import Viewing
from backend_server.web.context import SERVICES
from backend_server.web.errors import register_errors
from backend_server.web.pages import public

NOW_MS = 1_795_472_014_437
TOKEN = "0123456789abcdef0123456789abcd01"
UID = "dev-rig-1-0000000000000000000a"
SECRET_EXPRESSION = 'secret_metric{device="rig-1"}'

LINK = Link(
    id="l1",
    token=LinkToken(TOKEN),
    slug=Slug("rig-1-abcdefghjkmn"),
    maker="dev",
    slot="main",
    object_id="rig-1",
    document_uid=DashboardUid(UID),
    profile=LinkProfile(picker=True),
    created_at=NOW_MS - 1000,
)
LIVE = FoundLink(LINK, DocumentState.LIVE, "Rig 1")

TEMPLATES = Path(web.__file__).parent / "templates"


def target(expression: str, ref_id: str = "A", **more: object) -> dict[str, Any]:
    """Make a Prometheus target."""
    source = {"type": "prometheus", "uid": "prometheus"}
    return {"refId": ref_id, "datasource": source, "expr": expression, **more}


def dashboard(*panels: Mapping[str, Any], **more: object) -> dict[str, Any]:
    """Make a dashboard; without panels it has one chart, one stat and one text."""
    shown = panels or (
        {"id": 1, "type": "timeseries", "title": "Power", "targets": [target(SECRET_EXPRESSION)]},
        {"id": 2, "type": "stat", "title": "Up", "targets": [target("up", instant=True, range=False)]},
        {"id": 9, "type": "text", "title": "Note", "options": {"content": "x"}},
    )
    return {
        "uid": UID,
        "title": "Rig </script> 1",
        "version": 3,
        "panels": list(shown),
        "templating": {"list": []},
        "dashwright": {"content": "c", "maker": "dev", "object": "rig-1", "slot": "main"},
        **more,
    }


@dataclass
class MemoryLinks:
    """Links by token; count how often they were asked for."""

    found: dict[str, FoundLink] = field(default_factory=lambda: {TOKEN: LIVE})

    def find(self, token: str) -> FoundLink | None:
        return self.found.get(token)

    def find_slug(self, slug: str) -> FoundLink | None:
        return next((found for found in self.found.values() if found.link.slug == slug), None)

    def change(self, state: DocumentState | None = DocumentState.LIVE, **changes: object) -> None:
        """Change the one link there is."""
        link = replace(self.found[TOKEN].link, **changes)
        self.found[TOKEN] = replace(self.found[TOKEN], link=link, document_state=state)


@dataclass
class MemoryDocuments:
    """Documents by uid."""

    bodies: dict[str, bytes] = field(default_factory=lambda: {UID: orjson.dumps(dashboard())})
    asked: int = 0

    def body(self, uid: str) -> bytes | None:
        self.asked += 1
        return self.bodies.get(uid)

    def put(self, document: Mapping[str, Any]) -> None:
        """Replace the one document there is."""
        self.bodies[UID] = orjson.dumps(document)


EMPTY_MATRIX = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'


@dataclass
class CountingSource:
    """A Prometheus that answers what it was told and keeps what it was asked."""

    answer: bytes = EMPTY_MATRIX
    failure: UpstreamError | None = None
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def instant(self, query: str, time_ms: int) -> bytes:
        return self._give("instant", query, time_ms)

    def range(self, query: str, from_ms: int, to_ms: int, step_ms: int) -> bytes:
        return self._give("range", query, from_ms, to_ms, step_ms)

    def find(self, uid: str, kind: str) -> CountingSource | None:
        return self if uid in ("prometheus", "") and kind in ("prometheus", "") else None

    def _give(self, *asked: object) -> bytes:
        self.asked.append(asked)
        if self.failure is not None:
            raise self.failure
        return self.answer


@dataclass
class MemoryViews:
    """Where counts end up."""

    hits: dict[str, Hits] = field(default_factory=dict)
    failure: UpstreamError | None = None

    def add_views(self, hits: Mapping[str, Hits]) -> None:
        if self.failure is not None:
            raise self.failure
        self.hits.update(hits)


@dataclass
class Visitors:
    """A Viewing over memories, and an app that serves the public pages of it."""

    links: MemoryLinks = field(default_factory=MemoryLinks)
    documents: MemoryDocuments = field(default_factory=MemoryDocuments)
    metrics: Any = field(default_factory=CountingSource)
    views: MemoryViews = field(default_factory=MemoryViews)
    limits: Limits = field(default_factory=Limits)
    now_ms: int = NOW_MS
    source: Source | None = None
    scrapes: LearnedScrapes = field(default_factory=LearnedScrapes)
    fetches: FetchLimits = field(default_factory=FetchLimits)

    def __post_init__(self) -> None:
        self.stored = StoredDocuments(self.documents)
        runner = QueryRunner(self.metrics, limits=self.fetches)
        self.viewer = viewer_source(
            self.stored, runner, limits=self.limits, clock_ms=self.clock_ms, scrapes=self.scrapes
        )
        self.counts = ViewCounts(self.views)
        self.viewing = Viewing(self.links, self.source or self.viewer, self.counts, clock_ms=self.clock_ms)

    def clock_ms(self) -> int:
        """Return the moment the tests set."""
        return self.now_ms

    def client(self) -> FlaskClient:
        """Return a client of an app that has the public pages only."""
        app = Flask("visitors", template_folder=str(TEMPLATES))
        app.extensions[SERVICES] = SimpleNamespace(viewing=self.viewing, links=SimpleNamespace(directory=self.links))
        app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
        app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
        register_errors(app)
        app.register_blueprint(public.blueprint)
        return app.test_client()

    def close(self) -> None:
        """End what runs."""
        self.viewing.close()
