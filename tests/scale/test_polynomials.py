"""Steps as polynomials in what is carried: what cancels in some rows need not cancel in others."""

from __future__ import annotations

import numpy as np
import pytest
from data_files import Vector

from sheetgd.formulas.tree import Binary, Bracket, Name, Number, Tree
from sheetgd.scale.formulas import Formulas, scalar
from sheetgd.scale.polynomials import Monomial, RowPolynomials


def square(column: str) -> Tree:
    """(p * column + q) ^ 2"""
    line = Binary("+", Binary("*", Name("p"), Name(column)), Name("q"))
    return Binary("^", Bracket(line), Number("2"))


def coefficients(made: dict[Monomial, Vector], count: int) -> dict[Monomial, Vector]:
    """By what they belong to, those of squares that vanish left out."""
    return {
        one: np.broadcast_to(cells[:, 0, 0], count)
        for one, cells in made.items()
        if len(one) < 2 or cells.any()
    }


@pytest.mark.parametrize("different", [0, 1, 300, 1000])
def test_squares_that_cancel_in_the_first_rows_need_not_in_others(different: int) -> None:
    """(p·x + q)² - (p·z + q)² about p = 3, q = 2, by the binomial formula; z is x but from some row on."""
    dice = np.random.default_rng(4)
    x = dice.normal(size=1000)
    z = np.where(np.arange(1000) < different, x, dice.normal(size=1000))
    formulas = Formulas([Binary("-", square("x"), square("z"))], {}, ("S", (1, 1)))
    polynomials = RowPolynomials(formulas, {}, {"p": 3.0, "q": 2.0})
    for first, second in ((x, x), (x, z), (z, x), (x, x)):
        [made] = polynomials.of({"x": first.reshape(-1, 1, 1), "z": second.reshape(-1, 1, 1)})
        found = coefficients(made, 1000)
        exact = {
            (): (3 * first + 2) ** 2 - (3 * second + 2) ** 2,
            (0,): 2 * (3 * first + 2) * first - 2 * (3 * second + 2) * second,
            (1,): 2 * (3 * first + 2) - 2 * (3 * second + 2),
            (0, 0): first**2 - second**2,
            (0, 1): 2 * first - 2 * second,
        }
        assert {one for one in exact if len(one) < 2 or exact[one].any()} == set(found)
        for one, cells in found.items():
            assert cells == pytest.approx(exact[one], rel=1e-12, abs=1e-12)


def test_rows_alone_decide_nothing() -> None:
    """A single row whose number is 1, and then rows of others."""
    formulas = Formulas([Binary("*", Name("p"), Binary("*", Name("x"), Name("s")))], {}, ("S", (1, 1)))
    polynomials = RowPolynomials(formulas, {"s": scalar(1.0)}, {"p": 5.0})
    for x in (np.array([1.0]), np.array([2.0, -3.0])):
        [made] = polynomials.of({"x": x.reshape(-1, 1, 1)})
        assert made[(0,)][:, 0, 0].tolist() == x.tolist()
        assert made[()][:, 0, 0].tolist() == (5 * x).tolist()
