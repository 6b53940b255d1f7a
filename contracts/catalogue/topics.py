"""Which kinds of message each topic carries: a table, and no logic but finding rows in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contracts.catalogue import Model
from contracts.catalogue import messages as body
from contracts.envelope import Kind
from contracts.model.case_facts import CaseFacts
from contracts.model.figure import Figure, SurveyFigure
from contracts.model.identity import Identity
from contracts.model.mirror_case import MirrorCase
from contracts.topics import SOURCES

_BOTH: Mapping[Kind, Model] = {Kind.IDENTITY: Identity, Kind.CASE: CaseFacts}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKind:
    """One kind of message: its CloudEvents type, its clear body, and what is sealed in its parts.

    `bodies` are alternatives; none is a tombstone, whose value is null.
    """

    topic: str
    type: str
    says: str
    bodies: tuple[Model, ...]
    sealed: Mapping[Kind, Model] = field(default_factory=dict)


_LINE, _CHILDS = (body.RecordOutcome,), (body.ChildOutcome,)
MESSAGES = (
    MessageKind(topic="canonical", type="clm.canonical.child.v1", bodies=(body.RecordNamed,),
                sealed=_BOTH, says="A record about a child, in the common schema."),
    MessageKind(topic="canonical", type="clm.canonical.gone.v1", bodies=(body.RecordNamed,),
                says="The record is about no child now, whatever it said before."),
    MessageKind(topic="figure", type="clm.figure.v1", bodies=(Figure, SurveyFigure),
                says="A record about no child, counted."),
    MessageKind(topic="answer", type="clm.answer.referral.v1", bodies=(body.ReferralAnswered,),
                says="How a referral stands at its recipient."),
    MessageKind(topic="answer", type="clm.answer.case.v1", bodies=(body.CaseAnswered,),
                says="How a case stands at its recipient."),
    MessageKind(topic="answer", type="clm.answer.delivery.v1", bodies=(body.DeliveryAnswered,),
                says="A referral reached its recipient, or cannot."),
    MessageKind(topic="consent", type="clm.consent.v1", bodies=(body.ConsentSaid,),
                says="What a person said about a child's data."),
    MessageKind(topic="child", type="clm.child.v1", bodies=(body.ChildState,), sealed=_BOTH,
                says="A child as the set of its records."),
    MessageKind(topic="status", type="clm.status.v1", bodies=(body.ChildStatus,),
                says="How far help for a child has come."),
    MessageKind(topic="referral", type="clm.referral.v1", bodies=(body.ReferralsOfChild,),
                sealed=_BOTH, says="All referrals of a child."),
    MessageKind(topic="outcome", type="clm.outcome.v1", bodies=_LINE,
                says="A line of the ledger was rejected, or waits for a person."),
    MessageKind(topic="outcome", type="clm.outcome.rejected.v1", bodies=_LINE,
                says="A record could not even be read."),
    MessageKind(topic="outcome", type="clm.outcome.counted.v1", bodies=_LINE,
                says="A record about no child went to statistics."),
    MessageKind(topic="outcome", type="clm.outcome.linked.v1", bodies=_LINE,
                says="A record is a child's, or waits because two cards meet."),
    *(MessageKind(topic="outcome", type=f"clm.outcome.{state}.v1", bodies=_CHILDS, says=says)
      for state, says in (
          ("in_flight", "A child's row waits for the next publication."),
          ("released", "A child's row is in the mirror."),
          ("withheld", "A finished decision keeps a child's row back."),
          ("parked", "A child's row waits for a person."),
      )),
    MessageKind(topic="mirror", type="clm.mirror.case.v1", bodies=(MirrorCase,),
                says="A row; it is shown when its epoch ends."),
    MessageKind(topic="mirror", type="clm.mirror.gone.v1", bodies=(),
                says="A row goes at once."),
    MessageKind(topic="mirror", type="clm.mirror.epoch.v1", bodies=(body.EpochEnded,),
                says="A publication is complete."),
    MessageKind(topic="statistics", type="clm.statistic.v1", bodies=(body.CellTold,),
                says="A cell of a table."),
    MessageKind(topic="receipt", type="clm.receipt.epoch.v1", bodies=(body.EpochReceived,),
                says="The mirror shows an epoch."),
)  # fmt: skip


def kinds(records: Iterable[tuple[str, str]]) -> tuple[MessageKind, ...]:
    """Return every kind of message; `records` are (system, record) of all source contracts."""
    topics = {topic.name for topic in SOURCES}
    raw = {Kind.IDENTITY: body.RawRecord}
    read = tuple(
        MessageKind(
            topic=f"source.{system}", type=f"clm.source.{record}.v1", sealed=raw,
            bodies=(body.RecordNamed,), says=f"A record `{record}` as the source has it.",
        )
        for system, record in sorted(set(records))
        if f"source.{system}" in topics
    )  # fmt: skip
    return read + MESSAGES
