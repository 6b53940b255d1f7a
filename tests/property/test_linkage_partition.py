"""Properties of the partition of records into children: what linkage may never depend on."""

from hypothesis import given
from hypothesis import strategies as st

from hub.linkage.partition import Linked, Split, partition

_KEYS = st.none() | st.sampled_from(["x", "y", "z"])


@st.composite
def records(draw: st.DrawFn) -> list[Linked]:
    """Up to eight records of up to five persons, with few keys, so that chains are frequent."""
    persons = draw(st.lists(st.sampled_from("pqrst"), min_size=1, max_size=8))
    return [
        Linked(system="s", ref=f"r{n}", person=person, card=draw(_KEYS), name=draw(_KEYS))
        for n, person in enumerate(persons)
    ]


def as_sets(found: Split) -> tuple[frozenset[frozenset[str]], frozenset[str]]:
    """The partition without the order of its groups."""
    return frozenset(found.groups), found.ambiguous


@given(st.data())
def test_the_order_in_which_records_came_changes_nothing(data: st.DataObject) -> None:
    """Every worker, replay and restart finds the same children."""
    given_records = data.draw(records())
    shuffled = data.draw(st.permutations(given_records))
    assert as_sets(partition(shuffled)) == as_sets(partition(given_records))


@given(records())
def test_every_record_has_one_place(given_records: list[Linked]) -> None:
    """A record is in exactly one group, or waits for a person."""
    found = partition(given_records)
    places = [ref for group in found.groups for ref in group] + list(found.ambiguous)
    assert sorted(places) == sorted(record.ref for record in given_records)


@given(records())
def test_no_child_has_two_cards(given_records: list[Linked]) -> None:
    """Two card numbers are two children, whatever their names say."""
    by_ref = {record.ref: record for record in given_records}
    for group in partition(given_records).groups:
        assert len({by_ref[ref].card for ref in group} - {None}) <= 1


@given(records())
def test_a_source_person_is_never_split(given_records: list[Linked]) -> None:
    """All records of one person of one source go the same way."""
    found = partition(given_records)
    places = {ref: n for n, group in enumerate(found.groups) for ref in group}
    persons: dict[str, set[int]] = {}
    for record in given_records:
        persons.setdefault(record.person, set()).add(places.get(record.ref, -1))
    assert all(len(found_in) == 1 for found_in in persons.values())


@given(records())
def test_records_with_one_card_are_one_child_unless_a_person_has_two(
    given_records: list[Linked],
) -> None:
    """A card joins across systems."""
    found = partition(given_records)
    places = {ref: n for n, group in enumerate(found.groups) for ref in group}
    for card in {record.card for record in given_records if record.card}:
        held = {places[r.ref] for r in given_records if r.card == card and r.ref in places}
        assert len(held) <= 1


def test_a_name_between_two_cards_waits_for_a_person() -> None:
    """Two cards that meet over a record without one: nobody can say whose it is."""
    found = partition(
        [
            Linked(system="a", ref="r1", person="p1", card="c1", name="n"),
            Linked(system="b", ref="r2", person="p2", card="c2", name="n"),
            Linked(system="c", ref="r3", person="p3", card=None, name="n"),
        ]
    )
    assert found.ambiguous == {"r3"}
    assert set(found.groups) == {frozenset({"r1"}), frozenset({"r2"})}


def test_a_chain_of_names_joins_records_without_cards() -> None:
    """r1 and r3 share no key, and are one child through r2."""
    found = partition(
        [
            Linked(system="a", ref="r1", person="p1", card=None, name="m"),
            Linked(system="b", ref="r2", person="p2", card=None, name="m"),
            Linked(system="b", ref="r2b", person="p2", card=None, name="n"),
            Linked(system="c", ref="r3", person="p3", card=None, name="n"),
        ]
    )
    assert found.groups == (frozenset({"r1", "r2", "r2b", "r3"}),)
