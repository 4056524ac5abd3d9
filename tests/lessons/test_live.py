"""The live tab against stepping: by plain loops, by `sheetgd run`, in IronCalc and in LibreOffice."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
import pytest

from conftest import CommandLine
from loops import CM, INCHES, X, Y
from office import Office, read_stored
from sheetgd.lessons.create import new

COUNTS = [0, 1, 5, 100, 1000, 10_000]
ASKED = "Type a whole number from 0 to 1,000,000."
LARGE = "The numbers grow too large: with this learn the run diverges. Try fewer epochs, or a smaller learn."
FUNCTIONS = {
    "ROUND",
    "SUMPRODUCT",
    "COUNT",
    "SQRT",
    "IF",
    "AND",
    "OR",
    "INT",
    "MOD",
    "ABS",
    "MIN",
    "MAX",
    "ISNUMBER",
}
FUNCTIONS |= {"INDEX", "MATCH"}


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("live")
    return {name: new(name, folder / f"{name}.xlsx") for name in ("descent", "belts")}


def step_descent(
    epochs: int,
    learn: float = 0.0001,
    h: float = 0.01,
    first: float = X[0],
    start: tuple[float, float] = (1, 1),
) -> list[float]:
    """m, b and rmse after so many epochs, row by row."""
    x, y = [first, *X[1:]], np.array(Y, dtype=float)
    m, b = map(float, start)
    for _ in range(epochs):
        for each, target in zip(x, map(float, Y), strict=True):
            error = (m * each + b - target) ** 2
            de_dm = (((m + h) * each + b - target) ** 2 - error) / h
            de_db = ((m * each + (b + h) - target) ** 2 - error) / h
            m, b = m - learn * de_dm, b - learn * de_db
    return [m, b, float(np.sqrt(np.mean((m * np.array(x) + b - y) ** 2)))]


def step_belts(epochs: int, learn: float = 1e-5, first: float = INCHES[0]) -> list[float]:
    """The multiplier and mse after so many epochs."""
    x, y, m = np.array([first, *INCHES[1:]]), np.array(CM), 0.0
    for _ in range(epochs):
        m -= learn * float(np.mean(2 * x * (m * x - y)))
    return [m, float(np.mean((m * x - y) ** 2))]


def ironcalc_finds(path: Path, typed: dict[str, Any]) -> dict[str, Any]:
    """The live tab's answers after these cells are typed, by IronCalc."""
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    sheets = [sheet["name"] for sheet in model.get_worksheets_properties()]

    def place(cell: str) -> tuple[int, int, int]:
        sheet, _, address = cell.rpartition("!")
        return (sheets.index(sheet), *openpyxl.utils.cell.coordinate_to_tuple(address))

    for cell, value in typed.items():
        model.set_user_input(*place(cell), "" if value is None else str(value))
    model.evaluate()
    return {cell: model.get_cell_value(*place(f"Live!{cell}")) for cell in ANSWERS}


def office_finds(office: Office, path: Path, typed: dict[str, Any], out: Path) -> dict[str, Any]:
    """The same by LibreOffice."""
    return office.recalculate(office.edit(path, typed, out))["Live"]


def answers(lesson: str, found: dict[str, Any]) -> list[Any]:
    """The parameters and the loss."""
    return [found[cell] for cell in (("H4", "H5", "K3") if lesson == "descent" else ("H4", "K3"))]


ANSWERS = ("P5", "H4", "H5", "K3", "B6")
STEPPED = {"descent": step_descent, "belts": step_belts}


# ------------------------------------------------------------------------------------------------ against stepping


@pytest.mark.parametrize("lesson", STEPPED)
@pytest.mark.parametrize("epochs", COUNTS)
def test_both_engines_agree_with_plain_loops(
    office: Office, live: dict[str, Path], tmp_path: Path, lesson: str, epochs: int
) -> None:
    expected = pytest.approx(STEPPED[lesson](epochs), rel=1e-9)
    typed = {"Live!C3": epochs}
    assert answers(lesson, ironcalc_finds(live[lesson], typed)) == expected
    assert answers(lesson, office_finds(office, live[lesson], typed, tmp_path / "typed.xlsx")) == expected


CHANGED = [
    ("descent", {"Descent!H3": 0.0003}, {"learn": 0.0003}),
    ("descent", {"Descent!B75": 20, "Descent!H5": 0.1}, {"first": 20, "h": 0.1}),
    ("descent", {"Descent!E4": -3, "Descent!E5": 80}, {"start": (-3, 80)}),
    ("belts", {"Belts!H3": 0.0002, "Belts!B13": 33}, {"learn": 0.0002, "first": 33}),
]


