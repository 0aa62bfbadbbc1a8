"""Dashboards as Grafana's public route gives them: fetched once for all who ask together, and what queries need of each
panel."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from backend_server.documents import all_panels, datasource_of, panel_by_id, targets_of
from backend_server.documents.refresh import OwnTimes, own_times
from backend_server.errors import UpstreamError
from backend_server.primitives.limits import FetchLimits
from backend_server.queries.steps import read_interval_ms
from backend_server.querying.answer_cache import SharedAnswers

from ..model import RawReply
from ..ports import GrafanaForVisitors
from .boot_data import DatasourceFacts
from .page_edits import RealToken

_KEPT_SECONDS = 1.0
_MOST_REMEMBERED = 1000
_MISSING = 404  # Grafana's word for a token it does not know, and for one whose dashboard is gone
_SQL = frozenset({"grafana-postgresql-datasource", "postgres", "mysql", "mssql"})


@dataclass(frozen=True, slots=True)
class Published:
    """A document that is public in Grafana, under a token that must never reach a browser."""

    uid: str
    real: RealToken


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """What a panel's query to Grafana depends on besides its range.

    `floor_ms` is the finest step: the panel's own `interval`, else its datasource's. A panel `of_the_moment` shows
    current values only.
    """

    panel: Mapping[str, Any]
    floor_ms: int
    of_the_moment: bool
    most_points: int | None = None


@dataclass(frozen=True, slots=True)
class GrafanaDashboard:
    """A dashboard as Grafana's public route gives it; `size` is what it takes of memory, about."""

    dashboard: Mapping[str, Any]
    version: int
    times: OwnTimes
    size: int
    # By id; filled as panels are asked for.
    panels: dict[int, PanelFacts] = field(default_factory=dict, repr=False, compare=False)

    def panel(self, number: int, datasources: DatasourceFacts) -> PanelFacts:
        """Return what a panel's queries depend on; a panel that is not there has no queries."""
        panel = panel_by_id(self.dashboard, number)
        if panel is None:
            return PanelFacts({}, 0, of_the_moment=False)
        facts = self.panels[number] = panel_facts(panel, datasources)
        return facts


def panel_facts(panel: Mapping[str, Any], datasources: DatasourceFacts) -> PanelFacts:
    """Read what a panel's query depends on."""
    most = panel.get("maxDataPoints")
    if not isinstance(most, int) or isinstance(most, bool) or most <= 0:
        most = None
    return PanelFacts(panel, _floor_ms(panel, datasources), _is_of_the_moment(panel, datasources), most)


class GrafanaDashboards:
    """Fetches dashboards: `get` returns one, or raises UpstreamError when Grafana has none to give now.

    `on_lost` hears the uid of one that we published and that Grafana does not know as public, `on_missed` that of each
    that it did not give, for whatever reason.
    """

    def __init__(
        self,
        grafana: GrafanaForVisitors,
        on_lost: Callable[[str], None],
        on_missed: Callable[[str], None],
        fetches: FetchLimits,
    ) -> None:
        self._grafana = grafana
        self._on_lost = on_lost
        self._on_missed = on_missed
        self._known = KnownPanels()
        self.get: SharedAnswers[Published, GrafanaDashboard] = SharedAnswers(
            self._fetch, _KEPT_SECONDS, size=lambda found: found.size, limits=fetches
        )

    def ref_ids(self, real: RealToken | None, panel_id: int) -> tuple[str, ...]:
        """Return the names of a panel's queries as last known, for when Grafana is away."""
        return self._known.ref_ids("" if real is None else real.text, panel_id)

    def _fetch(self, published: Published) -> GrafanaDashboard:
        try:
            return self._read(published)
        except UpstreamError:
            self._on_missed(published.uid)
            raise

    def _read(self, published: Published) -> GrafanaDashboard:
        reply = self._grafana.visitor_dashboard(published.real.text)
        if reply.status == _MISSING:
            self._on_lost(published.uid)
        found = _object(reply)
        dashboard, meta = found.get("dashboard"), found.get("meta")
        if not isinstance(dashboard, dict):
            raise UpstreamError("Grafana does not show the dashboard.")
        self._known.learn(published.real.text, dashboard)
        version = meta.get("version") if isinstance(meta, dict) else None
        version = version if isinstance(version, int) else 1
        return GrafanaDashboard(dashboard, version, own_times(dashboard), 4 * len(reply.body))


class KnownPanels:
    """The refIds of each panel by dashboard; the dashboards read longest ago are forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, dict[object, tuple[str, ...]]] = OrderedDict()

    def learn(self, key: str, dashboard: Mapping[str, Any]) -> None:
        """Remember a dashboard as it was read."""
        found = {panel.get("id"): _ref_ids(panel) for panel in all_panels(dashboard)}
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)

    def ref_ids(self, key: str, panel_id: int) -> tuple[str, ...]:
        """Return a panel's refIds; `A`, which panels begin with, for one that is not known."""
        with self._lock:
            return self._known.get(key, {}).get(panel_id) or ("A",)


def _ref_ids(panel: Mapping[str, Any]) -> tuple[str, ...]:
    shown = (target for target in targets_of(panel) if target.get("hide") is not True)
    return tuple(dict.fromkeys(str(target.get("refId") or "A") for target in shown))


def _object(reply: RawReply) -> Mapping[str, Any]:
    try:
        found = orjson.loads(reply.body) if reply.status == 200 else None
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {}


def _floor_ms(panel: Mapping[str, Any], datasources: DatasourceFacts) -> int:
    own = read_interval_ms(panel.get("interval"))
    if own is not None:
        return own
    uids = {datasource_of(panel, target).uid for target in targets_of(panel)}
    return max((datasources.intervals_ms.get(uid, 0) for uid in uids), default=0)


def _is_of_the_moment(panel: Mapping[str, Any], datasources: DatasourceFacts) -> bool:
    """Whether all of a panel's queries ask for current values; expressions take what the others give."""
    asking = [(target, datasource_of(panel, target)) for target in targets_of(panel)]
    real = [
        (target, source.type or datasources.kinds.get(source.uid, ""))
        for target, source in asking
        if "__expr__" not in (source.uid, source.type)
    ]
    if len(real) == len(asking):  # an expression may ask a hidden one
        real = [(target, kind) for target, kind in real if target.get("hide") is not True]
    return bool(real) and all(_asks_for_the_moment(target, kind) for target, kind in real)


def _asks_for_the_moment(target: Mapping[str, Any], kind: str) -> bool:
    if kind in _SQL:
        return target.get("format") == "table"
    # One that asks for the range as well would ask for all of it every few seconds.
    return target.get("queryType") == "instant" or (target.get("instant") is True and target.get("range") is not True)
