"""The hub's pages in Chromium, on a phone and on a desktop, in English and Burmese."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from hub import ledger
from hub.bus.database import open_database
from hub.ledger import Line
from hub.referrals import store as referrals
from hub.web.tokens import Role
from tests.serving import served
from tests.stores.house import (
    AUDIT,
    NOW,
    House,
    a_referral,
    add_referrals,
    hold_code,
    open_test_house,
    park_child,
)

SIZES = {"phone": (360, 740), "desktop": (1280, 800)}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A hub with lines in three sources, and tasks."""
    folder: Path = tmp_path_factory.mktemp("hub")
    engine = open_database(f"sqlite:///{folder}/hub.sqlite")
    with open_test_house(engine, folder) as made:
        add_referrals(made, [a_referral(1), a_referral(2, state="undeliverable")])
        with engine.begin() as connection:
            for system in ("emis", "dsw_cms", "labour_inspection"):
                line = Line(system=system, ref=f"r{system}", kind=ledger.RECORD, version="1")
                ledger.open_lines(connection, "s", [line], NOW, audit=AUDIT)
            for number, reason in ((1, "unanswered"), (2, "no_recipient")):
                name = a_referral(number).id
                referrals.open_task(connection, "s", name, reason, NOW, audit=AUDIT)
        hold_code(made, "remis", "Somewhere")
        park_child(made, "emis", "remis", "incomplete:state")
        yield made
    engine.dispose()


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.mark.parametrize("language", ["en", "my"])
@pytest.mark.parametrize("size", list(SIZES))
def test_a_person_signs_in_sees_what_waits_and_signs_out(
    house: House, browser: Browser, size: str, language: str
) -> None:
    """Nothing is wider than the screen, nothing fails to load, and the session ends."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    failed: list[str] = []
    page.on("console", lambda message: failed.append(message.text))
    with served(house.app) as address:
        page.goto(f"{address}/?lang={language}")
        page.goto(f"{address}/sign-in?lang={language}")
        page.fill("#token", house.token(Role.OPERATOR))
        page.click("main button")
        page.wait_for_url(f"{address}/")
        assert page.locator("html").get_attribute("lang") == language
        sections = page.locator("section.card h2").count()
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.click("header button")
        page.wait_for_url(f"{address}/sign-in")
        page.goto(f"{address}/")
        ended = page.url
    context.close()

    assert sections == 7
    assert wide <= width
    assert ended.endswith("/sign-in")
    assert failed == []
