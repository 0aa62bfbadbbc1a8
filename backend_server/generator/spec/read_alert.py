"""Reading an alert of a spec: only what Prometheus takes as it stands, since the rules are loaded without an edit."""

from __future__ import annotations

import re

from backend_server.primitives.durations import DURATION
from backend_server.promql import experimental_parts, grafana_parts

from ..panels.alert_text import template_fault
from .check import NAME, TreeReader
from .spec import SpecAlert

ALERT_KEYS = ("name", "expr", "for", "severity", "summary")
SEVERITIES = ("info", "warning", "critical")
MAX_NAME = 200
# Prometheus' own bound is 292 years; who waits longer than one has mistyped.
MAX_FOR_SECONDS = 366 * 86_400
_SECONDS = {"y": 365 * 86_400, "w": 7 * 86_400, "d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_PART = re.compile(r"([0-9]+)(ms|[ywdhms])")


def read_alert(reader: TreeReader, item: object, path: str, seen: dict[str, str]) -> SpecAlert:
    """Read one alert; `seen` has the names so far with their places, for a name may stand once in a spec."""
    raw = reader.mapping(item, path, allowed=ALERT_KEYS, needed=("name", "expr"))
    name = reader.text(
        raw.get("name"), f"{path}.name", pattern=NAME, rule="a name of letters, digits and '_'", most=MAX_NAME
    )
    if name in seen:
        reader.fault(f"{path}.name", f"{name!r} is already the name of {seen[name]}")
    elif name:
        seen[name] = path
    summary = reader.text(raw.get("summary"), f"{path}.summary", most=2000)
    fault = template_fault(summary)
    if fault:
        reader.fault(f"{path}.summary", fault)
    return SpecAlert(
        name,
        _expression(reader, raw.get("expr"), f"{path}.expr"),
        _duration(reader, raw.get("for"), f"{path}.for"),
        reader.choice(raw.get("severity"), f"{path}.severity", SEVERITIES, default="warning"),
        summary,
    )


def _expression(reader: TreeReader, value: object, path: str) -> str:
    before = len(reader.problems)
    expr = reader.promql(value, path)
    foreign = grafana_parts(expr)
    if foreign:
        reason = "which is filled in on a dashboard only; Prometheus evaluates an alert as it stands, so write it out"
        reader.fault(path, f"holds {foreign[0][:60]!r}, {reason} (e.g. [5m])")
    elif expr and len(reader.problems) == before:
        for name in experimental_parts(expr):
            reader.fault(path, f"uses {name}, which Prometheus takes only with a feature flag; write it another way")
    return expr


def _duration(reader: TreeReader, value: object, path: str) -> str:
    rule = "a Prometheus duration such as 30s, 5m or 1h"
    text = reader.text(value, path, default="5m", pattern=DURATION, rule=rule, most=60)
    if sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text)) > MAX_FOR_SECONDS:
        reader.fault(path, f"is {text!r}; at most a year (1y)")
        return "5m"
    return text
