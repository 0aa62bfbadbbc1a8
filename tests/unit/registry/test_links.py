"""Handing out links, finding them for visitors, revoking, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from backend_server.errors import Conflict, InvalidInput, NotFound
from backend_server.links import LinkState, Theme
from backend_server.primitives.secret import Secret
from backend_server.registry import DeviceView, LinkQuery, RegistryOptions
from backend_server.storage import schema
from backend_server.storage.engine.store import Store
from tests.support.fleet import device_registry, link_edit, link_registry, new_link


@pytest.fixture
def device(store: Store) -> DeviceView:
    return device_registry(store).put("rig-1", {"hostname": "Rig One"}, "poller").view


def options(**given: Any) -> Any:
    return new_link({"device": "rig-1", **given})


def test_a_link_is_found_by_token_and_slug_until_it_is_revoked(store: Store, device: DeviceView) -> None:
    links = link_registry(store)
    made = links.create(options(label="lobby", profile={"theme": "dark"}), "ann")
    assert made.link.profile.theme is Theme.DARK
    assert made.link.slug.startswith("rig-one-")
    assert made.link.token != device.link.token
    for _ in range(2):
        assert links.directory.find(made.link.token).link == made.link
        assert links.directory.find_slug(made.link.slug).link == made.link

    links.revoke(made.link.token, "ann")

    assert links.directory.find(made.link.token).state(0) is LinkState.REVOKED
    assert links.directory.find_slug(made.link.slug).state(0) is LinkState.REVOKED
    number = store.change_number()
    links.revoke(made.link.token, "ann")
    assert store.change_number() == number
    with store.read() as connection:
        actions = list(connection.execute(select(schema.audit.c.action).order_by(schema.audit.c.id)).scalars())
    assert actions == ["register", "link.create", "link.revoke"]


def test_a_change_elsewhere_counts_from_the_next_request_on(store: Store, device: DeviceView) -> None:
    visitors, office = link_registry(store), link_registry(store)
    assert visitors.directory.find(device.link.token).state(0) is LinkState.PENDING
    with store.write() as write:
        write.connection.execute(update(schema.documents).values(state="live", dirty=False, change=write.change))
    assert visitors.directory.find(device.link.token).state(0) is LinkState.LIVE
    with store.write() as write:
        write.connection.execute(update(schema.store).values(links_on=False))
    assert visitors.directory.find(device.link.token).state(0) is LinkState.PAUSED
    with store.write() as write:
        write.connection.execute(update(schema.store).values(links_on=True))
    office.revoke(device.link.token, "ann")
    assert visitors.directory.find(device.link.token).state(0) is LinkState.REVOKED


def test_the_hook_never_undoes_a_revocation(store: Store, device: DeviceView) -> None:
    link_registry(store).revoke(device.link.token, "ann")
    view = device_registry(store).put("rig-1", {"hostname": "Other"}, "poller").view
    assert view.link.token == device.link.token
    assert view.found(view.link).state(0) is LinkState.REVOKED
    assert len(view.links) == 1


def test_a_document_is_public_as_long_as_some_link_needs_it(store: Store, device: DeviceView) -> None:
    links = link_registry(store)

    def publication() -> Any:
        with store.read() as connection:
            return connection.execute(select(schema.publications.c.state)).scalar_one()

    extra = links.create(options(), "ann").link
    links.revoke(device.link.token, "ann")
    assert publication() == "wanted"
    links.revoke(extra.token, "ann")
    assert publication() == "unwanted"
    links.create(options(), "ann")
    assert publication() == "wanted"


@pytest.mark.parametrize("token", ["0" * 32, "0" * 31, "../x", "", "A" * 32, "\x00" * 32])
def test_unknown_and_malformed_tokens_are_alike(store: Store, token: str) -> None:
    links = link_registry(store)
    assert links.directory.find(token) is None
    with pytest.raises(NotFound, match="no link with this token"):
        links.directory.get(token)
    with pytest.raises(NotFound):
        links.revoke(token, "ann")


def test_a_token_from_before_a_rotation_is_over_after_its_grace(store: Store, device: DeviceView) -> None:
    old = "f" * 32
    with store.write() as write:
        values = {"token": old, "link_id": device.link.id, "good_until": 1000, "rotated_at": 0}
        write.connection.execute(schema.old_link_tokens.insert().values(**values))
    found = link_registry(store).directory.find(old)
    assert found.state(999) is LinkState.PENDING
    assert found.state(1000) is LinkState.ROTATED


def test_what_a_link_cannot_point_at(store: Store, device: DeviceView) -> None:
    links, registry = link_registry(store), device_registry(store)
    with pytest.raises(NotFound, match="no device 'nobody'"):
        links.create(options(device="nobody"), "ann")
    with pytest.raises(NotFound, match="slot 'detail'"):
        links.create(options(slot="detail"), "ann")
    with pytest.raises(NotFound, match="uid 'dev-x'"):
        links.create(new_link({"document": "dev-x"}), "ann")
    links.create(options(slug="lobby"), "ann")
    with pytest.raises(Conflict, match="'lobby' is taken"):
        links.create(options(slug="lobby"), "ann")
    registry.retire("rig-1", "ann")
    with pytest.raises(Conflict, match="retired"):
        links.create(options(), "ann")


def test_lists_by_device_document_state_and_use(store: Store, device: DeviceView) -> None:
    links = link_registry(store)
    extra = links.create(new_link({"document": device.documents[0].uid}), "ann").link
    links.revoke(extra.token, "ann")

    def ids(**query: object) -> list[str]:
        return [found.link.id for found in links.directory.page(LinkQuery(**query)).items]

    assert ids(device="rig-1") == [extra.id, device.link.id]
    assert ids(document=extra.document_uid) == [
        extra.id,
        device.link.id,
    ]
    assert ids(state=LinkState.REVOKED) == [extra.id]
    assert ids(device="nobody") == []
    assert ids(unused_days=1) == []


def test_derived_tokens_come_back_after_a_lost_database(store: Store) -> None:
    derived = RegistryOptions(secret_key=Secret("k" * 32))
    registry = device_registry(store, derived)
    before = registry.put("rig-1", {"hostname": "One"}, "poller").view.link
    with store.write() as write:
        for table in (schema.links, schema.documents, schema.devices):
            write.connection.execute(table.delete())
        write.connection.execute(update(schema.store).values(forget_change=write.change))
    after = registry.put("rig-1", {"hostname": "Renamed"}, "poller").view.link
    assert (after.token, after.slug) == (before.token, before.slug)
    other = device_registry(store, RegistryOptions(secret_key=Secret("j" * 32))).put("rig-2", {}, "p").view.link
    assert other.token != before.token


def test_derived_mode_says_what_it_cannot_keep(store: Store) -> None:
    options = RegistryOptions(secret_key=Secret("k" * 32))
    own = device_registry(store, options).put("rig-1", {}, "p").view.link
    assert own is not None
    links, ends = link_registry(store, options), {"expires_at": "2030-01-01T00:00:00Z"}
    with pytest.raises(InvalidInput, match="expires_at: cannot be kept with LINK_TOKENS=derived"):
        links.create(new_link({"device": "rig-1", **ends}), "ann")
    with pytest.raises(InvalidInput, match="expires_at: cannot be kept with LINK_TOKENS=derived"):
        links.edit(own.token, link_edit(ends), "ann")
    assert links.directory.get(own.token).link.expires_at is None
