"""The boot data of Grafana's page, cut to what one dashboard needs. Pure.

Tried on Grafana 12.4.0: with these keys the public page renders. A datasource keeps what names and draws it, and of its
`jsonData` nothing but `timeInterval`, without which the page asks at another step. A PostgreSQL one has a `database`
beside it that is always the same word: the page asks none that names no database, and the name itself is never used.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend_server.documents import all_panels, datasources_used, targets_of
from backend_server.queries.steps import read_interval_ms

from .internal_addresses import names_public_hosts_only

# Grafana's pages are asked by us at most this often, whatever Grafana's own least interval is.
LEAST_REFRESH = "5s"
_KEPT_SETTINGS = (
    "panels",
    "featureToggles",
    "dateFormats",
    "buildInfo",
    "licenseInfo",
    "publicDashboardsEnabled",
    "panelSeriesLimit",
    "pluginsCDNBaseURL",
    "geomapDisableCustomBaseLayer",
    "quickRanges",
)
_BASE_LAYER = "geomapDefaultBaseLayerConfig"
_KEPT_USER = (
    "isSignedIn",
    "id",
    "uid",
    "login",
    "email",
    "name",
    "theme",
    "lightTheme",
    "orgCount",
    "orgId",
    "orgName",
    "orgRole",
    "isGrafanaAdmin",
    "gravatarUrl",
    "timezone",
    "weekStart",
    "locale",
    "regionalFormat",
    "language",
    "helpFlags1",
    "hasEditPermissionInFolders",
    "authenticatedBy",
    "permissions",
)
_KEPT_OF_DATASOURCE = ("uid", "type", "name", "isDefault", "module", "preload", "readOnly")
_KEPT_OF_META = ("id", "type", "name", "module", "baseUrl")
# By these the page tells apart what asks by itself and what hands on: without `mixed` it gives every target of a mixed
# panel the mixed datasource, which then drops them all; without any of the others it finds none by its type.
_FLAGS_OF_META = ("mixed", "builtIn", "metrics", "annotations", "logs", "tracing", "alerting")
_NEEDS_DATABASE = "grafana-postgresql-datasource"
_ANY_DATABASE = "database"
_USUAL_TYPE = "timeseries"  # what Grafana's page draws a panel with that names no type
# What Grafana's page draws old panel types with (`autoMigrateAngular` in its PanelModel).
_DRAWN_BY = {
    "graph": ("timeseries", "barchart", "histogram"),
    "table-old": ("table",),
    "singlestat": ("stat", "gauge"),
    "grafana-singlestat-panel": ("stat", "gauge"),
    "grafana-piechart-panel": ("piechart",),
    "grafana-worldmap-panel": ("geomap",),
    "natel-discrete-panel": ("state-timeline",),
}


def cut_settings(
    settings: Mapping[str, Any],
    token: str,
    dashboard: Mapping[str, Any],
    base: str,
    internal: Collection[bytes] = (),
) -> dict[str, Any]:
    """Cut the settings to what the page needs for this dashboard, served below `base` under a link's token.

    `internal` are the marks of addresses that no page may name.
    """
    kept = {key: settings[key] for key in _KEPT_SETTINGS if key in settings}
    # Visitors' browsers load a map's tiles themselves; those of the house they could not reach, and may not know.
    if isinstance(layer := settings.get(_BASE_LAYER), Mapping) and names_public_hosts_only(layer, internal):
        kept[_BASE_LAYER] = layer
    types = {str(panel.get("type") or _USUAL_TYPE) for panel in all_panels(dashboard)}
    for old in types & _DRAWN_BY.keys():
        types.update(_DRAWN_BY[old])
    if isinstance(kept.get("panels"), Mapping):
        kept["panels"] = {name: value for name, value in kept["panels"].items() if name in types}
    kept["datasources"] = _cut_datasources(settings, dashboard)
    kept["defaultDatasource"] = _default_of(kept["datasources"], settings.get("defaultDatasource"))
    kept["publicDashboardAccessToken"] = token
    kept["appSubUrl"] = base
    kept["minRefreshInterval"] = LEAST_REFRESH
    # Nothing of these is open to visitors; left out they would count as on.
    kept |= {"liveEnabled": False, "analytics": {"enabled": False}, "newsFeedEnabled": False, "snapshotEnabled": False}
    return kept


def cut_user(user: Mapping[str, Any], locale: str, language: str) -> dict[str, Any]:
    """Cut the page's (anonymous) user, and give him the visitor's own formats and language."""
    kept: dict[str, Any] = {key: user[key] for key in _KEPT_USER if key in user}
    kept["analytics"] = {"identifier": ""}
    if locale:
        kept["locale"] = locale
        if kept.get("regionalFormat"):
            kept["regionalFormat"] = locale
    if language:
        kept["language"] = language
    return kept


@dataclass(frozen=True, slots=True)
class DatasourceFacts:
    """What queries need to know of the datasources, by uid; the default one's also under the empty uid."""

    intervals_ms: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


