"""A secret's age begins when it comes into use, and the database never holds the secret."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from backend_server.primitives.secret import Secret
from backend_server.storage.engine.store import Store
from backend_server.storage.schema import key_values
from backend_server.storage.tables.secret_ages import NAME, note_secrets


def test_the_age_stays_over_restarts_and_begins_anew_with_another_secret(store: Store) -> None:
    first = note_secrets(store, {"A": Secret("one"), "B": Secret("two")})
    change = store.change_number()

    assert note_secrets(store, {"A": Secret("one"), "B": Secret("two")}) == first
    later = note_secrets(store, {"A": Secret("one"), "B": Secret("three")})
    assert later["A"] == first["A"]
    assert later["B"] >= first["B"]
    assert note_secrets(store, {"A": Secret("one")}) == {"A": first["A"]}
    assert store.change_number() == change


def test_another_secret_gets_another_fingerprint_and_neither_is_stored(store: Store) -> None:
    def stored() -> Any:
        with store.read() as connection:
            return connection.execute(select(key_values.c.value).where(key_values.c.name == NAME)).scalar_one()

    note_secrets(store, {"A": Secret("a-very-secret-word")})
    before = stored()
    note_secrets(store, {"A": Secret("another-secret-word")})

    assert stored() != before
    assert "secret-word" not in before + stored()
