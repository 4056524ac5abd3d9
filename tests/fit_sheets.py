"""Sheets for the tests of `fit`: a small line, 712 rows of regression and of a network, and a model saved by Solver."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from numpy.typing import NDArray
from openpyxl.utils import get_column_letter as letter
from openpyxl.worksheet.table import Table

Array = NDArray[np.float64]

LINE = {
    "A1": "m",
    "B1": 1,
    "A2": "b",
    "B2": 1,
    "A3": "loss",
    "B3": "=SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)/3",
    "A5": "x",
    "B5": "y",
    "A6": 1,
    "B6": 5,
    "A7": 2,
    "B7": 6,
    "A8": 3,
    "B8": 10,
}
LINE_M, LINE_B, LINE_LOSS = (
    2.5,
    2.0,
    0.5,
)  # its least squares, by hand: means 2 and 7, slope 5 / 2, rests ½, -1, ½
ROWS = 712
TITLES = ("age", "fare", "siblings", "parents", "woman", "first", "second", "port1", "port2", "one")


def line(
    path: Path,
    changes: dict[str, Any] | None = None,
    *,
    sheets: Iterable[str] = ("Lesson",),
    merge: str = "",
    solver: dict[str, dict[str, str]] | None = None,
) -> Path:
    """Three points and a line, on each of the sheets, with some cells changed; `solver` has models by sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in sheets:
        sheet = book.create_sheet(name)
        for address, value in {**LINE, **(changes or {})}.items():
            sheet[address] = value
        if merge:
            sheet.merge_cells(merge)
    book.save(path)
    if solver:
        save_model(path, book.sheetnames, solver)
    return path


def save_model(path: Path, sheets: list[str], models: dict[str, dict[str, str]]) -> None:
    """Put into a workbook the hidden names that Excel's Solver leaves on a sheet, with some of them changed."""
    names = ""
    for sheet, changes in models.items():
        model = {
            "adj": f"{sheet}!$B$1:$B$2",
            "cvg": "0.0001",
            "drv": "1",
            "eng": "1",
            "est": "1",
            "itr": "2147483647",
            "mip": "2147483647",
            "mni": "30",
            "mrt": "0.075",
            "msl": "2",
            "neg": "2",
            "nod": "2147483647",
            "num": "0",
            "nwt": "1",
            "opt": f"{sheet}!$B$3",
            "pre": "0.000001",
            "rbv": "1",
            "rlx": "2",
            "rsd": "0",
            "scl": "1",
            "sho": "2",
            "ssz": "100",
            "tim": "2147483647",
            "tol": "0.01",
            "typ": "2",
            "val": "0",
            "ver": "3",
            **changes,
        }
        place = sheets.index(sheet)
        names += "".join(
            f'<definedName name="solver_{key}" localSheetId="{place}" hidden="1">{text}</definedName>'
            for key, text in sorted(model.items())
        )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    workbook = parts["xl/workbook.xml"].decode()
    assert workbook.count("<definedNames/>") + workbook.count("<definedNames />") == 1
    for empty in ("<definedNames/>", "<definedNames />"):
        workbook = workbook.replace(empty, f"<definedNames>{names}</definedNames>")
    parts["xl/workbook.xml"] = workbook.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


# -- 712 rows --------------------------------------------------------------------------------------------------------
def passengers(rows: int = ROWS) -> tuple[Array, Array]:
    """Made-up passengers in normalised and one-hot columns, and who survived: shapes (rows, 10) and (rows,)."""
    dice = np.random.default_rng(7)
    age, fare = dice.uniform(0, 1, rows), np.log10(1 + 500 * dice.uniform(0, 1, rows) ** 6)
    siblings, parents = dice.integers(0, 6, rows) / 5, dice.integers(0, 4, rows) / 3
    woman, group, port = dice.integers(0, 2, rows), dice.integers(1, 4, rows), dice.integers(1, 4, rows)
    inputs = [
        age,
        fare,
        siblings,
        parents,
        woman,
        group == 1,
        group == 2,
        port == 1,
        port == 2,
        np.ones(rows),
    ]
    likely = 2 * woman - group - 1.5 * age * (1 - woman) - siblings**2 + dice.normal(size=rows)
    return np.column_stack(inputs).astype(float), (likely > np.median(likely)).astype(float)


def regression(path: Path, rows: int = ROWS, extra: int = 0) -> Path:
    """Parameters in B2:K2, the mean square in B3; a SUMPRODUCT for each passenger, `extra` formulas beside it."""
    inputs, survived = passengers(rows)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    sheet.append(["", *TITLES])
    sheet.append(["parameters", *[0.1] * len(TITLES)])
    sheet.append(["loss", f"=AVERAGE(N6:N{rows + 5})"])
    sheet.append([])
    sheet.append(["", *TITLES, "survived", "prediction", "error_sq"])
    for row, (numbers, target) in enumerate(zip(inputs, survived, strict=True), 6):
        formulas = [f"=SUMPRODUCT(B{row}:K{row},$B$2:$K$2)", f"=(M{row}-L{row})^2"]
        others = [f"=M{row}*{more}+B{row}" for more in range(extra)]
        sheet.append(["", *map(float, numbers), float(target), *formulas, *others])
    book.save(path)
    return path


def network(path: Path, rows: int = ROWS) -> Path:
    """Two hidden ReLUs: parameters in Model!B2:K3, the loss in Model!B5, over the table `people` on the sheet Data."""
    inputs, survived = passengers(rows)
    book = openpyxl.Workbook()
    model, data = book.active, book.create_sheet("Data")
    model.title = "Model"
    dice = np.random.default_rng(3)
    model.append(["", *TITLES])
    for name in ("one", "two"):
        model.append([name, *map(float, dice.uniform(-0.5, 0.5, len(TITLES)))])
    model.append([])
    model.append(["loss", "=AVERAGE(people[error_sq])"])
    data.append([*TITLES, "survived", "relu1", "relu2", "error_sq"])
    columns = f"people[[#This Row],[{TITLES[0]}]:[{TITLES[-1]}]]"
    hidden = [f"=MAX(0,MMULT({columns},TRANSPOSE(Model!$B${row}:$K${row})))" for row in (2, 3)]
    this = "people[[#This Row],[{}]]".format
    error = f"=({this('relu1')}+{this('relu2')}-{this('survived')})^2"
    for numbers, target in zip(inputs, survived, strict=True):
        data.append([*map(float, numbers), float(target), *hidden, error])
    data.add_table(Table(displayName="people", ref=f"A1:{letter(len(TITLES) + 4)}{rows + 1}"))
    book.save(path)
    return path
