"""Whatever a template file holds, it is read or refused with a place, and filling it is bounded in size and depth."""

from __future__ import annotations

import copy
import random
import tracemalloc
from pathlib import Path
from typing import Any

import orjson
import pytest

from backend_server.devices.device import Device
from backend_server.errors import InvalidInput
from backend_server.primitives.ids import DeviceId
from backend_server.templates import load_template
from backend_server.templates.choose import TemplateSet
from backend_server.templates.expressions import MOST_NESTED, BadExpression, BadValue, compile_expression
from backend_server.templates.header import Scope
from backend_server.templates.rollout import plan_rollout

SHIPPED = sorted((Path(__file__).parents[3] / "dashboard_templates").glob("*.json"))
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


VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, 2**63, 2**64, -(2**70), 1e308, "", " ", "x", "A" * 3000, "<<", "<< >>"),
    *("<< device >>", "<< device.labels >>", "<< device.labels.nothing >>", "<< device.id.replace('', 'aaaaaa') >>"),
    *("<< 1e999 >>", "<< " + "[" * 90 + " >>", "${DS}", "$__interval", "\ud7ff\ufdd0", [], {}, [[]], {"a": {}}, [None]),
    *(["A"], {"uid": []}, {"mode": 3}, "now-1h", "5s", "-- Mixed --", [{"type": "dashboards"}], {"list": 1}),
]
KEYS = [
    *("type", "targets", "refId", "datasource", "links", "list"),
    *("panels", "gridPos", "uid", "id", "fieldConfig", "tags"),
]


def mutated(document: Any, dice: random.Random) -> Any:
    """Return a copy with one to three places changed: another value, a key gone, a key more, something doubled."""
    changed = copy.deepcopy(document)
    for _ in range(dice.randint(1, 3)):
        holders = [changed]
        for holder in holders:
            inner = holder.values() if isinstance(holder, dict) else holder
            holders += [child for child in inner if isinstance(child, dict | list) and child]
        holder = dice.choice(holders)
        where = dice.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        match dice.randrange(4):
            case 0 | 1:
                holder[where] = copy.deepcopy(dice.choice(VALUES))
            case 2 if isinstance(holder, dict):
                del holder[where]
                if not changed:
                    return {}
            case _ if isinstance(holder, dict):
                holder[dice.choice(KEYS)] = copy.deepcopy(dice.choice(VALUES))
            case _:
                holder.append(copy.deepcopy(holder[where]))
    return changed


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: str(path.stem))
def test_a_mutant_is_refused_with_a_place_or_read_and_filled(file: Path) -> None:
    dice = random.Random(file.name)  # the same mutants at each run
    document = orjson.loads(file.read_bytes())
    unforeseen = []
    for _ in range(400):
        mutant = mutated(document, dice)
        try:
            given = orjson.dumps(mutant)
        except TypeError:
            continue  # a number that no JSON of ours holds
        try:
            template = load_template("mutant.json", given)
            if template.scope is Scope.DEVICE:
                assert len(template.fill(RIG).body) < 1_000_000
        except InvalidInput as fault:
            # Refused with a place; and by a rule of its own, not by the net below all rules.
            unforeseen += [str(fault)] if "fault of this service" in str(fault) or not fault.problems else []
    assert unforeseen == []
