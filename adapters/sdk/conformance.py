"""What every adapter must hold to, as checks that any test runner can call. Knows no system.

`make` builds the adapter anew, as a restart does; a check that fails raises AssertionError.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any, cast

from adapters.sdk.manifest import Capability, Manifest
from adapters.sdk.ports import (
    Answer,
    Batch,
    Pulls,
    PushesAnswers,
    PushesReferrals,
    Record,
)

Make = Callable[[], Any]
_PROTOCOLS: Mapping[Capability, type] = {
    "pulls": Pulls,
    "pushes_referrals": PushesReferrals,
    "pushes_answers": PushesAnswers,
}
_SAMPLE = tuple(
    Answer(
        referral=referral, system="any", office=office, row_key=key, state=state,
        on=date(2026, 1, day),
    )
    for referral, office, key, state, day in (
        ("r1", "A", "1/1", "accepted", 6),
        ("r1", "A", "1/1", "done", 9),
        ("r2", "B", "=1+1", "rejected", 7),
    )
)  # fmt: skip


def drain(
    make: Make, most: int, checkpoint: Mapping[str, Any] | None = None, *, restart: bool = False
) -> Iterator[Batch]:
    """Pull until the source says that there is no more; checkpoints go through JSON, as stored."""
    adapter = cast(Pulls, make())
    more = True
    while more:
        batch = adapter.pull(checkpoint, most)
        checkpoint = json.loads(json.dumps(batch.checkpoint))
        more = batch.more
        yield batch
        if restart:
            adapter = cast(Pulls, make())


def check_manifest_tells_the_truth(make: Make) -> None:
    """It declares the capabilities that the adapter has, and no others."""
    adapter = make()
    manifest: Manifest = adapter.manifest
    has = {name for name, protocol in _PROTOCOLS.items() if isinstance(adapter, protocol)}
    assert has == set(manifest.capabilities)
    assert manifest.touches
    assert manifest.owner


def check_records_are_whole(make: Make) -> None:
    """Each is of a declared kind, keyed, placed, dated, and plain JSON."""
    manifest: Manifest = make().manifest
    records = _records(drain(make, 1000))
    assert records, "a source without records shows nothing"
    for record in records:
        assert record.record in manifest.records
        assert record.key
        assert record.where
        assert record.version
        assert record.changed.utcoffset() == UTC.utcoffset(None)
        assert json.loads(json.dumps(record.body)) == record.body


def check_parts_give_what_the_whole_gives(make: Make) -> None:
    """Small batches, with a restart after each, lose nothing and add nothing."""
    whole = _identities(_records(drain(make, 1000)))
    for most in (1, 3):
        assert _identities(_records(drain(make, most, restart=True))) == whole


def check_a_pull_repeats_itself(make: Make) -> None:
    """What was given before a crash is given again from the same checkpoint."""
    first, again = cast(Pulls, make()).pull(None, 2), cast(Pulls, make()).pull(None, 2)
    assert _identities(first.records) == _identities(again.records)
    assert [record.version for record in first.records] == [r.version for r in again.records]


def check_a_drained_source_rests(make: Make) -> None:
    """Drained, it says until when it is complete; asked again, it gives nothing."""
    last = list(drain(make, 1000))[-1]
    assert last.complete_until is not None
    assert last.complete_until.utcoffset() == UTC.utcoffset(None)
    idle = cast(Pulls, make()).pull(json.loads(json.dumps(last.checkpoint)), 1000)
    assert not idle.records
    assert not idle.unreadable
    assert not idle.more
    assert idle.complete_until is not None
    assert idle.complete_until >= last.complete_until


def check_completeness_waits_for_the_last_part(make: Make) -> None:
    """No batch claims that all was given while more is to come."""
    assert all((batch.complete_until is None) == batch.more for batch in drain(make, 1))


def check_answers_can_be_repeated(make: Make) -> None:
    """The second time is as if there had been one; so is a late repetition of an older answer."""
    adapter = cast(PushesAnswers, make())
    adapter.answer(_SAMPLE)
    adapter.answer(_SAMPLE)
    cast(PushesAnswers, make()).answer(_SAMPLE[:1])


CHECKS: Mapping[Capability, Sequence[Callable[[Make], None]]] = {
    "pulls": (
        check_manifest_tells_the_truth,
        check_records_are_whole,
        check_parts_give_what_the_whole_gives,
        check_a_pull_repeats_itself,
        check_a_drained_source_rests,
        check_completeness_waits_for_the_last_part,
    ),
    "pushes_answers": (check_answers_can_be_repeated,),
    "pushes_referrals": (),  # a system that takes referrals has habits of its own: see its tests
}


def _records(batches: Iterator[Batch]) -> list[Record]:
    return [record for batch in batches for record in batch.records]


def _identities(records: Sequence[Record]) -> list[tuple[str, str, str]]:
    return sorted((one.record, one.key, json.dumps(one.body, sort_keys=True)) for one in records)
