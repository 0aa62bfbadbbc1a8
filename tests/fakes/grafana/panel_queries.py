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
_USUAL_POINTS = 1500  # when a caller gives none
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
    """One target of a panel with the range it is asked for; times and intervals in milliseconds."""

    ref_id: str
    target: Mapping[str, Any]
    datasource: Datasource
    from_ms: int
    to_ms: int
    interval_ms: int
    max_data_points: int

    @property
    def step_ms(self) -> int:
        """The step Grafana chooses: range over points, not below the asked interval or the target's own."""
        span = self.to_ms - self.from_ms
        least = _milliseconds(str(self.target.get("interval") or "")) or self.interval_ms
        least = least or _milliseconds(str(self.datasource.json_data.get("timeInterval") or "")) or 15_000
        step = max(_round(span / (self.max_data_points or _USUAL_POINTS)), least, _round(span / _SAFE_POINTS))
        return step * int(self.target.get("intervalFactor") or 1)

    @property
    def expr(self) -> str:
        """The query with Grafana's interval macros filled in."""
        scrape = _milliseconds(str(self.target.get("interval") or self.datasource.json_data.get("timeInterval") or ""))
        scrape = scrape or 15_000
        rate = max(self.interval_ms + scrape, 4 * scrape)
        span = self.to_ms - self.from_ms
        filled = {
            "$__interval_ms": str(self.step_ms),
            "$__interval": f"{self.step_ms}ms",
            "$__range_ms": str(span),
            "$__range_s": str(round(span / 1000)),
            "$__range": f"{round(span / 1000)}s",
            "$__rate_interval_ms": str(rate),
            "$__rate_interval": f"{rate}ms",
        }
        text = str(self.target.get("expr", ""))
        for macro, value in filled.items():
            text = text.replace(macro, value).replace("${" + macro[1:] + "}", value)
        return text

    @property
    def kinds(self) -> tuple[str, ...]:
        """The routes of Prometheus that are asked, in the order their frames come."""
        instant = self.target.get("instant") is True
        ranged = self.target.get("range") is True or not instant
        return (("query_range",) if ranged else ()) + (("query",) if instant else ())

    @property
    def instant(self) -> bool:
        return self.kinds == ("query",)


# Gives the value of one refId: {"status": 200, "frames": [...]} or {"error", "errorSource", "status", "frames"}.
Answering = Callable[[PanelQuery], dict[str, Any]]


def asked_interval(from_ms: int, to_ms: int, interval_ms: int, points: int) -> tuple[int, int]:
    """Return interval and points as handed on: a caller below the safe interval gets that and 11,000 points."""
    safe = _round((to_ms - from_ms) / _SAFE_POINTS)
    return (interval_ms, points) if interval_ms > safe else (safe, _SAFE_POINTS)


def _milliseconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text)
    size = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
    return int(found[1]) * size[found[2]] if found else 0


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
    """Return the frame without fields that stands for "no data"."""
    meta = {"typeVersion": [0, 0], "custom": {"calculatedMinStep": query.step_ms}}
    return {"schema": {"refId": query.ref_id, "meta": meta, "fields": []}, "data": {"values": []}}


def series_frame(
    query: PanelQuery, labels: Mapping[str, str], times: list[int], values: list[Any], *, first: bool, kind: str
) -> dict[str, Any]:
    """Return the frame of one series; `kind` is Prometheus' result type, matrix or vector."""
    custom = {"calculatedMinStep": query.step_ms, "resultType": kind} if first else {"resultType": kind}
    named = "timeseries-multi" if kind == "matrix" else "numeric-multi"
    legend = _legend(query, labels)
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
                    **({"config": {"displayNameFromDS": legend}} if legend is not None else {}),
                },
            ],
        },
        "data": {"values": [times, values]},
    }


def _legend(query: PanelQuery, labels: Mapping[str, str]) -> str | None:
    wanted = str(query.target.get("legendFormat") or "")
    if wanted == "__auto":
        return None  # the page makes it up
    if wanted:
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
    frames: list[dict[str, Any]] = []
    for route in query.kinds:
        url = f"{query.datasource.url}/api/v1/{route}"
        # The address is the test's own Prometheus; no proxy of the environment may stand between.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, urllib.parse.urlencode(_asked(query, route)).encode(), timeout=10) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as fault:
            with fault:
                said = json.load(fault)
            error = f"{said.get('errorType')}: {said.get('error')}"
            return {"error": error, "errorSource": "downstream", "status": 400, "frames": [empty_frame(query)]}
        except (urllib.error.URLError, OSError) as fault:
            return _unreachable(url, query.datasource, fault)
        frames += _frames(query, said["data"])
    return {"status": 200, "frames": frames or [empty_frame(query)]}


def _asked(query: PanelQuery, route: str) -> dict[str, str]:
    step = query.step_ms
    if route == "query":
        return {"query": query.expr, "time": f"{query.to_ms / 1000:.3f}"}
    start, end = (moment // step * step / 1000 for moment in (query.from_ms, query.to_ms))
    return {"query": query.expr, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step / 1000:.3f}"}


def _frames(query: PanelQuery, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    kind = data["resultType"]
    result = [{"metric": {}, "value": data["result"]}] if kind == "scalar" else data["result"]
    frames: list[dict[str, Any]] = []
    for series in result:
        points = series["values"] if "values" in series else [series["value"]]
        times = [int(moment * 1000) for moment, _ in points]
        values = [float(text) for _, text in points]
        plain = [_plain(value) for value in values]
        frame = series_frame(query, series["metric"], times, plain, first=not frames, kind=kind)
        odd = {name: [place for place, value in enumerate(values) if is_one(value)] for name, is_one in _ODD.items()}
        if any(odd.values()):
            # JSON has no word for these, so Grafana writes null and names their places beside.
            frame["data"]["entities"] = [None, {name: places for name, places in odd.items() if places}]
        frames.append(frame)
    return frames


def _unreachable(url: str, datasource: Datasource, fault: Exception) -> dict[str, Any]:
    host = urllib.parse.urlsplit(datasource.url).netloc
    reason = getattr(fault, "reason", fault)
    words = "i/o timeout" if isinstance(reason, TimeoutError | socket.timeout) else "connect: connection refused"
    error = f'Post "{url}": dial tcp {host}: {words}'
    return {"error": error, "errorSource": "downstream", "status": 502, "frames": []}


_ODD: Mapping[str, Callable[[float], bool]] = {
    "NaN": math.isnan,
    "Inf": lambda value: value == math.inf,
    "NegInf": lambda value: value == -math.inf,
}


def _plain(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def now_ms() -> int:
    """Return the present moment in epoch milliseconds."""
    return int(time.time() * 1000)
