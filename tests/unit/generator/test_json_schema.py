"""The editors' schema says what the reader says, and the shipped copy is fresh."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from backend_server.errors import InvalidInput
from backend_server.generator.spec.json_schema import spec_schema
from backend_server.generator.spec.read import read_spec
from backend_server.primitives.shipped import shipped


def test_the_shipped_schema_is_fresh() -> None:
    assert json.loads(shipped("metrics", "spec", "spec.schema.json").read_text()) == spec_schema()


def test_the_schema_is_good_and_accepts_the_shipped_spec(base_spec_bytes: bytes) -> None:
    jsonschema.Draft202012Validator.check_schema(spec_schema())
    jsonschema.validate(yaml.safe_load(base_spec_bytes), spec_schema())


@pytest.mark.parametrize(
    "metric",
    [{"name": "a"}, {"name": "a", "kind": "x"}, {"name": "a", "kind": "gauge", "unit": "seconds"}, {"nme": "a"}],
)
def test_the_schema_refuses_what_the_reader_refuses(metric: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": 1, "families": {"bus": {"metrics": [metric]}}}, spec_schema())


def panel(**fields: Any) -> dict[str, Any]:
    return {"panels": [{"title": "T", "promql": "up", **fields}]}


def alert(**fields: Any) -> dict[str, Any]:
    return {"alerts": [{"name": "A", "expr": "up", **fields}]}


@pytest.mark.parametrize(
    ("metric", "version", "good"),
    [
        ({}, 1, True),
        ({}, True, False),
        ({}, "1", False),
        ({}, 2, False),
        ({"unit": ""}, 1, True),
        ({"unit": None, "labels": None, "panels": None, "alerts": None, "help": None}, 1, True),
        ({"kind": None}, 1, False),
        ({"name": None}, 1, False),
        ({"labels": ["le"]}, 1, False),
        ({"labels": ["quantile"]}, 1, False),
        ({"labels": ["__x"]}, 1, False),
        ({"labels": ["level", "le_x", "a__b"]}, 1, True),
        ({"labels": ["a", "a"]}, 1, False),
        ({"labels": [None]}, 1, False),
        ({"labels": [f"l{number}" for number in range(101)]}, 1, False),
        ({"help": "x" * 2001}, 1, False),
        (panel(panel_type="graph"), 1, True),
        (panel(panel_type="stat", unit="", key=None), 1, True),
        (panel(panel_type="heatmap"), 1, False),
        (panel(title=" "), 1, False),
        (panel(title=None), 1, False),
        (panel(promql=None), 1, False),
        (panel(key="k" * 101), 1, False),
        (alert(**{"for": "1h30m", "severity": None, "summary": None}), 1, True),
        (alert(**{"for": ""}), 1, False),
        (alert(**{"for": "5"}), 1, False),
        (alert(severity="bad"), 1, False),
        (alert(name="9"), 1, False),
    ],
)
def test_schema_and_reader_agree(metric: Any, version: int | bool | str, good: bool) -> None:
    tree = {"version": version, "families": {"bus": {"metrics": [{"name": "a", "kind": "gauge", **metric}]}}}
    try:
        read_spec(json.dumps(tree).encode())
        read = True
    except InvalidInput:
        read = False

    assert (jsonschema.Draft202012Validator(spec_schema()).is_valid(tree), read) == (good, good)
