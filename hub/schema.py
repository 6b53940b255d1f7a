"""The tables of the hub's database, as the rooms declare them, and its ownership. No queries.

The migrations in `hub/migrations/` make these tables; a test compares the two.
"""

from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, delete, select

from consent.store import consent_metadata
from contracts.errors import FatalError
from hub.bus.audit import audit_metadata
from hub.bus.database import inserting
from hub.bus.journal import claim, journal_metadata, timer
from hub.bus.migrate import upgrade as migrate
from hub.candidates import release_metadata
from hub.deliveries import delivery_metadata
from hub.ledger import ledger_metadata
from hub.linkage.store import linkage_metadata
from hub.quality import quality_metadata
from hub.referrals.store import referral_metadata
from hub.site_contracts import site_contract_metadata
from hub.sources import source_metadata
from hub.triage.decisions import decision_metadata
from hub.triage.holdings import holding_metadata
from hub.triage.labels import label_metadata

owner_metadata = MetaData()
owner_table = Table(
    "installation", owner_metadata, Column("instance", String(40), primary_key=True)
)
HUB_TABLES = (
    owner_metadata, journal_metadata, audit_metadata, source_metadata, ledger_metadata,
    linkage_metadata, consent_metadata, release_metadata, referral_metadata, delivery_metadata,
    holding_metadata, decision_metadata, label_metadata, quality_metadata,
    site_contract_metadata,
)  # fmt: skip
_FOLDER = Path(__file__).resolve().parent / "migrations"


def upgrade(hub: Engine, vault: Engine, instance: str) -> None:
    """Bring both databases to the newest step.

    Raises FatalError when the hub's database belongs to another home.
    """
    migrate(vault, _FOLDER / "vault")
    migrate(hub, _FOLDER / "hub")
    with hub.begin() as connection:
        row = inserting(connection, owner_table).values(instance=instance)
        known = connection.execute(select(owner_table.c.instance)).scalar_one_or_none()
        if known is None:
            connection.execute(row)
        elif known != instance:
            raise FatalError(
                "this database belongs to another home: start with the home that made it, or give"
                " this home a database of its own with --database"
            )


def ensure_timer(connection: Connection, stage: str, key: str, due: datetime) -> None:
    """Set a stage's standing timer when it is not set; one that is set keeps its time."""
    row = {"stage": stage, "key": key, "due": due, "data": {}, "cause": uuid4().hex}
    connection.execute(inserting(connection, timer).values(row).on_conflict_do_nothing())


def free_claims(connection: Connection, runs: str) -> None:
    """Free the errands that dead runs have not settled; their ids begin with `runs`."""
    connection.execute(delete(claim).where(claim.c.run.startswith(runs, autoescape=True)))
