"""A plan names the devices that would change, panel by panel, and no others."""

from __future__ import annotations

from typing import Any

from backend_server.templates import TemplateSet, plan_rollout
from tests.support.templates import device, panel, template


def _set(*panels: Any, name: str = "generic", **more: Any) -> Any:
    return TemplateSet.of([template(*panels, name=name, **more)])


DEVICES = [device("a", "a"), device("b", "b", kind="miner")]


def test_nothing_new_changes_nothing() -> None:
    assert list(plan_rollout(_set(panel()), _set(panel()), DEVICES)) == []


def test_panels_are_told_apart_by_what_they_show() -> None:
    before = _set(panel("a", id=1, title="One"), panel("b", id=2, title="Two"), panel("c", id=3, title="Three"))
    after = _set(panel("b", id=9, title="Two"), panel("x", id=1, title="One"), panel("d", id=4, title="Four"))
    [change, _] = plan_rollout(before, after, DEVICES)
    assert (change.device_id, change.slot, change.before, change.after) == ("a", "main", "generic", "generic")
    assert (change.added, change.removed, change.changed, change.other) == (("Four",), ("Three",), ("One",), False)


def test_a_change_outside_the_panels_is_named_as_such() -> None:
    [change, _] = plan_rollout(_set(panel()), _set(panel(), refresh="10s"), DEVICES)
    assert change.other
    assert not change.added + change.removed + change.changed


def test_only_devices_the_template_is_for_are_named() -> None:
    before = TemplateSet.of([template(panel(), name="generic")])
    after = TemplateSet.of(
        [*before.templates, template(panel("m", title="M"), name="miner", header={"applies_to": {"kind": "miner"}})]
    )
    [change] = plan_rollout(before, after, DEVICES)
    assert (change.device_id, change.before, change.after, change.added) == ("b", "generic", "miner", ("M",))
    assert change.as_json()["removed"] == ("Uplink",)


def test_a_slot_that_goes_and_one_that_comes() -> None:
    before, after = _set(panel()), _set(panel(), header={"slot": "power"})
    changes = {(one.slot, one.before, one.after) for one in plan_rollout(before, after, DEVICES[:1])}
    assert changes == {("main", "generic", None), ("power", None, "generic")}


def test_a_template_that_cannot_be_filled_is_an_error_of_that_device_alone() -> None:
    wanted = _set(panel(title="<< device.labels.site >>"))
    devices = [device("a", "a"), device("b", "b", labels={"site": "north"})]
    first, second = plan_rollout(_set(panel()), wanted, devices)
    assert "device 'a' has no labels" in first.error
    assert second.error is None
    assert second.added == ("north",)


def test_another_template_with_the_same_result_is_no_change() -> None:
    assert list(plan_rollout(_set(panel(), name="a"), _set(panel(), name="b"), DEVICES)) == []
