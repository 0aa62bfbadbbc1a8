"""One pass: read what is wanted and what exists, plan, run, and report the outcomes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from backend_server.documents.status import Wanted
from backend_server.primitives.chunks import chunks
from backend_server.templates import TemplateSet

from .audit import Audit
from .circuit_breaker import CircuitBreaker
from .filling import Filling
from .held_removals import HeldRemovals
from .model import AuditReport, DocumentRow, Outcome, PassReport
from .pass_.duplicate_titles import wake_waiting
from .pass_.fill import Filled
from .pass_.plan import Existing, Plan, make_plan
from .pass_.row_updates import existing_of, quarantined
from .pass_.run import PassContext, PassRun
from .pass_.runner import PassRunner
from .ports import Checkpoint, Files, Grafana, ReconcileRecords, no_checkpoint
from .probe import Probe
from .reloads import Reloader

_PASS_LIMIT = 1000
_ALL = 2**53  # later than any retry time, more than any number of rows

ShouldStop = Callable[[], bool]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings say about passes."""

    breaker_share: float = 0.3
    breaker_floor: int = 10
    retired_keep_seconds: float = 30 * 86400.0
    provider_interval_seconds: float = 15.0
    pass_limit: int = _PASS_LIMIT


class Reconciler:
    """Brings disk and Grafana to what the record wants. One thread at a time may run passes.

    `grafana` is None where the built-in viewer serves.
    """

    def __init__(
        self,
        records: ReconcileRecords,
        files: Files,
        grafana: Grafana | None,
        *,
        options: Options | None = None,
        checkpoint: Checkpoint = no_checkpoint,
        templates: Callable[[], TemplateSet],
    ) -> None:
        self.options = options or Options()
        self.breaker = CircuitBreaker()
        self.held = HeldRemovals(records.documents, records.values)
        self.filling = Filling(records, templates)
        self._records = records
        probe = Probe(records.publications, grafana, self.breaker) if grafana else None
        # Asks Grafana for one publication; True when it is not as recorded. Nothing is written.
        self.probe: Callable[[], bool] = probe.found_loss if probe else _never
        self._differing: set[str] = set()
        self.context = PassContext(
            documents=records.documents,
            publications=records.publications,
            purge=records.purge,
            files=files,
            grafana=grafana,
            reloader=Reloader(grafana.reload) if grafana else None,
            breaker=self.breaker,
            checkpoint=checkpoint,
            provider_interval_ms=int(self.options.provider_interval_seconds * 1000),
            should_stop=_never,
        )

    # Passes

    def plan(self) -> Plan:
        """Return the plan for everything, as a pass would make it, and act on nothing (`dashwright plan`)."""
        on_disk = self.context.files.survey().owned
        rows = [row for row in self._records.documents.everything() if row.dirty or row.wanted is Wanted.PRESENT]
        existing = [replace(self._existing(row), written=on_disk.get(row.file)) for row in rows]
        purge = self._purgeable(self._records.documents.now_ms())
        return self._plan(self.filling.fill(rows), existing, purge=purge)

    def run_pass(self, should_stop: ShouldStop = _never) -> PassReport:
        """Run a pass over what is due now. A second pass finds nothing, writes nothing and calls nothing.

        `should_stop` is asked between calls to Grafana: once True, no further step is taken and the rest is left to the
        next process. Raises LeaseLost when another worker leads meanwhile, UpstreamError when the database fails.
        """
        now = self._records.documents.now_ms()
        due = self._records.documents.due(now, self.options.pass_limit)
        purge = self._purgeable(now)
        if not due and not purge:
            return self._report(PassReport())
        rows = {row.uid: row for row in due}
        filled = self.filling.fill(due)
        plan = self._plan(
            filled,
            [self._existing(row) for row in due],
            purge=purge,
            resting={row.uid for row in due if row.retry_at > now},
        )
        self.held.follow(plan, due, now)
        bad = [
            quarantined(rows[uid], rows[uid].change, document.problem)
            for uid, document in filled.items()
            if document.problem is not None and document.wanted is None
        ]
        self._records.documents.update(bad)
        context = replace(self.context, should_stop=should_stop)
        report = PassRunner().run(PassRun(context, plan, rows, filled, now))
        written, gone = report.uids(Outcome.WRITTEN), report.uids(Outcome.GONE)
        self._differing -= report.uids(Outcome.PUBLISHED)
        wake_waiting(self._records.documents, self._records.titles, filled, written=written, gone=gone)
        quarantine = {update.uid: str(update.decisions["reason"]) for update in bad}
        return self._report(replace(report, failed={**report.failed, **quarantine}))

    def prepare_files(self) -> PassReport:
        """Write every wanted file, asking nothing of Grafana: it must find them all when it starts.

        Lost and damaged files are found first; what Grafana must do stays to be done.
        """
        self.context.files.prepare()
        self._audit(None).audit_files()
        context = replace(self.context, grafana=None, reloader=None)
        whole = PassReport()
        wanted = [row for row in self._records.documents.due(_ALL, _ALL) if row.wanted is Wanted.PRESENT]
        for part in chunks(wanted, self.options.pass_limit):
            filled = self.filling.fill(part)
            plan = self._plan(filled, [self._existing(row) for row in part], with_grafana=False)
            run = PassRun(context, plan, {row.uid: row for row in part}, filled, self._records.documents.now_ms())
            report = PassRunner().write_files(run)
            bad = {uid: document.problem for uid, document in filled.items() if document.problem}
            whole = replace(report, failed={**report.failed, **bad}).after(whole)
        return self._report(whole)

    # Looking for what differs

    def audit(self) -> AuditReport:
        """Compare everything on disk and in Grafana (one list call) with the record, and the record with its inputs.

        What differs is marked to be done.

        When nothing differs, nothing is written.
        """
        self.breaker.reload_forbidden = False
        self.context.files.prepare()
        outdated = self.filling.mark_outdated()
        report = replace(self._audit(self.context.grafana).run(self.breaker), outdated=outdated)
        self._differing = set(report.public_differs)
        return report

    def audit_public(self) -> AuditReport:
        """Compare Grafana's public dashboards alone with the record, after it was away or one of them was missing."""
        report = self._audit(self.context.grafana).run_public(self.breaker)
        self._differing |= report.public_differs
        return report

    def audit_changed(self, found: Mapping[str, str | None]) -> AuditReport:
        """Compare the files that others changed with the record: `found` is what they hold now, None for nothing."""
        self.context.files.prepare()
        return replace(self._audit(None).run_changed(found), grafana=self.breaker.reason)

    # What passes share

    def _plan(
        self,
        filled: Mapping[str, Filled],
        existing: Sequence[Existing],
        *,
        purge: Sequence[str] = (),
        resting: Collection[str] = (),
        with_grafana: bool = True,
    ) -> Plan:
        return make_plan(
            {uid: document.wanted for uid, document in filled.items() if document.wanted is not None},
            {document.uid: document for document in existing},
            with_grafana=with_grafana and self.context.grafana is not None,
            breaker=self.held.breaker(self.options.breaker_share, self.options.breaker_floor),
            purge=purge,
            resting=resting,
        )

    def _existing(self, row: DocumentRow) -> Existing:
        return existing_of(row, public_differs=row.uid in self._differing)

    def _purgeable(self, now_ms: int) -> Sequence[str]:
        return self._records.purge.due(now_ms - int(self.options.retired_keep_seconds * 1000))

    def _audit(self, grafana: Grafana | None) -> Audit:
        return Audit(self._records, self.context.files, grafana, checkpoint=self.context.checkpoint)

    def _report(self, report: PassReport) -> PassReport:
        left, _ = self._records.documents.backlog()
        return replace(report, left=left, grafana=self.breaker.reason)
