"""The hook for many devices at once, on both databases."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from backend_server.errors import InputError, InvalidInput
from backend_server.storage.engine.store import Store
from tests.support.fleet import device_hook

BASE = "https://dash.example.com"


def batch(hook: Any, items: Any) -> Any:
    return orjson.loads(hook.items(items, "poller", BASE))["results"]


def test_answers_come_in_order_and_a_bad_one_spoils_nothing(store: Store) -> None:
    hook = device_hook(store)
    results = batch(
        hook,
        [
            {"id": "b", "hostname": "B"},
            {"id": "../x"},
            "nonsense",
            {"hostname": "nobody"},
            {"id": "c", "hostname": 7},
            {"id": "a"},
        ],
    )
    assert [(one["id"], one["status"]) for one in results] == [
        ("b", 201),
        ("../x", 422),
        (None, 422),
        (None, 422),
        ("c", 422),
        ("a", 201),
    ]
    assert results[4]["error"]["details"]["problems"][0]["path"] == "hostname"
    for result in results[1:5]:
        assert set(result["error"]) == {"code", "message", "details", "request_id"}
    assert results[0]["device"]["hostname"] == "B"
    assert results[0]["link"]["token"] != results[5]["link"]["token"]


def test_unchanged_answers_equal_the_single_call_and_write_nothing(store: Store) -> None:
    hook = device_hook(store)
    items = [{"id": f"rig-{n}", "hostname": f"Rig {n}"} for n in range(1200)]
    first = batch(hook, items)
    number = store.change_number()

    second = batch(hook, items)
    _, single = hook.put("rig-7", b'{"hostname":"Rig 7"}', "poller", BASE)

    assert store.change_number() == number
    assert {one["status"] for one in first} == {201}
    assert [{**one, "status": 201} for one in second] == first
    assert {"id": "rig-7", "status": 200, **orjson.loads(single)} == second[7]
    assert batch(device_hook(store), items) == second


def test_new_devices_are_written_in_few_transactions(store: Store) -> None:
    before = store.change_number()
    batch(device_hook(store), [{"id": f"rig-{n}"} for n in range(1200)])
    assert store.change_number() == before + 3


@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
def test_the_same_id_twice_is_as_if_put_twice(store: Store, known: bool) -> None:
    hook = device_hook(store)
    if known:
        batch(hook, [{"id": "a", "hostname": "Two"}])
    results = batch(
        hook,
        [{"id": "a", "hostname": "One", "kind": "miner"}, {"id": "a", "hostname": 1}, {"id": "a", "hostname": "Two"}],
    )
    assert [one["status"] for one in results] == [200 if known else 201, 422, 200]
    for one in (results[0], results[2]):
        assert (one["device"]["hostname"], one["device"]["kind"]) == ("Two", "miner")
    (again,) = batch(hook, [{"id": "a", "hostname": "One"}])
    assert again["device"]["hostname"] == "One"


def test_single_and_batch_share_their_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = device_hook(store)
    hook.put("a", b'{"hostname":"A"}', "poller", BASE)
    batch(hook, [{"id": "b", "hostname": "B"}])
    monkeypatch.setattr(type(store), "read", None)  # whoever asks the database now fails
    assert batch(hook, [{"id": "a", "hostname": "A"}, {"id": "b", "hostname": "B"}])[0]["status"] == 200
    assert hook.put("b", b'{"hostname":"B"}', "poller", BASE)[0] == 200
    assert hook.put("b", b'{"id":"b","hostname":"B"}', "poller", BASE)[0] == 200


def test_the_same_bytes_again_are_answered_alike_until_anything_is_written(store: Store) -> None:
    hook = device_hook(store)
    body = orjson.dumps([{"id": "a", "hostname": "A"}, {"id": "b"}])
    hook.batch(body, "poller", BASE)
    second = hook.batch(body, "poller", BASE)
    assert hook.batch(body, "poller", BASE) is second
    other = hook.batch(body, "poller", "https://other.example.com")
    assert other == second.replace(BASE.encode(), b"https://other.example.com")

    device_hook(store).devices.put("a", {"hostname": "Changed elsewhere"}, "poller")
    device_hook(store).devices.retire("b", "ann")

    results = orjson.loads(hook.batch(body, "poller", BASE))["results"]
    assert results[0]["device"]["hostname"] == "A"
    assert results[1]["device"]["state"] == "retired"


@pytest.mark.parametrize(("body", "fault"), [(b"[{]", InputError), (b"{}", InvalidInput), (b"7", InvalidInput)])
def test_a_body_that_is_no_batch_is_refused(store: Store, body: bytes, fault: Any) -> None:
    with pytest.raises(fault):
        device_hook(store).batch(body, "poller", BASE)


def test_too_many_are_refused_as_a_whole(store: Store) -> None:
    with pytest.raises(InvalidInput, match="at most 10000"):
        device_hook(store).items([{"id": "a"}] * 10_001, "poller", BASE)
