"""Contracts that sites install, and a source of its own for each of them."""

import sqlalchemy as sa
from alembic import op

from hub.bus.database import UtcTime

revision = "hub0004"
down_revision = "hub0003"


def upgrade() -> None:
    """Make the table; let a source have a longer name, and be left alone."""
    op.create_table(
        "site_contract",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("mapping_version", sa.String(length=100), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("installed_by", sa.String(length=200), nullable=False),
        sa.Column("installed_at", UtcTime(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", "record", "number"),
    )
    with op.batch_alter_table("source") as batch:
        batch.alter_column(
            "system", existing_type=sa.String(length=40), type_=sa.String(length=90),
            existing_nullable=False,
        )  # fmt: skip
        batch.add_column(
            sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
        )
