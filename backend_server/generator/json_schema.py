"""The JSON schema of a metrics spec, for editors; it stands beside the shipped spec as `spec.schema.json`."""

from __future__ import annotations

from typing import Any

from backend_server.generator.check import DURATION, LABEL, NAME, SLUG
from backend_server.generator.spec import Kind, PanelType
from backend_server.generator.units import UNITS


def spec_schema() -> dict[str, Any]:
    """Give the schema (draft 2020-12). Expressions and names across metrics are checked by `dashwright generate`."""
    text = {"type": "string"}
    unit = {
        "description": "A unit of Grafana's picker, or suffix:, prefix:, currency:, si:, time: …",
        "anyOf": [
            {"enum": sorted(UNITS)},
            {"type": "string", "pattern": "^(suffix|prefix|currency|si|time|count|bool):"},
        ],
    }
    panel = _object(
        {
            "title": text | {"minLength": 1, "maxLength": 189},
            "promql": text | {"minLength": 1},
            "unit": unit,
            "panel_type": {"enum": [kind.value for kind in PanelType]},
            "key": text | {"description": "Keeps the panel's identity under a new title"},
        },
        ["title", "promql"],
    )
    alert = _object(
        {
            "name": _pattern(NAME.pattern),
            "expr": text | {"minLength": 1},
            "for": _pattern(DURATION.pattern),
            "severity": {"enum": ["info", "warning", "critical"]},
            "summary": text,
        },
        ["name", "expr"],
    )
    metric = _object(
        {
            "name": _pattern(NAME.pattern),
            "kind": {"enum": [kind.value for kind in Kind]},
            "labels": {"type": "array", "items": _pattern(LABEL.pattern), "uniqueItems": True},
            "unit": unit,
            "help": text,
            "panels": {"type": "array", "items": panel},
            "alerts": {"type": "array", "items": alert},
        },
        ["name", "kind"],
    )
    family = _object({"metrics": {"type": "array", "items": metric}}, ["metrics"])
    families = {"type": "object", "propertyNames": {"pattern": f"^{SLUG.pattern}$"}, "additionalProperties": family}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dashwright metrics spec",
        **_object({"version": {"const": 1}, "families": families}, ["version", "families"]),
    }


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _pattern(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}
