"""NIST's nonlinear regression problems (Statistical Reference Datasets, StRD): data, starts and certified results.

nist.json holds what NIST publishes; the models are written as a sheet's formulas are. Nelson's is fitted to the
logarithm of y.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl

Array = np.ndarray[Any, np.dtype[np.float64]]
FIRST = 14  # row of the data, in a workbook
_DATA: dict[str, Any] = json.loads(Path(__file__).with_name("nist.json").read_text(encoding="utf-8"))
PROBLEMS = tuple(_DATA)
_NUMPY = {"EXP": "np.exp", "COS": "np.cos", "SIN": "np.sin", "ATAN": "np.arctan", "PI()": "np.pi", "^": "**"}


class Problem(NamedTuple):
    """A problem; `deviations` are the certified standard deviations of the parameters, `least` the sum of squares."""

    model: str
    starts: list[list[float]]
    certified: list[float]
    deviations: list[float]
    least: float
    data: list[list[float]]
    residuals: Callable[[Any], Any]

    def sum_of_squares(self, parameters: Array) -> float:
        with np.errstate(all="ignore"):
            return float(np.sum(self.residuals(parameters) ** 2))

    def slopes(self, parameters: Array) -> Array:
        """The gradient of the sum of squares, exact, by steps into the complex plane."""
        rest, found = self.residuals(parameters), np.empty(len(parameters))
        for i in range(len(parameters)):
            moved = parameters.astype(complex)
            moved[i] += 1e-200j
            with np.errstate(all="ignore"):
                found[i] = 2 * np.dot(rest, self.residuals(moved).imag / 1e-200)
        return found


@cache
def problem(name: str) -> Problem:
    found = _DATA[name]
    names = [f"b{number}" for number in range(1, len(found["certified"]) + 1)]
    y, *inputs = np.array(found["data"]).T
    y = np.log(y) if name == "Nelson" else y
    text = found["model"]
    for one, other in _NUMPY.items():
        text = text.replace(one, other)
    columns = dict(zip(["x"] if len(inputs) == 1 else ["x1", "x2"], inputs, strict=True))
    code = compile(text, name, "eval")

    def residuals(parameters: Any) -> Any:
        return y - eval(code, {"np": np, **columns, **dict(zip(names, parameters, strict=True))})

    return Problem(
        *(found[key] for key in ("model", "starts", "certified", "deviations", "rss", "data")), residuals
    )


def digits(values: Sequence[float], data: Problem) -> float:
    """To how many digits the parameters are the certified ones; terms that may change places are put in order."""
    found, wanted = np.array(values), np.array(data.certified)
    if data.model.startswith("b1*EXP(-b2*x)+b3*EXP(-b4*x)"):
        found, wanted = (each.reshape(3, 2)[np.argsort(each[1::2])].ravel() for each in (found, wanted))
    return float(-np.log10(max(1e-16, np.max(np.abs(found / wanted - 1)))))


def workbook(path: Path, name: str, start: int) -> Path:
    """A sheet Fit: parameters in B1, B2 … beside their names, the sum of squares in B11, a row for each observation."""
    data = problem(name)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Fit"
    for row, value in enumerate(data.starts[start], 1):
        sheet.cell(row, 1, f"b{row}")
        sheet.cell(row, 2, value)
    last = FIRST + len(data.data) - 1
    inputs = ["x"] if len(data.data[0]) == 2 else ["x1", "x2"]
    for column, title in enumerate([*inputs, "y", "prediction", "error_sq"], 1):
        sheet.cell(FIRST - 1, column, title)
    letters = "ABCDE"[len(inputs) :]
    sheet["A11"], sheet["B11"] = "loss", f"=SUM({letters[2]}{FIRST}:{letters[2]}{last})"
    for row, (y, *numbers) in enumerate(data.data, FIRST):
        formula = re.sub(r"\bb(\d)\b", r"$B$\1", data.model)
        for column, title in enumerate(inputs):
            formula = re.sub(rf"\b{title}\b", f"{'AB'[column]}{row}", formula)
            sheet.cell(row, column + 1, numbers[column])
        sheet[f"{letters[0]}{row}"] = y
        sheet[f"{letters[1]}{row}"] = f"={formula}"
        target = f"LN({letters[0]}{row})" if name == "Nelson" else f"{letters[0]}{row}"
        sheet[f"{letters[2]}{row}"] = f"=({target}-{letters[1]}{row})^2"
    book.save(path)
    return path
