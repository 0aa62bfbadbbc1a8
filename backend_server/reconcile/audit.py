"""The audit pass: the disk and what Grafana lists, compared with the record; differences are marked to be done.

It only marks. The next pass does the work, by the same steps as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend_server.documents.status import LOOK_AGAIN, DocumentState, Wanted
from backend_server.errors import DashwrightError
from backend_server.links.publication import PublicationState

from .circuit_breaker import CircuitBreaker
from .model import AuditReport, DocumentRow, ListedPublic, RowUpdate
from .pass_.fill import MADE_HERE
from .ports import Checkpoint, Files, Grafana, ReconcileRecords

DRAWN_BY = "drawn_by"
_GRAFANA, _VIEWER = "grafana", "viewer"


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit. Without Grafana only the disk is looked at."""

    records: ReconcileRecords
    files: Files
    grafana: Grafana | None
    checkpoint: Checkpoint

    def run(self, breaker: CircuitBreaker) -> AuditReport:
        """Audit the disk and, with one list call, Grafana. Nothing is written when nothing differs."""
        self._settle_who_draws()
        report, rows = self._audit_files()
        return self._audit_grafana(report, breaker, lambda: rows)

    def run_public(self, breaker: CircuitBreaker) -> AuditReport:
        """Audit Grafana's public dashboards alone, with one list call; without an answer nothing else is read."""
        return self._audit_grafana(
            AuditReport(), breaker, lambda: self.records.documents.everything(with_devices=False)
        )

    def _audit_grafana(
        self, report: AuditReport, breaker: CircuitBreaker, read_rows: Callable[[], Sequence[DocumentRow]]
    ) -> AuditReport:
        if self.grafana is None:
            return report
        try:
            listed = self.grafana.list_public()
        except DashwrightError as fault:
            breaker.trip(fault)
            return replace(report, grafana=breaker.reason)
        breaker.reset()
        rows = read_rows()
        found = {row.dashboard_uid: row for row in listed}
        updates = [*_lost(rows, found), *_left_over(rows, found)]
        self._store(updates)
        return replace(
            report,
            public_lost=frozenset(update.uid for update in updates) - _unwanted(updates),
            public_differs=frozenset(
                row.uid
                for row in rows
                if row.wanted is Wanted.PRESENT and (one := found.get(row.uid)) is not None
                if not one.enabled or not _is_ours(row, one)
            ),
            leftovers=report.leftovers
            | {update.uid for update in updates if update.public is PublicationState.UNWANTED},
        )

    def audit_files(self) -> AuditReport:
        """Audit the disk alone: files lost, damaged or changed by hand, and files that should be gone."""
        return self._audit_files()[0]

    def run_changed(self, found: Mapping[str, str | None]) -> AuditReport:
        """Audit the documents of a few files alone, by what was found in them: the content hash, None for nothing."""
        owned = {file: content for file, content in found.items() if content is not None}
        lost, leftovers = _files_that_differ(self.records.documents.at_files(list(found)), owned)
        self._store([*lost, *leftovers])
        return AuditReport(files_lost=_uids(lost), leftovers=_uids(leftovers))

    def _audit_files(self) -> tuple[AuditReport, Sequence[DocumentRow]]:
        survey = self.files.survey()
        rows = self.records.documents.everything(with_devices=False)
        known = {row.file for row in rows}
        lost, leftovers = _files_that_differ(rows, survey.owned)
        if lost or leftovers:
            self._store([*lost, *leftovers])
            rows = self.records.documents.everything(with_devices=False)
        report = AuditReport(
            files_lost=_uids(lost),
            leftovers=_uids(leftovers),
            strays=tuple(sorted(file for file in survey.owned if file not in known)),
            foreign=tuple(file for file in survey.foreign if file not in known),
        )
        return report, rows

    def _settle_who_draws(self) -> None:
        """When Grafana came or went since the last audit, everything is proven again."""
        now = _GRAFANA if self.grafana is not None else _VIEWER
        before = self.records.values.get(DRAWN_BY)
        if before == now:
            return
        if before is not None:
            self.records.documents.mark_dirty(MADE_HERE, forget_loaded=now == _GRAFANA)
        self.records.values.set(DRAWN_BY, now)

    def _store(self, updates: Sequence[RowUpdate]) -> None:
        if updates:
            self.checkpoint("before storing audit")
            self.records.documents.update(updates)
            self.checkpoint("after storing audit")


def _files_that_differ(
    rows: Sequence[DocumentRow], owned: Mapping[str, str]
) -> tuple[list[RowUpdate], list[RowUpdate]]:
    """Return what is to be stored of files that are lost or not as written, and of files that should be gone."""
    lost, leftovers = [], []
    for row in rows:
        on_disk = owned.get(row.file)
        if row.wanted is Wanted.PRESENT and row.written_hash is not None and on_disk != row.written_hash:
            lost.append(RowUpdate(row.uid, row.change, {"written_hash": None}, LOOK_AGAIN))
        elif row.wanted is Wanted.ABSENT and row.state is DocumentState.GONE and not row.dirty and on_disk is not None:
            leftovers.append(RowUpdate(row.uid, row.change, {}, LOOK_AGAIN))
    return lost, leftovers


def _uids(updates: Sequence[RowUpdate]) -> frozenset[str]:
    return frozenset(update.uid for update in updates)


def _unwanted(updates: Sequence[RowUpdate]) -> frozenset[str]:
    return frozenset(update.uid for update in updates if update.public is PublicationState.UNWANTED)


def _lost(rows: Sequence[DocumentRow], found: Mapping[str, ListedPublic]) -> list[RowUpdate]:
    """Find publications that are not in Grafana as recorded; a rebuilt Grafana has lost them all."""
    updates = []
    for row in rows:
        if row.wanted is not Wanted.PRESENT or row.dirty:
            continue
        listed = found.get(row.uid)
        if row.public_state is PublicationState.LIVE:
            if listed is None or not _is_ours(row, listed):
                updates.append(
                    RowUpdate(row.uid, row.change, {"loaded_hash": None}, LOOK_AGAIN, public=PublicationState.WANTED)
                )
            elif not listed.enabled:
                updates.append(RowUpdate(row.uid, row.change, {}, LOOK_AGAIN, public=PublicationState.WANTED))
        elif row.public_state is PublicationState.WANTED and not _is_quarantined(row):
            updates.append(RowUpdate(row.uid, row.change, {}, LOOK_AGAIN))
    return updates


def _is_ours(row: DocumentRow, listed: ListedPublic) -> bool:
    return (listed.uid, listed.access_token) == (row.public_uid, row.access_token)


def _left_over(rows: Sequence[DocumentRow], found: Mapping[str, ListedPublic]) -> list[RowUpdate]:
    """Find public dashboards that we took down and that are there again, e.g. after Grafana was restored."""
    return [
        RowUpdate(row.uid, row.change, {}, LOOK_AGAIN, public=PublicationState.UNWANTED)
        for row in rows
        if row.public_state is PublicationState.GONE and not row.dirty and row.uid in found
    ]


def _is_quarantined(row: DocumentRow) -> bool:
    """Whether there is nothing to publish: the document cannot be made, and no good version of it stands."""
    return row.state is DocumentState.FAILED and row.written_hash is None
