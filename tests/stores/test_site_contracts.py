"""Contracts that sites install: which one counts, what is refused, what it does to records."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, update

from adapters.sdk.ports import Answer, Batch, Record, Unreadable
from contracts.audit import AuditEntry
from contracts.envelope import Draft
from contracts.errors import FatalError, Reason, RetriableError
from contracts.source_contract import load
from hub import candidates, install_desk, ledger, quality, site_contracts, sources
from hub.bus.audit import verify
from hub.bus.database import reading
from hub.bus.stage import Errand, Timer
from hub.install_check import Ready, RefusedError
from hub.offices import AnswersHome, Offices
from hub.site_contracts import UnusableContractError, contract_of
from hub.stages.collect import Collect, Due
from hub.stages.publish import EPOCH_TIMER, Publish, _statistics
from hub.triage import desk
from hub.triage.desk import Asked
from hub.triage.holdings import Named
from hub.web.tokens import Role
from mirror.messages import EpochMarker, parse
from tests.spec.small_contract import MAPPING, edited
from tests.stores.handling import NOW, Desk, hub_tables, of_topic, transaction
from tests.stores.house import open_test_house, serving
from tests.stores.site_contract import (
    NAME,
    OURS,
    RECORD,
    SYSTEM,
    Visits,
    install,
    knows_acid,
    ready,
    uninstall,
)
from tests.stores.triage_records import facts


@pytest.fixture
def visits(engine: Engine) -> Visits:
    """The stage translate on an empty database."""
    return Visits(engine=engine)


def test_a_record_is_translated_by_the_contract_that_its_site_installed(visits: Visits) -> None:
    install(visits.engine)
    (found,) = of_topic(visits.come("v-1"), "canonical")
    assert (found.data or {})["record"] == RECORD
    assert facts([found])["v-1"]["hazards"] == ["dust_fumes"]


def test_what_nobody_installed_is_said_to_be_missing(engine: Engine) -> None:
    hub_tables(engine)
    with engine.begin() as connection, pytest.raises(FatalError, match="no contract"):
        contract_of(connection, SYSTEM, RECORD)


def test_a_contract_of_the_program_comes_first(engine: Engine) -> None:
    hub_tables(engine)
    with engine.begin() as connection:
        assert contract_of(connection, "emis", "school") is load("emis", "school")
        assert ("emis", "school") in site_contracts.every(connection)
        assert (SYSTEM, RECORD) not in site_contracts.every(connection)


def test_every_install_is_kept_and_the_newest_one_counts(visits: Visits) -> None:
    first = install(visits.engine)
    second = install(visits.engine, knows_acid())
    assert (first.new, first.before, second.before) == (True, None, first.installed)
    with visits.engine.begin() as connection:
        history = site_contracts.list_history(connection, SYSTEM, RECORD)
        assert [(one.number, one.mapping_version, one.active) for one in history] == [
            (1, "1", False), (2, "2", True),
        ]  # fmt: skip
        assert {one.installed_by for one in history} == {"somebody"}
        assert history[0].installed_at == NOW
        assert contract_of(connection, SYSTEM, RECORD).mapping_version == "2"
        assert list(verify(connection)) == []
    assert facts(visits.come("v-1", danger="acid"))["v-1"]["hazards"] == ["chemicals"]


def test_the_same_again_changes_nothing(engine: Engine) -> None:
    hub_tables(engine)
    install(engine)
    assert not install(engine).new
    with engine.begin() as connection:
        assert len(site_contracts.list_history(connection, SYSTEM, RECORD)) == 1


def test_a_running_worker_goes_on_by_the_new_version(visits: Visits) -> None:
    """Another process translated by the old one a moment ago, and never restarts."""
    install(visits.engine)
    other = visits.process()
    assert facts(visits.come("v-1", at=other, danger="acid"))["v-1"]["hazards"] == []
    install(visits.engine, knows_acid())
    assert facts(visits.come("v-2", at=other, danger="acid"))["v-2"]["hazards"] == ["chemicals"]


def test_held_records_are_translated_again_by_the_version_that_knows_their_code(
    visits: Visits,
) -> None:
    install(visits.engine)
    (before,) = of_topic(visits.come("v-1", danger="acid"), "canonical")
    visits.come("v-2", danger="heat")
    assert install(visits.engine, knows_acid()).again == 2
    drafts = visits.run_timers()
    again = {str((one.data or {})["ref"]): one for one in of_topic(drafts, "canonical")}
    assert facts(drafts)["v-1"]["hazards"] == ["chemicals"]
    assert again["v-1"].version > before.version
    assert [one.named.code for one in visits.look().entries] == ["heat"]


def test_a_later_install_outranks_an_earlier_one_whatever_its_version_is_called(
    visits: Visits,
) -> None:
    """As text, 10 comes before 9."""
    versions = []
    for number, name in enumerate(("9", "10", "9"), start=1):
        one = knows_acid(name)
        assert install(visits.engine, one).installed.number == number
        (found,) = of_topic(visits.come("v-1"), "canonical")
        versions.append(found.version)
    assert versions == sorted(versions)
    assert len(set(versions)) == 3


def test_people_decide_codes_of_an_installed_contract(visits: Visits) -> None:
    install(visits.engine)
    visits.come("v-1", danger="acid")
    named = Named(system=SYSTEM, record=RECORD, field="facts.hazards", code="acid")
    with visits.engine.begin() as connection:
        assert desk.map_code(connection, Asked(named=named, by="me", at=NOW), "chemicals") == 1
    assert facts(visits.run_timers())["v-1"]["hazards"] == ["chemicals"]


BREAKS, UNSAID = (
    "it breaks what the office",
    "it differs from the installed one and has its version",
)
SAW = '{ code = "saw", label = "Saw", target = "dangerous_tools" },'


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (('"age", logicalType', '"age", required = true, logicalType'), BREAKS),
        (('target = "dust_fumes"', 'target = "chemicals"'), BREAKS),
        (('{ code = "knife"', f'{SAW}\n  {{ code = "knife"'), UNSAID),
    ],
    ids=["a field that became required", "a code that means something else", "no new version"],
)
def test_what_breaks_the_offices_files_is_refused(
    engine: Engine, changed: tuple[str, str], said: str
) -> None:
    hub_tables(engine)
    install(engine)
    texts = [edited(text, changed) if changed[0] in text else text for text in (OURS, MAPPING)]
    with pytest.raises(RefusedError, match=said) as refused:
        install(engine, ready(*texts))
    assert refused.value.lines
    with engine.begin() as connection:
        assert len(site_contracts.list_history(connection, SYSTEM, RECORD)) == 1
        assert list(verify(connection)) == []


def test_a_new_major_version_may_break(engine: Engine) -> None:
    hub_tables(engine)
    install(engine)
    text = edited(OURS, ('"age", logicalType', '"age", required = true, logicalType'),
                  ('version = "1.0.0"', 'version = "2.0.0"'))  # fmt: skip
    assert install(engine, ready(text)).installed.version == "2.0.0"


def test_uninstalling_keeps_how_far_it_was_read_and_installing_goes_on_there(
    visits: Visits,
) -> None:
    engine = visits.engine
    install(engine)
    visits.come("v-1", danger="acid")
    with engine.begin() as connection:
        (state,) = sources.list_sources(connection)
        assert state.system == NAME
        ended = replace(state, checkpoint={"at": 7}, complete_until=NOW.isoformat())
        audit = AuditEntry(at=NOW, actor="test", action="read source")
        sources.end_poll(connection, "test", ended, audit=audit)
    uninstall(engine)
    with engine.begin() as connection:
        assert sources.list_sources(connection) == sources.list_due(connection, 1e12) == []
        assert sources.freshness(connection) == {}
        (listed,) = install_desk.list_all(connection)
        assert (listed.installed.active, listed.records, listed.state) == (False, 1, None)
    with pytest.raises(RefusedError, match="no contract is installed"):
        uninstall(engine)
    assert facts(visits.come("v-2"))["v-2"]["hazards"] == ["dust_fumes"]  # what was under way
    assert install(engine).new
    with engine.begin() as connection:
        (state,) = sources.list_sources(connection)
        assert state.checkpoint == {"at": 7}
        assert state.next_poll == 0


def test_a_poll_that_ends_after_the_uninstall_does_not_begin_it_again(engine: Engine) -> None:
    hub_tables(engine)
    install(engine)
    with engine.begin() as connection:
        (state,) = sources.list_sources(connection)
    uninstall(engine)
    with engine.begin() as connection:
        audit = AuditEntry(at=NOW, actor="test", action="read source")
        sources.end_poll(connection, "test", replace(state, polls=9), audit=audit)
        assert sources.list_sources(connection) == []


def test_a_contract_that_this_program_cannot_use_is_its_own_trouble(visits: Visits) -> None:
    """Its records wait and say why; promises and labels of the others are still told."""
    install(visits.engine)
    visits.come("v-1")
    with visits.engine.begin() as connection:
        table = site_contracts.contract_table
        gone = MAPPING.replace('codes = "sexes"', 'codes = "sexes_of_old"')
        connection.execute(update(table).values(mapping=gone))
    fresh = visits.process()
    with pytest.raises(UnusableContractError, match="sexes_of_old"):
        visits.come("v-2", at=fresh)
    with visits.engine.begin() as connection:
        assert quality.services(connection, NOW) == []
        assert desk.overview(connection).stopped == 0


def test_of_two_who_install_at_once_one_counts_and_nobody_is_lost(engine: Engine) -> None:
    hub_tables(engine)
    start, told = Barrier(2), []

    def run(one: Ready) -> None:
        start.wait()
        try:
            install(engine, one)
        except RetriableError as error:
            told.append(error)

    threads = [Thread(target=run, args=(one,)) for one in (knows_acid("8"), knows_acid("9"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as connection:
        history = site_contracts.list_history(connection, SYSTEM, RECORD)
        assert list(verify(connection)) == []
    assert len(history) + len(told) == 2
    assert [one.active for one in history] == [False] * (len(history) - 1) + [True]


def test_the_age_of_a_system_is_that_of_its_oldest_source(engine: Engine) -> None:
    hub_tables(engine)
    with engine.begin() as connection:
        audit = AuditEntry(at=NOW, actor="test", action="read source")
        for name, until in (
            ("emis", "2026-02-01T00:00:00+00:00"), ("emis/absence", "2026-01-31T23:00:00-03:00"),
            ("emis/student", ""), ("labour_inspection", "2026-02-01T00:00:00+00:00"),
        ):  # fmt: skip
            sources.register(connection, name)
            state = next(o for o in sources.list_sources(connection) if o.system == name)
            sources.end_poll(connection, "t", replace(state, complete_until=until), audit=audit)
        assert sources.freshness(connection)["emis"] is None
        sources.set_active(connection, "t", "emis/student", False, audit=audit)
        found = sources.freshness(connection)
        assert set(found) == {"emis", "labour_inspection"}
        assert str(found["emis"]) == "2026-02-01 00:00:00+00:00"
        sources.ask_all(connection, "t", audit=audit)
        assert {one.next_poll for one in sources.list_sources(connection)} == {0.0}


class Home:
    """Takes answers."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def answer(self, answers: Sequence[Answer]) -> None:
        self.taken += [one.row_key for one in answers]


