"""Two more systems may be named as sources: the survey and the public's reports."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SYSTEMS = "'dsw_cms', 'labour_inspection', 'emis', 'labour_force_survey', 'public_reports'"
CHECK = f"system IN ({SYSTEMS})"
COLUMNS = "epoch, system, complete_until"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("system_closed", "epoch_source")
        op.alter_column("epoch_source", "system", type_=sa.String(19))
        op.create_check_constraint("system_closed", "epoch_source", CHECK)
        return
    op.create_table(  # SQLite changes no CHECK: the rows move into a new table
        "epoch_source_new",
        sa.Column("epoch", sa.Integer, sa.ForeignKey("epoch.epoch"), primary_key=True),
        sa.Column("system", sa.String(19), primary_key=True, nullable=False),
        sa.Column("complete_until", sa.DateTime(timezone=True)),
        sa.CheckConstraint(CHECK, "system_closed"),
    )
    op.execute(f"INSERT INTO epoch_source_new ({COLUMNS}) SELECT {COLUMNS} FROM epoch_source")  # noqa: S608 - names of our own
    op.drop_table("epoch_source")
    op.rename_table("epoch_source_new", "epoch_source")
