"""Plain rows: what is found and changed in them without expat is what expat finds and what is changed by it.

A comment behind the root element makes a sheet one that is left to expat as a whole: it is the oracle.
"""

from __future__ import annotations

import random
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import corpus
from handmade import MAIN
from sheetgd.books.xlsx.reader import Scan, beside_expat, scan, shared_strings
from sheetgd.books.xlsx.splice import Change, splice
from sheetgd.errors import BookError

TEMPLATES = sorted((Path(__file__).parent.parent / "templates").glob("*.xlsx"))
COMMENT = b"<!-- for expat -->"
STRINGS = ["one", "two", "three"]


def sheet(rows: str) -> bytes:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode(
        errors="surrogatepass"
    )


def told(found: Scan) -> dict[str, Any]:
    """All that a scan found, but for how rows were read."""
    cells = {name: value for name, value in vars(found.sheet).items() if not name.startswith("_")}
    cells |= {"values": dict(found.sheet.values), "formulas": dict(found.sheet.formulas)}
    rest = {"styles": dict(found.styles), "groups": found.groups, "scales": found.color_scales}
    kinds = {cell: type(value) for cell, value in found.sheet.values.items()}
    return cells | rest | {"kinds": kinds, "hollow": sorted(found.hollow)}


def outcome(data: bytes, strings: list[str]) -> dict[str, Any] | str:
    try:
        return told(scan(data, "S", strings))
    except BookError as error:
        return str(error)


def spliced(data: bytes, changes: dict[tuple[int, int], Change]) -> bytes | str:
    try:
        return splice(data, changes).removesuffix(COMMENT)
    except BookError as error:
        return str(error)


def changes_of(found: Scan, dice: random.Random) -> dict[tuple[int, int], Change]:
    """New results for some formulas, other values, texts and nothing for some cells, and some that are new."""
    results = [cell for cell in found.sheet.formulas if dice.random() < 0.5]
    typed = [cell for cell in {**found.styles, **found.sheet.values} if dice.random() < 0.3]
    fresh = [(dice.randint(1, 60), dice.randint(1, 30)) for _ in range(20)]
    made = {cell: Change(dice.choice([1.5, -2.0, "a & b", None])) for cell in typed + fresh}
    return made | {cell: Change(dice.uniform(-9, 9), is_result=True) for cell in results}


def sheets_of(path: Path) -> list[tuple[str, bytes, list[str]]]:
    with zipfile.ZipFile(path) as book:
        names = [name for name in book.namelist() if "/worksheets/sheet" in name.lower()]
        shared = [name for name in book.namelist() if name.lower() == "xl/sharedstrings.xml"]
        strings = shared_strings(book.read(shared[0])) if shared else []
        return [(name, book.read(name), strings) for name in names if name.endswith(".xml")]


def compare(data: bytes, strings: list[str], dice: random.Random) -> None:
    assert outcome(data, strings) == outcome(data + COMMENT, strings)
    changes = changes_of(scan(data, "S", strings), dice)
    assert spliced(data, changes) == spliced(data + COMMENT, changes)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_lesson_is_read_and_changed_alike(path: Path) -> None:
    found = sheets_of(path)
    assert any(list(beside_expat(data, ())) for _, data, _ in found)  # something is read so
    for name, data, strings in found:
        compare(data, strings, random.Random(name))


@pytest.mark.parametrize("seed", range(12))
def test_other_programs_workbooks_are_read_and_changed_alike(seed: int, tmp_path: Path) -> None:
    for name, data, strings in sheets_of(corpus.make(seed, tmp_path).path):
        compare(data, strings, random.Random(name))