def test_an_answer_goes_to_the_folder_that_its_record_came_from(
    engine: Engine, tmp_path: Path
) -> None:
    """Also of a contract that was uninstalled, and where the system has no adapter of its own."""
    hub_tables(engine)
    install(engine)
    uninstall(engine)
    own, site = Home(), Home()
    offices = Offices(folder=tmp_path, make=lambda _contract, _home: site)
    home = AnswersHome(own=own, offices=offices, reading=partial(reading, engine))
    home.answer([an_answer("visit:V-1/1"), an_answer("V-1/1"), an_answer("round:V-1/1")])
    assert site.taken == ["visit:V-1/1"]
    assert own.taken == ["V-1/1", "round:V-1/1"]
    nobody = AnswersHome(own=None, offices=offices, reading=partial(reading, engine))
    nobody.answer([an_answer("visit:V-2/1")])
    with pytest.raises(FatalError, match="no folder to go to"):
        nobody.answer([an_answer("V-1/1")])


def an_answer(row_key: str) -> Answer:
    """What became of a referral."""
    return Answer(
        referral="r1", system=SYSTEM, office="", row_key=row_key, state="done", on=date(2026, 2, 1)
    )


def test_a_systems_own_record_never_takes_the_place_of_an_installed_contracts(
    engine: Engine,
) -> None:
    """Whoever types `visit:V-1` as a number, or calls a file so, is told; all others come in."""
    hub_tables(engine)
    install(engine)
    site = given(record("visit:V-1", "theirs"))
    own = given(record("visit:V-1", "own"), record("I-1", "own", person="visit:V-2"),
                record("visits:V-1", "own"), files=("visit:a.csv", "b.csv"))  # fmt: skip
    collected(engine, NAME, site)
    drafts = collected(engine, SYSTEM, own)
    told = {str((one.data or {})["ref"]): one.data for one in of_topic(drafts, "outcome")}
    assert set(told) == {":visit:V-1", ":I-1", ":visit:a.csv", "b.csv"}
    assert [one["code"] for one in (told[":visit:V-1"] or {})["reasons"]] == ["row_key_borrowed"]
    taken = of_topic(drafts, f"source.{SYSTEM}")
    assert [(one.data or {})["ref"] for one in taken] == ["visits:V-1"]
    uninstall(engine)
    again = collected(engine, SYSTEM, given(record("visit:V-3", "own")))
    assert not of_topic(again, f"source.{SYSTEM}")
    with reading(engine) as connection:
        assert ledger.collected_versions(connection, SYSTEM, ["visit:V-1", "visit:V-3"]) == {
            "visit:V-1": "1"
        }


