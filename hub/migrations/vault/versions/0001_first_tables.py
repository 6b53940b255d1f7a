"""The vault's first table: wrapped keys of source persons."""

import sqlalchemy as sa
from alembic import op

from hub.bus.database import UtcTime

revision = "vault0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "key",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("shredded_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
    )
