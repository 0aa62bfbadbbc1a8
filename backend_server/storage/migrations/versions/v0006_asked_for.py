"""When a visitor last asked for a publication in vain, so that those come back first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; nobody asked for any yet."""
    op.add_column("publications", sa.Column("asked_at", sa.BigInteger(), nullable=False, server_default="0"))
