"""Writes of a store that is led hold only under the lead's number; reading is for all."""

from __future__ import annotations

import pytest

from backend_server.errors import LeaseLost
from backend_server.storage.engine.store import Store
from backend_server.storage.engine.topics import Topic
from backend_server.storage.key_values import KeyValues
from backend_server.storage.leases import WORKER_LEASE, Lease, LedStore


def test_only_who_leads_writes(store: Store) -> None:
    leads: list[int | None] = [None]
    values = KeyValues(LedStore(store, lambda: leads[-1]))
    with pytest.raises(LeaseLost):
        values.set("a", "1")

    leads.append(Lease(store, WORKER_LEASE, "one").acquire())
    values.set("a", "2")
    assert values.get("a") == "2"

    Lease(store, WORKER_LEASE, "one").release()
    assert Lease(store, WORKER_LEASE, "two").acquire() == 2
    with pytest.raises(LeaseLost):
        values.set("a", "3")
    assert values.get("a") == "2"


def test_a_refused_write_moves_no_change_number(store: Store) -> None:
    led = LedStore(store, lambda: 7)
    number_of_links = led.number_of(Topic.LINKS)
    number = number_of_links()
    with pytest.raises(LeaseLost), led.write(Topic.LINKS):
        pass
    assert number_of_links() == number
