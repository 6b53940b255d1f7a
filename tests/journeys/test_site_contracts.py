"""A contract is installed while the hub runs: its files come in, its children go out, answers home.

And everything that ships with the program can be read the same way.
"""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import update

from contracts import source_contract
from hub import candidates, ledger, site_contracts
from hub.bus.audit import verify
from hub.bus.database import reading
from hub.compose import worker
from hub.contract_tools.folders import Place, shipped
from hub.install_check import own_adapters
from hub.referrals import store as referrals
from tests.journeys.contract_shell import samples
from tests.journeys.one_hub import OneHub, one_hub
from tests.journeys.site_visits import NAME, boy, clmhub, contract, write
from tests.journeys.test_contract_commands import whole

SWITCHED_ON = [
    one
    for one in shipped()
    if (one.name.split("/")[0], one.name.split("/")[1]) not in own_adapters()
]
NOWHERE = "MMR001001"  # a township that no recipient of the directory serves


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OneHub]:
    """A hub that runs, with what sends referrals, answers and epochs out."""
    with one_hub(tmp_path / "home") as made:
        more = [worker(made.house, name) for name in ("deliver", "publish")]
        made.workers += more
        yield made


def install(hub: OneHub, given: object) -> Path:
    """Install a contract from the command line; return its inbox."""
    done = clmhub("contract", "install", given, "--home", hub.house.settings.home)
    assert done.status == 0, done.told
    with reading(hub.house.hub) as connection:
        newest = max(site_contracts.list_installed(connection), key=lambda one: one.installed_at)
    return hub.house.settings.home / "offices" / newest.system / newest.record / "inbox"


def run(hub: OneHub) -> None:
    """Read what is there, a text file too: it stays the same for as long as it must."""
    hub.later(seconds=1)
    hub.run()
    hub.later(minutes=11)
    hub.run()


def test_an_office_is_read_by_a_contract_that_came_while_the_hub_ran(
    hub: OneHub, tmp_path: Path
) -> None:
    hub.run()
    inbox = install(hub, contract(tmp_path))
    assert stat.S_IMODE(inbox.stat().st_mode) == stat.S_IMODE(inbox.parent.stat().st_mode) == 0o700
    nobody = boy(8, found="N", child="", name="", father="", sex="", age="", hours="", school="")
    write(inbox / "january.csv", [*(boy(n) for n in range(7)), nobody, boy(9, age="130")])
    hub.run()
    assert hub.totals("labour_inspection").received == 0  # it may still be on its way
    run(hub)
    totals = hub.totals("labour_inspection")
    assert (totals.received, totals.counted, totals.rejected) == (9, 1, 1)
    assert {one.reasons[0].where for one in hub.rejected()} == {"january.csv, row 10"}
    hub.later(hours=2)
    hub.run()
    with reading(hub.house.hub) as connection:
        shown = [one for one in candidates.list_published(connection).values() if one.row]
        assert referrals.count_states(connection) == {"waiting": 7}
        assert list(verify(connection)) == []
    assert len(shown) == 7
    write(inbox / "january.csv", [*(boy(n) for n in range(7)), nobody, boy(9)])
    run(hub)
    totals = hub.totals("labour_inspection")
    assert (totals.received, totals.rejected) == (9, 0), hub.rejected()


def test_answers_go_home_beside_the_inbox_under_the_offices_own_key(
    hub: OneHub, tmp_path: Path
) -> None:
    inbox = install(hub, contract(tmp_path))
    write(inbox / "january.csv", [boy(1, NOWHERE)])
    run(hub)
    (path,) = (inbox.parent / "answers").glob("*.xlsx")
    book = openpyxl.load_workbook(path, read_only=True)
    header, row = list(book.worksheets[0].iter_rows(values_only=True))[-2:]
    book.close()
    told = dict(zip(header, row, strict=True))
    assert (told["row_key"], told["state"]) == ("V-001/1", "undeliverable")


def test_two_contracts_of_one_system_never_take_a_record_from_each_other(
    hub: OneHub, tmp_path: Path
) -> None:
    inbox = install(hub, contract(tmp_path))
    renamed = ("clm:labour_inspection:visit", "clm:labour_inspection:round")
    other = contract(tmp_path / "other", renamed)
    write(inbox / "january.csv", [boy(1)])
    write(install(hub, other) / "january.csv", [boy(1), boy(2)])
    run(hub)
    assert hub.totals("labour_inspection").received == 3
    assert hub.source("labour_inspection/round")["complete_until"]


def test_an_uninstalled_contract_is_not_read_and_goes_on_where_it_stopped(
    hub: OneHub, tmp_path: Path
) -> None:
    inbox = install(hub, contract(tmp_path))
    write(inbox / "january.csv", [boy(1)])
    run(hub)
    home = ("--home", hub.house.settings.home)
    assert "1  " in clmhub("contract", "installed", *home).out
    assert clmhub("contract", "uninstall", NAME, *home).status == 0
    assert "uninstalled" in clmhub("contract", "installed", *home).out
    assert clmhub("contract", "uninstall", NAME, *home).status == 1
    write(inbox / "february.csv", [boy(2)])
    run(hub)
    assert hub.totals("labour_inspection").received == 1
    done = clmhub("contract", "install", NAME, *home)
    assert done.status == 0, done.told
    run(hub)
    assert hub.totals("labour_inspection").received == 2


