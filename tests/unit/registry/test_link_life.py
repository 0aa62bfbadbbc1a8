"""A link through its life on both databases: it holds from the next request on, in every process, and is audited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select, update

from backend_server.errors import Conflict, Gone, InvalidInput, NotFound
from backend_server.links import LinkState
from backend_server.primitives.passwords import verify_password
from backend_server.primitives.secret import Secret
from backend_server.registry import DeviceView, LinkQuery, LinkRegistry, RegistryOptions
from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from tests.support.fleet import Clock, device_hook, device_registry, link_edit, link_registry, new_link


@pytest.fixture
def device(store: Store) -> DeviceView:
    view = device_registry(store).put("rig-1", {"hostname": "Rig One"}, "poller").view
    with store.write() as write:
        write.connection.execute(update(schema.documents).values(state="live", dirty=False, change=write.change))
    return view


@pytest.fixture
def office(store: Store) -> LinkRegistry:
    """Where people change links."""
    return link_registry(store)


@pytest.fixture
def visitors(store: Store) -> LinkRegistry:
    """Another process, which answers visitors."""
    return link_registry(store)


def state(registry: Any, token: Any, now_ms: int = 1_800_000_000_000) -> Any:
    return registry.directory.find(token).state(now_ms)


def deeds(store: Store) -> list[Any]:
    with store.read() as connection:
        rows = connection.execute(select(schema.audit).order_by(schema.audit.c.id)).mappings()
        return [(row["action"], row["actor"], row["details"]) for row in rows]


def options(**given: Any) -> Any:
    return new_link({"device": "rig-1", **given})


def test_pause_and_resume_hold_elsewhere_from_the_next_request_on(
    store: Store, device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    token = device.link.token
    assert state(visitors, token) is LinkState.LIVE
    office.pause(token, "ann")
    assert state(visitors, token) is LinkState.PAUSED
    assert visitors.directory.find_slug(device.link.slug).state(0) is LinkState.PAUSED
    number = store.change_number()
    office.pause(token, "ann")
    assert store.change_number() == number, "once more writes nothing"
    office.resume(token, "bob")
    assert state(visitors, token) is LinkState.LIVE
    assert [(action, actor) for action, actor, _ in deeds(store)[1:]] == [("link.pause", "ann"), ("link.resume", "bob")]


def test_all_links_go_off_and_come_back_as_each_was(
    store: Store, device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    other = office.create(options(), "ann").link.token
    office.pause(other, "ann")
    hook = device_registry(store)
    assert hook.put("rig-1", {"hostname": "Rig One"}, "p").view.links_on
    assert office.switch(False, "ann")
    assert not office.switch(False, "ann")
    assert not visitors.directory.standing()[1]
    assert {state(visitors, one) for one in (device.link.token, other)} == {LinkState.PAUSED}
    view = hook.put("rig-1", {"hostname": "Rig One"}, "p").view
    assert view.found(view.link).state(0) is LinkState.PAUSED, "the hook tells it too"
    assert office.switch(True, "ann")
    assert state(visitors, device.link.token) is LinkState.LIVE
    assert state(visitors, other) is LinkState.PAUSED
    assert [action for action, _, _ in deeds(store)][-2:] == ["links.off", "links.on"]


def test_after_a_rotation_the_slug_works_and_the_old_token_does_not(
    store: Store, device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    old, slug = device.link.token, device.link.slug
    assert state(visitors, old) is LinkState.LIVE
    new = office.rotate(old, "ann").link.token
    assert new != old
    assert state(visitors, old) is LinkState.ROTATED
    assert visitors.directory.find_slug(slug).link.token == new
    assert visitors.directory.find_slug(slug).link.slug == slug
    assert state(visitors, new) is LinkState.LIVE
    assert deeds(store)[-1] == ("link.rotate", "ann", {"grace_seconds": 0})
    assert old not in str(deeds(store))
    asks: list[Callable[[], object]] = [
        lambda: office.directory.get(old),
        lambda: office.pause(old, "ann"),
        lambda: office.rotate(old, "ann"),
    ]
    for ask in asks:
        with pytest.raises(Gone, match="replaced by a rotation") as caught:
            ask()
        assert caught.value.details == {"slug": slug}


def test_a_grace_lets_the_old_token_live_and_no_token_outlives_a_later_rotation(
    device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    first = device.link.token
    rotated = office.rotate(first, "ann", grace_seconds=3600).link
    at = rotated.updated_at
    assert state(visitors, first, at + 3_599_999) is LinkState.LIVE
    assert visitors.directory.find(first).until(at) == at + 3_600_000
    assert state(visitors, first, at + 3_600_000) is LinkState.ROTATED
    third = office.rotate(rotated.token, "ann").link
    assert state(visitors, first, third.updated_at) is LinkState.ROTATED, "a leak is closed whatever was promised"
    assert state(visitors, rotated.token, third.updated_at) is LinkState.ROTATED
    assert state(visitors, third.token, third.updated_at) is LinkState.LIVE


def test_a_whole_link_is_made_and_kept(
    store: Store, device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    given = {
        "label": "Lobby",
        "slug": "lobby",
        "not_before": "2027-01-01T00:00:00Z",
        "expires_at": "2027-02-01T00:00:00Z",
        "password": "correct horse",
        "frame_ancestors": ["https://app.example.com"],
    }
    made = office.create(options(**given), "ann").link
    found = visitors.directory.find(made.token).link
    assert found == made
    assert verify_password(found.password_hash, "correct horse")
    assert found.frame_ancestors == ("https://app.example.com",)
    begins, ends = 1_798_761_600_000, 1_801_440_000_000
    states = [state(visitors, made.token, moment) for moment in (begins - 1, begins, ends - 1, ends)]
    assert states == [LinkState.NOT_YET, LinkState.LIVE, LinkState.LIVE, LinkState.EXPIRED]
    assert "correct horse" not in str(deeds(store))
    with pytest.raises(InvalidInput, match="lies in the past"):
        office.create(options(expires_at="2020-01-01T00:00:00Z"), "ann")


def test_an_edit_holds_at_once_and_is_told(
    store: Store, device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    token = device.link.token
    assert visitors.directory.find(token).link.label == ""
    edit = link_edit({"label": "Lobby", "slug": "lobby", "password": "correct horse"})
    office.edit(token, edit, "ann")
    found = visitors.directory.find(token).link
    assert (found.label, found.slug) == ("Lobby", "lobby")
    assert verify_password(found.password_hash, "correct horse")
    assert visitors.directory.find_slug(device.link.slug) is None
    action, actor, told = deeds(store)[-1]
    assert (action, actor) == ("link.edit", "ann")
    assert told == {"label": ["", "Lobby"], "slug": [device.link.slug, "lobby"], "password": "set"}
    other = office.create(options(), "ann").link.token
    with pytest.raises(Conflict, match="'lobby' is taken"):
        office.edit(other, link_edit({"slug": "lobby"}), "ann")
    office.edit(token, link_edit({"password": None}), "ann")
    assert visitors.directory.find(token).link.password_hash is None


def test_what_is_over_says_so(store: Store, device: DeviceView, office: LinkRegistry) -> None:
    token = office.create(options(), "ann").link.token
    office.revoke(token, "ann")
    for deed in (office.pause, office.resume, office.rotate):
        with pytest.raises(Conflict, match="revoked for good"):
            deed(token, "ann")
    with pytest.raises(Conflict, match="revoked for good"):
        office.edit(token, link_edit({"label": "x"}), "ann")
    device_registry(store).retire("rig-1", "ann")
    with pytest.raises(Conflict, match="device is retired"):
        office.pause(device.link.token, "ann")
    for deed in (office.pause, office.resume, office.rotate, office.revoke):
        with pytest.raises(NotFound):
            deed("0" * 32, "ann")


def test_retiring_and_reviving_keep_pause_and_rotation(
    store: Store, device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    token = office.rotate(device.link.token, "ann").link.token
    office.pause(token, "ann")
    registry = device_registry(store)
    registry.retire("rig-1", "ann")
    assert state(visitors, token) is LinkState.REVOKED
    registry.revive("rig-1", "ann")
    assert state(visitors, token) is LinkState.PAUSED
    assert state(visitors, device.link.token) is LinkState.ROTATED


def test_derived_tokens_refuse_what_a_lost_database_could_not_remember(store: Store) -> None:
    derived = RegistryOptions(secret_key=Secret("k" * 32))
    link = device_registry(store, derived).put("rig-1", {}, "p").view.link
    links = link_registry(store, derived)
    calls: list[Callable[[], object]] = [
        lambda: links.rotate(link.token, "ann"),
        lambda: links.create(options(), "ann"),
    ]
    for refused in calls:
        with pytest.raises(Conflict, match="LINK_TOKENS=derived"):
            refused()
    assert state(links, link.token) is LinkState.PENDING
    links.pause(link.token, "ann")
    assert state(links, link.token) is LinkState.PAUSED
    links.resume(link.token, "ann")
    assert state(links, link.token) is LinkState.PENDING


def test_links_to_documents_without_a_device_work_the_same(
    store: Store, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    uid = "gen-health-00000000000000000000"
    with store.write() as write:
        write.connection.execute(
            schema.documents.insert().values(
                uid=uid,
                maker="gen",
                slot="main",
                object_id="health",
                title="Health",
                file="packs/Generated/x.json",
                wanted="present",
                state="live",
                attempts=0,
                retry_at=0,
                dirty=False,
                updated_at=0,
                change=write.change,
            )
        )
    made = office.create(new_link({"document": uid, "label": "Wall"}), "ann").link
    assert state(visitors, made.token) is LinkState.LIVE
    office.pause(made.token, "ann")
    assert state(visitors, made.token) is LinkState.PAUSED
    new = office.rotate(made.token, "ann").link.token
    office.resume(new, "ann")
    assert state(visitors, made.token) is LinkState.ROTATED
    assert state(visitors, new) is LinkState.LIVE


def test_the_hook_never_repeats_a_state_that_ended_by_itself(store: Store) -> None:
    clock = Clock()
    hook, links = device_hook(store, clock_ms=clock), link_registry(store, clock_ms=clock)
    first = hook.devices.put("rig-1", {"hostname": "x"}, "p").view.link
    with store.write() as write:
        ends = clock.now_ms + 1000
        write.connection.execute(update(schema.links).values(expires_at=ends, change=write.change))
    for _ in range(2):
        answer = hook.put("rig-1", b'{"hostname": "x"}', "p", "http://x")[1]
        assert b'"state":"pending"' in answer.split(b"link")[1]
    clock.now_ms = ends
    assert b'"state":"expired"' in hook.put("rig-1", b'{"hostname": "x"}', "p", "http://x")[1]
    batch = b'[{"id": "rig-1", "hostname": "x"}]'
    for _ in range(2):
        assert b'"state":"expired"' in hook.batch(batch, "p", "http://x")
    assert links.directory.find(first.token).state(clock.now_ms) is LinkState.EXPIRED


STATES = {
    LinkState.PENDING: {},
    LinkState.LIVE: {},
    LinkState.PAUSED: {"paused_at": 5},
    LinkState.NOT_YET: {"not_before": 1_900_000_000_000, "paused_at": 5},
    LinkState.EXPIRED: {"expires_at": 1_700_000_000_000, "paused_at": 5},
    LinkState.REVOKED: {"revoked_at": 5, "expires_at": 1_700_000_000_000},
}


def test_lists_are_paged_filtered_and_counted_as_the_links_say_themselves(store: Store) -> None:
    clock = Clock()
    links, hook = link_registry(store, clock_ms=clock), device_registry(store, clock_ms=clock)
    made = {}
    for number, (wanted, changes) in enumerate(STATES.items()):
        link = hook.put(f"rig-{number}", {"hostname": f"Host {number}"}, "p").view.link
        made[wanted] = link.token
        with store.write() as write:
            rows = schema.links.c.id == link.id
            values = {"created_at": number, "label": f"100%_{number}", "change": write.change, **changes}
            write.connection.execute(update(schema.links).where(rows).values(**values))
            if wanted is not LinkState.PENDING:
                document = schema.documents.c.uid == link.document_uid
                write.connection.execute(update(schema.documents).where(document).values(state="live"))
    for wanted, token in made.items():
        page = links.directory.page(LinkQuery(state=wanted))
        assert [(one.link.token, one.state(clock.now_ms)) for one in page.items] == [(token, wanted)]
        assert page.total == 1
    assert links.directory.standing()[0] == {one.value: 1 for one in STATES}
    assert links.directory.page(LinkQuery(state=LinkState.ROTATED)).items == []
    newest_first = [one.link.token for one in links.directory.page(LinkQuery()).items]
    assert newest_first == list(reversed(made.values()))
    second = links.directory.page(LinkQuery(page=2, per_page=4))
    assert ([one.link.token for one in second.items], second.total) == (newest_first[4:], 6)
    assert [one.link.object_id for one in links.directory.page(LinkQuery(search="host 3")).items] == ["rig-3"]
    assert [one.link.object_id for one in links.directory.page(LinkQuery(search="%_4")).items] == ["rig-4"]
    assert links.directory.page(LinkQuery(search="%%")).items == []
    unused = links.directory.page(LinkQuery(unused_days=30)).items
    assert {one.state(clock.now_ms) for one in unused} == set(STATES) - {LinkState.EXPIRED, LinkState.REVOKED}
    with store.write(moves=False) as write:
        seen = clock.now_ms - 29 * 86_400_000
        rows = schema.links.c.token == made[LinkState.LIVE]
        write.connection.execute(update(schema.links).where(rows).values(last_seen_at=seen))
    assert made[LinkState.LIVE] not in {one.link.token for one in links.directory.page(LinkQuery(unused_days=30)).items}
    assert made[LinkState.LIVE] in {one.link.token for one in links.directory.page(LinkQuery(unused_days=28)).items}
    links.switch(False, "ann")
    assert links.directory.standing()[0]["paused"] == 3


def test_a_thousand_links_cost_what_one_costs(
    store: Store, device: DeviceView, office: LinkRegistry, visitors: LinkRegistry
) -> None:
    """Counted in statements: time says little on a shared machine."""

    def cost(token: Any) -> Any:
        with statements(store) as cold:
            visitors.directory.find(token)
        with statements(store) as warm:
            visitors.directory.find(token)
        with statements(store) as listed:
            office.directory.page(LinkQuery(per_page=10))
        with statements(store) as paused:
            office.pause(token, "ann")
            office.resume(token, "ann")
        return len(cold), len(warm), len(listed), len(paused)

    visitors.directory.find(device.link.token)
    one = cost(office.create(options(), "ann").link.token)
    with store.write() as write:
        rows = [
            {
                **{column.name: None for column in schema.links.c},
                **link_row(device.link),
                "id": f"{number:032x}",
                "token": f"{number:032x}",
                "slug": f"s-{number}",
                "is_default": False,
                "change": write.change,
            }
            for number in range(1000)
        ]
        write.connection.execute(schema.links.insert(), rows)
    visitors.directory.find(device.link.token)
    many = cost(office.create(options(), "ann").link.token)
    assert many == one
    assert many[1] == 0, "a known link is answered from memory"


def link_row(link: Any) -> dict[str, Any]:
    plain = {column.name: getattr(link, column.name) for column in schema.links.c if hasattr(link, column.name)}
    return {**plain, "profile": link.profile.as_json(), "frame_ancestors": []}


@contextmanager
def statements(store: Store) -> Iterator[Any]:
    """Record what reaches the database (the change number is asked on a connection of its own)."""
    seen = []

    def note(_connection: Any, _cursor: Any, statement: Any, *_: Any) -> None:
        seen.append(statement)

    engines = {id(engine): engine for engine in (store._readers, store._writer)}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def test_replacing_nothing_of_a_link_loses_nothing(store: Store, device: DeviceView, office: LinkRegistry) -> None:
    """Views and last seen are counted beside; a deed must not write back what it read before."""
    link = device.link
    with store.write(moves=False) as write:
        write.connection.execute(update(schema.links).values(views=7, last_seen_at=9, first_seen_at=3))
    office.edit(link.token, link_edit({"label": "x"}), "ann")
    after = office.directory.get(link.token).link
    assert link is not None
    assert after == replace(link, views=7, last_seen_at=9, first_seen_at=3, label="x", updated_at=after.updated_at)
