"""Panel queries: Grafana's choice of step, and answers in its frames, made up, scripted or from a real Prometheus."""

from __future__ import annotations

import json
import math
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.grafana.providers import Datasource

_SAFE_POINTS = 11_000
# What is below the bound becomes the step, in milliseconds.
_STEPS = (
    (10, 1), (15, 10), (35, 20), (75, 50), (150, 100), (350, 200), (750, 500), (1500, 1000), (3500, 2000),
    (7500, 5000), (12_500, 10_000), (17_500, 15_000), (25_000, 20_000), (45_000, 30_000), (90_000, 60_000),
    (210_000, 120_000), (450_000, 300_000), (750_000, 600_000), (1_050_000, 900_000), (1_500_000, 1_200_000),
    (2_700_000, 1_800_000), (5_400_000, 3_600_000), (9_000_000, 7_200_000), (16_200_000, 10_800_000),
    (32_400_000, 21_600_000), (86_400_000, 43_200_000), (604_800_000, 86_400_000), (1_814_400_000, 604_800_000),
)  # fmt: skip


@dataclass(frozen=True)
class PanelQuery:
    """One target of a panel with the range and step Grafana chose for it; times in epoch milliseconds."""

    ref_id: str
    target: Mapping[str, Any]
    datasource: Datasource
    from_ms: int
    to_ms: int
    step_ms: int
    max_data_points: int

    @property
    def expr(self) -> str:
        """The query with Grafana's interval macros filled in."""
        window = max(self.step_ms + 15_000, 60_000)
        span = max(self.to_ms - self.from_ms, 0)
        filled = {
            "$__rate_interval": f"{window // 1000}s",
            "$__interval_ms": str(self.step_ms),
            "$__interval": f"{self.step_ms}ms",
            "$__range_ms": str(span),
            "$__range_s": str(span // 1000),
            "$__range": f"{span // 1000}s",
        }
        text = str(self.target.get("expr", ""))
        for macro, value in filled.items():
            text = text.replace(macro, value).replace("${" + macro[1:] + "}", value)
        return text

    @property
    def instant(self) -> bool:
        return self.target.get("instant") is True and self.target.get("range") is not True


# Gives the value of one refId: {"status": 200, "frames": [...]} or {"error", "errorSource", "status", "frames"}.
Answering = Callable[[PanelQuery], dict[str, Any]]


def choose_step(from_ms: int, to_ms: int, interval_ms: int, points: int) -> tuple[int, int]:
    """Give step and points as Grafana does: never finer than 11,000 points, but otherwise unbounded."""
    span = to_ms - from_ms
    wanted = max(_round(span / points) if points > 0 else 0, interval_ms)
    safe = _round(span / _SAFE_POINTS)
    return (wanted, points) if wanted > safe else (safe, _SAFE_POINTS)


def _round(step: float) -> int:
    return next((size for bound, size in _STEPS if step < bound), 2_592_000_000)


def read_range(text_from: str, text_to: str, now_ms: int) -> tuple[int, int] | None:
    """Read a time range, relative or in epoch milliseconds; None when it is nonsense."""
    ends = [_moment(text, now_ms) for text in (text_from, text_to)]
    return (ends[0], ends[1]) if ends[0] is not None and ends[1] is not None else None


def _moment(text: str, now_ms: int) -> int | None:
    if re.fullmatch(r"\d+", text):
        return int(text)
    found = re.fullmatch(r"now(?:-(\d+)(ms|s|m|h|d|w))?(?:/[dwMy])?", text)
    if not found:
        return None
    size = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
    return now_ms - (int(found[1]) * size[found[2]] if found[1] else 0)


def empty_frame(query: PanelQuery) -> dict[str, Any]:
    """Give the frame without fields that stands for "no data"."""
    meta = {"typeVersion": [0, 0], "custom": {"calculatedMinStep": query.step_ms}}
    return {"schema": {"refId": query.ref_id, "meta": meta, "fields": []}, "data": {"values": []}}


def series_frame(
    query: PanelQuery, labels: Mapping[str, str], times: list[int], values: list[Any], *, first: bool, kind: str
) -> dict[str, Any]:
    """Give the frame of one series; `kind` is Prometheus' result type, matrix or vector."""
    custom = {"calculatedMinStep": query.step_ms, "resultType": kind} if first else {"resultType": kind}
    named = "timeseries-multi" if kind == "matrix" else "numeric-multi"
    return {
        "schema": {
            "refId": query.ref_id,
            "meta": {"type": named, "typeVersion": [0, 1], "custom": custom},
            "fields": [
                {
                    "name": "Time",
                    "type": "time",
                    "typeInfo": {"frame": "time.Time"},
                    "config": {"interval": query.step_ms},
                },
                {
                    "name": labels.get("__name__", "Value"),
                    "type": "number",
                    "typeInfo": {"frame": "float64"},
                    "labels": dict(sorted(labels.items())),
                    "config": {"displayNameFromDS": _legend(query, labels)},
                },
            ],
        },
        "data": {"values": [times, values]},
    }


def _legend(query: PanelQuery, labels: Mapping[str, str]) -> str:
    wanted = str(query.target.get("legendFormat") or "")
    if wanted and wanted != "__auto":
        return re.sub(r"\{\{\s*([^}]+?)\s*\}\}", lambda found: labels.get(found[1], ""), wanted)
    inside = ", ".join(f"{name}={json.dumps(value)}" for name, value in sorted(labels.items()) if name != "__name__")
    name = labels.get("__name__", "")
    return f"{name}{{{inside}}}" if inside else name or query.expr


def made_up(query: PanelQuery) -> dict[str, Any]:
    """Answer with one sine series, whatever is asked."""
    labels = {"__name__": "made_up", "job": "fake"}
    if query.instant:
        frame = series_frame(query, labels, [query.to_ms], [1.0], first=True, kind="vector")
    else:
        start = query.from_ms // query.step_ms * query.step_ms
        times = list(range(start, query.to_ms + 1, query.step_ms))
        values = [round(50 + 40 * math.sin(moment / 60_000), 3) for moment in times]
        frame = series_frame(query, labels, times, values, first=True, kind="matrix")
    return {"status": 200, "frames": [frame]}


def from_prometheus(query: PanelQuery) -> dict[str, Any]:
    """Ask the datasource's Prometheus and wrap its answer in frames; a dead one is named with its address."""
    step = query.step_ms
    route = "query" if query.instant else "query_range"
    given = {"query": query.expr}
    if query.instant:
        given["time"] = f"{query.to_ms / 1000:.3f}"
    else:
        given |= {
            "start": f"{query.from_ms // step * step / 1000:.3f}",
            "end": f"{query.to_ms // step * step / 1000:.3f}",
            "step": f"{step / 1000:.3f}",
        }
    url = f"{query.datasource.url}/api/v1/{route}"
    try:
        # The address is the test's own Prometheus; no proxy of the environment may stand between.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, urllib.parse.urlencode(given).encode(), timeout=10) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as fault:
        with fault:
            said = json.load(fault)
        error = f"{said.get('errorType')}: {said.get('error')}"
        return {"error": error, "errorSource": "downstream", "status": 400, "frames": [empty_frame(query)]}
    except (urllib.error.URLError, OSError) as fault:
        return _unreachable(url, query.datasource, fault)
    frames: list[dict[str, Any]] = []
    for series in said["data"]["result"]:
        points = series["values"] if "values" in series else [series["value"]]
        times = [int(moment * 1000) for moment, _ in points]
        values = [_number(text) for _, text in points]
        kind = said["data"]["resultType"]
        frames.append(series_frame(query, series["metric"], times, values, first=not frames, kind=kind))
    return {"status": 200, "frames": frames or [empty_frame(query)]}


def _unreachable(url: str, datasource: Datasource, fault: Exception) -> dict[str, Any]:
    host = urllib.parse.urlsplit(datasource.url).netloc
    reason = getattr(fault, "reason", fault)
    words = "i/o timeout" if isinstance(reason, TimeoutError | socket.timeout) else "connect: connection refused"
    error = f'Post "{url}": dial tcp {host}: {words}'
    return {"error": error, "errorSource": "downstream", "status": 502, "frames": []}


def _number(text: str) -> float | int | None:
    value = float(text)
    if math.isnan(value) or math.isinf(value):
        return None
    return int(value) if value.is_integer() else value


def now_ms() -> int:
    """Give the present moment in epoch milliseconds."""
    return int(time.time() * 1000)
