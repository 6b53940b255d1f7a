"""The data path as a table: topics and stages agree, and a state has one writer."""

from pathlib import Path

import pytest

from contracts.topics import BY_NAME, PEOPLE, TOPICS, Keep, Topic, Zone
from hub.bus.stage import Opens, Stage
from hub.pipeline import PIPELINE
from mirror.feed import REFLECT
from tests.architecture.data_path import BEGIN, END, PAGE, block, page
from tests.architecture.tree import ROOT, module

ROWS = (*PIPELINE, REFLECT)
MOLIP = {"mirror", "statistics", "receipt"}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_has_the_writers_and_readers_that_it_names(topic: Topic) -> None:
    assert set(topic.writers) == {row.name for row in ROWS if topic.name in row.publishes}
    assert set(topic.readers) == {row.name for row in ROWS if topic.name in row.reads}
    assert topic.writers
    assert topic.readers


@pytest.mark.parametrize(
    "topic", [one for one in TOPICS if one.keep is Keep.STATE], ids=lambda topic: topic.name
)
def test_a_state_has_one_writer(topic: Topic) -> None:
    assert len(topic.writers) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_stage_names_only_topics_that_exist(row: Stage) -> None:
    assert {*row.reads, *row.publishes} <= BY_NAME.keys()
    assert not set(row.reads) & set(row.publishes)


@pytest.mark.parametrize("row", PIPELINE, ids=lambda row: row.name)
def test_a_stage_can_tell_the_ledger_how_a_record_ended(row: Stage) -> None:
    """A stage that may reject says so at `outcome`; two cannot, and each has its reason."""
    silent = {"account": "it is the one that listens", PEOPLE: "no record passes through it"}
    assert ("outcome" in row.publishes) is (row.name not in silent)


def test_stages_have_names_of_their_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_molip_sees_three_topics_and_opens_nothing() -> None:
    assert {topic.name for topic in TOPICS if topic.zone is Zone.MOLIP} == MOLIP
    assert {*REFLECT.reads, *REFLECT.publishes} == MOLIP
    assert REFLECT.opens is Opens.NOTHING


def test_who_writes_to_molip_opens_nothing() -> None:
    writers = [row for row in PIPELINE if {"mirror", "statistics"} & set(row.publishes)]
    assert [(row.name, row.opens) for row in writers] == [("publish", Opens.NOTHING)]


def test_the_pipeline_is_a_table_and_holds_no_logic() -> None:
    assert list(module("hub.pipeline").functions()) == []
    assert module("hub.pipeline").lines < 100


def documents() -> list[Path]:
    """Where the table of stages is shown: its own page, and the README."""
    return [path for path in (PAGE, ROOT / "README.md") if path.exists()]


def test_the_documented_data_path_is_the_one_that_runs() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.architecture.data_path"


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_whoever_shows_the_stages_shows_those_that_run(path: Path) -> None:
    text = path.read_text("utf-8")
    shown = text[text.find(BEGIN) : text.find(END) + len(END)]
    assert shown == block(), f"copy the block of {PAGE.name}, markers and all"
