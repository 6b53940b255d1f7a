"""Changes of a mapping: what the same record says before and after."""

from collections.abc import Iterator, Sequence

from contracts.checking.targets import targets
from contracts.evolution.change import BOTH, NOBODY, READERS, WRITERS, Change
from contracts.evolution.shape import RowShape, Shape

_KEEP = "keep it as it was, or raise the major version and say from which day on it holds"


def row_changes(old: Shape, new: Shape) -> Iterator[Change]:
    """Yield every change of the mapping, its crosswalks and its rules about whole records."""
    for target, before in old.rows.items():
        yield from _target(target, before, new.rows.get(target, ()))
        if old.meanings.get(target) != new.meanings.get(target, old.meanings.get(target)):
            yield _both("target_changed", target, f"{target} has another class, unit or code list")
    for target in new.rows:
        if target not in old.rows:
            yield Change(
                kind="target_added", path=target, breaks=NOBODY,
                message=f"{target} is filled now", next_step="tell readers that they may use it",
            )  # fmt: skip
    yield from _crosswalks(old, new)
    yield from _whole(old, new)
    yield from _needs(old, new)
    yield from _quality(old, new)


def _both(kind: str, path: str, message: str, next_step: str = _KEEP) -> Change:
    return Change(kind=kind, path=path, breaks=BOTH, message=message, next_step=next_step)


def _path(target: str, row: RowShape) -> str:
    return f"{target} <- {', '.join(row.source)}"


def _target(target: str, before: Sequence[RowShape], after: Sequence[RowShape]) -> Iterator[Change]:
    if not after:
        said = f"nothing fills {target} any more: records lose it"
        yield _both("target_removed", target, said)
        return
    known, made = {row.source: row for row in before}, {row.source: row for row in after}
    for source, row in known.items():
        if source not in made:
            said = f"{target} is not taken from {', '.join(source)} any more: records lose it there"
            yield _both("row_removed", _path(target, row), said)
        else:
            yield from _row(target, row, made[source])
    yield from _order(target, [s for s in known if s in made], list(made), made)


def _row(target: str, before: RowShape, after: RowShape) -> Iterator[Change]:
    path = _path(target, after)
    changed = [
        name for name in ("transform", "codes", "level", "crosswalk")
        if getattr(before, name) != getattr(after, name)
    ]  # fmt: skip
    if changed:
        said = f"{path} is read in another way ({', '.join(changed)}): the same cell says else"
        yield _both("row_changed", path, said)
    if before.absent != after.absent:
        said = f"{path}: other codes stand for a missing answer"
        yield _both("absent_changed", path, said)


def _order(
    target: str,
    kept: Sequence[tuple[str, ...]],
    now: Sequence[tuple[str, ...]],
    rows: dict[tuple[str, ...], RowShape],
) -> Iterator[Change]:
    """Of several rows the first that is not empty counts: a new one above changes what is said."""
    taken = targets().get(target)
    fresh = [source for source in now if source not in kept]
    for source in fresh:
        path = _path(target, rows[source])
        above = any(now.index(source) < now.index(other) for other in kept)
        if above and not (taken and taken.many):
            yield _both(
                "row_added_above", path, f"{path} now goes before the rows that were there",
                "put it below them, where it fills only what they leave empty",
            )  # fmt: skip
        else:
            yield Change(
                kind="row_added", path=path, breaks=NOBODY, message=f"{path} is read too",
                next_step="tell readers that they may find more filled",
            )  # fmt: skip
    if [source for source in now if source in kept] != list(kept) and not (taken and taken.many):
        yield _both("order_changed", target, f"{target}: another source field goes first")


def _crosswalks(old: Shape, new: Shape) -> Iterator[Change]:
    for name, before in old.crosswalks.items():
        after = new.crosswalks.get(name, {})
        for code, was in before.items():
            path = f"crosswalk {name}, code {code}"
            made = after.get(code)
            if made is None:
                yield Change(
                    kind="code_removed", path=path, breaks=WRITERS,
                    message=f"{path} is gone: records that hold it wait for triage",
                    next_step="keep the row; a code that sources no longer use does no harm",
                )  # fmt: skip
            elif made.target != was.target:
                yield _both("code_changed", path, f"{path} means something else")
            elif made.label != was.label:
                yield _both(
                    "label_changed", path, f"{path} is understood under another label",
                    "ask the source whether the meaning changed: then it needs a code of its own",
                )  # fmt: skip
        for code in after.keys() - before.keys():
            yield Change(
                kind="code_added", path=f"crosswalk {name}, code {code}", breaks=NOBODY,
                message=f"crosswalk {name} knows the code {code}",
                next_step="what waits for it in triage is mapped once decided there, or sent again",
            )  # fmt: skip


def _whole(old: Shape, new: Shape) -> Iterator[Change]:
    said = {
        "about": "the record is about something else",
        "splits": "another repeat makes records of its own: every key changes",
        "person": "other fields say who the person is: persons known so far become others",
        "figure": "another rule says which records are about no child",
        "name": "the contract has another id: it is another contract",
    }
    for name, message in said.items():
        if getattr(old, name) != getattr(new, name):
            yield _both(f"{name}_changed", name, message)
    for target, each in old.each.items():
        if new.each.get(target, each) != each:
            yield _both("each_changed", target, f"{target} is made of another list")


def _needs(old: Shape, new: Shape) -> Iterator[Change]:
    one = {(name,) for name in old.child_needs} | set(old.one_of)
    other = {(name,) for name in new.child_needs} | set(new.one_of)
    for group in sorted(other - one):
        if not any(set(was) <= set(group) for was in one):
            yield Change(
                kind="need_added", path=" or ".join(group), breaks=WRITERS,
                message=f"a record without {' and '.join(group)} is now rejected",
                next_step="see that every source fills it first",
            )  # fmt: skip
    for group in sorted(one - other):
        if not any(set(made) <= set(group) for made in other):
            yield Change(
                kind="need_removed", path=" or ".join(group), breaks=READERS,
                message=f"{' or '.join(group)} may be empty: the old contract rejects that",
                next_step="let every reader take the new version first",
            )  # fmt: skip


def _quality(old: Shape, new: Shape) -> Iterator[Change]:
    for name in sorted({*old.quality} ^ {*new.quality}):
        word = "gone" if name in old.quality else "new"
        yield Change(
            kind="quality_changed", path=name, breaks=NOBODY,
            message=f"the quality rule {name} is {word}: scores before and after differ",
            next_step="say so where the scores are shown",
        )  # fmt: skip
