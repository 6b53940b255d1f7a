"""The dashboard: cases by area, age, sex and sector, and how fresh they are. Holds no data."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request, Response

from contracts.model.mirror_case import AgeBracket
from hub.web.access import Access
from hub.web.pages import Pages
from hub.web.tokens import Caller, Role
from mirror.answers import Cell, Dimension
from mirror.service import Reader

HERE = Path(__file__).resolve().parent
SHOWN: tuple[Dimension, ...] = ("state", "age_bracket", "sex", "isic_section", "quarter")
_AGES = get_args(AgeBracket)
_WIDTH = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line of a chart; `label` is a message's key or a code, `width` is in percent."""

    label: str
    is_word: bool
    cases: int
    width: float


def dashboard_pages() -> Pages:
    """Return the mirror's pages: the shared ones and the dashboard."""
    return Pages(title="mirror_title", folders=[HERE / "templates"], words=[HERE / "words.toml"])


def dashboard_router(reader: Reader, access: Access, pages: Pages) -> APIRouter:
    """Return the first page; it asks for a sign-in."""
    router = APIRouter(include_in_schema=False)
    analyst = Depends(access.require(Role.MOLIP_ANALYST))

    @router.get("/")
    def dashboard(request: Request, caller: Annotated[Caller, analyst]) -> Response:
        statistics, counted = reader.tables(caller, SHOWN)
        charts = [(by, bars(by, cells, pages)) for by, cells in counted.items()]
        return pages.render(
            request,
            "dashboard.html",
            caller=caller,
            fresh=statistics,
            statistics=[(cell, f"table_{cell.table}") for cell in statistics.cells],
            known=pages.words.keys,
            shown=sum(cell.cases for cell in counted["state"]),
            least=reader.k,
            charts=charts,
        )

    return router


def bars(by: Dimension, cells: Iterable[Cell], pages: Pages) -> list[Bar]:
    """Return the lines of one chart, in the order of their codes; the longest bar is full."""
    counted = {str(getattr(cell, by)): cell.cases for cell in cells}
    longest = max(counted.values(), default=1)
    return [
        Bar(
            label=key if (key := f"{by}_{value}") in pages.words.keys else value,
            is_word=key in pages.words.keys,
            cases=counted[value],
            width=round(_WIDTH * counted[value] / longest, 1),
        )
        for value in sorted(counted, key=_order)
    ]


def _order(code: str) -> tuple[int, str]:
    return (_AGES.index(code) if code in _AGES else 0, code)
