"""What waits for a person is told with why and the next step: in the shell, the log, on the page.

And looking at a hub that is not there makes none.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from contracts.errors import FatalError
from hub import programs
from hub.compose import api_app
from hub.home import token_issuer
from hub.running import Reminder
from hub.web.clock import wall_clock
from hub.web.tokens import Role
from tests.journeys.one_hub import OneHub, one_hub
from tests.journeys.site_visits import boy, clmhub, contract, write
from tests.serving import served


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneHub]:
    """A hub without a DSW system: a referral, a record that no verdict settles, an unknown code."""
    folder = tmp_path_factory.mktemp("waits")
    with one_hub(folder / "home") as made:
        home = made.house.settings.home
        assert clmhub("contract", "install", contract(folder), "--home", home).status == 0
        rows = [boy(1), boy(2, age="15", hours="20"), boy(3, school="7")]
        write(home / "offices/labour_inspection/visit/inbox/january.csv", rows)
        made.later(seconds=1)
        made.run()
        made.later(minutes=11)
        made.run()
        yield made


def test_the_shell_says_why_a_record_is_parked_and_how_to_find_its_row(hub: OneHub) -> None:
    home = hub.house.settings.home
    sums = clmhub("ledger", "--home", home).out
    assert "1 parked: clmhub parked says why, and what to do." in sums
    told = clmhub("parked", "--home", home).out
    assert "No record is parked after a failure." in told
    assert "Parked because a person must decide, 1 in all:" in told
    assert "labour_inspection: 1 since 2026-02-01, undetermined" in told
    assert "night work" in told
    assert "clmhub contract try FILE" in told
    retried = clmhub("parked", "--retry", "--home", home).out
    assert "0 records that failed will be tried again." in retried
    assert "a person must decide, 1 in all" in retried


def test_the_page_names_the_codes_and_the_system_that_is_not_connected(hub: OneHub) -> None:
    token = token_issuer(hub.house.settings.home).issue(
        subject="operator", roles=[Role.OPERATOR], audience="hub", now=wall_clock()
    )
    headers = {"Authorization": f"Bearer {token}", "accept": "text/html"}
    with served(api_app(hub.house)) as url:
        html = httpx.get(url, headers=headers, trust_env=False).raise_for_status().text
    assert "Codes that no list knows: 1. Give each a meaning: clmhub triage" in html
    assert "Referrals that wait to be sent: 2. No DSW system is connected: set dsw_cms.url" in html
    assert "A person has to decide." not in html


def test_up_tells_in_its_log_that_referrals_wait_in_vain(hub: OneHub) -> None:
    with capture_logs() as logs:
        Reminder(look=lambda: programs.unsent(hub.house)).remind()
    (line,) = logs
    assert (line["event"], line["system"], line["count"]) == ("referrals_wait", "dsw_cms", 2)
    assert "set dsw_cms.url" in line["problem"]


@pytest.mark.parametrize("words", ["token --role operator", "ledger", "parked", "quality"])
def test_a_command_that_only_looks_makes_no_home(tmp_path: Path, words: str) -> None:
    home = tmp_path / "nobody"
    with pytest.raises(FatalError, match="name its --home"):
        clmhub(*words.split(), "--home", home)
    assert not home.exists()
