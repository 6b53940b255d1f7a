"""The mirror's settings: one file, then variables; what is unknown or wrong stops the program."""

import tomllib
from pathlib import Path

import pytest

from contracts.errors import FatalError
from mirror.__main__ import main
from mirror.settings import PREFIX, Settings, describe, load


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mirror.toml"
    path.write_text('port = 1234\nk = 7\ninstance = "trial"')
    settings = load(path, {f"{PREFIX}PORT": "4321", f"{PREFIX}SECURE_COOKIE": "false", "X": "y"})
    assert (settings.port, settings.k, settings.instance) == (4321, 7, "trial")
    assert settings.secure_cookie is False


@pytest.mark.parametrize(
    ("text", "variables", "named"),
    [
        ("prot = 1", {}, "prot"),
        ("", {"CLM_MIRROR_PROT": "1"}, "prot"),
        ("k = 1", {}, "k"),
        ('instance = "Not An Id"', {}, "instance"),
        ("port = ", {}, "TOML"),
        ('logs = "loud"', {}, "logs"),
    ],
)
def test_an_unknown_or_wrong_setting_is_named(
    tmp_path: Path, text: str, variables: dict[str, str], named: str
) -> None:
    path = tmp_path / "mirror.toml"
    path.write_text(text)
    with pytest.raises(FatalError, match=named):
        load(path, variables)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml", {})


def test_a_wrong_password_line_is_not_repeated() -> None:
    with pytest.raises(FatalError) as caught:
        load(None, {"CLM_MIRROR_PORT": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_what_is_printed_can_be_read_back_and_masks_passwords() -> None:
    settings = Settings(
        database="postgresql+psycopg://mirror:hunter2@127.0.0.1:5432/mirror",
        bus="kafka://mirror:hunter3@127.0.0.1:9092",
        port=9,
    )
    text = describe(settings)
    assert "hunter" not in text
    again = load_text(text)
    assert again.keys() == Settings.model_fields.keys()
    assert again["port"] == 9
    assert again["bus"] == "kafka://mirror:***@127.0.0.1:9092"


def load_text(text: str) -> dict[str, object]:
    return tomllib.loads(text)


def test_every_setting_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert main(["--print-settings"]) == 0
    printed = capsys.readouterr().out
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description in shown
        assert field.description in printed


def test_wrong_settings_end_the_program_with_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--settings", str(tmp_path / "none.toml")]) == 2
    assert "cannot read" in capsys.readouterr().err
