"""Compiled formulas: values as the engine's, gradients as central differences, and what is refused by its name."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

from program_sheets import DATA, Engine, check, compiled, place
from sheetgd.formulas.program.builder import Surroundings
from sheetgd.formulas.program.compile import NotCompiled, compile_program
from sheetgd.formulas.program.program import Doubtful
from sheetgd.formulas.structured import TableFrame
from sheetgd.grid.a1 import Area
from sheetgd.grid.sheet import Place, Value

SINGLE = "EXP LN LOG10 SQRT ABS SIN COS TAN ATAN SINH COSH TANH ASIN ACOS RADIANS".split()
WHOLE = ["SUM", "SUMSQ", "AVERAGE", "MIN", "MAX", "VAR.P", "VAR.S", "STDEV.P", "STDEV.S"]


def expression(at: random.Random, depth: int, leaves: list[str]) -> str:
    if depth == 0:
        return at.choice([*leaves, *leaves, f"{at.uniform(0.1, 3):.2f}"])
    one, other, third = (expression(at, depth - 1, leaves) for _ in range(3))
    kind = at.randrange(9)
    if kind < 4:
        return f"({one}{at.choice('+-*/')}{other})"
    if kind == 4:
        return f"({one})^{at.choice(['2', '3', '-1', '0.5'])}"
    if kind == 5:
        return f"{at.choice(SINGLE)}({one})"
    if kind == 6:
        return f"IF({one}{at.choice(['<', '>', '<=', '>='])}{other},{third},-({other}))"
    if kind == 7:
        return f"{at.choice(['MIN', 'MAX'])}({one},{other})"
    return f"POWER(1+ABS({one}),{other})"


def random_sheet(seed: int) -> dict[str, str]:
    """A column of six formulas that are filled down, another over it, and a loss."""
    at = random.Random(seed)
    first = expression(at, at.choice((1, 2, 3)), ["$A$1", "$A$2", "$A$3", "B1", "C1"])
    second = expression(at, at.choice((0, 1, 2)), ["D1", "$A$1", "B1"])
    formulas = {}
    for row in range(1, 7):
        for letter, text in (("D", first), ("E", second)):
            for name in "BCD":
                text = re.sub(rf"\b{name}1\b", f"{name}{row}", text)
            formulas[f"{letter}{row}"] = text
    ends = (
        f"{at.choice(WHOLE)}(E1:E6)+SUMPRODUCT(D1:D6,C1:C6)",
        "SUMXMY2(E1:E6,B1:B6)/COUNT(B1:B6)",
        "SUMPRODUCT((E1:E6-B1:B6)^2)",
        f"{at.choice(WHOLE)}(D1:E6)*$A$2%",
        "-E1^2+SUM(D1:D6,A1)/PI()",
    )
    return formulas | {"F1": at.choice(ends)}


def test_random_formulas_are_the_engines() -> None:
    ended = []
    for seed in range(300):
        at = random.Random(seed)
        ended.append(check(random_sheet(seed), DATA, [round(at.uniform(-2, 2), 3) for _ in range(3)]))
    assert ended.count("equal") > 150, {how: ended.count(how) for how in set(ended)}


REFUSED = {
    "VLOOKUP(A1,B1:C6,2)": "VLOOKUP of other than exact matches",
    "ERF(A1)": "ERF",
    "INDEX(B1:B6,A1)": "INDEX with a place that changes",
    "OFFSET(B1,A1,0)": "OFFSET with a place that changes",
    "COUNTIF(A1:A3,1)": "COUNTIF of what changes",
    "A1&2": "a binary",
    'IF(A1>0,"yes",A2)': "a text",
    'LEN("yes")*A1': "LEN",
    "SUM(--(A1>0),B1:B6>A2)": "TRUE or FALSE among numbers",
    "Scores[Points]*A1": "the table reference Scores[Points]",
    "rate*A1": "the name rate",
    "G1*A1": "a cell that is not a number (text)",
    "MIN(H1:H3)*A1": "MIN of no numbers",
    "B1:B6*A1": "arrays whose sizes do not fit",
}


@pytest.mark.parametrize("formula", REFUSED)
def test_what_is_not_compiled_is_named(formula: str) -> None:
    with pytest.raises(NotCompiled) as caught:
        compiled({"F1": formula}, DATA | {"G1": "text"})
    assert caught.value.what == REFUSED[formula] and caught.value.place == place("F1")


@pytest.mark.parametrize(
    "formula",
    ["1/A1", "LN(A1)", "SQRT(A1-1)", "0^A1", "EXP(A2)", "1/(1+EXP(A2))", "IFERROR(1/A1,5)", "A1^-1"],
)
def test_what_is_no_ordinary_number_is_left_to_the_engine(formula: str) -> None:
    with pytest.raises(Doubtful):
        compiled({"F1": formula}, DATA).gradient([0.0, 900.0, 1.0])


def test_rows_that_go_on_from_the_row_above() -> None:
    """A step table: each row's m comes from the row above, so that the forms read each other."""
    formulas = {"D1": "$A$1", "E1": "D1-0.1*2*B1*(D1*B1-C1)"}
    for row in range(2, 7):
        formulas |= {f"D{row}": f"E{row - 1}", f"E{row}": f"D{row}-0.1*2*B{row}*(D{row}*B{row}-C{row})"}
    formulas["F1"] = "SUMXMY2(D1:D6,C1:C6)+A2+A3"
    program, engine = compiled(formulas, DATA), Engine(formulas, DATA)
    value, slopes = program.gradient([0.7, 0.0, 0.0])
    assert value == pytest.approx(engine.value([0.7, 0.0, 0.0]), rel=1e-12)
    high, low = (program.value([0.7 + h, 0.0, 0.0]) for h in (1e-5, -1e-5))
    assert slopes[0] == pytest.approx((high - low) / 2e-5, rel=1e-6)


