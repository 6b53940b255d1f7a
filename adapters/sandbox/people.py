"""Who lives in the country: what each child is, and what part it plays. Writes nothing."""

from dataclasses import dataclass, field
from datetime import date

from adapters.sandbox.places import State, state_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The attributes that a mirror's class of rows has in common; the quarter is one for all."""

    state: str
    bracket: str
    sex: str
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What the story needs of one child.

    `systems` know it, joined by `link` (`card`, or `name` with father, sex, township and birth
    year); `twist` is what is special about it, empty for a child whose case is simply released.
    """

    cohort: Cohort
    systems: tuple[str, ...]
    link: str = ""
    twist: str = ""
    consents: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The child's work as it really is."""

    isic: str
    isco: str
    task: str
    hours_week: int
    hours_day: int
    days_week: int
    night: bool
    hazards: tuple[str, ...]
    worst_forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """The child's place in a school."""

    school_code: str
    student_no: int
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One child as it really is. Its reprs hold identity: it never leaves the sandbox's files."""

    number: int
    role: Role
    name: str
    father_name: str
    mother_name: str
    card_no: str
    card_burmese: str
    phone: str
    address: str
    birth_date: date
    township: str
    township_name: str
    work: Work | None
    school: School | None
    marks: dict[str, list[str]] = field(repr=False)

    @property
    def sex(self) -> str:
        """M or F."""
        return self.role.cohort.sex

    @property
    def state(self) -> State:
        """The state or region where the child lives and works."""
        return state_of(self.township)

    @property
    def age(self) -> int:
        """Completed years in the first quarter of 2026: no birthday lies in it."""
        return 2025 - self.birth_date.year
