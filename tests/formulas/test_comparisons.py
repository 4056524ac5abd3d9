"""Comparisons of nearly equal numbers: as arrays, and in a scan, what IronCalc finds."""

from __future__ import annotations

import random
from math import inf, nextafter

import pytest

from program_sheets import PARAMETERS, Engine, compiled, place
from sheetgd.formulas.program.comparisons import LEAST, order
from sheetgd.formulas.program.scan import CompiledEpochs

SIGNS = ["<", ">", "<=", ">=", "=", "<>"]


def compared(other: str) -> str:
    """A formula of which each binary digit is what one sign finds."""
    return "+".join(f"IF(A1{sign}{other},{2**at},0)" for at, sign in enumerate(SIGNS))


def pair(at: random.Random) -> tuple[float, float]:
    """Two numbers that lie close together: of any size, about 1, beside 0, or as long as 16 digits can be."""
    kind = at.randrange(4)
    if kind == 0:
        one = at.uniform(-1, 1) * 10 ** at.uniform(-20, 20)
        return one, one * (1 + at.randint(-60, 60) * 2.0**-53)
    if kind == 1:
        return (one := at.uniform(-3, 3)), one + at.uniform(-20, 20) * 2.0**-52
    if kind == 2:
        return at.uniform(-1, 1) * 10 ** at.uniform(-300, -14), at.choice((0.0, 1e-16, -1e-15))
    one = at.randint(10**14, 10**15) + at.randrange(8) / 8
    return one, one + at.randint(-12, 12) / 8


def test_arrays_and_scans_compare_as_the_engine_does() -> None:
    at = random.Random(2)
    formulas = {"F1": f"{compared('A2')}+100*({compared('0')})+10000*({compared('A3')})"}
    formulas |= {"E1": compared("0.3"), "F1": f"{formulas['F1']}+1000000*E1"}
    program, engine = compiled(formulas, {}), Engine(formulas, {})
    own = [place(cell) for cell in PARAMETERS]
    scan = CompiledEpochs(program, own, [place("F1")])
    for number in range(2000):
        one, other = pair(at)
        point = [one, other, 0.3] if number % 3 else [0.3 + at.randint(-40, 40) * 2.0**-54, other, 0.3]
        expected = engine.value(point)
        assert program.value(point) == expected, point
        [row] = scan.rows(1, point)
        assert row[-1] == expected, point


@pytest.mark.parametrize("sign", (1, -1))
def test_the_least_number_that_is_not_0(sign: int) -> None:
    engine = Engine({"F1": "IF(A1=0,1,0)"}, {})
    for size in (LEAST, nextafter(LEAST, 0.0), nextafter(LEAST, inf)):
        assert (engine.value([sign * size, 0.0, 0.0]) == 1.0) == (size < LEAST) == (order(size, 0.0) == 0)
