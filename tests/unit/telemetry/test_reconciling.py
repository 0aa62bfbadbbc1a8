"""The worker's log tells each trouble once, and nothing about a quiet pass."""

from __future__ import annotations

from structlog.testing import capture_logs

from backend_server.errors import UpstreamError
from backend_server.reconcile.model import AuditReport, Outcome, PassReport
from backend_server.telemetry.reconciling import ReconcileLog


def test_a_pass_is_one_line_and_each_failed_document_one_more() -> None:
    with capture_logs() as lines:
        ReconcileLog().passed(
            PassReport({Outcome.WRITTEN: frozenset({"a", "b"})}, failed={"c": "no label site"}, left=1), 0.5
        )
    assert lines[0]["event"] == "pass"
    assert (lines[0]["written"], lines[0]["failed"], lines[0]["left"]) == (2, 1, 1)
    assert (lines[1]["uid"], lines[1]["reason"]) == ("c", "no label site")


def test_grafana_away_and_back_are_told_once_each() -> None:
    log = ReconcileLog()
    with capture_logs() as lines:
        for reason in ("refused", "refused", None, None):
            log.audited(AuditReport(grafana=reason), 0.1)
    told = [line["event"] for line in lines if line["event"] != "audit"]
    assert told == ["Grafana cannot be reached; it is tried again", "Grafana answers again"]


def test_the_same_trouble_is_told_once() -> None:
    log = ReconcileLog()
    with capture_logs() as lines:
        for _ in range(5):
            log.trouble("working", UpstreamError("the database is away"))
    assert len(lines) == 1


def test_files_that_are_not_ours_are_named() -> None:
    with capture_logs() as lines:
        ReconcileLog().audited(AuditReport(foreign=("packs/theirs.json",)), 0.1)
    assert lines[0]["foreign_files"] == 1
    assert lines[1]["file"] == "packs/theirs.json"
