"""What was last known of the dashboards' panels, for when Grafana is away: their queries' names."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from backend_server.documents import all_panels, targets_of

_MOST_DASHBOARDS = 1000


class KnownPanels:
    """The refIds of each panel by dashboard; the dashboards read longest ago are forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, dict[object, tuple[str, ...]]] = OrderedDict()

    def learn(self, key: str, dashboard: Mapping[str, Any]) -> None:
        """Remember a dashboard as it was read."""
        found = {
            panel.get("id"): tuple(
                dict.fromkeys(str(one.get("refId") or "A") for one in targets_of(panel) if one.get("hide") is not True)
            )
            for panel in all_panels(dashboard)
        }
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > _MOST_DASHBOARDS:
                self._known.popitem(last=False)

    def ref_ids(self, key: str, panel_id: int) -> tuple[str, ...]:
        """Return a panel's refIds; `A`, which panels begin with, for one that is not known."""
        with self._lock:
            return self._known.get(key, {}).get(panel_id) or ("A",)
