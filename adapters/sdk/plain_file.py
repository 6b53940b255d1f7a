"""Reads a file that anybody may have put there. Follows no link, waits for nobody, ends."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_NOBODY_THERE = frozenset({errno.ELOOP, errno.ENXIO})  # how opening a link or a socket fails


class NotPlainError(Exception):
    """It is a link, a folder, a pipe or a device."""


class TooLongError(Exception):
    """It holds more than it may."""


def open_plain_file(path: Path, most: int) -> BinaryIO:
    """Open a file of at most `most` bytes. Raises OSError, NotPlainError, TooLongError."""
    try:
        # A link may lead anywhere, and a pipe would be waited for until somebody writes.
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _NOBODY_THERE:
            raise NotPlainError from None
        raise
    about = os.fstat(opened)
    if not stat.S_ISREG(about.st_mode) or about.st_size > most:
        os.close(opened)
        raise TooLongError if stat.S_ISREG(about.st_mode) else NotPlainError
    return os.fdopen(opened, "rb")
