"""What each change of a contract breaks, under each mode; and that no shipped one breaks unsaid."""

# One row a case.
# ruff: noqa: E501

import pytest

from contracts.evolution import BOTH, NOBODY, READERS, WRITERS, Change, Mode, compare, judge
from contracts.evolution.shape import Shape, code_lists
from tests.spec import contract_baseline as baseline
from tests.spec.small_contract import shape

ID = 'required = true, primaryKey = true, primaryKeyPosition = 1, classification = "C3"'
DAY = '{ name = "visit_date", logicalType = "date", required = true'
AGE = "minimum = 0, maximum = 120"
AGE_ROW = '{ target = "birth.age", source = "age", transform = "integer", absent = { "98" = "asked_unknown" } },'
NICK_ROW = '{ target = "identity.name", source = "nickname", transform = "name" },'
CHILD_ROW = '{ target = "identity.name", source = "child", transform = "name" },'
SEX_ROW = '{ target = "child.sex", source = "sex", transform = "code", codes = "sexes" },'
NEW_FIELD = (
    '  { name = "wage", logicalType = "number", classification = "C2", description = "Pay." },\n]'
)
KNIFE = '{ code = "knife", label = "Knives", target = "dangerous_tools" },'
REMARKS = '  { name = "remarks", logicalType = "string", classification = "C5", description = "Free text." },\n'

# What is changed, the kind of change that must be told, and whom it breaks.
CHANGES: list[tuple[str, tuple[tuple[str, str], ...], str, frozenset[str]]] = [
    ("a new optional field", ((REMARKS, REMARKS + NEW_FIELD[:-1]),), "field_added", NOBODY),
    (
        "a new required field",
        ((REMARKS, REMARKS + NEW_FIELD[:-1].replace('"number"', '"number", required = true')),),
        "field_added_required", WRITERS,
    ),
    ("an optional field gone", ((REMARKS, ""),), "field_removed", NOBODY),
    ("a field becomes required", (('{ name = "sex", logicalType = "string"', '{ name = "sex", logicalType = "string", required = true'),), "became_required", WRITERS),
    ("a field becomes optional", ((ID, ID.replace("required = true, ", "")),), "became_optional", READERS),
    ("a wider type", (('"age", logicalType = "integer"', '"age", logicalType = "number"'),), "type_changed", READERS),
    ("a narrower type", (('"remarks", logicalType = "string"', '"remarks", logicalType = "date"'),), "type_changed", WRITERS),
    ("another type", (('"age", logicalType = "integer"', '"age", logicalType = "boolean"'),), "type_changed", BOTH),
    ("another key", ((ID, ID.replace("primaryKey = true, primaryKeyPosition = 1, ", "")), (DAY, f"{DAY}, primaryKey = true, primaryKeyPosition = 1")), "key_changed", BOTH),
    ("a lower maximum", ((AGE, "minimum = 0, maximum = 100"),), "limit_narrowed", WRITERS),
    ("a higher minimum", ((AGE, "minimum = 1, maximum = 120"),), "limit_narrowed", WRITERS),
    ("no maximum any more", ((AGE, "minimum = 0"),), "limit_widened", READERS),
    ("a lower class", (('"remarks", logicalType = "string", classification = "C5"', '"remarks", logicalType = "string", classification = "C2"'),), "class_lowered", BOTH),
    ("a class among the personal ones", (('"remarks", logicalType = "string", classification = "C5"', '"remarks", logicalType = "string", classification = "C3"'),), "class_changed", READERS),
    ("a higher class", (('"sex", logicalType = "string", classification = "C1"', '"sex", logicalType = "string", classification = "C4"'),), "class_raised", NOBODY),
    ("a row gone", ((NICK_ROW, ""),), "row_removed", BOTH),
    ("all rows of a target gone", ((AGE_ROW, ""),), "target_removed", BOTH),
    ("a row more, below", ((NICK_ROW, NICK_ROW + NICK_ROW.replace('"nickname"', '"remarks"')),), "row_added", NOBODY),
    ("a row more, above", ((CHILD_ROW, NICK_ROW.replace('"nickname"', '"remarks"') + CHILD_ROW),), "row_added_above", BOTH),
    ("rows the other way round", ((CHILD_ROW, ""), (NICK_ROW, NICK_ROW + CHILD_ROW)), "order_changed", BOTH),
    ("a new target", ((SEX_ROW, SEX_ROW + '{ target = "facts.task_text", source = "remarks", transform = "text" },'),), "target_added", NOBODY),
    ("another list of codes", (('transform = "codes", crosswalk = "danger"', 'transform = "codes", codes = "hazards"'),), "row_changed", BOTH),
    ("another missing code", (('"98" = "asked_unknown"', '"99" = "asked_declined"'),), "absent_changed", BOTH),
    ("a code gone", ((KNIFE, ""),), "code_removed", WRITERS),
    ("a code with another meaning", (('target = "dangerous_tools"', 'target = "chemicals"'),), "code_changed", BOTH),
    ("a code with another label", (('label = "Knives"', 'label = "Sharp tools"'),), "label_changed", BOTH),
    ("a code more", ((KNIFE, KNIFE + '{ code = "fire", label = "Fire", target = "fire_gas" },'),), "code_added", NOBODY),
    ("a list of other things", (('each = "helps"', 'each = "."'), ('source = "help_id"', 'source = "visit_id"'), ('source = "what"', 'source = "danger"')), "each_changed", BOTH),
    ("a need more", (('one_of = [["child", "nickname"]]', 'one_of = [["child", "nickname"], ["age", "sex"]]'),), "need_added", WRITERS),
    ("a wider need", (('one_of = [["child", "nickname"]]', 'one_of = [["child", "nickname", "age"]]'),), "need_removed", READERS),
    ("no need any more", (('one_of = [["child", "nickname"]]', ""),), "need_removed", READERS),
]  # fmt: skip


