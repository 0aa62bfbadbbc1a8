"""Generated dashboards: published, compared with what is published, withdrawn; and a spec of what Prometheus knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from backend_server.documents.static_document import StaticDocumentStatus
from backend_server.generator.job import Job
from backend_server.generator.output.assemble import SLOT
from backend_server.generator.spec.discover import SeenMetric, discover_spec
from backend_server.primitives.ids import DashboardUid, Maker, dashboard_uid
from backend_server.registry import MakerSlot, PublishOutcome, StaticDocuments

GENERATED = MakerSlot(Maker.GENERATOR, SLOT)


@dataclass(frozen=True, slots=True)
class PublishedJob:
    """The outcome of publishing a job's dashboards; `slugs` names each document of the slot, withdrawn ones too."""

    outcome: PublishOutcome
    slugs: Mapping[DashboardUid, str]
    documents: Sequence[StaticDocumentStatus]

    def slugs_of(self, uids: Iterable[DashboardUid]) -> list[str]:
        """Return the slugs of documents."""
        return [self.slugs.get(uid, uid) for uid in uids]


class GeneratedDashboards:
    """The generator's documents; `seen` asks the default Prometheus what metrics it has (raises UpstreamError)."""

    def __init__(self, published: StaticDocuments, seen: Callable[[], Sequence[SeenMetric]]) -> None:
        self._published = published
        self._seen = seen

    def publish(self, job: Job, *, folder: str, by: str, prune: bool) -> PublishedJob:
        """Ensure that a job's dashboards are wanted; the same again changes nothing.

        Raises what `StaticDocuments.publish` raises, and InvalidInput for a dashboard that nobody could draw.
        """
        before = self.list()
        outcome = self._published.publish(
            job.documents(), GENERATED, folder=folder, by=by, version=job.spec.hash, prune=prune
        )
        documents = self.list()
        slugs = {document.uid: document.object_id for document in (*before, *documents)}
        return PublishedJob(outcome, slugs, documents)

    def list(self) -> Sequence[StaticDocumentStatus]:
        """Return the dashboards that are published, each with its state."""
        return self._published.list(GENERATED)

    def withdraw(self, slug: str, *, by: str) -> None:
        """Withdraw a dashboard: its links end at once, then file and dashboard go. Raises NotFound."""
        self._published.withdraw(GENERATED, [dashboard_uid(Maker.GENERATOR, SLOT, slug)], by)

    def dashboards(self) -> dict[str, dict[str, Any]]:
        """Return the dashboards that are published, by slug."""
        bodies = {document.object_id: self._published.body(document.uid) for document in self.list()}
        return {slug: orjson.loads(body) for slug, body in bodies.items() if body is not None}

    def discover(self, prefixes: Collection[str]) -> str:
        """Return a spec of the metrics Prometheus has, to be edited; with `prefixes` only of those."""
        return discover_spec(self._seen(), prefixes)
