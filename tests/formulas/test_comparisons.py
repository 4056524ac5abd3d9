"""Comparisons of nearly equal numbers: as arrays, and in a scan, what IronCalc finds."""

from __future__ import annotations

import random
from math import inf, nextafter

import pytest

from program_sheets import PARAMETERS, Engine, compiled, place
from sheetgd.formulas.dialect import as_applications
from sheetgd.formulas.program.comparisons import LEAST, LEAST_SMALL, order, order_small
from sheetgd.formulas.program.scan import CompiledEpochs

SIGNS = ["<", ">", "<=", ">=", "=", "<>"]
PAIRS = [("A1", "A2"), ("A1", "0"), ("A1", "A3"), ("A1", "0.3"), ("A1", "0.005"), ("(A1-A2)", "0")]


def compared(one: str, other: str) -> str:
    """A formula of which each binary digit is what one sign finds."""
    return "+".join(f"IF({one}{sign}{other},{2**at},0)" for at, sign in enumerate(SIGNS))


def pair(at: random.Random) -> tuple[float, float]:
    """Two numbers that lie close together: of any size, about 1, beside 0, or as long as 16 digits can be."""
    kind = at.randrange(5)
    if kind == 0:
        one = at.uniform(-1, 1) * 10 ** at.uniform(-20, 20)
        return one, one * (1 + at.randint(-60, 60) * 2.0**-53)
    if kind == 1:
        return (one := at.uniform(-3, 3)), one + at.uniform(-20, 20) * 2.0**-52
    if kind == 2:
        return at.uniform(-1, 1) * 10 ** at.uniform(-17, -14), at.choice((0.0, 1e-16, -1e-15))
    if kind == 3:
        return at.uniform(-1, 1) * 10 ** at.uniform(-318, -300), 0.0
    one = at.randint(10**14, 10**15) + at.randrange(8) / 8
    return one, one + at.randint(-12, 12) / 8


def test_arrays_and_scans_compare_as_the_engine_does() -> None:
    at = random.Random(2)
    formulas = {f"E{row}": compared(*sides) for row, sides in enumerate(PAIRS, 1)}
    formulas["F1"] = "+".join(f"{100**row}*E{row + 1}" for row in range(len(PAIRS)))
    program = compiled(formulas, {})
    engine = Engine({cell: as_applications(formula) or formula for cell, formula in formulas.items()}, {})
    own = [place(cell) for cell in PARAMETERS]
    scan = CompiledEpochs(program, own, [place("F1")])
    for number in range(800):
        one, other = pair(at)
        near = at.choice((0.3, 0.005)) * (1 + at.randint(-40, 40) * 2.0**-53)
        point = [one if number % 3 else near, other, 0.3]
        expected = engine.value(point)
        assert program.value(point) == expected, point
        [row] = scan.rows(1, point)
        assert row[-1] == expected, point


@pytest.mark.parametrize("sign", (1, -1))
def test_the_least_number_that_is_not_0(sign: int) -> None:
    """In a formula as the engine has it, and in the form in which it gets most."""
    formulas = {"F1": "IF(A1=0,1,0)", "F2": as_applications("IF(A1=0,1,0)") or ""}
    for (cell, formula), least, rule in zip(
        formulas.items(), (LEAST, LEAST_SMALL), (order, order_small), strict=True
    ):
        engine = Engine({cell: formula}, {})
        for size in (least, nextafter(least, 0.0), nextafter(least, inf)):
            found = engine.value([sign * size, 0.0, 0.0], cell) == 1.0
            assert found == (size < least) == (rule(size, 0.0) == 0)
