"""Every adapter passes the suite that ships with the SDK; what its manifest declares decides."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.dsw_cms.adapter import DswCms
from adapters.emis.adapter import Emis
from adapters.labour_inspection.adapter import LabourInspection
from adapters.sdk.conformance import CHECKS, Make
from adapters.sdk.http import HttpClient
from adapters.sdk.manifest import load_manifest
from tests.conformance.conftest import LOGIN
from tests.conformance.sheets import INSPECTION, SCHOOL, found, found_none, pupil, put, workbook

ADAPTERS = ("dsw_cms", "labour_inspection", "emis")
CASES = [
    pytest.param(name, check, id=f"{name}-{check.__name__}")
    for name in ADAPTERS
    for capability in load_manifest(f"adapters.{name}").capabilities
    for check in CHECKS[capability]
]


def _clock() -> datetime:
    return datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def makers(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, Make]]:
    """For each adapter what builds it, beside a source that holds something."""
    rows = [INSPECTION, found("I-1", 1), found("I-1", 2), found_none("I-2"), found("I-3", 1)]
    put(tmp_path / "inbox", "inspection.xlsx", workbook(January=rows))
    school = {"Grade 1": [SCHOOL, pupil(1), pupil(2)], "Grade 2": [SCHOOL, pupil(3), pupil(4)]}
    put(tmp_path / "school" / "inbox", "school.xlsx", workbook(**school))

    def dsw() -> DswCms:
        connections.append(HttpClient(request.getfixturevalue("primero_url"), LOGIN))
        return DswCms(connections[-1])

    connections: list[HttpClient] = []
    yield {
        "dsw_cms": dsw,
        "labour_inspection": lambda: LabourInspection(tmp_path, clock=_clock),
        "emis": lambda: Emis(tmp_path / "school", clock=_clock),
    }
    for connection in connections:
        connection.close()


@pytest.mark.parametrize(("name", "check"), CASES)
def test_the_adapter_conforms(
    name: str, check: Callable[[Make], None], makers: dict[str, Callable[[], Any]]
) -> None:
    """One case an adapter and a check."""
    check(makers[name])


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_manifest_is_named_like_its_folder(name: str) -> None:
    """Whoever knows the system's name knows where to look."""
    assert load_manifest(f"adapters.{name}").system == name
