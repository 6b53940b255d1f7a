"""`clmhub contract diff`: what changes between two versions, whom it breaks, and what to do."""

from collections.abc import Iterator, Sequence

from contracts.evolution import BOTH, NOBODY, READERS, WRITERS, Change, Mode, Verdict, judge
from hub.contract_tools.folders import find, shape, versions

_WHOM = {
    BOTH: "breaks everybody: the same record says something else",
    WRITERS: "breaks sources that still send by the old contract",
    READERS: "breaks whoever still reads by the old contract",
    NOBODY: "breaks nobody",
}


def differences(old: str, new: str, mode: Mode) -> list[Verdict]:
    """Compare two contracts; under a transitive mode, the new one with every earlier version."""
    before, after = find(old), find(new)
    olds = [shape(before)]
    if mode.transitive:
        beside = [place for place in versions(before) if place.folder != after.folder.resolve()]
        olds = [*(shape(place) for place in beside), *olds]
    return judge(olds, shape(after), mode)


def lines(verdict: Verdict, mode: Mode) -> Iterator[str]:
    """Say it to a person."""
    old, new = verdict.old, verdict.new
    yield f"{old.name} {_version(old.version, old.mapping_version)} ->" + (
        f" {new.name if new.name != old.name else ''}"
        f" {_version(new.version, new.mapping_version)}, mode {mode.value}"
    ).replace("  ", " ")
    if not verdict.changes:
        yield "  Nothing changes that a source or a reader relies on."
        return
    for whom, said in _WHOM.items():
        changes = [change for change in verdict.changes if change.breaks == whom]
        if changes:
            yield ""
            yield f"{said}:"
            yield from _changes(changes)
    yield ""
    yield _end(verdict, mode)


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        yield f"  {change.kind}  {change.path}"
        yield f"      {change.message}"
        yield f"      -> {change.next_step}"


def _end(verdict: Verdict, mode: Mode) -> str:
    count = len(verdict.broken)
    if not count:
        said = f"Nothing breaks what {mode.value} promises."
        return said if verdict.raised else f"{said} Raise the version: something changed."
    those = "1 change breaks" if count == 1 else f"{count} changes break"
    if verdict.excused:
        return (
            f"{those} what {mode.value} promises, and the new major version says so. Keep the old"
            " version running until the last source has moved."
        )
    if mode.transitive and verdict.new.major > verdict.old.major:
        return f"{those} what {mode.value} promises to every version, a new major one too."
    return (
        f"{those} what {mode.value} promises. Mend what breaks, or make it version"
        f" {verdict.old.major + 1}.0.0 in a folder v{verdict.old.major + 1} beside the old one."
    )


def _version(contract: str, mapping: str) -> str:
    return f"{contract} (mapping {mapping})"
