"""One pass: read what is wanted and what exists, plan, carry out, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from backend_server.documents.status import LOOK_AGAIN, Wanted
from backend_server.primitives.ids import Maker
from backend_server.templates import FleetSummary, TemplateSet

from .apply import Carrying, Hands
from .audit import Audit
from .circuit_breaker import CircuitBreaker
from .duplicate_titles import wake_waiting, without_duplicates
from .filling import FROM_TEMPLATES, Filled, Filler, input_of
from .held_removals import HeldRemovals
from .model import AuditReport, DocumentRow, PassReport, RowUpdate
from .plan import DeletionBreaker, Existing, Plan, make_plan
from .ports import Checkpoint, Files, Grafana, ReconcileRecords, no_checkpoint
from .probe import Probe
from .reloads import Reloader
from .row_updates import existing_of, quarantined

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
        templates: TemplateSet | None = None,
    ) -> None:
        self.options = options or Options()
        self.breaker = CircuitBreaker()
        self.reloader = Reloader(grafana.reload) if grafana else None
        self._probe = Probe(records.documents, grafana, self.breaker) if grafana else None
        self.held = HeldRemovals(records.documents, records.values)
        self._records = records
        self._files = files
        self._grafana = grafana
        self._checkpoint = checkpoint
        self._templates = templates or TemplateSet.of(())
        self._fleet = FleetSummary.of(())
        self._fleet_seen: tuple[int, int] | None = None
        self._differing: set[str] = set()

    # Templates and the fleet

    def use(self, templates: TemplateSet) -> None:
        """Fill from these templates from now on."""
        self._templates = templates

    def refresh_fleet(self) -> bool:
        """Count the devices anew if any changed; True when fleet documents must be looked at again because of that."""
        if not self._summarise():
            return False
        inputs = {template.slot: input_of(template, self._fleet) for template in self._templates.fleet()}
        rows = [
            row
            for row in self._records.documents.of_maker(Maker.FLEET)
            if row.wanted is Wanted.PRESENT and not row.dirty
        ]
        stale = [row for row in rows if row.slot in inputs and row.input_hash != inputs[row.slot]]
        notes = [RowUpdate(row.uid, row.change, {}, LOOK_AGAIN) for row in stale]
        self._records.documents.update(notes)
        return bool(stale)

    # Passes

    def plan(self) -> Plan:
        """Make the plan for everything, as a pass would, and act on nothing (`dashwright plan`)."""
        now = self._records.documents.now_ms()
        self._summarise()
        on_disk = self._files.survey().owned
        rows = [row for row in self._records.documents.everything() if row.dirty or row.wanted is Wanted.PRESENT]
        existing = {row.uid: replace(self._existing(row), written=on_disk.get(row.file)) for row in rows}
        purge = self._records.purge.due(now - self._kept_ms)
        return make_plan(
            {uid: one.wanted for uid, one in self._fill(rows).items() if one.wanted is not None},
            existing,
            with_grafana=self._grafana is not None,
            breaker=self._deletion_breaker(),
            purge=purge,
        )

    def run_pass(self, should_stop: ShouldStop = _never) -> PassReport:
        """Look at what is to be done now and do it. A second pass finds nothing, writes nothing and calls nothing.

        `should_stop` is asked between calls to Grafana: once True, no further step is taken and the rest is left to the
        next process. Raises LeaseLost when another worker leads meanwhile, UpstreamError when the database fails.
        """
        now = self._records.documents.now_ms()
        due = self._records.documents.due(now, self.options.pass_limit)
        purge = self._records.purge.due(now - self._kept_ms)
        if not due and not purge:
            return self._report(PassReport())
        if any(row.maker == Maker.FLEET.value for row in due):
            self._summarise()
        rows = {row.uid: row for row in due}
        filled = self._fill(due)
        plan = make_plan(
            {uid: one.wanted for uid, one in filled.items() if one.wanted is not None},
            {row.uid: self._existing(row) for row in due if row.wanted is Wanted.ABSENT or row.uid in filled},
            with_grafana=self._grafana is not None,
            breaker=self._deletion_breaker(),
            purge=purge,
            resting={row.uid for row in due if row.retry_at > now},
        )
        self.held.follow(plan, due, now)
        bad = [
            quarantined(rows[uid], rows[uid].change, one.problem)
            for uid, one in filled.items()
            if one.problem is not None and one.wanted is None
        ]
        self._records.documents.update(bad)
        report = Carrying(self._hands(should_stop), plan, rows, filled, now).carry_out()
        self._differing -= report.published
        wake_waiting(self._records.documents, self._records.titles, filled, written=report.written, gone=report.gone)
        failed = {**report.failed, **{note.uid: str(note.decisions["reason"]) for note in bad}}
        return self._report(replace(report, failed=failed))

    def prepare_files(self) -> PassReport:
        """Have every wanted file whole on the disk, asking nothing of Grafana: it must find them all when it starts.

        Lost and damaged files are found first; what Grafana must do stays to be done.
        """
        self._files.prepare()
        self._audit(None).audit_files()
        self._summarise()
        rows = [row for row in self._records.documents.due(_ALL, _ALL) if row.wanted is Wanted.PRESENT]
        written: set[str] = set()
        failed: dict[str, str] = {}
        for start in range(0, len(rows), self.options.pass_limit):
            part = rows[start : start + self.options.pass_limit]
            filled = self._fill(part)
            plan = make_plan(
                {uid: one.wanted for uid, one in filled.items() if one.wanted is not None},
                {row.uid: self._existing(row) for row in part},
                with_grafana=False,
                breaker=self._deletion_breaker(),
            )
            hands = replace(self._hands(_never), grafana=None, reloader=None)
            report = Carrying(
                hands, plan, {row.uid: row for row in part}, filled, self._records.documents.now_ms()
            ).write_only()
            written |= report.written
            failed |= {**report.failed, **{uid: one.problem for uid, one in filled.items() if one.problem}}
        return self._report(PassReport(written=frozenset(written), failed=failed))

    def audit(self) -> AuditReport:
        """Compare everything on disk and in Grafana (one list call) with the record; what differs is marked to be done.

        When nothing differs, nothing is written.
        """
        self.breaker.reload_forbidden = False
        self._files.prepare()
        report = self._audit(self._grafana).run(self.breaker)
        self._differing = set(report.public_differs)
        return report

    def audit_public(self) -> AuditReport:
        """Compare Grafana's public dashboards alone with the record, after it was away or one of them was missing."""
        report = self._audit(self._grafana).run_public(self.breaker)
        self._differing |= report.public_differs
        return report

    def probe(self) -> bool:
        """Ask Grafana for one publication; True when it is not as recorded. Nothing is written."""
        return self._probe is not None and self._probe.found_loss()

    # What passes share

    def _fill(self, rows: Sequence[DocumentRow]) -> dict[str, Filled]:
        wanted = [row for row in rows if row.wanted is Wanted.PRESENT]
        others = [row.uid for row in wanted if row.maker not in FROM_TEMPLATES]
        provided = self._records.static_documents.find(others) if others else {}
        filler = Filler(self._templates, self._fleet, provided, self._records.static_documents.body_of)
        filled = {row.uid: filler.fill(row) for row in wanted}
        return without_duplicates(self._records.titles, {row.uid: row for row in rows}, filled)

    @property
    def _kept_ms(self) -> int:
        return int(self.options.retired_keep_seconds * 1000)

    def _existing(self, row: DocumentRow) -> Existing:
        return existing_of(row, public_differs=row.uid in self._differing)

    def _audit(self, grafana: Grafana | None) -> Audit:
        return Audit(self._records, self._files, grafana, checkpoint=self._checkpoint)

    def _summarise(self) -> bool:
        seen = self._records.devices.fingerprint()
        if seen == self._fleet_seen:
            return False
        self._fleet = FleetSummary.of(self._records.devices.everything())
        self._fleet_seen = seen
        return True

    def _deletion_breaker(self) -> DeletionBreaker:
        return self.held.breaker(self.options.breaker_share, self.options.breaker_floor)

    def _hands(self, should_stop: ShouldStop) -> Hands:
        return Hands(
            documents=self._records.documents,
            purge=self._records.purge,
            files=self._files,
            grafana=self._grafana,
            reloader=self.reloader,
            breaker=self.breaker,
            checkpoint=self._checkpoint,
            provider_interval_ms=int(self.options.provider_interval_seconds * 1000),
            stopping=should_stop,
        )

    def _report(self, report: PassReport) -> PassReport:
        left, _ = self._records.documents.backlog()
        return replace(report, left=left, grafana=self.breaker.reason)
