"""Remember the child that a record had before it came to wait for a person."""

import sqlalchemy as sa
from alembic import op

revision = "hub0002"
down_revision = "hub0001"


def upgrade() -> None:
    """Add the column; a record that has a child now needs no other memory."""
    op.add_column("linkage_record", sa.Column("former", sa.String(length=36), nullable=True))
