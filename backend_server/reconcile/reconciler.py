"""One pass: read what is wanted and what exists, plan, carry out, and say what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from backend_server.documents.status import LOOK_AGAIN, Wanted
from backend_server.primitives.ids import Maker
from backend_server.registry import FleetDocuments
from backend_server.templates import FleetSummary, TemplateSet

from .apply import Carrying, Hands
from .audit import Audit
from .circuit_breaker import Gate
from .duplicate_titles import wake_twins, without_twins
from .filling import FROM_TEMPLATES, Filled, Filler, input_of
from .model import AuditReport, DocumentRow, PassReport, RowUpdate
from .plan import Breaker, Existing, Plan, make_plan
from .ports import Checkpoint, Files, Grafana, WorkStore, no_checkpoint
from .probe import Probe
from .reloads import Reloader
from .row_updates import existing_of, quarantined
from .show import held_words

HELD = "removals_held"
CONFIRMED = "removals_confirmed"
ADOPTED = "templates_adopted"
_HELD_FOR_MS = 600_000
_PASS_LIMIT = 1000
_ALL = 2**53  # later than any retry time, more than any number of rows


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings say about passes; times in seconds."""

    breaker_share: float = 0.3
    breaker_floor: int = 10
    retired_keep: float = 30 * 86400.0
    provider_interval: float = 15.0
    pass_limit: int = _PASS_LIMIT


