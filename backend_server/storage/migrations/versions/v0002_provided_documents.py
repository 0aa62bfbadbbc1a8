"""Documents that no template fills: generated ones, packs, what people draw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of provided documents."""
    op.create_table(
        "provided_documents",
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("maker", sa.String(length=8), nullable=False),
        sa.Column("slot", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_provided_documents")),
        sa.UniqueConstraint("maker", "slot", "object_id", name=op.f("uq_provided_documents_maker_slot_object_id")),
    )
