"""The hub's settings: file, environment and command line, and what is refused."""

from pathlib import Path

import pytest

from contracts.errors import FatalError
from hub.settings import Settings, load_settings, passed_on


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    """The embedded default needs no setting."""
    found = load_settings(None, {}, {"home": tmp_path})
    assert (found.bus, found.database, found.k) == ("embedded:", "sqlite:", 5)


def test_the_command_line_wins_over_variables_and_these_over_the_file(tmp_path: Path) -> None:
    """One order, for every setting."""
    (tmp_path / "clmhub.toml").write_text("k = 6\nport = 1001\nepoch_seconds = 60\n")
    variables = {"CLM_PORT": "1002", "CLM_EPOCH_SECONDS": "120"}
    found = load_settings(None, variables, {"home": tmp_path, "epoch_seconds": 180})
    assert (found.k, found.port, found.epoch_seconds) == (6, 1002, 180)


def test_two_underscores_go_one_level_down(tmp_path: Path) -> None:
    """And the rest of the section stays as the file has it."""
    (tmp_path / "clmhub.toml").write_text('[dsw_cms]\nuser = "clm_hub"\n')
    variables = {"CLM_DSW_CMS__URL": "http://127.0.0.1:1"}
    found = load_settings(None, variables, {"home": tmp_path})
    assert (found.dsw_cms.user, found.dsw_cms.url) == ("clm_hub", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("unknown_setting = 1\n", {}),
        ("[dsw_cms]\nurll = 'x'\n", {}),
        ("", {"CLM_UNKNOWN_SETTING": "1"}),
        ("", {"CLM_DSW_CMS__URLL": "x"}),
        ("k = 1\n", {}),
        ("k = \n", {}),
    ],
)
def test_what_is_unknown_or_wrong_stops_the_program(
    tmp_path: Path, text: str, variables: dict[str, str]
) -> None:
    """And the message says which setting, and where to read about it."""
    (tmp_path / "clmhub.toml").write_text(text)
    with pytest.raises(FatalError, match="clmhub"):
        load_settings(None, variables, {"home": tmp_path})


def test_a_wrong_value_is_not_repeated(tmp_path: Path) -> None:
    """It may be a password in the wrong place."""
    with pytest.raises(FatalError) as caught:
        load_settings(None, {"CLM_PORT": "s3cret-in-the-wrong-place"}, {"home": tmp_path})
    assert "s3cret" not in str(caught.value)
    assert "port" in str(caught.value)


def test_a_password_is_not_in_the_repr(tmp_path: Path) -> None:
    """Settings may end up in a log by accident."""
    found = load_settings(None, {"CLM_DSW_CMS__PASSWORD": "s3cret"}, {"home": tmp_path})
    assert found.dsw_cms.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(found)


def test_the_mirrors_variables_are_not_the_hubs(tmp_path: Path) -> None:
    """Both programs may run in one environment."""
    found = load_settings(None, {"CLM_MIRROR_PORT": "9"}, {"home": tmp_path})
    assert found == Settings(home=tmp_path)


def test_a_child_gets_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is what it needs to run, and no setting of the hub."""
    monkeypatch.setenv("CLM_DSW_CMS__PASSWORD", "s3cret")
    monkeypatch.setenv("AWS_SECRET", "s3cret")
    assert "s3cret" not in passed_on().values()
