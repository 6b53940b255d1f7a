"""What a consent, a question to the engine and its answer are. Pure values; decides nothing.

The vocabulary is `research/privacy.md` 1.3 in the design's annex; the exchange form is FHIR
`Consent` (IHE PCF profile), whose root provision carries a type as every profile wants it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from contracts.labels import Label

GENERAL = "clm:general"
"""The policy of a consent that answers every question at once."""


class Purpose(StrEnum):
    """Why data is asked for."""

    CASEMGMT = "CASEMGMT"
    REFERRAL = "REFERRAL"
    MONITOR = "MONITOR"
    STATS = "STATS"
    RESEARCH = "RESEARCH"
    INSPECT = "INSPECT"
    LEGALREPORT = "LEGALREPORT"
    EMERGENCY = "EMERGENCY"
    BREAKGLASS = "BREAKGLASS"
    QA = "QA"


PARENTS = {Purpose.REFERRAL: Purpose.CASEMGMT, Purpose.STATS: Purpose.MONITOR}


def covers(granted: str, asked: str) -> bool:
    """A purpose covers itself and its own sub-purposes, never its parent."""
    return granted == asked or (asked in PARENTS and PARENTS[Purpose(asked)] == granted)


class Action(StrEnum):
    """What would be done with the data."""

    MIRROR = "mirror"
    READ = "read"
    REFER = "refer"
    EXPORT = "export"
    AGGREGATE = "aggregate"


class Channel(StrEnum):
    """The exit that the data would take."""

    MIRROR = "mirror"
    DELIVERY = "delivery"
    API = "api"
    CONSOLE = "console"
    EXPORT = "export"


class Status(StrEnum):
    """The state of a consent record, as FHIR has it."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    REJECTED = "rejected"
    DRAFT = "draft"
    PROPOSED = "proposed"
    ENTERED_IN_ERROR = "entered-in-error"


class Rule(StrEnum):
    """What a provision does with what it matches."""

    PERMIT = "permit"
    DENY = "deny"


class Performer(StrEnum):
    """Who agreed or objected. An unknown one never stands in where a pack wants a certain one."""

    CHILD = "child"
    GUARDIAN = "guardian"
    AUTHORITY = "authority"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """The answer as a whole."""

    PERMIT = "PERMIT"
    PERMIT_PARTIAL = "PERMIT_PARTIAL"
    DENY = "DENY"


class Basis(StrEnum):
    """The legal basis that carries a permission."""

    CONSENT = "consent"
    PUBLIC_TASK = "public_task"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTEREST = "vital_interest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One node: it matches when every populated criterion does. `end` is the last instant."""

    type: Rule
    actors: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    actions: tuple[Action, ...] = ()
    classes: tuple[Label, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    provisions: tuple["Provision", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one person agreed to or objected to, as one organisation recorded it.

    The newest by `effective` and `version` of one (policy, organization, performer) supersedes the
    others. `conflict_of_interest` voids what it permits: the caregiver may be the exploiter.
    """

    id: str
    version: int
    subject: str
    status: Status
    policy: str
    organization: str
    performer: Performer
    effective: datetime
    provision: Provision
    conflict_of_interest: bool = False

    @property
    def reference(self) -> str:
        """How a decision names it."""
        return f"{self.id}#{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A consent that cannot be understood: it is kept as a reason to deny, never dropped."""

    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the decision must know of the child: findings and ages, no identity.

    `child_labour` None: undetermined. Ages are completed years at the time of the decision, None
    when nothing is known; `turns_18` is the earliest day on which it may.
    """

    child_labour: bool | None
    worst_form: bool = False
    armed_forces: bool = False
    professional_request: bool = False
    disclosure_limits: bool = False
    guardian_unsafe: bool = False
    age_low: int | None = None
    age_high: int | None = None
    turns_18: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A named authority's claim to data without consent, until a time."""

    code: str
    authority: str
    expires: datetime
    second_approver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The question: may these classes of a child's data go to this recipient, for this purpose.

    Texts and not enums, for the asker may be wrong: the engine's first step checks them.
    """

    subject: str
    recipient: str
    purpose: str
    action: str
    channel: str
    classes: frozenset[str]
    case: Case
    groups: frozenset[str] = frozenset()
    override: Override | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What the enforcer must do. One that it does not understand means that it must refuse."""

    code: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, why, on what basis and until when. A denial is an ordinary value."""

    id: str
    subject: str
    recipient: str
    purpose: str
    action: str
    effect: Effect
    permitted: Mapping[Label, Basis] = field(default_factory=dict)
    denied: frozenset[Label] = frozenset()
    obligations: tuple[Obligation, ...] = ()
    based_on: tuple[str, ...] = ()
    policy: str
    reasons: tuple[str, ...] = ()
    at: datetime
    expires_at: datetime

    def permits(self, label: Label) -> bool:
        """Tell whether data of this class may go."""
        return label in self.permitted

    def by_consent(self, label: Label) -> bool:
        """Tell whether consent, and not a legal basis, carries this class."""
        return self.permitted.get(label) is Basis.CONSENT

    @property
    def basis(self) -> str:
        """The basis that needs the most explaining, of those used; empty for a denial."""
        order = (
            Basis.VITAL_INTEREST, Basis.LEGAL_OBLIGATION, Basis.PUBLIC_TASK, Basis.CONSENT,
        )  # fmt: skip
        return next((basis for basis in order if basis in self.permitted.values()), "")
