"""Dashboards people really use: read without loss, told what breaks when shared, and made ready by inlining.

`make corpus DIR=…` runs this over a folder of dashboards (through PYTEST_CORPUS_DIR); without one it takes our own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import promql_parser
import pytest

from backend_server.documents import (
    all_panels,
    canonical_bytes,
    datasources_used,
    inline,
    panel_by_id,
    panel_signature,
    read_dashboard,
    share_problems,
    stamp,
    strip_queries,
    targets_of,
)
from backend_server.primitives.ids import Maker
from backend_server.templates import ImportChoices, import_template, load_template
from tests.support.templates import device

FOLDER = Path(os.environ.get("PYTEST_CORPUS_DIR") or Path(__file__).parents[1] / "golden" / "documents")
FILES = sorted(FOLDER.glob("*.json"))
VALUES = ["plain", 'a.b"c', "$x", "{{y}} [[z]]"]


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def source(request: pytest.FixtureRequest) -> bytes:
    return request.param.read_bytes()


def _values(dashboard: Any, several: Any = VALUES) -> Any:
    """Choose values for the variables that are filled by a query."""
    found = {}
    for variable in dashboard.get("templating", {}).get("list", []):
        if variable["type"] == "query":
            found[variable["name"]] = several if variable.get("multi") else several[1]
    return found


def _queries(dashboard: Any) -> Iterator[Any]:
    for panel in all_panels(dashboard):
        for target in targets_of(panel):
            if isinstance(target.get("expr"), str) and target["expr"].strip():
                yield target["expr"]


def test_there_are_dashboards() -> None:
    assert FILES


def test_reading_loses_nothing(source: bytes) -> None:
    found = read_dashboard(source)
    assert found == orjson.loads(source)
    assert orjson.loads(canonical_bytes(found)) == found
    assert all(panel_by_id(found, panel["id"]) is not None for panel in all_panels(found))
    assert all(orjson.loads(panel_signature(panel)) for panel in all_panels(found))


def test_what_breaks_is_named_and_inlining_mends_it(source: bytes) -> None:
    found = read_dashboard(source)
    variables = found.get("templating", {}).get("list", [])
    problems = share_problems(found)
    assert bool(variables) <= bool(problems)
    assert all(problem.why and problem.remedy for problem in problems)
    derived = inline(found, _values(found))
    assert share_problems(derived) == []
    assert derived["templating"] == {"list": []}
    assert found == orjson.loads(source), "the original is left as it was"
    assert not [use for use in datasources_used(derived) if "$" in use.uid]
    ids = [panel["id"] for panel in all_panels(derived)]
    assert len(set(ids)) == len(ids)


def test_inlined_queries_parse_and_name_no_variable(source: bytes) -> None:
    found = read_dashboard(source)
    names = {variable["name"] for variable in found.get("templating", {}).get("list", [])}
    for query in _queries(inline(found, _values(found))):
        promql_parser.parse(re.sub(r"\$__\w+", "5m", query))
        assert not {name for name in names if re.search(rf"\${name}\b|\${{{name}\b|\[\[{name}\b", query)}


def test_repeats_are_written_out(source: bytes) -> None:
    found = read_dashboard(source)
    derived = inline(found, _values(found))
    assert not [panel for panel in all_panels(derived) if "repeat" in panel]
    assert len(list(all_panels(derived))) >= len(list(all_panels(found)))


def test_a_visitor_gets_no_query(source: bytes) -> None:
    found = read_dashboard(source)
    shown = strip_queries(found)
    assert not list(_queries(shown))
    assert len(list(all_panels(shown))) == len(list(all_panels(found)))


def test_stamping_is_stable(source: bytes) -> None:
    found = {**read_dashboard(source), "uid": "corpus", "title": "Corpus"}
    once = stamp(found, Maker.PACK, "main", "corpus")
    assert stamp(orjson.loads(once.body), Maker.PACK, "main", "corpus") == once


def test_a_dashboard_with_a_grid_becomes_a_template(source: bytes) -> None:
    found = read_dashboard(source)
    if found.get("rows"):
        return  # of before the grid; Grafana itself must migrate it first
    single = dict.fromkeys(_values(found), VALUES[1])
    made = import_template("corpus.json", source, ImportChoices({VALUES[1]: "device.labels.chosen"}, values=single))
    filled = load_template("corpus.json", made.source).fill(device(labels={"chosen": 'x"y'}))
    assert list(_queries(orjson.loads(filled.body)))
