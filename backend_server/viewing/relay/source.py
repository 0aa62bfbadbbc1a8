"""Showing a document through Grafana: its own public page and routes, relayed under the link's token.

Grafana's token, its addresses and the datasources a dashboard does not use never leave the machine: the token is
swapped wherever it stands, and a page that would name the rest is refused instead of passed on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from backend_server.primitives.limits import FetchLimits
from backend_server.queries.steps import LearnedScrapes, Limits

from ..ports import GrafanaForVisitors, Publications
from ..source import Source
from .dashboards import GrafanaDashboards
from .grafana_files import GrafanaFiles
from .pages import GrafanaPages, RelayedPages
from .panel_queries import RelayedPanels, shared_replies
from .readability import Readability


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """How documents are relayed.

    `internal` are addresses that no page may name. `readability` remembers pages that cannot be cleaned: those of a
    Grafana newer than we know. `on_lost` hears the uid of a document that Grafana does not know as public, though we
    published it; `on_missed` that of any that a visitor asked for and did not get. `clock` is that of the answers
    viewers share, `scrapes` says how far readings are known, `fetches` bounds who may cause calls of Grafana.
    """

    limits: Limits
    clock_ms: Callable[[], int]
    internal: Collection[str] = ()
    readability: Readability = field(default_factory=Readability)
    on_lost: Callable[[str], None] = lambda uid: None
    on_missed: Callable[[str], None] = lambda uid: None
    clock: Callable[[], float] = time.monotonic
    scrapes: LearnedScrapes = field(default_factory=LearnedScrapes)
    fetches: FetchLimits = field(default_factory=FetchLimits)


def relay_source(
    grafana: GrafanaForVisitors, publications: Publications, viewer: Source, options: RelayOptions
) -> Source:
    """Return what shows documents through Grafana; `viewer` answers our own raw data route, which needs no Grafana."""
    dashboards = GrafanaDashboards(grafana, options.on_lost, options.on_missed, options.fetches)
    pages = GrafanaPages(grafana, options.readability, options.fetches)
    return Source(
        pages=RelayedPages(publications, dashboards, pages, internal=options.internal),
        panels=RelayedPanels(
            grafana,
            publications,
            dashboards,
            pages,
            limits=options.limits,
            clock_ms=options.clock_ms,
            answers=shared_replies(options.clock, options.fetches),
            scrapes=options.scrapes,
        ),
        raw_panels=viewer.raw_panels,
        files=GrafanaFiles(grafana, options.fetches),
        close=viewer.close,
        needs_proof=True,
        missed=options.on_missed,
    )
