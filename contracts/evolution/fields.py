"""Changes of a contract's fields: what a source may send, and how private it is."""

from collections.abc import Iterator

from contracts.checking.targets import PERSONAL
from contracts.evolution.change import BOTH, NOBODY, READERS, WRITERS, Change
from contracts.evolution.shape import FieldShape, Shape
from contracts.labels import Label

_WIDER = frozenset(
    {
        ("integer", "number"), ("integer", "string"), ("number", "string"), ("date", "string"),
        ("timestamp", "string"), ("time", "string"), ("boolean", "string"), ("date", "timestamp"),
    }
)  # fmt: skip
"""(from, to): everything that the first may hold, the second may hold too."""


def field_changes(old: Shape, new: Shape) -> Iterator[Change]:
    """Yield every change of the fields, in the old contract's order, then the new fields."""
    for name, before in old.fields.items():
        after = new.fields.get(name)
        if after is None:
            yield _removed(name, before)
            continue
        yield from _type(name, before, after)
        yield from _needed(name, before, after)
        yield from _limits(name, before, after)
        yield from _class(name, before, after)
    for name, after in new.fields.items():
        if name not in old.fields:
            yield _added(name, after)


def _removed(name: str, before: FieldShape) -> Change:
    if before.required or before.key:
        return Change(
            kind="field_removed", path=name, breaks=READERS,
            message=f"{name} is gone, and whoever holds the old contract rejects every record"
            " without it",
            next_step="keep it as an optional field until nobody reads by the old contract",
        )  # fmt: skip
    return Change(
        kind="field_removed", path=name, breaks=NOBODY,
        message=f"{name} is gone; a source that still sends it is reported and otherwise ignored",
        next_step="tell the source that it need not send it any more",
    )  # fmt: skip


def _added(name: str, after: FieldShape) -> Change:
    if after.required:
        return Change(
            kind="field_added_required", path=name, breaks=WRITERS,
            message=f"{name} is new and required: every record by the old form is rejected",
            next_step="make it optional, or give sources the new form before the new version",
        )  # fmt: skip
    return Change(
        kind="field_added", path=name, breaks=NOBODY, message=f"{name} is new and optional",
        next_step="tell the source that it may send it",
    )  # fmt: skip


def _type(name: str, before: FieldShape, after: FieldShape) -> Iterator[Change]:
    one, other = before.type, after.type
    if one != other:
        wider, narrower = (one, other) in _WIDER, (other, one) in _WIDER
        yield Change(
            kind="type_changed", path=name,
            breaks=READERS if wider else WRITERS if narrower else BOTH,
            message=f"{name} was a {one} and is a {other}",
            next_step="give the new meaning a field of a new name, and keep this one",
        )  # fmt: skip


def _needed(name: str, before: FieldShape, after: FieldShape) -> Iterator[Change]:
    if after.required and not before.required:
        yield Change(
            kind="became_required", path=name, breaks=WRITERS,
            message=f"{name} was optional and is required: records without it are now rejected",
            next_step="leave it optional, or see that every source fills it first",
        )  # fmt: skip
    if before.required and not after.required:
        yield Change(
            kind="became_optional", path=name, breaks=READERS,
            message=f"{name} was required and is optional: the old contract rejects records"
            " without it",
            next_step="let every reader take the new version before a source leaves it out",
        )  # fmt: skip
    if before.key != after.key:
        yield Change(
            kind="key_changed", path=name, breaks=BOTH,
            message=f"{name} has another part in the record's key: every record is counted again"
            " as a new one",
            next_step="keep the key, or start a new record with a name of its own",
        )  # fmt: skip


def _limits(name: str, before: FieldShape, after: FieldShape) -> Iterator[Change]:
    narrowed = _above(after.minimum, before.minimum) or _above(
        _turned(after.maximum), _turned(before.maximum)
    )
    widened = _above(before.minimum, after.minimum) or _above(
        _turned(before.maximum), _turned(after.maximum)
    )
    if narrowed:
        yield Change(
            kind="limit_narrowed", path=name, breaks=WRITERS,
            message=f"{name} has a narrower limit: records that were taken are now rejected",
            next_step="keep the old limit, and count what lies outside the new one as a quality"
            " rule",
        )  # fmt: skip
    if widened:
        yield Change(
            kind="limit_widened", path=name, breaks=READERS,
            message=f"{name} has a wider limit: the old contract rejects what lies beyond its own",
            next_step="let every reader take the new version first",
        )  # fmt: skip


def _above(one: float | None, other: float | None) -> bool:
    """Whether a lower limit lies above another; no limit lies below every limit."""
    return one is not None and (other is None or one > other)


def _turned(limit: float | None) -> float | None:
    """Return an upper limit as a lower one."""
    return None if limit is None else -limit


def _class(name: str, before: FieldShape, after: FieldShape) -> Iterator[Change]:
    one, other = Label(before.label), Label(after.label)
    if one == other:
        return
    if one in PERSONAL and other in PERSONAL:
        yield Change(
            kind="class_changed", path=name, breaks=READERS,
            message=f"{name} was {one.value} and is {other.value}: other recipients may have it",
            next_step="see who is allowed either class, and ask the data protection officer",
        )  # fmt: skip
    elif other < one:
        yield Change(
            kind="class_lowered", path=name, breaks=BOTH,
            message=f"{name} was {one.value} and is only {other.value}: it would go where the"
            " people it tells of were told that it does not go",
            next_step="keep the class, or have the data protection officer decide, and raise the"
            " major version",
        )  # fmt: skip
    else:
        yield Change(
            kind="class_raised", path=name, breaks=NOBODY,
            message=f"{name} was {one.value} and is {other.value}: fewer may have it",
            next_step="see whether someone relies on having had it",
        )  # fmt: skip
