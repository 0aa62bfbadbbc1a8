"""The servers of the recordings: the dashboards, providers and datasources each had at its first line."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.grafana import Datasource, FakeGrafana, PanelQuery, empty_frame, series_frame
from tests.fakes.grafana.panel_queries import made_up

_PROMETHEUS = {"type": "prometheus", "uid": "prom-main"}
ROOT_URL = "http://localhost:8080/grafana/"
PROM_MAIN = Datasource(
    "Prometheus",
    "prom-main",
    url="http://localhost:9090",
    is_default=True,
    json_data={"httpMethod": "POST", "prometheusType": "Prometheus", "timeInterval": "5s"},
)


def _panel(number: int, title: str, kind: str, expr: str, **more: Any) -> dict[str, Any]:
    target: dict[str, Any] = {"datasource": _PROMETHEUS, "expr": expr, "legendFormat": "{{device}}", "refId": "A"}
    stat = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return {
        "datasource": _PROMETHEUS,
        "fieldConfig": {"defaults": {"unit": "percent"}, "overrides": []},
        "gridPos": {"h": 8, "w": 12, "x": 12 * ((number - 1) % 2), "y": 8 * ((number - 1) // 2)},
        "id": number,
        "options": stat if kind in ("stat", "gauge") else {},
        "targets": [{**target, **more}],
        "title": title,
        "type": kind,
    }


def device_document(uid: str, title: str, device: str = "") -> dict[str, Any]:
    """Return the four-panel dashboard of the recordings."""
    where = f'{{device="{device or uid}"}}'
    table = {"format": "table", "instant": True, "range": False}
    return {
        "annotations": {"list": []},
        "editable": False,
        "links": [],
        "panels": [
            _panel(1, "CPU", "timeseries", f"device_cpu_percent{where}"),
            _panel(2, "Temperature", "stat", f"device_temp_celsius{where}"),
            _panel(3, "CPU now", "gauge", f"device_cpu_percent{where}"),
            _panel(4, "Uptime", "table", f"device_uptime_seconds{where}", **table),
        ],
        "refresh": "5s",
        "schemaVersion": 42,
        "tags": ["device"],
        "templating": {"list": []},
        "time": {"from": "now-15m", "to": "now"},
        "timepicker": {"refresh_intervals": ["5s", "10s", "30s", "1m"]},
        "timezone": "utc",
        "title": title,
        "uid": uid,
    }


def bad_document() -> dict[str, Any]:
    """Return `dev-bad`: broken PromQL, an unknown datasource, a panel without targets, a bare datasource name."""
    document = device_document("dev-bad", "Bad query")
    panels = document["panels"]
    panels[0]["targets"][0]["expr"] = "sum((("
    for place in (panels[1], panels[1]["targets"][0]):
        place["datasource"] = {"type": "prometheus", "uid": "nope"}
    grid = {"h": 3, "w": 6, "x": 0}
    panels += [
        {"gridPos": {**grid, "y": 20}, "id": 9, "options": {"content": "x"}, "title": "T", "type": "text"},
        {
            "datasource": "Prometheus",
            "gridPos": {**grid, "y": 24},
            "id": 10,
            "targets": [{"refId": "A", "expr": "up"}],
            "title": "noid ds",
            "type": "timeseries",
        },
        {
            "datasource": _PROMETHEUS,
            "gridPos": {**grid, "y": 28},
            "id": 11,
            "targets": [
                {"datasource": _PROMETHEUS, "refId": "A", "expr": "up"},
                {"datasource": _PROMETHEUS, "refId": "B", "expr": "sum((("},
            ],
            "title": "partial",
            "type": "timeseries",
        },
    ]
    entry = {"datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "iconColor": "red", "name": "A"}
    document["annotations"] = {"list": [{**entry, "target": {"limit": 100, "type": "dashboard"}}]}
    return document


def annotated_document() -> dict[str, Any]:
    """Return `dev-ann`: an annotation entry that names its datasource by a bare string."""
    document = device_document("dev-ann", "Annotations")
    document["annotations"] = {"list": [{"datasource": "-- Grafana --", "enable": True, "name": "A"}]}
    return document


def variable_document() -> dict[str, Any]:
    """Return `dev-var`: a template variable, and no `timepicker`."""
    document = device_document("dev-var", "Variables", device="$device")
    del document["timepicker"]
    current = {"text": "dev-0001", "value": "dev-0001"}
    variable = {"current": current, "name": "device", "options": [], "query": "dev-0001", "type": "custom"}
    document["templating"] = {"list": [variable]}
    return document


def answer_recorded(query: PanelQuery) -> dict[str, Any]:
    """Answer a panel query in the shape the recorded Prometheus answered it."""
    expr = query.expr
    if query.datasource.url == "http://localhost:9093":
        error = 'Post "http://localhost:9093/api/v1/query_range": dial tcp localhost:9093: connect: connection refused'
        return {"error": error, "errorSource": "downstream", "status": 502, "frames": []}
    if "(((" in expr:
        error = "bad_data: 1:7: parse error: unclosed left parenthesis"
        return {"error": error, "errorSource": "downstream", "status": 400, "frames": [empty_frame(query)]}
    if "$" in expr:
        return {"status": 200, "frames": [empty_frame(query)]}
    found = re.fullmatch(r'(\w+)\{device="([^"]+)"\}', expr)
    if found:
        series = [{"__name__": found[1], "device": found[2], "instance": "localhost:9101", "job": "devices"}]
    else:
        series = [
            {"__name__": "up", "instance": "localhost:9090", "job": "prometheus"},
            {"__name__": "up", "instance": "localhost:9101", "job": "devices"},
        ]
    sample = made_up(query)["frames"][0]["data"]["values"]
    kind = "vector" if query.instant else "matrix"
    values = [80013] if query.instant else sample[1]
    frames = [
        series_frame(query, labels, sample[0], values, first=number == 0, kind=kind)
        for number, labels in enumerate(series)
    ]
    return {"status": 200, "frames": frames}


class World:
    """A provisioning folder with providers, and what tests do to its files."""

    def __init__(
        self, root: Path, providers: tuple[str, ...] = ("devices",), *, disable_deletion: bool = False
    ) -> None:
        self.root = root
        self.provisioning = root / "provisioning"
        self.yaml = self.provisioning / "dashboards" / "providers.yml"
        self.yaml.parent.mkdir(parents=True)
        listed = []
        for name in providers:
            (root / name).mkdir()
            listed.append(
                {
                    "name": name,
                    "type": "file",
                    "folder": "",
                    "disableDeletion": disable_deletion,
                    "updateIntervalSeconds": 30,
                    "options": {"path": str(root / name)},
                }
            )
        self.yaml.write_text(yaml.safe_dump({"apiVersion": 1, "providers": listed}), encoding="utf-8")
        self._aside: dict[str, str] = {}

    def write(self, document: dict[str, Any], file: str = "", provider: str = "devices") -> Path:
        """Write a document as `{uid}.json` unless named otherwise."""
        path = self.root / provider / (file or f"{document['uid']}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def write_devices(self, count: int) -> None:
        """Write dev-0001 and on."""
        for number in range(1, count + 1):
            self.write(device_document(f"dev-{number:04d}", f"Device {number:04d}"))

    def take_away(self, *files: str) -> None:
        """Remove files (relative to the root), keeping them for `put_back`."""
        for file in files:
            self._aside[file] = (self.root / file).read_text(encoding="utf-8")
            (self.root / file).unlink()

    def put_back(self, *files: str) -> None:
        """Write files again as they were when taken away."""
        for file in files:
            (self.root / file).write_text(self._aside.pop(file), encoding="utf-8")

    def move(self, file: str, to: str) -> None:
        """Move a file within the root."""
        shutil.move(self.root / file, self.root / to)

    def fake(self, **more: Any) -> FakeGrafana:
        """Make a fake Grafana of this world with the recordings' address and datasource; it is not started."""
        given: dict[str, Any] = {
            "environment": {},
            "polling": False,
            "root_url": ROOT_URL,
            "datasources": (PROM_MAIN,),
            "answering": answer_recorded,
        }
        return FakeGrafana(self.provisioning, **{**given, **more})
