"""The editors' schema says what the reader says, and the shipped copy is fresh."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from backend_server.generator.json_schema import spec_schema
from backend_server.shipped import shipped


def test_the_shipped_schema_is_fresh():
    assert json.loads(shipped("metrics", "spec", "spec.schema.json").read_text()) == spec_schema()


def test_the_schema_is_good_and_accepts_the_shipped_spec(base_spec_bytes):
    jsonschema.Draft202012Validator.check_schema(spec_schema())
    jsonschema.validate(yaml.safe_load(base_spec_bytes), spec_schema())


@pytest.mark.parametrize(
    "metric",
    [{"name": "a"}, {"name": "a", "kind": "x"}, {"name": "a", "kind": "gauge", "unit": "seconds"}, {"nme": "a"}],
)
def test_the_schema_refuses_what_the_reader_refuses(metric):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": 1, "families": {"bus": {"metrics": [metric]}}}, spec_schema())
