"""Tall tables: reading and rewriting thousands of rows at once gives what doing it cell by cell gives, to the byte."""

from __future__ import annotations

import random
import re
from array import array
from pathlib import Path

import openpyxl
import pytest

import sheetgd as library
from conftest import CommandLine
from handmade import MAIN
from parts import change_part, read_parts
from sheetgd.books.opening import open_book
from sheetgd.books.xlsx import reader
from sheetgd.books.xlsx import tall_rows as shapes
from sheetgd.books.xlsx.cell_change import CellChange
from sheetgd.books.xlsx.column_change import ColumnChange
from sheetgd.books.xlsx.reader import Scan, scan
from sheetgd.books.xlsx.splice import splice, spliced
from sheetgd.errors import BookError
from sheetgd.grid.a1 import Area, letters
from sheetgd.grid.column_runs import Run, Tall
from sheetgd.grid.run_values import fill_pattern
from sheetgd.maths import line as descent
from sheetgd.maths.line_blocks import Blocks
from tall_sheets import LEARN, H, points, write_tall

ROWS = 400
SHEET = "xl/worksheets/sheet1.xml"


def sheet(row: str, rows: range = range(1, ROWS + 1), head: str = "", tail: str = "") -> bytes:
    """A worksheet of rows like this one, in which {r} stands for the row, {p} for the one above, {v} for a number."""
    made = random.Random(0)
    lines = [row.format(r=r, p=r - 1, v=repr(made.uniform(-9, 9))) for r in rows]
    return (
        f'<worksheet xmlns="{MAIN}">{head}<sheetData>{"".join(lines)}</sheetData>{tail}</worksheet>'.encode()
    )


PLAIN = '<row r="{r}"><c r="A{r}"><v>{v}</v></c><c r="B{r}"><v>7</v></c></row>'
FORMULAS = '<row r="{r}"><c r="A{r}"><v>{v}</v></c><c r="C{r}"><f>A{r}*$B$1+C{p}%</f><v>{v}</v></c></row>'
SHEETS = {
    "numbers": sheet(PLAIN),
    "styles": sheet(
        '<row r="{r}" spans="1:9" ht="15"><c r="A{r}" s="3"><v>{v}</v></c><c r="B{r}" s="1"/></row>'
    ),
    "as LibreOffice writes numbers": sheet('<row r="{r}"><c r="A{r}" s="0" t="n"><v>{v}</v></c></row>'),
    "formulas": sheet(FORMULAS),
    "entities in formulas": sheet(
        '<row r="{r}"><c r="A{r}"><f>IF(B{r}&lt;&gt;"&amp;lt;",1,2)</f><v>1</v></c></row>'
    ),
    "a formula that stops": sheet(FORMULAS).replace(b"A300*", b"A299*"),
    "a text among numbers": sheet(PLAIN).replace(
        b'<c r="B200"><v>7</v></c>', b'<c r="B200" t="inlineStr"><is><t>seven</t></is></c>'
    ),
    "a row that is missing": re.sub(rb'<row r="200">.*?</row>', b"", sheet(PLAIN)),
    "other cells in between": sheet(PLAIN).replace(b'<row r="150">', b'<row r="150" hidden="1">'),
    "shared formulas": sheet('<row r="{r}"><c r="A{r}"><f t="shared" si="0"/><v>{v}</v></c></row>').replace(
        b'si="0"/>', b'si="0" ref="A1:A400">B1+1</f>', 1
    ),
    "a comment": sheet(PLAIN, head="<!-- <row r='1'> -->"),
    "a comment in the data": sheet(PLAIN).replace(b'<row r="9">', b'<!-- <row r="9"></row> --><row r="9">'),
    "no spaces where they may be": sheet(PLAIN).replace(b'<row r="3">', b'<row\tr="3" >'),
}


@pytest.fixture(params=SHEETS)
def xml(request: pytest.FixtureRequest) -> bytes:
    return SHEETS[request.param]


