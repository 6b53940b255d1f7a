"""Referrals into Primero: exactly once, whatever breaks, and never a consent that nobody gave."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

import adapters.dsw_cms as package
from adapters.dsw_cms.adapter import DswCms
from adapters.dsw_cms.fields import consent_fields, new_case, note
from adapters.sdk.http import HttpClient
from adapters.sdk.ids import case_id, service_id
from adapters.sdk.ports import Delivery, Receipt
from contracts.errors import FatalError, RejectedError, RetriableError
from tests.conformance.conftest import LOGIN

Json = dict[str, Any]
CONSENT = {"services": "yes", "disclosure": "yes", "reporting": "no", "by": "guardian"}
GIVEN = {"consent_for_services": True, "disclosure_other_orgs": True}
IDENTITY = {
    "name": "Maung Made Up", "father_name": "U Made Up", "sex": "M",
    "card_no": "12/OUKAMA(N)123456", "phone": "09123456789",
    "birth_earliest": "2013-07-11", "birth_latest": "2013-07-11",
    "home_township": "MMR013001",
}  # fmt: skip
FACTS = {"isic": "5610", "hours_week": 42.0, "hazards": ["heavy_loads"], "age_low": 12}


class Killed(BaseException):
    """The process died at this point."""


class Line(httpx.BaseTransport):
    """The network, which counts requests and may be cut right after one was carried out."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.sent: list[tuple[str, str, bytes]] = []
        self.cut_after: int | None = None
        self.answer: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append((request.method, request.url.path, request.content))
        response = self.answer(request) or self._inner.handle_request(request)
        if self.cut_after is not None and len(self.sent) >= self.cut_after:
            response.close()
            raise Killed
        return response

    def close(self) -> None:
        self._inner.close()

    def wrote(self, method: str, ending: str) -> int:
        """How many such requests reached the server."""
        return sum(m == method and path.endswith(ending) for m, path, _ in self.sent)