@pytest.mark.parametrize(("lesson", "typed", "changed"), CHANGED)
def test_what_is_changed_in_the_lesson_counts_at_once(
    office: Office, live: dict[str, Path], tmp_path: Path, lesson: str, typed: dict[str, Any], changed: Any
) -> None:
    expected = pytest.approx(STEPPED[lesson](777, **changed), rel=1e-9)
    typed = {**typed, "Live!C3": 777}
    assert answers(lesson, ironcalc_finds(live[lesson], typed)) == expected
    assert answers(lesson, office_finds(office, live[lesson], typed, tmp_path / "typed.xlsx")) == expected


def test_the_published_figures(live: dict[str, Path]) -> None:
    """1,000 epochs of descent are what stands there when the lesson is new; of belts likewise."""
    cells = {lesson: read_stored(path)["Live"] for lesson, path in live.items()}
    assert (cells["descent"]["C3"], cells["belts"]["C3"]) == (1000, 1000)
    assert [round(cells["descent"][cell], 5) for cell in ("H4", "H5")] == [2.31794, 21.57475]
    assert cells["belts"]["H4"] == pytest.approx(2.5414718343009355, rel=1e-13)


def test_a_million_epochs_are_where_it_settles(live: dict[str, Path]) -> None:
    """Both bits that only a large number has: 1,000,000 is no power of two, 524,288 the last of the doublings."""
    for epochs in (524_288, 1_000_000):
        found = answers("descent", ironcalc_finds(live["descent"], {"Live!C3": epochs}))
        assert [round(number, 5) for number in found[:2]] == [1.98290, 30.31586]


@pytest.mark.parametrize(("lesson", "epochs"), [("descent", (1, 99, 900)), ("belts", (5, 95))])
def test_it_stays_the_same_as_what_sheetgd_run_steps(
    sheetgd: CommandLine, office: Office, live: dict[str, Path], lesson: str, epochs: tuple[int, ...]
) -> None:
    book = Path(shutil.copy(live[lesson], sheetgd.folder / "book.xlsx"))
    last = "J" if lesson == "descent" else "H"  # of the numbers in the comparison
    done = 0
    for count in epochs:
        ended = sheetgd("run", book, "--epochs", count, "--json")
        assert (ended.code, ended.err) == (0, "")
        done += count
        stored = read_stored(book)["Live"]
        compared = [[stored[f"{column}{row}"] for column in letters("G", last)] for row in (33, 34)]
        assert [stored["F33"], stored["F34"]] == [1, done]
        for stepped, here in [pair for row in compared for pair in zip(row[::2], row[1::2], strict=True)]:
            assert stepped == pytest.approx(here, rel=1e-9)
        after = [change["after"] for change in ended.json()["parameters"].values()]
        assert compared[1][::2] == after
        assert [stored[f"{chr(ord(last) + 2)}{row}"] for row in (33, 34)] == ["the same"] * 2
    office.assert_stored_equals_recalculated(book)


def letters(first: str, last: str) -> list[str]:
    return [chr(code) for code in range(ord(first), ord(last) + 1)]


def test_ten_thousand_epochs_are_those_of_sheetgd_run(sheetgd: CommandLine, live: dict[str, Path]) -> None:
    for lesson in STEPPED:
        book = Path(shutil.copy(live[lesson], sheetgd.folder / f"{lesson}.xlsx"))
        ended = sheetgd("run", book, "--epochs", 10_000, "--json")
        after = [change["after"] for change in ended.json()["parameters"].values()]
        found = answers(lesson, ironcalc_finds(live[lesson], {"Live!C3": 10_000}))
        assert found[:-1] == pytest.approx(after, rel=1e-9)
        assert found[-1] == pytest.approx(ended.json()["loss"]["after"], rel=1e-9)


def test_it_says_so_when_it_is_not_the_same(office: Office, live: dict[str, Path], tmp_path: Path) -> None:
    cells = {"Descent!O8": 3, "Descent!P8": 2, "Descent!Q8": 2}
    found = office_finds(office, live["descent"], cells, tmp_path / "changed.xlsx")
    assert [found["F34"], found["L33"], found["L34"]] == [3, "the same", "not the same"]
    cells = {"Descent!I94": "=2*B94*(D94*B94+E94-C94)"}
    found = office_finds(office, live["descent"], cells, tmp_path / "formula.xlsx")
    assert [found["L33"], found["L34"]] == ["not the same", "the same"]


# --------------------------------------------------------------------------------------------------- what is typed


