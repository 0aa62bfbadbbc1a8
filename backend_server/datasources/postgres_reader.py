"""The role by which dashboards read PostgreSQL: it reads other software's tables, writes nothing, and never sees ours.

Whoever may ask Grafana's datasource may ask it anything, so what counts is what the role may do, not what a panel asks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.storage.engine.postgres import SCHEMA, connect, connection_text

_NAME = "dashwright_reader"
_LOCK_TIMEOUT = "10s"
_STATEMENT_TIMEOUT = "30s"
_LOCK = 0x64775F72  # one at a time: two that make a role at once disturb each other
# Schemas in which PostgreSQL, extensions and Supabase keep what is nobody's dashboard, sign-in data among it.
_NEVER = (
    "information_schema", "auth", "storage", "vault", "realtime", "_realtime", "supabase_functions",
    "supabase_migrations", "graphql",
    "graphql_public", "pgsodium", "pgsodium_masks", "net", "cron", "extensions", "pgbouncer", "_analytics",
    "_supavisor", SCHEMA,
)  # fmt: skip
_SCHEMAS = """
    SELECT nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%%' AND nspname <> ALL(%s) AND has_schema_privilege(oid, 'USAGE')
    ORDER BY nspname"""
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT has_table_privilege(%(reader)s, oid, 'SELECT') AND has_table_privilege(oid, 'SELECT WITH GRANT OPTION')"""
_OWNERS = """
    SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
    WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_has_role(relowner, 'USAGE')
    UNION SELECT current_user"""
# What a role that everyone may use through Grafana must not be or have; a sentence's end for each.
_TOO_MUCH = """
    SELECT CASE
        WHEN r.rolsuper THEN 'is a superuser'
        WHEN r.rolcreaterole THEN 'may make roles, and so become any other'
        WHEN r.rolreplication THEN 'may copy the whole server'
        WHEN pg_has_role('pg_read_server_files', 'MEMBER') OR pg_has_role('pg_execute_server_program', 'MEMBER')
            OR pg_has_role('pg_write_server_files', 'MEMBER') THEN 'may reach files and programs of the server'
        WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = %(schema)s
            AND (pg_has_role(nspowner, 'MEMBER') OR has_schema_privilege(oid, 'USAGE')))
            THEN 'can read the schema ' || %(schema)s
    END FROM pg_roles r WHERE r.rolname = current_user"""
_WRITABLE = """
    SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
    UNION ALL
    SELECT format('schema %%I, where it may make tables', nspname) FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%%' AND has_schema_privilege(oid, 'CREATE')
    LIMIT 4"""


@dataclass(frozen=True, slots=True)
class ReaderRole:
    """How dashboards sign in at the database; `writable` names what the role may change all the same, at most four."""

    user: str
    password: Secret
    writable: tuple[str, ...] = ()


def ensure_reader(url: str, password: Secret) -> ReaderRole:
    """Create the role of this database, or bring it up to date, and prove it by signing in.

    Repeatable, and safe from several processes at once. Raises ConfigError when it cannot be made or sees too much.
    """
    conninfo = connection_text(url)
    try:
        # In one transaction, which a pooler keeps together.
        with connect(conninfo) as connection:
            # Whoever asks as the reader may hold this lock too: then there is no datasource, but a start all the same.
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            row = connection.execute("SELECT current_user, current_database()").fetchone()
            assert row is not None
            owner, database = str(row[0]), str(row[1])
            # Roles belong to the whole server: each database that holds a service of its own has its own reader.
            name = f"{_NAME}_{hashlib.sha256(database.encode()).hexdigest()[:8]}"
            _make(connection, name, password)
            _grant(connection, name, database)
            signs_in_as = connection.info.user
    except psycopg.Error as fault:
        raise ConfigError(f"it could not be made ({_words(fault)})") from fault
    # Some poolers want more than the role's name: what stands behind ours stands behind the reader's too.
    behind = signs_in_as.removeprefix(owner) if signs_in_as.startswith(f"{owner}.") else ""
    return prove_reader(url, f"{name}{behind}", password)


def prove_reader(url: str, user: str, password: Secret) -> ReaderRole:
    """Sign in as the role and look at what it may do; raises ConfigError when it may not or sees too much."""
    conninfo = make_conninfo(connection_text(url), user=user, password=password.reveal())
    try:
        with connect(conninfo) as connection:
            row = connection.execute(_TOO_MUCH, {"schema": SCHEMA}).fetchone()
            writable = tuple(str(row[0]) for row in connection.execute(_WRITABLE, {}))
    except psycopg.Error as fault:
        raise ConfigError(f"it cannot sign in as {user!r} ({_words(fault)})") from fault
    if row is None or row[0] is not None:
        raise ConfigError(f"the role {user!r} {row[0] if row else 'is not known'}")
    return ReaderRole(user, password, writable)


def _make(connection: psycopg.Connection[Any], name: str, password: Secret) -> None:
    """Create or update the role; one that another role of ours made may not be changed by us, and need not be."""
    # As a verifier, so that the password itself stands in no log of the server.
    verifier = connection.pgconn.encrypt_password(password.reveal().encode(), name.encode(), b"scram-sha-256").decode()
    role, secret = sql.Identifier(name), sql.Literal(verifier)
    there = connection.execute("SELECT rolcreaterole FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    try:
        with connection.transaction():
            verb = sql.SQL("ALTER" if there else "CREATE")
            connection.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, secret))
            # What somebody set as the reader for the reader must not last.
            connection.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(role))
            # A second fence: neither is a right, and whoever asks may set them again.
            for setting, value in (("default_transaction_read_only", "on"), ("statement_timeout", _STATEMENT_TIMEOUT)):
                change = sql.SQL("ALTER ROLE {} SET {} = {}")
                connection.execute(change.format(role, sql.Identifier(setting), sql.Literal(value)))
    except psycopg.errors.InsufficientPrivilege:
        if not there:
            raise


def _grant(connection: psycopg.Connection[Any], name: str, database: str) -> None:
    """Grant what is ours to give: reading other software's tables, and those that owners we stand for make later."""
    role, ours = sql.Identifier(name), sql.Identifier(SCHEMA)
    connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC, {}").format(ours, role))
    _try(connection, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), role))
    for (schema,) in connection.execute(_SCHEMAS, (list(_NEVER),)).fetchall():
        place = sql.Identifier(schema)
        _try(connection, sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, role))
        named = {"schema": place.as_string(connection), "reader": name}
        for (table,) in connection.execute(_TABLES, named).fetchall():
            _try(connection, sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(schema, table), role))
        for (owner,) in connection.execute(_OWNERS, (named["schema"],)).fetchall():
            later = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT SELECT ON TABLES TO {}")
            _try(connection, later.format(sql.Identifier(owner), place, role))


def _try(connection: psycopg.Connection[Any], statement: sql.Composed) -> None:
    """Execute a grant if it is ours to give; a table that is dropped meanwhile, or belongs to others, is left."""
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.Error:
        if connection.closed:
            raise


def _words(fault: psycopg.Error) -> str:
    text = str(fault).strip()
    return text.splitlines()[0].strip().rstrip(".") if text else type(fault).__name__
