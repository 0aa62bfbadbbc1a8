"""How often a document itself wants to be refreshed, for links that leave it to the document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; until a document is written again its links have the usual refresh."""
    op.add_column("documents", sa.Column("refresh", sa.String(length=16), nullable=True))
