"""The lesson with two minima: its figures by `sheetgd run`, by plain loops and by LibreOffice; how it is laid out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
import pytest
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from conftest import CommandLine
from office import Office, read_stored
from sheetgd.lessons.create import new
from sheetgd.lessons.minima import starts

H = 0.01


def loss(w: Any, dent: float = 2.5) -> Any:
    return (w - 4) ** 2 / 5 - dent * np.exp(-1.5 * w**2)


def exact(w: Any, dent: float = 2.5) -> Any:
    return 2 * (w - 4) / 5 + 3 * dent * w * np.exp(-1.5 * w**2)


def way(
    steps: int, learn: float = 0.15, beta: float = 0.0, w: Any = -2.0, dent: float = 2.5, h: float = H
) -> Any:
    """w before the first step and after each, shape (steps + 1, ...)."""
    found, v = [np.array(w, dtype=float)], 0.0
    for _ in range(steps):
        v = beta * v + (1 - beta) * (loss(found[-1] + h, dent) - loss(found[-1], dent)) / h
        found.append(found[-1] - learn * v)
    return np.array(found)


@pytest.fixture(scope="session")
def minima(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new("minima", tmp_path_factory.mktemp("minima") / "minima.xlsx")


@pytest.fixture
def book(minima: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(minima, tmp_path / "minima.xlsx"))


def column(cells: dict[str, Any], letter: str, first: int, last: int) -> np.ndarray:
    return np.array([cells[f"{letter}{row}"] for row in range(first, last + 1)])


# --------------------------------------------------------------------------------------------------- by sheetgd run


@pytest.mark.parametrize(
    ("beta", "learn", "ends"), [(0, 0.15, "local"), (0.9, 0.15, "global"), (0, 0.5, "global")]
)
def test_a_run_takes_the_steps_of_plain_loops(
    sheetgd: CommandLine, office: Office, book: Path, beta: float, learn: float, ends: str
) -> None:
    if beta:
        book = office.edit(book, {"F3": beta}, sheetgd.folder / "rolling.xlsx")
    ended = sheetgd("run", book, "--learn", learn, "--json")
    assert (ended.code, ended.json()["epochs"]) == (0, 40)
    expected = way(40, learn, beta)
    log = ended.json()["log"]
    assert [row["w"] for row in log] == pytest.approx(expected[1:], rel=1e-9)
    assert [row["loss"] for row in log] == pytest.approx(loss(expected[1:]), rel=1e-9)
    bottom = 0.2165 if ends == "local" else 4
    assert expected[-1] == pytest.approx(bottom, abs=0.2)
    cells = read_stored(book)["Minima"]
    assert (cells["O47"], cells["P47"], cells["Q47"]) == (40, cells["C4"], cells["K3"])
    slopes = (loss(expected + H) - loss(expected)) / H
    assert column(cells, "R", 7, 47) == pytest.approx(slopes, rel=1e-9, abs=1e-9)


def test_two_runs_roll_on_and_reset_begins_again(sheetgd: CommandLine, office: Office, book: Path) -> None:
    book = office.edit(book, {"F3": 0.9}, sheetgd.folder / "rolling.xlsx")
    before = office.recalculate(book)["Minima"]
    for _ in range(2):
        assert sheetgd("run", book, "--epochs", 15).code == 0
    assert office.assert_stored_equals_recalculated(book) > 1000
    cells = read_stored(book)["Minima"]
    assert cells["C4"] == pytest.approx(way(30, beta=0.9)[-1], rel=1e-9)
    assert cells["C5"] == pytest.approx((way(30, beta=0.9)[-2] - cells["C4"]) / 0.15, rel=1e-9)
    assert sheetgd("reset", book).code == 0
    assert read_stored(book)["Minima"] == pytest.approx(dict(before))


def test_a_step_that_is_too_large_is_stopped(sheetgd: CommandLine, book: Path) -> None:
    ended = sheetgd("run", book, "--learn", 40)
    assert ended.code == 3
    assert ended.err == (
        "minima.xlsx, Minima!H3: the run diverged in epoch 6 with learn 40; the sheet is as it was; try learn 2, with "
        "which the loss falls.\n"
    )


# ---------------------------------------------------------------------------------------------------- on the sheet


def test_the_three_ways(minima: Path) -> None:
    cells = read_stored(minima)["Minima"]
    for first, learn, beta in (("C", 0.15, 0.0), ("F", 0.15, 0.9), ("I", 0.5, 0.0)):
        w, _, its_loss = (get_column_letter(column_index_from_string(first) + n) for n in range(3))
        expected = way(40, learn, beta)
        assert column(cells, w, 160, 200) == pytest.approx(expected, rel=1e-9)
        assert column(cells, its_loss, 160, 200) == pytest.approx(loss(expected), rel=1e-9)
    assert [cells[f"B{row}"] for row in (41, 42, 43)] == ["plain", "momentum", "larger step"]
    assert [cells[f"G{row}"] for row in (41, 42, 43)] == ["local", "global", "global"]
    assert column(cells, "E", 41, 43) == pytest.approx([way(40)[-1], way(40, beta=0.9)[-1], way(40, 0.5)[-1]])


@pytest.mark.parametrize("seed", [1, 77])
def test_ten_starts(sheetgd: CommandLine, seed: int) -> None:
    assert sheetgd("new", "minima", "--seed", seed).code == 0
    cells = read_stored(sheetgd.folder / "minima.xlsx")["Minima"]
    begun = column(cells, "B", 72, 81)
    assert begun.tolist() == starts(seed) and len(set(begun)) > 5
    ends = way(60, w=begun)
    assert column(cells, "D", 72, 81) == pytest.approx(ends[-1], rel=1e-9)
    assert column(cells, "E", 72, 81) == pytest.approx(loss(ends[-1]), rel=1e-9, abs=1e-12)
    reached = ["global" if abs(w - 4) < 1 else "local" for w in ends[-1]]
    assert [cells[f"F{row}"] for row in range(72, 82)] == reached
    assert reached == ["global" if w > 1.1676 else "local" for w in begun], "the crest is the watershed"
    assert cells["F83"] == reached.count("global") and 0 < reached.count("global") < 10
    assert cells["F84"] == pytest.approx(loss(ends[-1]).min(), abs=1e-12)
    steps = np.array([column(cells, letter, 207, 267) for letter in "CDEFGHIJKL"]).T
    assert steps == pytest.approx(ends, rel=1e-9)


def test_the_same_seed_gives_the_same_starts_and_another_others() -> None:
    assert starts(5) == starts(5) != starts(6)
    assert all(-2.5 <= w <= 8 and w == round(w, 1) for seed in range(50) for w in starts(seed))


def test_the_curve_and_both_slopes(minima: Path) -> None:
    cells = read_stored(minima)["Minima"]
    x = np.linspace(-2.5, 8, 61)
    nudged = (loss(x + H) - loss(x)) / H
    for letter, expected in (
        ("B", x),
        ("C", loss(x)),
        ("D", nudged),
        ("E", exact(x)),
        ("F", nudged - exact(x)),
    ):
        assert column(cells, letter, 94, 154) == pytest.approx(expected, rel=1e-9, abs=1e-9), letter
    assert exact(x) == pytest.approx((loss(x + 1e-5) - loss(x - 1e-5)) / 2e-5, abs=1e-7)
    assert cells["E15"] == pytest.approx(exact(-2.0), rel=1e-12)
    assert cells["E14"] == cells["H5"] == pytest.approx((loss(-2 + H) - loss(-2.0)) / H, rel=1e-9)


def test_what_is_typed_counts_at_once(minima: Path) -> None:
    def typed(**cells: float) -> dict[str, Any]:
        model = ironcalc.load_from_xlsx(str(minima), "en", "UTC", "en")
        for cell, value in cells.items():
            model.set_user_input(0, *coordinate_to_tuple(cell), str(value))
        model.evaluate()
        places = {f"{c}{r}": (r, column_index_from_string(c)) for c in "CDEFGIM" for r in range(36, 95)}
        return {cell: model.get_cell_value(0, *place) for cell, place in places.items()}

    deep = typed(F4=4)
    assert deep["M94"] == pytest.approx(0.125, abs=0.1)
    assert [deep[f"G{row}"] for row in (41, 43)] == ["global", "local"], "the dent is the lower one now"
    flat = typed(F4=1, C42=0.15)
    assert flat["E41"] == pytest.approx(way(40, dent=1)[-1], rel=1e-9)
    assert [flat[f"F{row}"] for row in range(72, 82)].count("global") == 10
    coarse = typed(F5=0.5, D4=7)
    assert coarse["E41"] == pytest.approx(way(40, w=7, h=0.5)[-1], rel=1e-9)


def test_what_diverges_is_called_so_and_is_no_error(office: Office, minima: Path, tmp_path: Path) -> None:
    book = office.edit(minima, {"H3": 1000, "C43": 7}, tmp_path / "wild.xlsx")
    wild = office.recalculate(book)["Minima"]
    assert [wild[f"G{row}"] for row in (41, 42, 43)] == ["diverged"] * 3
    assert not [cell for cell, value in wild.items() if str(value).startswith(("#", "Err:"))]


def test_the_teachers_words_are_true(minima: Path) -> None:
    sheet = openpyxl.load_workbook(minima)["For the teacher"]
    [heading] = [cell.row for cell in sheet["C"] if cell.value == "epochs run"]
    ways = np.array([way(40), way(40, beta=0.9), way(40, 0.5)]).T
    for row in range(heading + 1, heading + 10):
        steps, *printed = (sheet.cell(row, at).value for at in range(3, 7))
        assert printed == pytest.approx(ways[steps], abs=0.00051)
    assert loss(ways[-1]) == pytest.approx([0.533, 0.007, 0], abs=0.00051)
    crest = max(np.linspace(0.5, 2, 15001), key=loss)
    assert (crest, loss(crest)) == (pytest.approx(1.17, abs=0.005), pytest.approx(1.281, abs=0.0005))
    assert way(40, beta=0.75)[-1] < 1 and way(40, beta=0.8)[-1] > 1.2
    assert way(200, beta=0.9).max() == pytest.approx(4.22, abs=0.005)
    jumping = way(400, 0.35)[-4:]
    assert jumping[0] == pytest.approx(jumping[2]) and abs(jumping[0] - jumping[1]) > 0.3
    dent, bowl = (next(w for w in np.linspace(*span, 100_001) if exact(w) >= 0) for span in ((0, 1), (3, 5)))
    assert (dent, bowl) == (pytest.approx(0.2165, abs=5e-5), pytest.approx(4, abs=5e-5))
    for w, limit in ((dent, 0.3), (bowl, 5)):
        assert 2 / ((exact(w + 1e-5) - exact(w - 1e-5)) / 2e-5) == pytest.approx(limit, rel=0.1)
    assert (way(400)[-1], way(900, w=5)[-1]) == (
        pytest.approx(0.2115, abs=5e-5),
        pytest.approx(3.995, abs=5e-5),
    )
    assert min(loss(np.linspace(-1, 1, 2001), 4)) == pytest.approx(-0.9, abs=0.01)
    assert np.all(exact(np.linspace(-3, 3.9, 7000), 1) < 0), "with a dent of 1 it is downhill all the way"
    text = " ".join(str(cell.value) for cell in sheet["C"])
    assert "six lie right of the crest" in text and sum(w > crest for w in starts(1)) == 6


# -------------------------------------------------------------------------------------------------- as a worksheet


def test_everything_is_found(sheetgd: CommandLine, minima: Path) -> None:
    found = sheetgd("look", minima, "--json").json()
    assert found["controls"] == {"learn": "H3", "epochs": "H4", "loss": "K3"}
    assert found["parameters"] == {
        "w": {"start": "C4", "carry": "E18"},
        "velocity": {"start": "C5", "carry": "E17"},
    }
    assert (found["rule"], found["log"], found["table"]["area"]) == ("formulas", "O6:R7", "B93:F154")


def test_libreoffice_finds_what_is_stored_and_no_error(office: Office, minima: Path) -> None:
    assert office.assert_stored_equals_recalculated(minima) > 1000
    for name, sheet in office.recalculate(minima).items():
        for cell in sheet.formulas:
            said = sheet[cell] in ("local", "global") or cell.startswith("T")  # its story
            assert isinstance(sheet[cell], float) or said, f"{name}!{cell}"


def test_typing_is_checked_in_every_yellow_cell(minima: Path) -> None:
    sheet = openpyxl.load_workbook(minima)["Minima"]
    rules = sheet.data_validations.dataValidation
    covered = [cell for rule in rules for area in str(rule.sqref).split() for cell in cells_of(area)]
    assert len(covered) == len(set(covered)), "Excel allows one rule a cell"
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert set(covered) == {cell.coordinate for cell in cells if cell.fill.fgColor.rgb == "00FFF3D6"}
    formulas = [cell.value for cell in cells if cell.data_type == "f"]
    known = {"EXP", "MAX", "MIN", "IF", "ABS", "INDEX", "MATCH", "COUNTIF", "IFERROR", "ROUND"}
    assert {name for formula in formulas for name in re.findall(r"([\w.]+)\(", formula)} == known


def cells_of(area: str) -> list[str]:
    left, top, right, bottom = range_boundaries(area)
    return [f"{get_column_letter(c)}{r}" for r in range(top, bottom + 1) for c in range(left, right + 1)]


def test_nothing_is_below_or_over_the_log_and_the_charts_read_it(minima: Path) -> None:
    sheet = openpyxl.load_workbook(minima)["Minima"]
    assert all(
        cell.value is None for row in sheet.iter_rows(min_row=8, min_col=15, max_col=19) for cell in row
    )
    assert len(sheet._charts) == 7 and all(chart.anchor.to.col < 15 for chart in sheet._charts)
    assert all(axis.title for chart in sheet._charts for axis in (chart.x_axis, chart.y_axis))
    read = [series.xVal.numRef.f for chart in sheet._charts for series in chart.series]
    assert {"'Minima'!$P$7:$P$1007", "'Minima'!$O$7:$O$1007", "'Minima'!$B$94:$B$154"} <= set(read)


def test_it_prints_on_nine_pages(office: Office, minima: Path, tmp_path: Path) -> None:
    pdf = office.to_pdf(minima, tmp_path).read_bytes()
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page ") == 9


def test_the_whole_curve_is_printed(minima: Path) -> None:
    """The areas follow one another without a gap, down to the last row of the table."""
    sheet = openpyxl.load_workbook(minima)["Minima"]
    areas = [
        range_boundaries(area.partition("!")[2].replace("$", "")) for area in sheet.print_area.split(",")[:5]
    ]
    printed = [row for _, top, _, bottom in areas for row in range(top, bottom + 1)]
    assert printed == list(range(1, 155)) and sheet["B154"].value and not sheet["B155"].value
    assert [brk.id for brk in sheet.row_breaks.brk] == [bottom for *_, bottom in areas[:-1]]


def test_its_options_are_in_their_cells_and_others_refused(sheetgd: CommandLine) -> None:
    words = ["--m", 3.5, "--learn", 0.25, "--epochs", 9, "--seed", 3, "--title", "Hills"]
    assert sheetgd("new", "minima", "-o", "ours.xlsx", *words).code == 0
    cells = read_stored(sheetgd.folder / "ours.xlsx")["Minima"]
    assert [cells[cell] for cell in ("B1", "C4", "D4", "H3", "H4")] == ["Hills", 3.5, 3.5, 0.25, 9]
    assert cells["E41"] == pytest.approx(way(40, 0.25, w=3.5)[-1], rel=1e-9)
    ended = sheetgd("new", "minima", "--rows", 5)
    advice = "leave it out; descent, belts, penguins, optimizers, logistic and batches would take it"
    assert (ended.code, ended.err) == (2, f"the lesson minima takes no --rows; {advice}.\n")
    ended = sheetgd("new", "belts", "--seed", 5)
    assert ended.code == 2 and ended.err.startswith("--seed chooses rows at random, but --rows is missing")
