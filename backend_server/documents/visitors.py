"""What a visitor's page may be given of a dashboard: everything but the queries and what reveals them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SHOWN_OF_TARGET = frozenset(
    {"refId", "datasource", "legendFormat", "format", "hide", "instant", "range", "type", "interval", "intervalFactor"}
)
_DROPPED = frozenset({"dashwright", "g6_meta", "__inputs", "__requires", "__elements"})


def strip_queries(dashboard: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a dashboard for a visitor: targets keep how they are drawn, and lose expr, query, rawSql and all else.

    Variables, annotation queries and our own stamp go too. The original is left as it was.
    """
    stripped = {key: _without_queries(value) for key, value in dashboard.items() if key not in _DROPPED}
    stripped["templating"] = {"list": []}
    if "annotations" in stripped:
        stripped["annotations"] = {"list": []}
    return stripped


def _without_queries(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            key: [_shown_target(target) for target in inner]
            if key == "targets" and isinstance(inner, list)
            else _without_queries(inner)
            for key, inner in value.items()
            if key not in _DROPPED
        }
    if isinstance(value, list):
        return [_without_queries(inner) for inner in value]
    return value


def _shown_target(target: object) -> object:
    if not isinstance(target, Mapping):
        return {}
    return {key: value for key, value in target.items() if key in _SHOWN_OF_TARGET}
