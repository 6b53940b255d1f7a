"""A small contract that tests change: its two files as texts, and one sample."""

# One line a field, as contracts are written.
# ruff: noqa: E501

import json

from contracts import source_contract
from contracts.evolution.shape import Shape, shape_of

CONTRACT = """
apiVersion = "v3.1.0"
kind = "DataContract"
id = "clm:ngo:visit"
name = "Visit"
version = "1.0.0"
status = "active"
description.purpose = "Visits to children at work."
team.name = "The NGO's data desk"

[[slaProperties]]
property = "frequency"
value = 1
unit = "m"

[[schema]]
name = "visit"
logicalType = "object"
properties = [
  { name = "visit_id", logicalType = "string", required = true, primaryKey = true, primaryKeyPosition = 1, classification = "C3", description = "Id." },
  { name = "visit_date", logicalType = "date", required = true, classification = "C1", description = "Day." },
  { name = "child", logicalType = "string", classification = "C3", description = "Full name." },
  { name = "nickname", logicalType = "string", classification = "C3", description = "Another name." },
  { name = "age", logicalType = "integer", classification = "C1", logicalTypeOptions = { minimum = 0, maximum = 120 }, description = "Age." },
  { name = "sex", logicalType = "string", classification = "C1", description = "Sex." },
  { name = "danger", logicalType = "string", classification = "C1", description = "Hazards." },
  { name = "remarks", logicalType = "string", classification = "C5", description = "Free text." },
  { name = "helps", logicalType = "array", classification = "C2", description = "Help given.", items = { logicalType = "object", properties = [
    { name = "help_id", logicalType = "string", classification = "C2", description = "Id." },
    { name = "what", logicalType = "string", classification = "C2", description = "Which." },
  ] } },
]
"""

MAPPING = """
version = "1"
about = "child"
one_of = [["child", "nickname"]]

[mapping]
rows = [
  { target = "observed.on", source = "visit_date", transform = "date" },
  { target = "identity.name", source = "child", transform = "name" },
  { target = "identity.name", source = "nickname", transform = "name" },
  { target = "birth.age", source = "age", transform = "integer", absent = { "98" = "asked_unknown" } },
  { target = "child.sex", source = "sex", transform = "code", codes = "sexes" },
  { target = "facts.hazards", source = "danger", transform = "codes", crosswalk = "danger" },
]

[[mapping.lists]]
target = "facts.services"
each = "helps"
rows = [
  { target = "service_id", source = "help_id", transform = "key" },
  { target = "kind", source = "what", transform = "code", codes = "services" },
]

[crosswalk]
danger = [
  { code = "dust", label = "Dust", target = "dust_fumes" },
  { code = "knife", label = "Knives", target = "dangerous_tools" },
]
"""

BODY = {
    "visit_id": "v-1", "visit_date": "2026-01-05", "child": "Mg Aung", "age": 12, "sex": "M",
    "danger": "dust", "remarks": "seen", "helps": [{"help_id": "h1", "what": "food_service"}],
}  # fmt: skip
REJECTED = {"visit_id": "v-2", "visit_date": "", "child": "Ma Su"}

SAMPLE = json.dumps(
    [
        {
            "about": "one without its day", "key": "v-2", "body": REJECTED,
            "rejected": [["missing_required", "visit_date"]],
        }
    ]
)  # fmt: skip


def edited(text: str, *edits: tuple[str, str]) -> str:
    """The text with each first part replaced by the second; a part that is not there is a mistake."""
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def shape(*edits: tuple[str, str]) -> Shape:
    """The shape of the small contract, with changes in whichever file holds their first part."""
    contract, mapping = CONTRACT, MAPPING
    for before, after in edits:
        if before in contract:
            contract = edited(contract, (before, after))
        else:
            mapping = edited(mapping, (before, after))
    return shape_of(source_contract.read(contract, mapping, "small"))
