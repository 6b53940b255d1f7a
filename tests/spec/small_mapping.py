"""A small contract whose mapping a test writes, and what comes of a record. Tests nothing."""
# ruff: noqa: E501 - the contracts are TOML, a row a line

from typing import Any

import pytest

from contracts import source_contract
from contracts.errors import RejectedError
from contracts.mapping.translation import Decisions, Plan, plan
from contracts.source_contract import SourceContract

CONTRACT = """
apiVersion = "v3.1.0"
kind = "DataContract"
id = "clm:office:form"
name = "A form"
version = "1.0.0"
status = "active"
[[schema]]
name = "form"
quality = [{rules}]
properties = [
  {{ name = "id", required = true, primaryKey = true, classification = "C3" }},
  {{ name = "day", logicalType = "date", required = true, classification = "C1" }},
  {{ name = "seen", logicalType = "date", classification = "C1" }},
  {{ name = "code", classification = "C2" }},
  {{ name = "code_text", classification = "C2" }},
  {{ name = "hours", logicalType = "number", classification = "C1", logicalTypeOptions = {{ minimum = 0, maximum = 200 }} }},
  {{ name = "chores_a", logicalType = "number", classification = "C1" }},
  {{ name = "chores_b", logicalType = "number", classification = "C1" }},
  {{ name = "who", logicalType = "object", classification = "C3", properties = [
    {{ name = "name", classification = "C3" }},
    {{ name = "home/place", classification = "C1" }},
    {{ name = "sex", classification = "C1", required = {sex} }},
  ] }},
  {{ name = "rows", logicalType = "array", classification = "C2", items = {{ logicalType = "object", properties = [
    {{ name = "key", classification = "C2", required = {key} }},
    {{ name = "kind", classification = "C2" }},
    {{ name = "value", classification = "C2" }},
    {{ name = "inner", logicalType = "array", classification = "C2", items = {{ logicalType = "object", properties = [
      {{ name = "kind", classification = "C2" }}, {{ name = "value", classification = "C2" }},
    ] }} }},
  ] }} }},
]
"""
DAY = '{ target = "observed.on", source = "day", transform = "date" }'
BODY = {"id": "f-1", "day": "2026-03-02"}


def contract(
    *rows: str, lists: str = "", top: str = "", end: str = "", about: str = "child",
    rules: str = "", key: str = "false", sex: str = "false",
) -> SourceContract:  # fmt: skip
    mapped = ",\n".join((DAY, *rows) if about == "child" else rows)
    mapping = (
        f'version = "1"\nabout = "{about}"\n{top}\n[mapping]\nrows = [\n{mapped}\n]\n{lists}\n{end}'
    )
    described = CONTRACT.format(rules=rules, key=key, sex=sex)
    return source_contract.read(described, mapping, "here")


def made(*rows: str, decisions: Decisions | None = None, **more: Any) -> Plan:
    found = contract(*rows, **more)
    return plan(found, decisions) if decisions else plan(found)


def facts(of: Plan, **fields: Any) -> dict[str, Any]:
    found = of.translate({**BODY, **fields}, where="row 3", key="k").facts
    assert found is not None
    return found


def identity(of: Plan, **fields: Any) -> dict[str, Any]:
    found = of.translate({**BODY, **fields}, where="row 3", key="k").identity
    assert found is not None
    return found


def reasons(of: Plan, **fields: Any) -> list[tuple[str, str]]:
    with pytest.raises(RejectedError) as caught:
        of.translate({**BODY, **fields}, where="row 3", key="k")
    return [(one.code, one.column) for one in caught.value.reasons]


def row(target: str, source: str, transform: str, more: str = "") -> str:
    return f'{{ target = "{target}", source = "{source}", transform = "{transform}"{more} }}'
