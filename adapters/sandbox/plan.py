"""How many children play which part: the table of roles. Draws nothing at random.

Every class of the mirror (state, age bracket, sex, ISIC section, quarter) has six or more children
that nothing happens to, so it keeps five whatever the others do; one class has a single child.
"""

from itertools import product

from adapters.sandbox.people import Cohort, Role
from adapters.sandbox.places import STATES

DSW, INSPECTION, EMIS = "dsw_cms", "labour_inspection", "emis"
LEAST_CHILDREN = 60
CLASS_SIZE = 6
BRACKETS = ("5-11", "12-14", "15-17")
SECTIONS = ("A", "C", "G", "I")

_LONELY = Cohort(state="MMR017", bracket="15-17", sex="F", section="I")
_FIRST = (
    ("MMR013", "12-14", "I"), ("MMR017", "5-11", "A"), ("MMR010", "15-17", "C"),
    ("MMR011", "12-14", "G"), ("MMR013", "15-17", "C"), ("MMR010", "5-11", "A"),
)  # fmt: skip
_EMIS_COHORTS = (
    Cohort(state="MMR013", bracket="5-11", sex="F", section="unknown"),
    Cohort(state="MMR010", bracket="12-14", sex="M", section="unknown"),
    Cohort(state="MMR011", bracket="5-11", sex="M", section="unknown"),
)
# (systems, link): how often each way of being known occurs, as a cycle.
_KNOWN = (
    ((INSPECTION,), ""), ((DSW,), ""), ((DSW, INSPECTION), "card"), ((INSPECTION,), ""),
    ((INSPECTION, EMIS), "name"), ((DSW,), ""), ((INSPECTION,), ""),
    ((DSW, INSPECTION, EMIS), "card"), ((DSW,), ""), ((INSPECTION,), ""),
    ((DSW, INSPECTION), "name"), ((DSW,), ""), ((INSPECTION,), ""), ((DSW, EMIS), "name"),
)  # fmt: skip


def cast(children: int) -> list[Role]:
    """Return one role a child: the specials first, then the classes, largest share last."""
    if children < LEAST_CHILDREN:
        raise ValueError(f"the story needs at least {LEAST_CHILDREN} children")
    special = _specials()
    left = children - len(special)
    schools = max(1, min(len(_EMIS_COHORTS), left // 30))
    pupils = [_pupil(_EMIS_COHORTS[i % schools], i) for i in range(schools * CLASS_SIZE)]
    left -= len(pupils)
    return special + pupils + _workers(left)


def _workers(count: int) -> list[Role]:
    """Spread children over pairs of classes (both sexes), each class with six or more."""
    rest = [
        pair for pair in product((s.pcode for s in STATES), BRACKETS, SECTIONS)
        if pair not in _FIRST and pair != (_LONELY.state, _LONELY.bracket, _LONELY.section)
    ]  # fmt: skip
    pairs = [*_FIRST, *rest][: max(2, count // (2 * CLASS_SIZE))]
    cohorts = [
        Cohort(state=state, bracket=bracket, sex=sex, section=section)
        for state, bracket, section in pairs
        for sex in ("M", "F")
    ]
    return [_worker(cohorts[i % len(cohorts)], i, i // len(cohorts)) for i in range(count)]


def _worker(cohort: Cohort, index: int, layer: int) -> Role:
    systems, link = _KNOWN[(index + layer * 5) % len(_KNOWN)]
    if cohort.state == "MMR017":  # where no one can receive referrals: one of each sex is found
        systems, link = ((INSPECTION,), "") if layer == 0 else ((DSW,), "")
    twist = {7: "unknown_code", 19: "row_twice", 26: "worst_form", 33: "hours_corrected"}.get(index)
    if twist and INSPECTION not in systems:
        systems, link = (INSPECTION,), ""
    return Role(
        cohort=cohort, systems=systems, link=link, twist=twist or "", consents=index % 2 == 0
    )


def _pupil(cohort: Cohort, index: int) -> Role:
    """A child that only its teacher knows to work; every second one is referred."""
    twist = "referred_by_teacher" if (index // 2) % 2 == 0 else "seen_by_teacher"
    return Role(cohort=cohort, systems=(EMIS,), twist=twist)


def _specials() -> list[Role]:
    """The children that show each other state of the ledger, and each edit."""
    home, other = _cohort(0), _cohort(0, sex="F")
    mandalay = Cohort(state="MMR010", bracket="15-17", sex="M", section="C")
    if_emis = Cohort(state="MMR013", bracket="5-11", sex="F", section="unknown")
    both, found, known, school = (DSW, INSPECTION), (INSPECTION,), (DSW,), (EMIS,)
    table: list[tuple[str, tuple[str, ...], Cohort, str]] = [
        ("lonely", known, _LONELY, ""),
        ("objects_at_inspection", found, home, ""),
        ("objects_at_inspection", both, other, "card"),
        ("objects_at_dsw", known, home, ""),
        ("objects_at_dsw", both, other, "card"),
        ("objects_late", both, home, "card"),
        ("sex_corrected", known, other, ""),
        ("township_missing", found, home, ""),
        ("found_and_referred_by_teacher", (INSPECTION, EMIS), other, "name"),
        ("age_240", found, home, ""),
        ("hours_200", found, home, ""),
        ("born_after_inspection", found, other, ""),
        ("no_age", found, home, ""),
        ("no_hours", found, home, ""),
        ("adult", found, mandalay, ""),
        ("armed_forces", found, mandalay, ""),
        ("does_not_work", known, home, ""),
        ("no_status", school, if_emis, ""),
        ("no_student_no", school, if_emis, ""),
    ]
    idle = [("pupil", school, if_emis, "")] * 11
    return [
        Role(cohort=cohort, systems=systems, link=link, twist=twist, consents=number % 2 == 0)
        for number, (twist, systems, cohort, link) in enumerate([*table, *idle])
    ]


def _cohort(pair: int, *, sex: str = "M") -> Cohort:
    state, bracket, section = _FIRST[pair]
    return Cohort(state=state, bracket=bracket, sex=sex, section=section)
