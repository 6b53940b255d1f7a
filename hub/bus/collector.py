"""How often Python looks for rings of garbage, while a worker runs. Frees nothing itself.

A batch makes tens of thousands of objects that all live until it is committed. At Python's own
pace the collector walks them, and everything that the program ever loaded, again and again, and
finds nothing: it took a third of the time of a batch.
"""

import gc

OBJECTS = 50_000  # more than a batch makes; as rings of garbage a few megabytes


def collect_seldom() -> None:
    """Let so many new objects come together before a look; never makes a look more frequent."""
    first, *others = gc.get_threshold()
    if 0 < first < OBJECTS:
        gc.set_threshold(OBJECTS, *others)
