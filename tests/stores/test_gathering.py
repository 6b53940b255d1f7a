"""What a batch writes at its end: all of it, in one order, and nothing that was taken back."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, insert, select

from hub.bus.database import reading
from hub.bus.gathering import Turn, gathering, later

metadata = MetaData()
word = Table(
    "word",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("word", String),
    Column("call", Integer),
)


class MishapError(Exception):
    """Something that goes wrong in a handler, or as it is written."""


class Book:
    """Writes words, and counts how often it is called."""

    def __init__(self) -> None:
        self.calls = 0

    def write(self, connection: Connection, words: Sequence[str]) -> None:
        self.calls += 1
        for one in words:
            if one == "bad":
                raise MishapError
            connection.execute(insert(word), {"word": one, "call": self.calls})

    def say(self, connection: Connection, *words: str) -> None:
        later(connection, Turn.STATE, self.write, words)


@pytest.fixture
def book(engine: Engine) -> Book:
    metadata.create_all(engine)
    return Book()


def words(engine: Engine) -> list[tuple[str, int]]:
    """What was written, in its order, and in which call."""
    with reading(engine) as connection:
        rows = connection.execute(select(word).order_by(word.c.number))
        return [(row.word, row.call) for row in rows]


def test_without_a_block_everything_is_written_at_once(engine: Engine, book: Book) -> None:
    with engine.begin() as connection:
        book.say(connection, "a")
        book.say(connection, "b")
    assert words(engine) == [("a", 1), ("b", 2)]


def test_a_block_writes_all_of_a_kind_in_one_call_at_its_end(engine: Engine, book: Book) -> None:
    with engine.begin() as connection:
        with gathering(connection):
            book.say(connection, "a")
            book.say(connection, "b")
            assert not connection.execute(select(word)).all()
        book.say(connection, "after")
    assert words(engine) == [("a", 1), ("b", 1), ("after", 2)]


def test_kinds_are_written_in_their_turn_and_may_give_to_a_later_one(
    engine: Engine, book: Book
) -> None:
    audit = Book()

    def figures(connection: Connection, words: Sequence[str]) -> None:
        book.write(connection, words)
        later(connection, Turn.AUDIT, audit.write, ["audit of figures"])

    with engine.begin() as connection, gathering(connection):
        later(connection, Turn.AUDIT, audit.write, ["audit of a handler"])
        later(connection, Turn.FIGURES, figures, ["figures"])
        book.say(connection, "state")
    assert [one for one, _ in words(engine)] == [
        "state", "figures", "audit of a handler", "audit of figures",
    ]  # fmt: skip
    assert audit.calls == 1


def test_what_a_savepoint_takes_back_is_not_written_and_what_it_keeps_is(
    engine: Engine, book: Book
) -> None:
    with engine.begin() as connection, gathering(connection):
        book.say(connection, "a")
        undone = connection.begin_nested()
        book.say(connection, "undone")
        undone.rollback()
        with connection.begin_nested():
            book.say(connection, "kept")
        book.say(connection, "b")
    assert sorted(one for one, _ in words(engine)) == ["a", "b", "kept"]


def test_a_block_of_a_savepoint_is_written_in_it(engine: Engine, book: Book) -> None:
    with engine.begin() as connection:
        for ending in ("commit", "rollback"):
            savepoint = connection.begin_nested()
            with gathering(connection):
                book.say(connection, f"{ending} 1")
                book.say(connection, f"{ending} 2")
            getattr(savepoint, ending)()
    assert words(engine) == [("commit 1", 1), ("commit 2", 1)]


def test_a_block_within_a_block_ends_before_it(engine: Engine, book: Book) -> None:
    with engine.begin() as connection, gathering(connection):
        book.say(connection, "outer")
        with connection.begin_nested(), gathering(connection):
            book.say(connection, "inner")
        book.say(connection, "outer too")
    assert words(engine) == [("inner", 1), ("outer", 2), ("outer too", 2)]


def test_it_is_known_whether_anything_was_done(engine: Engine, book: Book) -> None:
    """Reading is nothing; an item, a row written past it, and a savepoint are something."""
    with engine.begin() as connection, gathering(connection) as gathered:
        connection.execute(select(word)).all()
        connection.execute(select(word).with_for_update()).all()
        assert gathered.touched == 0
        book.say(connection, "a")
        assert gathered.touched == 1
        connection.execute(insert(word), {"word": "b", "call": 0})
        assert gathered.touched == 2
        connection.begin_nested().rollback()
        assert gathered.touched > 2


@pytest.mark.parametrize("where", ["in the block", "as it is written"])
def test_an_error_leaves_nothing_behind(engine: Engine, book: Book, where: str) -> None:
    def fails() -> None:
        with engine.begin() as connection, gathering(connection):
            book.say(connection, "never", "never" if where == "in the block" else "bad")
            if where == "in the block":
                raise MishapError

    with pytest.raises(MishapError):
        fails()
    assert words(engine) == []
    with engine.begin() as connection:
        book.say(connection, "later on")
    assert [one for one, _ in words(engine)] == ["later on"]
