"""Writes docs/catalogue and docs/dictionary.md anew: `python -m tests.spec.catalogue_files`."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts import source_contract
from contracts.casts import CHAINS
from contracts.catalogue import THINGS, Model
from contracts.catalogue import messages as catalogue_messages
from contracts.catalogue.asyncapi import Actor, document
from contracts.catalogue.dictionary import Words, dictionary
from contracts.catalogue.odcs import document as odcs_document
from contracts.catalogue.schema import file_name, schema_of
from contracts.catalogue.topics import MessageKind, kinds
from contracts.model.base import Thing
from contracts.topics import TOPICS
from hub.pipeline import PIPELINE
from mirror.feed import REFLECT
from tests.architecture.tree import ROOT

CATALOGUE = ROOT / "docs" / "catalogue"
DICTIONARY = ROOT / "docs" / "dictionary.md"
SOURCES = ROOT / "contracts" / "sources"
COMMAND = "python -m tests.spec.catalogue_files"
FROZEN = {
    CATALOGUE / "schemas" / version for chain in CHAINS.values() for version in chain.versions[:-1]
}
"""Older versions, as they were published: nobody writes them anew."""

_HEAD = f"# Made by `{COMMAND}`; a test fails when it is out of date.\n"
_README = f"""\
# The catalogue

Made from `contracts/` by `{COMMAND}`; a test fails when it is out of date.

- `asyncapi.yaml`: every topic, its messages, and which stage sends or receives it (AsyncAPI 3.1).
- `schemas/`: the things of the common schema, as they are stored (JSON Schema 2020-12);
  `schemas/messages/`: the clear bodies of the messages; `schemas/1.0.0/`: as that version was
  published (`docs/decisions/0012-schema-versions.md`).
- `odcs/`: every source contract for other tools (Open Data Contract Standard 3.1).

For people: `docs/dictionary.md`, in English and Burmese.
"""


class _Dumper(yaml.SafeDumper):
    """YAML that repeats what occurs twice: anchors are hard to read."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def bodies() -> list[Model]:
    """The clear bodies of messages that are no things of the common schema."""
    found = [
        one for one in vars(catalogue_messages).values()
        if isinstance(one, type) and issubclass(one, Thing)
        and one.__module__ == catalogue_messages.__name__
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.__name__)


def burmese() -> Words:
    """The words of the dictionary."""
    found: Words = tomllib.loads(
        (ROOT / "contracts" / "model" / "burmese.toml").read_text(encoding="utf-8")
    )
    return found


def message_kinds() -> tuple[MessageKind, ...]:
    """Every kind of message, those of the source contracts too."""
    return kinds((one[0], one[1]) for one in source_contract.every())


@cache
def asyncapi() -> dict[str, Any]:
    """The document of the bus."""
    actors = [
        Actor(name=one.name, does=one.does, reads=one.reads, publishes=one.publishes)
        for one in (*PIPELINE, REFLECT)
    ]
    return document(TOPICS, message_kinds(), actors)


@cache
def odcs() -> Mapping[str, dict[str, Any]]:
    """Every source contract as a document, by its file's name."""
    found = {}
    for path in sorted(SOURCES.glob("*/*/v*/contract.toml")):
        system, record, version = path.parent.relative_to(SOURCES).parts
        contract, mapping = (
            tomllib.loads((path.parent / name).read_text(encoding="utf-8"))
            for name in ("contract.toml", "mapping.toml")
        )
        found[f"{system}.{record}.{version}"] = odcs_document(contract, mapping)
    return found


@cache
def made() -> dict[Path, str]:
    """Every generated file with its text."""
    return dict(_made())


def _made() -> Iterator[tuple[Path, str]]:
    yield CATALOGUE / "README.md", _README
    yield CATALOGUE / "asyncapi.yaml", _yaml(asyncapi())
    yield DICTIONARY, dictionary(burmese())
    for model in THINGS:
        yield CATALOGUE / "schemas" / f"{file_name(model)}.json", _json(schema_of(model))
    for model in bodies():
        place = CATALOGUE / "schemas" / "messages" / f"{file_name(model)}.json"
        yield place, _json(schema_of(model))
    for name, data in odcs().items():
        yield CATALOGUE / "odcs" / f"{name}.yaml", _yaml(data)


def stale(files: Mapping[Path, str]) -> list[str]:
    """What differs from what would be written now, and what nobody writes any more."""
    there = {path for path in CATALOGUE.rglob("*") if path.is_file() and path.parent not in FROZEN}
    wrong = (there - files.keys()) | {
        path for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }  # fmt: skip
    return sorted(str(path.relative_to(ROOT)) for path in wrong)


def write() -> None:
    """Write what is stale, and take away what has gone."""
    for name in stale(made()):
        path = ROOT / name
        if path in made():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made()[path], encoding="utf-8")
        else:
            path.unlink()


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _yaml(data: object) -> str:
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + text


if __name__ == "__main__":
    write()
