"""Consents, statements, packs and words as data: read strictly, or not at all."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

import consent as room
from consent.disclosure import disclosure_of, no_longer_covered
from consent.engine import decide
from consent.model import Consent, Performer, Status, Unsupported
from consent.parse import as_data, day_begins, day_ends, parse
from consent.policy import DEFAULT_PACK, STRICT_PACK, LegalBasis, OverrideRule, load_policy
from consent.statements import answered, consents_of, from_statements
from consent.words import reason_in_words
from contracts.errors import FatalError
from contracts.labels import Label
from contracts.model.consent_statement import ConsentStatement
from tests.spec.consent_cases import CHILD, NOW, ask, both, consent, deny, permit

POLICY = load_policy(DEFAULT_PACK)
GOOD = as_data(consent("guardian", permit("C1", end=NOW, provisions=(deny(actors=("emis",)),))))
NODE = GOOD["provision"]

BROKEN: dict[str, dict[str, Any]] = {
    "unknown status": {"status": "on"},
    "unknown performer": {"performer": "neighbour"},
    "unknown field": {"verification": []},
    "no id": {"id": ""},
    "a number for a text": {"id": 7},
    "a text for a number": {"version": "1"},
    "a naive time": {"effective": "2026-01-05T00:00:00"},
    "a bare number for a time": {"effective": 1767571200},
    "no tree": {"provision": None},
    "unknown type": {"provision": NODE | {"type": "maybe"}},
    "no type": {"provision": {"actors": ["molip"]}},
    "unknown purpose": {"provision": NODE | {"purposes": ["GOV"]}},
    "unknown class": {"provision": NODE | {"classes": ["C9"]}},
    "unknown criterion": {"provision": NODE | {"securityLabel": ["R"]}},
    "an empty criterion": {"provision": NODE | {"classes": []}},
    "three levels": {"provision": NODE | {"provisions": [NODE]}},
    "a month for an end": {"provision": NODE | {"end": "2026-01"}},
    "a day that is none": {"provision": NODE | {"end": "2026-02-30"}},
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_consent_that_is_not_understood_is_unsupported(how: str) -> None:
    assert isinstance(parse(GOOD), Consent)
    assert parse(GOOD | BROKEN[how], "c#1") == Unsupported(reference="c#1")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff", b'{"id": NaN}'])
def test_a_text_that_is_no_consent_is_unsupported(text: bytes) -> None:
    assert isinstance(parse(text), Unsupported)


def test_a_key_that_stands_twice_is_unsupported_at_any_depth() -> None:
    text = orjson.dumps(GOOD).decode()
    assert isinstance(parse(text), Consent)
    assert isinstance(parse(text.replace('"version":1', '"version":1,"version":1')), Unsupported)
    twice = text.replace('"type":"permit"', '"type":"deny","type":"permit"')
    assert isinstance(parse(twice), Unsupported)


def test_a_day_is_the_whole_day_in_the_country() -> None:
    read = parse(GOOD | {"effective": "2026-01-05", "provision": NODE | {"end": "2026-01-06"}})
    assert isinstance(read, Consent)
    assert read.effective == datetime(2026, 1, 4, 17, 30, tzinfo=UTC)
    assert read.provision.end == datetime(2026, 1, 6, 17, 29, 59, 999999, tzinfo=UTC)
    assert day_begins(date(2026, 1, 7)) > day_ends(date(2026, 1, 6))


def said(**more: str) -> dict[str, str]:
    return {"scope": "reporting", "answer": "yes", "by": "unknown", "on": "2026-01-10"} | more


def record(*statements: dict[str, str], system: str = "emis") -> dict[str, Any]:
    return {"system": system, "record": "school", "row_key": "Zzqxkwvu", "consents": statements}


def effect(*records: dict[str, Any], classes: str = "C1 C2") -> set[Label]:
    return set(
        decide(ask(classes.split()), consents_of(CHILD, records, POLICY), POLICY, NOW).permitted
    )


def test_statements_permit_object_or_say_nothing() -> None:
    assert effect(record()) == {Label.C1}
    assert effect(record(said())) == {Label.C1, Label.C2}
    assert effect(record(said(answer="not_asked"))) == {Label.C1}
    assert effect(record(said(answer="no"))) == set()
    assert effect(record(said(answer="no", scope="services"))) == {Label.C1}


@pytest.mark.parametrize("who", ["guardian", "child", "unknown"])
def test_a_no_is_an_objection_whoever_said_it(who: str) -> None:
    assert effect(record(said()), record(said(answer="no", by=who), system="dsw_cms")) == set()


def test_the_newest_of_one_system_and_speaker_supersedes_and_on_one_day_the_no_wins() -> None:
    first, second = said(answer="no"), said(on="2026-01-11")
    assert effect(record(first), record(second)) == {Label.C1, Label.C2}
    assert effect(record(first), record(said())) == set()
    assert effect(record(first), record(second | {"by": "child"})) == set()


def test_a_statement_that_is_not_understood_denies() -> None:
    assert effect(record(said(scope="everything"))) == set()
    assert effect(record(said(), {"scope": "reporting"})) == set()


def test_a_consent_made_from_a_statement_keeps_no_key_of_its_record() -> None:
    made = from_statements(CHILD, [said()], system="emis", record="Zzqxkwvu", policy=POLICY)
    assert len(made) == 1
    assert "Zzqxkwvu" not in repr(made)


def test_what_people_tell_the_hub_counts_from_that_moment() -> None:
    no = ConsentStatement.model_validate(said(answer="no", by="child"))
    objection = answered(CHILD, no, version=1, at=NOW, policy=POLICY)
    assert objection.performer is Performer.CHILD
    told = [*consents_of(CHILD, [record(said())], POLICY), objection]
    assert decide(ask(), told, POLICY, NOW).reasons == ("assent_refused",)
    lifted = ConsentStatement.model_validate(said(by="child"))
    later = answered(CHILD, lifted, version=2, at=NOW, policy=POLICY)
    assert decide(ask(), [*told, later], POLICY, NOW).permits(Label.C1)
    unasked = ConsentStatement.model_validate(said(answer="not_asked"))
    with pytest.raises(ValueError, match="yes or no"):
        answered(CHILD, unasked, version=3, at=NOW, policy=POLICY)


PACK = (Path(room.__file__).parent / "policies" / "strict.toml").read_text(encoding="utf-8")
SPOILED = {
    "an unknown key": PACK.replace('lapse = "possible"', 'lapse = "possible"\nopen = true'),
    "an unknown class": PACK.replace('"C4", "C5"', '"C4", "C55"'),
    "an age in no band": PACK.replace("to_age = 5", "to_age = 4"),
    "an age in two bands": PACK.replace("to_age = 14", "to_age = 15"),
    "an unregistered recipient": PACK.replace('recipients = ["dsw_cms"]', 'recipients = ["who"]'),
    "no scope by default": PACK.replace('default = ["child_labour"]', ""),
    "consent as a basis": PACK.replace('basis = "vital_interest"', 'basis = "consent"'),
    "a longer cache": PACK.replace("refresh_seconds = 300", "refresh_seconds = 301"),
    "an override of four days": PACK.replace("most_minutes = 4320", "most_minutes = 5760"),
    "no pack at all": "= =",
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_pack_that_is_not_understood_is_refused_whole(how: str, tmp_path: Path) -> None:
    assert SPOILED[how] != PACK
    path = tmp_path / "pack.toml"
    path.write_text(SPOILED[how], encoding="utf-8")
    with pytest.raises(FatalError, match="policy pack"):
        load_policy(path)
    with pytest.raises(FatalError, match="cannot be read"):
        load_policy("no_such_pack")


@pytest.mark.parametrize("pack", [DEFAULT_PACK, STRICT_PACK])
def test_no_pack_lets_an_identifying_class_reach_the_labour_ministry(pack: str) -> None:
    policy = load_policy(pack)
    given = {label for one in policy.recipients["molip"].agreements for label in one.classes}
    rules: list[LegalBasis | OverrideRule] = [*policy.bases, *policy.overrides]
    given |= {label for rule in rules if "molip" in rule.recipients for label in rule.classes}
    assert given <= {Label.C0, Label.C1, Label.C2}


def test_no_words_are_kept_for_a_reason_that_nobody_gives() -> None:
    """That every reason given has words is seen where decisions are taken, in their own tests."""
    folder = Path(room.__file__).parent
    code = "".join(one.read_text(encoding="utf-8") for one in folder.glob("*.py"))
    packs = {rule.code for rule in POLICY.bases}
    for reason in tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))["reason"]:
        first, _, last = reason.partition(":")
        assert f'"{first}' in code
        assert not last or f'"{last}"' in code or last in packs
        assert reason_in_words(reason, "en").isascii()


def test_the_words_have_both_languages_everywhere() -> None:
    text = (Path(room.__file__).parent / "words.toml").read_text(encoding="utf-8")
    for group in tomllib.loads(text).values():
        assert all(set(entry) == {"en", "my"} for entry in group.values())


def test_a_withdrawal_walks_the_disclosures_that_it_ends() -> None:
    strict = load_policy(STRICT_PACK)
    before = decide(ask(("C1",)), both(), strict, NOW)
    made = disclosure_of(before, "epoch-1", NOW)
    assert made == disclosure_of(before, "epoch-1", NOW)
    assert no_longer_covered([made], before) == ()
    after = decide(ask(("C1",)), both(status=Status.INACTIVE), strict, NOW)
    assert no_longer_covered([made], after) == (made,)
    with pytest.raises(ValueError, match="discloses nothing"):
        disclosure_of(after, "epoch-2", NOW)