def test_ranges_that_grow_names_arrays_and_other_sheets() -> None:
    cells = {place(address): value for address, value in DATA.items()}
    formulas = {
        place("D1"): "SUM(B$1:B1)*$A$1",
        place("D2"): "SUM(B$1:B2)*$A$1",
        place("E1"): "SUM(MMULT(TRANSPOSE(B1:B6),C1:C6))*rate",
        ("My sheet", (1, 1)): "S!D1^2+S!D2",
        place("F1"): "'my sheet'!A1+E1",
    }
    parameters = [place("A1"), place("A2")]
    names = {"rate": ["S!$A$2"]}
    program = compile_program(formulas, formulas, place("F1"), parameters, cells.get, Surroundings(names))
    b, c = ([DATA[f"{letter}{row}"] for row in range(1, 7)] for letter in "BC")
    product = sum(one * other for one, other in zip(b, c, strict=True))
    value, slopes = program.gradient([3.0, 2.0])
    assert value == pytest.approx((b[0] * 3) ** 2 + (b[0] + b[1]) * 3 + 2 * product, rel=1e-12)
    assert slopes.tolist() == pytest.approx([2 * b[0] ** 2 * 3 + b[0] + b[1], product], rel=1e-12)


def test_a_table_its_own_rows_and_its_totals() -> None:
    """x and y in B2:C5 under their titles, a total in C6; the table's own formulas need not name it."""
    table = TableFrame("S", Area(1, 2, 6, 4), ["x", "y", "error"], totals=1)
    cells: dict[Place, Value] = {place(f"B{row}"): 1.0 + row for row in range(2, 6)}
    cells |= {place(f"C{row}"): row**2 / 2 for row in range(2, 6)} | {place("C6"): 27.0}
    formulas = {place(f"D{row}"): "([@x]*$A$1+A$2-[@y])^2" for row in range(2, 6)}
    formulas[place("F1")] = "SUM(Table1[error])+Table1[[#Totals],[y]]*A1+SUM(Table1[[x]:[y]])*A2"
    parameters = [place("A1"), place("A2")]
    around = Surroundings(tables={"table1": table})
    program = compile_program(formulas, formulas, place("F1"), parameters, cells.get, around)
    x, y = (np.array([cells[place(f"{letter}{row}")] for row in range(2, 6)], float) for letter in "BC")
    rest = 3 * x + 2 - y
    value, slopes = program.gradient([3.0, 2.0])
    assert value == pytest.approx((rest**2).sum() + 27 * 3 + (x.sum() + y.sum()) * 2)
    assert slopes.tolist() == pytest.approx([2 * (rest * x).sum() + 27, 2 * rest.sum() + x.sum() + y.sum()])


def test_seven_hundred_rows_and_twenty_parameters() -> None:
    """Against NumPy's own least squares gradient."""
    generator = np.random.default_rng(3)
    data, goals, weights = (
        generator.normal(size=(700, 20)),
        generator.normal(size=700),
        generator.normal(size=20),
    )
    cells: dict[Place, Value] = {
        ("S", (row + 2, column + 1)): float(data[row, column]) for row in range(700) for column in range(20)
    }
    cells |= {("S", (row + 2, 22)): float(goals[row]) for row in range(700)}
    formulas = {("S", (row, 23)): f"(SUMPRODUCT(A{row}:T{row},$A$1:$T$1)-V{row})^2" for row in range(2, 702)}
    formulas["S", (1, 24)] = "AVERAGE(W2:W701)"
    parameters = [("S", (1, column)) for column in range(1, 21)]
    program = compile_program(formulas, formulas, ("S", (1, 24)), parameters, cells.get)
    assert len(program.steps) < 20  # not one for each of 701 formulas
    value, slopes = program.gradient(weights)
    apart = data @ weights - goals
    assert value == pytest.approx(float((apart**2).mean()), rel=1e-12)
    assert np.allclose(slopes, 2 * data.T @ apart / 700, rtol=1e-10, atol=1e-12)
