"""Log lines for what fails around a visit; each is retried by itself."""

from __future__ import annotations

from backend_server.errors import DashwrightError

from .logs import get_logger

_log = get_logger("viewing")


def page_unreadable(reason: str) -> None:
    """Grafana's public page is not one we know."""
    _log.error("Grafana's page cannot be cleaned, so links show a notice; this Grafana is not known yet", reason=reason)


def miss_not_noted(fault: DashwrightError) -> None:
    """What a visitor asked for and did not get could not be noted."""
    _log.warning("could not note what a visitor misses; the worker restores it in its turn", error=fault.message)


def query_not_asked(fault: Exception) -> None:
    """A query failed in a way nobody foresaw; its visitors were told that it could not be asked."""
    _log.error("unexpected fault in a query", error=type(fault).__name__, exc_info=fault)


def views_not_written(fault: DashwrightError) -> None:
    """The views gathered could not be written."""
    _log.warning("could not write views; they are kept for the next time", error=fault.message)
