"""Both ways of evaluating an expression agree, and what could never be filled is refused when the template loads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.devices.device import Device
from backend_server.primitives.ids import DeviceId
from backend_server.templates.context import FleetSummary
from backend_server.templates.expressions import (
    BadExpression,
    BadValue,
    MissingField,
    by_jinja,
    compile_expression,
    parse_expression,
)

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["12.5", "-3", "nan", "inf", "1e400", ""]
)
DEVICES = st.builds(
    Device,
    id=st.just(DeviceId("rig-1")),
    hostname=WORDS,
    kind=WORDS,
    labels=st.dictionaries(st.sampled_from(["site", "items", "a b", "max"]), WORDS),
    address=st.none() | st.just("http://h:1"),
)
FIELDS = st.sampled_from(
    ["device.id", "device.hostname", "device.title", "device.kind", "device.address", "device.labels.site",
     "device.labels.items", "device.labels['a b']", "device['labels'].max", "device.labels"]
)  # fmt: skip
FILTERS = st.sampled_from(
    ["metric_name", "slug", "label_value", "label_regex", "default", "default('x')", "default(5)", "default('', true)",
     "round", "round(2)", "lower", "upper", "truncate(3)", "truncate(1, '..')", "truncate"]
)  # fmt: skip
CHAINS = st.builds(lambda field, filters: " | ".join([field, *filters]), FIELDS, st.lists(FILTERS, max_size=3))


def _outcome(evaluate: Any, subject: Any) -> Any:
    try:
        found = evaluate(subject)
        return (type(found), found)
    except (MissingField, BadValue) as fault:
        return type(fault)


@given(CHAINS, DEVICES)
def test_a_closure_gives_what_jinja_gives(chain: Any, device: Any) -> None:
    whole = compile_expression(f"{chain} | lower", "device")
    assert whole.direct
    assert _outcome(whole.evaluate, device) == _outcome(
        by_jinja(parse_expression(f"{chain} | lower"), "device"), device
    )
    without = compile_expression(f"{chain} | default('z')", "device")
    assert _outcome(without.evaluate, device) == _outcome(
        by_jinja(parse_expression(f"{chain} | default('z')"), "device"), device
    )


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("device.hostname", "Rig One"),
        ("device.labels.site ~ '-' ~ device.kind", "north-miner"),
        ("'x' if device.kind == 'miner' else 'y'", "x"),
        ("device.labels.none is defined", False),
        ("device.hostname.split(' ')[0]", "Rig"),
        ("device.labels.max | round * 2", 26),
        ("1 + 1", 2),
        ("[device.id, 1]", ["rig-1", 1]),
        ("device.labels.items", "a label"),
        ("device.labels", {"site": "north", "max": "13.2", "items": "a label"}),
        ('"<<"', "<<"),
        ("device.hostname | metric_name | upper", "RIG_ONE"),
        ("device.hostname | truncate(4)", "Rig…"),
        ("device.labels.max | round(1)", 13.2),
        ("device.labels.none | default(3) | round", 3),
    ],
)
def test_expressions_give_their_value(source: str, value: Any) -> None:
    device = Device(DeviceId("rig-1"), "Rig One", "miner", {"site": "north", "max": "13.2", "items": "a label"})
    assert compile_expression(source, "device").evaluate(device) == value


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "is empty"),
        ("device.", "is not an expression"),
        ("device.id }} {{ 1", "is not one expression"),
        ("device.id %}", "is not an expression"),
        ("devise.id", "names 'devise'"),
        ("fleet.devices", "names 'fleet'"),
        ("device.host", "which no device has; did you mean 'hostname'"),
        ("device.id | lable_value", "did you mean 'label_value'"),
        ("device.id | tojson", "there are metric_name"),
        ("self", "names 'self'"),
        ("range(3)", "names 'range'"),
    ],
)
def test_what_could_never_be_filled_is_refused(source: str, message: str) -> None:
    with pytest.raises(BadExpression) as caught:
        compile_expression(source, "device")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "''.__class__.__mro__",
        "device.hostname.__class__",
        "device.hostname.format(device)",
        "device.hostname.encode()",
        "'a' * 99999999999",
        "2 ** 99999",
        "'%099999999d' % 1",
        "device.hostname.ljust(99999999999)",
        "device._values",
    ],
)
def test_the_sandbox_lets_nothing_out(source: str) -> None:
    device = Device(DeviceId("rig-1"), "Rig One")
    try:
        evaluate = compile_expression(source, "device").evaluate
    except BadExpression:
        return
    with pytest.raises((BadValue, MissingField)):
        evaluate(device)


def test_the_fleet_has_counts() -> None:
    summary = FleetSummary.of(
        [Device(DeviceId("a"), "a", "miner"), Device(DeviceId("b"), "b", "miner"), Device(DeviceId("c"), "c")]
    )
    assert summary == FleetSummary(3, {"generic": 1, "miner": 2})
    assert compile_expression("fleet.devices", "fleet").evaluate(summary) == 3
    assert compile_expression("fleet.kinds.miner", "fleet").evaluate(summary) == 2
    assert compile_expression("fleet.kinds.x | default(0)", "fleet").evaluate(summary) == 0
