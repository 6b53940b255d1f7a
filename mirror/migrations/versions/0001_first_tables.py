"""First tables. Written out, not taken from `tables.py`: a step that was run must never change."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hub.bus.audit import audit_metadata
from hub.bus.journal import journal_metadata

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def check(name: str, rule: str, dialect: str = "") -> sa.schema.SchemaItem:
    constraint = sa.CheckConstraint(rule, f"{name}_closed")
    return constraint.ddl_if(dialect=dialect) if dialect else constraint


def code(name: str, longest: int, values: str, *, key: bool = False) -> list[sa.schema.SchemaItem]:
    listed = ", ".join(f"'{value}'" for value in values.split())
    column = sa.Column(name, sa.String(longest), primary_key=key, nullable=False)
    return [column, check(name, f"{name} IN ({listed})")]


def number(
    name: str, low: int, high: int = 10**9, *, optional: bool = False
) -> list[sa.schema.SchemaItem]:
    column: sa.Column[int] = sa.Column(name, sa.Integer, nullable=optional)
    return [column, check(name, f"{name} BETWEEN {low} AND {high}")]


def characters(
    name: str, longest: int, allowed: str, *, key: bool = False
) -> list[sa.schema.SchemaItem]:
    length = f"length({name}) BETWEEN 1 AND {longest}"
    return [
        sa.Column(name, sa.String(longest), primary_key=key, nullable=False),
        check(name, f"{name} ~ '^[{allowed}]{{1,{longest}}}$'", "postgresql"),
        check(name, f"{length} AND {name} NOT GLOB '*[^{allowed}]*'", "sqlite"),
    ]


def pseudonym() -> list[sa.schema.SchemaItem]:
    letters = "length(pseudonym) = 28 AND pseudonym NOT GLOB '*[^a-z1-7]*'"
    return [
        sa.Column("pseudonym", sa.String(28), primary_key=True, nullable=False),
        check("pseudonym", "pseudonym ~ '^m1[a-z2-7]{26}$'", "postgresql"),
        check("pseudonym", f"pseudonym GLOB 'm1*' AND {letters}", "sqlite"),
    ]


def epoch(*, key: bool = False) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("epoch", sa.Integer, primary_key=key, autoincrement=False, nullable=False),
        check("epoch", "epoch BETWEEN 1 AND 1000000000"),
    ]


def quarter() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("quarter", sa.String(7), nullable=False),
        check("quarter", "quarter ~ '^[0-9]{4}-(01|04|07|10)$'", "postgresql"),
        check(
            "quarter",
            "quarter GLOB '[0-9][0-9][0-9][0-9]-[01][0147]' AND substr(quarter, 6) <> '00'"
            " AND substr(quarter, 6) NOT IN ('11', '14', '17')",
            "sqlite",
        ),
    ]


def case() -> Sequence[sa.schema.SchemaItem]:
    outcomes = "unknown none waiting delivered accepted rejected done task"
    return [
        *number("rung", 0, 9),
        *code("state", 6, " ".join(f"MMR{n:03}" for n in range(1, 19))),
        *code("age_bracket", 5, "0-4 5-11 12-14 15-17"),
        *code("sex", 7, "M F unknown"),
        *code("isic_section", 7, "A B C D E F G H I J K L M N O P Q R S T U unknown"),
        *quarter(),
        *code("legal_verdict", 12, "yes no undetermined"),
        *code("statistical_verdict", 12, "yes no undetermined"),
        sa.Column("hazardous", sa.Boolean, nullable=False),
        sa.Column("worst_form", sa.Boolean, nullable=False),
        *code("referral_outcome", 9, outcomes),
        *number("child_version", 1),
        *number("consent_version", 0),
    ]


def upgrade() -> None:
    op.create_table("molip_case", *pseudonym(), *epoch(), *case())
    by_class = ["state", "age_bracket", "sex", "isic_section", "quarter"]
    op.create_index("molip_case_by_class", "molip_case", by_class)
    op.create_table("pending_case", *pseudonym(), *epoch(key=True), *case())
    version = characters("version", 60, "0-9A-Z.:+-")
    op.create_table("tombstone", *pseudonym(), *version, sa.Column("at", TIME, nullable=False))
    op.create_table(
        "epoch",
        *epoch(key=True),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=False),
        *number("case_rows", 0),
        *number("withdrawn", 0),
        *number("total_cases", 0, optional=True),
        *characters("contract", 40, "a-z0-9./-"),
    )
    op.create_table(
        "epoch_source",
        sa.Column("epoch", sa.Integer, sa.ForeignKey("epoch.epoch"), primary_key=True),
        *code("system", 17, "dsw_cms labour_inspection emis", key=True),
        sa.Column("complete_until", TIME),
    )
    op.create_table(
        "statistic",
        *characters("cell", 80, "A-Za-z0-9_/-", key=True),
        *characters("table_code", 40, "a-z0-9_"),
        *characters("area", 10, "A-Z0-9"),
        *characters("period", 7, "0-9-"),
        *number("value", 0),
        *characters("version", 60, "0-9A-Z.:+-"),
    )
    # The tables of the worker loop and of the audit chain, as `hub.bus` has them.
    journal_metadata.create_all(op.get_bind())
    audit_metadata.create_all(op.get_bind())
