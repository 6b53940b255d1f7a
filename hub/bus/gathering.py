"""What a batch writes at its end, all rows of a kind together, instead of record by record.

Outside of a `gathering`, and inside a savepoint of it, which may still be taken back, everything is
written at once: whoever writes need not know, and nothing can be left behind. So what a savepoint
writes may come before what was given earlier: a `write` that replaces rows must compare versions.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, NestedTransaction

Item = TypeVar("Item")
_GATHERED = "clm_gathered"


class Turn(IntEnum):
    """The order in which it is written, one for all: two writers then never wait in a ring.

    That holds for one `write` a turn: two of one turn come in the order of their first items.
    """

    STATE = 1  # rows that a timer or a person's decision locks, too
    FIGURES = 2
    AUDIT = 3  # the others tell it what they did


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What waits. `savepoint` is the one that the block began in, or None.

    `touched` grows with each item and each statement that writes: while it stays, nothing has
    been done that would have to be taken back.
    """

    savepoint: NestedTransaction | None
    items: dict[tuple[Turn, Callable[[Connection, Any], None]], list[Any]] = field(
        default_factory=dict
    )
    touched: int = 0


def later(
    connection: Connection,
    turn: Turn,
    write: Callable[[Connection, Sequence[Item]], None],
    items: Iterable[Item],
) -> None:
    """Have `write` called with these items and all others that it was given, in their order."""
    gathered = _gathered(connection)
    if gathered is None or connection.get_nested_transaction() is not gathered.savepoint:
        write(connection, list(items))
    else:
        gathered.touched += 1
        gathered.items.setdefault((turn, write), []).extend(items)


@contextmanager
def gathering(connection: Connection) -> Iterator[Gathered]:
    """Write what is given to `later` at the end of the block; after an error nothing is written.

    So the block must be all or nothing with its transaction, or with its savepoint.
    """
    before = _gathered(connection)
    gathered = Gathered(savepoint=connection.get_nested_transaction())
    connection.execution_options(**{_GATHERED: gathered})
    try:
        yield gathered
        while gathered.items:  # what is written may give something to a later turn
            turn, write = min(gathered.items, key=lambda kind: kind[0])
            write(connection, gathered.items.pop((turn, write)))
    finally:
        connection.execution_options(**{_GATHERED: before})


def note_statement(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    """Count a statement that may write; `open_database` has it called before each."""
    gathered = _gathered(connection)
    if gathered is not None and not statement.startswith("SELECT"):
        gathered.touched += 1


def _gathered(connection: Connection) -> Gathered | None:
    found: Gathered | None = connection.get_execution_options().get(_GATHERED)
    return found
