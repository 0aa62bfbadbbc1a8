"""The role of the PostgreSQL dashboards, on a real server: what it reads, and what it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from backend_server.datasources import postgres_reader as reader_role
from backend_server.datasources.postgres_reader import ReaderRole, ensure_reader, prove_reader
from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.storage.engine import migrate as migrating
from backend_server.storage.engine.postgres import SCHEMA
from backend_server.storage.engine.store import Store
from tests.support.postgres import Postgres

PASSWORD = Secret("p" * 24)
OTHERS = """
    CREATE SCHEMA shop;
    CREATE TABLE shop.sales (id int, amount int);
    INSERT INTO shop.sales VALUES (1, 10);
    CREATE TABLE public.device (name text);
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (hash text);
"""


@dataclass(frozen=True)
class Server:
    """A database that is ours, with tables of other software in it."""

    url: str
    postgres: Postgres
    name: str

    def ask(self, statement: str, user: str | None = None) -> list[tuple[object, ...]]:
        given = {"user": user, "password": PASSWORD.reveal()} if user else {}
        with psycopg.connect(make_conninfo(self.url, **given), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def as_user(self, user: str) -> str:
        parts = urlsplit(self.url)
        return f"postgresql://{user}@{parts.hostname}:{parts.port}{parts.path}"


@pytest.fixture
def server(postgres: Postgres, postgres_template: str) -> Iterator[Server]:
    name = postgres.make_database(postgres_template)
    found = Server(postgres.url(name), postgres, name)
    found.ask(OTHERS)
    yield found
    made = [row[0] for row in found.ask("SELECT rolname FROM pg_roles WHERE rolname ~ '^(dashwright_reader|test_)'")]
    for role in made:
        found.ask(f'DROP OWNED BY "{role}" CASCADE')
    postgres.drop_database(name)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        for role in made:
            connection.execute(f'DROP ROLE "{role}"')


@pytest.fixture
def reader(server: Server) -> ReaderRole:
    return ensure_reader(server.url, PASSWORD)


@pytest.mark.parametrize("table", ["kept", "links", "users", "api_tokens", "devices", "publications", "store"])
def test_it_cannot_read_our_tables(server: Server, reader: ReaderRole, table: str) -> None:
    server.ask(f"SELECT * FROM {SCHEMA}.{table}")  # there it is
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.ask(f"SELECT * FROM {SCHEMA}.{table}", reader.user)


def test_it_reads_the_tables_of_others_but_no_sign_in_data(server: Server, reader: ReaderRole) -> None:
    assert server.ask("SELECT amount FROM shop.sales", reader.user) == [(10,)]
    assert server.ask("SELECT name FROM device", reader.user) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.ask("SELECT * FROM auth.users", reader.user)


def test_it_reads_tables_that_are_made_later(server: Server, reader: ReaderRole) -> None:
    server.ask("CREATE TABLE shop.later (id int)")
    assert server.ask("SELECT * FROM shop.later", reader.user) == []
    server.ask("CREATE TABLE dashwright.later (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.ask("SELECT * FROM dashwright.later", reader.user)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO shop.sales VALUES (2, 2)",
        "UPDATE shop.sales SET amount = 0",
        "DELETE FROM shop.sales",
        "TRUNCATE shop.sales",
        "DROP TABLE shop.sales",
        "CREATE TABLE shop.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "ALTER ROLE dashwright PASSWORD 'x'",
        "SET ROLE dashwright",
        "DELETE FROM dashwright.links",
        "COPY shop.sales TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
def test_it_changes_nothing_even_after_lifting_its_own_fence(
    server: Server, reader: ReaderRole, statement: str
) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
        server.ask(statement, reader.user)
    given = make_conninfo(server.url, user=reader.user, password=PASSWORD.reveal())
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    assert server.ask("SELECT amount FROM shop.sales") == [(10,)]


def test_its_sessions_are_read_only_and_bounded_in_time(server: Server, reader: ReaderRole) -> None:
    assert server.ask("SHOW default_transaction_read_only", reader.user) == [("on",)]
    assert server.ask("SHOW statement_timeout", reader.user) == [("30s",)]
    assert reader.writable == ()


def test_making_it_again_changes_nothing_but_what_is_missing(server: Server, reader: ReaderRole) -> None:
    server.ask("CREATE ROLE test_other; CREATE SCHEMA AUTHORIZATION test_other")
    server.ask("GRANT USAGE ON SCHEMA dashwright TO PUBLIC")  # somebody's slip
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: ensure_reader(server.url, PASSWORD), range(4)))
    assert again == [reader] * 4
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.ask("SELECT * FROM dashwright.kept", reader.user)


def test_each_database_of_a_server_has_its_own(server: Server, reader: ReaderRole, postgres_template: str) -> None:
    other = server.postgres.make_database(postgres_template)
    try:
        made = ensure_reader(server.postgres.url(other), Secret("q" * 24))
        assert made.user != reader.user
    finally:
        server.postgres.drop_database(other)


def test_an_owner_who_may_make_no_roles_is_told(server: Server) -> None:
    server.ask("CREATE ROLE test_plain LOGIN; GRANT ALL ON SCHEMA dashwright TO test_plain")
    with pytest.raises(ConfigError, match="could not be made"):
        ensure_reader(server.as_user("test_plain"), PASSWORD)


def test_an_owner_who_is_no_superuser_suffices(server: Server) -> None:
    server.ask("CREATE ROLE test_owner LOGIN CREATEROLE; ALTER SCHEMA dashwright OWNER TO test_owner")
    server.ask("CREATE SCHEMA own AUTHORIZATION test_owner")
    owner = Server(server.as_user("test_owner"), server.postgres, server.name)
    owner.ask("CREATE TABLE own.one (id int)")
    reader = ensure_reader(owner.url, PASSWORD)
    assert server.ask("SELECT * FROM own.one", reader.user) == []
    # What is not theirs to give is not given, and nothing else is disturbed by it.
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.ask("SELECT * FROM shop.sales", reader.user)
    assert ensure_reader(owner.url, PASSWORD) == reader


def test_a_role_that_somebody_else_made_is_used_as_it_is(server: Server, reader: ReaderRole) -> None:
    server.ask("CREATE ROLE test_plain LOGIN; ALTER SCHEMA dashwright OWNER TO test_plain")
    assert ensure_reader(server.as_user("test_plain"), PASSWORD) == reader


def test_what_a_pooler_wants_behind_our_name_stands_behind_the_readers_too(server: Server) -> None:
    server.ask('CREATE ROLE test_owner CREATEROLE; CREATE ROLE "test_owner.project" LOGIN IN ROLE test_owner')
    # Such a pooler signs in as the plain role.
    server.ask('ALTER ROLE "test_owner.project" SET role = test_owner; ALTER SCHEMA dashwright OWNER TO test_owner')
    with pytest.raises(ConfigError, match=r"cannot sign in as 'dashwright_reader_[0-9a-f]{8}\.project'"):
        ensure_reader(server.as_user("test_owner.project"), PASSWORD)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("SUPERUSER", "is a superuser"),
        ("CREATEROLE", "may make roles"),
        ("REPLICATION", "may copy the whole server"),
        ("IN ROLE pg_read_server_files", "files and programs"),
        ("IN ROLE pg_read_all_data", "can read the schema dashwright"),
        ("IN ROLE dashwright", "can read the schema dashwright"),
    ],
)
def test_a_role_of_ones_own_that_sees_too_much_is_refused(server: Server, made: str, words: str) -> None:
    if made == "IN ROLE dashwright":
        server.ask("CREATE ROLE test_owner; ALTER SCHEMA dashwright OWNER TO test_owner")
        made = "NOINHERIT IN ROLE test_owner"
    server.ask(f"CREATE ROLE test_own LOGIN {made}")
    with pytest.raises(ConfigError, match=words):
        prove_reader(server.url, "test_own", PASSWORD)


def test_what_a_role_of_ones_own_may_change_is_named(server: Server) -> None:
    server.ask(
        "CREATE ROLE test_own LOGIN; GRANT USAGE ON SCHEMA shop TO test_own; GRANT UPDATE ON shop.sales TO test_own"
    )
    assert prove_reader(server.url, "test_own", PASSWORD).writable == ("shop.sales",)


def test_the_owner_itself_is_refused(server: Server) -> None:
    with pytest.raises(ConfigError, match="superuser"):
        prove_reader(server.url, "dashwright", PASSWORD)


def test_a_role_that_is_not_there_is_told(server: Server) -> None:
    with pytest.raises(ConfigError, match="cannot sign in as 'nobody'"):
        prove_reader(server.url, "nobody", PASSWORD)


def test_what_the_reader_sets_for_itself_does_not_last(server: Server, reader: ReaderRole) -> None:
    server.ask("SET TRANSACTION READ WRITE; ALTER ROLE CURRENT_USER SET search_path = 'nowhere'", reader.user)
    assert "nowhere" in str(server.ask("SHOW search_path", reader.user))
    ensure_reader(server.url, PASSWORD)
    assert "nowhere" not in str(server.ask("SHOW search_path", reader.user))
    assert server.ask("SHOW default_transaction_read_only", reader.user) == [("on",)]


def test_a_lock_that_somebody_holds_ends_in_words_and_not_in_a_start_that_hangs(
    server: Server, reader: ReaderRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_role, "_LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(migrating, "_LOCK_SECONDS", 1)
    given = {"user": reader.user, "password": PASSWORD.reveal()}
    with psycopg.connect(make_conninfo(server.url, **given), autocommit=True) as holding:
        for lock in (reader_role._LOCK, migrating._LOCK):
            holding.execute(f"SELECT pg_advisory_lock({lock})")
        with pytest.raises(ConfigError, match="lock timeout"):
            ensure_reader(server.url, PASSWORD)
        store = Store.open(server.url, Path("unused"))
        try:
            with pytest.raises(ConfigError, match="has held the lock of Dashwright's tables for 1 s"):
                store.migrate()
        finally:
            store.close()
    ensure_reader(server.url, PASSWORD)