class Reconciler:
    """Brings disk and Grafana to what the record wants. One thread at a time may run passes.

    `grafana` is None where the built-in viewer serves. `fencing` is the lead's number, set by whoever holds the lead;
    None (one process alone, as in `prepare`) writes unfenced. `stopping` is asked between calls to Grafana: once True,
    a pass takes no further step and leaves the rest to the next process.
    """

    def __init__(
        self,
        work: WorkStore,
        files: Files,
        grafana: Grafana | None,
        fleet_documents: FleetDocuments,
        *,
        options: Options | None = None,
        checkpoint: Checkpoint = no_checkpoint,
        templates: TemplateSet | None = None,
    ) -> None:
        self.options = options or Options()
        self.gate = Gate()
        self.reloader = Reloader(grafana.reload) if grafana else None
        self._probe = Probe(work, grafana, self.gate) if grafana else None
        self.fencing: int | None = None
        self.stopping: Callable[[], bool] = lambda: False
        self._fleet_documents = fleet_documents
        self._work = work
        self._files = files
        self._grafana = grafana
        self._checkpoint = checkpoint
        self._templates = templates or TemplateSet.of(())
        self._fleet = FleetSummary.of(())
        self._fleet_seen: tuple[int, int] | None = None
        self._differing: set[str] = set()

    # Templates and the fleet

    def adopt(self, templates: TemplateSet, match_slots: Callable[[], object]) -> bool:
        """Fill from these templates from now on; True when documents must be looked at again because of them.

        `match_slots` gives devices the documents the templates now ask for. That they are adopted is stored last: a
        stop before it, also in the middle of matching, lets the next process do all of it again.
        """
        self._templates = templates
        if self._work.kept(ADOPTED) == templates.hash:
            return False
        self._checkpoint("before adopting")
        self._fleet_documents.ensure(templates, fencing=self.fencing)
        self._work.mark_all_dirty(FROM_TEMPLATES, fencing=self.fencing)
        match_slots()
        self._checkpoint("before storing adopted")
        self._work.keep(ADOPTED, templates.hash, fencing=self.fencing)
        self._checkpoint("after storing adopted")
        return True

    def refresh_fleet(self) -> bool:
        """Count the devices anew if any changed; True when fleet documents must be looked at again because of that."""
        if not self._summarise():
            return False
        inputs = {template.slot: input_of(template, self._fleet) for template in self._templates.fleet()}
        rows = [row for row in self._work.fleet_rows() if row.wanted is Wanted.PRESENT and not row.dirty]
        stale = [row for row in rows if row.slot in inputs and row.input_hash != inputs[row.slot]]
        notes = [RowUpdate(row.uid, row.change, {}, LOOK_AGAIN) for row in stale]
        self._work.record(notes, fencing=self.fencing)
        return bool(stale)

    # Passes

    def plan(self) -> Plan:
        """Make the plan for everything, as a pass would, and act on nothing (`dashwright plan`)."""
        now = self._work.now_ms()
        self._summarise()
        on_disk = self._files.survey().owned
        rows = [row for row in self._work.everything() if row.dirty or row.wanted is Wanted.PRESENT]
        existing = {row.uid: replace(self._existing(row), written=on_disk.get(row.file)) for row in rows}
        purge = self._work.purgeable(now - self._kept_ms)
        return make_plan(
            {uid: one.wanted for uid, one in self._fill(rows).items() if one.wanted is not None},
            existing,
            with_grafana=self._grafana is not None,
            breaker=self._breaker(),
            purge=purge,
        )

    def run_pass(self) -> PassReport:
        """Look at what is to be done now and do it. A second pass finds nothing, writes nothing and calls nothing.

        Raises LeaseLost when another worker leads meanwhile, UpstreamError when the database fails.
        """
        now = self._work.now_ms()
        due = self._work.due(now, self.options.pass_limit)
        purge = self._work.purgeable(now - self._kept_ms)
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
            breaker=self._breaker(),
            purge=purge,
            resting={row.uid for row in due if row.retry_at > now},
        )
        self._tell_breaker(plan, due, now)
        bad = [
            quarantined(rows[uid], rows[uid].change, one.problem)
            for uid, one in filled.items()
            if one.problem is not None and one.wanted is None
        ]
        self._work.record(bad, fencing=self.fencing)
        report = Carrying(self._hands(), plan, rows, filled, now).carry_out()
        self._differing -= report.published
        wake_twins(self._work, filled, written=report.written, gone=report.gone, fencing=self.fencing)
        failed = {**report.failed, **{note.uid: str(note.decisions["reason"]) for note in bad}}
        return self._report(replace(report, failed=failed))

    def prepare_files(self) -> PassReport:
        """Have every wanted file whole on the disk, asking nothing of Grafana: it must find them all when it starts.

        Lost and damaged files are found first; what Grafana must do stays to be done.
        """
        self._files.prepare()
        self._audit(None).audit_files()
        self._summarise()
        rows = [row for row in self._work.due(_ALL, _ALL) if row.wanted is Wanted.PRESENT]
        written: set[str] = set()
        failed: dict[str, str] = {}
        for start in range(0, len(rows), self.options.pass_limit):
            part = rows[start : start + self.options.pass_limit]
            filled = self._fill(part)
            plan = make_plan(
                {uid: one.wanted for uid, one in filled.items() if one.wanted is not None},
                {row.uid: self._existing(row) for row in part},
                with_grafana=False,
                breaker=self._breaker(),
            )
            hands = replace(self._hands(), grafana=None, reloader=None)
            report = Carrying(hands, plan, {row.uid: row for row in part}, filled, self._work.now_ms()).write_only()
            written |= report.written
            failed |= {**report.failed, **{uid: one.problem for uid, one in filled.items() if one.problem}}
        return self._report(PassReport(written=frozenset(written), failed=failed))

    def audit(self) -> AuditReport:
        """Compare everything on disk and in Grafana (one list call) with the record; what differs is marked to be done.

        When nothing differs, nothing is written.
        """
        self.gate.reload_forbidden = False
        self._files.prepare()
        report = self._audit(self._grafana).run(self.gate)
        self._differing = set(report.public_differs)
        return report

    def audit_public(self) -> AuditReport:
        """Compare Grafana's public dashboards alone with the record, after it was away or one of them was missing."""
        report = self._audit(self._grafana).run_public(self.gate)
        self._differing |= report.public_differs
        return report

    def probe(self) -> bool:
        """Ask Grafana for one publication; True when it is not as recorded. Nothing is written."""
        return self._probe is not None and self._probe.found_loss()

    # The deletion breaker

    def breaker_state(self) -> dict[str, object] | None:
        """Return `{"count", "total", "since"}` (epoch ms) while removals are held back, else None."""
        held = self._work.kept(HELD)
        found = json.loads(held) if held else None
        return found if isinstance(found, dict) else None

    def confirm(self, by: str) -> int:
        """A person agrees to the removals held back now; later ones are not covered. Gives how many were held."""
        held = self.breaker_state()
        if held is None:
            return 0
        self._work.keep(CONFIRMED, json.dumps({"at": self._work.now_ms(), "by": by}), fencing=None)
        self._work.wake_leaving(fencing=None)
        count = held.get("count")
        return count if isinstance(count, int) else 0

    # What passes share

    def _fill(self, rows: Sequence[DocumentRow]) -> dict[str, Filled]:
        wanted = [row for row in rows if row.wanted is Wanted.PRESENT]
        others = [row.uid for row in wanted if row.maker not in FROM_TEMPLATES]
        provided = self._work.provided(others) if others else {}
        filler = Filler(self._templates, self._fleet, provided, self._work.provided_body)
        filled = {row.uid: filler.fill(row) for row in wanted}
        return without_twins(self._work, {row.uid: row for row in rows}, filled)

    @property
    def _kept_ms(self) -> int:
        return int(self.options.retired_keep * 1000)

    def _existing(self, row: DocumentRow) -> Existing:
        return existing_of(row, public_differs=row.uid in self._differing)

    def _audit(self, grafana: Grafana | None) -> Audit:
        return Audit(self._work, self._files, grafana, fencing=self.fencing, checkpoint=self._checkpoint)

    def _summarise(self) -> bool:
        seen = self._work.fleet_fingerprint()
        if seen == self._fleet_seen:
            return False
        self._fleet = FleetSummary.of(self._work.devices())
        self._fleet_seen = seen
        return True

    def _breaker(self) -> Breaker:
        confirmed = self._work.kept(CONFIRMED)
        return Breaker(
            share=self.options.breaker_share,
            floor=self.options.breaker_floor,
            total=self._work.present_count(),
            confirmed_at=json.loads(confirmed)["at"] if confirmed else None,
        )

    def _tell_breaker(self, plan: Plan, rows: Sequence[DocumentRow], now: int) -> None:
        before = self.breaker_state()
        if not plan.held:
            if before is not None:
                self._work.keep(HELD, None, fencing=self.fencing)
                self._work.wake_leaving(fencing=self.fencing)
            return
        total = plan.breaker.total if plan.breaker else 0
        words = held_words(len(plan.held), total)
        held = {step.uid for step in plan.held}
        if before is None or before.get("count") != len(held):
            since = before.get("since") if before else now
            state = {"count": len(held), "total": total, "since": since}
            self._work.keep(HELD, json.dumps(state), fencing=self.fencing)
        notes = [
            RowUpdate(row.uid, row.change, {}, {"reason": words, "retry_at": now + _HELD_FOR_MS})
            for row in rows
            if row.uid in held and (row.retry_at <= now or row.reason != words)
        ]
        self._work.record(notes, fencing=self.fencing)

    def _hands(self) -> Hands:
        return Hands(
            work=self._work,
            files=self._files,
            grafana=self._grafana,
            reloader=self.reloader,
            gate=self.gate,
            checkpoint=self._checkpoint,
            fencing=self.fencing,
            provider_interval_ms=int(self.options.provider_interval * 1000),
            stopping=self.stopping,
        )

    def _report(self, report: PassReport) -> PassReport:
        left, _ = self._work.backlog()
        return replace(report, left=left, grafana=self.gate.reason)
