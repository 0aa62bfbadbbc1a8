"""Our own Grafana's environment: what its datasources need of the database that we use ourselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml

from backend_server.datasources.postgres_reader import ReaderRole
from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.runtime.programs.grafana import PreparedGrafana, database_parts, prepare_grafana
from backend_server.settings import load_settings
from backend_server.storage.engine.store import Store
from backend_server.wiring.accounts import secret_keeper, unshown_secrets
from tests.support.postgres import Postgres

READER = ReaderRole("reader.abc", Secret("p@ss:/%41$w"))


def prepare(folder: Path, **given: str) -> PreparedGrafana:
    settings = load_settings({"DATA_DIR": str(folder), "DASHBOARDS_DIR": str(folder / "dashboards"), **given})
    store = Store.open(settings.database_url.reveal() if settings.database_url else None, folder)
    try:
        store.migrate()
        return prepare_grafana(settings, secret_keeper(settings, store), unshown_secrets(store))
    finally:
        store.close()


def sources_below(folder: Path) -> set[str]:
    return {file.name for file in (folder / "run" / "grafana" / "provisioning" / "datasources").iterdir()}


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    name = postgres.make_database()
    yield postgres.url(name)
    with psycopg.connect(postgres.url(name), autocommit=True) as connection:
        made = [row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '_reader_|^test_'")]
        for role in made:
            connection.execute(f'DROP OWNED BY "{role}"')
    postgres.drop_database(name)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        for role in made:
            connection.execute(f'DROP ROLE "{role}"')


def test_grafana_gets_every_part_of_the_database_bare_and_never_its_owner() -> None:
    url = "postgresql://o%40rg:p%3A%2Fw%24%20x@db.example.com:6543/main%20one?sslmode=verify-full"
    assert database_parts(url, READER) == {
        "SUPABASE_DB_HOST": "db.example.com",
        "SUPABASE_DB_PORT": "6543",
        "SUPABASE_DB_NAME": "main one",
        "SUPABASE_DB_USER": "reader.abc",
        "SUPABASE_DB_PASSWORD": "p@ss:/%41$w",
        "SUPABASE_DB_SSLMODE": "verify-full",
    }


def test_grafana_asks_the_database_as_a_reader_that_does_not_see_ours(tmp_path: Path, database: str) -> None:
    found = prepare(tmp_path, DATABASE_URL=database)
    assert found.warnings == ()
    assert "supabase.yml" in sources_below(tmp_path)
    env = found.environment
    place = {"host": env["SUPABASE_DB_HOST"], "port": env["SUPABASE_DB_PORT"], "dbname": env["SUPABASE_DB_NAME"]}
    who = {"user": env["SUPABASE_DB_USER"], "password": env["SUPABASE_DB_PASSWORD"]}
    with psycopg.connect(**place, **who) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (env["SUPABASE_DB_USER"],)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM dashwright.kept")
    again = prepare(tmp_path, DATABASE_URL=database)
    assert again.environment == env, "a restart keeps role and password"


@pytest.mark.parametrize("own", ["test_narrow", "dashwright", "nobody"])
def test_a_role_of_ones_own_is_taken_when_it_sees_nothing_of_ours(tmp_path: Path, database: str, own: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE ROLE test_narrow LOGIN")
    found = prepare(tmp_path, DATABASE_URL=database, DASHBOARDS_DB_USER=own, DASHBOARDS_DB_PASSWORD="p")
    if own == "test_narrow":
        assert (found.environment["SUPABASE_DB_USER"], found.environment["SUPABASE_DB_PASSWORD"]) == (own, "p")
        assert found.warnings == ()
    else:
        assert "SUPABASE_DB_USER" not in found.environment
        assert "supabase.yml" not in sources_below(tmp_path)
        assert "DASHBOARDS_DB_USER" in found.warnings[0]


def test_what_viewers_may_change_is_told(tmp_path: Path, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.open (id int); GRANT INSERT ON public.open TO PUBLIC")
    found = prepare(tmp_path, DATABASE_URL=database)
    assert "supabase.yml" in sources_below(tmp_path)
    (warning,) = found.warnings
    assert "may change public.open in PostgreSQL" in warning


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "grafana").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        prepare(tmp_path)


def test_without_a_reader_grafana_gets_no_datasource_and_loses_the_one_it_had(tmp_path: Path, database: str) -> None:
    prepare(tmp_path, DATABASE_URL=database)
    # From now on the owner may make no roles.
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE ROLE test_plain LOGIN; ALTER SCHEMA dashwright OWNER TO test_plain")
        for (table,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'dashwright'"
        ).fetchall():
            connection.execute(f'ALTER TABLE dashwright."{table}" OWNER TO test_plain')
        connection.execute("""DO $$ DECLARE r text; BEGIN FOR r IN SELECT rolname FROM pg_roles
            WHERE rolname ~ '^dashwright_reader_' LOOP EXECUTE format('DROP OWNED BY %I', r);
            EXECUTE format('DROP ROLE %I', r); END LOOP; END $$""")
    found = prepare(tmp_path, DATABASE_URL=database.replace("dashwright@", "test_plain@"))
    assert "SUPABASE_DB_USER" not in found.environment
    (warning,) = found.warnings
    assert "CREATEROLE" in warning
    assert sources_below(tmp_path) == {"prometheus.yml", "supabase-removed.yml"}
    removal = tmp_path / "run" / "grafana" / "provisioning" / "datasources" / "supabase-removed.yml"
    (one,) = yaml.safe_load(removal.read_text())["deleteDatasources"]
    shipped_as = yaml.safe_load(Path("config/grafana/provisioning/datasources/supabase.yml").read_text())
    assert one["name"] == shipped_as["datasources"][0]["name"]
    prepare(tmp_path, DATABASE_URL=database)
    assert sources_below(tmp_path) == {"prometheus.yml", "supabase.yml"}


def test_a_running_grafana_never_finds_its_provider_file_missing_or_other(tmp_path: Path) -> None:
    prepare(tmp_path)
    file = tmp_path / "run" / "grafana" / "provisioning" / "dashboards" / "dashboard.yml"
    right, before = file.read_bytes(), file.stat()
    wrong: list[object] = []
    ending, looked = threading.Event(), threading.Event()

    def look() -> None:
        while not ending.is_set():
            try:
                found: object = file.read_bytes()
            except OSError as fault:
                found = fault
            if found != right:
                wrong.append(found)
            looked.set()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(5):
            looked.clear()
            prepare(tmp_path)
            assert looked.wait(30)
    finally:
        ending.set()
        looking.join()
    assert wrong == []
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "it is not written"


def test_a_damaged_provider_file_is_swapped_whole_and_files_of_others_stay(tmp_path: Path) -> None:
    prepare(tmp_path)
    folder = tmp_path / "run" / "grafana" / "provisioning"
    file, other = folder / "dashboards" / "dashboard.yml", folder / "datasources" / "loki.yml"
    right = file.read_bytes()
    other.write_text("apiVersion: 1\n")
    file.write_bytes(right[:100])
    seen: set[bytes] = set()
    ending = threading.Event()

    def look() -> None:
        while not ending.is_set():
            seen.add(file.read_bytes())  # raises where it is missing, and then `right` is not seen

    looking = threading.Thread(target=look)
    looking.start()
    try:
        prepare(tmp_path)
        while right not in seen and looking.is_alive():
            looking.join(0.01)
    finally:
        ending.set()
        looking.join()
    assert seen <= {right[:100], right}
    assert right in seen
    assert other.is_file()
    assert not list(folder.rglob("*.tmp"))


def test_grafana_listens_where_we_look_for_it(tmp_path: Path) -> None:
    url = "http://127.0.0.1:3999/grafana"
    assert prepare(tmp_path, GRAFANA_HOME="/x", GRAFANA_URL=url).environment["GF_SERVER_HTTP_PORT"] == "3999"
    assert prepare(tmp_path, GRAFANA_HOME="/x").environment["GF_SERVER_HTTP_PORT"] == "3300"


def test_without_postgresql_there_is_nothing_of_it(tmp_path: Path) -> None:
    found = prepare(tmp_path)
    assert found.warnings == ()
    assert sources_below(tmp_path) == {"prometheus.yml"}


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
def test_grafana_gets_only_a_mode_that_it_knows(address: str, host: str, mode: str) -> None:
    found = database_parts(f"postgresql://u:p@{address}", READER)
    assert (found["SUPABASE_DB_HOST"], found["SUPABASE_DB_SSLMODE"]) == (host, mode)


def test_every_folder_is_there_that_grafana_looks_into_at_its_start(tmp_path: Path) -> None:
    prepare(tmp_path)
    found = {one.name for one in (tmp_path / "run" / "grafana" / "provisioning").iterdir()}
    assert found >= {"alerting", "dashboards", "datasources", "plugins"}
    prepare(tmp_path)
