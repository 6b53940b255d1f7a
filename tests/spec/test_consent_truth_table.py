"""The truth table of a consent decision, row by row, as `research/privacy.md` 1.4 numbers them.

Mode `consent` is the strict pack, mode `public_task` the default pack. Narrowed: row 12 asks for
REFERRAL to the DSW, the one recipient beside MOLIP whose agreement covers C3; row 21's flag is what
a worst form's kind is here (C4); the ethnicity, religion and citizenship of step 2 and the reporter
apart from other third parties are in no schema of ours yet, so C6 is closed as a whole.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent.engine import decide
from consent.model import Consent, Decision, Override, Request, Status, Unsupported
from consent.parse import as_data, parse
from consent.policy import DEFAULT_PACK, STRICT_PACK, Policy, load_policy
from consent.words import explain
from contracts.labels import Label
from tests.spec.consent_cases import NOW, ask, both, case, consent, deny, permit, report

SECOND = timedelta(seconds=1)
PACKS = {"consent": load_policy(STRICT_PACK), "public_task": load_policy(DEFAULT_PACK)}
WIDE = permit("C1", "C2", "C3", "C4", "C5")
ONE_AGENCY = permit(
    "C1", "C2", purposes=("REFERRAL",),
    provisions=(permit("C1", "C2", "C3", purposes=("REFERRAL",), actors=("dsw_cms",)),),
)  # fmt: skip


def referral(recipient: str, **more: Any) -> Request:
    given: dict[str, Any] = {
        "recipient": recipient, "purpose": "REFERRAL", "action": "export", "channel": "delivery",
    }  # fmt: skip
    return ask(("C1", "C2", "C3"), **(given | more))


def two_levels_deeper() -> dict[str, Any]:
    data = as_data(consent("guardian", permit("C1", provisions=(permit("C1"),))))
    data["provision"]["provisions"][0]["provisions"] = [{"type": "permit"}]
    return data


def with_extension() -> dict[str, Any]:
    return as_data(consent("guardian")) | {"modifierExtension": [{"url": "urn:unknown"}]}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: `gives` are the permitted classes, none for a denial; `why` is among the reasons."""

    row: str
    mode: str = "consent"
    request: Request = field(default_factory=ask)
    consents: list[Consent | Unsupported] | None
    gives: tuple[str, ...] = ()
    why: str
    basis: str = "consent"


