"""The files that lie in an inbox: which of them are to be read, and how one is opened. Reads none.

A file's name and time say what it is, as long as nobody has looked into it.
"""

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from adapters.sdk.file_rows import KINDS, Kind
from adapters.sdk.plain_file import NotPlainError, TooLongError, open_plain_file
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason, RetriableError

MAX_FILE = 512 * 2**20
MAX_DOCUMENT = 64 * 2**20  # a JSON document is held whole; a file of JSON lines is not
_PACKED: frozenset[Kind] = frozenset({"xlsx", "xls", "ods"})
# What somebody meant as a file to be read gets an answer instead of silence.
_OTHERS = frozenset({".xlsb", ".numbers", ".zip", ".gz", ".rar", ".7z", ".pdf", ".doc", ".docx"})
_TIMES = range(946_684_800 * 10**9, 4_102_444_800 * 10**9)  # the years 2000 to 2099
_PASSING_PREFIXES = ("~", ".")
_PASSING_SUFFIXES = (".part", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """One file as the folder lists it. `name` is text; `has_name` tells whether it is its own.

    `looks_whole`: when its end is missing it looks as if it were not. Text does, and a packed
    workbook does not.
    """

    name: str
    size: int
    mtime: int
    has_name: bool = True
    looks_whole: bool = False

    @property
    def kind(self) -> Kind | None:
        """What its name says that it is; None: something that cannot be read."""
        return KINDS.get(Path(self.name).suffix.lower())

    @property
    def version(self) -> str:
        """The version of whatever the file says: compares as text, newest file last.

        It goes wherever the record goes, unsealed: of the name, which may be a person's, a digest.
        """
        name = hashlib.sha256(self.name.encode()).hexdigest()[:16]
        return f"{self.mtime:020d}/{name}"

    def is_as(self, stored: Mapping[str, Any] | None) -> bool:
        """Whether a checkpoint's entry is about this very state of the file."""
        return stored is not None and (stored["size"], stored["mtime"]) == (self.size, self.mtime)

    def stored(self, **more: Any) -> dict[str, Any]:
        """The state as a checkpoint holds it."""
        return {"size": self.size, "mtime": self.mtime, **more}


def list_files(inbox: Path) -> list[FileState]:
    """Return the files in a folder, oldest first; nothing that is a lock or a passing state.

    Raises RetriableError while the folder is not there.
    """
    try:
        states = [state for path in inbox.iterdir() if (state := state_of(path))]
    except OSError as error:
        raise RetriableError(
            f"the inbox folder cannot be listed ({type(error).__name__}):"
            " check that it exists, is mounted and may be read"
        ) from None
    return sorted(states, key=lambda state: (state.mtime, state.name))


def state_of(path: Path) -> FileState | None:
    """The file's state; None for what nobody meant to be read, or a lock or half by its name."""
    suffix = path.suffix.lower()
    passing = path.name.startswith(_PASSING_PREFIXES) or path.stem.lower().endswith(
        _PASSING_SUFFIXES
    )
    if passing or (suffix not in KINDS and suffix not in _OTHERS):
        return None
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    name = path.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    is_text = suffix in KINDS and KINDS[suffix] not in _PACKED
    return FileState(
        name=name, size=found.st_size, mtime=found.st_mtime_ns, has_name=name == path.name,
        looks_whole=is_text and stat.S_ISREG(found.st_mode),
    )  # fmt: skip


def open_listed(inbox: Path, file: FileState) -> tuple[BinaryIO, Kind]:
    """Open a file of the folder. Raises OSError, and UnreadableError with what to do."""
    if not file.has_name:
        raise UnreadableError(_NAME_IS_NO_TEXT)
    if file.mtime not in _TIMES:
        raise UnreadableError(_TIME_IMPOSSIBLE)
    kind = file.kind
    try:
        opened = open_plain_file(inbox / file.name, MAX_FILE)
    except TooLongError:
        raise UnreadableError(_TOO_LARGE) from None
    except NotPlainError:
        raise UnreadableError(_NOT_PLAIN) from None
    fault = _fault(kind, file)
    if fault or kind is None:
        opened.close()
        raise fault or UnreadableError(_KIND_UNKNOWN)
    return opened, kind


def sha256_of(opened: BinaryIO) -> str:
    """Return the digest of a file, read from where it stands."""
    digest = hashlib.sha256()
    while block := opened.read(2**20):
        digest.update(block)
    return digest.hexdigest()


def _fault(kind: Kind | None, file: FileState) -> UnreadableError | None:
    if file.size == 0:
        return UnreadableError(_EMPTY, unfinished=True)
    if kind == "json" and file.size > MAX_DOCUMENT:
        return UnreadableError(_DOCUMENT_TOO_LARGE)
    return None


_KIND_UNKNOWN = Reason(
    code="file_kind_unknown",
    message=f"the file's name ends in none of {', '.join(KINDS)}",
    next_step="save the table itself as one of these kinds, and send that",
)
_EMPTY = Reason(
    code="file_empty", message="there is nothing in the file",
    next_step="save it again where it was made, and copy it into the folder again",
)  # fmt: skip
_TOO_LARGE = Reason(
    code="file_too_large",
    message=f"the file has more than {MAX_FILE // 2**20} MB",
    next_step="send the records in several smaller files",
)
_DOCUMENT_TOO_LARGE = Reason(
    code="file_too_large",
    message=f"the JSON document has more than {MAX_DOCUMENT // 2**20} MB",
    next_step="send the records one a line (.jsonl), or in several smaller files",
)
_NOT_PLAIN = Reason(
    code="file_not_plain",
    message="it is a link, a folder or a device, and no file",
    next_step="copy the file itself into the folder",
)
_NAME_IS_NO_TEXT = Reason(
    code="file_name_unreadable",
    message="the file's name is no text (UTF-8)",
    next_step="rename the file, with letters and digits only",
)
_TIME_IMPOSSIBLE = Reason(
    code="file_time_impossible",
    message="the file's time lies before 2000 or after 2099, so it cannot be put in order",
    next_step="correct the computer's clock, save the file and send it again",
)
