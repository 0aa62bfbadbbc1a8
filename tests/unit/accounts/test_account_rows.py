"""Accounts as rows, on both databases."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from backend_server.accounts import (
    AccountBook,
    Actor,
    ApiToken,
    FirstAdmin,
    Role,
    Scope,
    ensure_first_admin,
    hash_api_token,
)
from backend_server.accounts.model import User
from backend_server.accounts.unshown import UnshownSecrets, token_mark
from backend_server.errors import ConfigError, Conflict
from backend_server.ledger.model import AuditQuery
from backend_server.primitives.secret import Secret
from backend_server.storage.engine.store import Store
from backend_server.storage.key_values import KeyValues
from backend_server.storage.secret_store import FILE_NAME, SecretStore
from backend_server.storage.tables.accounts import SqlAccounts
from backend_server.storage.tables.ledger import SqlLedger

ADMIN = Actor("root", Role.ADMIN)
TOKEN = ApiToken(
    "0" * 16, "ci", "f" * 64, Role.EDITOR, frozenset({Scope.DEVICES_WRITE}), "root", 1_000, expires_at=2_000
)


@pytest.fixture
def rows(store: Store) -> SqlAccounts:
    return SqlAccounts(store)


def test_a_token_comes_back_as_it_was_stored(rows: SqlAccounts) -> None:
    rows.add_token(TOKEN, by="root")
    assert rows.tokens() == [TOKEN]
    with pytest.raises(Conflict, match="'ci' already"):
        rows.add_token(TOKEN, by="root")
    assert rows.revoke_token(TOKEN.id, by="root")
    assert rows.revoke_token(TOKEN.id, by="root"), "revoking again is no error"
    assert not rows.revoke_token("1" * 16, by="root")
    assert rows.tokens()[0].revoked_at is not None


def test_last_uses_do_not_move_the_change_number(rows: SqlAccounts, store: Store) -> None:
    rows.add_token(TOKEN, by="root")
    rows.put_user(User("ann", Role.VIEWER, "hash"), by="root")
    before = store.change_number()
    rows.touch({TOKEN.id: 1_234}, {"ann": 1_235})
    assert store.change_number() == before
    assert rows.tokens()[0].last_used_at == 1_234


def test_a_user_is_stored_and_changed(rows: SqlAccounts) -> None:
    rows.put_user(User("ann", Role.VIEWER, "hash"), by="root")
    rows.put_user(User("ann", Role.EDITOR, "other", 2, 5), by="root")
    assert rows.users() == [User("ann", Role.EDITOR, "other", 2, 5)]


def test_who_gave_which_right_is_in_the_audit(rows: SqlAccounts, store: Store) -> None:
    rows.add_token(TOKEN, by="ann")
    rows.revoke_token(TOKEN.id, by="bob")
    rows.put_user(User("cid", Role.ADMIN, "hash"), by="ann")
    ledger = SqlLedger(store)
    found, total = ledger.audit_page(AuditQuery())
    assert total == 3
    assert [(row.actor, row.action) for row in found] == [
        ("ann", "user.put"),
        ("bob", "token.revoke"),
        ("ann", "token.create"),
    ]
    assert "f" * 64 not in repr(found)
    assert ledger.audit_page(AuditQuery(actor="bob"))[1] == 1
    assert ledger.audit_page(AuditQuery(object_id=TOKEN.id, page=2, per_page=1))[0][0].action == "token.create"


def test_first_start_over_a_real_store_is_repeatable(rows: SqlAccounts, store: Store) -> None:
    first = ensure_first_admin(FirstAdmin(), rows, KeyValues(store))
    assert first.api_token is not None
    assert AccountBook(rows).actor_of_token(first.api_token.reveal()) == Actor("token:first", Role.ADMIN)
    unshown = UnshownSecrets(KeyValues(store))
    unshown.unmark(token_mark(hash_api_token(first.api_token.reveal())))
    assert ensure_first_admin(FirstAdmin(), rows, KeyValues(store)).api_token is None
    given = FirstAdmin(token=Secret("a token of the operator"))
    ensure_first_admin(given, rows, KeyValues(store))
    ensure_first_admin(given, rows, KeyValues(store))
    assert sorted(token.name for token in rows.tokens()) == ["environment", "first"]


def test_a_secret_is_made_once_and_readable_by_us_alone(store: Store, tmp_path: Path) -> None:
    made = iter(["one", "two"])
    assert SecretStore(store, tmp_path).ensure("secret_key", lambda: next(made)).reveal() == "one"
    assert SecretStore(store, tmp_path).ensure("secret_key", lambda: next(made)).reveal() == "one"
    assert SecretStore(store, tmp_path).find("other") is None
    file = tmp_path / FILE_NAME
    if store.dialect == "sqlite":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    else:
        assert not file.exists()


def test_damaged_secrets_stop_the_start_instead_of_being_made_anew(sqlite_store: Store, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{")
    with pytest.raises(ConfigError, match="restore the file from a backup"):
        SecretStore(sqlite_store, tmp_path).ensure("secret_key", lambda: "new")
