"""How a mapping calls the fields of each thing: `facts.isic`. From the models, as targets are."""

from collections.abc import Iterator, Sequence
from functools import cache

from contracts.catalogue import THINGS, Entry, Model
from contracts.checking.targets import lists, targets, things_in
from contracts.mapping.targets import MADE_HERE
from contracts.model.answer import CaseAnswer, ReferralAnswer
from contracts.model.case_facts import CaseFacts
from contracts.model.figure import SurveyFigure
from contracts.model.identity import Identity

_ROOTS: tuple[tuple[str, Model], ...] = (
    ("identity", Identity), ("facts", CaseFacts), ("figure", SurveyFigure),
    ("answer", ReferralAnswer), ("answer", CaseAnswer),
)  # fmt: skip


def in_a_mapping(model: Model, own: Sequence[Entry]) -> str:
    """Return how a mapping names a thing's own fields; nothing for what no mapping gives."""
    names = {at: [one.name for one in own if f"{at}.{one.name}" in _known()] for at in _at(model)}
    told = [_told(at, given) for at, given in names.items() if given]
    if not told:
        return ""
    made = [f"`{one.name}`" for one in own if {f"{at}.{one.name}" for at in names} & MADE_HERE]
    inputs = ", from inputs such as `child.sex` and `birth.age`" if "`sex`" in made else ""
    itself = f" The hub makes {', '.join(made)} itself{inputs}." if made else ""
    return f"In a mapping: {'; '.join(told)}.{itself}"


def _told(at: str, names: Sequence[str]) -> str:
    if at in lists():
        return f"`<field>` of the list `{at}`, as `{names[0]}`"
    return f"`{at}.<field>`, as `{at}.{names[0]}`"


def _at(model: Model) -> list[str]:
    """Return where a thing's fields lie: at a root, or below a field that holds the thing."""
    places = [at for at, root in _ROOTS if issubclass(root, model)]
    return list(dict.fromkeys((*places, *(at for at, held in _held() if held is model))))


@cache
def _held() -> tuple[tuple[str, Model], ...]:
    return tuple(_below(_ROOTS))


def _below(places: Sequence[tuple[str, Model]]) -> Iterator[tuple[str, Model]]:
    for at, model in places:
        for name, field in model.model_fields.items():
            inner = [(f"{at}.{name}", one) for one in things_in(field.annotation) if one in THINGS]
            yield from inner
            yield from _below(inner)


@cache
def _known() -> frozenset[str]:
    return frozenset({*targets(), *lists()})
