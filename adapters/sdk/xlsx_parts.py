"""What an .xlsx file says of itself: its sheets, its shared texts, its number formats."""

import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from adapters.sdk.grid import LONGEST_NAME
from adapters.sdk.unpack import DAMAGED, NOT_A_WORKBOOK, TOO_LARGE, Package, UnreadableError

MAX_FORMATS = 65_536  # Excel takes 65,490
_ROOT = "_rels/.rels"
_USUAL = "xl/workbook.xml"
Attributes = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """One sheet: its name, its place among all sheets, and the part that holds it."""

    name: str
    index: int
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that reading needs. `styles` is a small stylesheet with the number formats only."""

    sheets: Sequence[SheetPart]
    strings: str
    styles: bytes = field(repr=False)
    from_1904: bool


def read_parts(package: Package) -> Parts:
    """Read the workbook's own part and what it refers to. Raises UnreadableError."""
    main = _main_part(package)
    if main not in package:
        raise UnreadableError(NOT_A_WORKBOOK)
    named: list[Attributes] = []
    about: Attributes = {}
    each(
        package.blocks(main),
        {"sheet": named.append, "workbookPr": about.update},
    )
    related = _related(package, main)
    by_id = {one.get("Id", ""): one for one in related}
    sheets = [
        SheetPart(name=_name(sheet), index=index, part=_target(main, found))
        for index, sheet in enumerate(named)
        if (found := by_id.get(_relation_id(sheet))) and found["Type"].endswith("/worksheet")
    ]
    return Parts(
        sheets=[sheet for sheet in sheets if sheet.part in package],
        strings=_first(package, main, related, "/sharedStrings"),
        styles=_styles(package, _first(package, main, related, "/styles")),
        from_1904=about.get("date1904", "") in {"1", "true"},
    )


def each(blocks: Iterable[bytes], handlers: dict[str, Callable[[Attributes], object]]) -> None:
    """Call the handler of each element by its name, whatever prefix its namespace has."""

    def start(name: str, attributes: Attributes) -> None:
        if handler := handlers.get(name.rpartition(":")[2]):
            handler(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        for block in blocks:
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):  # the latter two: of its encoding
        raise UnreadableError(DAMAGED) from None


def _main_part(package: Package) -> str:
    if _ROOT not in package:
        return _USUAL
    found = [one for one in _relations(package, _ROOT) if one["Type"].endswith("/officeDocument")]
    return found[0]["Target"].lstrip("/") if found else _USUAL


def _related(package: Package, main: str) -> list[Attributes]:
    folder, name = posixpath.split(main)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in package:
        raise UnreadableError(NOT_A_WORKBOOK)
    return _relations(package, relations)


def _relations(package: Package, part: str) -> list[Attributes]:
    found: list[Attributes] = []
    each(package.blocks(part), {"Relationship": found.append})
    return [one for one in found if "Type" in one and "Target" in one]


def _first(package: Package, main: str, related: Sequence[Attributes], kind: str) -> str:
    """Return the first related part of a kind that is there; empty when none is."""
    parts = (_target(main, one) for one in related if one["Type"].endswith(kind))
    return next((part for part in parts if part in package), "")


def _target(main: str, relation: Attributes) -> str:
    target = relation["Target"].replace("\\", "/")
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(main), target))


def _relation_id(sheet: Attributes) -> str:
    return next((value for name, value in sheet.items() if name.rpartition(":")[2] == "id"), "")


def _name(sheet: Attributes) -> str:
    name = sheet.get("name", "")
    if len(name) > LONGEST_NAME:
        raise UnreadableError(DAMAGED)
    return name


def _styles(package: Package, part: str) -> bytes:
    """Return the formats of cells without fonts and fills: it is read again with every slice."""
    formats: list[str] = []
    cells: list[str] = []
    inside: list[str] = []

    def number_format(at: Attributes) -> None:
        code, number = quoteattr(at.get("formatCode", "")), quoteattr(at.get("numFmtId", "0"))
        formats.append(f"<numFmt numFmtId={number} formatCode={code}/>")

    def cell_format(at: Attributes) -> None:
        if inside and inside[-1] == "cellXfs":
            cells.append(f"<xf numFmtId={quoteattr(at.get('numFmtId', '0'))}/>")

    if part:
        each(
            package.blocks(part),
            {
                "numFmt": number_format, "xf": cell_format,
                "cellXfs": lambda _: inside.append("cellXfs"),
                "cellStyleXfs": lambda _: inside.append("cellStyleXfs"),
            },
        )  # fmt: skip
    if len(formats) + len(cells) > MAX_FORMATS:
        raise UnreadableError(TOO_LARGE)
    return (
        "<styleSheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        f"<numFmts>{''.join(formats)}</numFmts><cellXfs>{''.join(cells)}</cellXfs></styleSheet>"
    ).encode()
