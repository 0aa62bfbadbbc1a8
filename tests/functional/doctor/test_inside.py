"""The doctor at the database and the folders: real SQLite, real PostgreSQL, real files with what goes wrong there."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import insert

from backend_server.doctor.catalogue import Finding
from backend_server.doctor.folder_probe import look_at_files
from backend_server.doctor.inside import look_at_settings, look_at_state
from backend_server.doctor.rules import files_findings, settings_findings, state_findings
from backend_server.primitives.canonical_json import canonical_bytes, content_hash
from backend_server.primitives.secret import Secret
from backend_server.primitives.shipped import shipped
from backend_server.provisioning import DashboardFolder
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from backend_server.storage.leases import WORKER_LEASE, Lease
from backend_server.storage.schema import links

# What depends on the machine the tests run on.
_OF_THE_MACHINE = {"disk-vanishes", "disk-nearly-full"}


def of_state(settings: Settings) -> dict[str, Finding]:
    facts, _ = look_at_state(settings)
    found = {one.kind.id: one for one in state_findings(facts)}
    return {kind_id: one for kind_id, one in found.items() if kind_id not in _OF_THE_MACHINE}


def settings_for(database: tuple[str | None, Path]) -> Settings:
    url, folder = database
    return Settings(
        data_dir=folder,
        dashboards_dir=folder / "dashboards",
        database_url=Secret(url) if url else None,
        prometheus_url="http://127.0.0.1:9",  # nobody listens there
    )


def a_link(token: str, **more: object) -> dict[str, object]:
    return {
        "id": token, "token": token, "slug": f"s-{token}", "maker": "dev", "slot": "main", "object_id": "rig-1",
        "document_uid": "dev-rig-1", "is_default": False, "label": "", "profile": {}, "frame_ancestors": [],
        "created_by": "test", "created_at": 1, "updated_at": 1, "views": 0, "change": 1, **more,
    }  # fmt: skip


def test_what_the_store_tells_on_both_databases(store: Store, database: tuple[str | None, Path]) -> None:
    settings = settings_for(database)
    assert set(of_state(settings)) == {"worker-not-leading", "prometheus-unreachable"}
    assert Lease(store, WORKER_LEASE, "me").acquire() == 1
    with store.write() as write:
        write.connection.execute(insert(links), [a_link("a" * 32, expires_at=None), a_link("b" * 32, expires_at=2**40)])
    found = of_state(settings)
    assert set(found) == {"links-without-expiry", "prometheus-unreachable"}
    assert found["links-without-expiry"].what == "1 link(s) never expire."
    _, ahead = look_at_state(settings)
    assert ahead is not None
    assert abs(ahead) < 2


def test_wal_that_is_off_is_told_and_not_switched_on(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "dashwright.db"
    shutil.copy(sqlite_template, path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    for _ in range(2):
        found = of_state(settings_for((None, tmp_path)))
        assert set(found) == {"wal-off", "prometheus-unreachable"}
        assert "'delete'" in found["wal-off"].what


def test_a_missing_database_is_told_and_not_made(tmp_path: Path) -> None:
    found = of_state(settings_for((None, tmp_path)))
    assert "There is no database at" in found["database-unusable"].what
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "dashwright.db").write_bytes(b"not a database, but long enough to be taken for one" * 40)
    assert "database-unusable" in of_state(settings_for((None, tmp_path)))


def test_a_database_of_another_version_is_told(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "dashwright.db")
    connection = sqlite3.connect(tmp_path / "dashwright.db")
    connection.execute("UPDATE alembic_version SET version_num = 'from-the-future'")
    connection.commit()
    connection.close()
    assert "database-unusable" in of_state(settings_for((None, tmp_path)))


def test_private_files_that_others_may_read(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "dashwright.db")
    (tmp_path / "secrets.json").write_text("{}")
    tmp_path.chmod(0o755)
    for name in ("dashwright.db", "secrets.json"):
        (tmp_path / name).chmod(0o600)
    assert "secrets-readable" not in of_state(settings_for((None, tmp_path)))
    (tmp_path / "secrets.json").chmod(0o644)
    assert "secrets.json" in of_state(settings_for((None, tmp_path)))["secrets-readable"].what
    tmp_path.chmod(0o700)
    assert "secrets-readable" not in of_state(settings_for((None, tmp_path)))


def test_default_passwords_of_examples_are_found_in_the_settings() -> None:
    settings = Settings(
        admin_password=Secret("admin"),
        database_url=Secret("postgresql://dashwright:postgres@db/dashwright"),
        public_url="https://dash.example.com",
    )
    found = list(settings_findings(look_at_settings(settings)))
    assert [one.kind.id for one in found] == ["weak-secret", "weak-secret"]
    assert "postgresql://" not in str([one.as_json() for one in found])


# The folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    DashboardFolder(tmp_path / "dashboards").prepare()
    return tmp_path / "dashboards"


def sheet(uid: str, title: str) -> bytes:
    value = {"uid": uid, "title": title, "dashwright": {"content": "", "maker": "dev"}}
    value["dashwright"] = {"content": content_hash(canonical_bytes(value)), "maker": "dev"}
    return canonical_bytes(value)


def of_files(folder: Path, provisioning: Path | None = None) -> dict[str, str]:
    facts = look_at_files(folder, with_grafana=True, provisioning=provisioning)
    return {one.kind.id: one.what for one in files_findings(facts)}


def test_a_folder_as_prepared_has_no_findings(folder: Path) -> None:
    DashboardFolder(folder).swap("shard-07/dev-rig-1-aaaa.json", sheet("dev-rig-1-aaaa", "Rig 1"))
    assert of_files(folder) == {}


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    assert set(of_files(tmp_path / "nowhere")) == {"dashboards-unwritable"}
    assert not (tmp_path / "nowhere").exists()


def test_foreign_files_and_duplicates(folder: Path) -> None:
    DashboardFolder(folder).swap("shard-07/dev-rig-1-aaaa.json", sheet("dev-rig-1-aaaa", "Rig 1"))
    (folder / "shard-02" / "copy.json").write_bytes(sheet("dev-rig-1-aaaa", "Another"))
    (folder / "shard-03" / "same title.json").write_text('{"uid": "x", "title": "Rig 1"}')
    (folder / "shard-04" / ".hidden.json").write_text("[]")
    (folder / "shard-04" / "note.txt").write_text("not read by Grafana")
    found = of_files(folder)
    assert set(found) == {"foreign-files", "duplicates"}
    assert "3 file(s): shard-02/copy.json" in found["foreign-files"]
    facts = look_at_files(folder, with_grafana=True, provisioning=None)
    told = " ".join(one.what for one in files_findings(facts))
    assert "uid 'dev-rig-1-aaaa'" in told
    assert "title 'Rig 1'" in told


def test_what_grafanas_user_could_not_read(folder: Path) -> None:
    (folder / "shard-05").chmod(0o700)
    (folder / "shard-06" / "a.json").write_text("{}")
    os.chmod(folder / "shard-06" / "a.json", 0o600)
    (folder / "shard-09").rmdir()
    told = of_files(folder)["dashboards-unreadable"]
    assert "shard-09 (missing)" in told
    assert "shard-05" in told
    assert "shard-06/a.json" in told


def test_the_provider_file_missing_or_changed(folder: Path, tmp_path: Path) -> None:
    provisioning = tmp_path / "provisioning"
    shutil.copytree(shipped("config", "grafana", "provisioning"), provisioning)
    assert of_files(folder, provisioning) == {}
    file = provisioning / "dashboards" / "dashboard.yml"
    text = file.read_text()
    file.write_text(text.replace("disableDeletion: true", "disableDeletion: false", 1))
    assert "shard-00: disableDeletion is False" in of_files(folder, provisioning)["provider-changed"]
    file.write_text(text.replace("name: packs", "name: other"))
    assert "packs missing" in of_files(folder, provisioning)["provider-changed"]
    file.write_text("providers: [")
    assert set(of_files(folder, provisioning)) == {"provider-changed"}
    file.unlink()
    assert set(of_files(folder, provisioning)) == {"provider-missing"}
    shutil.rmtree(provisioning)
    assert set(of_files(folder, provisioning)) == {"provider-missing"}
