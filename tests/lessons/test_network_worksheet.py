"""The lesson network as a worksheet: formulas, run and reset, tabs, validation and options."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries

from conftest import CommandLine
from network_book import beside, opened
from office import Office, read_stored
from sheetgd.lessons.network.model import PARAMETERS


def test_look_names_the_first_of_many_columns(network_copy: Path) -> None:
    ended = CommandLine(network_copy.parent)("look", network_copy.name)
    table = CommandLine(network_copy.parent)("look", network_copy.name, "--json").json()["table"]["columns"]
    [line] = [line for line in ended.out.splitlines() if line.startswith("  columns ")]
    first = ", ".join(f"{title} {letter}" for title, letter in list(table.items())[:20])
    assert line == f"  columns    {first} and {len(table) - 20} more"
    assert "missing    grid" not in ended.out  # there is none of so many parameters


def test_every_formula_is_libreoffices_and_none_shows_an_error(
    office: Office, sheetgd: CommandLine, network_copy: Path
) -> None:
    for _ in range(2):
        assert office.assert_stored_equals_recalculated(network_copy) > 4000
        for name, sheet in office.recalculate(network_copy).items():
            sentences = name == "Story"
            assert all(isinstance(sheet[cell], str if sentences else float) for cell in sheet.formulas), name
        assert sheetgd("run", network_copy, "--epochs", 30).code == 0


def test_everything_is_found_and_reset_restores_it(sheetgd: CommandLine, network_copy: Path) -> None:
    before = read_stored(network_copy)
    found = sheetgd("look", network_copy, "--json").json()
    assert (found["sheet"], found["rule"], found["table"]["rows"]) == ("Network", "formulas", 16)
    assert list(found["parameters"]) == list(PARAMETERS)
    assert {name.removeprefix("velocity ") for name in found["states"]} == set(PARAMETERS)
    assert found["controls"] == {"learn": "H3", "epochs": "H4", "loss": "K3"}
    assert found["log"] == "AI6:AK7"
    assert sheetgd("run", network_copy, "--epochs", 4).code == 0
    ran = read_stored(network_copy)["Network"]
    assert any(ran[beside(place["start"])] != 0 for place in found["parameters"].values())
    assert sheetgd("reset", network_copy).code == 0
    assert read_stored(network_copy) == before


def test_epochs_of_one_run_are_those_of_many(
    sheetgd: CommandLine, network_copy: Path, tmp_path: Path
) -> None:
    """The velocity is carried: three runs of two epochs are one of six."""
    once = Path(shutil.copy(network_copy, tmp_path / "once.xlsx"))
    assert sheetgd("run", once, "--epochs", 6).code == 0
    for _ in range(3):
        assert sheetgd("run", network_copy, "--epochs", 2).code == 0
    assert read_stored(network_copy) == read_stored(once)


def test_the_tabs_pages_and_functions(office: Office, drawn_network: Path, tmp_path: Path) -> None:
    book = opened(drawn_network)
    assert book.sheetnames == ["Network", "Neurons", "Graph", "Story", "For the teacher"]
    assert book.active.title == "Network"
    known = {
        "ABS",
        "AND",
        "AVERAGE",
        "AVERAGEIFS",
        "COUNT",
        "IF",
        "INDEX",
        "INT",
        "MAX",
        "OR",
        "SIGN",
        "SUM",
        "IFERROR",
        "ROUND",
    }
    for sheet in book:
        texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        used = {name for text in texts for name in re.findall(r"([\w.]+)\(", text)}
        assert used <= known | {"SUMPRODUCT"}, sheet.title
        rules = [rule for area in sheet.conditional_formatting for rule in area.rules]
        assert not [f for rule in rules for f in rule.formula if f.startswith("=") or "!" in f]
        assert not [
            area for area in sheet.merged_cells.ranges if area.size["rows"] * area.size["columns"] == 1
        ]
    pdf = office.to_pdf(drawn_network, tmp_path).read_bytes()
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page ") == 14


def test_typing_is_checked_in_every_yellow_cell_and_nowhere_else(drawn_network: Path) -> None:
    for sheet in opened(drawn_network).worksheets[:-1]:
        rules = sheet.data_validations.dataValidation
        covered = [cell for rule in rules for area in str(rule.sqref).split() for cell in cells_of(area)]
        assert len(covered) == len(set(covered)), "Excel allows one rule a cell"
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        yellow = {cell.coordinate for cell in cells if cell.fill.fgColor.rgb == "00FFF3D6"}
        assert set(covered) == yellow, sheet.title
        assert all(rule.showErrorMessage and rule.error and len(rule.errorTitle) <= 32 for rule in rules)


def cells_of(area: str) -> list[str]:
    left, top, right_, bottom = range_boundaries(area)
    return [f"{get_column_letter(c)}{r}" for r in range(top, bottom + 1) for c in range(left, right_ + 1)]


def test_the_figures_are_left_out_where_another_learn_is_asked_for(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "network", "--learn", 0.1, "--epochs", 7, "--title", "Ours").code == 0
    book = openpyxl.load_workbook(sheetgd.folder / "network.xlsx")
    assert [book["Network"][cell].value for cell in ("B1", "H3", "H4")] == ["Ours", 0.1, 7]
    assert book["Network"]["B46"].value is None
    assert "Figures to expect" not in [cell.value for cell in book["For the teacher"]["B"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--rows", "8", "--seed", "1"],
            "the lesson network takes no --rows; leave it out; descent, belts, penguins, "
            "optimizers, logistic and batches would take it.",
        ),
        (
            ["--m", "1"],
            "the lesson network takes no --m; leave it out; descent, belts, penguins, optimizers, "
            "logistic, batches and minima would take it.",
        ),
    ],
)
def test_what_it_cannot_use_is_refused(sheetgd: CommandLine, words: list[str], message: str) -> None:
    ended = sheetgd("new", "network", *words)
    assert (ended.code, ended.out, ended.err) == (2, "", f"{message}\n")
    assert not list(sheetgd.folder.iterdir())


def test_seed_still_needs_rows_elsewhere(sheetgd: CommandLine) -> None:
    ended = sheetgd("new", "weight", "--seed", 1)
    assert ended.code == 2 and ended.err.startswith("the lesson weight takes no --seed; leave it out; ")
