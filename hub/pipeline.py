"""The data path, as a table. Read it first; no logic lives here. Adding a step is adding a row.

source -> translate -> canonical -> identify -> child -> release -> candidates -> publish
child -> refer -> referral -> deliver -> answer -> refer;  mirror -> reflect -> receipt -> account
"""

from contracts.topics import SOURCES
from hub.bus.stage import Opens, Stage

_SOURCES = tuple(topic.name for topic in SOURCES)

PIPELINE = (
    Stage(
        name="collect", reads=(), opens=Opens.NOTHING, publishes=(*_SOURCES, "outcome"),
        does="wraps a source's own record in an event, seals it, opens its line in the ledger",
    ),
    Stage(
        name="people", reads=(), opens=Opens.NOTHING, publishes=("consent",),
        does="publishes what a person decided: an objection, a withdrawal, a permission",
    ),
    Stage(
        name="translate", reads=_SOURCES, opens=Opens.ALL,
        publishes=("canonical", "figure", "answer", "outcome"),
        does="checks the record against its source contract, maps it, gives both verdicts",
    ),
    Stage(
        name="identify", reads=("canonical",), opens=Opens.IDENTITY,
        publishes=("child", "outcome"),
        does="says which child this is, across systems",
    ),
    Stage(
        name="release", reads=("child", "consent", "status"), opens=Opens.CASE,
        publishes=("outcome",),
        does="takes the consent decision for this child; keeps a candidate row, or a reason",
    ),
    Stage(
        name="publish", reads=("figure",), opens=Opens.NOTHING,
        publishes=("mirror", "statistics", "outcome"),
        does="the one writer to MOLIP: closes epochs, and sends tombstones at once",
    ),
    Stage(
        name="refer", reads=("child", "consent", "answer"), opens=Opens.CASE,
        publishes=("referral", "status", "outcome"),
        does="the standard operating procedure; the one owner of a referral's state",
    ),
    Stage(
        name="deliver", reads=("referral",), opens=Opens.ALL,
        publishes=("answer", "outcome"),
        does="decides again at the door, sends, re-reads, retries; takes answers home",
    ),
    Stage(
        name="account", reads=("outcome", "receipt"), opens=Opens.NOTHING, publishes=(),
        does="moves ledger lines from in flight to their end",
    ),
)  # fmt: skip
STAGES = {stage.name: stage for stage in PIPELINE}
