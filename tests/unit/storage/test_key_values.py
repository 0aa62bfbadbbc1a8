"""Named values: one home for all, and none of them moves a change number."""

from __future__ import annotations

from backend_server.storage.engine.store import Store
from backend_server.storage.key_values import KeyValues


def test_a_value_is_stored_replaced_and_removed_without_a_new_change_number(store: Store) -> None:
    values = KeyValues(store)
    change = store.change_number()
    assert values.get("a") is None
    values.set("a", "1")
    values.set("a", "2")
    assert values.get("a") == "2"
    values.set("a", None)
    assert values.get("a") is None
    assert store.change_number() == change


def test_the_first_value_stays(store: Store) -> None:
    values = KeyValues(store)
    assert values.set_first("key", "first") == "first"
    assert values.set_first("key", "second") == "first"


def test_values_are_listed_by_how_their_names_begin(store: Store) -> None:
    values = KeyValues(store)
    for name in ("secret.a", "secret.b", "secretxc", "other"):
        values.set(name, name)
    assert values.beginning("secret.") == {"secret.a": "secret.a", "secret.b": "secret.b"}
