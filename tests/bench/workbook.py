"""Reading a large workbook: rows a second, and the memory that it takes. Judges nothing.

`python -m tests.bench.workbook` writes a sheet of a million rows of 24 columns as Excel writes it
(shared texts, dates as serials), and reads it in a process of its own; beside it, two readers on a
part of it: openpyxl in its read-only way, and calamine, which holds the sheet.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.parts import Plan

COLUMNS = (
    "township_pcode", "school_code", "school_name", "academic_year", "month", "grade", "class",
    "student_no", "name_my", "father_name", "mother_name", "sex", "dob", "age", "school_days",
    "days_present", "days_absent", "absence_reason", "status", "sees_working", "work_kind_text",
    "teacher_refers", "guardian_informed", "remarks",
)  # fmt: skip
ROWS = 1_000_000
SLICE = 50_000
_SYLLABLES = ("မောင်", "အေး", "လွင်", "စိုး", "ခင်", "နု", "မြ", "သီတာ", "ထွန်း", "ဇော်")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SMALL_PARTS = {
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
    f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="January" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14"/></cellXfs></styleSheet>',
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-'
    'types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override'
    ' PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override'
    ' PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.sharedStrings+xml"/></Types>',
}


def write(path: Path, rows: int) -> None:
    """Write the workbook: every pupil with a name of its own, so that texts are many."""
    shared: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, text in _SMALL_PARTS.items():
            packed.writestr(name, text)
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, cells in enumerate(_rows(rows), 1):
                sheet.write(_row(number, cells, shared))
            sheet.write(b"</sheetData></worksheet>")
        with packed.open("xl/sharedStrings.xml", "w", force_zip64=True) as strings:
            strings.write(f'<sst xmlns="{_MAIN}">'.encode())
            for text in shared:
                strings.write(f"<si><t>{text}</t></si>".encode())
            strings.write(b"</sst>")


def _rows(count: int) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    for at in range(count):
        name = "".join(_SYLLABLES[at // 10**digit % 10] for digit in range(3))
        yield (
            "MMR010006", f"{at // 400:05d}", f"School {at // 400}", "2025-2026", "2026-01",
            str(at % 12 + 1), "A", at, f"{name} {at}", f"ဦး{name}", f"ဒေါ်{name}", "M",
            40_000 + at % 3000, at % 12 + 5, 20, 18, 2, "working", "enrolled", "yes", "ဈေးရောင်း",
            "no", "no", None,
        )  # fmt: skip


def _row(number: int, cells: tuple[object, ...], shared: dict[str, int]) -> bytes:
    parts = [f'<row r="{number}">']
    for column, cell in enumerate(cells):
        place = f"{chr(65 + column)}{number}"
        if isinstance(cell, str):
            at = shared.setdefault(cell, len(shared))
            parts.append(f'<c r="{place}" t="s"><v>{at}</v></c>')
        elif cell is not None:
            style = ' s="1"' if column == 12 else ""
            parts.append(f'<c r="{place}"{style}><v>{cell}</v></c>')
    parts.append("</row>")
    return "".join(parts).encode()


def _ours(path: Path) -> int:
    from adapters.sdk.reading import open_file

    return sum(1 for _ in open_file(path).rows())


def _openpyxl(path: Path) -> int:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True)) - 1


def _calamine(path: Path) -> int:
    from python_calamine import CalamineWorkbook

    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()) - 1


READERS: dict[str, Callable[[Path], int]] = {
    "ours": _ours, "openpyxl": _openpyxl, "calamine": _calamine,
}  # fmt: skip


def read_here(reader: str, path: Path) -> dict[str, float]:
    """Read the file in this process, and say how long it took and how much memory in all."""
    start, cpu = time.perf_counter(), time.process_time()
    rows = READERS[reader](path)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {
        "rows": rows, "rows_per_second": rows / seconds, "cpu_us_per_row": cpu / rows * 1e6,
        "peak_mib": peak_of_this_process() / 2**20,
    }  # fmt: skip


def peak_of_this_process() -> int:
    """The most memory that was resident, in bytes. What getrusage says begins with the parent's."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")
    )


def read_apart(reader: str, path: Path) -> dict[str, Any]:
    """The same in a process of its own, so that its memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.workbook", "--reader", reader, "--file", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(rows: int, part: int, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Write both workbooks, and read each with those that can."""
    whole, slice_ = folder / "whole.xlsx", folder / "slice.xlsx"
    write(whole, rows)
    write(slice_, part)
    found = {f"ours, {rows} rows": read_apart("ours", whole)}
    found |= {f"{reader}, {part} rows": read_apart(reader, slice_) for reader in READERS}
    for name, one in found.items():
        say(
            f"{name:24}{one['rows_per_second']:10.0f} rows/s"
            f"{one['cpu_us_per_row']:8.1f} us CPU a row"
            f"{one['peak_mib']:8.0f} MiB"
        )
    return found


def workbook(plan: "Plan") -> dict[str, Any]:
    """The part of `make bench`."""
    return measure(ROWS, SLICE, plan.folder, plan.say)


def main() -> None:
    """Measure, or be the process that is measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--slice", type=int, default=SLICE)
    parser.add_argument("--reader", choices=READERS)
    parser.add_argument("--file", type=Path)
    chosen = parser.parse_args()
    if chosen.reader:
        print(json.dumps(read_here(chosen.reader, chosen.file)))
        return
    with tempfile.TemporaryDirectory(prefix="clmhub-bench-") as folder:
        measure(chosen.rows, chosen.slice, Path(folder), print)


if __name__ == "__main__":
    main()
