"""The hook: one device after another, on both databases."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from backend_server.errors import InputError, InvalidInput
from backend_server.links import LinkState
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from tests.support.fleet import device_hook, link_registry, new_link

BASE = "https://dash.example.com"


def put(hook: Any, device_id: Any, fields: Any, by: str = "poller") -> Any:
    status, body = hook.put(device_id, orjson.dumps(fields), by, BASE)
    return status, orjson.loads(body)


def rows(store: Store, table: Any) -> list[Any]:
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def test_first_put_makes_everything_in_one_go(store: Store) -> None:
    before = store.change_number()
    status, answer = put(device_hook(store), "rig-1", {"hostname": "Rig One", "labels": {"site": "north"}})

    assert status == 201
    assert store.change_number() == before + 1
    uid = dashboard_uid(Maker.DEVICE, "main", "rig-1")
    device = answer["device"]
    assert (
        device.items()
        >= {
            "id": "rig-1",
            "hostname": "Rig One",
            "kind": "generic",
            "labels": {"site": "north"},
            "address": None,
            "share": True,
            "state": "active",
        }.items()
    )
    assert answer["dashboards"] == [{"slot": "main", "uid": uid, "title": "Rig One (rig-1)", "state": "pending"}]
    link = answer["link"]
    assert link["url"] == f"{BASE}/grafana/public-dashboards/{link['token']}?orgId=1"
    assert link["embed_url"] == link["url"] + "&theme=auto&refresh=5s"
    assert link["state"] == "pending"
    assert link["slug"].startswith("rig-one-")
    (document,) = rows(store, schema.documents)
    assert (document["dirty"], document["wanted"], document["state"]) == (True, "present", "pending")
    (publication,) = rows(store, schema.publications)
    assert publication["state"] == "wanted"
    assert publication["access_token"] != link["token"]
    assert [row["action"] for row in rows(store, schema.audit)] == ["register"]


def test_unchanged_costs_no_row_and_gives_equal_bytes(store: Store) -> None:
    hook = device_hook(store)
    body = b'{"hostname": "Rig One"}'
    hook.put("rig-1", body, "poller", BASE)
    number = store.change_number()

    first = hook.put("rig-1", body, "poller", BASE)
    other_form = hook.put("rig-1", b'{ "hostname":"Rig One" }', "poller", BASE)

    assert first[0] == 200
    assert first == other_form
    assert store.change_number() == number


def test_a_fresh_registry_answers_the_same_without_writing(store: Store) -> None:
    _, before = put(device_hook(store), "rig-1", {"hostname": "Rig One"})
    number = store.change_number()

    status, after = put(device_hook(store), "rig-1", {"hostname": "Rig One"})

    assert (status, after) == (200, before)
    assert store.change_number() == number


def test_without_hostname_the_id_is_used(store: Store) -> None:
    hook = device_hook(store)
    status, body = hook.put("rig-1", b"", "poller", BASE)
    answer = orjson.loads(body)
    assert status == 201
    assert answer["device"]["hostname"] == "rig-1"
    assert answer["dashboards"][0]["title"] == "rig-1"


def test_an_absent_field_stays_and_null_forgets(store: Store) -> None:
    hook = device_hook(store)
    put(hook, "rig-1", {"hostname": "One", "kind": "miner", "address": "http://10.0.0.1"})
    _, answer = put(hook, "rig-1", {"hostname": "Two"})
    assert (answer["device"]["kind"], answer["device"]["address"]) == ("miner", "http://10.0.0.1")
    _, answer = put(hook, "rig-1", {"address": None, "kind": None})
    assert (answer["device"]["kind"], answer["device"]["address"]) == ("generic", None)


def test_an_update_keeps_uid_token_and_slug(store: Store) -> None:
    hook = device_hook(store)
    _, before = put(hook, "rig-1", {"hostname": "One"})
    status, after = put(hook, "rig-1", {"hostname": "Two", "kind": "miner"})

    assert status == 200
    assert after["link"] == before["link"]
    assert [one["slot"] for one in after["dashboards"]] == ["detail", "main"]
    assert after["dashboards"][1]["uid"] == before["dashboards"][0]["uid"]
    assert after["dashboards"][1]["title"] == "Two (rig-1)"


def test_a_slot_that_no_template_fills_any_more_goes_and_comes_back_with_its_link(store: Store) -> None:
    hook = device_hook(store)
    put(hook, "rig-1", {"kind": "miner"})
    detail = next(row for row in rows(store, schema.links) if row["slot"] == "detail")
    _, answer = put(hook, "rig-1", {"kind": "generic"})
    assert [one["slot"] for one in answer["dashboards"]] == ["main"]
    gone = next(row for row in rows(store, schema.documents) if row["slot"] == "detail")
    assert (gone["wanted"], gone["dirty"]) == ("absent", True)

    put(hook, "rig-1", {"kind": "miner"})

    back = next(row for row in rows(store, schema.links) if row["slot"] == "detail")
    assert (back["token"], back["suspended_at"]) == (detail["token"], None)


def test_a_persons_link_ends_with_its_slot_and_comes_back_under_its_token(store: Store) -> None:
    hook, links = device_hook(store), link_registry(store)
    put(hook, "rig-1", {"kind": "miner"})
    made = links.create(new_link({"device": "rig-1", "slot": "detail"}), "ada").link
    main = links.create(new_link({"device": "rig-1"}), "ada").link
    publication = {row["document_uid"]: row["state"] for row in rows(store, schema.publications)}
    put(hook, "rig-1", {"kind": "generic"})
    assert links.directory.find(made.token).state(1) is LinkState.REVOKED
    assert links.directory.find(main.token).state(1) is LinkState.PENDING
    states = {row["document_uid"]: row["state"] for row in rows(store, schema.publications)}
    assert states == {**publication, made.document_uid: "unwanted"}

    put(hook, "rig-1", {"kind": "miner"})

    back = links.directory.find(made.token)
    assert (back.link.token, back.link.suspended_at, back.state(1)) == (made.token, None, LinkState.PENDING)
    assert {row["document_uid"]: row["state"] for row in rows(store, schema.publications)} == publication


def test_a_persons_link_stays_when_the_device_is_no_longer_shared(store: Store) -> None:
    hook, links = device_hook(store), link_registry(store)
    put(hook, "rig-1", {})
    made = links.create(new_link({"device": "rig-1"}), "ada").link
    put(hook, "rig-1", {"share": False})
    assert links.directory.find(made.token).link.suspended_at is None
    hook.devices.retire("rig-1", "ada")
    assert links.directory.find(made.token).state(1) is LinkState.REVOKED
    hook.devices.revive("rig-1", "ada")
    assert links.directory.find(made.token).link.suspended_at is None


def test_share_false_hands_out_nothing_and_true_gives_the_same_link_back(store: Store) -> None:
    hook = device_hook(store)
    _, first = put(hook, "rig-1", {})
    _, hidden = put(hook, "rig-1", {"share": False})
    assert hidden["link"] is None
    assert rows(store, schema.publications)[0]["state"] == "unwanted"
    _, again = put(hook, "rig-1", {"share": True})
    assert again["link"] == first["link"]
    assert rows(store, schema.publications)[0]["state"] == "wanted"


def test_a_device_that_is_never_shared_gets_no_link(store: Store) -> None:
    _, answer = put(device_hook(store), "rig-1", {"share": False})
    assert answer["link"] is None
    assert rows(store, schema.links) == []
    assert rows(store, schema.publications)[0]["state"] == "gone"


@pytest.mark.parametrize("share", [1, 1.0])
def test_a_number_is_no_truth_value_even_when_it_equals_one(store: Store, share: float) -> None:
    hook = device_hook(store)
    put(hook, "rig-1", {"share": True})
    with pytest.raises(InvalidInput, match="share"):
        put(hook, "rig-1", {"share": share})


def test_a_bad_put_changes_nothing(store: Store) -> None:
    hook = device_hook(store)
    put(hook, "rig-1", {"hostname": "One"})
    number = store.change_number()
    with pytest.raises(InvalidInput) as caught:
        put(hook, "rig-1", {"hostname": "x" * 10_240, "labels": {"bad name": "x"}, "what": 1})
    assert {problem.path for problem in caught.value.problems} == {"hostname", "labels.bad name", "what"}
    assert store.change_number() == number


def test_the_operator_wins_and_the_caller_is_kept(store: Store) -> None:
    hook = device_hook(store)
    put(hook, "rig-1", {"hostname": "sent", "labels": {"site": "sent", "rack": "1"}})
    hook.devices.set_by_operator("rig-1", {"hostname": "set", "labels": {"site": "set"}}, "ann")

    _, answer = put(hook, "rig-1", {"hostname": "sent again", "labels": {"site": "sent again", "rack": "2"}})
    assert answer["device"]["hostname"] == "set"
    assert answer["device"]["labels"] == {"site": "set", "rack": "2"}

    view = hook.devices.set_by_operator("rig-1", {"hostname": None, "labels": None}, "ann")
    assert view.device.hostname == "sent again"
    assert view.device.labels == {"site": "sent again", "rack": "2"}
    assert [row["action"] for row in rows(store, schema.audit)] == ["register", "edit", "edit"]


def test_hostile_words_come_back_as_they_were(store: Store) -> None:
    hostile = "\"'\\\n\r\t{{ x }} << y >> ${z} [[w]] \u202e \x1b[31m \U0001f600 </script>"
    hook = device_hook(store)
    _, answer = put(hook, "rig-1", {"hostname": hostile, "labels": {"site": hostile}})
    assert answer["device"]["hostname"] == hostile
    _, again = put(device_hook(store), "rig-1", {"hostname": hostile, "labels": {"site": hostile}})
    assert again == answer


def test_another_base_gets_its_own_addresses(store: Store) -> None:
    hook = device_hook(store)
    hook.put("rig-1", b"{}", "poller", BASE)
    _, body = hook.put("rig-1", b"{}", "poller", 'http://evil"host')
    assert orjson.loads(body)["link"]["url"].startswith('http://evil"host/grafana/')


def test_bytes_that_are_no_json_are_refused_with_their_place(store: Store) -> None:
    with pytest.raises(InputError, match=r"line 1, column"):
        device_hook(store).put("rig-1", b'{"hostname": }', "poller", BASE)
    with pytest.raises(InvalidInput, match="must be an object"):
        device_hook(store).put("rig-1", b"[]", "poller", BASE)


def test_last_seen_is_written_once_a_minute_and_moves_no_number(store: Store) -> None:
    hook = device_hook(store)
    for name in ("a", "b", "c"):
        put(hook, name, {})
    number = store.change_number()
    assert hook.devices.flush() == 3
    assert hook.devices.flush() == 0
    assert store.change_number() == number
    with store.read() as connection:
        seen = connection.execute(select(func.min(schema.devices.c.last_seen_at))).scalar_one()
    assert seen >= hook.devices.get("a").record.created_at
