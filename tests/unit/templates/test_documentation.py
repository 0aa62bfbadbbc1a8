"""The examples of docs/templates.md are true, and it names every filter and shipped template."""

from __future__ import annotations

import re
from pathlib import Path

from backend_server.primitives.shipped import shipped
from backend_server.templates import load_template
from backend_server.templates.context import DEVICE_FIELDS
from backend_server.templates.filters import FILTERS
from tests.support.templates import device

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")


def test_the_example_loads_and_fills() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    made = load_template("router.json", example.encode())
    document = made.fill(device("edge", kind="router"))
    assert b'device=\\"edge-7\\"' in document.body
    assert document.title == "edge (edge-7)"


def test_every_filter_field_and_shipped_template_is_named() -> None:
    names = [*FILTERS, *(f"device.{field}" for field in DEVICE_FIELDS)]
    names += [file.name for file in shipped("dashboard_templates").glob("*.json")]
    assert [name for name in names if name not in PAGE] == []
