"""A visit to a child after it was identified. Two in a row without child labour end a case."""

from datetime import date
from typing import Annotated

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing, YesNo


class FollowUpVisit(Thing):
    """One visit, done or due."""

    visit_id: Annotated[str, Label.C2, Meaning("Id of the visit.", of.PRIMERO)]
    kind: Annotated[
        str | None, Label.C2, Meaning("What was visited for.", of.PRIMERO, codes="visit_kinds")
    ] = None
    due_on: Annotated[
        date | None, Label.C2, Meaning("Day by which it is due.", of.PRIMERO, "d")
    ] = None
    visited_on: Annotated[date | None, Label.C2, Meaning("Day of the visit.", of.PRIMERO, "d")] = (
        None
    )
    in_child_labour: Annotated[
        YesNo | None, Label.C2, Meaning("Child labour was found at the visit.", of.CLMRS)
    ] = None
    attends_school: Annotated[
        YesNo | None, Label.C2, Meaning("The child attends school.", of.CLMRS)
    ] = None
