"""Cases and referrals out of Primero, by windows of `last_updated_at`; referrals into it.

Gives what the server holds, untouched. Trusts no page: the server drops a filter that it does not
know, answers a broken one with an empty list, and shifts its pages while cases change.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import structlog

from adapters.dsw_cms.client import MOST_A_PAGE, Page, PrimeroClient, Row, Window
from adapters.dsw_cms.codes import Labels, read_field_labels
from adapters.dsw_cms.push import push_referral
from adapters.sdk.http import HttpClient, NotFoundError, RefusedError
from adapters.sdk.manifest import load_manifest
from adapters.sdk.ports import Batch, Delivery, Receipt, Record
from contracts.errors import FatalError, RetriableError

log = structlog.get_logger()
OVERLAP = timedelta(seconds=120)
"""How far behind the newest case seen a window begins: a stamp is taken before its commit."""
LABELS_EVERY = timedelta(hours=1)
"""How often the site is asked what it calls its codes, by its own clock."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_PROBES = 3
_TRACES_OF_REFERRALS = (
    "referred_users", "referred_users_pending", "referred_users_accepted",
    "referred_users_present", "last_referral_done_at", "last_referral_rejected_at",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Reading:
    """The checkpoint while a pull works on it.

    `seen` holds the states (see `_state`) of the cases given that the next window will show again;
    `since` where the current window begins and `page` how far it was read, `until` its end by the
    server's clock; no `until` means that no window is open. `labels` is the checksum of the labels
    given last, `labels_at` when the server was asked for them.
    """

    cursor: datetime | None = None
    seen: dict[str, str] = field(default_factory=dict)
    sequence: int = 0
    since: datetime = _BEGINNING
    page: int = 1
    until: datetime | None = None
    labels: str = ""
    labels_at: datetime | None = None

    @classmethod
    def of(cls, checkpoint: Mapping[str, Any] | None) -> "_Reading":
        stored = dict(checkpoint or {})
        for name in ("cursor", "since", "until", "labels_at"):
            if stored.get(name):
                stored[name] = datetime.fromisoformat(stored[name])
        return cls(**stored | {"seen": dict(stored.get("seen", {}))})

    def as_checkpoint(self) -> dict[str, Any]:
        kept = {case: state for case, state in self.seen.items() if _stamped(state) >= self.since}
        return {
            "cursor": self.cursor.isoformat() if self.cursor else None,
            "seen": kept,
            "sequence": self.sequence,
            "since": self.since.isoformat(),
            "page": self.page,
            "until": self.until.isoformat() if self.until else None,
            "labels": self.labels,
            "labels_at": self.labels_at.isoformat() if self.labels_at else None,
        }

    def go_on(self, page: Page, stamps: Sequence[datetime]) -> None:
        """Move to the next page, or end the window after a short one.

        A case that changes meanwhile leaves its place and shifts all later ones, so the next page
        is asked for by the last stamp; by number only while a whole page shares one second.
        """
        if not page.is_full:
            self.until, self.page = None, 1
            self.since = (
                (self.cursor - OVERLAP).replace(microsecond=0) if self.cursor else _BEGINNING
            )
        elif (last := stamps[-1].replace(microsecond=0)) > self.since:
            self.since, self.page = last, 1
        else:
            self.page += 1


class DswCms:
    """The DSW's Primero. `fields` limits what is asked of each case; none means all that may be."""

    def __init__(self, http: HttpClient, *, fields: Sequence[str] = ()) -> None:
        self.manifest = load_manifest(__package__)
        self._client = PrimeroClient(http, fields)
        self._before: tuple[int, list[str]] | None = None  # the page read last, and its cases

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """See `adapters.sdk.ports.Pulls`."""
        reading = _Reading.of(checkpoint)
        records: list[Record] = []
        complete: datetime | None = None
        try:
            while len(records) < most and complete is None:
                complete = self._read_page(reading, records, most)
        except RetriableError:
            if not records:
                raise
            # What was read is kept; the fault shows again at the next pull, or has passed.
        except RefusedError as error:
            raise FatalError(f"{error}: let the administrator widen the account's role") from None
        labels = self._changed_labels(reading, complete or reading.until)
        return Batch(
            records=records,
            labels=labels,
            checkpoint=reading.as_checkpoint(),
            more=complete is None,
            complete_until=complete,
        )

    def push(self, delivery: Delivery) -> Receipt:
        """See `adapters.sdk.ports.PushesReferrals`."""
        return push_referral(self._client, delivery)

    def _changed_labels(
        self, reading: _Reading, now: datetime | None
    ) -> Mapping[str, Labels] | None:
        """Ask the site from time to time what it calls its codes; None when that is as it was."""
        asked = reading.labels_at
        if now is None or (asked is not None and asked <= now < asked + LABELS_EVERY):
            return None
        try:
            found = read_field_labels(self._client)
        except RetriableError:
            return None  # asked again at the next pull
        except RefusedError as error:
            log.warning("labels_not_readable", system=self.manifest.system, problem=str(error))
            reading.labels_at = now
            return None
        checksum = hashlib.sha256(orjson.dumps(found, option=orjson.OPT_SORT_KEYS)).hexdigest()
        known, reading.labels, reading.labels_at = reading.labels, checksum, now
        return None if checksum == known else {"case": found}

    def _read_page(self, reading: _Reading, records: list[Record], most: int) -> datetime | None:
        """Read one page into `records`; return the end of the window when it was the last one."""
        is_first = reading.until is None
        per = min(max(most, 1), MOST_A_PAGE)
        page = self._client.list_cases(
            Window(since=reading.since, until=reading.until, page=reading.page, per=per)
        )
        if self._before == (reading.page - 1, [str(row.get("id")) for row in page.rows]):
            raise RetriableError("the list of cases gives the same page again and again")
        stamps = [_stamp(row) for row in page.rows]
        _check_window(stamps, reading.since, reading.until)
        if is_first:
            self._check_not_empty(page, reading)
            reading.until = _end(page, stamps)
        until = reading.until or page.date
        for row, stamp in zip(page.rows, stamps, strict=True):
            case, state = str(row["id"]), _state(row, stamp)
            if reading.seen.get(case) == state:
                continue
            records.extend(self._records(row, stamp, reading))
            reading.seen[case] = state
            reading.cursor = max(min(stamp, until), reading.cursor or _BEGINNING)
        self._before = (reading.page, [str(row["id"]) for row in page.rows])
        reading.go_on(page, stamps)
        return until if reading.until is None else None

    def _check_not_empty(self, page: Page, reading: _Reading) -> None:
        """A broken filter is answered with an empty list: look for cases that must be in it."""
        if page.is_full or not reading.seen or any(str(r["id"]) in reading.seen for r in page.rows):
            return
        for case in sorted(reading.seen, key=lambda one: reading.seen[one], reverse=True)[:_PROBES]:
            if self._client.get_case(case) is not None:
                raise RetriableError("the list of cases lacks a case that it must hold")
        reading.seen.clear()  # they left the account's view

    def _records(self, row: Row, stamp: datetime, reading: _Reading) -> list[Record]:
        """The case, and the referrals under it; all or none, so that a fault loses none."""
        case = str(row["id"])
        bodies: list[tuple[str, str, Mapping[str, Any]]] = [("case", case, row)]
        if _carries_referrals(row):
            bodies += [
                ("referral", str(one["id"]), {**one, "record_id": case})
                for one in self._referrals(case)
            ]
        records = []
        for kind, key, body in bodies:
            reading.sequence += 1
            records.append(
                Record(
                    record=kind, key=key, person=case, body=body, where=f"{kind} {key}",
                    version=f"{_text(stamp)}/{reading.sequence:010d}", changed=stamp,
                )
            )  # fmt: skip
        return records

    def _referrals(self, case: str) -> Iterator[Row]:
        try:
            rows = self._client.list_referrals(case)
        except NotFoundError:  # the case left the account's view after it was listed
            return
        for row in rows:
            if "id" not in row:
                raise RetriableError("the referrals of a case: one of them has no id")
            yield row


def _carries_referrals(row: Row) -> bool:
    services = row.get("services_section")
    return any(row.get(name) for name in _TRACES_OF_REFERRALS) or (
        isinstance(services, list)
        and any(isinstance(one, dict) and one.get("service_status_referred") for one in services)
    )


def _check_window(stamps: Sequence[datetime], since: datetime, until: datetime | None) -> None:
    """Refuse a list that is not the one asked for; half of it would be lost without a word."""
    seconds = [stamp.replace(microsecond=0) for stamp in stamps]
    end = until + _SECOND if until else datetime.max.replace(tzinfo=UTC)
    if any(not since <= second <= end for second in seconds):
        raise FatalError(
            "the list of cases ignores the window on last_updated_at:"
            " let the account's role read that field"
        )
    if seconds != sorted(seconds):
        raise FatalError(
            "the list of cases is not in the order of last_updated_at:"
            " ask who runs the case management system what has changed there"
        )


def _end(page: Page, stamps: Sequence[datetime]) -> datetime:
    """The window's end by the server's clock, a little behind which its stamps may run.

    A single stamp far ahead is wrong, and must not carry the cursor past all that is still to come.
    """
    near = [stamp for stamp in stamps if stamp <= page.date + OVERLAP]
    if page.is_full and not near:
        return max(stamps)  # the clock is what is wrong
    return max([page.date, *near[-1:]])


def _stamp(row: Row) -> datetime:
    if not row.get("id"):
        raise RetriableError("the list of cases: a case has no id")
    return _moment(row.get("last_updated_at"))


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise RetriableError("the list of cases: a case has no time of its last change") from None


def _state(row: Row, stamp: datetime) -> str:
    """The stamp and a checksum: one second of the server's stamps may hold two changes."""
    content = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    return f"{_text(stamp)} {zlib.crc32(content):08x}"


def _stamped(state: str) -> datetime:
    return _moment(state.partition(" ")[0])


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
