"""A person who cares for a child. A third party: goes nowhere without a basis of its own."""

from typing import Annotated

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing, YesNo


class Guardian(Thing):
    """A parent, relative or other caregiver, as one source record names them."""

    relation: Annotated[
        str,
        Label.C6,
        Meaning(
            "Relation to the child; `unmapped` for a code that no list has.",
            of.PRIMERO,
            codes="relations",
        ),
    ] = "other"
    name: Annotated[str | None, Label.C6, Meaning("Full name.", of.PRIMERO)] = None
    phone: Annotated[
        str | None, Label.C6, Meaning("Telephone as `09...` or `+...`.", of.PRIMERO)
    ] = None
    card_no: Annotated[
        str | None, Label.C6, Meaning("Citizenship card number of the guardian.", of.CARD)
    ] = None
    caregiver: Annotated[
        YesNo | None, Label.C6, Meaning("Lives with the child and cares for it.", of.PRIMERO)
    ] = None
