"""The home folder: what is made once stays, and two programs never share what one must own."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from contracts.errors import FatalError
from hub.home import (
    check_home,
    instance_id,
    keep_kind,
    locked,
    public_keys,
    token_issuer,
    write_private,
)


def test_the_instance_id_is_made_once(tmp_path: Path) -> None:
    """It prefixes topics and databases, so it never changes."""
    assert instance_id(tmp_path) == instance_id(tmp_path)


def test_a_home_that_nobody_made_is_said_to_be_none_and_is_not_made(tmp_path: Path) -> None:
    """A token of another folder's key would open no door."""
    home = tmp_path / "home"
    with pytest.raises(FatalError, match="start the hub there first, or name its --home"):
        check_home(home)
    assert not home.exists()
    instance_id(home)
    check_home(home)


def test_many_that_make_a_file_at_once_agree(tmp_path: Path) -> None:
    """The first one's content stands, for everybody."""
    path = tmp_path / "folder" / "secret"
    threads = [Thread(target=write_private, args=(path, bytes([65 + n]) * 9)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = path.read_bytes()
    write_private(path, b"later")
    assert path.read_bytes() == first
    assert len(set(first)) == 1


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """Keys and secrets are nobody else's."""
    write_private(tmp_path / "secret", b"x")
    assert stat.S_IMODE(os.stat(tmp_path / "secret").st_mode) == 0o600  # noqa: PTH116


def test_the_public_keys_hold_no_private_one(tmp_path: Path) -> None:
    """They are all that the mirror gets."""
    path, keys = public_keys(tmp_path)
    assert keys["keys"]
    assert all("d" not in key for key in keys["keys"])
    assert b'"d"' not in path.read_bytes()
    assert token_issuer(tmp_path).public_keys() == keys


def test_a_home_has_one_program_at_a_time(tmp_path: Path) -> None:
    """Another process is refused, with what to do about it."""
    code = (
        "import sys, pathlib\n"
        "from hub.home import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), 'hub'):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FatalError, match="already runs"), locked(tmp_path, "hub"):
            pass
        other.kill()
    with locked(tmp_path, "hub"):
        pass


def test_a_home_keeps_to_the_bus_and_database_that_it_was_made_with(tmp_path: Path) -> None:
    """What is in flight lies on the old ones; another address of the same kind is fine."""
    keep_kind(tmp_path, "kafka://a:1", "postgresql+psycopg://u@a:1")
    keep_kind(tmp_path, "kafka://b:2", "postgresql+psycopg://u@b:2")
    with pytest.raises(FatalError, match="bus kafka and database postgresql"):
        keep_kind(tmp_path, "embedded:", "postgresql+psycopg://u@a:1")
    with pytest.raises(FatalError, match="another --home"):
        keep_kind(tmp_path, "kafka://a:1", "sqlite:")


def test_a_home_that_is_no_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    """No traceback for a slip of the pen."""
    (tmp_path / "file").write_text("x")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with pytest.raises(FatalError, match="choose another"), locked(home, "hub"):
            pass
        with pytest.raises(FatalError, match="choose another"):
            instance_id(home / "below")


def test_a_slip_in_an_address_is_not_kept_for_ever(tmp_path: Path) -> None:
    """The home would else refuse the right address from then on."""
    keep_kind(tmp_path, "kafak://host:9092", "sqlite:")
    keep_kind(tmp_path, "embedded:", "mysql://host")
    keep_kind(tmp_path, "embedded:", "sqlite:")
    with pytest.raises(FatalError, match="is made with"):
        keep_kind(tmp_path, "kafka://host:9092", "sqlite:")
