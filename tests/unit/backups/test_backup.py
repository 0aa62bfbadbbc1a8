"""Backup and restore on both databases and between them: same rows, same addresses, another name for the database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend_server.backups.backup import Contents, dump, restore
from backend_server.errors import ConfigError, Conflict, InputError
from backend_server.primitives.canonical_json import canonical_bytes
from backend_server.primitives.ids import DeviceId
from backend_server.registry import DeviceRegistry, RegistryOptions
from backend_server.storage.engine.store import Store
from backend_server.storage.leases import WORKER_LEASE, Lease
from backend_server.storage.schema import documents, metadata
from backend_server.storage.secret_store import SecretStore
from backend_server.storage.tables.audit import add_events
from backend_server.storage.transactions import Records
from tests.support.fleet import two_slots
from tests.support.postgres import Postgres

BASE = "https://dash.example.com"
# What a restore changes on purpose.
_RENEWED = {"store", "leases", "documents"}


def fill(store: Store, folder: Path) -> SecretStore:
    """Put a small fleet in, with every kind of value a column can hold."""
    registry = DeviceRegistry(Records(store), two_slots, RegistryOptions())
    sent = {"labels": {"site": "nord 'ost'"}}
    devices = {DeviceId(f"rig-{n}"): {"hostname": f'Rig "{n}" \u05e9\u05dc', **sent} for n in range(40)}
    registry.upserter.upsert_many(devices, "test")
    registry.retire("rig-7", "ann")
    with store.write() as write:
        add_events(
            write, actor="ann", action="try", kind="device", object_ids=["rig-1"], details={"a": [1, None, True]}
        )
    secrets = SecretStore(store, folder)
    secrets.ensure("secret_key", lambda: "key-made-at-the-first-start")
    return secrets


def rows_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.read() as connection:
        return {
            table.name: sorted(
                ({str(name): value for name, value in row.items()} for row in found.mappings()),
                key=canonical_bytes,
            )
            for table in metadata.sorted_tables
            for found in [connection.execute(select(table))]
        }


def without_secrets(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Leave out what a restore renews, and where each database keeps its secrets."""
    found = {name: given for name, given in rows.items() if name not in _RENEWED}
    found["kept"] = [row for row in found["kept"] if not row["name"].startswith("secret.")]
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[tuple[Store, Path]]:
    """A second, fresh database on each of both."""
    folder = tmp_path / "target"
    folder.mkdir()
    if request.param == "sqlite":
        shutil.copy(sqlite_template, folder / "dashwright.db")
        store = Store.open(None, folder)
        yield store, folder
        store.close()
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.make_database(request.getfixturevalue("postgres_template"))
    store = Store.open(server.url(name), folder)
    yield store, folder
    store.close()
    server.drop_database(name)


def test_every_database_goes_into_every_other(store: Store, tmp_path: Path, target: tuple[Store, Path]) -> None:
    secrets = fill(store, tmp_path)
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "mine.json").write_bytes(b'{"title": "x"}')
    (templates / "notes.txt").write_bytes(b"not a template")
    told = Contents()
    lines = list(dump(store, secrets, templates, told))
    other, folder = target
    memory = other.change_number()
    epoch = other.epoch()
    found = restore(other, SecretStore(other, folder), folder / "templates", lines, replace=False)

    assert without_secrets(rows_of(other)) == without_secrets(rows_of(store))
    assert found.rows == told.rows
    assert found.rows["devices"] == 40
    assert other.epoch() not in (epoch, store.epoch())
    assert other.change_number() > max(memory, store.change_number())
    assert SecretStore(other, folder).find("secret_key").reveal() == "key-made-at-the-first-start"
    assert [path.name for path in (folder / "templates").iterdir()] == ["mine.json"]
    other.check()
    with other.read() as connection:
        present = connection.execute(select(documents).where(documents.c.wanted == "present")).mappings().all()
    assert present
    assert all(row["dirty"] and row["loaded_hash"] is None for row in present)


