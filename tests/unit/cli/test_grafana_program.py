"""Our own Grafana's environment: what its datasources need of the database that we use ourselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend_server.cli.grafana_program import prepare_grafana
from backend_server.settings import load_settings
from backend_server.storage.store import Store


def environment_with(folder: Path, **given: str) -> dict[str, str]:
    settings = load_settings({"DATA_DIR": str(folder), "DASHBOARDS_DIR": str(folder / "dashboards"), **given})
    store = Store.open(None, folder)
    try:
        store.migrate()
        return prepare_grafana(settings, store)[0]
    finally:
        store.close()


def test_grafana_gets_every_part_of_the_database_bare(tmp_path: Path) -> None:
    url = "postgresql://o%40rg:p%3A%2Fw%24%20x@db.example.com:6543/main%20one?sslmode=verify-full"
    found = environment_with(tmp_path, DATABASE_URL=url)
    assert {name: value for name, value in found.items() if name.startswith("SUPABASE")} == {
        "SUPABASE_DB_HOST": "db.example.com",
        "SUPABASE_DB_PORT": "6543",
        "SUPABASE_DB_NAME": "main one",
        "SUPABASE_DB_USER": "o@rg",
        "SUPABASE_DB_PASSWORD": "p:/w$ x",
        "SUPABASE_DB_SSLMODE": "verify-full",
    }


def test_the_parts_come_back_as_they_were_given(tmp_path: Path) -> None:
    given = {
        "SUPABASE_DB_HOST": "db.supabase.example",
        "SUPABASE_DB_PORT": "6543",
        "SUPABASE_DB_NAME": "postgres",
        "SUPABASE_DB_USER": "postgres.abc",
        "SUPABASE_DB_PASSWORD": "p@ss:/%41$w",
    }
    assert environment_with(tmp_path, **given).items() >= {**given, "SUPABASE_DB_SSLMODE": "require"}.items()


@pytest.mark.parametrize(
    ("address", "host", "mode"),
    [
        ("db.example.com", "db.example.com", "require"),
        ("db.example.com/x?sslmode=prefer", "db.example.com", "require"),
        ("postgres", "postgres", "disable"),
        ("postgres/x?sslmode=require", "postgres", "require"),
        ("127.0.0.1", "127.0.0.1", "disable"),
        ("10.1.2.3", "10.1.2.3", "disable"),
        ("[2a00::1]", "[2a00::1]", "require"),
        ("/x?host=/var/run/postgresql", "/var/run/postgresql", "disable"),
    ],
)
def test_grafana_gets_only_a_mode_that_it_knows(tmp_path: Path, address: str, host: str, mode: str) -> None:
    found = environment_with(tmp_path, DATABASE_URL=f"postgresql://u:p@{address}")
    assert (found["SUPABASE_DB_HOST"], found["SUPABASE_DB_SSLMODE"]) == (host, mode)
