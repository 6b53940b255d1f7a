"""The mirror's tables: a closed schema. Each text column is a code whose form the database checks.

`journal_*` and `audit*` tables of `hub.bus` lie beside them. Change a table here, and write a
migration: a test compares the two on both databases.
"""

from collections.abc import Iterator, Sequence
from typing import get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlalchemy.schema import SchemaItem

from contracts.model.mirror_case import AgeBracket, Answered, ReferralOutcome, Sex
from contracts.topics import SYSTEMS
from hub.bus.database import UtcTime

CLASS_COLUMNS = ("state", "age_bracket", "sex", "isic_section", "quarter")
STATES = tuple(f"MMR{number:03}" for number in range(1, 19))
SECTIONS = (*"ABCDEFGHIJKLMNOPQRSTU", "unknown")
BILLION = 10**9

metadata = MetaData()


def code(name: str, values: Sequence[str], *, key: bool = False) -> Iterator[SchemaItem]:
    """Give a column that holds one of the codes."""
    listed = ", ".join(f"'{value}'" for value in values)
    yield Column(name, String(max(map(len, values))), primary_key=key, nullable=False)
    yield CheckConstraint(f"{name} IN ({listed})", f"{name}_closed")


def number(name: str, low: int, high: int, *, optional: bool = False) -> Iterator[SchemaItem]:
    """Give a column that holds a bounded integer."""
    kind = Integer if high <= BILLION else BigInteger
    yield Column(name, kind, nullable=optional)
    yield CheckConstraint(f"{name} BETWEEN {low} AND {high}", f"{name}_closed")


def shaped(
    name: str, longest: int, postgresql: str, sqlite: str, *, key: bool = False
) -> Iterator[SchemaItem]:
    """Give a column whose text has one form, told in each database's own way."""
    yield Column(name, String(longest), primary_key=key, nullable=False)
    for dialect, check in (("postgresql", f"{name} ~ '{postgresql}'"), ("sqlite", sqlite)):
        yield CheckConstraint(check, f"{name}_closed").ddl_if(dialect=dialect)


def pseudonym() -> Iterator[SchemaItem]:
    """MOLIP's name for a child."""
    letters = "length(pseudonym) = 28 AND pseudonym NOT GLOB '*[^a-z1-7]*'"
    return shaped(
        "pseudonym", 28, "^m1[a-z2-7]{26}$", f"pseudonym GLOB 'm1*' AND {letters}", key=True
    )


def characters(name: str, longest: int, allowed: str, *, key: bool = False) -> Iterator[SchemaItem]:
    """Give a column of a few allowed characters: versions and codes of tables and areas."""
    return shaped(
        name,
        longest,
        f"^[{allowed}]{{1,{longest}}}$",
        f"length({name}) BETWEEN 1 AND {longest} AND {name} NOT GLOB '*[^{allowed}]*'",
        key=key,
    )


def case_columns() -> Iterator[SchemaItem]:
    """The columns of `contracts.model.mirror_case.MirrorCase` but the pseudonym and the epoch."""
    yield from number("rung", 0, 9)
    yield from code("state", STATES)
    yield from code("age_bracket", get_args(AgeBracket))
    yield from code("sex", get_args(Sex))
    yield from code("isic_section", SECTIONS)
    yield from shaped(
        "quarter",
        7,
        "^[0-9]{4}-(01|04|07|10)$",
        "quarter GLOB '[0-9][0-9][0-9][0-9]-[01][0147]' AND substr(quarter, 6) <> '00'"
        " AND substr(quarter, 6) NOT IN ('11', '14', '17')",
    )
    yield from code("legal_verdict", get_args(Answered))
    yield from code("statistical_verdict", get_args(Answered))
    yield Column("hazardous", Boolean, nullable=False)
    yield Column("worst_form", Boolean, nullable=False)
    yield from code("referral_outcome", get_args(ReferralOutcome))
    yield from number("child_version", 1, BILLION)
    yield from number("consent_version", 0, BILLION)


def epoch_number(*, key: bool = False) -> Iterator[SchemaItem]:
    """The number of an epoch."""
    yield Column("epoch", Integer, primary_key=key, autoincrement=False, nullable=False)
    yield CheckConstraint(f"epoch BETWEEN 1 AND {BILLION}", "epoch_closed")


# What may be seen now.
molip_case = Table("molip_case", metadata, *pseudonym(), *epoch_number(), *case_columns())
Index("molip_case_by_class", *(molip_case.c[name] for name in CLASS_COLUMNS))

# Rows of an epoch whose marker has not come yet: nobody sees them.
pending_case = Table(
    "pending_case", metadata, *pseudonym(), *epoch_number(key=True), *case_columns()
)

# Taken out, and never to come back from a decision older than `version`.
tombstone = Table(
    "tombstone",
    metadata,
    *pseudonym(),
    *characters("version", 60, "0-9A-Z.:+-"),
    Column("at", UtcTime, nullable=False),
)

# Epochs that have ended. `withdrawn` counts the rows taken out since its marker.
epoch = Table(
    "epoch",
    metadata,
    *epoch_number(key=True),
    Column("as_of", UtcTime, nullable=False),
    Column("closed_at", UtcTime, nullable=False),
    *number("case_rows", 0, BILLION),
    *number("withdrawn", 0, BILLION),
    *number("total_cases", 0, BILLION, optional=True),
    *characters("contract", 40, "a-z0-9./-"),
)

# Until when each source had given everything, when the epoch ended.
epoch_source = Table(
    "epoch_source",
    metadata,
    Column("epoch", ForeignKey("epoch.epoch"), primary_key=True),
    *code("system", SYSTEMS, key=True),
    Column("complete_until", UtcTime),
)

statistic = Table(
    "statistic",
    metadata,
    *characters("cell", 80, "A-Za-z0-9_/-", key=True),
    *characters("table_code", 40, "a-z0-9_"),
    *characters("area", 10, "A-Z0-9"),
    *characters("period", 7, "0-9-"),
    *number("value", 0, BILLION),
    *characters("version", 60, "0-9A-Z.:+-"),
)