TABLE = [
    Row(row="1 guardian permits and child assents", consents=[*both()], gives=("C1",),
        why="consent_given"),
    Row(row="2 no assent record, age 13", consents=[consent("guardian")],
        why="missing_performer:child"),
    Row(row="2 no assent record, age 4", request=ask(case=case(4)), consents=[consent("guardian")],
        gives=("C1",), why="consent_given"),
    Row(row="3 child refuses", consents=[consent("guardian"), consent("child", deny())],
        why="assent_refused"),
    Row(row="4 guardian denies, child permits, 13",
        consents=[consent("guardian", deny()), consent("child")], why="objection"),
    Row(row="4 the same, guardian unsafe, 13", request=ask(case=case(13, guardian_unsafe=True)),
        consents=[consent("guardian", deny()), consent("child")], why="objection"),
    Row(row="4 the same, guardian unsafe, 16", request=ask(case=case(16, guardian_unsafe=True)),
        consents=[consent("guardian", deny()), consent("child")], gives=("C1",),
        why="consent_given"),
    Row(row="4 the same, guardian not known unsafe, 16", request=ask(case=case(16)),
        consents=[consent("guardian", deny()), consent("child")], why="objection"),
    Row(row="5 permit C1, ask C1 and C2", request=ask(("C1", "C2")), consents=[*both()],
        gives=("C1",), why="class_not_covered:C2"),
    Row(row="6 all permit, ask C3 on the mirror", request=ask(("C3",)), consents=[*both(WIDE)],
        why="never_list"),
    Row(row="7 purpose RESEARCH", consents=[*both()], why="no_agreement",
        request=ask(purpose="RESEARCH", action="export", channel="export")),
    Row(row="7 purpose REFERRAL", request=referral("dsw_cms"), consents=[*both()],
        why="purpose_not_covered"),
    Row(row="8 permit the parent, ask the child purpose", request=ask(purpose="STATS"),
        consents=[*both()], gives=("C1",), why="consent_given"),
    Row(row="8 permit the child purpose, ask the parent",
        consents=[*both(permit("C1", purposes=("STATS",)))], why="purpose_not_covered"),
    Row(row="9 root permits all, nested deny for MOLIP",
        consents=[*both(permit(provisions=(deny(actors=("molip",)),)))], why="assent_refused"),
    Row(row="10 root denies, nested permit for MOLIP, MONITOR, C1",
        request=ask(("C1", "C2")),
        consents=[*both(deny(provisions=(permit("C1", actors=("molip",)),)))], gives=("C1",),
        why="consent_given"),
    Row(row="11 root denies, nested deny matches",
        consents=[*both(deny(provisions=(deny(actors=("molip",)),)))], why="objection"),
    Row(row="12 more for one agency: that agency", request=referral("dsw_cms"),
        consents=[*both(ONE_AGENCY, policy="clm:general")], gives=("C1", "C2", "C3"),
        why="consent_given"),
    Row(row="12 more for one agency: another", request=referral("labour_inspection"),
        consents=[*both(ONE_AGENCY, policy="clm:general")], gives=("C1", "C2"),
        why="class_not_covered:C3"),
    Row(row="13 siblings permit and deny",
        consents=[*both(deny(provisions=(permit("C1"), deny("C1"))))], why="objection"),
    Row(row="14 the period ended a second ago",
        consents=[*both(permit("C1", end=NOW - SECOND))], why="consent_expired"),
    Row(row="14 the period ends now", consents=[*both(permit("C1", end=NOW))], gives=("C1",),
        why="consent_given"),
    Row(row="14 the period starts in a second",
        consents=[*both(permit("C1", start=NOW + SECOND))], why="consent_not_yet"),
    Row(row="15 older deny, newer permit, same key",
        consents=[*both(), consent("guardian", deny(), version=0, id="old")], gives=("C1",),
        why="consent_given"),
    Row(row="15 older deny of another performer",
        consents=[*both(), consent("authority", deny(), version=0, id="old")], why="objection"),
    Row(row="15b newer narrow permit withdrawn",
        consents=[*both(WIDE), consent("guardian", version=2, status=Status.INACTIVE)],
        why="consent_withdrawn"),
    Row(row="15b newer narrow permit ended",
        consents=[*both(WIDE), consent("guardian", permit("C1", end=NOW - SECOND), version=2)],
        why="consent_expired"),
    *(
        Row(row=f"16 status {status}", consents=[*both(status=Status(status))], why=why)
        for status, why in {
            "draft": "no_consent", "proposed": "no_consent", "entered-in-error": "no_consent",
            "rejected": "consent_refused", "inactive": "consent_withdrawn",
        }.items()
    ),
    Row(row="16 status unknown", consents=[parse(as_data(consent("guardian")) | {"status": "on"})],
        why="unsupported_consent"),
    Row(row="17 public task, no consent, C1", mode="public_task", consents=[], gives=("C1",),
        why="basis:monitoring", basis="public_task"),
    Row(row="17 public task, no consent, C2", mode="public_task", request=ask(("C2",)),
        consents=[], why="no_consent"),
    Row(row="18 public task, explicit deny", mode="public_task",
        consents=[consent("unknown", deny())], why="objection"),
    Row(row="18 public task, withdrawn", mode="public_task",
        consents=[consent("guardian", status=Status.INACTIVE)], why="consent_withdrawn"),
    Row(row="19 worst form, claim of the authority", request=report(), consents=[],
        gives=("C1", "C2", "C3"), why="override:LEGALREPORT", basis="legal_obligation"),
    Row(row="20 the same claim on the mirror", consents=[],
        request=report(("C3",), recipient="molip", action="mirror", channel="mirror"),
        why="never_list"),
    Row(row="21 a worst form's kind on the mirror", request=ask(("C4",)), consents=[*both(WIDE)],
        why="never_list"),
    Row(row="22 break glass without membership", consents=[],
        request=report(purpose="BREAKGLASS", override=Override(
            code="BREAKGLASS", authority="dsw_child_protection", expires=NOW + 3600 * SECOND)),
        why="no_agreement"),
    Row(row="23 not a child-labour case", request=ask(case=case(child_labour=False)),
        consents=[*both(WIDE)], why="out_of_scope"),
    Row(row="23 undetermined", request=ask(case=case(child_labour=None)), consents=[*both(WIDE)],
        why="undetermined"),
    Row(row="24 18 today, guardian consents only", request=ask(case=case(18)),
        consents=[consent("guardian")], why="guardian_lapsed"),
    Row(row="25 deeper than two levels", consents=[*both(), parse(two_levels_deeper())],
        why="unsupported_consent"),
    Row(row="25 unknown modifier extension", consents=[*both(), parse(with_extension())],
        why="unsupported_consent"),
    Row(row="26 the store is unreachable", consents=None, why="unavailable"),
    Row(row="26 the store is unreachable, public task", mode="public_task", consents=None,
        why="unavailable"),
]  # fmt: skip


def taken(row: Row) -> Decision:
    return decide(row.request, row.consents, PACKS[row.mode], NOW)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.row)