def read_both(xml: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[Scan, Scan]:
    """The sheet, read with stretches of rows at once, and cell by cell."""
    monkeypatch.setattr(reader, "TALL", 0)
    at_once = scan(xml, "S", [])
    monkeypatch.setattr(reader, "TALL", len(xml) + 1)
    return at_once, scan(xml, "S", [])


def test_reading_at_once_finds_the_same(xml: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, by_cell = read_both(xml, monkeypatch)
    assert not by_cell.stretches
    assert dict(at_once.sheet.values) == by_cell.sheet.values
    assert dict(at_once.sheet.formulas) == by_cell.sheet.formulas
    assert dict(at_once.styles) == by_cell.styles
    assert all(at_once.sheet.values[cell] == value for cell, value in by_cell.sheet.values.items())
    assert len(at_once.sheet.values) == len(by_cell.sheet.values)


@pytest.mark.parametrize(
    "name", ["numbers", "styles", "as LibreOffice writes numbers", "formulas", "entities in formulas"]
)
def test_plain_rows_are_read_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, _ = read_both(SHEETS[name], monkeypatch)
    assert sum(len(stretch.rows) for stretch in at_once.stretches) >= ROWS - 2


@pytest.mark.parametrize("value", ["1e999", "-1e400", "nan", "0x1", "--1", "1_0"])
def test_a_number_that_is_none_is_refused_alike(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    xml = sheet(PLAIN).replace(b"<v>7</v>", f"<v>{value}</v>".encode())
    found = []
    for tall in (0, len(xml) + 1):
        monkeypatch.setattr(reader, "TALL", tall)
        try:
            found.append(scan(xml, "S", []).sheet.values[5, 2])
        except BookError as error:
            found.append(str(error))
    assert found[0] == found[1]


def test_wide_rows_have_no_shape() -> None:
    for cells, learned in ((shapes.WIDEST, True), (shapes.WIDEST + 1, False)):
        row = "".join(f'<c r="{letters(number)}1"><v>1</v></c>' for number in range(1, cells + 1))
        assert bool(shapes.learn(f'<row r="1">{row}</row>'.encode(), 0)) == learned


def test_rows_out_of_order_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "TALL", 0)
    twice = sheet(PLAIN) + sheet(PLAIN)
    rows = twice.replace(b"</sheetData></worksheet>" + f'<worksheet xmlns="{MAIN}"><sheetData>'.encode(), b"")
    with pytest.raises(BookError, match=r"sheet S is damaged at or after"):
        scan(rows, "S", [])


def test_rows_that_are_no_cells_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "TALL", 0)
    rows = "".join(PLAIN.format(r=r, v=1.5) for r in range(1, ROWS))
    outside = sheet(PLAIN, range(1, 3), tail=f"<extLst>{rows}</extLst>")
    assert len(scan(outside, "S", []).sheet.values) == 4


def columns_of(found: Scan, made: random.Random) -> list[ColumnChange]:
    """Numbers down three columns: one with formulas takes results, an old one and a new one take typed numbers."""
    changes = []
    for column in (1, 3, 7):
        first, last = made.randint(1, 20), made.randint(350, ROWS)
        if any((row, column) in found.sheet.formulas for row in range(first, last + 1)):
            first, last = 1, ROWS
        numbers = array("d", [made.choice([made.uniform(-5, 5), 7.0, 1e300]) for _ in range(first, last + 1)])
        numbers[5] = found.sheet.number((first + 5, column)) or 0.0  # stays as it is
        is_result = (first, column) in found.sheet.formulas
        style = "2" if column == 7 else None
        changes.append(ColumnChange(Run(first, column, numbers), is_result, style, found.sheet.values))
    return changes


@pytest.mark.parametrize("seed", range(3))
def test_rewriting_at_once_gives_the_same_bytes(
    xml: bytes, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, by_cell = read_both(xml, monkeypatch)
    made = random.Random(seed)
    columns = columns_of(at_once, made)
    singles = {
        (made.randint(1, ROWS), made.choice([2, 5, 9])): CellChange(made.random()) for _ in range(seed * 9)
    }
    single_by_single = dict(singles)
    for change in columns:
        for cell, value in zip(change.run.area.cells, change.run.values, strict=True):
            if by_cell.sheet.values.get(cell) != value:
                single_by_single[cell] = CellChange(value, change.is_result, change.style)
    done = b"".join(spliced(xml, singles, [Area.parse("B2:C3")], columns, at_once.stretches))
    assert done == splice(xml, single_by_single, [Area.parse("B2:C3")])


def test_a_tall_dict() -> None:
    cells: Tall[float] = Tall({(1, 1): 1.0, (12, 1): -1.0})
    cells.add(Run(10, 1, array("d", [10.0, 11.0, 12.0])))
    expected = {(1, 1): 1.0, (10, 1): 10.0, (11, 1): 11.0, (12, 1): -1.0}
    assert dict(cells) == expected and len(cells) == 4
    assert cells.down((10, 1), 11) is None  # one of them is set singly
    assert cells.get((13, 1)) is None and (13, 1) not in cells
    with pytest.raises(KeyError):
        cells[9, 1]


@pytest.mark.parametrize(
    ("first", "second"), [("A7", "B8"), ("A7+1", "A8+3"), ('A7&"7"', "A8"), ("A$7", "A$7*2")]
)
def test_formulas_that_are_not_filled_down(first: str, second: str) -> None:
    assert fill_pattern(first, second, 7) is None


# -- computing ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 255, 256, 257, 5000])
@pytest.mark.parametrize("learn", [1e-5, 1e-4, 3.9e-4, 7e-4])
def test_blocks_step_as_the_plain_loop_does(count: int, learn: float) -> None:
    made = random.Random(count)
    xs = [made.uniform(-50, 50) for _ in range(count)]
    ys = [2 * x + 30 + made.gauss(0, 2) for x in xs]
    plain = descent.epoch(xs, ys, 1.5, -2.0, learn)
    blocks = Blocks(xs, ys, learn)
    assert blocks.after(1.5, -2.0) == pytest.approx((plain[-1].new_m, plain[-1].new_b), rel=1e-12)
    terms = blocks.terms(1.5, -2.0)
    for name in ("m", "b", "new_m", "new_b"):
        scale = max(abs(getattr(row, name)) for row in plain)
        assert list(terms(name)) == pytest.approx(
            [getattr(row, name) for row in plain], rel=1e-12, abs=1e-12 * scale
        )
    assert blocks.mse(1.0, 2.0) == pytest.approx(descent.mse(xs, ys, 1.0, 2.0), rel=1e-12)


def plain_epochs(rows: int, epochs: int) -> list[descent.Step]:
    """The last of so many epochs, by the plain loop."""
    xs, ys = zip(*points(rows), strict=True)
    m = b = 1.0
    steps: list[descent.Step] = []
    for _ in range(epochs):
        steps = descent.epoch(xs, ys, m, b, LEARN, H)
        m, b = steps[-1].new_m, steps[-1].new_b
    return steps


@pytest.mark.parametrize("rows", [12_000, 70_000], ids=["by blocks", "deflated in a thread"])
def test_a_tall_table_of_values_is_filled(tmp_path: Path, sheetgd: CommandLine, rows: int) -> None:
    path = write_tall(tmp_path / "tall.xlsx", rows, formulas=False)
    before = read_parts(path)
    ended = sheetgd("run", path, "--epochs", 3, "--json")
    assert ended.code == 0, ended.err
    last = plain_epochs(rows, 3)[-1]
    m, b = (ended.json()["parameters"][name]["after"] for name in "mb")
    assert (m, b) == pytest.approx((last.new_m, last.new_b), rel=1e-12)
    after = read_parts(path)
    assert [name for name in after if after[name] != before[name]] == [SHEET]
    found = openpyxl.load_workbook(path, read_only=True)["Tall"]
    table = list(found.iter_rows(2, rows + 1, 1, 6, values_only=True))
    xs, ys = zip(*points(rows), strict=True)
    assert [row[:2] for row in table] == list(zip(xs, ys, strict=True))
    steps = descent.epoch(xs, ys, m, b, LEARN, H)  # the table shows the steps that come next
    assert [row[2:] for row in table] == [
        pytest.approx((row.m, row.b, row.new_m, row.new_b), rel=1e-11) for row in steps
    ]
    assert found["Q2"].value == 0 and found["Q5"].value == 3 and found["R5"].value == m
    assert sheetgd("run", path, "--epochs", 1).code == 0  # filled rows are read and rewritten, too


def test_a_tall_table_of_formulas_is_run(tmp_path: Path, sheetgd: CommandLine) -> None:
    rows = 3000
    path = write_tall(tmp_path / "tall.xlsx", rows, formulas=True)
    ended = sheetgd("run", path, "--epochs", 2, "--json")
    assert ended.code == 0, ended.err
    last = plain_epochs(rows, 2)[-1]
    m, b = (ended.json()["parameters"][name]["after"] for name in "mb")
    assert (m, b) == pytest.approx((last.new_m, last.new_b), rel=1e-9)
    shown = openpyxl.load_workbook(path, data_only=True)["Tall"]
    steps = plain_epochs(rows, 3)
    for row in (2, 3, 1500, rows + 1):
        assert [cell.value for cell in shown[row][2:12]] == pytest.approx(list(steps[row - 2]), rel=1e-6)
    formulas = openpyxl.load_workbook(path)["Tall"]
    assert formulas["G1500"].value == "=((C1500+$O$5)*A1500+D1500-B1500)^2"


def test_a_tall_column_whose_results_turn_into_texts(tmp_path: Path, sheetgd: CommandLine) -> None:
    path = write_tall(tmp_path / "tall.xlsx", 1500, formulas=True)
    more = rb'\1<c r="M\2"><f>IF($O$1&gt;1,"far "&amp;A\2,A\2)</f><v>\3</v></c>'  # numbers until m has moved
    cells = rb'(<c r="A(\d+)"><v>([^<]*)</v></c>.*?<c r="L\2">.*?</c>)'
    change_part(path, SHEET, lambda xml: re.sub(cells, more, xml))
    ended = sheetgd("run", path, "--epochs", 1)
    assert ended.code == 0, ended.err
    shown = openpyxl.load_workbook(path, data_only=True)["Tall"]
    assert [shown.cell(row, 13).value for row in range(2, 1502)] == [f"far {x:g}" for x, _ in points(1500)]
    assert openpyxl.load_workbook(path)["Tall"]["M700"].value == '=IF($O$1>1,"far "&A700,A700)'
    assert sheetgd("run", path, "--epochs", 1).code == 0


def test_stored_results_that_are_wrong_in_one_row(tmp_path: Path, sheetgd: CommandLine) -> None:
    """What the engine cannot reproduce is found in a column that is otherwise read and compared as a whole."""
    path = write_tall(tmp_path / "tall.xlsx", 1500, formulas=True)
    result = rb'(<c r="E700"><f>[^<]*</f><v>)[^<]*'
    change_part(path, SHEET, lambda xml: re.sub(result, rb"\g<1>12345.5", xml))
    ended = sheetgd("run", path, "--epochs", 1)
    assert ended.code == 1
    assert "Tall!E700" in ended.err and "the workbook holds 12345.5" in ended.err


def test_a_tall_table_that_diverges(tmp_path: Path, sheetgd: CommandLine) -> None:
    path = write_tall(tmp_path / "tall.xlsx", 12_000, formulas=False)
    before = path.read_bytes()
    ended = sheetgd("run", path, "--learn", 0.01)
    assert ended.code == 3 and "every learn below 0.000399 " in ended.err
    assert path.read_bytes() == before


def test_a_text_far_down_a_tall_table(tmp_path: Path, sheetgd: CommandLine) -> None:
    path = write_tall(tmp_path / "tall.xlsx", 5000, formulas=False)
    text = b'<c r="B4000" t="inlineStr"><is><t>5,5</t></is></c>'
    change_part(path, SHEET, lambda xml: re.sub(rb'<c r="B4000"><v>[^<]*</v></c>', text, xml))
    ended = sheetgd("run", path)
    assert ended.code == 1
    assert ended.err == 'tall.xlsx, Tall!B4000: y is the text "5,5", not a number; type 5.5 as a number.\n'


def test_a_tall_workbook_is_looked_at(tmp_path: Path) -> None:
    path = write_tall(tmp_path / "tall.xlsx", 5000, formulas=True)
    with open_book(path) as book:
        layout = library.look(book)
    assert layout.area.a1 == "A1:L5001" and layout.rule == "formulas"
