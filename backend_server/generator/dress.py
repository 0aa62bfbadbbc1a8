"""How each panel type is dressed: options and drawing, written once as JSON fragments."""

from __future__ import annotations

import orjson
from orjson import Fragment

from backend_server.generator.spec import PanelType


def _fixed(value: object) -> Fragment:
    return Fragment(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


_REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS = {
    PanelType.TIMESERIES: _fixed(
        {
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    ),
    PanelType.TABLE: _fixed({"cellHeight": "sm", "showHeader": True}),
    PanelType.STAT: _fixed({"colorMode": "value", "graphMode": "area", "reduceOptions": _REDUCE, "textMode": "auto"}),
    PanelType.GAUGE: _fixed({"orientation": "auto", "reduceOptions": _REDUCE}),
    PanelType.BARGAUGE: _fixed({"orientation": "auto", "reduceOptions": _REDUCE}),
}
_LINE = _fixed(
    {
        "drawStyle": "line",
        "fillOpacity": 10,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "showPoints": "never",
        "spanNulls": False,
    }
)
_BARE = _fixed({})
_CUSTOM = {PanelType.TIMESERIES: _LINE, PanelType.TABLE: _fixed({"align": "auto"})}

SHARE_COLOR = _fixed({"mode": "thresholds"})
SHARE_THRESHOLDS = _fixed(
    {
        "mode": "absolute",
        "steps": [
            {"color": "red", "value": None},
            {"color": "yellow", "value": 50},
            {"color": "green", "value": 100},
        ],
    }
)

# A state in words instead of 0 and 1, the firing ones first, no time column.
ALERTS = {
    "defaults": _fixed(
        {
            "color": {"mode": "thresholds"},
            "custom": {"align": "auto"},
            "mappings": [
                {
                    "type": "value",
                    "options": {
                        "0": {"text": "quiet", "color": "green", "index": 0},
                        "1": {"text": "firing", "color": "red", "index": 1},
                    },
                }
            ],
            "thresholds": {
                "mode": "absolute",
                "steps": [{"color": "green", "value": None}, {"color": "red", "value": 1}],
            },
        }
    ),
    "overrides": _fixed(
        [
            {
                "matcher": {"id": "byName", "options": "State"},
                "properties": [{"id": "custom.cellOptions", "value": {"type": "color-text"}}],
            }
        ]
    ),
    "options": _fixed({"cellHeight": "sm", "showHeader": True, "sortBy": [{"desc": True, "displayName": "State"}]}),
    "transformations": _fixed(
        [
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {"alertname": 0, "severity": 1, "Value": 2},
                    "renameByName": {"alertname": "Alert", "severity": "Severity", "Value": "State"},
                },
            }
        ]
    ),
}


_BOUNDED = frozenset({PanelType.GAUGE, PanelType.BARGAUGE})
_RANGES: dict[str, tuple[int, int]] = {"percent": (0, 100), "percentunit": (0, 1)}


def range_of(kind: PanelType, unit: str) -> tuple[int, int] | None:
    """The `min` and `max` of a panel whose unit has them: without, a dial would be full at whatever comes highest."""
    if unit.startswith("bool"):
        return (0, 1)
    return _RANGES.get(unit) if kind in _BOUNDED else None


def options_of(kind: PanelType) -> Fragment:
    """The `options` of a panel type."""
    return _OPTIONS[kind]


def custom_of(kind: PanelType) -> Fragment:
    """The `fieldConfig.defaults.custom` of a panel type."""
    return _CUSTOM.get(kind, _BARE)
