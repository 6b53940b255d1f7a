"""Translates a contract's samples and compares them with what they should give. Shows no value."""

from collections.abc import Iterator
from typing import Any

import orjson

from contracts.checking.fault import SAMPLE, Fault, whole_file
from contracts.errors import HubError, RejectedError
from contracts.mapping.translation import Plan, Translated
from contracts.source_contract import SourceContract

_MOST = 5
_PARTS = ("identity", "facts", "figure", "answers", "quality")


def check_samples(contract: SourceContract, plan: Plan, text: str | None) -> list[Fault]:
    """Return what is wrong with the samples, or that some are missing."""
    if text is None:
        step = "write some real looking records with what they should give: see the shipped ones"
        return [_warn("", "samples_missing", "there are no samples", step)]
    try:
        samples = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        said = f"this is no JSON, from line {error.lineno} on"
        return [whole_file(SAMPLE, "json_wrong", said, "mend it")]
    if not isinstance(samples, list) or not all(map(_is_sample, samples)):
        return [
            whole_file(
                SAMPLE, "sample_form", "this is no list of samples",
                "write a list of objects with about, key, body, and gives or rejected",
            )
        ]  # fmt: skip
    faults = [fault for at, one in enumerate(samples) for fault in _sample(at, one, plan)]
    return faults + _kinds(samples, contract)


def _is_sample(one: object) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("body"), dict)
        and isinstance(one.get("key"), str)
        and isinstance(one.get("gives", {}), dict)
        and isinstance(one.get("rejected", []), list)
    )


def _kinds(samples: list[dict[str, Any]], contract: SourceContract) -> list[Fault]:
    """A contract shows a record that is taken, and where something is required, one that is not."""
    wanted = [("gives", "is taken")]
    wanted += [("rejected", "is rejected")] if contract.required else []
    return [
        _warn("", f"sample_{kind}", f"no sample shows a record that {says}", "add one")
        for kind, says in wanted
        if not any(kind in one for one in samples)
    ]


def _sample(at: int, one: dict[str, Any], plan: Plan) -> Iterator[Fault]:
    name = str(one.get("about", f"number {at + 1}"))
    place = f"[{at}]"
    if "gives" not in one and "rejected" not in one:
        step = "run `clmhub contract try` on such a record, and write down what should come out"
        yield _warn(place, "sample_open", f"sample {name!r} does not say what it gives", step)
        return
    try:
        got = plan.translate(one["body"], where=f"sample {at + 1}", key=one["key"])
    except RejectedError as error:
        yield from _rejected(place, name, one, error)
    except HubError as error:
        yield _wrong(place, name, f"cannot be translated: {error}")
    else:
        yield from _given(place, name, one, got)


def _rejected(place: str, name: str, one: dict[str, Any], error: RejectedError) -> Iterator[Fault]:
    found = [[reason.code, reason.column] for reason in error.reasons]
    if found != one.get("rejected"):
        told = ", ".join(f"{code} of {column}" for code, column in found)
        yield _wrong(place, name, f"is rejected for {told}")


def _given(place: str, name: str, one: dict[str, Any], got: Translated) -> Iterator[Fault]:
    if "rejected" in one:
        yield _wrong(place, name, "is taken and should be rejected")
        return
    wanted = one["gives"]
    empty: dict[str, list[object]] = {"answers": [], "quality": []}
    paths: list[str] = []
    for part in _PARTS:
        given = getattr(got, part)
        given = list(given) if isinstance(given, tuple) else given
        if part != "quality" or part in wanted:
            paths += differences(given, wanted.get(part, empty.get(part)), part)
    if paths:
        more = f" and {len(paths) - _MOST} places more" if len(paths) > _MOST else ""
        yield _wrong(place, name, f"gives something else at {', '.join(paths[:_MOST])}{more}")


def differences(got: object, wanted: object, path: str) -> list[str]:
    """Return the places at which two JSON values differ."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        names = sorted({*got, *wanted})
        return [
            where
            for name in names
            for where in differences(got.get(name), wanted.get(name), f"{path}.{name}")
        ]
    if isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        return [
            where
            for at, (one, other) in enumerate(zip(got, wanted, strict=True))
            for where in differences(one, other, f"{path}[{at}]")
        ]
    same = got == wanted and isinstance(got, bool) == isinstance(wanted, bool)
    return [] if same else [path]


def _warn(path: str, code: str, message: str, next_step: str) -> Fault:
    return Fault(
        level="warning", file=SAMPLE, line=0, path=path, code=code, message=message,
        next_step=next_step,
    )  # fmt: skip


def _wrong(path: str, name: str, said: str) -> Fault:
    return Fault(
        level="error", file=SAMPLE, line=0, path=path, code="sample_wrong",
        message=f"sample {name!r} {said}",
        next_step="correct the mapping, or the sample when it is the one that is wrong",
    )  # fmt: skip
