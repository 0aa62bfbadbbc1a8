"""Templates in the API's words."""

from __future__ import annotations

from backend_server.templates import Template


def template_json(template: Template, error: str | None) -> dict[str, object]:
    """Return a template in use; `error` is what is wrong with its newest file, where the last good version counts."""
    return {
        "name": template.name,
        "slot": template.slot,
        "scope": template.scope.value,
        "applies_to": {"kind": sorted(template.applies_to.kinds), "labels": dict(template.applies_to.labels)},
        "hash": template.hash,
        "in_use": True,
        "error": error,
    }


def broken_template_json(name: str, error: str) -> dict[str, object]:
    """Return a template that was never good."""
    return {"name": name, "error": error, "in_use": False}
