"""Made-up source records in the three contracts' own shapes. Every person in them is invented.

One child in five is known to two systems: by its card to the DSW and an inspector, by its name to
the DSW and a school. The rest are known to one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import contracts
from adapters.sdk.ports import Record

START = datetime(2026, 1, 20, tzinfo=UTC)
_RECORDS = {"dsw_cms": "case", "labour_inspection": "inspection", "emis": "school"}
_TOWNSHIPS = ("MMR010006", "MMR013040", "MMR017001", "MMR013017")
_SYLLABLES = ("Kyaw", "Thura", "Linn", "Ohnmar", "Win", "Zin", "Mar", "Phyo", "Yadana", "Htet",
              "Aung", "Moe", "Khin", "Su", "Nandar", "Min")  # fmt: skip
_SYSTEMS = ("dsw_cms", "labour_inspection", "emis", "dsw_cms", "labour_inspection")
_SECOND = {"labour_inspection": "dsw_cms", "emis": "dsw_cms", "dsw_cms": "labour_inspection"}
_EVERY = 4  # each fourth child has a second record: one event in five is such a one


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A record and the system that it comes from."""

    system: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    number: int
    name: str
    father: str
    boy: bool
    year: int
    township: str

    @property
    def card(self) -> str:
        return f"12/OUKAMA(N){self.number % 1_000_000:06d}"

    @property
    def born(self) -> str:
        return f"{self.year}-03-{self.number % 28 + 1:02d}"


def make_records(count: int, *, seed: int, first: int) -> tuple[list[Sourced], int]:
    """Return so many records, and the number of children in them; `first` numbers the children."""
    random, records, children = Random(seed), list[Sourced](), 0
    while len(records) < count:
        child = _child(first + children, random)
        system = _SYSTEMS[children % len(_SYSTEMS)]
        records.append(_record(system, child))
        if children % _EVERY == 0 and len(records) < count:
            records.append(_record(_SECOND[system], child))
        children += 1
    return records, children


def _child(number: int, random: Random) -> _Child:
    # The number, in letters, makes the name unique: two children never share a strong key.
    mark = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return _Child(
        number=number, name=" ".join([*random.choices(_SYLLABLES, k=2), mark.capitalize()]),
        father=f"U {' '.join(random.choices(_SYLLABLES, k=2))}", boy=random.random() < 0.5,
        year=random.randint(2013, 2017), township=random.choice(_TOWNSHIPS),
    )  # fmt: skip


def _record(system: str, child: _Child) -> Sourced:
    key = f"bench-{child.number}"
    changed = START + timedelta(seconds=child.number % 86_400)
    body = {**_sample(system), **_FILLED[system](child, key, changed)}
    return Sourced(
        system=system,
        record=Record(
            record=_RECORDS[system], key=key, person=key, version=changed.isoformat(), body=body,
            where=f"bench, row {child.number}", changed=changed,
        ),
    )  # fmt: skip


@cache
def _sample(system: str) -> Mapping[str, Any]:
    """The first sample of the contract: its fields, its spelling, its size."""
    place = files(contracts) / "sources" / system / _RECORDS[system] / "v1" / "sample.json"
    body: Mapping[str, Any] = json.loads(place.read_text(encoding="utf-8"))[0]["body"]
    return body


def _case(child: _Child, key: str, changed: datetime) -> dict[str, Any]:
    family = [{"unique_id": f"{key}-f", "relation": "father", "relation_name": child.father}]
    return {
        "id": key, "case_id": key, "name": child.name, "sex": "male" if child.boy else "female",
        "age": None, "date_of_birth": child.born, "estimated": False,
        "national_id_no": child.card, "location_current": child.township,
        "family_details_section": family, "last_updated_at": changed.isoformat(),
    }  # fmt: skip


def _inspection(child: _Child, key: str, changed: datetime) -> dict[str, Any]:
    return {
        "insp_id": key, "child_name": child.name, "child_father_name": child.father,
        "child_sex": "M" if child.boy else "F", "child_dob": child.born, "child_age": None,
        "child_card_no": child.card, "child_home_township": child.township,
        "wp_township": child.township, "insp_date": f"{changed:%d/%m/%Y}",
    }  # fmt: skip


def _pupil(child: _Child, key: str, changed: datetime) -> dict[str, Any]:
    return {
        "student_no": key, "name_my": child.name, "father_name": child.father,
        "sex": "M" if child.boy else "F", "dob": child.born, "age": None,
        "township_pcode": child.township, "month": f"{changed:%Y-%m}",
    }  # fmt: skip


_FILLED = {"dsw_cms": _case, "labour_inspection": _inspection, "emis": _pupil}


def clear_events(records: list[Sourced]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same records as a system without a vault would publish them: topic and event."""
    for one in records:
        record = one.record
        yield f"source.{one.system}", {
            "system": one.system, "record": record.record, "key": record.key,
            "person": record.person, "version": record.version, "where": record.where,
            "changed": record.changed.isoformat(), "body": record.body,
        }  # fmt: skip