def test_links_keep_their_addresses_and_new_rows_can_follow(
    store: Store, tmp_path: Path, target: tuple[Store, Path]
) -> None:
    secrets = fill(store, tmp_path)
    other, folder = target
    restore(other, SecretStore(other, folder), None, list(dump(store, secrets, None, Contents())), replace=False)
    before = DeviceRegistry(Records(store), two_slots, RegistryOptions())
    after = DeviceRegistry(Records(other), two_slots, RegistryOptions())
    for number in (0, 7, 39):
        old = before.put(f"rig-{number}", {"hostname": "Renamed"}, "test")
        new = after.put(f"rig-{number}", {"hostname": "Renamed"}, "test")
        assert not new.created
        assert new.view.link.token == old.view.link.token
    assert after.put("rig-new", {}, "test").created


def test_what_is_there_is_not_replaced_unasked(store: Store, tmp_path: Path) -> None:
    secrets = fill(store, tmp_path)
    lines = list(dump(store, secrets, None, Contents()))
    before = rows_of(store)
    with pytest.raises(Conflict, match="--replace"):
        restore(store, secrets, None, lines, replace=False)
    assert rows_of(store) == before
    restore(store, secrets, None, lines, replace=True)
    assert without_secrets(rows_of(store)) == without_secrets(before)


def test_a_running_worker_forbids_it(store: Store, tmp_path: Path) -> None:
    lines = list(dump(store, SecretStore(store, tmp_path), None, Contents()))
    assert Lease(store, WORKER_LEASE, "me").acquire()
    with pytest.raises(Conflict, match="stop the service"):
        restore(store, SecretStore(store, tmp_path), None, lines, replace=True)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda lines: lines[:-1], InputError, "has no end"),
        (lambda lines: [*lines[:3], *lines[4:]], InputError, "not all of its rows"),
        (lambda lines: [], InputError, "does not begin"),
        (lambda lines: [*lines, lines[2]], InputError, "after its end"),
        (lambda lines: [lines[0], b'{"table": "other", "row": {}}', *lines[1:]], InputError, "no version of Dash"),
        (lambda lines: [lines[0], b'{"table": "kept", "row": {"x": 1}}', *lines[1:]], InputError, "no version"),
        (lambda lines: [lines[0], b"not json", *lines[1:]], InputError, "cannot be read"),
        (lambda lines: [lines[0], b'{"template": "../../x.json", "body": ""}', *lines[1:]], InputError, "not a file"),
        (
            lambda lines: [json.dumps({"made_at": 1, "revision": "9999_future"}).encode(), *lines[1:]],
            ConfigError,
            "later version",
        ),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_right_changes_nothing(
    store: Store, tmp_path: Path, change: Any, error: type[Exception], words: str
) -> None:
    secrets = fill(store, tmp_path)
    lines = list(dump(store, secrets, None, Contents()))
    before, number, epoch = rows_of(store), store.change_number(), store.epoch()
    with pytest.raises(error, match=words):
        restore(store, secrets, tmp_path / "templates", change(lines), replace=True)
    assert rows_of(store) == before
    assert (store.change_number(), store.epoch()) == (number, epoch)
    assert secrets.find("secret_key") is not None
    assert not (tmp_path / "templates").exists()
    store.check()


def test_an_older_backup_is_migrated(store: Store, tmp_path: Path) -> None:
    """The first version had no provided documents, no refresh, no note, no topics, and no asked-for ones."""
    secrets = fill(store, tmp_path)
    head, *lines = dump(store, secrets, None, Contents())
    first = json.loads(head) | {"revision": "0001"}
    older = []
    for line in map(json.loads, lines):
        if line.get("table") != "provided_documents":
            of_later = ("refresh", "note", "asked_at")
            later = [name for name in line.get("row", {}) if name in of_later or name.endswith("s_change")]
            for name in later:
                del line["row"][name]
            older.append(json.dumps(line).encode())
    before = rows_of(store)
    restore(store, secrets, None, [json.dumps(first).encode(), *older], replace=True)
    store.check()
    assert without_secrets(rows_of(store)) == without_secrets(before)
