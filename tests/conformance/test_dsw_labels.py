"""What the DSW's Primero calls its codes: read with the cases, given when changed, never a stop."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.dsw_cms.adapter import LABELS_EVERY, DswCms
from adapters.sdk.http import HttpClient, Login
from contracts import paths, source_contract
from contracts.text import normalise

LISTS = {"data": [{"unique_id": "lookup-concerns", "values": [
    {"id": "migrant", "display_text": {"en": "Migrant", "my": "x"}}]}]}  # fmt: skip
FORMS = {"data": [
    {"unique_id": "concern", "is_nested": False, "fields": [
        {"name": "concerns", "option_strings_source": "lookup lookup-concerns"},
        {"name": "details", "subform_section_unique_id": "detail_subform"},
        {"name": "agrees", "option_strings_text": [{"id": "yes", "display_text": {"en": "Yes"}}]},
        {"name": "free"},
    ]},
    {"unique_id": "detail_subform", "is_nested": True, "fields": [
        {"name": "kind", "option_strings_source": "lookup lookup-concerns"}]},
]}  # fmt: skip


@pytest.fixture
def adapter(primero_url: str) -> Iterator[DswCms]:
    """The adapter at the sandbox."""
    http = HttpClient(primero_url, Login(user="clm_hub", password="sandbox-hub"))
    yield DswCms(http)
    http.close()


def test_the_sandbox_calls_its_codes_as_our_contract_does(adapter: DswCms) -> None:
    """The first pull gives all labels, by the field's path; the next gives none."""
    first = adapter.pull(None, 1)
    assert first.labels is not None
    found = first.labels["case"]
    assert "services_section.service_type" in found
    contract = source_contract.load("dsw_cms", "case")
    compared = 0
    for row in contract.rows:
        site = found.get(".".join(paths.names(row.column)), {})
        for code, label in contract.labels.get(row.crosswalk, {}).items():
            if code in site and label:
                compared += 1
                assert normalise(site[code]).casefold() == normalise(label).casefold()
    assert compared > 10
    assert adapter.pull(first.checkpoint, 1).labels is None


class Site:
    """A Primero that answers for forms and lists, and notes what it was asked for."""

    def __init__(self, status: int = 200, label: str = "Migrant") -> None:
        self.status, self.label = status, label
        self.now = datetime.fromisoformat("2026-02-01T06:00:00+00:00")
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition("/")[2]
        self.asked.append(path)
        date = {"Date": f"{self.now:%a, %d %b %Y %H:%M:%S} GMT"}
        if path == "cases":
            return httpx.Response(200, json={"data": [], "metadata": {"per": 5}}, headers=date)
        if self.status != 200:
            return httpx.Response(self.status, json={"errors": []}, headers=date)
        body: object = FORMS if path == "forms" else LISTS
        if path == "lookups" and request.url.params["page"] != "1":
            body = {"data": []}
        content = json.dumps(body).replace("Migrant", self.label)
        return httpx.Response(
            200, content=content, headers={**date, "Content-Type": "application/json"}
        )


def pulling(site: Site) -> DswCms:
    """The adapter at this site."""
    http = HttpClient(
        "http://site.test", Login(user="u", password="p"), transport=httpx.MockTransport(site)
    )  # fmt: skip
    return DswCms(http)


def test_labels_come_by_field_from_lists_and_from_options_of_a_field() -> None:
    batch = pulling(Site()).pull(None, 5)
    migrant = {"migrant": "Migrant"}
    assert batch.labels == {
        "case": {"concerns": migrant, "details.kind": migrant, "agrees": {"yes": "Yes"}}
    }


def test_a_site_is_asked_again_after_a_while_and_tells_only_what_changed() -> None:
    site = Site()
    adapter = pulling(site)
    checkpoint = adapter.pull(None, 5).checkpoint
    site.asked.clear()
    assert adapter.pull(checkpoint, 5).labels is None
    assert site.asked == ["cases"]
    site.now += LABELS_EVERY
    later = adapter.pull(checkpoint, 5)
    assert later.labels is None
    assert "forms" in site.asked
    site.now, site.label = site.now + LABELS_EVERY + timedelta(seconds=1), "Disabled"
    changed = pulling(site).pull(later.checkpoint, 5)  # another process goes on
    assert changed.labels is not None
    assert changed.labels["case"]["concerns"] == {"migrant": "Disabled"}


@pytest.mark.parametrize("status", [403, 404])
def test_a_site_that_does_not_show_its_lists_is_read_all_the_same(status: int) -> None:
    site = Site(status)
    with capture_logs() as logs:
        batch = pulling(site).pull(None, 5)
    assert batch.labels is None
    assert batch.complete_until == site.now
    assert [one["event"] for one in logs] == ["labels_not_readable"]


def test_a_list_that_fails_for_a_moment_is_asked_for_at_the_next_pull() -> None:
    site = Site(503)
    adapter = pulling(site)
    batch = adapter.pull(None, 5)
    assert batch.labels is None
    site.status = 200
    assert adapter.pull(batch.checkpoint, 5).labels
