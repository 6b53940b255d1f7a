"""Text that somebody outside chose, made fit for a person's terminal. Prints nothing itself.

A name of a file, a sheet or a code may hold what steers a terminal: it clears the screen, hides a
line, or turns letters around. What cannot be seen is replaced by a sign that can.
"""

UNSEEN = "\ufffd"
"""Stands for a letter that is none."""


def visible(text: str, instead: str = UNSEEN) -> str:
    """Return a text whose letters can all be seen, on one line."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else instead for one in text)
