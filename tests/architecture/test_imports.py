"""What the import rules of pyproject.toml cannot say, and that importing a module does nothing."""

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, Module, module, modules

SETTINGS = {"hub.settings", "mirror.settings"}
# These need a connection's type in their signatures, and nothing else of SQLAlchemy.
TYPES = {"Connection", "Engine"}
# Alembic runs these: they are scripts that nobody imports.
SCRIPTS = ("migrations.env", "migrations.hub.env", "migrations.vault.env", "versions.0001")


def contracts() -> list[dict[str, object]]:
    """The import contracts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[dict[str, object]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_the_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def placed() -> set[str]:
    """The modules that have a layer."""
    rows = contracts()[0]["layers"]
    assert isinstance(rows, list)
    return {name.strip() for row in rows for name in row.split("|")}


def rooms() -> Iterator[str]:
    """What needs a layer: each package, and of the hub each room."""
    for one in modules():
        head, _, rest = one.name.partition(".")
        yield f"{head}.{rest.split('.')[0]}" if head == "hub" and rest else head


def test_every_room_has_a_layer() -> None:
    wanted = set(rooms()) - {"hub", "hub.migrations"}
    assert wanted == placed(), "give a new room its layer in pyproject.toml"


def _hands_on_only(one: Module) -> bool:
    """Whether a module hands connections on, and no more."""
    name = one.name
    return name.startswith(("hub.api", "hub.console", "hub.stages")) or name in {
        "hub.compose", "hub.people", "hub.programs", "hub.summary", "hub.tasks",
    }  # fmt: skip


@pytest.mark.parametrize(
    "one", [m for m in modules() if _hands_on_only(m)], ids=lambda one: one.name
)
def test_outside_the_stores_sql_is_a_type_in_a_signature(one: Module) -> None:
    taken = {name for name in one.imported() if name.split(".")[0] == "sqlalchemy"}
    assert taken <= {"sqlalchemy"}
    assert one.imported().get("sqlalchemy", set()) <= TYPES


def test_the_environment_is_read_in_the_two_settings_modules_alone() -> None:
    readers = {
        one.name
        for one in modules()
        if any(name in one.text for name in ("os.environ", "getenv", "environb"))
        or {"environ", "getenv"} & one.imported().get("os", set())
    }
    assert readers == SETTINGS


@pytest.mark.parametrize("name", ["hub", "contracts", "adapters"])
def test_a_package_runs_nothing_when_a_part_of_it_is_imported(name: str) -> None:
    assert [node for node in module(name).tree.body if not isinstance(node, ast.Expr)] == []


_IMPORT_ALL = """
import json, os, sys, threading
from importlib import import_module

import alembic.command, fastapi, httpx, kafka, openpyxl, sqlalchemy, structlog, typer, uvicorn
import pydantic.json_schema, rich.live, xlsxwriter, tenacity, joserfc.jwt, jinja2, psycopg

names, done, at = json.loads(sys.stdin.read()), [], [""]
HERE, LIBRARIES = os.getcwd(), os.path.join(os.getcwd(), ".venv")
ACTS = ("socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.mkdir",
        "os.fork", "os.remove", "os.rename")

def seen(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if event in ACTS or (writes and "__pycache__" not in str(args[0])):
        done.append((at[0], event))

def ours(frame):
    while frame.f_code.co_filename.startswith("<frozen") or frame.f_globals is vars(os):
        frame = frame.f_back
    name = frame.f_code.co_filename
    return name.startswith(HERE) and not name.startswith(LIBRARIES)

class Watched(type(os.environ)):
    def __getitem__(self, key):
        if ours(sys._getframe(1)):
            done.append((at[0], "reads the environment"))
        return super().__getitem__(key)

def start(thread):
    done.append((at[0], "starts a thread"))

os.environ.__class__ = Watched
threading.Thread.start = start
sys.dont_write_bytecode = True
sys.addaudithook(seen)
for name in names:
    at[0] = name
    import_module(name)
print(json.dumps(done))
"""


def test_importing_any_module_does_nothing() -> None:
    names = [one.name for one in modules() if not any(script in one.name for script in SCRIPTS)]
    assert len(names) > 150
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL], input=json.dumps(names), cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == []


ACTS = {
    "binds": "import socket; socket.socket().bind(('127.0.0.1', 0))",
    "threads": "import threading; threading.Thread(target=print).start()",
    "looks": "import os; os.environ.get('HOME')",
    "writes": "open('left', 'w')",
}


def test_a_module_that_does_something_is_found(tmp_path: Path) -> None:
    for name, act in ACTS.items():
        (tmp_path / f"{name}.py").write_text(act, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL], input=json.dumps(list(ACTS)), cwd=tmp_path,
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(tmp_path), "HOME": "/"},
    )  # fmt: skip
    assert {name for name, _ in json.loads(done.stdout.splitlines()[-1])} == set(ACTS)


def test_every_package_of_the_tree_is_under_the_rules() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert found == set(PACKAGES)
