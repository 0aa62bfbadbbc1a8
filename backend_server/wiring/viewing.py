"""What visitors see, put together: from Grafana's own page where there is a Grafana, else from our viewer."""

from __future__ import annotations

from urllib.parse import urlsplit

from backend_server.datasources.registry import Datasources
from backend_server.primitives.clock import epoch_ms
from backend_server.primitives.secret import Secret
from backend_server.queries.steps import LearnedScrapes, Limits
from backend_server.querying.runner import QueryRunner
from backend_server.registry import LinkRegistry
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.link_views import SqlViews
from backend_server.storage.tables.missed_publications import MissedPublications
from backend_server.storage.tables.publications import StoredPublications
from backend_server.telemetry import Metrics
from backend_server.telemetry.visits import miss_not_noted, page_unreadable, query_not_asked, views_not_written
from backend_server.viewing.passwords import LinkPasswords
from backend_server.viewing.relay.readability import Readability
from backend_server.viewing.relay.source import RelayOptions, relay_source
from backend_server.viewing.source import Source
from backend_server.viewing.view_counts import ViewCounts
from backend_server.viewing.viewer.documents import FiledDocuments, StoredDocuments
from backend_server.viewing.viewer.source import viewer_source
from backend_server.viewing.viewing import Viewing

from .upstreams import Upstreams


def build_viewing(links: LinkRegistry, source: Source, views: ViewCounts, secret_key: Secret) -> Viewing:
    """Build what answers visitors."""
    return Viewing(
        links.directory,
        source,
        views,
        clock_ms=epoch_ms,
        passwords=LinkPasswords(secret_key.reveal().encode()),
    )


def build_view_counts(store: Store, metrics: Metrics) -> ViewCounts:
    """Build the counts of visits."""
    return ViewCounts(SqlViews(store), on_failure=views_not_written, on_visit=metrics.links.visited)


def build_readability() -> Readability:
    """Build the memory of whether Grafana's page can be read."""
    return Readability(page_unreadable)


def build_source(
    settings: Settings,
    store: Store,
    documents: FiledDocuments,
    upstreams: Upstreams,
    readability: Readability,
    *,
    scrapes: LearnedScrapes,
) -> Source:
    """Build the source that shows dashboards."""
    limits = Limits(max_points=settings.query_max_points)
    runner = QueryRunner(Datasources(upstreams.prometheus), on_fault=query_not_asked, limits=upstreams.fetches)
    viewer = viewer_source(StoredDocuments(documents), runner, limits=limits, clock_ms=epoch_ms, scrapes=scrapes)
    if upstreams.grafana is None:
        return viewer
    internal = [urlsplit(url).netloc for url in (settings.grafana_url, settings.prometheus_url) if url]
    missed = MissedPublications(store, on_failure=miss_not_noted)
    options = RelayOptions(
        limits,
        epoch_ms,
        internal=internal,
        readability=readability,
        on_lost=missed.lost,
        on_missed=missed.asked,
        scrapes=scrapes,
        fetches=upstreams.fetches,
    )
    return relay_source(upstreams.grafana, StoredPublications(store), viewer, options)
