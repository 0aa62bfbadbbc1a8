"""What anonymous viewers get: the dashboard without its queries, annotations, panel queries."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.grafana.answers import Answer, BadBody, bind, json_answer, message, public_error
from tests.fakes.grafana.database import Dashboard, Database, PublicRow, slug_of
from tests.fakes.grafana.panel_queries import (
    Answering,
    PanelQuery,
    asked_interval,
    now_ms,
    read_range,
)
from tests.fakes.grafana.providers import Datasource
from tests.fakes.grafana.public_api import is_access_token
from tests.fakes.grafana.request import Request

_HIDDEN = ("expr", "query", "rawSql")


class ViewerApi:
    """`/api/public/dashboards/{token}…`."""

    def __init__(self, datasources: Callable[[], Mapping[str, Datasource]], answering: Callable[[], Answering]) -> None:
        self._datasources = datasources
        self._answering = answering

    def dashboard(self, database: Database, _request: Request, token: str) -> Answer:
        with database.lock:
            found = self._find(database, token)
            if isinstance(found, Answer):
                return found
            row, dashboard = found
            shown = copy.deepcopy({**dashboard.document, "version": dashboard.version})
        if isinstance(shown.get("timepicker"), dict):
            shown["timepicker"]["hidden"] = not row.time_selection
        _strip(shown.get("panels") or [])
        return json_answer(200, {"meta": _meta(row, dashboard), "dashboard": dict(sorted(shown.items()))})

    def annotations(self, database: Database, _request: Request, token: str) -> Answer:
        found = self._find(database, token)
        if isinstance(found, Answer):
            return found
        row, dashboard = found
        if not row.annotations:
            return json_answer(200, [])
        for entry in (dashboard.document.get("annotations") or {}).get("list") or []:
            if not isinstance(entry.get("datasource"), dict):
                return public_error("internalServerError")
        return json_answer(200, [])

    def query(self, database: Database, request: Request, token: str, panel: str) -> Answer:
        if not is_access_token(token):
            return public_error("invalidAccessToken")
        if not re.fullmatch(r"-?\d+", panel):
            return public_error("invalidPanelId")
        try:
            fields = {"intervalMs": int, "maxDataPoints": int, "timeRange": dict}
            given = bind(request.headers.get("content-type", ""), request.body, fields)
        except BadBody:
            return public_error("badRequest")
        with database.lock:
            found = self._find(database, token)
            if isinstance(found, Answer):
                return found
            row, dashboard = found
            document = copy.deepcopy(dashboard.document)
        interval, points = given.get("intervalMs", 0), given.get("maxDataPoints", 0)
        if interval < 0:
            return public_error("invalidInterval")
        if points < 0:
            return public_error("maxDataPoints")
        span = self._span(document, given.get("timeRange") or {}, row)
        if span is None:
            return public_error("invalidTimeRange")
        targets = _targets(document.get("panels") or []).get(int(panel))
        if targets is None:
            return public_error("panelNotFound")
        if not targets:
            return public_error("panelQueriesNotFound")
        return self._run(targets, span, interval, points)

    def _run(self, targets: list[dict[str, Any]], span: tuple[int, int], interval: int, points: int) -> Answer:
        datasources = self._datasources()
        asked = asked_interval(*span, interval, points)
        results: dict[str, Any] = {}
        for target in targets:
            datasource = datasources.get(str(target["datasource"].get("uid", "")))
            if datasource is None:
                return message(500, "Internal Server Error")
            ref_id = str(target.get("refId", "A"))
            results[ref_id] = self._answering()(PanelQuery(ref_id, target, datasource, *span, *asked))
        failed = any("error" in one for one in results.values())
        return json_answer(400 if failed else 200, {"results": results})

    @staticmethod
    def _span(document: Mapping[str, Any], asked: Mapping[str, Any], row: PublicRow) -> tuple[int, int] | None:
        own = document.get("time") or {}
        default = (str(own.get("from", "now-6h")), str(own.get("to", "now")))
        if not row.time_selection:
            return read_range(*default, now_ms())
        if not asked:
            return None
        return read_range(str(asked.get("from", "")), str(asked.get("to", "")), now_ms())

    @staticmethod
    def _find(database: Database, token: str) -> tuple[PublicRow, Dashboard] | Answer:
        if not is_access_token(token):
            return public_error("invalidAccessToken")
        row = database.row_of_token(token)
        if row is None:
            return public_error("notFound")
        dashboard = database.find(row.dashboard_uid)
        if dashboard is None:
            return public_error("dashboardNotFound")
        if not row.enabled:
            return public_error("notEnabled")
        return public_error("notFound") if row.share == "email" else (row, dashboard)


def _meta(row: PublicRow, dashboard: Dashboard) -> dict[str, Any]:
    return {
        "type": "db",
        **{f"can{what}": False for what in ("Save", "Edit", "Admin", "Star", "Delete")},
        "slug": slug_of(dashboard.title),
        "url": "",
        "expires": "0001-01-01T00:00:00Z",
        "created": dashboard.created,
        "updated": dashboard.updated,
        "updatedBy": "",
        "createdBy": "",
        "version": dashboard.version,
        "hasAcl": False,
        "isFolder": False,
        "folderId": dashboard.folder.internal_id if dashboard.folder else 0,
        "folderUid": dashboard.folder.uid if dashboard.folder else "",
        "folderTitle": "",
        "folderUrl": "",
        "provisioned": False,
        "provisionedExternalId": "",
        "annotationsPermissions": None,
        "publicDashboardEnabled": row.enabled,
    }


def _strip(panels: list[Any]) -> None:
    for panel in panels:
        for target in panel.get("targets") or []:
            for name in _HIDDEN:
                target.pop(name, None)
        _strip(panel.get("panels") or [])


def _targets(panels: list[Any]) -> dict[int, list[dict[str, Any]]]:
    """Collect the targets of each panel id; collapsed rows are looked into, hidden targets left out."""
    found: dict[int, list[dict[str, Any]]] = {}
    for panel in panels:
        if panel.get("type") == "row" and panel.get("collapsed") is True:
            found |= _targets(panel.get("panels") or [])
            continue
        targets = []
        for target in panel.get("targets") or []:
            if target.get("hide") is True:
                continue
            # A bare name on panel or target names no datasource here; Grafana then fails with 500.
            datasource = target.get("datasource", panel.get("datasource"))
            targets.append({**target, "datasource": datasource if isinstance(datasource, dict) else {}})
        found[int(panel.get("id") or 0)] = targets
    return found
