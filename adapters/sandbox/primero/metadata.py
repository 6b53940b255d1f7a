"""What the country's Primero says of itself: forms, lookups, places, users, agencies."""

from collections.abc import Mapping

from adapters.sandbox.entries import Json
from adapters.sandbox.places import STATES
from adapters.sandbox.primero.fields import FORMS, LOOKUPS, SUBFORMS
from adapters.sandbox.primero.staff import AGENCY, USERS, can_receive

_TYPES = {
    "text": "text_field", "integer": "numeric_field", "number": "numeric_field",
    "boolean": "tick_box", "radio": "radio_button", "date": "date_field",
    "datetime": "date_field", "select": "select_box", "multi": "select_box",
    "location": "select_box", "user": "select_box", "subform": "subform",
}  # fmt: skip


def lookups(query: Mapping[str, str]) -> Json:
    """Return the option lists, a page of them."""
    rows = [
        {
            "unique_id": unique_id, "id": unique_id, "name": {"en": unique_id},
            "values": [
                {"id": code, "display_text": {"en": english, "my": burmese}, "disabled": False}
                for code, (english, burmese) in options.items()
            ],
        }
        for unique_id, options in LOOKUPS.items()
    ]  # fmt: skip
    return paged(rows, query, usual=20)


def forms() -> Json:
    """Return the forms with their fields."""
    made = [_form(name, fields, nested=False) for name, fields in FORMS.items()]
    return {"data": made + [_form(name, fields, nested=True) for name, fields in SUBFORMS.items()]}


def locations(query: Mapping[str, str]) -> Json:
    """Return the places, with the codes above each."""
    rows = [_location("MMR", "Myanmar", 0, ["MMR"])]
    for state in STATES:
        rows.append(_location(state.pcode, state.name, 1, ["MMR", state.pcode]))
        rows += [
            _location(code, name, 3, ["MMR", state.pcode, code]) for code, name in state.townships
        ]
    return paged(rows, query, usual=100)


def agencies() -> Json:
    """Return the one agency."""
    name = {"en": "Department of Social Welfare", "my": "လူမှုဝန်ထမ်းဦးစီးဌာန"}
    return {
        "data": [{"id": 1, "unique_id": AGENCY, "agency_code": "DSW", "name": name}],
        "metadata": {"total": 1, "per": 20, "page": 1},
    }


def refer_to(query: Mapping[str, str], caller: str) -> Json:
    """Return the users whom the caller may refer a case to."""
    place = query.get("location", "")
    return {
        "data": [
            {
                "id": number, "user_name": user.user_name, "code": None, "position": user.position,
                "location": user.location, "agency": AGENCY, "services": [], "disabled": False,
            }
            for number, user in enumerate(USERS.values(), start=1)
            if can_receive(user.user_name, caller) and user.location.startswith(place)
        ]
    }  # fmt: skip


def paged(rows: list[Json], query: Mapping[str, str], *, usual: int) -> Json:
    """Return one page of a list."""
    page, per = int(query.get("page", 1)), int(query.get("per", usual))
    return {
        "data": rows[(page - 1) * per : page * per],
        "metadata": {"total": len(rows), "per": per, "page": page},
    }


def _form(name: str, fields: Mapping[str, tuple[str, str]], *, nested: bool) -> Json:
    return {
        "unique_id": name, "module_ids": ["primeromodule-cp"], "parent_form": "case",
        "is_nested": nested, "visible": not nested, "name": {"en": name},
        "fields": [_field(field, kind, lookup) for field, (kind, lookup) in fields.items()],
    }  # fmt: skip


def _field(name: str, kind: str, lookup: str) -> Json:
    source = {"location": "Location", "user": "User"}.get(kind)
    if lookup.startswith("lookup-"):
        source = f"lookup {lookup}"
    return {
        "name": name, "type": _TYPES[kind], "multi_select": kind == "multi",
        "option_strings_source": source, "date_include_time": kind == "datetime",
        "subform_section_unique_id": lookup if kind == "subform" else None,
        "display_name": {"en": name},
    }  # fmt: skip


def _location(code: str, name: str, level: int, above: list[str]) -> Json:
    kind = {0: "country", 1: "state", 3: "township"}[level]
    return {
        "code": code, "type": kind, "admin_level": level, "disabled": False,
        "name": {"en": name}, "placename": {"en": name}, "hierarchy": above,
    }  # fmt: skip
