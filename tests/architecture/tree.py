"""The source tree as the architecture tests read it: modules and syntax trees. Judges nothing."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "hub", "adapters", "consent", "mirror")
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file of the product."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    def functions(self) -> Iterator[FunctionNode]:
        """Every function in it, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))

    def imported(self) -> dict[str, set[str]]:
        """The modules that it imports, each with the names that it takes from it."""
        found: dict[str, set[str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for one in node.names:
                    found.setdefault(one.name, set()).add("*")
            elif isinstance(node, ast.ImportFrom):
                names = {one.name for one in node.names}
                found.setdefault(node.module or "", set()).update(names)
        return found


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the five packages, by name."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(_module(path) for path in paths if path.exists())


def module(name: str) -> Module:
    """One module."""
    return next(one for one in modules() if one.name == name)


def below(*names: str) -> list[Module]:
    """The modules of these names and everything below them."""
    return [
        one
        for one in modules()
        if any(one.name == name or one.name.startswith(f"{name}.") for name in names)
    ]


def calls(node: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call below a node, with the dotted name of what is called."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            yield one, dotted(one.func)


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; what is no name is `?`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
        case _:
            return "?"


def _module(path: Path) -> Module:
    relative = path.relative_to(ROOT).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    text = path.read_text("utf-8")
    return Module(name=".".join(parts), path=path, text=text, tree=ast.parse(text))
