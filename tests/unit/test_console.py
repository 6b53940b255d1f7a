"""The hub's first page: each role sees its sections, in two languages, and no record."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from contracts.errors import RetriableError
from contracts.model.mirror_case import MirrorCase
from contracts.topics import SYSTEMS
from hub import ledger, sources
from hub.bus.database import open_database
from hub.bus.embedded import EmbeddedBus
from hub.console.page import ORDER, ROWS, console_pages
from hub.ledger import Line
from hub.pipeline import PIPELINE
from hub.referrals import store as referrals
from hub.referrals.states import MOVES
from hub.tasks import NOT_CONNECTED, Advice
from hub.web.tokens import Role
from hub.web.words import LANGUAGES
from tests.stores.house import (
    AUDIT,
    NOW,
    House,
    a_referral,
    add_referrals,
    hold_code,
    open_test_house,
    park_child,
    serving,
)

HEADINGS = {"next", "source-emis", "referrals", "tasks", "stages"}
SEEN = {
    Role.OPERATOR: HEADINGS,
    Role.INTEGRATOR: {"next", "source-emis"},
    Role.DATA_PROTECTION_OFFICER: {"next", "source-emis", "referrals", "tasks"},
    Role.CASE_MANAGER: {"next", "referrals", "tasks"},
    Role.INSPECTOR: {"next", "referrals"},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A hub with one source that cannot be read, two referrals and a task."""
    folder: Path = tmp_path_factory.mktemp("console")
    engine = open_database(f"sqlite:///{folder}/hub.sqlite")
    with open_test_house(engine, folder) as made:
        line = Line(system="emis", ref="secretref", kind=ledger.RECORD, version="1")
        add_referrals(made, [a_referral(1), a_referral(2, trigger_system="emis")])
        with engine.begin() as connection:
            ledger.open_lines(connection, "s", [line], NOW, audit=AUDIT)
            sources.register(connection, "emis")
            (state,) = sources.list_sources(connection)
            ended = replace(state, problem="the folder is gone", complete_until=NOW.isoformat())
            sources.end_poll(connection, "s", ended, audit=AUDIT)
            name = a_referral(1).id
            referrals.open_task(connection, "s", name, "unanswered", NOW, audit=AUDIT)
        hold_code(made, "secretref", "Secret Town")
        park_child(made, "emis", "secretref", "incomplete:state")
        yield made
    engine.dispose()


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[httpx.Client]:
    """Its pages."""
    with serving(house) as client:
        yield client


def page(house: House, client: httpx.Client, *roles: Role, language: str = "en") -> str:
    """The first page as these roles see it."""
    headers = house.headers(*roles, language=language) | {"accept": "text/html"}
    answer = client.get("/", headers=headers)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("role", list(SEEN))
def test_a_role_sees_its_sections(house: House, client: httpx.Client, role: Role) -> None:
    """And no other."""
    html = page(house, client, role)

    assert {name for name in HEADINGS if f'id="{name}"' in html} == SEEN[role]
    assert ("the folder is gone" in html) == (role in {Role.OPERATOR, Role.INTEGRATOR})


def test_an_inspector_counts_inspectors_referrals_only(house: House, client: httpx.Client) -> None:
    """Two wait, one of them is an inspector's."""
    assert '<td class="number">2</td>' in page(house, client, Role.CASE_MANAGER)
    assert '<td class="number">2</td>' not in page(house, client, Role.INSPECTOR)


def test_the_page_names_no_record_and_no_referral(house: House, client: httpx.Client) -> None:
    """Counts and codes only, in both languages."""
    for language in ("en", "my"):
        html = page(house, client, *Role, language=language)
        assert "secretref" not in html
        assert a_referral(1).id not in html
        assert f'lang="{language}"' in html


def test_what_to_do_next_is_said_or_that_there_is_nothing(
    house: House, client: httpx.Client
) -> None:
    """The operator has a source to mend; the inspector has nothing to do here."""
    assert "Sources that cannot be read: 1" in page(house, client, Role.OPERATOR)
    assert "Nothing needs you now." in page(house, client, Role.INSPECTOR)


def test_a_township_that_no_list_knows_leads_to_triage(house: House, client: httpx.Client) -> None:
    """The first list counts the codes for who may decide them; the task says it, and no code."""
    for language, words in (("en", "Codes that no list knows: 1"), ("my", "ကုဒ် - ၁ ခု")):
        html = page(house, client, Role.OPERATOR, language=language)
        assert words in html
        assert html.count("clmhub triage") == 2
        assert "Secret Town" not in html
    assert "Codes that no list knows" not in page(house, client, Role.CASE_MANAGER)


def test_referrals_without_a_system_to_go_to_are_told(house: House, client: httpx.Client) -> None:
    """Beside what waits for a person for another reason, and not counted twice."""
    html = page(house, client, Role.OPERATOR)

    assert "Referrals that wait to be sent: 2. No DSW system is connected" in html
    assert "Things that wait for a person: 2." in html
    assert "Referrals that wait to be sent" not in page(house, client, Role.INTEGRATOR)


REASONS = (
    "two_cards_meet", "undetermined", "unforeseen", NOT_CONNECTED, "label_changed",
    *(f"incomplete:{name}" for name in (*MirrorCase.model_fields, "row")),
)  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_whatever_parks_a_record_has_words_of_its_own(reason: str) -> None:
    """In both languages, and a next step."""
    advice = Advice()
    for language in LANGUAGES:
        assert advice.why(reason, language) != advice.why("any", language)
        assert advice.next_step(reason, language) != advice.next_step("any", language)


def test_a_bus_that_is_away_does_not_take_the_page_away(
    house: House, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator learns just that."""

    def away(*_: object) -> None:
        raise RetriableError("away")

    monkeypatch.setattr(EmbeddedBus, "ends", away)
    html = page(house, client, Role.OPERATOR)
    assert "The message bus does not answer" in html
    assert 'id="stages"' not in html


def test_without_a_sign_in_a_browser_is_led_to_it(client: httpx.Client) -> None:
    """And the page itself is never shown."""
    answer = client.get("/", headers={"accept": "text/html"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in"


def test_every_state_stage_and_system_has_words() -> None:
    """A new one needs a word in both languages."""
    known = console_pages().words.keys
    wanted = {f"system_{name}" for name in SYSTEMS} | {f"line_{name}" for name in ROWS}
    wanted |= {f"referral_{name}" for name in MOVES} | {f"stage_{one.name}" for one in PIPELINE}

    assert wanted <= known
    assert set(ORDER) == set(MOVES)
