"""The sandbox country: its clock, its calendar, its folders. Time moves only by `advance`.

The clock moves first, then everything due is applied in one transaction: a crash between the two is
mended by the next start, and files are written again with the same bytes and the same time.
"""

import random
from datetime import datetime
from pathlib import Path
from threading import Lock

from adapters.sandbox import dsw_story, inspection_story, managers, school_story, truth, workbooks
from adapters.sandbox.births import people
from adapters.sandbox.clock import ClockFile, write_durably
from adapters.sandbox.days import morning
from adapters.sandbox.entries import Json, Story
from adapters.sandbox.people import Person
from adapters.sandbox.plan import EMIS, INSPECTION
from adapters.sandbox.primero import cases
from adapters.sandbox.primero.cases import Stamp
from adapters.sandbox.store import Store

_HALF = 0.6


class OtherCountryError(Exception):
    """This home holds a country that was made from another seed or number of children."""


class Country:
    """One country in one folder. Whoever holds `lock` may read and change it."""

    def __init__(self, home: Path, *, seed: int, children: int, clock: Path | None = None) -> None:
        self.folder = home / "sandbox"
        self.lock = Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._refuse_other(seed, children)
        for system in (INSPECTION, EMIS):
            for part in ("inbox", "answers"):
                (self.folder / system / part).mkdir(parents=True, exist_ok=True)
        self._clock = ClockFile(clock or self.folder / "clock")
        self.store = Store(self.folder / "primero.sqlite")
        if not self._seed_file.exists():
            self._begin(seed, children)
        self._apply()

    @property
    def _seed_file(self) -> Path:
        return self.folder / "seed"

    def now(self) -> datetime:
        """Return the country's time."""
        return self._clock.read()

    def state(self) -> Json:
        """Return where the country stands."""
        due, pending = self.store.ahead()
        return {
            "now": self.now().isoformat(), "next_due": due.isoformat() if due else None,
            "revision": int(self.store.fact("revision", "0")), "ended": pending == 0,
            "pending": pending,
        }  # fmt: skip

    def advance(self, to: datetime) -> None:
        """Move the clock forward and let happen what is due; an earlier time changes nothing."""
        if to > self.now():
            self._clock.move(to)
        self._apply()

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def _refuse_other(self, seed: int, children: int) -> None:
        asked = f"seed {seed}, children {children}"
        if self._seed_file.exists():
            held = self._seed_file.read_text(encoding="utf-8").strip()
            if held != asked:
                raise OtherCountryError(
                    f"{self.folder} holds the country of {held}, and {asked} was asked for:"
                    " ask for that one, or choose another --home"
                )

    def _begin(self, seed: int, children: int) -> None:
        """Make the country; a start that was cut off begins again, with the same result."""
        born = people(seed, children)
        story = tell(born, seed)
        with self.store.transaction():
            if not self.store.fact("seed"):
                self.store.remember("seed", str(seed))
                for due, kind, body in sorted(story.events, key=lambda event: event[0]):
                    self.store.plan(due, kind, body)
        write_durably(self.folder / "truth.jsonl", truth.children(born, story))
        write_durably(self.folder / "others.jsonl", truth.others(story))
        write_durably(self.folder / "expected.json", truth.expected(born, story))
        self._clock.move(morning(0))
        write_durably(self._seed_file, f"seed {seed}, children {children}\n")

    def _apply(self) -> None:
        due = self.store.due(self.now())
        if not due:
            return
        with self.store.transaction():
            for event, at, kind, body in due:
                self._happen(at, kind, body)
                self.store.did(event)
            self.store.bump()

    def _happen(self, at: datetime, kind: str, body: Json) -> None:
        if kind == "case":
            cases.create(self.store, body["data"], Stamp(by=body["by"], now=at))
        elif kind == "change":
            cases.update(self.store, body["id"], body["data"], Stamp(by=body["by"], now=at))
        elif kind == "answer":
            managers.act(self.store, body["referral"], body["step"], at)
        else:
            self._drop_file(at, kind, body)

    def _drop_file(self, at: datetime, kind: str, body: Json) -> None:
        path = self.folder / body["system"] / "inbox" / body["file"]
        if kind == "file":
            workbooks.place(path, body["text"].encode(), at)
            return
        content = workbooks.render(body["system"], body["file"], body["sheets"])
        workbooks.place(path, content, at, copied=_HALF if body.get("cut") else 1.0)


def tell(born: list[Person], seed: int) -> Story:
    """Return the whole story of the country's children."""
    story = Story()
    for chapter in (dsw_story, inspection_story, school_story):
        rng = random.Random(f"{seed} {chapter.__name__}")  # noqa: S311 - a seed makes the story
        chapter.tell(born, rng, story)
    story.answered({one.key: managers.answer_to(seed, one.key) for one in story.entries})
    return story
