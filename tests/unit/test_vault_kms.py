"""The local key file and the pseudonyms made with it."""

import re
import stat
from pathlib import Path

import pytest

from contracts.errors import FatalError
from contracts.model.mirror_case import MirrorCase
from hub.vault.kms import LocalKeyFile
from hub.vault.pseudonyms import Pseudonyms

KEY = bytes(range(32))


def key_file(folder: Path) -> LocalKeyFile:
    return LocalKeyFile(folder / "vault.key", production=False)


def test_the_key_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    wrapped = key_file(tmp_path).wrap(KEY)
    assert stat.S_IMODE((tmp_path / "vault.key").stat().st_mode) == 0o600
    assert key_file(tmp_path).unwrap(wrapped) == KEY
    assert [one.name for one in tmp_path.iterdir()] == ["vault.key"]


def test_the_key_file_is_refused_in_production_and_not_even_made(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="hardware module"):
        LocalKeyFile(tmp_path / "vault.key", production=True)
    assert list(tmp_path.iterdir()) == []


def test_of_two_first_starts_one_key_wins(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"

    def random_bytes(count: int) -> bytes:
        """The other process comes first, between the look and the making."""
        if not path.exists():
            LocalKeyFile(path, production=False)
        return bytes(count)

    late = LocalKeyFile(path, production=False, random_bytes=random_bytes)
    assert LocalKeyFile(path, production=False).unwrap(late.wrap(KEY)) == KEY


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    key_file(tmp_path)
    (tmp_path / "vault.key").chmod(0o640)
    with pytest.raises(FatalError, match="chmod 600"):
        key_file(tmp_path)


@pytest.mark.parametrize("text", [b"", b"clm-local-key/1 ", b"clm-local-key/1 !", b"AAAA" * 11])
def test_a_damaged_key_file_is_refused_and_never_replaced(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(FatalError, match="damaged"):
        key_file(tmp_path)
    assert path.read_bytes() == text


def test_a_key_wrapped_by_another_master_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(FatalError, match="another master key"):
        key_file(tmp_path / "other").unwrap(key_file(tmp_path).wrap(KEY))


def test_health_returns_and_the_repr_shows_no_key(tmp_path: Path) -> None:
    kms = key_file(tmp_path)
    kms.health()
    assert repr(kms) == "LocalKeyFile()"


def test_every_pseudonym_has_a_key_of_its_own(tmp_path: Path) -> None:
    names = Pseudonyms(key_file(tmp_path))
    same = [
        names.person_ref("emis", "7"),
        names.record_ref("emis", "7"),
        names.blind_index("card", "7"),
        names.blind_index("name", "7"),
        names.mirror_pseudonym("7").removeprefix("m1"),
    ]
    starts = {one[:26] for one in same}
    assert len(starts) == len(same)


def test_pseudonyms_are_stable_and_distinct_however_the_values_are_cut(tmp_path: Path) -> None:
    names, again = Pseudonyms(key_file(tmp_path)), Pseudonyms(key_file(tmp_path))
    assert names.person_ref("emis", "7") == again.person_ref("emis", "7")
    assert names.person_ref("emis", "17") != names.person_ref("emis1", "7")
    assert re.fullmatch("[a-z2-7]{32}", names.record_ref("emis", "7"))


def test_the_mirrors_pseudonym_is_what_the_closed_row_takes(tmp_path: Path) -> None:
    pattern = MirrorCase.model_fields["pseudonym"].metadata
    taken = next(str(one.pattern) for one in pattern if getattr(one, "pattern", None))
    assert re.fullmatch(taken, Pseudonyms(key_file(tmp_path)).mirror_pseudonym("child"))


def test_a_lost_key_file_is_never_replaced_by_a_new_one(tmp_path: Path) -> None:
    """Nothing that the old one sealed could be opened, and every pseudonym would change."""
    with pytest.raises(FatalError, match="restore it"):
        LocalKeyFile(tmp_path / "master.key", production=False, may_make=False)
    assert not (tmp_path / "master.key").exists()
