"""The hub's first tables: journal, audit, ledger, linkage, consent, release, referrals."""

import sqlalchemy as sa
from alembic import op

from hub.bus.database import UtcTime

revision = "hub0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "installation",
        sa.Column("instance", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("instance"),
    )
    op.create_table(
        "journal_claim",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "key"),
    )
    op.create_table(
        "journal_inbox",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "message"),
    )
    op.create_index("journal_inbox_by_age", "journal_inbox", ["stage", "seen"], unique=False)
    op.create_table(
        "journal_outbox",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "run", "number"),
    )
    op.create_table(
        "journal_parked",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry", sa.Boolean(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "message"),
    )
    op.create_index(op.f("ix_journal_parked_system"), "journal_parked", ["system"], unique=False)
    op.create_index("journal_parked_by_key", "journal_parked", ["stage", "key"], unique=False)
    op.create_table(
        "journal_position",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "topic", "partition"),
    )
    op.create_table(
        "journal_timer",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due", UtcTime(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "key"),
    )
    op.create_index("journal_timer_by_due", "journal_timer", ["stage", "due"], unique=False)
    op.create_table(
        "journal_turn",
        sa.Column("stage", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("stage"),
    )
    op.create_table(
        "audit",
        sa.Column("shard", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "sequence"),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("shard", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("shard"),
    )
    op.create_table(
        "source",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("checkpoint", sa.JSON(), nullable=True),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("next_poll", sa.Float(), nullable=False),
        sa.Column("complete_until", sa.String(length=40), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("system"),
    )
    op.create_table(
        "ledger_child",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("child"),
    )
    op.create_table(
        "ledger_confirmed",
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "ledger_line",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("first_seen", UtcTime(), nullable=False),
        sa.Column("collected", sa.String(length=300), nullable=False),
        sa.Column("settled", sa.String(length=300), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("child", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("system", "ref"),
    )
    op.create_index(op.f("ix_ledger_line_child"), "ledger_line", ["child"], unique=False)
    op.create_table(
        "linkage_bound",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("system", "ref"),
    )
    op.create_table(
        "linkage_child",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("merged_into", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("child"),
    )
    op.create_table(
        "linkage_counter",
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "linkage_record",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=300), nullable=False),
        sa.Column("changed", sa.String(length=40), nullable=False),
        sa.Column("card_key", sa.String(length=80), nullable=True),
        sa.Column("name_key", sa.String(length=80), nullable=True),
        sa.Column("child", sa.String(length=36), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("system", "ref"),
    )
    op.create_index(
        op.f("ix_linkage_record_card_key"), "linkage_record", ["card_key"], unique=False
    )
    op.create_index(
        op.f("ix_linkage_record_name_key"), "linkage_record", ["name_key"], unique=False
    )
    op.create_index(op.f("ix_linkage_record_person"), "linkage_record", ["person"], unique=False)
    op.create_index(
        "linkage_record_child_version", "linkage_record", ["child", "version"], unique=False
    )
    op.create_table(
        "consent",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("stored_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("child", "id", "version"),
    )
    op.create_table(
        "consent_decision",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("child", "recipient", "purpose", "action", "number"),
    )
    op.create_index(op.f("ix_consent_decision_id"), "consent_decision", ["id"], unique=False)
    op.create_table(
        "consent_disclosure",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("decision", sa.String(length=36), nullable=False),
        sa.Column("based_on", sa.JSON(), nullable=False),
        sa.Column("policy", sa.String(length=200), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_disclosure_child", "consent_disclosure", ["child"], unique=False)
    op.create_table(
        "release_candidate",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("child_version", sa.Integer(), nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("child"),
    )
    op.create_table(
        "release_child",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=60), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("child"),
    )
    op.create_table(
        "release_epoch",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "release_figure",
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=300), nullable=False),
        sa.Column("cell", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_table(
        "release_published",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("pseudonym", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=True),
        sa.Column("told", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("child"),
        sa.UniqueConstraint("pseudonym"),
    )
    op.create_table(
        "release_sequence",
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("trigger_system", sa.String(length=40), nullable=False),
        sa.Column("trigger_ref", sa.String(length=80), nullable=False),
        sa.Column("trigger_name", sa.String(length=60), nullable=False),
        sa.Column("trigger_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_on", sa.Date(), nullable=False),
        sa.Column("recipient_system", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("service", sa.String(length=60), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("route", sa.String(length=20), nullable=False),
        sa.Column("case_ref", sa.String(length=80), nullable=False),
        sa.Column("case_before", sa.JSON(), nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("service_id"),
        sa.UniqueConstraint("trigger_system", "trigger_ref", name="referral_trigger"),
    )
    op.create_index(op.f("ix_referral_case_ref"), "referral", ["case_ref"], unique=False)
    op.create_index(op.f("ix_referral_child"), "referral", ["child"], unique=False)
    op.create_index(op.f("ix_referral_state"), "referral", ["state"], unique=False)
    op.create_table(
        "referral_case",
        sa.Column("case_ref", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=300), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("case_ref"),
    )
    op.create_table(
        "referral_child",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("child"),
    )
    op.create_table(
        "referral_task",
        sa.Column("referral", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("referral", "reason"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("referral", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("told", sa.String(length=20), nullable=False),
        sa.Column("trigger_at", UtcTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.Float(), nullable=False),
        sa.Column("problem", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_delivery_child"), "delivery", ["child"], unique=False)
    op.create_index(op.f("ix_delivery_state"), "delivery", ["state"], unique=False)
    op.create_table(
        "delivery_child",
        sa.Column("child", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("child"),
    )
