"""Whoever writes a store that holds children says so in the audit: by signature, not by habit.

A function writes when it calls INSERT, UPDATE, DELETE or upsert itself, runs a statement of the
module that does, or calls a function of the module that writes, or has it called `later`. It then
wants a keyword-only `audit: AuditEntry`, and uses it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.architecture.tree import FunctionNode, Module, below, calls, module, modules

VERBS = {"insert", "update", "delete", "upsert", "inserting"}
# The worker's own tables: positions, message ids, sealed envelopes, pointers, timers, and the
# audit itself. Nothing in the clear, and each write is part of a store's audited one.
JOURNAL = "hub.bus"

EXEMPT = {
    "hub.candidates.lock_child": "an empty row to lock: it says nothing of a child yet",
    "hub.candidates.next_sequence": "a counter, of no child",
    "hub.candidates.save_figure": "a figure about no child",
    "hub.linkage.store.take_turn": "a counter, of no child",
    "hub.schema.ensure_timer": "the epoch's standing timer, of no child",
    "hub.schema.free_claims": "which errands are under way, of no child",
    "hub.schema.upgrade": "the installation's name, of no child",
    "hub.sources.register": "the name of a source, of no child",
    "hub.triage.decisions.hold_version": "a counter of decisions, of no child",
    "hub.triage.decisions.lock_version": "a counter of decisions, of no child",
    "hub.vault.store.KeyStore.add": "keys are made in the vault's own database by the worker;"
    " the record that needed one is audited in the hub's",
    "hub.vault.store.KeyStore.destroy": "commits on its own, in a database without an audit;"
    " the keyring's caller audits the erasure in the hub's",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A public function of a store that writes."""

    name: str
    node: FunctionNode


def stores() -> list[Module]:
    """Modules of the rooms that write SQL."""
    return [
        one
        for one in modules()
        if not one.name.startswith(JOURNAL) and "migrations" not in one.name and _writes(one.tree)
    ]


def _writes(node: ast.AST) -> bool:
    """Whether a writing statement is in it: `insert(...)`, `table.update()`, `upsert(...)`."""
    for call, name in calls(node):
        *owner, verb = name.split(".")
        if verb in VERBS and (not owner or _is_table(owner[-1], call)):
            return True
    return False


def _is_table(owner: str, call: ast.Call) -> bool:
    """`table.update()` and not `dict.update(other)`: a table's verb takes no argument."""
    return not call.args and not call.keywords and owner not in {"hasher", "digest"}


def writers(one: Module) -> Iterator[Writer]:
    """The public functions of a module that write, directly or through its other functions."""
    named = dict(_functions(one.tree, one.name))
    statements = {
        target.id
        for node in one.tree.body
        if isinstance(node, ast.Assign) and _writes(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    writing = {name for name, node in named.items() if _writes(node) or _uses(node, statements)}
    while more := {
        name
        for name, node in named.items()
        if name not in writing and _calls_one_of(node, {w.rsplit(".", 1)[-1] for w in writing})
    }:
        writing |= more
    for name in sorted(writing):
        if not named[name].name.startswith("_"):
            yield Writer(name=name, node=named[name])


def _functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, FunctionNode):
            yield f"{prefix}.{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}.{node.name}")


def _uses(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node))


def _calls_one_of(node: ast.AST, names: set[str]) -> bool:
    own = {name.removeprefix("self.") for _, name in calls(node)}
    left = [call for call, name in calls(node) if name == "later"]
    return bool(own & names) or any(_uses(call, names) for call in left)


def is_audited(node: FunctionNode) -> bool:
    """Whether it takes `*, audit: AuditEntry` with no default, and does something with it."""
    wanted = [
        default is None
        for given, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if given.arg == "audit"
        and given.annotation
        and ast.unparse(given.annotation) == "AuditEntry"
    ]
    return wanted == [True] and _uses(node, {"audit"})


WRITERS = [writer for one in stores() for writer in writers(one)]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_store_function_that_writes_takes_its_audit_entry(writer: Writer) -> None:
    assert is_audited(writer.node) or writer.name in EXEMPT


def test_no_exemption_is_left_over() -> None:
    assert EXEMPT.keys() <= {writer.name for writer in WRITERS}
    assert all(not is_audited(w.node) for w in WRITERS if w.name in EXEMPT)


def test_the_writers_that_matter_are_found() -> None:
    wanted = {
        "hub.ledger.settle_line", "hub.linkage.store.save_record", "hub.referrals.store.open_task",
        "hub.candidates.save_candidate", "hub.deliveries.save_delivery", "mirror.store.put_rows",
        "hub.triage.keeping.hold", "hub.triage.keeping.let_go", "hub.quality.note",
        "mirror.store.purge", "consent.store.ConsentStore.add_consent",
    }  # fmt: skip
    assert wanted <= {writer.name for writer in WRITERS}


def test_every_room_with_tables_is_looked_at() -> None:
    declaring = {one.name for one in modules() if "Table(" in one.text and "MetaData" in one.text}
    declaring -= {one.name for one in below("hub.bus", "hub.migrations", "mirror.migrations")}
    looked_at = {one.name for one in stores()}
    assert declaring - {"mirror.tables"} <= looked_at
    assert "mirror.store" in looked_at


def test_a_writer_without_an_audit_entry_is_found() -> None:
    text = (
        "def save(connection, row):\n    connection.execute(_PUT, row)\n"
        "def keep(connection, row, *, audit: AuditEntry):\n    save(connection, row)\n"
        "def good(connection, *, audit: AuditEntry):\n    append(audit)\n    save(connection, 1)\n"
        "def read(connection):\n    return connection.execute(select(t))\n"
        "def leave(connection, row):\n    later(connection, Turn.STATE, _put, [row])\n"
        "def _put(connection, rows):\n    connection.execute(_PUT, rows)\n"
        "_PUT = insert(t)\n"
    )
    example = Module(name="x", path=module("hub.ledger").path, text=text, tree=ast.parse(text))
    found = {one.name: is_audited(one.node) for one in writers(example)}
    assert found == {"x.save": False, "x.keep": False, "x.good": True, "x.leave": False}