def datasource_facts(datasources: Mapping[str, Any]) -> DatasourceFacts:
    """Read the datasources of a page's settings: how often each is scraped (`timeInterval`), and its type."""
    intervals_ms: dict[str, int] = {}
    kinds: dict[str, str] = {}
    for entry in datasources.values():
        if not isinstance(entry, Mapping):
            continue
        interval_ms = read_interval_ms(_time_interval(entry))
        for uid in (str(entry.get("uid")), *(("",) if entry.get("isDefault") is True else ())):
            if interval_ms is not None:
                intervals_ms[uid] = interval_ms
            if isinstance(entry.get("type"), str):
                kinds[uid] = entry["type"]
    return DatasourceFacts(intervals_ms, kinds)


def _cut_datasources(settings: Mapping[str, Any], dashboard: Mapping[str, Any]) -> dict[str, Any]:
    found = settings.get("datasources")
    if not isinstance(found, Mapping):
        return {}
    # A visitor gets neither annotations nor variables, hence not their datasources.
    uses = datasources_used(
        {key: value for key, value in dashboard.items() if key not in ("annotations", "templating")}
    )
    entries = {str(name): entry for name, entry in found.items() if isinstance(entry, Mapping)}
    default = str(settings.get("defaultDatasource"))
    names = {use.uid for use in uses if use.uid} | _pseudo(dashboard)
    if _asks_default(dashboard) or "default" in names:
        names.add(default)
    # A reference by type alone means one of that type, and the default where there is none.
    names.update(_of_type(use.type, entries, default) for use in uses if not use.uid)
    return {name: _cut_datasource(entry) for name, entry in entries.items() if {name, entry.get("uid")} & names}


def _default_of(cut: Mapping[str, Any], wanted: object) -> str:
    """Name a default that is there: never a built-in one if there is another, the page hangs asking `-- Mixed --`."""
    if isinstance(wanted, str) and wanted in cut:
        return wanted
    return min(cut, key=lambda name: name.startswith("-- "), default="")


def _of_type(kind: str, entries: Mapping[str, Mapping[str, Any]], default: str) -> str:
    same = [name for name, entry in entries.items() if entry.get("type") == kind]
    return default if default in same or not same else same[0]


def _cut_datasource(entry: Mapping[str, Any]) -> dict[str, Any]:
    cut = {key: entry[key] for key in _KEPT_OF_DATASOURCE if key in entry}
    cut["jsonData"] = _cut_json_data(entry)
    cut["meta"] = _cut_meta(entry.get("meta"))
    return cut


def _cut_json_data(entry: Mapping[str, Any]) -> dict[str, str]:
    cut = {"database": _ANY_DATABASE} if entry.get("type") == _NEEDS_DATABASE else {}
    interval = _time_interval(entry)
    return cut if interval is None else {**cut, "timeInterval": interval}


def _time_interval(entry: Mapping[str, Any]) -> str | None:
    json_data = entry.get("jsonData")
    interval = json_data.get("timeInterval") if isinstance(json_data, Mapping) else None
    return interval if isinstance(interval, str) and interval else None


def _pseudo(dashboard: Mapping[str, Any]) -> set[str]:
    """Return the built-in datasources (`-- Mixed --` and the like) that the panels name."""
    found = set()
    for panel in all_panels(dashboard):
        for holder in (panel, *targets_of(panel)):
            reference = holder.get("datasource")
            uid = reference.get("uid") if isinstance(reference, Mapping) else reference
            if isinstance(uid, str) and (uid.startswith("-- ") or uid == "grafana"):
                found.add(uid)
    return found


def _asks_default(dashboard: Mapping[str, Any]) -> bool:
    """Whether a panel asks without naming a datasource."""
    return any(
        not target.get("datasource") and not panel.get("datasource")
        for panel in all_panels(dashboard)
        for target in targets_of(panel)
    )


def _cut_meta(meta: object) -> dict[str, Any] | None:
    if not isinstance(meta, Mapping):
        return None
    cut = {key: meta[key] for key in _KEPT_OF_META if key in meta}
    cut |= {key: meta[key] for key in _FLAGS_OF_META if isinstance(meta.get(key), bool)}
    info = meta.get("info")
    info = info if isinstance(info, Mapping) else {}
    logos, version = info.get("logos"), info.get("version")
    cut["info"] = {"logos": logos if isinstance(logos, Mapping) else {"small": "", "large": ""}}
    if isinstance(version, str):
        # Without it the page gives a plugin's file a new name at each visit, past every cache.
        cut["info"]["version"] = version
    return cut
