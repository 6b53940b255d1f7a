"""Puts a referral into Primero exactly once: looks first, makes what is missing, reads it again.

Never touches the consent fields or the owner of a case that was there before, and never overrides
consent. Primero answers 200 to much that it ignores, so only what is read back counts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.dsw_cms.client import PrimeroClient, Row
from adapters.dsw_cms.fields import CONSENT, new_case, note, service_row
from adapters.sdk.http import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    UnprocessableError,
)
from adapters.sdk.ports import Delivery, Receipt
from contracts.errors import Reason, RejectedError, RetriableError

log = structlog.get_logger()
_MUST_HOLD = frozenset({"module_id", *CONSENT.values()})
_ROWS = "services_section"


def push_referral(client: PrimeroClient, delivery: Delivery) -> Receipt:
    """See `adapters.sdk.ports.PushesReferrals`."""
    try:
        return _Push(client, delivery).run()
    except UnprocessableError as error:
        raise RejectedError(_unprocessable(error.words)) from None
    except NotFoundError:
        raise RejectedError(_OUT_OF_REACH) from None
    except RefusedError as error:
        raise RejectedError(_forbidden(error)) from None


class _Push:
    """One delivery under way."""

    def __init__(self, client: PrimeroClient, delivery: Delivery) -> None:
        self._client = client
        self._delivery = delivery
        self._case = delivery.case or delivery.new_case
        self._row = service_row(delivery)
        self._recipient_known = False

    def run(self) -> Receipt:
        """Look, make, read again; each step finds its work done when it is repeated."""
        case = self._reused_case() if self._delivery.case else self._own_case()
        self._ensure_service_row(case)
        receipt = {"case": self._case, "service": self._row["unique_id"]}
        if self._delivery.with_consent:
            referral = self._ensure_referral()
            return Receipt(**receipt, referral=str(referral["id"]), route="referral")
        return Receipt(**receipt, route="service" if self._delivery.case else "assignment")

    # --- the case ------------------------------------------------------------------------------

    def _reused_case(self) -> Row:
        case = self._client.get_case(self._case)
        if case is None:
            raise RejectedError(_OUT_OF_REACH)
        return case

    def _own_case(self) -> Row:
        """The case under our id, made now if it is missing, with the recipient as its owner."""
        case = self._client.get_case(self._case)
        if case is None:
            case = self._made_case()
        if self._is_unowned(case):
            self._check_recipient()
            what = {"transitioned_to": self._delivery.recipient, "notes": note(self._delivery)}
            self._client.assign(self._case, what)
            case = self._reused_case()
            if case.get("owned_by") != self._delivery.recipient:
                raise RejectedError(_dropped(["owned_by"]))
        return case

    def _made_case(self) -> Row:
        self._check_recipient()
        sent = new_case(self._delivery)
        try:
            self._client.create_case(sent)
        except ConflictError:  # an earlier try of ours, answered too late
            return self._reused_case()
        case = self._reused_case()
        lost = _lost(sent, case)
        if lost:
            log.warning("fields_not_stored", referral=self._delivery.id, fields=lost)
        if lost_ones := sorted(_MUST_HOLD & set(lost)):
            raise RejectedError(_dropped(lost_ones))
        return case

    def _is_unowned(self, case: Row) -> bool:
        """Whether nobody was ever given the case: an unknown owner is dropped without a word.

        A case that came back to the hub was given to the recipient, and is an answer.
        """
        nobody = (None, "", self._client.user)
        return case.get("owned_by") in nobody and case.get("previously_owned_by") in nobody

    # --- service row and referral --------------------------------------------------------------

    def _ensure_service_row(self, case: Row) -> None:
        if self._has_row(case):
            return
        self._client.change_case(self._case, {_ROWS: [self._row]})
        if not self._has_row(self._reused_case()):
            raise RejectedError(_dropped([_ROWS]))

    def _has_row(self, case: Row) -> bool:
        rows = case.get(_ROWS) or ()
        return any(row.get("unique_id") == self._row["unique_id"] for row in rows)

    def _ensure_referral(self) -> Row:
        """The one referral of our service row; Primero itself would make as many as it is asked."""
        found = self._matching()
        if not found:
            self._check_recipient()
            self._client.refer(self._case, self._referral())
            found = self._matching()
        if not found:  # trying again would make another one
            raise RejectedError(_NOT_VISIBLE)
        if len(found) > 1:
            log.error("several_referrals", referral=self._delivery.id, count=len(found))
        if found[0].get("status") is None or "id" not in found[0]:
            raise RetriableError("the referrals of a case: one of them has no state")
        return found[0]

    def _matching(self) -> Sequence[Row]:
        """The referrals that carry our service row, or our line, oldest first."""
        ours = [
            row
            for row in self._client.list_referrals(self._case)
            if row.get("service_record_id") == self._row["unique_id"]
            or row.get("notes") == note(self._delivery)
        ]
        return sorted(ours, key=lambda row: (str(row.get("created_at")), str(row.get("id"))))

    def _referral(self) -> dict[str, Any]:
        return {
            "transitioned_to": self._delivery.recipient,
            "service": self._delivery.service,
            "service_record_id": self._row["unique_id"],
            "notes": note(self._delivery),
        }

    def _check_recipient(self) -> None:
        """An owner that does not exist would leave the case with nobody, so ask before."""
        if not self._recipient_known:
            users = self._client.list_referees()
            able = {user.get("user_name") for user in users if not user.get("disabled")}
            if self._delivery.recipient not in able:
                raise RejectedError(_NO_RECIPIENT)
            self._recipient_known = True


def _lost(sent: Mapping[str, Any], case: Row) -> list[str]:
    """The fields that the server did not store as they were sent; owner and rows are seen to."""
    skipped = {"owned_by", _ROWS}
    return sorted(
        name
        for name, value in sent.items()
        if name not in skipped and not _same(value, case.get(name))
    )


def _same(sent: object, held: object) -> bool:
    if isinstance(sent, list):
        return isinstance(held, list) and len(held) >= len(sent)
    if isinstance(sent, bool):
        return str(sent).lower() == str(held).lower()
    return str(sent) == str(held) or (isinstance(sent, int | float) and sent == held)


def _unprocessable(words: frozenset[str]) -> Reason:
    if any("consent" in word for word in words):
        return _CONSENT_REFUSED
    return _NO_RECIPIENT if "transitioned_to" in words else _refused_fields(sorted(words))


def _refused_fields(words: Sequence[str]) -> Reason:
    return Reason(
        code="recipient_refuses_content", column=words[0] if words else "",
        message=f"the case management system refuses the content: {', '.join(words) or 'unnamed'}",
        next_step="compare the fields and their code lists with those of the receiving system",
    )  # fmt: skip


def _forbidden(error: RefusedError) -> Reason:
    said = (
        "may not do this" if isinstance(error, ForbiddenError) else f"was answered {error.status}"
    )
    return Reason(
        code="recipient_forbids",
        message=f"the hub's account in the case management system {said}",
        next_step="let its administrator give the account's role read, write, refer and assign",
    )


def _dropped(fields: Sequence[str]) -> Reason:
    return Reason(
        code="recipient_dropped_fields", column=fields[0],
        message=f"the case management system took the case but not {', '.join(fields)}",
        next_step="let the account's role write these fields, then deliver again",
    )  # fmt: skip


_NO_RECIPIENT = Reason(
    code="no_recipient",
    message="the recipient is unknown, disabled, or may not receive referrals there",
    next_step="name another recipient in the service directory, or have the account enabled",
)
_CONSENT_REFUSED = Reason(
    code="consent_refused_by_recipient",
    message="the case there holds no consent to services and to disclosure: no referral",
    next_step="ask the case's owner; the hub never changes or overrides the consent recorded there",
)
_OUT_OF_REACH = Reason(
    code="case_out_of_reach",
    message="the case does not exist there any more, or the hub's account may not see it",
    next_step="ask the case's owner for access, or refer by hand",
)
_NOT_VISIBLE = Reason(
    code="referral_not_visible",
    message="a referral was made, but the hub's account does not see it in the case",
    next_step="look for it there before anybody delivers again, and widen the role's view",
)
