"""The labels behind Primero's codes: an id keeps its name when a site gives it another meaning."""

from collections.abc import Mapping

from adapters.dsw_cms.client import PrimeroClient, Row

Labels = Mapping[str, Mapping[str, str]]
"""For each code list, by its id: code to label."""


def read_labels(client: PrimeroClient, locale: str = "en") -> Labels:
    """Read all code lists."""
    labels: dict[str, Mapping[str, str]] = {}
    page = 1
    while rows := client.list_lookups(page):
        fresh = {_list_id(row): _labels(row, locale) for row in rows}
        if not set(fresh) - set(labels):  # a server that knows no pages gives the same one again
            break
        labels |= fresh
        page += 1
    return labels


def read_field_labels(client: PrimeroClient) -> Labels:
    """Read what the site calls the codes of each field of a case, by the field's path."""
    lists, forms = read_labels(client), client.list_forms()
    parents = {
        str(field["subform_section_unique_id"]): str(field["name"])
        for form in forms
        for field in _fields(form)
        if field.get("subform_section_unique_id")
    }
    found: dict[str, Mapping[str, str]] = {}
    for form in forms:
        parent = parents.get(str(form.get("unique_id")), "") if form.get("is_nested") else ""
        for field in _fields(form):
            labels = _labels_of(field, lists)
            if labels:
                found[f"{parent}.{field['name']}" if parent else str(field["name"])] = labels
    return found


def _fields(form: Row) -> list[Row]:
    return [one for one in form.get("fields") or () if isinstance(one, dict) and one.get("name")]


def _labels_of(field: Row, lists: Labels) -> Mapping[str, str]:
    """The options of a field: a list that it names, or options of its own."""
    kind, _, name = str(field.get("option_strings_source") or "").partition(" ")
    if kind == "lookup":
        return lists.get(name, {})
    own = [one for one in field.get("option_strings_text") or () if isinstance(one, dict)]
    return {str(one.get("id")): _text(one.get("display_text"), "en") for one in own}


def _list_id(row: Row) -> str:
    return str(row.get("unique_id") or row.get("id"))


def _labels(row: Row, locale: str) -> Mapping[str, str]:
    return {
        str(value.get("id")): _text(value.get("display_text"), locale)
        for value in row.get("values") or ()
    }


def _text(text: object, locale: str) -> str:
    return str(text.get(locale, "")) if isinstance(text, dict) else str(text or "")
