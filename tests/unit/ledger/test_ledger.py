"""The ledger on both databases: views and refusals by day, first and last seen, deeds, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from backend_server.ledger import AuditQuery, Ledger
from backend_server.links import Link
from backend_server.registry import LinkRegistry
from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.ledger import SqlLedger
from backend_server.storage.tables.link_views import SqlViews
from backend_server.viewing.model import Hits
from backend_server.web.api.ledger.present import ledger_json
from tests.support.fleet import Clock, device_registry, link_edit, link_registry

DAY = 86_400_000
NOON = 1_800_014_400_000  # 2027-01-15T12:00:00Z


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def links(store: Store) -> LinkRegistry:
    return link_registry(store)


@pytest.fixture
def link(store: Store) -> Link:
    made = device_registry(store).put("rig-1", {"hostname": "Rig One"}, "poller").view.link
    assert made is not None
    return made


@pytest.fixture
def ledger(store: Store, clock: Clock) -> Ledger:
    return Ledger(SqlLedger(store), keep_ms=400 * DAY, clock_ms=clock)


def test_views_and_refusals_add_up_by_link_and_day(
    store: Store, link: Link, links: LinkRegistry, ledger: Ledger
) -> None:
    views = SqlViews(store)
    views.add_views({link.id: Hits(views=2, last_seen_ms=NOON - DAY)})
    views.add_views({link.id: Hits(views=1, last_seen_ms=NOON, refused={"paused": 3})})
    views.add_views(
        {link.id: Hits(views=4, last_seen_ms=NOON + 5, refused={"paused": 1, "locked": 2}), "gone": Hits(1)}
    )

    told = ledger_json(ledger.of_link(links.directory.get(link.token), 30), NOON)

    assert told["days"] == [
        {"day": "2027-01-15", "views": 5, "refused": {"paused": 4, "locked": 2}},
        {"day": "2027-01-14", "views": 2, "refused": {}},
    ]
    assert (told["views"], told["views_total"], told["refused"]) == (7, 7, {"paused": 4, "locked": 2})
    assert told["first_seen_at"] == "2027-01-14T12:00:00.000Z"
    assert told["last_seen_at"] == "2027-01-15T12:00:00.005Z"
    assert (told["created_by"], told["device"], told["title"]) == ("poller", "rig-1", "Rig One (rig-1)")
    today = ledger_json(ledger.of_link(links.directory.get(link.token), 1), NOON)
    assert [one["day"] for one in today["days"]] == ["2027-01-15"]


def test_who_changed_a_link_stands_beside_its_views(link: Link, links: LinkRegistry, ledger: Ledger) -> None:
    links.edit(link.token, link_edit({"label": "Lobby"}), "ann")
    new = links.rotate(link.token, "bob").link.token
    changes = ledger_json(ledger.of_link(links.directory.get(new), 30), NOON)["changes"]
    assert [(one["action"], one["actor"]) for one in changes] == [("link.rotate", "bob"), ("link.edit", "ann")]
    assert changes[1]["details"] == {"label": ["", "Lobby"]}
    assert link.token not in str(changes)


def test_counts_of_a_thousand_links_take_as_many_statements_as_those_of_one(store: Store, link: Link) -> None:
    views = SqlViews(store)
    many = []
    with store.write() as write:
        row = dict(write.connection.execute(select(schema.links)).mappings().one())
        for number in range(1000):
            many.append({**row, "id": f"{number:032x}", "token": f"{number:032x}", "slug": f"s-{number}"})
        write.connection.execute(schema.links.insert(), many)
    counts = {}
    for name, ids in (("one", [link.id]), ("many", [one["id"] for one in many[:499]])):
        for again in ("new day", "known day"):
            seen: list[Any] = []

            def note(_connection: Any, _cursor: Any, statement: Any, *_: Any, into: Any = seen) -> None:
                into.append(statement)

            event.listen(store._writer, "before_cursor_execute", note)
            views.add_views({one: Hits(views=1, last_seen_ms=NOON, refused={"paused": 1}) for one in ids})
            event.remove(store._writer, "before_cursor_execute", note)
            counts[name, again] = len(seen)
    assert counts["many", "new day"] == counts["one", "new day"]
    assert counts["many", "known day"] == counts["one", "known day"]


def test_days_are_kept_as_long_as_the_operator_says(
    store: Store, link: Link, links: LinkRegistry, clock: Clock
) -> None:
    views = SqlViews(store)
    for days in range(5):
        views.add_views({link.id: Hits(views=1, last_seen_ms=NOON - days * DAY)})
    ledger = Ledger(SqlLedger(store), keep_ms=2 * DAY, clock_ms=clock)
    told = ledger_json(ledger.of_link(links.directory.get(link.token), 30), NOON)
    assert [one["day"] for one in told["days"]] == ["2027-01-15", "2027-01-14", "2027-01-13"]
    assert told["from_day"] == "2027-01-13"
    number = store.change_number()
    assert ledger.tidy() == 2
    assert ledger.tidy() == 0
    assert store.change_number() == number, "no memory depends on counts"
    clock.now_ms += DAY
    assert ledger.tidy() == 1
    with store.read() as connection:
        left = list(connection.execute(select(schema.link_views.c.day).order_by(schema.link_views.c.day)).scalars())
    assert left == ["2027-01-14", "2027-01-15"]
    assert links.directory.get(link.token).link.views == 5, "the sum of all days stays"


def test_deeds_are_found_by_all_that_is_noted_of_them(
    store: Store, link: Link, links: LinkRegistry, ledger: Ledger
) -> None:
    links.pause(link.token, "ann")
    links.resume(link.token, "bob")
    links.switch(False, "ann")

    def found(**wanted: Any) -> list[Any]:
        rows, total = ledger.audit(AuditQuery(**wanted))
        assert total >= len(rows)
        return [row.action for row in rows]

    assert found() == ["links.off", "link.resume", "link.pause", "register"]
    assert found(actor="ann") == ["links.off", "link.pause"]
    assert found(object_kind="device") == ["register"]
    assert found(object_id=link.id) == ["link.resume", "link.pause"]
    assert found(action="link.*") == ["link.resume", "link.pause"]
    assert found(action="link") == []
    assert found(action="links.off") == ["links.off"]
    assert found(page=2, per_page=3) == ["register"]
    rows, total = ledger.audit(AuditQuery(per_page=1))
    assert total == 4
    at = rows[0].at
    assert found(since=at + 1) == []
    assert found(until=at + 1) == found()
    assert len(found(until=at)) < 4


def test_no_column_could_hold_a_visitors_address() -> None:
    for table in (schema.links, schema.link_views, schema.old_link_tokens):
        assert not [one.name for one in table.c if "address" in one.name or one.name in ("ip", "client", "visitor")]
