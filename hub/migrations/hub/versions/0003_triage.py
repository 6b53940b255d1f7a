"""Triage of codes that no list knows, what sites call their codes, and the quality of records."""

import sqlalchemy as sa
from alembic import op

from hub.bus.database import UtcTime

revision = "hub0003"
down_revision = "hub0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "triage_holding",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=300), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("trouble", sa.String(length=200), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("system", "ref"),
    )
    op.create_index("triage_holding_due", "triage_holding", ["due", "system", "record"])
    op.create_table(
        "triage_held_code",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("field", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("seen", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("system", "ref", "why", "field", "code"),
    )
    op.create_index(
        "triage_held_code_by_code", "triage_held_code", ["system", "record", "field", "code"]
    )
    op.create_table(
        "triage_version",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("system", "record"),
    )
    op.create_table(
        "triage_decision",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("system", "record", "field", "code"),
    )
    op.create_table(
        "source_labels",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("system", "record", "path"),
    )
    op.create_table(
        "triage_accepted_label",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=400), nullable=False),
        sa.Column("accepted_by", sa.String(length=200), nullable=False),
        sa.Column("accepted_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("system", "record", "path", "code"),
    )
    op.create_table(
        "quality_record",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=400), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.Column("seen", UtcTime(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("broken", sa.String(length=2000), nullable=False),
        sa.PrimaryKeyConstraint("system", "ref"),
    )
    op.create_index("quality_record_by_day", "quality_record", ["system", "record", "day"])