def record(key: str, body: str, *, person: str = "") -> Record:
    """One record that an adapter read."""
    return Record(record=RECORD, key=key, person=person or key, version="1", body={"a": body},
                  where="a.csv, row 2", changed=NOW)  # fmt: skip


def given(*records: Record, files: Sequence[str] = ()) -> Batch:
    """What an adapter gives, with files that it could not read."""
    reason = Reason(code="file_empty", message="nothing", next_step="send it", where="a file")
    unreadable = [Unreadable(key=one, version="1", reason=reason) for one in files]
    return Batch(records=records, unreadable=unreadable)


def collected(engine: Engine, source: str, batch: Batch) -> list[Draft]:
    """Settle a pull of a source. Its pseudonyms are the keys themselves."""
    collect = Collect(
        sources=lambda _: {}, person_ref=lambda _, key: key, record_ref=lambda _, key: key,
        wall=lambda: 0.0, poll_seconds=1,
    )  # fmt: skip
    with transaction(engine, "collect") as tx:
        sources.register(tx.connection, source)
        state = next(one for one in sources.list_sources(tx.connection) if one.system == source)
        errand = Errand(key=source, data=Due(state=state, adapter=Nobody()))
        return list(collect.settle(errand, batch, tx, NOW))


class Nobody:
    """An adapter that nobody pulls from."""

    def pull(self, checkpoint: object, most: int) -> Batch:
        raise AssertionError


