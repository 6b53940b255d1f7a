"""Writes docs/data-path.md from the pipeline: `python -m tests.architecture.data_path`."""

from contracts.topics import TOPICS
from hub.bus.stage import Stage
from hub.pipeline import PIPELINE
from mirror.feed import REFLECT
from tests.architecture.tree import ROOT

PAGE = ROOT / "docs" / "data-path.md"
BEGIN, END = "<!-- data path: begin -->", "<!-- data path: end -->"


def block() -> str:
    """The stages as a table, between its markers, as the README shows it too."""
    head = "| stage | reads | opens | publishes | what it does |\n|---|---|---|---|---|\n"
    rows = "".join(_row(stage) for stage in (*PIPELINE, REFLECT))
    return f"{BEGIN}\n{head}{rows}{END}"


def page() -> str:
    """The whole page."""
    head = "| topic | key | kept | zone | written by | read by |\n|---|---|---|---|---|---|\n"
    rows = "".join(
        f"| `{topic.name}` | {topic.key} | {_kept(topic.keep, topic.keep_days)} | {topic.zone} "
        f"| {', '.join(topic.writers)} | {', '.join(topic.readers)} |\n"
        for topic in TOPICS
    )
    return (
        "# The data path\n\n"
        "Made from `hub/pipeline.py`, `mirror/feed.py` and `contracts/topics.py` by\n"
        "`python -m tests.architecture.data_path`; a test fails when it is out of date.\n\n"
        f"## Stages\n\n{block()}\n\n## Topics\n\n"
        "On the broker each name is `<instance>.clm.<topic>`.\n\n"
        f"{head}{rows}"
    )


def _row(stage: Stage) -> str:
    return (
        f"| {stage.name} | {_topics(stage.reads)} | {stage.opens} "
        f"| {_topics(stage.publishes)} | {stage.does} |\n"
    )


def _topics(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _kept(keep: str, days: int) -> str:
    return f"{days} days" if keep == "observations" else "newest per key"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
