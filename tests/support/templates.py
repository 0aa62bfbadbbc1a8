"""Small templates and devices to fill them for."""

from __future__ import annotations

from typing import Any

import orjson

from backend_server.devices.device import Device
from backend_server.primitives.ids import DeviceId
from backend_server.templates import Template, load_template

PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}


def panel(expr: str = "up", **more: Any) -> dict[str, Any]:
    """Make a panel with one query."""
    target = {"refId": "A", "datasource": PROMETHEUS, "expr": expr}
    made = {"id": 1, "type": "timeseries", "title": "Uplink", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}}
    return {**made, "datasource": PROMETHEUS, "targets": [target], **more}


def source(*panels: dict[str, Any], header: object = None, **more: Any) -> bytes:
    """Write a template's file."""
    whole: dict[str, Any] = {"title": "T", "schemaVersion": 41, "panels": list(panels), **more}
    if header is not None:
        whole["__template__"] = header
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2)


def template(*panels: dict[str, Any], name: str = "router.json", **more: Any) -> Template:
    """Load a template."""
    return load_template(name, source(*panels, **more))


def device(hostname: str = "edge", device_id: str = "edge-7", **more: Any) -> Device:
    """Make a device."""
    return Device(DeviceId(device_id), hostname, **more)
