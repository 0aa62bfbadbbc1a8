"""Looking whether an idle Grafana still has what was published: one small read now and then, each time of another one.

A Grafana that lost its database has lost every public dashboard, so that one of them tells of all.
"""

from __future__ import annotations

from backend_server.errors import DashwrightError

from .circuit_breaker import CircuitBreaker, is_away
from .ports import Grafana, PublicationRecord


class Probe:
    """Goes through the publications that are recorded as live, one for each look, and starts over after the last."""

    def __init__(self, publications: PublicationRecord, grafana: Grafana, breaker: CircuitBreaker) -> None:
        self._publications = publications
        self._grafana = grafana
        self._breaker = breaker
        self._looked_at = ""

    def found_loss(self) -> bool:
        """Ask Grafana for one publication; True when it is not as recorded. Where nothing is public nobody is asked."""
        row = self._publications.published_after(self._looked_at)
        if row is None:
            return False
        self._looked_at = row.uid
        try:
            stands = self._grafana.stands(row.uid, row.public_uid or "", row.access_token or "")
        except DashwrightError as fault:
            if is_away(fault):
                self._breaker.trip(fault)
            return False  # a fault with this one alone says nothing of the others
        self._breaker.reset()
        return not stands
