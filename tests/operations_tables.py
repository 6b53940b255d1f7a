"""The settings tables of docs/operations.md, made from the models. `python -m` writes them anew."""

from pathlib import Path

from pydantic import BaseModel

from hub.settings import PREFIX as HUB_PREFIX
from hub.settings import Settings as HubSettings
from hub.settings import settings_table
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
        f"| `{prefix}{'__'.join(path).upper()}` | `{'.'.join(path)}` "
        f"| {f'`{default}`' if default else ''} | {' '.join(meaning.split())} |\n"
        for path, default, meaning in settings_table(model)
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


if __name__ == "__main__":
    FILE.write_text(with_tables(FILE.read_text(encoding="utf-8")), encoding="utf-8")
