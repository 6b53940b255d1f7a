"""A record from the bus as its stage may see it: the parts that the stage opens, opened.

A stage that opens nothing needs no keyring. Parts that a stage has stored, and decides on later,
are opened under the same rule by `hub/compose.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.envelope import Envelope, Message, Opened, Part, decode
from contracts.errors import FatalError
from hub.bus.port import Incoming
from hub.bus.stage import Keyring, Opens, ShreddedError, Stage


class ForeignError(Exception):
    """A record that no stage of this installation wrote, or whose sealed part was tampered with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Decodes records and opens what the stage may read."""

    stage: Stage
    keyring: Keyring | None

    def __post_init__(self) -> None:
        """Refuse a stage that opens parts but has no keys."""
        if self.stage.opens is not Opens.NOTHING and self.keyring is None:
            raise FatalError(f"{self.stage.name} opens sealed parts: give its worker a keyring")

    def decode(self, record: Incoming) -> Envelope:
        """Read the event. Raises ForeignError when it is none of ours."""
        try:
            return decode(record.key, record.value, record.headers)
        except FatalError as error:
            raise ForeignError(str(error)) from None

    def prepare(self, envelopes: Iterable[Envelope]) -> None:
        """Load the keys that the batch needs in one go."""
        persons = {part.person for one in envelopes for part in one.parts if self._may(part)}
        if persons and self.keyring is not None:
            self.keyring.prepare(persons)

    def message(self, topic: str, envelope: Envelope) -> Message:
        """Open the parts. Raises ForeignError when one is forged."""
        if self.keyring is None:
            return Message(topic=topic, envelope=envelope)
        opened: list[Opened] = []
        shredded: set[str] = set()
        for part in envelope.parts:
            if not self._may(part):
                continue
            try:
                opened.append(Opened(part=part, content=self.keyring.open(part)))
            except ShreddedError:
                shredded.add(part.person)
            except FatalError as error:
                raise ForeignError(str(error)) from None
        return Message(
            topic=topic, envelope=envelope, opened=tuple(opened), shredded=frozenset(shredded)
        )

    def _may(self, part: Part) -> bool:
        return part.kind in self.stage.opens.kinds