def test_one_sites_broken_contract_stops_nobody_else(hub: OneHub, tmp_path: Path) -> None:
    """A later program may know a list no more that a site's contract names."""
    inbox = install(hub, contract(tmp_path))
    absences = install(hub, "emis/absence")
    write(inbox / "january.csv", [boy(1)])
    bodies = [one["body"] for one in samples("emis/absence/v1")]
    (absences / "a.json").write_text(json.dumps(bodies), encoding="utf-8")
    with hub.house.hub.begin() as connection:
        table = site_contracts.contract_table
        broken = update(table).where(table.c.record == "visit").values(number=9, mapping="rows = 1")
        connection.execute(broken)
    run(hub)
    assert "cannot be used" in hub.source(NAME)["problem"]
    assert hub.source("emis/absence")["problem"] == ""
    assert hub.totals("emis").received == len(bodies)
    assert NAME in clmhub("contract", "installed", "--home", hub.house.settings.home).out


@pytest.mark.parametrize("place", SWITCHED_ON, ids=lambda one: one.name)
def test_every_shipped_contract_can_be_read_from_a_folder(place: Place, hub: OneHub) -> None:
    system, record, _ = place.name.split("/")
    given = samples(place.name)
    splits = source_contract.load(system, record).splits
    inbox = install(hub, place.name)
    bodies = [whole(one["body"], splits) for one in given]
    (inbox / "records.json").write_text(json.dumps(bodies), encoding="utf-8")
    run(hub)
    hub.later(hours=2)
    hub.run()
    problem = hub.source(f"{system}/{record}")["problem"]
    assert problem == ""
    with reading(hub.house.hub) as connection:
        totals = ledger.totals(connection)[system]
    # A submission of several children stands there once for each of them, as the first of one.
    keys = {one["key"].rpartition("/")[0] if splits else one["key"] for one in given}
    assert totals.received == len(keys), hub.rejected()
    assert totals.received == sum(totals.as_dict().values()) - totals.received + totals.in_flight


def pattern(text: str) -> tuple[str, str]:
    """The change that gives the field `school` a pattern."""
    rule = (
        f"""{{ name = "p", type = "library", metric = "invalidValues", mustBe = 0, """
        f"""arguments = {{ pattern = '{text}' }} }}"""
    )
    end = 'description = "1 at school, 2 not."'
    return end, f"{end}, quality = [{rule}]"


# --- what is refused -----------------------------------------------------------------------------


def test_a_pattern_that_ends_is_no_reason_to_refuse(tmp_path: Path) -> None:
    given = contract(tmp_path, pattern(r"^(?:[0-9]{1,2}|[+*(]+\(a+\))?-[A-Z]+(ab)*$"))
    done = clmhub("contract", "install", given, "--home", tmp_path / "home")
    assert done.status == 0, done.told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("clm:labour_inspection:visit", "clm:customs:visit"), "name one of dsw_cms, labour"),
        (("clm:labour_inspection:visit", "clm:emis:absence"), "is a contract of the program"),
        (("clm:labour_inspection:visit", "clm:emis:school"), "the system's own adapter"),
        (("clm:labour_inspection:visit", "clm:dsw_cms:case"), "the system's own adapter"),
        (("clm:labour_inspection:visit", "clm:emis:referral"), "answers to referrals"),
        (('status = "active"', 'status = "draft"'), 'set status = "active"'),
        (("primaryKey = true, ", ""), "no field is the key"),
        (('transform = "date"', 'transform = "dait"'), "has errors"),
        (('source = "school",', 'source = "child_name",'), "child_name is C3 and feeds facts.atte"),
        (pattern("((a+)b?)+"), "the pattern of school repeats a group"),
        (pattern("(?:(?P<x>a|a)b)+"), "the pattern of school repeats a group"),
        (pattern("(a+)(?#)+"), "the pattern of school repeats a group"),
    ],
    ids=[
        "system", "shadow", "adapter", "other adapter", "answers", "draft", "key", "errors",
        "class", "slow", "chosen", "hidden",
    ],
)  # fmt: skip
def test_what_may_not_run_is_refused_with_what_to_do(
    change: tuple[str, str], said: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    done = clmhub("contract", "install", contract(tmp_path, change), "--home", home)
    assert done.status == 1
    assert said in done.told + done.out
    assert "No contract is installed" in clmhub("contract", "installed", "--home", home).out
    assert not (home / "offices").exists()


def test_a_contract_without_a_sample_is_refused(tmp_path: Path) -> None:
    place = contract(tmp_path)
    (place / "sample.json").write_text("[]", encoding="utf-8")
    done = clmhub("contract", "install", place, "--home", tmp_path / "home")
    assert done.status == 1
    assert "--samples" in done.told


def test_what_is_no_contract_is_wrong_use(tmp_path: Path) -> None:
    done = clmhub("contract", "install", "no/such", "--home", tmp_path / "home")
    assert done.status == 2
    assert "Shipped are:" in done.told


@pytest.mark.parametrize(
    "name", ["x" * 5000, "\udcff/x", "../../etc/passwd", "emis/absence/../../x", "a\nb/c", "/"],
    ids=["long", "no text", "out", "through", "lines", "root"],
)  # fmt: skip
def test_a_wild_name_is_wrong_use_and_reaches_no_database(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert clmhub("contract", "install", name, "--home", home).status == 2
    assert clmhub("contract", "uninstall", name, "--home", home).status == 1


def test_a_folder_that_cannot_be_made_is_told_and_nothing_is_installed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "offices").write_text("a file", encoding="utf-8")
    home.mkdir()
    (home / "clmhub.toml").write_text(f'offices = "{tmp_path}/offices"', encoding="utf-8")
    done = clmhub("contract", "install", "emis/absence", "--home", home)
    assert done.status == 1
    assert "cannot be made" in done.told
    assert "No contract is installed" in clmhub("contract", "installed", "--home", home).out


def test_once_runs_all_stages_or_none(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="--once runs all stages"):
        clmhub("work", "collect", "--once", "--home", tmp_path / "home")