@pytest.mark.parametrize("typed", ["many", "2.5", "-1", "1000001", None, "TRUE"])
def test_what_is_no_number_of_epochs_gets_a_message(live: dict[str, Path], typed: str | None) -> None:
    found = ironcalc_finds(live["descent"], {"Live!C3": typed})
    found.pop("P5", None)  # the epochs that the scroll bar stands at
    assert found == {"H4": "?", "H5": "?", "K3": "?", "B6": ASKED}


def test_a_text_of_digits_gets_it_too(office: Office, live: dict[str, Path], tmp_path: Path) -> None:
    for typed in ('="1000"', 12.5):
        found = office_finds(office, live["belts"], {"Live!C3": typed}, tmp_path / "typed.xlsx")
        assert [found[cell] for cell in ("H4", "K3", "B6")] == ["?", "?", ASKED]
        assert not errors(found)


def errors(cells: dict[str, Any]) -> list[str]:
    return [
        cell for cell, value in cells.items() if isinstance(value, str) and value.startswith(("#", "Err:"))
    ]


@pytest.mark.parametrize("lesson", STEPPED)
def test_what_diverges_is_called_too_large_and_nothing_is_an_error(
    office: Office, live: dict[str, Path], tmp_path: Path, lesson: str
) -> None:
    tab = lesson.capitalize()
    typed = {f"{tab}!H3": 0.01, "Live!C3": 1_000_000}
    found = office_finds(office, live[lesson], typed, tmp_path / "large.xlsx")
    assert answers(lesson, found)[0] == "too large" and found["B6"] == LARGE and not errors(found)
    assert answers(lesson, found) == answers(lesson, ironcalc_finds(live[lesson], typed))
    few = ironcalc_finds(live[lesson], {f"{tab}!H3": 0.002, "Live!C3": 3})
    assert answers(lesson, few) == pytest.approx(STEPPED[lesson](3, learn=0.002), rel=1e-6)


def test_only_whole_numbers_up_to_the_most_can_be_typed(live: dict[str, Path]) -> None:
    sheet = openpyxl.load_workbook(live["descent"])["Live"]
    rule, bar = sheet.data_validations.dataValidation
    assert (str(bar.sqref), bar.type, bar.formula1, bar.formula2) == ("P4", "whole", "0", "30000")
    assert (str(rule.sqref), rule.type, rule.formula1, rule.formula2) == ("C3", "whole", "0", "1000000")
    assert rule.showErrorMessage and rule.error == ASKED


# -------------------------------------------------------------------------------------------------- as a worksheet


@pytest.mark.parametrize("lesson", STEPPED)
def test_every_spreadsheet_can_compute_it(live: dict[str, Path], lesson: str) -> None:
    """No function newer than Excel 2010, and no array formula."""
    sheet = openpyxl.load_workbook(live[lesson])["Live"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert len(cells) > 100 and all(isinstance(cell.value, str) for cell in cells)
    assert {name for cell in cells for name in re.findall(r"([\w.]+)\(", cell.value)} <= FUNCTIONS


@pytest.mark.parametrize("lesson", STEPPED)
def test_the_lesson_is_still_the_only_one_to_run(
    sheetgd: CommandLine, live: dict[str, Path], lesson: str
) -> None:
    for options in ((), ("--all",)):
        assert sheetgd("look", live[lesson], *options, "--json").json()["sheet"] == lesson.capitalize()


def test_the_charts_follow(live: dict[str, Path]) -> None:
    sheet = openpyxl.load_workbook(live["descent"])["Live"]
    line, way = sheet._charts
    assert [series.yVal.numRef.f for series in line.series] == [
        "'Descent'!$C$75:$C$94",
        "'Live'!$P$77:$P$78",
        "'Live'!$Q$77:$Q$78",
    ]
    assert way.x_axis.scaling.logBase == 10
    assert [series.xVal.numRef.f for series in way.series] == [
        "'Live'!$J$77:$J$96",
        "'Descent'!$O$8:$O$1007",
        "'Live'!$O$81",
    ]
    cells = read_stored(live["descent"])["Live"]
    assert [cells["J77"], cells["J96"], cells["O81"]] == [1, 2**19, 1000]
    for row, epochs in ((77, 1), (80, 8), (86, 512)):
        assert [cells[f"{c}{row}"] for c in "KLM"] == pytest.approx(step_descent(epochs), rel=1e-9)
    m, b, _ = step_descent(1000)
    assert [cells["O78"], cells["Q78"]] == pytest.approx([50, m * 50 + b], rel=1e-9)