@dataclass
class Dsw:
    """The look-alike, seen by the hub's adapter and by the test itself."""

    url: str
    line: Line
    recipient: str
    door: httpx.Client

    def push(self, delivery: Delivery) -> Receipt:
        """Deliver with an adapter that remembers nothing."""
        return DswCms(HttpClient(self.url, LOGIN, transport=self.line)).push(delivery)

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the server holds."""
        answer = self.door.get(path)
        return answer.json()["data"] if answer.is_success else None

    def existing_case(self, **consent: bool) -> str:
        """A case that was there before the hub came."""
        case = str(uuid4())
        body = {"id": case, "module_id": "primeromodule-cp", "owned_by": "cw_mmr013_1", **consent}
        self.door.post("cases", json={"data": {**body, "name_first": "Before"}})
        return case


@pytest.fixture
def dsw(primero_url: str) -> Iterator[Dsw]:
    """A fresh line to the shared look-alike."""
    line = Line()
    login = (LOGIN.user, LOGIN.password)
    with httpx.Client(base_url=f"{primero_url}/api/v2/", auth=login) as door:
        users = door.get("users/refer-to").json()["data"]
        recipient = next(user["user_name"] for user in users if not user["disabled"])
        yield Dsw(primero_url, line, recipient, door)
    line.close()


def _delivery(dsw: Dsw, *, with_consent: bool, case: str | None = None) -> Delivery:
    name = str(uuid4())
    return Delivery(
        id=name, to_system="dsw_cms", recipient=dsw.recipient, service="child_protection_service",
        with_consent=with_consent, case=case, new_case=case_id(name), identity=IDENTITY,
        facts=FACTS, consents=CONSENT if with_consent else {}, from_system="labour_inspection",
        from_office="FGLLID-YGN", from_record="LI-1/1", deadline=date(2026, 1, 20),
    )  # fmt: skip


def _held(dsw: Dsw, case: str, delivery: Delivery) -> tuple[Json, list[Json], list[Json]]:
    """The case, its service rows of this delivery, and its referrals."""
    body = dsw.ask(f"cases/{case}")
    rows = [row for row in body["services_section"] if row["unique_id"] == service_id(delivery.id)]
    return body, rows, dsw.ask(f"cases/{case}/referrals")


def test_a_new_case_with_consent_is_made_and_referred(dsw: Dsw) -> None:
    """Our ids, the intake user, the recorded answers, one service row, one referral."""
    delivery = _delivery(dsw, with_consent=True)
    receipt = dsw.push(delivery)
    case, rows, referrals = _held(dsw, delivery.new_case, delivery)
    assert receipt == Receipt(
        case=delivery.new_case, service=service_id(delivery.id), referral=referrals[0]["id"],
        route="referral",
    )  # fmt: skip
    assert len(rows) == len(referrals) == 1
    line = f"CLM referral {delivery.id}; from FGLLID-YGN, record LI-1/1; deadline 2026-01-20"
    assert rows[0]["service_referral_notes"] == referrals[0]["notes"] == line
    assert referrals[0]["transitioned_to"] == case["owned_by"] == dsw.recipient
    assert case["name"] == "Maung Made Up"
    assert case["national_id_no"] == "12/OUKAMA(N)123456"
    assert (case["date_of_birth"], case["sex"]) == ("2013-07-11", "male")
    assert case["family_details_section"][0]["relation_name"] == "U Made Up"
    assert case["consent_for_services"] is True
    assert case["disclosure_other_orgs"] is True
    assert str(case["consent_reporting"]).lower() == "false"
    assert case["interview_subject"] == "caregiver"


def test_a_new_case_without_consent_is_given_to_the_recipient(dsw: Dsw) -> None:
    """No consent field is answered for the child, and no referral is made."""
    delivery = _delivery(dsw, with_consent=False)
    receipt = dsw.push(delivery)
    case, rows, referrals = _held(dsw, delivery.new_case, delivery)
    assert (receipt.route, receipt.referral) == ("assignment", "")
    assert case["owned_by"] == dsw.recipient
    assert (len(rows), referrals) == (1, [])
    fields = ("consent_for_services", "disclosure_other_orgs", "consent_reporting")
    assert all(case.get(field) is None for field in fields)


def test_a_case_left_without_owner_is_assigned(dsw: Dsw) -> None:
    """As when the server dropped the owner in silence; a case that came back is an answer."""
    delivery = _delivery(dsw, with_consent=False)
    nobodys = new_case(delivery) | {"owned_by": "nobody_of_that_name"}
    dsw.door.post("cases", json={"data": nobodys})
    dsw.push(delivery)
    assert dsw.line.wrote("POST", "/assigns") == 1
    assert dsw.ask(f"cases/{delivery.new_case}")["owned_by"] == dsw.recipient
    dsw.door.patch(f"cases/{delivery.new_case}", json={"data": {"owned_by": LOGIN.user}})
    dsw.push(delivery)
    assert dsw.line.wrote("POST", "/assigns") == 1


@pytest.mark.parametrize("with_consent", [True, False])
def test_an_existing_case_keeps_its_consent_and_its_owner(dsw: Dsw, with_consent: bool) -> None:
    """Only a service row is written into it."""
    case = dsw.existing_case(**GIVEN)
    before = dsw.ask(f"cases/{case}")
    delivery = _delivery(dsw, with_consent=with_consent, case=case)
    receipt = dsw.push(delivery)
    after, rows, referrals = _held(dsw, case, delivery)
    assert (len(rows), len(referrals)) == (1, int(with_consent))
    assert receipt.route == ("referral" if with_consent else "service")
    touched = {name for name in after if after[name] != before.get(name)}
    allowed = {
        "services_section", "last_updated_at", "last_updated_by", "referred_users",
        "referred_users_pending", "assigned_user_names",
    }  # fmt: skip
    assert touched <= allowed
    patches = [content for method, _, content in dsw.line.sent if method == "PATCH"]
    assert all(
        content.startswith(b'{"data":{"services_section":[{"unique_id"') for content in patches
    )
    assert dsw.ask(f"cases/{delivery.new_case}") is None


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize("with_consent", [True, False])
def test_killed_after_any_request_it_is_still_done_once(
    dsw: Dsw,
    existing: bool,
    with_consent: bool,
) -> None:
    """One case, one service row, at most one referral, whatever request was the last."""
    for cut in range(1, 20):
        case = dsw.existing_case(**GIVEN) if existing else None
        delivery = _delivery(dsw, with_consent=with_consent, case=case)
        dsw.line.sent.clear()
        dsw.line.cut_after = cut
        try:
            dsw.push(delivery)
        except Killed:
            pass
        else:
            assert cut > 2, "the loop must have cut something"
            break
        dsw.line.cut_after = None
        receipt = dsw.push(delivery)
        _, rows, referrals = _held(dsw, receipt.case, delivery)
        assert (len(rows), len(referrals)) == (1, int(with_consent)), cut
        assert receipt.case == (case or delivery.new_case)
        assert dsw.line.wrote("POST", "/cases") <= 1
        assert dsw.line.wrote("POST", "/referrals") <= 1
    else:
        pytest.fail("the delivery never came to its end")


def test_a_repeated_delivery_writes_nothing(dsw: Dsw) -> None:
    """It looks, finds, and gives the same receipt."""
    delivery = _delivery(dsw, with_consent=True)
    first = dsw.push(delivery)
    dsw.line.sent.clear()
    assert dsw.push(delivery) == first
    assert {method for method, _, _ in dsw.line.sent} == {"GET"}


def _rejected(dsw: Dsw, delivery: Delivery) -> str:
    with pytest.raises(RejectedError) as caught:
        dsw.push(delivery)
    return caught.value.reasons[0].code


def test_a_case_without_consent_takes_no_referral(dsw: Dsw) -> None:
    """The recipient refuses, and the hub neither changes nor overrides the consent there."""
    case = dsw.existing_case(consent_for_services=True)
    delivery = _delivery(dsw, with_consent=True, case=case)
    assert _rejected(dsw, delivery) == "consent_refused_by_recipient"
    assert dsw.ask(f"cases/{case}").get("disclosure_other_orgs") is None
    assert not any(b"consent_overridden" in content for _, _, content in dsw.line.sent)


def test_consent_is_never_overridden_anywhere_in_the_code() -> None:
    """The word stands in docstrings that say so, and in no request."""
    folder = Path(package.__path__[0])
    said = [line for path in folder.glob("*.py") for line in path.read_text().splitlines()
            if "consent_overridden" in line]  # fmt: skip
    assert all("Never" in line for line in said)


@pytest.mark.parametrize("with_consent", [True, False])
def test_an_unknown_recipient_makes_no_case(dsw: Dsw, with_consent: bool) -> None:
    """It would belong to nobody."""
    delivery = replace(_delivery(dsw, with_consent=with_consent), recipient="no_such_user")
    assert _rejected(dsw, delivery) == "no_recipient"
    assert dsw.ask(f"cases/{delivery.new_case}") is None


def test_a_case_that_is_gone_is_a_persons_task(dsw: Dsw) -> None:
    """It left the account's view, or its id was wrong."""
    delivery = _delivery(dsw, with_consent=True, case=str(uuid4()))
    assert _rejected(dsw, delivery) == "case_out_of_reach"


