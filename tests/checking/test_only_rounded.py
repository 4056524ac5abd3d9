"""Cells that are wrong by rounding alone: how many, and the tolerance that takes them, no larger than it need be."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import CommandLine
from homework import LEARN, H, by_openpyxl
from returned_work import handed_in
from sheetgd.checking.check import check
from sheetgd.checking.sentences import least_tolerance
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.template import blank_cells, student


def rounded_work(one: Assignment, digits: int, cut: bool = False) -> dict[str, float]:
    """All answers with so many decimals, each carried on as it was written down."""
    cells = {(blank.title, blank.row): blank.cell for blank in blank_cells(one)}

    def written(number: float) -> float:
        return int(number * 10**digits) / 10**digits if cut else round(number, digits)

    done: dict[str, float] = {}
    m, b = one.start["m"], one.start["b"]
    for row, (x, y) in enumerate(zip(one.x[:5], one.y[:5], strict=True), start=1):
        values = {"y_pred": written(m * x + b)}
        values["error_sq"] = written((values["y_pred"] - y) ** 2)
        values["de/dm"] = written((((m + H) * x + b - y) ** 2 - values["error_sq"]) / H)
        values["de/db"] = written(((m * x + b + H - y) ** 2 - values["error_sq"]) / H)
        m, b = written(m - LEARN * values["de/dm"]), written(b - LEARN * values["de/db"])
        values |= {"new_m": m, "new_b": b}
        done |= {cells[title, row]: value for title, value in values.items()}
    return done


@pytest.mark.parametrize(("digits", "cut"), [(2, False), (3, True)], ids=["rounded", "cut off"])
def test_rounded_work_names_the_least_tolerance(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine, digits: int, cut: bool
) -> None:
    keys.write(tmp_path / "key.xlsx", pair[:1], "seed")
    student(pair[0], tmp_path / "empty.xlsx")
    by_openpyxl(tmp_path / "empty.xlsx", dict(rounded_work(pair[0], digits, cut)), tmp_path / "back.xlsx")
    [one] = check(pair[:1], [tmp_path / "back.xlsx"]).checked
    wrong = one.cells - one.right
    assert wrong > 5 and len(one.rounded) == wrong
    enough = least_tolerance(one.rounded)
    done = sheetgd("check", "key.xlsx", "back.xlsx")
    assert f"{wrong} cells are only rounded; --tolerance {enough} would take them.\n" in done.out
    [taken] = check(pair[:1], [tmp_path / "back.xlsx"], float(enough)).checked
    assert taken.right == taken.cells and taken.rounded == ()
    less = float(enough) - 10.0 ** -len(enough.partition(".")[2])  # one less in the last digit
    [left] = check(pair[:1], [tmp_path / "back.xlsx"], less or 1e-9).checked
    assert left.right < left.cells


def test_a_slip_is_not_rounded(tmp_path: Path, pair: list[Assignment]) -> None:
    """new_b with the opposite sign is off by less than a hundredth, and is wrong all the same."""
    path = handed_in(tmp_path, pair[0], {"M19": "=E19+$H$3*L19", "J18": 1.25})
    [one] = check(pair[:1], [path]).checked
    assert [wrong.address for wrong in one.wrong] == ["J18", "M19"] and one.rounded == ()
