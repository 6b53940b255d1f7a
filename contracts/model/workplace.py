"""Where a child works. A third party: its name and owner never leave with a child's row."""

from typing import Annotated

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import TOWNSHIP, Meaning, Thing

_COUNT = Field(ge=0, le=1_000_000)


class Workplace(Thing):
    """A workplace as an inspector describes it."""

    workplace_id: Annotated[
        str | None, Label.C6, Meaning("Id in the register of workplaces.", of.INSPECTION)
    ] = None
    name: Annotated[str | None, Label.C6, Meaning("Name.", of.INSPECTION)] = None
    owner: Annotated[str | None, Label.C6, Meaning("Owner or employer.", of.INSPECTION)] = None
    address: Annotated[str | None, Label.C6, Meaning("Address.", of.INSPECTION)] = None
    township: Annotated[
        str | None,
        Label.C1,
        Meaning("Township.", of.MIMU, codes="townships"),
        Field(pattern=TOWNSHIP),
    ] = None
    latitude: Annotated[
        float | None,
        Label.C6,
        Meaning("Latitude, WGS 84.", of.INSPECTION, "deg"),
        Field(ge=-90, le=90),
    ] = None
    longitude: Annotated[
        float | None,
        Label.C6,
        Meaning("Longitude, WGS 84.", of.INSPECTION, "deg"),
        Field(ge=-180, le=180),
    ] = None
    workers_total: Annotated[
        int | None, Label.C6, Meaning("Workers in all.", of.INSPECTION, "{person}"), _COUNT
    ] = None
    workers_15_17_m: Annotated[
        int | None,
        Label.C6,
        Meaning("Male workers of 15 to 17.", of.INSPECTION, "{person}"),
        _COUNT,
    ] = None
    workers_15_17_f: Annotated[
        int | None,
        Label.C6,
        Meaning("Female workers of 15 to 17.", of.INSPECTION, "{person}"),
        _COUNT,
    ] = None
    workers_u15_m: Annotated[
        int | None, Label.C6, Meaning("Male workers under 15.", of.INSPECTION, "{person}"), _COUNT
    ] = None
    workers_u15_f: Annotated[
        int | None, Label.C6, Meaning("Female workers under 15.", of.INSPECTION, "{person}"), _COUNT
    ] = None