def test_an_adapter_that_cannot_be_made_is_its_own_sources_problem(
    engine: Engine, tmp_path: Path
) -> None:
    hub_tables(engine)
    install(engine)
    offices = Offices(folder=tmp_path, make=lambda _contract, _home: int("no number"))
    with engine.begin() as connection:
        (adapter,) = offices.pulled(connection).values()
    with pytest.raises(FatalError, match="fails with ValueError at hub/offices"):
        adapter.pull(None, 1)


def test_the_mirror_hears_of_systems_and_never_of_a_sites_contract(engine: Engine) -> None:
    hub_tables(engine)
    install(engine)
    with engine.begin() as connection:
        sources.register(connection, "labour_inspection")
    publish = Desk(
        engine=engine, stage="publish",
        handler=Publish(pseudonym=lambda child: f"m1{child}", k=5, epoch_seconds=3600),
    )  # fmt: skip
    timer = Timer(stage="publish", key=EPOCH_TIMER, due=NOW, data={})
    (marker,) = [one for one in publish.wake(timer) if one.key == "epoch"]
    told = parse(EpochMarker, marker.data or {})
    assert told.sources == {"labour_inspection": None, SYSTEM: None}


def test_a_surveys_figures_do_not_stop_an_epoch(engine: Engine) -> None:
    """They are counted, and no table of ours shows them."""
    hub_tables(engine)
    figure = {"kind": "survey", "state": "MMR013", "month": "2026-01", "survey": "LFS"}
    with engine.begin() as connection:
        candidates.save_figure(connection, "r1", "1", figure)
        assert list(_statistics(connection, 1)) == []


def test_the_page_names_the_contract_whose_files_cannot_be_read(
    engine: Engine, tmp_path: Path
) -> None:
    with open_test_house(engine, tmp_path) as house, serving(house) as client:
        install(engine)
        with engine.begin() as connection:
            (state,) = sources.list_sources(connection)
            audit = AuditEntry(at=NOW, actor="test", action="read source")
            ended = replace(state, problem="the inbox is gone")
            sources.end_poll(connection, "t", ended, audit=audit)
        headers = house.headers(Role.OPERATOR) | {"accept": "text/html"}
        html = client.get("/", headers=headers).text
        assert f"{NAME}: the inbox is gone" in html
        assert f'id="source-{SYSTEM}"' in html
        assert f'id="source-{NAME}"' not in html
        (told,) = client.get("/v1/sources", headers=house.headers(Role.INTEGRATOR)).json()
        assert (told["system"], told["problem"]) == (NAME, "the inbox is gone")