def test_the_row_holds(row: Row) -> None:
    decision = taken(row)
    asked = {Label(one) for one in row.request.classes}
    given = {Label(one) for one in row.gives}
    assert set(decision.permitted) == given
    assert decision.denied == asked - given
    expected = "PERMIT" if given == asked else "PERMIT_PARTIAL" if given else "DENY"
    assert decision.effect == expected
    assert row.why in decision.reasons
    assert decision.basis == (row.basis if given else "")
    assert NOW <= decision.expires_at <= NOW + timedelta(seconds=300)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.row)
def test_the_row_is_explained_in_both_languages_and_owes_nothing_when_denied(row: Row) -> None:
    decision = taken(row)
    english, burmese = explain(decision, "en"), explain(decision, "my")
    assert len(english) == len(burmese) == 1 + len(decision.reasons)
    assert all(sentence.isascii() for sentence in english)
    assert bool(decision.obligations) == bool(row.gives)


def test_row_1_owes_exactly_three_things() -> None:
    codes = [(one.code, one.value) for one in taken(TABLE[0]).obligations]
    assert codes == [("PSEUDONYMISE", "molip"), ("GENERALISE", "mirror"), ("NO_REDISCLOSE", "")]


def test_row_5_redacts_what_is_not_permitted() -> None:
    row = next(row for row in TABLE if row.row.startswith("5"))
    assert ("REDACT", "C2") in [(one.code, one.value) for one in taken(row).obligations]


def test_row_19_opens_a_review_and_ends_within_72_hours() -> None:
    decision = decide(report(), [], PACKS["consent"], NOW)
    review = next(one for one in decision.obligations if one.code == "REVIEW")
    assert datetime.fromisoformat(review.value) <= NOW + timedelta(hours=72)
    late = Override(
        code="LEGALREPORT", authority="dsw_child_protection", expires=NOW + timedelta(hours=73)
    )
    assert "override_refused" in decide(report(override=late), [], PACKS["consent"], NOW).reasons


def claim(code: str, minutes: int, second: str = "") -> Override:
    expires = NOW + timedelta(minutes=minutes)
    return Override(
        code=code, authority="dsw_child_protection", expires=expires, second_approver=second
    )


def test_c4_by_override_wants_a_second_approver_who_is_another() -> None:
    for second, given in {"": False, "dsw_child_protection": False, "director": True}.items():
        request = report(("C4",), override=claim("LEGALREPORT", 60, second))
        assert decide(request, [], PACKS["consent"], NOW).permits(Label.C4) is given


def break_glass_pack() -> Policy:
    """No shipped agreement covers break-glass: a country that wants it adds it, as here."""
    pack = PACKS["consent"].model_dump()
    agreement = pack["recipients"]["dsw_cms"]["agreements"][0]
    agreement["purposes"] = {*agreement["purposes"], "BREAKGLASS"}
    return Policy.model_validate(pack)


@pytest.mark.parametrize(
    ("groups", "minutes", "given"),
    [((), 60, False), (("break_glass",), 60, True), (("break_glass",), 61, False)],
)
def test_row_22_break_glass_wants_the_membership_and_lasts_an_hour(
    groups: tuple[str, ...], minutes: int, *, given: bool
) -> None:
    request = report(
        purpose="BREAKGLASS", override=claim("BREAKGLASS", minutes), groups=frozenset(groups)
    )
    decision = decide(request, [], break_glass_pack(), NOW)
    assert set(decision.permitted) == ({Label.C1, Label.C2, Label.C3} if given else set())


def refer(**more: Any) -> Request:
    return referral("dsw_cms", action="refer", **more)


SAID_BY_CHILD = [consent("child", deny(purposes=("CASEMGMT",)), policy="clm:services")]
SAID_BY_GUARDIAN = [consent("guardian", deny(purposes=("CASEMGMT",)), policy="clm:services")]


@pytest.mark.parametrize("mode", PACKS)
@pytest.mark.parametrize(
    ("found", "consents", "basis"),
    [
        ({}, [], "legal_obligation"),
        ({}, SAID_BY_GUARDIAN, "legal_obligation"),
        ({}, SAID_BY_CHILD, ""),
        ({"worst_form": True}, SAID_BY_CHILD, "vital_interest"),
        ({"disclosure_limits": True}, [], ""),
        ({"child_labour": None}, [], ""),
        ({"child_labour": None, "professional_request": True}, [], "legal_obligation"),
        ({"child_labour": False, "professional_request": True}, [], "legal_obligation"),
    ],
)
def test_the_child_protection_authority_has_its_own_basis(
    mode: str, found: dict[str, Any], consents: list[Consent], basis: str
) -> None:
    decision = decide(refer(case=case(**found)), consents, PACKS[mode], NOW)
    assert decision.permits(Label.C3) is bool(basis)
    assert decision.permitted.get(Label.C3, "") == basis
    assert ("REVIEW" in [one.code for one in decision.obligations]) is bool(decision.permitted)


