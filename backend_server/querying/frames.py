"""Prometheus' answers as Grafana's data frames, for callers of the public query route. Pure.

Shapes as Grafana 12.4 gives them: one frame per series; numbers JSON cannot hold stand as null with their places in
`entities`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from backend_server.queries.panel_plan import Query

_PLACEHOLDER = re.compile(r"\{\{\s*(.+?)\s*\}\}")
_MOST_NAME = 1_000  # a legend may repeat a long label


def frames_of(query: Query, answer: bytes) -> list[dict[str, Any]]:
    """Turn one checked answer into frames; an answer without series is one frame without fields."""
    data = orjson.loads(answer)["data"]
    kind: str = data["resultType"]
    result = data["result"]
    custom = {"calculatedMinStep": query.step_ms, "resultType": kind}
    if kind in ("scalar", "string"):
        shape = "numeric-multi" if kind == "scalar" else ""
        return [
            _frame(query, {}, [result], {"type": shape, "typeVersion": [0, 1], "custom": custom}, text=kind == "string")
        ]
    if not result:
        return [empty_frame(query)]
    frames = []
    for series in result:
        shape = "timeseries-multi" if kind == "matrix" else "numeric-multi"
        meta = {"type": shape, "typeVersion": [0, 1], "custom": custom}
        points = series.get("values", [series["value"]] if "value" in series else [])
        frames.append(_frame(query, series["metric"], points, meta))
        custom = {"resultType": kind}  # Grafana names the step in the first frame only
    return frames


def empty_frame(query: Query) -> dict[str, Any]:
    """Return the frame that stands for "no series"."""
    meta = {"typeVersion": [0, 0], "custom": {"calculatedMinStep": query.step_ms}}
    return {"schema": {"refId": query.ref_id, "meta": meta, "fields": []}, "data": {"values": []}}


def series_name(labels: Mapping[str, str], legend: str) -> str:
    """Name a series as Grafana does: the legend with its `{{label}}`s filled, else the metric with all its labels."""
    if legend and legend != "__auto":
        filled = _PLACEHOLDER.sub(lambda found: labels.get(found.group(1), "")[:_MOST_NAME], legend[:_MOST_NAME])
        return filled[:_MOST_NAME]
    name = labels.get("__name__", "")[:_MOST_NAME]
    pairs = ", ".join(f'{key}="{_escaped(labels[key][:_MOST_NAME])}"' for key in sorted(labels) if key != "__name__")
    if pairs:
        return f"{name}{{{pairs}}}"[:_MOST_NAME]
    # Grafana falls back to the query itself here, which a visitor must not see.
    return name or "Value"


def _frame(
    query: Query,
    labels: Mapping[str, str],
    points: Sequence[Sequence[Any]],
    meta: Mapping[str, Any],
    *,
    text: bool = False,
) -> dict[str, Any]:
    times = [round(point[0] * 1000) for point in points]
    values: list[Any] = [point[1] for point in points]
    entities: dict[str, list[int]] = {}
    if not text:
        values = [_number(value, place, entities) for place, value in enumerate(values)]
    number_type = {"type": "string", "typeInfo": {"frame": "string"}} if text else _FLOAT
    data: dict[str, Any] = {"values": [times, values]}
    if entities:
        data["entities"] = [None, entities]
    return {
        "schema": {
            "refId": query.ref_id,
            "meta": meta,
            "fields": [
                {
                    "name": "Time",
                    "type": "time",
                    "typeInfo": {"frame": "time.Time"},
                    "config": {"interval": query.step_ms},
                },
                {
                    "name": labels.get("__name__", "Value"),
                    **number_type,
                    "labels": dict(labels),
                    "config": {"displayNameFromDS": series_name(labels, query.legend)},
                },
            ],
        },
        "data": data,
    }


_FLOAT: Mapping[str, Any] = {"type": "number", "typeInfo": {"frame": "float64"}}


def _number(text: str, place: int, entities: dict[str, list[int]]) -> float | None:
    value = float(text)
    if math.isfinite(value):
        return value
    infinity = "Inf" if value > 0 else "NegInf"
    kind = "NaN" if math.isnan(value) else infinity
    entities.setdefault(kind, []).append(place)
    return None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
