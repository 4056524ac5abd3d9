"""Whether a change of a workbook kept the promises: every other part to the byte, every other cell to every reader."""

from __future__ import annotations

import posixpath
import random
import shutil
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
from openpyxl.utils import get_column_letter

import sheetgd
from corpus import Made
from readers import READERS, Cells, calamine_values, compare, openpyxl_values
from sheetgd.errors import SheetgdError
from workbooks import STEPS_DONE, changed_parts, state_after

EPOCHS = 3


def after_an_edit(made: Made, dice: random.Random, office: Any = None) -> list[str]:
    """Type into a cell, new or old, of any sheet; the complaints."""
    before = copy(made.path)
    last: SheetgdError | None = None
    for _ in range(20):
        place, value = somewhere(before, dice), dice.choice([dice.random() * 100, "a text <&>", None])
        edits = sheetgd.Edits()
        edits.set(place, value)
        try:
            with sheetgd.open_book(made.path) as book:
                book.apply(edits)
                return check(before, made.path, {place: value}, book.warnings, office)
        except SheetgdError as error:
            if "sheetgd would write here" not in str(error):
                return [f"refused: {error}"]
            last = error
    return [f"refused: {last}"]


def after_a_run(made: Made, office: Any = None) -> list[str]:
    """Run the lesson; the complaints."""
    before = copy(made.path)
    try:
        with sheetgd.open_book(made.path) as book:
            sheetgd.run(book, sheet="basic", epochs=EPOCHS)
            warnings = book.warnings
    except SheetgdError as error:
        return [f"refused: {error}"]
    const, slope, log = state_after(STEPS_DONE + EPOCHS)
    expected = {"basic!C1": const, "basic!C2": slope}
    expected |= {f"basic!C{row}": loss for row, loss in enumerate(log, 38) if row >= 38 + STEPS_DONE}
    return check(before, made.path, expected, warnings, office)


def copy(path: Path) -> Path:
    return Path(shutil.copy(path, path.with_name(f"before-{path.name}")))


def somewhere(path: Path, dice: random.Random) -> str:
    """A cell of some sheet: one that holds something, or one beside or below them all."""
    book = openpyxl.load_workbook(path)
    sheet = dice.choice(book.worksheets)
    row, column = dice.randint(1, sheet.max_row + 2), dice.randint(1, sheet.max_column + 2)
    return f"'{sheet.title}'!{get_column_letter(column)}{row}"


def check(before: Path, after: Path, typed: dict[str, Any], warnings: list[str], office: Any) -> list[str]:
    typed = {place.replace("'", ""): value for place, value in typed.items()}
    formulas, filled = formula_cells(before)
    found = parts_wrong(before, after, warnings)
    readers: dict[str, Callable[[Path], Cells]] = dict(READERS)  # type: ignore[arg-type]
    if office:
        readers["LibreOffice"] = office.as_loaded
    for name, read in readers.items():
        allowed = {*typed, *(filled if name == "openpyxl's formulas" else formulas)}
        try:
            old = read(before)
        except BaseException:  # it cannot read this file at all (IronCalc may panic)
            continue
        if not old.get("basic"):
            continue  # it reads no cells in this file (calamine, in UTF-16)
        new = read(after)
        found += [f"{name}: {line}" for line in compare(old, new, allowed)]
    found += typed_wrong(after, typed)
    if office:
        try:
            office.assert_stored_equals_recalculated(after)
        except AssertionError as error:
            unknown = errors_of(office.recalculate(before))
            lines = [line for line in str(error).splitlines() if line.partition("  ")[0] not in unknown]
            found += [f"recalculated: {line}" for line in lines]
    return found


def errors_of(cells: Cells) -> set[str]:
    """Cells in which LibreOffice shows an error of its own: it does not know the formula."""
    return {
        f"{sheet}!{cell}"
        for sheet, values in cells.items()
        for cell, value in values.items()
        if value == "#NAME?" or (isinstance(value, str) and value.startswith("Err:"))
    }


def typed_wrong(after: Path, typed: dict[str, Any]) -> list[str]:
    shown = calamine_values(after)
    wrong = []
    for place, value in typed.items():
        sheet, _, cell = place.rpartition("!")
        got = shown[sheet].get(cell)
        close = isinstance(value, float) and isinstance(got, float) and abs(got - value) <= 1e-12 * abs(value)
        if got != value and not close:
            wrong.append(f"{place}  expected {value!r}  got {got!r}")
    return wrong


def formula_cells(path: Path) -> tuple[set[str], set[str]]:
    """The cells that formulas fill, and of these the ones that an array fills beside its own.

    Their results may change, and are checked by recalculation.
    """
    found, filled = set(), set()
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    area = {
                        f"{sheet.title}!{name}"
                        for name in cells_of(getattr(cell.value, "ref", cell.coordinate))
                    }
                    found |= area
                    filled |= area - {f"{sheet.title}!{cell.coordinate}"}
    return found, filled


def cells_of(area: str) -> Iterable[str]:
    left, top, right, bottom = openpyxl.utils.range_boundaries(area)
    return [
        f"{get_column_letter(column)}{row}"
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    ]


def parts_wrong(before: Path, after: Path, warnings: list[str]) -> list[str]:
    """Parts that differ although nothing in them reads differently."""
    old, new = openpyxl_values(before), openpyxl_values(after)
    allowed = {part for name, part in sheet_parts(before).items() if old[name] != new[name]}
    if any("stored result" in warning for warning in warnings):
        allowed.add("xl/workbook.xml")
    return [f"part {name} changed" for name in sorted(changed_parts(before, after) - allowed)]


def sheet_parts(path: Path) -> dict[str, str]:
    """The part of each worksheet."""
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    found = {}
    for sheet in root.iterfind("{*}sheets/{*}sheet"):
        identity = next(value for name, value in sheet.attrib.items() if name.endswith("}id"))
        target = posixpath.normpath(posixpath.join("/xl", targets[identity])).lstrip("/")
        if "chartsheets" not in target:
            found[sheet.get("name", "")] = target
    return found
