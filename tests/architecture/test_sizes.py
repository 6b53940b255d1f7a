"""Files and functions stay small enough to read, and each file says what it is."""

import ast

import pytest

from tests.architecture.tree import Module, modules

FILE, FUNCTION, WIDTH = 400, 45, 100
# A migration is a list of tables, in the order in which they are made.
LISTS = ("migrations.hub.versions", "migrations.versions", "migrations.vault.versions")
WRITTEN = [one for one in modules() if one.text.strip()]


@pytest.mark.parametrize("one", modules(), ids=lambda one: one.name)
def test_a_file_is_short(one: Module) -> None:
    assert one.lines <= FILE, "split it by what it is about"


@pytest.mark.parametrize("one", modules(), ids=lambda one: one.name)
def test_a_function_is_short(one: Module) -> None:
    if any(name in one.name for name in LISTS):
        return
    long = {
        node.name: length
        for node in one.functions()
        if (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION
    }
    assert long == {}, "take a part out that has a name"


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: one.name)
def test_the_first_line_says_what_the_file_is(one: Module) -> None:
    first = (ast.get_docstring(one.tree) or "").partition("\n")[0]
    assert len(first) > 20
    assert first.endswith((".", ":", ",")) or "," in first
    assert one.tree.body[0].lineno == 1
