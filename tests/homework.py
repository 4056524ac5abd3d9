"""Students at their homework: a class's worksheets filled in as people fill them in, with slips at known cells.

The arithmetic is a plain loop, written down here once more and on purpose: it shares nothing with the worksheets'
formulas or with the checking. A slip changes one number; what follows goes on from it, as a student would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import openpyxl

import sheetgd as package
from parts import read_parts, write_parts
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.template import blank_cells

SHEET = "xl/worksheets/sheet1.xml"
H = 0.01
Row = dict[str, float]
Work = dict[tuple[str, int], float]


class Slip(NamedTuple):
    """A way to go wrong in a column: the cause that must be named, and what then stands in the cell.

    `does` has the row's numbers (x, y, m, b and what stands left of the cell) and those of all rows before.
    """

    kind: str
    title: str
    does: Callable[[Row, Sequence[Row], Row], float]  # this row, the rows before, x and y of the next
    formula: str = (
        ""  # the same as a formula, with {title} for the row's cells and {up title} for the row above's
    )


class Planted(NamedTuple):
    """A slip of one student, and the row in which it is made."""

    slip: Slip
    row: int


LEARN = 0.0001
SLIPS = [
    Slip("sign", "new_m", lambda r, _, n: r["m"] + LEARN * r["de/dm"], "={m}+$H$3*{de/dm}"),
    Slip("sign", "y_pred", lambda r, _, n: r["m"] * r["x"] - r["b"], "={m}*{x}-{b}"),
    Slip("sign", "de/db", lambda r, _, n: (r["error_sq"] - r["err_b1"]) / H, "=({error_sq}-{err_b1})/$H$5"),
    Slip("learn", "new_m", lambda r, _, n: r["m"] - r["de/dm"], "={m}-{de/dm}"),
    Slip("learn", "new_b", lambda r, _, n: r["b"] - r["de/db"], "={b}-{de/db}"),
    Slip("swapped", "new_m", lambda r, _, n: r["m"] - LEARN * r["de/db"], "={m}-$H$3*{de/db}"),
    Slip("swapped", "new_b", lambda r, _, n: r["b"] - LEARN * r["de/dm"], "={b}-$H$3*{de/dm}"),
    Slip(
        "swapped", "de/dm", lambda r, _, n: (r["err_b1"] - r["error_sq"]) / H, "=({err_b1}-{error_sq})/$H$5"
    ),
    Slip("square", "error_sq", lambda r, _, n: r["y_pred"] - r["y"], "={y_pred}-{y}"),
    Slip("division", "de/dm", lambda r, _, n: r["err_m1"] - r["error_sq"], "={err_m1}-{error_sq}"),
    Slip("brackets", "de/db", lambda r, _, n: r["err_b1"] - r["error_sq"] / H, "={err_b1}-{error_sq}/$H$5"),
    Slip("row", "y_pred", lambda r, _, n: r["m"] * n["x"] + r["b"], "={m}*{down x}+{b}"),
    Slip("row", "error_sq", lambda r, b, n: (r["y_pred"] - b[-1]["y"]) ** 2, "=({y_pred}-{up y})^2"),
    Slip("carry", "y_pred", lambda r, b, n: b[0]["m"] * r["x"] + r["b"]),
    Slip("carry", "new_m", lambda r, b, n: b[0]["m"] - LEARN * r["de/dm"]),
    Slip(
        "factor two",
        "de/dm",
        lambda r, _, n: 2 * (r["err_m1"] - r["error_sq"]) / H,
        "=2*({err_m1}-{error_sq})/$H$5",
    ),
    Slip(
        "factor two",
        "de/db",
        lambda r, _, n: (r["err_b1"] - r["error_sq"]) / H / 2,
        "=({err_b1}-{error_sq})/$H$5/2",
    ),
    Slip("factor", "y_pred", lambda r, _, n: r["m"] + r["b"], "={m}+{b}"),
    Slip("column", "error_sq", lambda r, _, n: (r["y_pred"] - r["x"]) ** 2, "=({y_pred}-{x})^2"),
    Slip("rounded", "new_m", lambda r, _, n: round(r["m"] - LEARN * r["de/dm"], 3)),
    Slip("rounded", "de/dm", lambda r, _, n: (round(r["err_m1"], 1) - round(r["error_sq"], 1)) / H),
    Slip("decimal point", "y_pred", lambda r, _, n: (r["m"] * r["x"] + r["b"]) * 10),
]
CARRIED = [  # for worksheets on which m and b are to be filled in, too
    Slip("carry", "m", lambda r, b, n: b[-1]["m"], "={up m}"),
    Slip("carry", "b", lambda r, b, n: b[0]["b"], "=$C$5"),
    Slip("swapped", "m", lambda r, b, n: b[-1]["new_b"], "={up new_b}"),
]
RIGHT: Mapping[str, str] = {
    "m": "={up new_m}",
    "b": "={up new_b}",
    "y_pred": "={m}*{x}+{b}",
    "error_sq": "=({y_pred}-{y})^2",
    "de/dm": "=({err_m1}-{error_sq})/$H$5",
    "new_m": "={m}-$H$3*{de/dm}",
    "de/db": "=({err_b1}-{error_sq})/$H$5",
    "new_b": "={b}-$H$3*{de/db}",
}
COLUMNS = dict(
    zip(
        ("x", "y", "m", "b", "y_pred", "error_sq", "err_m1", "de/dm", "new_m", "err_b1", "de/db", "new_b"),
        "BCDEFGHIJKLM",
        strict=True,
    )
)


def work(assignment: Assignment, planted: Sequence[Planted] = ()) -> Work:
    """All numbers of a worksheet on a line, row by row, with the slips."""
    slips = {(each.slip.title, each.row): each.slip for each in planted}
    points = list(zip(assignment.x, assignment.y, strict=True))
    before: list[Row] = []
    done: Work = {}
    for number, (x, y) in enumerate(points, start=1):
        following = points[number] if number < len(points) else (x, y)
        row: Row = {"x": x, "y": y}
        steps: dict[str, Callable[[], float]] = {
            "m": lambda: before[-1]["new_m"] if before else assignment.start["m"],
            "b": lambda: before[-1]["new_b"] if before else assignment.start["b"],
            "y_pred": lambda r=row: r["m"] * r["x"] + r["b"],
            "error_sq": lambda r=row: (r["y_pred"] - r["y"]) ** 2,
            "err_m1": lambda r=row: ((r["m"] + H) * r["x"] + r["b"] - r["y"]) ** 2,
            "err_b1": lambda r=row: (r["m"] * r["x"] + r["b"] + H - r["y"]) ** 2,
            "de/dm": lambda r=row: (r["err_m1"] - r["error_sq"]) / H,
            "de/db": lambda r=row: (r["err_b1"] - r["error_sq"]) / H,
            "new_m": lambda r=row: r["m"] - LEARN * r["de/dm"],
            "new_b": lambda r=row: r["b"] - LEARN * r["de/db"],
        }
        for title in steps:
            slip = slips.get((title, number))
            row[title] = (
                slip.does(row, before, dict(zip("xy", following, strict=True))) if slip else steps[title]()
            )
            done[title, number] = row[title]
        before.append(row)
    return done


def formula(text: str, row: int) -> str:
    """A formula of the lists above as it is typed into a row of the worksheet (row 1 is sheet row 17)."""
    for title, letter in COLUMNS.items():
        for word, step in (("", 0), ("up ", -1), ("down ", 1)):
            text = text.replace("{" + word + title + "}", f"{letter}{row + 16 + step}")
    return text


def answers(
    assignment: Assignment, planted: Sequence[Planted] = (), *, formulas: bool = False
) -> dict[str, object]:
    """What the student writes into the blanks, by address: numbers, or formulas where a slip can be one."""
    done = work(assignment, planted)
    slips = {(each.slip.title, each.row): each.slip for each in planted}
    written: dict[str, object] = {}
    for blank in blank_cells(assignment):
        spot = blank.title, blank.row
        text = slips[spot].formula if spot in slips else RIGHT[blank.title]
        if blank.row == 1 and blank.title in ("m", "b") and spot not in slips:
            text = "=$C$4" if blank.title == "m" else "=$C$5"
        written[blank.cell] = formula(text, blank.row) if formulas and text else done[spot]
    return written


def address(assignment: Assignment, planted: Planted) -> str:
    """The cell of a planted slip."""
    return next(
        b.cell for b in blank_cells(assignment) if (b.title, b.row) == (planted.slip.title, planted.row)
    )


def matters(assignment: Assignment, planted: Planted) -> bool:
    """Whether the slip gives another number than the right one, by far more than the tolerance."""
    spot = planted.slip.title, planted.row
    wrong, right = work(assignment, [planted])[spot], work(assignment)[spot]
    return abs(wrong - right) > 1e-4 * max(abs(right), 1e-3)


# -- ways to fill a worksheet in ---------------------------------------------------------------------------------------
def by_edits(path: Path, written: Mapping[str, object], out: Path) -> None:
    """Numbers typed by sheetgd itself, the file's formulas recalculated."""
    edits = package.Edits()
    for cell, value in written.items():
        edits.set(f"Descent!{cell}", value)  # type: ignore[arg-type]
    with package.open_book(path) as book:
        book.apply(edits, out, force=True)


def by_openpyxl(path: Path, written: Mapping[str, object], out: Path) -> None:
    """Written by a library that does not calculate: no formula has a result."""
    book = openpyxl.load_workbook(path)
    for cell, value in written.items():
        book.worksheets[0][cell] = value
    book.save(out)


def by_patch(path: Path, written: Mapping[str, object], out: Path) -> None:
    """Numbers put into the file's XML; as in a viewer on a phone, formulas lose their results."""
    parts = read_parts(path)
    xml = parts[SHEET]
    for cell, value in written.items():
        empty = re.compile(rb'<c r="%s"([^>/]*)(?:/>|></c>)' % cell.encode())
        xml, count = empty.subn(rb'<c r="%s"\1><v>%s</v></c>' % (cell.encode(), repr(value).encode()), xml)
        assert count == 1, cell
    xml = re.sub(rb"</f><v>[^<]*</v>", b"</f>", xml)
    write_parts(out, {**parts, SHEET: xml})
