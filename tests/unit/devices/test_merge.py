"""Laying words over words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.devices.device import (
    DeviceRecord,
    DeviceState,
    apply_fields,
    check_merged,
    device_state,
    may_be_revived,
    merge_device,
)
from backend_server.errors import InvalidInput
from backend_server.primitives.ids import DeviceId

LABELS = st.dictionaries(st.sampled_from("abcdef"), st.text(max_size=3), max_size=4)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "hostname": st.none() | st.text(min_size=1, max_size=5),
        "kind": st.none() | st.sampled_from(["miner", "router"]),
        "labels": st.none() | LABELS,
        "address": st.none() | st.just("http://h"),
        "share": st.none() | st.sampled_from(["true", "false", "wall"]),
    },
)


def record(sent: Any, operator: Any = None, **times: Any) -> Any:
    return DeviceRecord(DeviceId("rig-1"), sent, operator or {}, 0, 0, times.pop("last_seen_at", 0), **times)


@given(FIELDS, FIELDS)
def test_given_twice_is_given_once(before: Any, more: Any) -> None:
    once = apply_fields(apply_fields({}, before), more)
    assert apply_fields(once, more) == once


@given(FIELDS, FIELDS)
def test_absent_stays_null_forgets_and_the_rest_is_new(before: Any, more: Any) -> None:
    first = apply_fields({}, before)
    after = apply_fields(first, more)
    for name in ("hostname", "kind", "labels", "address", "share"):
        expected = more.get(name) if name in more else first.get(name)
        assert after.get(name) == expected
    assert None not in after.values()


@given(FIELDS, FIELDS)
def test_the_operator_wins(sent: Any, operator: Any) -> None:
    sent, operator = apply_fields({}, sent), apply_fields({}, operator)
    device = merge_device(record(sent, operator), share_default="true")
    assert device.hostname == operator.get("hostname", sent.get("hostname", "rig-1"))
    assert device.kind == operator.get("kind", sent.get("kind", "generic"))
    assert device.share == operator.get("share", sent.get("share", "true"))
    assert device.address == operator.get("address", sent.get("address"))
    assert device.labels == {**sent.get("labels", {}), **operator.get("labels", {})}


@given(FIELDS)
def test_taking_all_back_leaves_what_was_sent(sent: Any) -> None:
    sent = apply_fields({}, sent)
    set_by = {"hostname": "x", "labels": {"a": "x"}}
    taken_back = apply_fields(set_by, dict.fromkeys(set_by))
    assert merge_device(record(sent, taken_back), share_default="true") == merge_device(
        record(sent), share_default="true"
    )


def test_labels_of_both_are_counted_together() -> None:
    sent = {"labels": {f"a{n}": "" for n in range(32)}}
    check_merged(merge_device(record(sent, {"labels": {"a1": "other"}}), share_default="true"))
    with pytest.raises(InvalidInput, match="are 33 together"):
        check_merged(merge_device(record(sent, {"labels": {"b": ""}}), share_default="true"))


@pytest.mark.parametrize(
    ("now", "seen", "retired_at", "state"),
    [
        (90, 0, None, DeviceState.ACTIVE),
        (91, 0, None, DeviceState.STALE),
        (91, 1, None, DeviceState.ACTIVE),
        (91, 0, 5, DeviceState.RETIRED),
    ],
)
def test_states(now: int, seen: int, retired_at: int | None, state: Any) -> None:
    assert device_state(record({}, retired_at=retired_at), now, 90, seen_ms=seen) is state


@pytest.mark.parametrize(("now", "may"), [(104, True), (105, False)])
def test_reviving_has_its_time(now: int, may: bool) -> None:
    assert may_be_revived(record({}, retired_at=5), now, 100) is may
    assert may_be_revived(record({}), now, 100) is False
