"""What holds for every decision, whatever the consents: order, objections, time and errors."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from consent.engine import decide
from consent.model import (
    Action,
    Basis,
    Case,
    Channel,
    Consent,
    Decision,
    Performer,
    Provision,
    Purpose,
    Request,
    Rule,
    Status,
    Unsupported,
)
from consent.parse import as_data, parse
from consent.policy import DEFAULT_PACK, STRICT_PACK, Policy, load_policy
from consent.words import explain
from contracts.labels import Label
from tests.spec.consent_cases import CHILD, NOW

PACKS = [load_policy(DEFAULT_PACK), load_policy(STRICT_PACK)]
QUICK = settings(max_examples=120, deadline=None, derandomize=True)
SCOPES = ["clm:general", "clm:reporting", "clm:services", "clm:disclosure", "clm:other"]
NEAR = [NOW + timedelta(hours=hours) for hours in (-48, -24, -3, -2, 1)]


EXITS = [
    ("molip", Purpose.MONITOR, Action.MIRROR, Channel.MIRROR),
    ("molip", Purpose.STATS, Action.MIRROR, Channel.MIRROR),
    ("dsw_cms", Purpose.REFERRAL, Action.REFER, Channel.DELIVERY),
    ("labour_inspection", Purpose.REFERRAL, Action.READ, Channel.DELIVERY),
]
ACTORS: list[tuple[str, ...]] = [
    (), (), (), ("molip",), ("dsw_cms", "molip"), ("role:labour_ministry",), ("group:any",),
]  # fmt: skip
PURPOSES: list[tuple[Purpose, ...]] = [
    (), (), (Purpose.MONITOR,), (Purpose.STATS,), (Purpose.CASEMGMT, Purpose.MONITOR),
]  # fmt: skip
ACTIONS: list[tuple[Action, ...]] = [(), (), (), (Action.MIRROR,), (Action.REFER,)]
CLASSES: list[tuple[Label, ...]] = [
    (), (), (Label.C1,), (Label.C1, Label.C2), (Label.C2, Label.C3, Label.C4),
]  # fmt: skip
STATUSES = [Status.ACTIVE] * 6 + list(Status)
SUBSETS = [frozenset(Label), frozenset({Label.C1}), frozenset({Label.C1, Label.C2, Label.C3})]


@st.composite
def provisions(draw: st.DrawFn, levels: int = 2) -> Provision:
    below = st.lists(provisions(levels - 1), max_size=2) if levels > 1 else st.just([])
    return Provision(
        type=draw(st.sampled_from([Rule.PERMIT, Rule.PERMIT, Rule.DENY])),
        actors=draw(st.sampled_from(ACTORS)),
        purposes=draw(st.sampled_from(PURPOSES)),
        actions=draw(st.sampled_from(ACTIONS)),
        classes=draw(st.sampled_from(CLASSES)),
        start=draw(st.sampled_from([None, None, *NEAR])),
        end=draw(st.sampled_from([None, None, *NEAR])),
        provisions=tuple(draw(below)),
    )


@st.composite
def consents(draw: st.DrawFn) -> list[Consent]:
    """A few consents, each of any kind or a plain yes to everything."""
    return [draw(any_consent(number)) for number in range(draw(st.integers(0, 4)))]


@st.composite
def any_consent(draw: st.DrawFn, number: int) -> Consent:
    plain = draw(st.booleans())
    return Consent(
        id=f"consent-{number}",
        version=draw(st.integers(0, 2)),
        subject=CHILD,
        status=Status.ACTIVE if plain else draw(st.sampled_from(STATUSES)),
        policy=SCOPES[0] if plain else draw(st.sampled_from(SCOPES)),
        organization=draw(st.sampled_from(["dsw_cms", "emis"])),
        performer=draw(st.sampled_from(Performer)),
        effective=NEAR[0] if plain else draw(st.sampled_from(NEAR)),
        provision=Provision(type=Rule.PERMIT) if plain else draw(provisions()),
        conflict_of_interest=not plain and draw(st.integers(0, 9)) == 9,
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    recipient, purpose, action, channel = draw(st.sampled_from(EXITS))
    low, flags = draw(st.integers(0, 18)), draw(st.integers(0, 31))
    return Request(
        subject=CHILD,
        recipient=recipient,
        purpose=purpose,
        action=action,
        channel=channel,
        classes=frozenset(draw(st.sampled_from(SUBSETS))),
        case=Case(
            child_labour=draw(st.sampled_from([True, True, True, False, None])),
            worst_form=bool(flags & 1),
            armed_forces=flags & 14 == 14,
            professional_request=bool(flags & 2),
            disclosure_limits=flags & 12 == 12,
            guardian_unsafe=bool(flags & 16),
            age_low=low,
            age_high=low + draw(st.integers(0, 3)),
        ),
    )


policies = st.sampled_from(PACKS)


def permits(decision: Decision) -> set[Label]:
    return set(decision.permitted)


@pytest.mark.parametrize(
    "target",
    ["PERMIT", "PERMIT_PARTIAL", "DENY", *Basis, "objection", "assent_refused", "never_list",
     "consent_withdrawn", "guardian_lapsed", "disclosure_limits"],
)  # fmt: skip
def test_these_strategies_reach_answers_of_every_kind(target: str) -> None:
    """A property over requests that are all denied would hold, and say nothing."""

    def reached(drawn: tuple[Request, list[Consent], Policy]) -> bool:
        decision = decide(*drawn, NOW)
        return target in {decision.effect, *decision.permitted.values(), *decision.reasons}

    generate = settings(max_examples=3000, phases=[Phase.generate], database=None, deadline=None)
    find(st.tuples(requests(), consents(), policies), reached, settings=generate)


@QUICK
@given(requests(), consents(), policies)
def test_every_answer_has_words_and_no_fault(
    request: Request, known: list[Consent], policy: Policy
) -> None:
    decision = decide(request, known, policy, NOW)
    assert "engine_fault" not in decision.reasons
    assert len(explain(decision, "my")) == 1 + len(decision.reasons)


@QUICK
@given(requests(), consents(), policies, st.randoms(use_true_random=False))
def test_the_order_of_consents_changes_nothing(
    request: Request,
    known: list[Consent],
    policy: Policy,
    random: Random,
) -> None:
    shuffled = list(known)
    random.shuffle(shuffled)
    assert decide(request, shuffled, policy, NOW) == decide(request, known, policy, NOW)


@QUICK
@given(requests(), consents(), policies, st.data())
def test_adding_an_objection_never_widens(
    request: Request, known: list[Consent], policy: Policy, data: st.DataObject
) -> None:
    objection = Consent(
        id="objection",
        version=9,
        subject=CHILD,
        status=Status.ACTIVE,
        policy=data.draw(st.sampled_from(SCOPES)),
        organization="emis",
        performer=data.draw(st.sampled_from(Performer)),
        effective=data.draw(st.sampled_from(NEAR)),
        provision=Provision(type=Rule.DENY),
    )
    before = permits(decide(request, known, policy, NOW))
    assert permits(decide(request, [*known, objection], policy, NOW)) <= before


@QUICK
@given(requests(), consents(), policies, st.data())
def test_withdrawing_or_refusing_never_widens(
    request: Request,
    known: list[Consent],
    policy: Policy,
    data: st.DataObject,
) -> None:
    active = [number for number, one in enumerate(known) if one.status is Status.ACTIVE]
    if not active:
        return
    number = data.draw(st.sampled_from(active))
    status = data.draw(st.sampled_from([Status.INACTIVE, Status.REJECTED]))
    changed = [*known]
    changed[number] = replace(known[number], status=status)
    before = permits(decide(request, known, policy, NOW))
    assert permits(decide(request, changed, policy, NOW)) <= before


def ended(node: Provision, end: datetime) -> Provision:
    """The same tree, with every period ending no later than `end`."""
    return replace(
        node,
        end=min(end, node.end) if node.end else end,
        provisions=tuple(ended(one, end) for one in node.provisions),
    )


@QUICK
@given(requests(), consents(), policies, st.sampled_from(NEAR))
def test_an_earlier_end_never_widens(
    request: Request,
    known: list[Consent],
    policy: Policy,
    end: datetime,
) -> None:
    """Inner permits end too: a permit inside a denial is the only thing that an end may close."""
    shorter = [replace(one, provision=ended(one.provision, end)) for one in known]
    before = permits(decide(request, known, policy, NOW))
    assert permits(decide(request, shorter, policy, NOW)) <= before


@QUICK
@given(requests(), consents(), policies, st.integers(0, 5))
def test_one_consent_that_is_not_understood_denies_everything(
    request: Request,
    known: list[Consent],
    policy: Policy,
    place: int,
) -> None:
    broken: list[Consent | Unsupported] = [*known]
    broken.insert(place, Unsupported(reference="unknown"))
    assert permits(decide(request, broken, policy, NOW)) == set()


@QUICK
@given(requests(), consents(), policies)
def test_the_mirror_never_gets_more_than_its_three_classes(
    request: Request,
    known: list[Consent],
    policy: Policy,
) -> None:
    if request.channel == Channel.MIRROR:
        allowed = {Label.C0, Label.C1, Label.C2}
        assert permits(decide(request, known, policy, NOW)) <= allowed


@QUICK
@given(requests(), consents(), policies)
def test_an_answer_never_outlives_five_minutes_or_what_it_rests_on(
    request: Request,
    known: list[Consent],
    policy: Policy,
) -> None:
    decision = decide(request, known, policy, NOW)
    assert NOW <= decision.expires_at <= NOW + timedelta(minutes=5)
    later = decision.expires_at
    if later > NOW and decision.permitted:
        again = decide(request, known, policy, later)
        # Only what begins meanwhile, an objection, may take something away before it expires.
        begun = any(NOW < one.effective <= later for one in known)
        assert begun or permits(decision) <= permits(again)


@QUICK
@given(consents())
def test_a_consent_that_is_written_is_read_back_the_same(known: list[Consent]) -> None:
    assert [parse(as_data(one)) for one in known] == known


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(["id", "version", "status", "performer", "effective", "provision", "new"])


@QUICK
@given(consents(), FIELDS, JSON)
def test_a_consent_with_any_other_value_parses_or_is_unsupported_and_never_raises(
    known: list[Consent],
    name: str,
    value: Any,  # noqa: ANN401
) -> None:
    for one in known:
        assert isinstance(parse(as_data(one) | {name: value}), Consent | Unsupported)
