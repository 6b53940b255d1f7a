"""What pages say in two languages, and where the time comes from."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.errors import FatalError, RetriableError
from hub.web.clock import clock_from, wall_clock
from hub.web.words import LANGUAGES, Words

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def test_all_pages_speak_both_languages() -> None:
    for path in (ROOT / "hub/web/words.toml", ROOT / "mirror/dashboard/words.toml"):
        words = Words([path])
        assert words.keys
        for key in words.keys:
            burmese = words._messages[key]["my"]
            assert any("\u1000" <= letter <= "\u109f" for letter in burmese), key


@pytest.mark.parametrize(
    "text", ['[a]\nen = "x"', '[a]\nen = "x"\nmy = ""', '[a]\nen = "x"\nmy = "y"\nde = "z"']
)
def test_a_message_that_lacks_a_language_stops_the_program(tmp_path: Path, text: str) -> None:
    path = tmp_path / "words.toml"
    path.write_text(text)
    with pytest.raises(FatalError, match=", ".join(LANGUAGES)):
        Words([path])


def test_numbers_are_written_in_the_pages_own_digits(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text('n = { en = "{n} rows", my = "အတန်း {n}" }')
    words = Words([path])
    assert words.say("n", "en", n=2026) == "2026 rows"
    assert words.say("n", "my", n=2026) == "အတန်း ၂၀၂၆"
    with pytest.raises(FatalError, match="exists already"):
        Words([path, path])


def test_the_clock_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock = clock_from(str(path))
    for wrong in (None, "soon", "2026-01-05T08:00:00"):
        if wrong is not None:
            path.write_text(wrong)
        with pytest.raises(RetriableError, match="clock"):
            clock()
    path.write_text("2026-01-05T08:00:00+06:30\n")
    assert clock() == NOW
    assert clock_from("wall") is wall_clock
    assert wall_clock().tzinfo is UTC
