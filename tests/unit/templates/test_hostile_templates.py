"""Whatever a template file holds, it is read or refused with a place, and filling it is bounded in size and depth."""

from __future__ import annotations

import tracemalloc
from typing import Any

import orjson
import pytest

from backend_server.devices.device import Device
from backend_server.errors import InvalidInput
from backend_server.primitives.ids import DeviceId
from backend_server.templates import load_template
from backend_server.templates.choose import TemplateSet
from backend_server.templates.expressions import MOST_NESTED, BadExpression, BadValue, compile_expression
from backend_server.templates.rollout import plan_rollout

RIG = Device(id=DeviceId("rig-1"), hostname="aaaa", kind="miner", labels={"site": "a", "max": "1e30"}, address=None)


def source(description: str = "", **more: Any) -> bytes:
    panel = {"id": 1, "type": "text", "title": "x", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}}
    panel |= {"description": description, **more.pop("panel", {})}
    head = {"applies_to": {"kind": "miner"}, "title": "<< device.title >>"}
    return orjson.dumps({"__template__": head, "schemaVersion": 41, "panels": [panel], **more})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (source("<< " + "(" * 200 + "device.id" + ")" * 200 + " >>"), "nests brackets deeper than 40"),
        (source("<< " + "(" * 40 + "device.id" + ")" * 40 + " >>" * 1), None),
        (source("<< " + "9" * 4301 + " >>"), "at most 2000"),
        (source("<< " + "device.id ~ " * 400 + "device.id >>"), "at most 2000"),
        (source(links=1), "links .*must be a list"),
        (source(panel={"targets": [{"refId": ["A"]}]}), "refId .*must be a text"),
        (source(panel={"targets": [{"refId": {"a": 1}}]}), "refId .*must be a text"),
    ],
)
def test_what_nobody_foresaw_is_refused_with_its_place(given: bytes, words: str | None) -> None:
    if words is None:
        assert load_template("t.json", given).fill(RIG).title
        return
    with pytest.raises(InvalidInput, match=words) as caught:
        load_template("t.json", given)
    assert all("fault of this service" not in problem.message for problem in caught.value.problems)


@pytest.mark.parametrize(
    "expression",
    [
        "device.hostname" + ".replace('a','aaaaaaaaaa')" * 9,
        "device.hostname" + ".replace('', 'aaaaaaaaaa')" * 9,
        " ~ ".join(["device.hostname.replace('a', '" + "b" * 1000 + "')"] * 1),
        "(" + " + ".join(["device.hostname.replace('a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')"] * 25) + ")",
        "device.labels.max | round",
        "99999999999999999999",
        "1e999",
        "-1e999 | round",
        "device.hostname * 100000",
        "10 ** 10000",
    ],
)
def test_a_value_between_two_steps_is_bounded(expression: str) -> None:
    tracemalloc.start()
    try:
        try:
            found = compile_expression(expression, "device").evaluate(RIG)
        except (BadExpression, BadValue):
            found = ""
        assert len(str(found)) <= 10_000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_brackets_may_be_nested_as_deep_as_is_said() -> None:
    for depth in (1, MOST_NESTED):
        assert compile_expression("(" * depth + "device.id" + ")" * depth, "device").evaluate(RIG) == "rig-1"
    with pytest.raises(BadExpression, match="deeper than 40"):
        compile_expression("(" * (MOST_NESTED + 1) + "device.id" + ")" * (MOST_NESTED + 1), "device")


def test_one_devices_label_blinds_no_roll_out_plan() -> None:
    wanted = TemplateSet.of([load_template("t.json", source("<< device.labels.max | round >>"))])
    good = Device(id=DeviceId("rig-2"), hostname="b", kind="miner", labels={"site": "b", "max": "12.4"}, address=None)
    changes = list(plan_rollout(TemplateSet.of(()), wanted, [RIG, good]))
    assert [change.device_id for change in changes] == ["rig-1", "rig-2"]
    assert "not a number that can be rounded" in str(changes[0].error)
    assert changes[1].error is None
