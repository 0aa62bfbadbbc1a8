"""The tables, for both databases. Alembic's migrations in `migrations/versions/` make exactly these; a test compares.

Times are epoch milliseconds (BigInteger): equal on both databases, and cheap to compare. `change` is the store's change
number at the row's last write, so that a memory can ask for what is newer than it knows.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row, id 1. `epoch` names this database: a new or restored one has another, and clients then send everything again.
store = Table(
    "store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", String(32), nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("links_on", Boolean, nullable=False),
    # The change number since which a memory must forget everything (a purge removed rows it cannot see).
    Column("forget_change", BigInteger, nullable=False),
    # The last write that named its topics, and the last that touched each; see `engine/topics.py`.
    Column("topics_change", BigInteger, nullable=False, server_default="0"),
    Column("devices_change", BigInteger, nullable=False, server_default="0"),
    Column("links_change", BigInteger, nullable=False, server_default="0"),
    Column("accounts_change", BigInteger, nullable=False, server_default="0"),
    Column("templates_change", BigInteger, nullable=False, server_default="0"),
)

# Named values that must outlive a restart: generated secrets, key check values, pass and breaker state.
key_values = Table(
    "kept", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False)
)

devices = Table(
    "devices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("sent", JSON, nullable=False),  # what the hook's caller sent
    Column("set_by_operator", JSON, nullable=False),  # what a person set; wins over `sent`
    Column("retired_at", BigInteger),
    Column("retired_by", String(128)),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False, index=True),
)

# A dashboard document: what we want of it and how far each effect was proven.
documents = Table(
    "documents",
    metadata,
    Column("uid", String(40), primary_key=True),
    Column("maker", String(8), nullable=False),
    Column("slot", String(32), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("title", String(300), nullable=False),
    Column("file", String(200), nullable=False),  # relative to DASHBOARDS_DIR; never changes for a uid
    Column("wanted", String(8), nullable=False),  # documents.status.Wanted
    Column("state", String(12), nullable=False),  # documents.status.DocumentState
    Column("reason", Text),
    Column("template", String(128)),
    Column("input_hash", String(64)),  # template + device it was filled from
    Column("refresh", String(16)),  # its own: a duration or "off"; None = not known yet
    Column("written_hash", String(64)),  # content hash of the bytes on disk
    Column("loaded_hash", String(64)),  # content hash proven in Grafana
    Column("attempts", Integer, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    Column("dirty", Boolean, nullable=False, index=True),  # work is left to do
    Column("updated_at", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False, index=True),
    UniqueConstraint("maker", "slot", "object_id"),
    Index(None, "object_id"),
)

# A document that no template fills: its bytes as whoever provided them made them, stamped and checked.
provided_documents = Table(
    "provided_documents",
    metadata,
    Column("uid", String(40), primary_key=True),
    Column("maker", String(8), nullable=False),
    Column("slot", String(32), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("title", String(300), nullable=False),
    Column("version", String(64), nullable=False),  # what it was made of: a spec's hash, a pack's version
    Column("content", String(64), nullable=False),  # the hash its stamp carries
    Column("body", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False),
    UniqueConstraint("maker", "slot", "object_id"),
)

# Our record that a document is public in Grafana; both ids are ours and stored before the first call.
publications = Table(
    "publications",
    metadata,
    Column("document_uid", String(40), ForeignKey("documents.uid", ondelete="CASCADE"), primary_key=True),
    Column("public_uid", String(40), nullable=False, unique=True),
    Column("access_token", String(32), nullable=False, unique=True),
    Column("state", String(12), nullable=False),  # links.publication.PublicationState
    Column("updated_at", BigInteger, nullable=False),
)

# What is handed out. It points at (maker, slot, object), not at a publication.
links = Table(
    "links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token", String(32), nullable=False, unique=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("maker", String(8), nullable=False),
    Column("slot", String(32), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("document_uid", String(40), nullable=False, index=True),
    Column("is_default", Boolean, nullable=False),  # the link the hook answers with
    Column("label", String(200), nullable=False),
    Column("note", String(1000), nullable=False, server_default=""),
    Column("profile", JSON, nullable=False),
    Column("not_before", BigInteger),
    Column("expires_at", BigInteger),
    Column("paused_at", BigInteger),
    Column("revoked_at", BigInteger),  # by a person, for good
    Column("suspended_at", BigInteger),  # its document is not wanted, or not shared, for now; coming back clears it
    Column("password_hash", String(200)),
    Column("frame_ancestors", JSON, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("first_seen_at", BigInteger),
    Column("last_seen_at", BigInteger),
    Column("views", BigInteger, nullable=False),
    Column("change", BigInteger, nullable=False, index=True),
    Index(None, "object_id"),
)

# Tokens a link had before a rotation: 410, or still good until `good_until`.
old_link_tokens = Table(
    "old_link_tokens",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("link_id", String(32), ForeignKey("links.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("good_until", BigInteger, nullable=False),
    Column("rotated_at", BigInteger, nullable=False),
)

link_views = Table(
    "link_views",
    metadata,
    Column("link_id", String(32), ForeignKey("links.id", ondelete="CASCADE"), primary_key=True),
    Column("day", String(10), primary_key=True),  # UTC, YYYY-MM-DD
    Column("views", BigInteger, nullable=False),
    Column("refused", JSON, nullable=False),  # {reason: count}
)

# The last good source of each template, so that a broken file never takes a dashboard away, not even over a restart.
templates = Table(
    "templates",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("error", Text),
    Column("updated_at", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(8), nullable=False),  # viewer | editor | admin
    Column("password_hash", String(200), nullable=False),
    Column("disabled_at", BigInteger),
    Column("session_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of a random 256-bit token
    Column("role", String(8), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
)

# Who did what; append-only.
audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object_kind", String(32), nullable=False),
    Column("object_id", String(128), nullable=False, index=True),
    Column("details", JSON, nullable=False),
)

# Who leads, with a fencing number and the database's clock.
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("fencing", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
