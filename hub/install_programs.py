"""What `clmhub contract install`, `installed` and `uninstall` do in a home. Decides nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection

from contracts.errors import FatalError
from hub import install_check, install_desk, schema
from hub.bus.database import open_database
from hub.home import check_home, instance_id, is_set_up, keep_kind
from hub.house import database_url, offices_folder
from hub.install_desk import Done, Listed
from hub.offices import INBOX, home_of
from hub.settings import Settings
from hub.web.clock import clock_from


def install(settings: Settings, contract: str, by: str) -> Done:
    """Let the hub read files by a contract, and make the folder for them.

    Raises RefusedError when it may not run, WrongUseError for a name that is none.
    """
    with _hub_database(settings) as connection:
        ready = install_check.prepare(connection, contract)
        _make(inbox_of(settings, ready.contract.system, ready.contract.record))
        return install_desk.install(connection, ready, by=by, at=clock_from(settings.clock)())


def uninstall(settings: Settings, contract: str, by: str) -> Listed:
    """Leave a contract's files alone from now on. Raises RefusedError when there is none."""
    check_home(settings.home)
    with _hub_database(settings) as connection:
        at = clock_from(settings.clock)()
        return install_desk.uninstall(connection, contract, by=by, at=at)


def installed(settings: Settings) -> list[Listed]:
    """The contracts that are installed, or were."""
    check_home(settings.home)
    with _hub_database(settings) as connection:
        return install_desk.list_all(connection)


def inbox_of(settings: Settings, system: str, record: str) -> Path:
    """Where the files of an installed contract are put."""
    return home_of(offices_folder(settings), system, record) / INBOX


def _make(inbox: Path) -> None:
    """Make the folder for its owner alone, as all of a home is."""
    try:
        for folder in (*reversed(inbox.parents), inbox):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise FatalError(
            f"the folder {inbox} cannot be made ({error.strerror}): set `offices` to a folder that"
            " this account may write"
        ) from None


@contextmanager
def _hub_database(settings: Settings) -> Iterator[Connection]:
    """The hub's database, with its newest tables; made when a contract comes before the hub."""
    if settings.after_setup and not is_set_up(settings.home):
        raise FatalError("this home is not prepared yet: run `clmhub setup` first")
    instance = instance_id(settings.home)
    keep_kind(settings.home, settings.bus, settings.database)
    with ExitStack() as closing:
        hub, vault = (
            open_database(database_url(settings, name, instance)) for name in ("hub", "vault")
        )
        closing.callback(hub.dispose)
        closing.callback(vault.dispose)
        schema.upgrade(hub, vault, instance)
        yield closing.enter_context(hub.begin())
