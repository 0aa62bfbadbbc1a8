"""The JSON schema of a metrics spec, for editors; it stands beside the shipped spec as `spec.schema.json`."""

from __future__ import annotations

from typing import Any

from backend_server.primitives.durations import DURATION
from backend_server.promql.check import MAX_LENGTH

from .check import LABEL, MAX_ITEMS, NAME, SLUG
from .read import MAX_FAMILIES, PANEL_TYPES, RESERVED_LABELS
from .read_alert import MAX_NAME, SEVERITIES
from .spec import MetricKind
from .units import UNITS


def spec_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12). Expressions and names across metrics are checked by `dashwright generate`.

    What may be left out may also be empty (`labels:`), as the reader takes it.
    """
    unit = {
        "description": "A unit of Grafana's picker, or suffix:, prefix:, currency:, si:, time: …",
        "anyOf": [
            {"enum": ["", *sorted(UNITS), None]},
            {"type": "string", "pattern": "^(suffix|prefix|currency|si|time|count|bool):", "maxLength": 60},
        ],
    }
    panel = _object(
        {
            "title": _text(189) | {"pattern": r"\S"},
            "promql": _text(MAX_LENGTH) | {"pattern": r"\S"},
            "unit": unit,
            "panel_type": {"enum": [*PANEL_TYPES, None]},
            "key": _optional(_text(100)) | {"description": "Keeps the panel's identity under a new title"},
        },
        ["title", "promql"],
    )
    alert = _object(
        {
            "name": _pattern(NAME.pattern, MAX_NAME),
            "expr": _text(MAX_LENGTH) | {"pattern": r"\S"},
            "for": _optional(_pattern(DURATION.pattern, 60)),
            "severity": {"enum": [*SEVERITIES, None]},
            "summary": _optional(_text(2000)),
        },
        ["name", "expr"],
    )
    reserved = "|".join(f"{label}$" for label in RESERVED_LABELS)
    label = _pattern(f"(?!__|{reserved}){LABEL.pattern}", 500)
    metric = _object(
        {
            "name": _pattern(NAME.pattern, 500),
            "kind": {"enum": [kind.value for kind in MetricKind]},
            "labels": _optional({"type": "array", "items": label, "uniqueItems": True, "maxItems": MAX_ITEMS}),
            "unit": unit,
            "help": _optional(_text(2000)),
            "panels": _optional({"type": "array", "items": panel}),
            "alerts": _optional({"type": "array", "items": alert}),
        },
        ["name", "kind"],
    )
    family = _object({"metrics": {"type": "array", "items": metric}}, ["metrics"])
    families = {
        "type": "object",
        "propertyNames": {"pattern": f"^{SLUG.pattern}$"},
        "additionalProperties": family,
        "maxProperties": MAX_FAMILIES,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dashwright metrics spec",
        **_object({"version": {"type": "number", "const": 1}, "families": families}, ["version", "families"]),
    }


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _pattern(pattern: str, most: int) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$", "maxLength": most}
