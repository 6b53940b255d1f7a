"""The privacy class of a field (C0 to C7) and how a field carries it. No field is without one."""

from enum import StrEnum
from typing import Any, get_type_hints

from pydantic import BaseModel


class Label(StrEnum):
    """Privacy classes, after the case-management practice that the design follows.

    They are ordered by kind and not by rank: each recipient is allowed a set of them.
    """

    C0 = "C0"  # published aggregates
    C1 = "C1"  # pseudonymised core: age band, sex, area, sector, verdicts, month
    C2 = "C2"  # services, referral states, school status
    C3 = "C3"  # direct identifiers: names, card, phone, address, exact birth date
    C4 = "C4"  # exploitation kinds, trafficking, armed forces, health, ethnicity, nationality
    C5 = "C5"  # free text and attachments
    C6 = "C6"  # third parties: employer, caregiver, reporter
    C7 = "C7"  # case worker, office, school


def label_of(model: type[BaseModel], field: str) -> Label:
    """Return the label in the field's `Annotated` type.

    Raises TypeError for a field that has none or several.
    """
    hints: dict[str, Any] = get_type_hints(model, include_extras=True)
    marks = [m for m in getattr(hints[field], "__metadata__", ()) if isinstance(m, Label)]
    if len(marks) != 1:
        raise TypeError(
            f"{model.__name__}.{field} needs exactly one privacy label, has {len(marks)}"
        )
    return marks[0]
