"""Every topic: its key, its writers, how long it keeps, who may read it. A table, and no logic."""

from dataclasses import dataclass
from enum import StrEnum


class Keep(StrEnum):
    """How a topic forgets: `observations` by age, `state` by compaction to the newest per key."""

    OBSERVATIONS = "observations"
    STATE = "state"


class Zone(StrEnum):
    """Which side of the privacy border a topic lies on; the embedded bus keeps one file a zone."""

    HUB = "hub"
    MOLIP = "molip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. `partitions` never changes after the first start; `keep_days`: observations."""

    name: str
    key: str
    keep: Keep
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    zone: Zone = Zone.HUB
    partitions: int = 4
    keep_days: int = 14


PEOPLE = "people"
TELLING = (
    "collect", "translate", "identify", "release", "publish", "refer", "deliver",
)  # fmt: skip
_O, _S = Keep.OBSERVATIONS, Keep.STATE

SYSTEMS = ("dsw_cms", "labour_inspection", "emis", "labour_force_survey", "public_reports")
SOURCES = tuple(
    Topic(
        name=f"source.{system}", key="HMAC of system and source person", keep=_O,
        writers=("collect",), readers=("translate",),
    )
    for system in SYSTEMS
)  # fmt: skip
CANONICAL = Topic(
    name="canonical", key="HMAC of system and source person", keep=_S,
    writers=("translate",), readers=("identify",),
)  # fmt: skip
FIGURE = Topic(
    name="figure", key="HMAC of system and record", keep=_O,
    writers=("translate",), readers=("publish",),
)  # fmt: skip
ANSWER = Topic(
    name="answer", key="referral id, or HMAC of system and record", keep=_O,
    writers=("translate", "deliver"), readers=("refer",),
)  # fmt: skip
CONSENT = Topic(
    name="consent", key="child id", keep=_O,
    writers=(PEOPLE,), readers=("release", "refer"),
)  # fmt: skip
CHILD = Topic(
    name="child", key="child id", keep=_S, writers=("identify",), readers=("release", "refer"),
)  # fmt: skip
STATUS = Topic(name="status", key="child id", keep=_S, writers=("refer",), readers=("release",))
REFERRAL = Topic(
    name="referral", key="child id", keep=_S, writers=("refer",), readers=("deliver",),
)  # fmt: skip
OUTCOME = Topic(
    name="outcome", key="HMAC of system and source person, or child id", keep=_O,
    writers=TELLING, readers=("account",),
)  # fmt: skip
MIRROR = Topic(
    name="mirror", key="MOLIP's pseudonym, or the epoch's marker", keep=_S,
    writers=("publish",), readers=("reflect",), zone=Zone.MOLIP, partitions=1,
)  # fmt: skip
STATISTICS = Topic(
    name="statistics", key="table and cell", keep=_S,
    writers=("publish",), readers=("reflect",), zone=Zone.MOLIP, partitions=1,
)  # fmt: skip
RECEIPT = Topic(
    name="receipt", key="epoch", keep=_O,
    writers=("reflect",), readers=("account",), zone=Zone.MOLIP, partitions=1,
)  # fmt: skip

TOPICS = (
    *SOURCES, CANONICAL, FIGURE, ANSWER, CONSENT, CHILD, STATUS, REFERRAL, OUTCOME,
    MIRROR, STATISTICS, RECEIPT,
)  # fmt: skip
BY_NAME = {topic.name: topic for topic in TOPICS}


def full_name(topic: str, instance: str) -> str:
    """Return the name on the broker: prefixed by the installation's instance id and `clm`."""
    return f"{instance}.clm.{topic}"
