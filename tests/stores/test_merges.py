"""Children that merge and split, with what hangs on them, in whatever order their events come."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from contracts.audit import AuditEntry
from hub.bus.database import reading
from hub.linkage import store as linkage
from hub.stages.identify import Identify
from tests.stores.handling import LATER, NOW, Desk, hub_tables, transaction
from tests.stores.test_identify import CARD, NAME, children, record

AUDIT = AuditEntry(at=NOW, actor="test", action="prepare")


@pytest.fixture
def identify(engine: Engine) -> Desk:
    """The stage, with an index that only tells values apart."""
    handler = Identify(blind_index=lambda kind, value: f"{kind}:{value}", new_id=uuid4)
    return Desk(engine=hub_tables(engine), stage="identify", handler=handler)


def bind(desk: Desk, ref: str, child: str) -> None:
    """The hub makes a case of this child in the source."""
    with transaction(desk.engine, "deliver") as tx:
        linkage.bind(tx.connection, tx.shard, "dsw_cms", ref, child, NOW, audit=AUDIT)


def test_a_case_that_the_hub_made_follows_its_child_into_a_merge(identify: Desk) -> None:
    """Else the younger child would live on with nothing but the hub's own case."""
    (older,) = children(identify.take(record("a", CARD)))
    (younger,) = children(identify.take(record("b", NAME, system="emis"), LATER))
    bind(identify, "made", younger)
    identify.take(record("made", NAME))
    drafts = identify.take(record("b", {**NAME, **CARD}, "2", system="emis"), LATER)
    assert children(drafts) == {older: {"a", "b", "made"}, younger: set()}
    with reading(identify.engine) as connection:
        assert linkage.count_children(connection) == 1
