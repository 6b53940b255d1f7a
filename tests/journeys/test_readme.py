"""The README is true: its commands run as printed, its links and files exist, its demo stays up.

Runs on a copy of a finished home, so that no story has to be lived again.
"""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import FinishedDemo
from tests.journeys.staying import ROOT, SECONDS, arguments, demo, environment, press_ctrl_c

README = (ROOT / "README.md").read_text("utf-8")
PRIVACY = (ROOT / "docs" / "privacy.md").read_text("utf-8")
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.split("#")[0].strip()
    for fence in FENCE.findall(README)
    for line in fence.splitlines()
    if line.strip()
]
CLMHUB = [one for one in COMMANDS if one.startswith(".venv/bin/clmhub ")]
MAKE = [one.split()[1] for one in COMMANDS if one.startswith("make ")]


@pytest.fixture(scope="module")
def home(finished_demo: FinishedDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished demo that this module may go on with."""
    copy = tmp_path_factory.mktemp("readme") / "home"
    shutil.copytree(finished_demo.home, copy)
    return copy


@pytest.mark.parametrize("command", CLMHUB, ids=lambda one: one.split("clmhub ")[1])
def test_a_command_of_the_readme_works_as_printed(command: str, home: Path) -> None:
    done = subprocess.run(
        arguments(command), capture_output=True, text=True, timeout=SECONDS, check=False,
        env=environment(home), cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_readme_names_commands_of_each_kind() -> None:
    """Else the tests above would pass on an empty list."""
    assert len(CLMHUB) >= 7
    assert set(MAKE) == {"demo", "test", "services"}


@pytest.mark.parametrize("target", [*MAKE, "setup", "bench", "lint"])
def test_a_make_target_of_the_readme_exists(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", target], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_is_short_and_explains_at_most_thirty_words() -> None:
    assert len(README.splitlines()) < 200
    words = README.split("## Words")[1].split("## More")[0]
    assert len(re.findall(r"^\| [a-z]", words, re.MULTILINE)) <= 31  # with the head


@pytest.mark.parametrize("page", ["README.md", "docs/privacy.md", "docs/CONTRIBUTING.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("text", [README, PRIVACY], ids=["README.md", "privacy.md"])
def test_every_file_that_a_page_names_is_there(text: str) -> None:
    """A privacy property whose test was renamed has no proof any more."""
    named = re.findall(r"`((?:contracts|adapters|consent|mirror|hub|tests|docs)/[\w./-]*)`", text)
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


# --- the demo that stays up ----------------------------------------------------------------------


def get(command: str) -> httpx.Response:
    """A printed `curl` line: run by curl where there is one, and asked again here."""
    words = shlex.split(command)
    url = next(word for word in words if word.startswith("http"))
    name, _, value = words[words.index("-H") + 1].partition(": ")
    if curl := shutil.which("curl"):
        done = subprocess.run([curl, *words[1:]], capture_output=True, timeout=30, check=True)
        assert done.stdout.startswith((b"{", b"["))
    return httpx.get(url, headers={name: value}, trust_env=False, timeout=30)


def sign_in(url: str, token: str) -> None:
    """Open a page in a browser's way: asked for a token first, then let in with the printed one."""
    browser = {"Accept": "text/html", "Origin": url}
    with httpx.Client(base_url=url, headers=browser, trust_env=False, timeout=30) as client:
        asked = client.get("/", follow_redirects=True)
        assert asked.url.path == "/sign-in"
        page = client.post("/sign-in", data={"token": token}, follow_redirects=True)
        assert (page.status_code, page.url.path) == (200, "/")
        assert "text/html" in page.headers["content-type"]


def sums(printed: str) -> list[str]:
    """The lines of the result, without what may differ between two starts."""
    return [line for line in printed.splitlines() if line.startswith(("│", "children"))]


def test_the_demo_stays_up_works_as_printed_stops_and_goes_on(home: Path) -> None:
    with demo(home) as (process, printed):
        commands = re.findall(r"^  (curl .*)$", printed, re.MULTILINE)
        assert len(commands) >= 3
        for command in commands:
            answer = get(command)
            assert answer.status_code == 200, command
            assert answer.json()
        pages = re.findall(r"^  (http://\S+)/ .*\n +(\S+)$", printed, re.MULTILINE)
        assert len(pages) == 2
        for url, token in pages:
            sign_in(url, token)
        assert "Every record is accounted for." in printed
        press_ctrl_c(process)
    with demo(home) as (process, again):
        assert sums(again) == sums(printed)
        press_ctrl_c(process)


def test_a_slip_in_the_bus_leaves_the_home_as_it_was(home: Path) -> None:
    """Else every later command would read the wrong settings."""
    settings = home / "clmhub.toml"
    before = settings.read_bytes()
    done = subprocess.run(
        arguments(".venv/bin/clmhub demo --once --bus kafka://127.0.0.1:1"), capture_output=True,
        text=True, timeout=SECONDS, check=False, env=environment(home), cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert "is made with" in done.stderr
    assert settings.read_bytes() == before
