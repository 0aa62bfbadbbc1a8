"""A change number for each topic, so that a memory of one thing outlives a write of another.

A process of an earlier version goes on beside it: it moves `change` alone, and then every topic counts as moved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; at 0 they are behind `change`, so the first memory trusts none of them."""
    for name in ("topics_change", "devices_change", "links_change", "accounts_change", "templates_change"):
        op.add_column("store", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
