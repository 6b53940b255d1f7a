"""Checks of a mapping that reading it does not make: privacy, the day, crosswalks nobody reads."""

from collections.abc import Iterator

from contracts import paths
from contracts.checking.fault import Notebook
from contracts.checking.lines import Path
from contracts.checking.targets import PERSONAL, targets
from contracts.mapping.rows import Row, SourceContract

_SAYS_LITTLE = frozenset({"filled", "flag"})
_UNFINISHED = frozenset({"draft", "proposed"})
_NEVER_EMPTY = frozenset({"date", "month"})


def check_mapping(contract: SourceContract, notes: Notebook) -> None:
    """Note every fault of a mapping whose names all exist."""
    for at, within, row in placed_rows(contract):
        _class(at, within, row, contract, notes)
    if contract.about == "child":
        _day(contract, notes)
    _crosswalks(contract, notes)
    if contract.document.get("status") in _UNFINISHED:
        _unread(contract, notes)


def placed_rows(contract: SourceContract) -> Iterator[tuple[Path, str, Row]]:
    """Yield every row with its place in mapping.toml, and the list that its paths start in."""
    for index, row in enumerate(contract.rows):
        yield ("mapping", "rows", index), "", row
    for index, one in enumerate(contract.lists):
        for number, row in enumerate(one.rows):
            yield ("mapping", "lists", index, "rows", number), one.each, row


def whole_target(contract: SourceContract, at: Path, row: Row) -> str:
    """Return a row's target from the root: `facts.services.kind` for `kind` of that list."""
    if at[1] == "lists" and isinstance(at[2], int):
        return f"{contract.lists[at[2]].target}.{row.target}"
    return row.target


def _unread(contract: SourceContract, notes: Notebook) -> None:
    """While a contract is made, name the fields that no row reads: a row may wait behind a #."""
    read = {
        paths.names(path)[0]
        for _, within, row in placed_rows(contract)
        for path in ((within,) if within not in {"", paths.ITSELF} else row.source)
    }
    read |= {
        paths.names(path)[0]
        for path in (contract.splits, *contract.child_needs, *contract.person)
        if path
    }
    unread = [
        one.name
        for one in contract.properties.values()
        if one.name not in read and not one.key_position
    ]
    if unread:
        notes.warning(
            ("mapping", "rows"), "unread", f"no row reads {', '.join(unread)}",
            "complete the rows that wait behind #, or set status to active when they are not"
            " needed",
        )  # fmt: skip


def _class(at: Path, within: str, row: Row, contract: SourceContract, notes: Notebook) -> None:
    """What feeds a field of a person is of a person: its class may not say otherwise."""
    target = targets()[whole_target(contract, at, row)]
    if target.label not in PERSONAL or row.transform in _SAYS_LITTLE:
        return
    for path in row.source:
        field = contract.find(path, within=within)
        if field and field.label not in PERSONAL:
            notes.error(
                at, "class_low",
                f"{path} is {field.label.value} and feeds {target.name}, which is"
                f" {target.label.value}",
                f"give {path} the classification {target.label.value} in contract.toml",
            )  # fmt: skip


def _day(contract: SourceContract, notes: Notebook) -> None:
    """A record about a child cannot do without its day."""
    days = [(at, row) for at, _, row in placed_rows(contract) if row.target == "observed.on"]
    needed = {paths.names(path) for path in (*contract.required, *contract.required_of_child)}
    if days and not any(
        paths.names(row.source[0]) in needed and row.transform in _NEVER_EMPTY and not row.absent
        for _, row in days
    ):
        at, row = days[0]
        notes.error(
            at, "day_optional", "no required field gives the day of the record",
            f"set required = true on {row.column}, or add a row from a required field, as the day"
            " on which the source saved the record",
        )  # fmt: skip


def _crosswalks(contract: SourceContract, notes: Notebook) -> None:
    read = {row.crosswalk for _, _, row in placed_rows(contract)}
    for name, labels in contract.labels.items():
        if name not in read:
            notes.error(
                ("crosswalk", name), "crosswalk_unused", f"no row reads the crosswalk {name}",
                f'name it in a row (crosswalk = "{name}"), or delete it',
            )  # fmt: skip
        for index, (code, label) in enumerate(labels.items()):
            if not label:
                notes.warning(
                    ("crosswalk", name, index), "label_missing", f"{code} of {name} has no label",
                    "write the label under which the code was understood: a site that relabels it"
                    " is then noticed",
                )  # fmt: skip
