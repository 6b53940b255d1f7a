"""For any bytes: no errors but our own, no value in a message, and the place of the fault."""

import json
import math
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.sdk.manifest import load_manifest
from adapters.sdk.reading import KINDS, open_file
from adapters.sdk.unpack import UnreadableError
from contracts import strict_json
from contracts.errors import RejectedError
from tests.conformance.sheets import INSPECTION, found, workbook

MARK = "Zqxjvkw"
FORM = load_manifest("adapters.labour_inspection").sheet
GOOD = workbook(S=[INSPECTION, found("I-1", 1, MARK), found("I-2", 1, MARK)])
LINES = f"{','.join(INSPECTION)}\nI-1,2026-01-05,YGN,{MARK},MMR013001,yes,1,{MARK},20\n".encode()
JSON = json.dumps([{"name": MARK, "list": [1, {"a": None}], "n": 1.5}]).encode()
SEEDS = {
    ".xlsx": GOOD,
    ".csv": LINES,
    ".json": JSON,
    ".jsonl": JSON[1:-1],
    ".xls": GOOD,
    ".ods": GOOD,
}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), TEXTS,
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(['"', '":', "\\", '": ', '"a" :', "{", "1e5"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=10,
)  # fmt: skip


def read(path: Path) -> None:
    """Read a file to its end in both ways; only our own error may come out, and silently."""
    for form in (FORM, None):
        try:
            file = open_file(path, form=form)
            for row in file.rows():
                json.dumps(row.body)
                assert MARK not in repr(row)
            assert MARK not in repr(file.problems)
        except UnreadableError as error:
            told = re.sub(r"\$\S*, byte", "", f"{error!r} {error.reason!r}")  # a path names keys
            hidden = error.__context__ is None or error.__suppress_context__
        else:
            told, hidden = "", True
        assert MARK not in told
        assert hidden


@pytest.mark.parametrize("suffix", KINDS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(
    content=st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda b: b"PK\3\4" + b))
)
def test_any_bytes_are_rows_or_a_reason(suffix: str, content: bytes, tmp_path: Path) -> None:
    """Whatever the name says."""
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    read(path)


@pytest.mark.parametrize("suffix", SEEDS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(data=st.data())
def test_a_good_file_that_was_damaged_is_rows_or_a_reason(
    suffix: str, data: st.DataObject, tmp_path: Path
) -> None:
    """Some bytes changed, cut out or put in."""
    content = bytearray(SEEDS[suffix])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(at, min(len(content), at + 20)))
        content[at:end] = data.draw(st.binary(max_size=20))
    path = tmp_path / f"a{suffix}"
    path.write_bytes(bytes(content))
    read(path)


PARTS = """<row>|<row r="1">|<row r="2"/>|<row r="9999999">|</row>|<c>|<c r="A1">|<c r="B2" t="s">
|<c r="ZZZ1" t="inlineStr">|<c t="e">|<c s="7" r="C3">|</c>|<v>|</v>|<v/>|0|1|-5|1e999|Zqxjvkw|<is>
|</is>|<t>|</t>|<f>|</f>|<!-- -->|<![CDATA[x]]>|&amp;|&#0;|</sheetData>|<sheetData>|<mergeCells>
|<mergeCell ref="A1:B9"/>|<mergeCell ref="A0:B0"/>|</mergeCells>|\x00|<|>"""
XML = st.lists(
    st.sampled_from(PARTS.replace("\n", "").split("|")),
    max_size=25,
).map("".join)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120, deadline=None
)
@given(inside=XML)
@example(inside='<row r="1"><c r="A1" t="s"><v>99</v></c></row>')
@example(inside='<row r="3"><c r="A7"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>')
def test_any_sheet_inside_a_good_workbook_is_rows_or_a_reason(inside: str, tmp_path: Path) -> None:
    """Also XML that is none, rows out of order, and cells in the wrong row."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(GOOD)) as good, zipfile.ZipFile(out, "w") as packed:
        for name in good.namelist():
            xml = good.read(name)
            if "sheet1" in name:
                xml = xml.replace(b"</sheetData>", inside.encode() + b"</sheetData>")
            packed.writestr(name, xml)
    path = tmp_path / "a.xlsx"
    path.write_bytes(out.getvalue())
    read(path)


@given(VALUES, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]), st.booleans())
def test_json_is_read_as_everybody_reads_it(
    value: object, separators: tuple[str, str], ascii_only: bool
) -> None:
    """However it is spaced and escaped, and however large a whole number is."""
    content = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()
    assert strict_json.loads(content) == value


@given(st.one_of(
    st.binary(max_size=30), st.text('[]{}",:\\u0d8 1-e.tnNa\n', max_size=14).map(str.encode)
))  # fmt: skip
def test_any_bytes_are_json_or_a_place(content: bytes) -> None:
    """What the standard library's parser takes without extras is taken, and nothing else."""
    try:
        value = strict_json.loads(content, where="a.json")
    except RejectedError as error:
        (reason,) = error.reasons
        assert reason.code.startswith("json_")
        place = re.fullmatch(r"a\.json, \$(?:\S*), byte (\d+)", reason.where)
        assert place
        assert int(place[1]) <= len(content)
    else:
        assert json.loads(content) == value
        assert "\ud800" not in repr(value)


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        (b'{"a":1,"b":{"c":1,"c":2}}', "json_key_twice", "$.b.c, byte 18"),
        (b'{"a":"' + MARK.encode() + b'","' + MARK.encode() + b' x":[1,]}', "json_malformed",
         "$.?[1], byte 30"),
        (b'{"a":[1,NaN]}', "json_no_number", "$.a[1], byte 8"),
        (b"[-Infinity]", "json_no_number", "$[0], byte 1"),
        (b'["\\ud83d"]', "json_surrogate", "$[0], byte 1"),
        (b'{"\\ud83d":1}', "json_surrogate", "$, byte 1"),
        (b"[" * 65 + b"]" * 65, "json_too_deep", "$" + "[0]" * 64 + ", byte 64"),
        (b'{"a":"\xc3("}', "json_encoding", "$, byte 6"),
        ('{"a":1}'.encode("utf-16"), "json_encoding", "$, byte 0"),
        (b'{"a":1e999}', "json_number_too_large", "$.a, byte 5"),
        (b"[" + b"9" * 5000 + b"]", "json_number_too_large", "$[0], byte 1"),
        (b'{"a":"x', "json_malformed", "$.a, byte 5"),
        (b"", "json_malformed", "$, byte 0"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(content: bytes, code: str, where: str) -> None:
    """The path and the byte; a key only where it is no text of anybody."""
    with pytest.raises(RejectedError) as caught:
        strict_json.loads(content)
    (reason,) = caught.value.reasons
    assert (reason.code, reason.where) == (code, where)
    assert MARK not in repr(reason)


def test_a_text_as_long_as_a_film_is_refused() -> None:
    """In a document that else is fine."""
    with pytest.raises(RejectedError, match="json_text_too_long"):
        strict_json.loads(b'{"a":"' + b"x" * (50 * 2**20) + b'"}')


def test_whole_numbers_are_not_rounded() -> None:
    """An id of twenty digits is an id."""
    assert strict_json.loads(b"[123456789012345678901234567890]") == [
        123456789012345678901234567890
    ]
    assert math.isfinite(strict_json.loads(b"1e308"))
