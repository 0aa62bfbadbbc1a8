"""Links, the tokens they had, and how often they were looked at."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, String, Table

from .metadata import metadata

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
