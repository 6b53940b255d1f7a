"""The contracts that sites have installed, as sources and as homes of answers. Knows no stage.

What is installed is looked up in each transaction, so a contract is read from its next poll on,
without a restart. Each reads `OFFICES/system/record/inbox`, and takes answers to `answers` there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from adapters.sdk.ports import Answer, Batch, Pulls, PushesAnswers
from contracts.errors import FatalError, HubError
from contracts.source_contract import SourceContract
from hub import site_contracts
from hub.bus.parking import place_of
from hub.site_contracts import Installed

INBOX = "inbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unusable:
    """What stands for a contract that cannot be used: its source says why, the others go on."""

    problem: str

    def pull(self, *_: object) -> Batch:
        raise FatalError(self.problem)

    def answer(self, *_: object) -> None:
        raise FatalError(self.problem)


@dataclass(kw_only=True, eq=False, repr=False)
class Offices:
    """`make(contract, home)` builds what reads a folder. Used by one thread.

    An adapter is kept from poll to poll, as it remembers the file that it stands in; a new install
    of its contract makes a new one.
    """

    folder: Path
    make: Callable[[SourceContract, Path], object]
    _made: dict[str, tuple[int, object]] = field(default_factory=dict)

    def pulled(self, connection: Connection) -> Mapping[str, Pulls]:
        """Return what is read now, by the name of its source."""
        active = [one for one in site_contracts.list_installed(connection) if one.active]
        found = [(one.name, self._adapter(connection, one)) for one in active]
        return {name: adapter for name, adapter in found if isinstance(adapter, Pulls)}

    def home_of(self, connection: Connection, system: str, row_key: str) -> PushesAnswers | None:
        """Return where the answer about a record goes, when an installed contract read the record.

        Its key begins with the contract's name. An uninstalled one still gets its answers.
        """
        record, prefixed, _ = row_key.partition(":")
        installed = site_contracts.find(connection, system, record) if prefixed else None
        adapter = self._adapter(connection, installed) if installed else None
        return adapter if isinstance(adapter, PushesAnswers) else None

    def _adapter(self, connection: Connection, installed: Installed) -> object:
        number, adapter = self._made.get(installed.name, (0, None))
        if number != installed.number:
            adapter = self._new(connection, installed)
            self._made[installed.name] = (installed.number, adapter)
        return adapter

    def _new(self, connection: Connection, installed: Installed) -> object:
        try:
            contract = site_contracts.contract_of(connection, installed.system, installed.record)
            return self.make(contract, home_of(self.folder, installed.system, installed.record))
        except HubError as error:
            return _Unusable(problem=str(error))
        except Exception as error:  # noqa: BLE001 - what one site wrote stops no other site
            return _Unusable(
                problem=f"the contract {installed.name} fails with {type(error).__name__} at"
                f" {place_of(error)}: tell who maintains the program; its files wait"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersHome:
    """Where answers to one system's offices go: its own adapter, or an installed contract's."""

    own: PushesAnswers | None
    offices: Offices
    reading: Callable[[], AbstractContextManager[Connection]]

    def answer(self, answers: Sequence[Answer]) -> None:
        """See `adapters.sdk.ports.PushesAnswers`. Raises FatalError where nothing is connected."""
        for home, one in self._homes(answers):
            if home is None:
                raise FatalError(
                    f"answers for {one.system} have no folder to go to: connect the system in the"
                    " settings, or install the contract that read its records"
                )
            home.answer([one])

    def _homes(self, answers: Sequence[Answer]) -> Iterator[tuple[PushesAnswers | None, Answer]]:
        with self.reading() as connection:
            found = [self.offices.home_of(connection, one.system, one.row_key) for one in answers]
        for home, one in zip(found, answers, strict=True):
            yield home or self.own, one


def home_of(folder: Path, system: str, record: str) -> Path:
    """The folder of one installed contract, with its inbox and its answers."""
    return folder / system / record
