"""The style of each type of panel: its options and how it draws, written once as JSON."""

from __future__ import annotations

from functools import lru_cache

import orjson

from ..spec.spec import PanelType


def _fixed(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


_REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
OPTIONS = {
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
_CUSTOM: dict[PanelType, dict[str, object]] = {
    PanelType.TIMESERIES: {
        "drawStyle": "line",
        "fillOpacity": 10,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "showPoints": "never",
        "spanNulls": False,
    },
    PanelType.TABLE: {"align": "auto"},
}
_BOUNDED = frozenset({PanelType.GAUGE, PanelType.BARGAUGE})
_BOUNDS: dict[str, tuple[int, int]] = {"percent": (0, 100), "percentunit": (0, 1)}


@lru_cache(maxsize=1024)
def field_config(kind: PanelType, unit: str) -> str:
    """Write the `fieldConfig` of a panel. Few combinations occur in a spec, so each is written once."""
    defaults: dict[str, object] = {
        "color": {"mode": "palette-classic"},
        "custom": _CUSTOM.get(kind, {}),
        "mappings": [],
    }
    # Without its ends a dial would be full at whatever comes highest, and an axis show "On" five times.
    bounds = _BOUNDS.get(unit) if kind in _BOUNDED else None
    if unit.startswith("bool"):
        bounds = (0, 1)
    if bounds is not None:
        defaults |= {"min": bounds[0], "max": bounds[1]}
    if unit.startswith("bool"):
        defaults["decimals"] = 0
    if unit:
        defaults["unit"] = unit
    return _fixed({"defaults": defaults, "overrides": []})


# Red while less than half of the recording rules are there, green when all are.
SHARE_FIELDS = _fixed(
    {
        "defaults": {
            "color": {"mode": "thresholds"},
            "custom": {},
            "decimals": 0,
            "mappings": [],
            "max": 100,
            "min": 0,
            "thresholds": {
                "mode": "absolute",
                "steps": [
                    {"color": "red", "value": None},
                    {"color": "yellow", "value": 50},
                    {"color": "green", "value": 100},
                ],
            },
            "unit": "percent",
        },
        "overrides": [],
    }
)

# A state in words instead of 0 and 1, the firing ones first, no time column.
ALERTS_FIELDS = _fixed(
    {
        "defaults": {
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
        },
        "overrides": [
            {
                "matcher": {"id": "byName", "options": "State"},
                "properties": [{"id": "custom.cellOptions", "value": {"type": "color-text"}}],
            }
        ],
    }
)
ALERTS_OPTIONS = _fixed({"cellHeight": "sm", "showHeader": True, "sortBy": [{"desc": True, "displayName": "State"}]})
ALERTS_TRANSFORMATIONS = _fixed(
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
)


@lru_cache(maxsize=64)
def without(columns: tuple[str, ...]) -> str:
    """Write the `transformations` that leave columns out of a table."""
    return _fixed([{"id": "organize", "options": {"excludeByName": dict.fromkeys(columns, True)}}])