def test_content_that_is_refused_names_the_fields(dsw: Dsw) -> None:
    """And not what was in them."""
    delivery = replace(_delivery(dsw, with_consent=True), facts={"hazards": ["unheard_of"]})
    with pytest.raises(RejectedError) as caught:
        dsw.push(delivery)
    reason = caught.value.reasons[0]
    assert reason.code == "recipient_refuses_content"
    assert "child_labour_hazards_77b0e" in reason.message
    assert "unheard_of" not in repr(caught.value.reasons)


def test_consent_fields_that_the_server_drops_are_not_taken_for_stored(dsw: Dsw) -> None:
    """It answers 200 to what its role may not write: only what is read back counts."""
    delivery = _delivery(dsw, with_consent=True)

    def forgets(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET" and request.url.path.endswith(delivery.new_case):
            body = dsw.ask(f"cases/{delivery.new_case}")
            if body:
                return httpx.Response(200, json={"data": body | {"disclosure_other_orgs": None}})
        return None

    dsw.line.answer = forgets
    with pytest.raises(RejectedError) as caught:
        dsw.push(delivery)
    reason = caught.value.reasons[0]
    assert (reason.code, reason.column) == ("recipient_dropped_fields", "disclosure_other_orgs")


def test_a_referral_that_cannot_be_seen_is_not_made_again(dsw: Dsw) -> None:
    """A narrow role would have the hub make one at every try."""
    delivery = _delivery(dsw, with_consent=True)
    dsw.line.answer = lambda request: (
        httpx.Response(200, json={"data": []})
        if request.method == "GET" and request.url.path.endswith("/referrals")
        else None
    )
    assert _rejected(dsw, delivery) == "referral_not_visible"
    assert dsw.line.wrote("POST", "/referrals") == 1


def test_of_several_referrals_the_oldest_counts(dsw: Dsw) -> None:
    """Somebody pressed the button too; no third one is made."""
    delivery = _delivery(dsw, with_consent=True)
    first = dsw.push(delivery)
    sent = {"transitioned_to": dsw.recipient, "notes": note(delivery), "created_at": "9"}
    dsw.door.post(f"cases/{delivery.new_case}/referrals", json={"data": sent})
    held = dsw.ask(f"cases/{delivery.new_case}/referrals")
    oldest = min(held, key=lambda one: (one["created_at"], one["id"]))
    assert dsw.push(delivery).referral == oldest["id"]
    assert len(held) == 2
    assert first.case == delivery.new_case


@pytest.mark.parametrize(
    ("status", "error"), [(503, RetriableError), (401, FatalError), (403, RejectedError)]
)
def test_faults_keep_their_meaning(dsw: Dsw, status: int, error: type[Exception]) -> None:
    """Waiting, stopping, or a person's task."""
    dsw.line.answer = lambda _: httpx.Response(status, json={})
    with pytest.raises(error):
        dsw.push(_delivery(dsw, with_consent=True))


@pytest.mark.parametrize(
    ("consents", "fields"),
    [
        ({}, {}),
        ({"services": "not_asked", "by": "guardian"}, {}),
        ({"services": "yes"}, {"consent_for_services": True}),
        ({"disclosure": "no", "by": "child"},
         {"disclosure_other_orgs": False, "interview_subject": "individual"}),
        ({"reporting": "yes", "by": "unknown"}, {"consent_reporting": True}),
    ],
)  # fmt: skip
def test_only_recorded_answers_become_consent_fields(consents: Json, fields: Json) -> None:
    """Neither more scopes nor another speaker."""
    assert consent_fields(consents) == fields


def test_what_the_delivery_does_not_say_is_not_written(dsw: Dsw) -> None:
    """No name, no birthday, no work: a case can be so poor."""
    bare = replace(_delivery(dsw, with_consent=False), identity={}, facts={"age_low": 9})
    assert set(new_case(bare)) == {
        "id", "module_id", "owned_by", "services_section", "age", "estimated",
    }  # fmt: skip
    assert dsw.push(bare).route == "assignment"