def changes(*edits: tuple[str, str]) -> list[Change]:
    return compare(shape(), shape(*edits))


@pytest.mark.parametrize(
    ("edits", "kind", "breaks"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES]
)
def test_a_change_is_told_and_breaks_whom_it_breaks(
    edits: tuple[tuple[str, str], ...], kind: str, breaks: frozenset[str]
) -> None:
    told = {one.kind: one for one in changes(*edits)}
    assert kind in told
    assert told[kind].breaks == breaks
    assert all(one.message and one.next_step and one.path for one in told.values())


def test_nothing_changes_between_a_contract_and_itself() -> None:
    assert changes() == []


def test_texts_for_people_are_no_change() -> None:
    assert (
        changes(("Free text.", "What else was seen."), ('name = "Visit"', 'name = "Visits"')) == []
    )


MODES = {
    Mode.NONE: set(),
    Mode.BACKWARD: {WRITERS, BOTH},
    Mode.BACKWARD_TRANSITIVE: {WRITERS, BOTH},
    Mode.FORWARD: {READERS, BOTH},
    Mode.FORWARD_TRANSITIVE: {READERS, BOTH},
    Mode.FULL: {WRITERS, READERS, BOTH},
    Mode.FULL_TRANSITIVE: {WRITERS, READERS, BOTH},
}  # fmt: skip


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case[0])
def test_a_mode_fails_for_what_breaks_whom_it_protects(
    mode: Mode, case: tuple[str, tuple[tuple[str, str], ...], str, frozenset[str]]
) -> None:
    before, after = shape(), shape(*case[1])
    broken = {one.breaks for one in compare(before, after)} - {NOBODY}
    fails = any(verdict.fails for verdict in judge([before], after, mode))
    assert fails == bool(broken & MODES[mode])


def test_the_modes_are_those_of_schema_registries() -> None:
    assert [mode.value for mode in Mode] == [
        "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL",
        "FULL_TRANSITIVE",
    ]  # fmt: skip


BROKEN = (KNIFE, "")
MAJOR = ('version = "1.0.0"', 'version = "2.0.0"')


def test_a_new_major_version_may_break_and_says_so() -> None:
    verdict = judge([shape()], shape(BROKEN, MAJOR), Mode.BACKWARD)[0]
    assert verdict.broken
    assert verdict.excused
    assert not verdict.fails


def test_a_minor_version_may_not_break() -> None:
    minor = ('version = "1.0.0"', 'version = "1.9.0"')
    assert judge([shape()], shape(BROKEN, minor), Mode.BACKWARD)[0].fails


def test_a_transitive_mode_promises_to_every_version_and_takes_no_major_for_an_excuse() -> None:
    first, second = shape(), shape(BROKEN, MAJOR)
    third = shape(BROKEN, ('version = "1.0.0"', 'version = "3.0.0"'))
    assert not any(one.fails for one in judge([first, second], third, Mode.BACKWARD))
    told = judge([first, second], third, Mode.BACKWARD_TRANSITIVE)
    assert [one.fails for one in told] == [True, False]


def test_the_version_says_whether_anything_changed() -> None:
    mapping = ('version = "1"\n', 'version = "2"\n')
    assert not judge([shape()], shape(BROKEN), Mode.NONE)[0].raised
    assert judge([shape()], shape(BROKEN, mapping), Mode.NONE)[0].raised


def test_no_shipped_contract_breaks_without_a_new_major_version() -> None:
    before, codes = baseline.remembered()
    assert baseline.faults(before, baseline.today(), codes, code_lists()) == []


def test_every_version_of_a_shipped_contract_is_recorded() -> None:
    before, _ = baseline.remembered()
    late = baseline.unrecorded(before, baseline.today())
    assert late == [], "run `python -m tests.spec.contract_baseline`"


class TestTheBaselineItself:
    """It would see what it must see."""

    def faults(self, old: Shape, new: Shape) -> list[str]:
        return baseline.faults({"x/v1": old}, {"x/v1": new}, {"danger": "a b"}, {"danger": "a b c"})

    def test_a_break_without_a_new_major_version_fails(self) -> None:
        found = self.faults(shape(), shape(BROKEN, ('version = "1.0.0"', 'version = "1.1.0"')))
        assert len(found) == 1
        assert "breaks without a new major version" in found[0]
        assert "keep the row" in found[0]

    def test_a_harmless_change_needs_a_raised_version(self) -> None:
        harmless = (KNIFE, KNIFE + '{ code = "fire", label = "Fire", target = "fire_gas" },')
        assert "raise `version`" in self.faults(shape(), shape(harmless))[0]
        raised = shape(harmless, ('version = "1"\n', 'version = "2"\n'))
        assert self.faults(shape(), raised) == []

    def test_a_contract_that_is_gone_fails(self) -> None:
        assert "is gone" in baseline.faults({"x/v1": shape()}, {}, {}, {})[0]

    def test_a_code_that_a_list_lost_fails(self) -> None:
        found = baseline.faults({}, {}, {"sexes": "M F unknown"}, {"sexes": "M F"})
        assert found == ["the list sexes lost unknown: retire codes, delete none"]