# -- rows of every kind ----------------------------------------------------------------------------------------------
TEXTS = st.sampled_from(
    ["1", "-2.5E-3", " 7 ", "A1*2", "IF(A1&lt;2,1,&quot;x&quot;)", "&amp;lt;", "&#65;", "&e;", "a]]>b", "ü", "one\ntwo",
     "a\r\nb", "\t", "", "0", "3", "99", "nan", "1e999", "_x0041_", "#N/A", "true", "a > b", "\x01", "\ufffe", "x<y"]
)  # fmt: skip
CONTENTS = st.one_of(
    st.just("/>"),
    st.just("></c>"),
    TEXTS.map(lambda text: f"><v>{text}</v></c>"),
    st.tuples(TEXTS, TEXTS).map(lambda pair: f"><f>{pair[0]}</f><v>{pair[1]}</v></c>"),
    TEXTS.map(lambda text: f"><f>{text}</f></c>"),
    st.sampled_from(
        ['><f t="shared" si="0"/><v>1</v></c>', '><f t="array" ref="A1:B2">A9</f><v>1</v></c>', "><v/></c>",
         "><is><t>a</t></is></c>", "><v>1</v><v>2</v></c>", "><v>1</v><f>A1</f></c>", "><f/><v>1</v></c>",
         "><!-- 1 --><v>2</v></c>", "><v><![CDATA[3]]></v></c>", "><v>1</v>", "><?do it?></c>"]
    ),
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    ["", ' s="3"', ' t="n"', ' t="s"', ' s="0" t="str"', ' t="b"', ' t="e"', ' t="d"', ' t="inlineStr"', ' t="s" s="1"',
     ' s="1" s="2"', ' cm="1"', " s='4'", ' x:s="1"']
)  # fmt: skip
ADDRESSES = st.one_of(
    st.none(), st.sampled_from(["A1", "B1", "C2", "B2", "D3", "XFD3", "XFE3", "b2", "A01", "$A$1", ""])
)


@st.composite
def rows(draw: st.DrawFn) -> str:
    """Rows, mostly in order, of cells that are mostly plain."""
    made = []
    for row in range(1, draw(st.integers(1, 4)) + 1):
        columns = sorted(draw(st.sets(st.sampled_from("ABCDEF"), max_size=5)))
        cells = []
        for column in columns:
            odd = draw(st.integers(0, 5)) == 0
            where = draw(ADDRESSES) if odd else f"{column}{row}"
            address = "" if where is None else f' r="{where}"'
            plain = st.sampled_from(["/>", "><v>5</v></c>", "><f>A1+1</f><v>2</v></c>"])
            attributes = draw(ATTRIBUTES if odd else st.sampled_from(["", ' s="2"']))
            cells.append(f"<c{address}{attributes}{draw(CONTENTS if odd else plain)}")
        head = draw(
            st.sampled_from(
                [f' r="{row}"', f' r="{row}" spans="1:5"', "", f" r='{row}'", f' r="{row}" r="9"']
            )
        )
        made.append(f"<row{head}>{''.join(cells)}</row>")
    return "".join(made)


@given(rows(), st.integers(0, 99))
@example('<row r="1"><c r="A1" t="n"/><c r="B1" t="str"><f>A1</f></c></row>', 0)
@example('<row r="1"><c r="A1" t="b"/></row><row r="2"><c r="B2"><v>&amp;#65;</v></c></row>', 1)
def test_rows_of_every_kind_are_read_and_changed_alike(made: str, seed: int) -> None:
    data = sheet(made)
    by_expat = outcome(data + COMMENT, STRINGS)
    assert outcome(data, STRINGS) == by_expat
    if not isinstance(by_expat, str):
        changes = changes_of(scan(data, "S", STRINGS), random.Random(seed))
        assert spliced(data, changes) == spliced(data + COMMENT, changes)


def test_rows_elsewhere_are_no_rows() -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    data = sheet(row.replace("1", "2")).replace(
        b"</worksheet>", f"<extLst>{row}</extLst></worksheet>".encode()
    )
    assert told(scan(data, "S", []))["values"] == {(2, 1): 2.0}
    assert outcome(data, []) == outcome(data + COMMENT, [])


@pytest.mark.parametrize(
    "row",
    [
        '<c r="A1" t="str"><v>' + "&lt;x" * 300_000 + "</v></c>",
        "".join(f'<c r="A{n}"/>' for n in range(100_000)),
    ],
    ids=["entities", "cells"],
)
def test_a_long_row_takes_no_more_memory_than_it_is_long(row: str) -> None:
    data = sheet(f'<row r="1">{row}</row>')
    tracemalloc.start()
    try:
        outcome(data, [])
        assert tracemalloc.get_traced_memory()[1] < 8 * len(data)
    finally:
        tracemalloc.stop()
