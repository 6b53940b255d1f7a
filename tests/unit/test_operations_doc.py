"""docs/operations.md and docker-compose.yml say what the programs really know."""

import re

import pytest

from hub.cli import app
from hub.stages import deliver
from tests import operations_tables
from tests.journeys import compose_file

TEXT = operations_tables.FILE.read_text(encoding="utf-8")


def test_every_setting_is_documented_with_its_meaning_and_default() -> None:
    assert operations_tables.with_tables(TEXT) == TEXT, "run python -m tests.operations_tables"


def test_a_setting_that_the_document_lacks_is_seen() -> None:
    row = next(line for line in TEXT.splitlines(keepends=True) if "`CLM_EPOCH_SECONDS`" in line)
    without = TEXT.replace(row, "")
    assert operations_tables.with_tables(without) != without


def test_every_password_that_the_compose_file_asks_for_is_in_the_documented_env_file() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", compose_file.FILE.read_text(encoding="utf-8")))
    written = re.search(r"for name in ([A-Z_ \\\n]+); do", TEXT)
    assert written
    assert set(written[1].replace("\\", " ").split()) == asked


def test_every_other_variable_of_the_compose_file_is_documented() -> None:
    may_be_set = re.findall(r"\$\{([A-Z_]+):-", compose_file.FILE.read_text(encoding="utf-8"))
    assert [name for name in may_be_set if f"`{name}`" not in TEXT] == []


@pytest.mark.parametrize("line", sorted(set(re.findall(r"clmhub\s([a-z-]+)", TEXT))))
def test_every_command_in_the_document_exists(line: str) -> None:
    known = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}
    known |= {str(one.name) for one in app.registered_groups}
    assert line in known


def test_the_alarms_are_events_that_the_programs_log() -> None:
    alarms = re.findall(r"^\| `([^`]+)` \| (?:error|critical|warning)", TEXT, re.MULTILINE)
    packages = ("hub", "mirror", "adapters", "consent")
    root = operations_tables.FILE.parents[1]
    code = "".join(
        path.read_text(encoding="utf-8") for one in packages for path in (root / one).rglob("*.py")
    )
    assert len(alarms) > 10
    assert [alarm for alarm in alarms if f'"{alarm}' not in code] == []
    assert deliver.LONGEST_RETRY_SECONDS == 3600, "the document says an hour"
