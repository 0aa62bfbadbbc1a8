"""A note on a link, for its owner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; links have no note until one is written."""
    op.add_column("links", sa.Column("note", sa.String(length=1000), nullable=False, server_default=""))
