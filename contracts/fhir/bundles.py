"""Puts resources into a Bundle and finds them in one. Knows no field of the common schema.

A resource's profile says what it is about; its id comes from the record's own key and its place in
the record, so the same record always gives the same Bundle.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts.fhir.vocabulary import BASE, profile_url

_SPACE = uuid5(NAMESPACE_URL, BASE)
# FHIR's strings hold no control characters but these three.
_CONTROLS = dict.fromkeys(set(range(0x20)) - {0x09, 0x0A, 0x0D}, " ")

Json = Any
"""Any JSON value."""

Resource = dict[str, Any]
Reference = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Writer:
    """Resources of one record so far. `seed` is what makes its ids its own."""

    seed: str = field(repr=False)
    on: str
    entries: dict[str, Resource] = field(default_factory=dict, repr=False)

    def add(self, kind: str, profile: str, place: str, **content: Any) -> Reference:
        """Add a resource and return the reference to it; a place that is taken keeps what it has.

        `place` is the resource's own within the record. What is empty in `content` is left out.
        """
        name = str(uuid5(_SPACE, f"{self.seed}/{place}"))
        self.entries.setdefault(
            f"urn:uuid:{name}",
            {
                "resourceType": kind, "id": name,
                "meta": {"profile": [profile_url(profile)]}, **_full(content),
            },
        )  # fmt: skip
        return {"reference": f"urn:uuid:{name}"}

    def bundle(self) -> Resource:
        """Return the whole as a collection."""
        return {
            "resourceType": "Bundle",
            "id": str(uuid5(_SPACE, self.seed)),
            "type": "collection",
            "entry": [{"fullUrl": url, "resource": one} for url, one in self.entries.items()],
        }


class Reader:
    """The resources of a Bundle by profile and by address."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self._by_url = {one["fullUrl"]: one["resource"] for one in bundle.get("entry", ())}

    def all(self, profile: str) -> Iterator[Resource]:
        """Yield the resources of a profile, in the Bundle's order."""
        url = profile_url(profile)
        return (one for one in self._by_url.values() if url in one["meta"]["profile"])

    def one(self, profile: str) -> Resource:
        """Return the first resource of a profile; an empty one when there is none."""
        return next(self.all(profile), {})

    def must(self, profile: str) -> Resource:
        """Return the first resource of a profile. Raises LookupError when there is none."""
        found = self.one(profile)
        if not found:
            raise LookupError(profile)
        return found

    def at(self, reference: Mapping[str, Any] | None) -> Resource:
        """Return the resource that a reference points at; an empty one for no reference.

        Raises LookupError when it points at nothing in the Bundle: a part of the record is lost.
        """
        target = (reference or {}).get("reference")
        return self._by_url[target] if target else {}

    def about(self, profile: str, element: str, resource: Mapping[str, Any]) -> Resource:
        """Return the first resource of a profile whose `element` points at another resource."""
        for one in self.all(profile):
            if self.at(one.get(element)) is resource:
                return one
        return {}


def identifier(system: str, value: str | None) -> list[dict[str, str]]:
    """Return an identifier as resources hold them: in a list, empty when there is none."""
    return [{"system": system, "value": value}] if value else []


def identifier_in(resource: Mapping[str, Any], system: str = "") -> str | None:
    """Return the value of the first identifier whose system starts so."""
    return next(
        (
            one["value"]
            for one in resource.get("identifier", ())
            if one.get("system", "").startswith(system)
        ),
        None,
    )


def extension(name: str, key: str, value: Json) -> list[dict[str, Any]]:
    """Return an extension of ours, in a list; an empty list without a value."""
    return [] if value is None else [{"url": profile_url(name), key: value}]


def extensions_in(element: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the extensions of ours that have this name."""
    url = profile_url(name)
    return (one for one in element.get("extension", ()) if one["url"] == url)


def extended(element: Mapping[str, Any], name: str, key: str) -> Json:
    """Return the value of an extension of ours, None when there is none."""
    return next((one.get(key) for one in extensions_in(element, name)), None)


def _full(value: Json) -> Json:
    """Return a value without its empty parts, texts as FHIR can hold them."""
    if isinstance(value, str):
        text = value.translate(_CONTROLS)
        return text if text.strip() else None
    if isinstance(value, Mapping):
        return {name: one for name, part in value.items() if (one := _full(part)) not in _EMPTY}
    if isinstance(value, list):
        return [one for part in value if (one := _full(part)) not in _EMPTY]
    return value


_EMPTY: tuple[Json, ...] = (None, {}, [])
