"""Keeps Grafana's three users: looked at after every audit, since a Grafana that was set up anew has none of them."""

from __future__ import annotations

from collections.abc import Callable

from backend_server.catalog import LoadedTemplates
from backend_server.errors import DashwrightError
from backend_server.reconcile.model import AuditReport, PassReport
from backend_server.reconcile.worker import Watcher


class UsersAfterAudits:
    """A worker's watcher that lets another one know and, after an audit that reached Grafana, sees to its users."""

    def __init__(self, watcher: Watcher, ensure: Callable[[], None]) -> None:
        self._watcher = watcher
        self._ensure = ensure
        self.lead = watcher.lead
        self.passed: Callable[[PassReport, float], None] = watcher.passed
        self.templates: Callable[[LoadedTemplates], None] = watcher.templates
        self.trouble = watcher.trouble

    def audited(self, report: AuditReport, seconds: float) -> None:
        """Tell it, then look at the users; a failure is told, and tried again with the next audit."""
        self._watcher.audited(report, seconds)
        if report.grafana is not None:
            return
        try:
            self._ensure()
        except DashwrightError as fault:
            self._watcher.trouble("looking after Grafana's users", fault)
