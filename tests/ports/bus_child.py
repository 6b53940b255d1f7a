"""A member of a group in a process of its own, told over its standard input what to do."""

import json
import subprocess
import sys
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Any, Self

from contracts.errors import HubError
from hub.bus.open import open_bus
from hub.bus.port import Bus, Member, Outgoing, Partition

ROOT = Path(__file__).parents[2]


class Child:
    """The handle of such a process: `ask` waits for its answer, `signal` kills, stops, wakes."""

    def __init__(self, address: str, home: Path, instance: str, session: float, *rest: str) -> None:
        command = [sys.executable, "-m", "tests.ports.bus_child"]
        self._process = subprocess.Popen(
            [*command, address, str(home), instance, str(session), *rest],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: object) -> Any:  # noqa: ANN401 (an answer is what JSON holds)
        """Send a command and return the answer."""
        self.tell(*words)
        return self.answer()

    def tell(self, *words: object) -> None:
        """Send a command."""
        assert self._process.stdin
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:  # noqa: ANN401 (as above)
        """Wait for one answer; None when the process has ended."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def signal(self, how: Signals) -> None:
        """Send a signal."""
        self._process.send_signal(how)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """Obey until the input ends."""
    address, home, instance, session, group, *topics = sys.argv[1:]
    bus = open_bus(address, home=Path(home), instance=instance, session_seconds=float(session))
    member = bus.join(group, topics, lambda _: None) if topics else None
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(bus, member, line.split())) + "\n")
        sys.stdout.flush()


def obey(bus: Bus, member: Member | None, words: list[str]) -> object:
    """Do one thing and say how it went."""
    try:
        match words:
            case ["publish", topic, first, count]:
                numbers = range(int(first), int(first) + int(count))
                bus.publish(
                    [Outgoing(topic=topic, key=b"%d" % n, value=b"%d" % n) for n in numbers]
                )
                return "done"
            case ["poll", most] if member:
                return [
                    [one.partition.topic, one.partition.number, one.offset]
                    for one in member.poll(0.2, int(most))
                ]
            case ["assigned"] if member:
                return sorted([one.topic, one.number] for one in member.assigned)
            case ["commit", topic, number, at] if member:
                member.commit({Partition(topic, int(number)): int(at)})
                return "done"
    except HubError as error:
        return type(error).__name__
    raise ValueError(words)


if __name__ == "__main__":
    main()
