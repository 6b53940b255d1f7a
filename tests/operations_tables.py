"""The settings tables of docs/operations.md, made from the models. `python -m` writes them anew."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.settings import PREFIX as HUB_PREFIX
from hub.settings import Settings as HubSettings
from mirror.settings import PREFIX as MIRROR_PREFIX
from mirror.settings import Settings as MirrorSettings

FILE = Path(__file__).resolve().parents[1] / "docs" / "operations.md"
TABLES: dict[str, tuple[str, type[BaseModel]]] = {
    "hub": (HUB_PREFIX, HubSettings),
    "mirror": (MIRROR_PREFIX, MirrorSettings),
}


def table(prefix: str, model: type[BaseModel]) -> str:
    """One row a setting: its variable, its name in the file, its default, its meaning."""
    head = "| variable | in the file | default | meaning |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{prefix}{'__'.join(path).upper()}` | `{'.'.join(path)}` | {_default(field)} "
        f"| {' '.join((field.description or '').split())} |\n"
        for path, field in _rows(model, ())
    )


def with_tables(text: str) -> str:
    """The document with both tables as the models have them."""
    for name, (prefix, model) in TABLES.items():
        begin, end = f"<!-- settings {name} -->\n", f"<!-- end {name} -->\n"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        assert found, f"docs/operations.md lacks the marks of the {name} table"
        text = before + begin + "\n" + table(prefix, model) + "\n" + end + after
    return text


def _rows(
    model: type[BaseModel], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in model.model_fields.items():
        path, kind = (*above, name), field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _rows(kind, path)
        else:
            yield path, field


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    hidden = str(value) in {"", "None", "."}
    return "" if hidden else f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    FILE.write_text(with_tables(FILE.read_text(encoding="utf-8")), encoding="utf-8")
