"""The labels behind Primero's codes: an id keeps its name when a site gives it another meaning."""

import hashlib
import json
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


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return a text that changes when any code of the list is added, dropped or relabelled."""
    return hashlib.sha256(json.dumps(sorted(labels.items())).encode()).hexdigest()


def _list_id(row: Row) -> str:
    return str(row.get("unique_id") or row.get("id"))


def _labels(row: Row, locale: str) -> Mapping[str, str]:
    return {
        str(value.get("id")): _text(value.get("display_text"), locale)
        for value in row.get("values") or ()
    }


def _text(text: object, locale: str) -> str:
    return str(text.get(locale, "")) if isinstance(text, dict) else str(text or "")
