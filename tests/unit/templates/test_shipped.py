"""Shipped templates load, fill, parse, are ready to share, and change only on purpose (golden files)."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import orjson
import promql_parser
import pytest

from backend_server.documents import all_panels, preflight, share_problems, targets_of
from backend_server.primitives.shipped import shipped
from backend_server.templates import FleetSummary, TemplateScope, TemplateSet, load_template
from tests.support.templates import device

GOLDEN = Path(__file__).parents[2] / "golden" / "templates"
FILES = sorted(shipped("dashboard_templates").glob("*.json"))
RIG = device('Rig "7" $1', "rig-7", kind="miner", labels={"site": "north"})


def _load(file: Any) -> Any:
    return load_template(file.name, file.read_bytes())


def _fill(file: Any) -> Any:
    made = _load(file)
    return made.fill(RIG) if made.scope is TemplateScope.DEVICE else made.fill_fleet(FleetSummary.of([RIG]))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_template_fills_to_its_golden_file(file: Any) -> None:
    """Set PYTEST_GOLDEN_UPDATE=1 to write the files anew, then look at the difference before it is kept."""
    golden = GOLDEN / file.name
    found = orjson.loads(_fill(file).body)
    if os.environ.get("PYTEST_GOLDEN_UPDATE"):
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(golden.read_text())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_template_is_good_ready_to_share_and_parses(file: Any) -> None:
    dashboard = orjson.loads(_fill(file).body)
    assert preflight(dashboard) == []
    assert share_problems(dashboard) == []
    assert (dashboard["schemaVersion"], dashboard["refresh"]) == (41, "5s")
    for panel in all_panels(dashboard):
        for target in targets_of(panel):
            promql_parser.parse(re.sub(r"\$__\w+", "5m", target["expr"]))
            assert target["datasource"] == panel["datasource"] == {"type": "prometheus", "uid": "prometheus"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_panels_of_a_shipped_template_do_not_overlap(file: Any) -> None:
    taken: dict[Any, Any] = {}
    for panel in all_panels(orjson.loads(_fill(file).body)):
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["id"]) == panel["id"], (panel["title"], x, y)
    bottom = max(y for _, y in taken)
    assert len(taken) >= 0.9 * 24 * (bottom + 1), "the grid is filled"


def test_a_miner_gets_the_miners_template_and_others_the_generic_one() -> None:
    templates = TemplateSet.of(_load(file) for file in FILES)
    assert templates.conflicts == ()
    assert templates.for_device(RIG)["main"].name == "miner.json"
    assert templates.for_device(device())["main"].name == "generic.json"
    assert [one.name for one in templates.fleet()] == ["fleet-overview.json"]
