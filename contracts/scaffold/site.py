"""What a Primero says of itself: its answers to `/forms` and `/lookups`, read. Asks no server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import HubError

_NO_DATA = frozenset({"separator", "photo_upload_box", "audio_upload_box", "document_upload_box"})
_LOCALE = "en"


class _Open(BaseModel):
    """A part of an answer: what is not read is of no interest."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class FormField(_Open):
    """A field of a form."""

    name: str
    type: str
    multi_select: bool | None = None
    option_strings_source: str | None = None
    option_strings_text: list[Any] | dict[str, Any] | None = None
    date_include_time: bool | None = None
    subform_section_unique_id: str | None = None
    display_name: dict[str, Any] | str | None = None


class Form(_Open):
    """A form, or a subform (`is_nested`)."""

    unique_id: str
    parent_form: str = "case"
    is_nested: bool = False
    fields: list[FormField] = Field(default_factory=list)


class LookupValue(_Open):
    """A code of a lookup."""

    id: str
    display_text: dict[str, Any] | str | None = None
    disabled: bool = False


class Lookup(_Open):
    """A code list of the site."""

    unique_id: str
    values: list[LookupValue] = Field(default_factory=list)


class Forms(_Open):
    """The answer of `/forms`."""

    data: list[Form]


class Lookups(_Open):
    """The answer of `/lookups`; of several pages, their `data` joined."""

    data: list[Lookup]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a Primero says of itself: fields of cases, subforms, and lookups by their id."""

    fields: Mapping[str, FormField]
    subforms: Mapping[str, Form]
    lookups: Mapping[str, Lookup]


def read_site(forms: object, lookups: object) -> Site:
    """Read the two answers. Raises HubError for what is none."""
    try:
        found = Forms.model_validate(forms if isinstance(forms, dict) else {"data": forms})
        lists = Lookups.model_validate(lookups if isinstance(lookups, dict) else {"data": lookups})
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise HubError(
            f"this is no answer of Primero's /forms and /lookups: {place} is not as it gives it."
            " Save `GET /api/v2/forms` and `GET /api/v2/lookups?per=1000` as they are"
        ) from None
    cases = [one for one in found.data if one.parent_form == "case"]
    return Site(
        fields={
            one.name: one for form in cases if not form.is_nested for one in form.fields
            if one.type not in _NO_DATA
        },
        subforms={one.unique_id: one for one in cases if one.is_nested},
        lookups={one.unique_id: one for one in lists.data},
    )  # fmt: skip


def codes_of(field: FormField, site: Site) -> dict[str, str]:
    """Return the codes of a field with the labels that the site shows; none for a plain field."""
    named = (field.option_strings_source or "").removeprefix("lookup ").strip()
    if named in site.lookups:
        return {one.id: text_of(one.display_text) for one in site.lookups[named].values}
    inline = field.option_strings_text
    rows = inline.get(_LOCALE, []) if isinstance(inline, dict) else inline or []
    return {
        str(row.get("id", "")): text_of(row.get("display_text"))
        for row in rows
        if isinstance(row, dict) and row.get("id")
    }


def text_of(text: object) -> str:
    """Return a label in English, or as it stands."""
    return str(text.get(_LOCALE, "")) if isinstance(text, dict) else str(text or "")
