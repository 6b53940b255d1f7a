"""What to do about a sentence that says only what is wrong with a row. Finds no fault itself."""

import re

from contracts import codes
from contracts.checking.targets import Target, targets
from contracts.mapping.targets import leaves, repeats

_ELSE = "correct it there: docs/integrators.md shows one that is right"
_READ_WITH = {
    "number": "number, or sum of several fields", "integer": "integer", "date": "date or month",
    "flag": "flag, or filled for any text", "text": "text, or key for a code of the source's own",
}  # fmt: skip
_PLAIN_STEPS = (
    (
        r"place needs neither list",
        'write transform = "code" instead of place: with codes = "townships", which reads P-codes'
        " and names, or with the crosswalk",
    ),
    (r"\w+ needs neither list", 'take the list out, or write transform = "code"'),
    (
        r"codes? needs codes or a crosswalk",
        'name a list (codes = "...", see contracts/codes) or a crosswalk of your own',
    ),
    (r"\S+ takes one value", 'write transform = "code", which reads one'),
    (r"\S+ is no month", "read it with another transform"),
)
_NO_KIND = re.compile(r"\w+ gives no (\w+), as (\S+) is")
_NOT_TAKEN = re.compile(r"gives .*, which (\S+) does not take")
_MOST_NAMED = 12


def step_for(said: str) -> str:
    """Return what to do; never nothing."""
    if found := _NOT_TAKEN.fullmatch(said):
        return _takes(targets().get(found[1]))
    if found := _NO_KIND.fullmatch(said):
        target = targets().get(found[2])
        coded = target is not None and (target.codes or target.values)
        fitting = "code and a list or crosswalk" if coded else _READ_WITH.get(found[1], "another")
        return f"read it with {fitting}, or choose another target"
    return next((step for form, step in _PLAIN_STEPS if re.fullmatch(form, said)), _ELSE)


def _takes(target: Target | None) -> str:
    """Say which codes a target takes."""
    if target is None:
        return _ELSE
    if not target.codes:
        return f"give {target.name} one of: {', '.join(sorted(target.values))}"
    leaf = leaves().get(target.name)
    if leaf is None:
        leaf = repeats()[target.each].leaves[target.name.rpartition(".")[2]]
    fitting = [one for one in codes.load(target.codes) if leaf.accepts(one.code)]
    if len(fitting) <= _MOST_NAMED:
        return f"give {target.name} one of: {', '.join(one.code for one in fitting)}"
    level = f' of the level "{fitting[0].level}"' if fitting[0].level else ""
    return (
        f"give {target.name} codes{level} of the list {target.codes}, as {fitting[0].code}"
        f" (contracts/codes/{target.codes}.csv)"
    )
