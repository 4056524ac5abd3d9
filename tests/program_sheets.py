"""A small sheet for compiled formulas, S: parameters in A1:A3, data in B1:C6; as a program, and in IronCalc."""

from __future__ import annotations

import math
from collections.abc import Mapping

import ironcalc

from sheetgd.formulas.dialect import as_applications
from sheetgd.formulas.program.builder import Surroundings
from sheetgd.formulas.program.compile import compile_program
from sheetgd.formulas.program.program import Doubtful, Program
from sheetgd.grid.a1 import parse as parse_cell
from sheetgd.grid.sheet import Place, Value

PARAMETERS = ["A1", "A2", "A3"]
DATA = {
    f"{letter}{row}": round(math.sin(7 * row + ord(letter)) * 3 + 0.1, 3)
    for letter in "BC"
    for row in range(1, 7)
}


def size(sheet: str) -> tuple[int, int]:
    return 12, 8


def place(address: str) -> Place:
    return "S", parse_cell(address)


def compiled(formulas: Mapping[str, str], cells: Mapping[str, Value], wanted: str = "F1") -> Program:
    by_place = {place(address): formula for address, formula in formulas.items()}
    values = {place(address): value for address, value in cells.items()}
    return compile_program(
        by_place,
        by_place,
        place(wanted),
        [place(one) for one in PARAMETERS],
        values.get,
        Surroundings(size=size),
    )


class Engine:
    """The same sheet in IronCalc, in the form in which sheetgd lets it compute the formulas."""

    def __init__(self, formulas: Mapping[str, str], cells: Mapping[str, Value]) -> None:
        self.model = ironcalc.create("book", "en", "UTC", "en")
        for address, value in cells.items():
            fill(self.model, address, value)
        for address, formula in formulas.items():
            self.model.set_user_input(0, *parse_cell(address), f"={as_applications(formula) or formula}")

    def value(self, parameters: list[float], wanted: str = "F1") -> object:
        for address, number in zip(PARAMETERS, parameters, strict=True):
            self.model.update_cell_with_number(0, *parse_cell(address), number)
        self.model.evaluate()
        return self.model.get_cell_value(0, *parse_cell(wanted))


def fill(model: ironcalc.Model, address: str, value: Value) -> None:
    cell = parse_cell(address)
    if isinstance(value, bool):
        model.update_cell_with_bool(0, *cell, value)
    elif isinstance(value, str):
        model.update_cell_with_text(0, *cell, value)
    elif value is not None:
        model.update_cell_with_number(0, *cell, float(value))


def check(formulas: Mapping[str, str], cells: Mapping[str, Value], point: list[float]) -> str:
    """Compare one sheet with the engine, and its gradient with central differences; how it went."""
    program, engine = compiled(formulas, cells), Engine(formulas, cells)
    expected = engine.value(point)
    try:
        value, slopes = program.gradient(point)
    except Doubtful:
        return "doubtful"
    assert isinstance(expected, float), (formulas, point, expected, value)
    shown = [engine.value(point, cell) for cell in formulas]
    largest = max([abs(one) for one in [expected, *shown] if isinstance(one, float)])
    assert abs(value - expected) <= 1e-12 * max(largest, 1.0), (formulas, point, value, expected)
    assert program.value(point) == value
    for number, slope in enumerate(slopes):
        found = []
        for h in (1e-4, 1e-5):
            ends = [list(point), list(point)]
            ends[0][number] += h
            ends[1][number] -= h
            try:
                high, low = map(program.value, ends)
            except Doubtful:
                return "doubtful"
            found.append((high - low) / (2 * h))
        if abs(found[0] - found[1]) > 1e-7 * max(1.0, abs(found[1])):
            return "kink"  # or so steep that differences tell nothing
        noise = 1e-15 * largest / 1e-5
        assert abs(slope - found[1]) <= 1e-6 * max(1.0, abs(slope)) + 10 * noise, (formulas, point, number)
    return "equal"
