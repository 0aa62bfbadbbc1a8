"""The most specific template wins, always the same one."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from backend_server.templates import TemplateSet
from backend_server.templates.header import TemplateScope, read_header
from tests.support.templates import device, panel, template


def _template(name: Any, slot: str = "main", **applies_to: Any) -> Any:
    return template(panel(title=name), name=name, header={"slot": slot, "applies_to": applies_to})


GENERIC = _template("generic")
MINER = _template("miner", kind="miner")
BOTH = _template("both", kind=["miner", "router"])
NORTH = _template("north", labels={"site": "north"})
NORTH_MINER = _template("north-miner", kind="miner", labels={"site": "north"})
NORTH_HALL = _template("north-hall", labels={"site": "north", "hall": "1"})
POWER = _template("power", slot="power", kind="miner")
ALL = [GENERIC, MINER, BOTH, NORTH, NORTH_MINER, NORTH_HALL, POWER]


@pytest.mark.parametrize(
    ("kind", "labels", "winners"),
    [
        ("generic", {}, {"main": "generic"}),
        ("router", {}, {"main": "both"}),
        ("miner", {}, {"main": "both", "power": "power"}),
        ("miner", {"site": "south"}, {"main": "both", "power": "power"}),
        ("router", {"site": "north"}, {"main": "north"}),
        ("miner", {"site": "north"}, {"main": "north-miner", "power": "power"}),
        ("miner", {"site": "north", "hall": "1"}, {"main": "north-hall", "power": "power"}),
    ],
)
def test_labels_win_over_kind_and_kind_over_generic(kind: str, labels: dict[str, Any], winners: dict[str, Any]) -> None:
    chosen = TemplateSet.of(ALL).for_device(device(kind=kind, labels=labels))
    assert {slot: one.name for slot, one in chosen.items()} == winners


def test_the_order_of_the_files_changes_nothing() -> None:
    sets = {TemplateSet.of(order).hash for order in itertools.islice(itertools.permutations(ALL), 50)}
    assert len(sets) == 1


def test_two_templates_for_the_same_devices_are_named_and_the_first_name_wins() -> None:
    found = TemplateSet.of([_template("b"), _template("a")])
    assert found.for_device(device())["main"].name == "a"
    assert [str(problem) for problem in found.conflicts] == ["b: applies to the same devices and slot as a, which wins"]


def test_fleet_templates_stand_apart_one_per_slot() -> None:
    fleet = [
        template(panel(), name=name, header={"scope": "fleet", "slot": slot})
        for name, slot in (("z", "a"), ("y", "a"), ("x", "b"))
    ]
    found = TemplateSet.of([*fleet, GENERIC])
    assert [one.name for one in found.fleet()] == ["y", "x"]
    assert found.for_device(device()).keys() == {"main"}
    assert "second fleet template" in found.conflicts[0].message


def test_no_template_no_document() -> None:
    assert TemplateSet.of([MINER]).for_device(device()) == {}


def test_a_changed_template_changes_the_hash_of_the_set() -> None:
    assert TemplateSet.of([GENERIC]).hash != TemplateSet.of([template(panel("down"), name="generic")]).hash


def test_a_header_has_defaults() -> None:
    header, problems = read_header(None)
    assert problems == []
    assert (header.slot, header.scope, header.title, header.share) == ("main", TemplateScope.DEVICE, None, None)
    assert read_header({"share": False})[0].share == "false"
    assert read_header({"share": "wall"})[0].share == "wall"
    (problem,) = read_header({"share": "kiosk"})[1]
    assert (problem.path, "light, dark, wall" in problem.message) == ("__template__.share", True)


@pytest.mark.parametrize(
    ("header", "path", "message"),
    [
        ([], "__template__", "must be an object"),
        ({"slots": "x"}, "__template__.slots", "did you mean 'slot'"),
        ({"slot": "Main"}, "__template__.slot", "is not a slot"),
        ({"scope": "all"}, "__template__.scope", '"device" or "fleet"'),
        ({"scope": []}, "__template__.scope", '"device" or "fleet"'),
        ({"scope": "fleet", "applies_to": {"kind": "x"}}, "__template__.applies_to", "has no meaning"),
        ({"applies_to": []}, "__template__.applies_to", "must be an object"),
        ({"applies_to": {"kinds": "x"}}, "__template__.applies_to.kinds", "did you mean 'kind'"),
        ({"applies_to": {"kind": 7}}, "__template__.applies_to.kind", "kind's name"),
        ({"applies_to": {"labels": {"a": 1}}}, "__template__.applies_to.labels", "object of texts"),
        ({"title": ""}, "__template__.title", "not empty"),
        ({"share": 1}, "__template__.share", "profile's name"),
    ],
)
def test_a_bad_header_is_named(header: list[Any] | dict[str, Any], path: str, message: str) -> None:
    problems = read_header(header)[1]
    assert [(problem.path, message in problem.message) for problem in problems] == [(path, True)]
