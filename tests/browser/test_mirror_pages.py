"""The mirror's pages in Chromium, on a phone and on a desktop, in English and Burmese."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hub.web.access import Access
from hub.web.clock import wall_clock
from hub.web.tokens import Verifier
from mirror import store
from mirror.api import create_app
from mirror.dashboard.page import dashboard_pages
from mirror.messages import EpochMarker
from mirror.service import Reader
from tests.mirror_rows import AUDIT, ISSUER, NOW, case, token, version
from tests.serving import served

SIZES = {"phone": (360, 740), "desktop": (1280, 800)}

# The ratio of contrast between an element's text and what lies behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
() => {
  const channels = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const rgba = channels(getComputedStyle(at).backgroundColor);
      if (rgba.length === 3 || rgba[3] === 1) return rgba;
    }
    return [255, 255, 255];
  };
  const own = (element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  const ratios = [...document.querySelectorAll("body *")].filter(own).map((element) => {
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
  return Math.min(...ratios);
}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mirror with one epoch, served."""
    database = store.open_store(f"sqlite:///{tmp_path_factory.mktemp('m')}/mirror.sqlite")
    rows = [case(n) for n in range(6)]
    rows += [case(10 + n, sex="M", isic_section="A", state="MMR018") for n in range(5)]
    marker = EpochMarker(epoch=12, as_of=NOW, rows=11, sources={"emis": NOW}, contract="c/1")
    with database.begin() as connection:
        store.put_rows(connection, "s", rows, version(rows[0]), audit=AUDIT)
        store.close_epoch(connection, "s", marker, NOW, audit=AUDIT)
    app = create_app(
        Reader(database=database, k=5, clock=wall_clock),
        Access(
            Verifier(ISSUER.public_keys(), issuer="clm-pilot", audience="mirror"),
            clock=wall_clock,
            secure_cookie=False,
        ),
        dashboard_pages(),
        {},
    )
    with served(app) as address:
        yield address
    database.dispose()


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture(params=sorted(SIZES))
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of that size, which fails the test for anything that the browser complains about."""
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    assert page.url == f"{address}/sign-in"
    page.get_by_label("Access token").fill(token())
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")


def check_readable(page: Page) -> None:
    """Nothing sticks out to the side, the text stands out, and controls are large enough."""
    width = page.viewport_size
    assert width is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]
    assert page.evaluate(CONTRAST) >= 4.5
    for control in page.locator("button, input, nav a").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 24


def test_an_analyst_signs_in_reads_in_both_languages_and_signs_out(
    page: Page, address: str
) -> None:
    sign_in(page, address)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("row", name="Yangon 6").is_visible()
    check_readable(page)
    page.get_by_role("link", name="မြန်မာ").click()
    assert page.locator("html").get_attribute("lang") == "my"
    assert page.get_by_role("row", name="ရန်ကုန် ၆").is_visible()
    check_readable(page)
    page.reload()
    assert page.locator("html").get_attribute("lang") == "my"
    page.get_by_role("button", name="ထွက်ရန်").click()
    page.wait_for_url(f"{address}/sign-in")
    assert page.context.cookies()[0]["name"] == "clm_lang"
    check_readable(page)


def test_a_keyboard_alone_is_enough(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    assert page.locator(":focus").bounding_box() is not None
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("name") == "token"
    page.keyboard.type(token())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")


def test_every_field_and_table_has_a_name(page: Page, address: str) -> None:
    sign_in(page, address)
    assert page.locator("h1").count() == 1
    for section in page.locator("section").all():
        label = section.get_attribute("aria-labelledby")
        assert page.locator(f"#{label}").inner_text()
    for table in page.locator("table").all():
        assert table.locator("th[scope=col]").count() >= 2


def test_the_page_brings_no_script_and_nothing_from_elsewhere(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, address)
    page.wait_for_load_state("networkidle")
    assert {url.removeprefix(address).partition("/")[0] for url in asked} == {""}
    assert page.locator("script").count() == 0
    assert all(token_part not in url for url in asked for token_part in ("eyJ", "token="))


def test_a_page_that_is_not_there_says_so_in_words(browser: Browser, address: str) -> None:
    page = browser.new_page(locale="my-MM")
    answer = page.goto(f"{address}/nowhere")
    assert answer is not None
    assert answer.status == 404
    assert page.locator("html").get_attribute("lang") == "my"
    assert page.get_by_role("alert").inner_text() == "ဤစာမျက်နှာ မရှိပါ။"
    page.close()