def test_referral_by_consent_wants_both_services_and_disclosure() -> None:
    services, disclosure = (
        consent("unknown", permit("C1", "C2", "C3", purposes=("REFERRAL",)), policy=f"clm:{one}",
                id=one)
        for one in ("services", "disclosure")
    )  # fmt: skip
    decisions = {
        len(given): decide(refer(), given, PACKS["public_task"], NOW)
        for given in ([services], [services, disclosure])
    }
    assert decisions[1].basis == "legal_obligation"
    assert decisions[2].by_consent(Label.C3)


@pytest.mark.parametrize(
    ("mode", "recipient", "open_to"),
    [("consent", "molip", False), ("public_task", "molip", False), ("consent", "dsw_cms", False),
     ("public_task", "dsw_cms", True)],
)  # fmt: skip
def test_an_armed_forces_case_never_goes_to_these_recipients(
    mode: str, recipient: str, *, open_to: bool
) -> None:
    found = case(armed_forces=True)
    request = ask(case=found) if recipient == "molip" else refer(case=found)
    decision = decide(request, [*both(WIDE)], PACKS[mode], NOW)
    assert bool(decision.permitted) is open_to
    assert ("never_list" in decision.reasons) is not open_to


BROKEN = [
    {"purpose": "CURIOSITY"}, {"purpose": ""}, {"recipient": "nobody"}, {"action": "sell"},
    {"channel": "pigeon"}, {"classes": frozenset()}, {"classes": frozenset({"C8"})},
    {"subject": ""}, {"action": "read"}, {"channel": "api"}, {"classes": None}, {"case": None},
    {"purpose": ["MONITOR"]},
]  # fmt: skip


@pytest.mark.parametrize("mode", PACKS)
@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_request_out_of_order_is_denied_and_never_raises(
    mode: str, broken: dict[str, Any]
) -> None:
    decision = decide(replace(ask(), **broken), [*both(WIDE)], PACKS[mode], NOW)
    assert decision.effect == "DENY"
    assert decision.reasons[0].startswith(("invalid_request", "engine_fault"))


def test_a_naive_time_and_an_ended_agreement_are_denied() -> None:
    naive = decide(ask(), [], PACKS["public_task"], NOW.replace(tzinfo=None))
    assert naive.reasons == ("invalid_request:time",)
    ended = decide(ask(), [], PACKS["public_task"], datetime(2036, 1, 1, tzinfo=UTC))
    assert ended.reasons == ("no_agreement",)


def test_an_answer_ends_with_what_it_rests_on() -> None:
    soon, later = NOW + timedelta(seconds=20), NOW + timedelta(seconds=40)
    first = decide(ask(), [*both(permit("C1", end=soon))], PACKS["consent"], NOW)
    assert first.expires_at == soon
    eve = datetime(2026, 5, 31, 17, 29, 50, tzinfo=UTC)  # ten seconds before midnight in Yangon
    adult = case(17, turns_18=date(2026, 6, 1))
    assert decide(ask(case=adult), [], PACKS["public_task"], eve).expires_at == eve + 10 * SECOND
    assert decide(ask(), [], PACKS["public_task"], later).expires_at == later + 300 * SECOND


def test_an_objection_dated_ahead_by_a_wrong_clock_counts_already() -> None:
    ahead = consent("unknown", deny(), effective=NOW + timedelta(days=2))
    assert decide(ask(), [ahead], PACKS["public_task"], NOW).reasons == ("objection",)


def test_a_permit_that_ended_keeps_the_denials_inside_it() -> None:
    root = permit("C1", end=NOW - SECOND, provisions=(deny(actors=("molip",)),))
    assert not decide(ask(), [consent("guardian", root)], PACKS["public_task"], NOW).permitted


def test_a_denial_does_not_end_by_itself_and_covers_what_may_be_meant() -> None:
    past = deny(purposes=("STATS",), actors=("group:any",), end=NOW - SECOND)
    assert not decide(ask(), [consent("guardian", past)], PACKS["public_task"], NOW).permitted


def test_consents_of_another_child_are_not_heard() -> None:
    other = [consent(who, subject="another") for who in ("guardian", "child")]
    assert decide(ask(), other, PACKS["consent"], NOW).reasons == ("no_consent",)


def test_a_conflict_of_interest_voids_the_permit_and_not_the_objection() -> None:
    voided = [consent("guardian", conflict_of_interest=True), consent("child")]
    assert not decide(ask(), voided, PACKS["consent"], NOW).permitted
    denied = [consent("guardian", deny(), conflict_of_interest=True)]
    assert not decide(ask(), denied, PACKS["public_task"], NOW).permitted


def test_one_version_with_two_contents_is_not_understood() -> None:
    twice = [consent("guardian"), consent("guardian", deny())]
    assert decide(ask(), twice, PACKS["public_task"], NOW).reasons == ("unsupported_consent",)
