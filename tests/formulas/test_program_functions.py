"""Every function that a program knows: its value is the engine's, its gradient that of central differences."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from program_sheets import DATA, check
from sheetgd.formulas.program.builder import NotCompiled
from sheetgd.grid.sheet import Value

# Beside the numbers in B1:C6: texts and gaps in G, groups in H, texts as keys in D.
CELLS: dict[str, Value] = DATA | {
    **dict(zip(["G1", "G2", "G4", "G6"], [2.5, "none", -1.25, 4.0], strict=True)),
    **{f"H{row}": group for row, group in enumerate([1.0, 2.0, 1.0, 3.0, 2.0, 1.0], 1)},
    **{f"D{row}": word for row, word in enumerate(["ant", "bee", "cow", "dog", "eel", "fox"], 1)},
}
POINT = [0.7, -1.34, 2.17]
FORMULAS = [
    "EXP(A1)-LN(A3)+LOG10(A3)+LOG(A3)+LOG(A3,A1+2)+SQRT(A3)",
    "ABS(A2)+SIGN(A2)*A1+N(A3)+A1%",
    "SIN(A1)+COS(A2)*TAN(A1)+ASIN(A1)-ACOS(A1)*ATAN(A2)+ATAN2(A1,A2)",
    "SINH(A1)+COSH(A2)*TANH(A1)+ASINH(A2)+ACOSH(A3)+ATANH(A1)",
    "SEC(A1)+CSC(A2)+COT(A3)+SQRTPI(A3)+RADIANS(A1)+DEGREES(A2)+PI()*A1",
    "ROUND(A2,1)*A1+ROUND(1234.5*A1,-1)*A3+ROUNDUP(A2,1)*A3+ROUNDDOWN(A2,1)*A1",
    "ROUND(1.005,2)*A1+ROUND(-2.675,2)*A2+ROUND(0.285,2)*A3+ROUNDUP(1.15,2)*A1+TRUNC(1.15,2)*A3",
    "INT(A2)*A1+TRUNC(A2)*A3+TRUNC(A2,1)*A1+MOD(A2,3)*A1+MOD(A3,A1)",
    "POWER(A3,A1)+A3^A1+A2^2+(A1+1)^0.5-A2^-1",
    "IF(A1>0.5,A2*A3,A1)+IF(A1<=0.2,5,A3)*A1+IF(AND(A1>0,A2<0),A1,A2)+IF(OR(A1<0,NOT(A2>0)),A3,1)*A1",
    "PRODUCT(A1:A3,B1:B3)+SUM(A1:A3,4)*SUMSQ(A1:A3)",
    "MIN(A1:A3)*MAX(A1:A3,B1)+AVERAGE(A1:A3,B1:B4)*COUNT(B1:B6,3)",
    "SUMPRODUCT(B1:B3,A1:A3)+SUMXMY2(A1:A3,B1:B3)+SUMX2MY2(A1:A3,B1:B3)+SUMX2PY2(A1:A3,C1:C3)",
    "VAR.P(A1:A3)+VAR.S(A1:A3)*STDEV.P(A1:A3)+STDEV.S(A1:A3)+DEVSQ(A1:A3)+VAR(A1:A3)-STDEV(A1:A3)",
    "COVARIANCE.P(A1:A3,B1:B3)+COVARIANCE.S(A1:A3,C1:C3)+CORREL(A1:A3,B1:B3)+RSQ(A1:A3,C1:C3)",
    "SLOPE(A1:A3,B1:B3)+INTERCEPT(A1:A3,B1:B3)",
    "SUM(MMULT(TRANSPOSE(A1:A3),B1:C3))+SUMPRODUCT((A1:A3-B1:B3)^2)",
    "SUM(G1:G6)*A1+COUNT(G1:G6)*A2+AVERAGE(G1:G6)*A3+MAX(G1:G6)*A1+MIN(G1:G5)*A1+SUMSQ(G1:G6)*A2",
    "VAR.P(G1:G6)*A1+STDEV.S(G1:G6)*A2+PRODUCT(G1:G6)*A1+DEVSQ(G1:G6)*A3",
    'IF(G2="none",A1,A2)+IF(G3="",A2,A3)+IF(G1="",A1,A3)*IF(G2<>"bee",A3,1)',
    "IF(ISNUMBER(G1),A1,A2)+IF(ISTEXT(G2),A2*A1,A3)+IF(ISBLANK(G3),A3,5)+IF(ISERROR(G1),9,A1)",
    "IFERROR(A1/A3,7)+IFERROR(A2*2,0)",
    "INDEX(B1:C6,2,1)*A1+INDEX(A1:A3,2)*A3+SUM(INDEX(B1:C6,0,2))*A1+INDEX(B1:C1,2)*A2",
    'INDEX(A1:A3,MATCH(2,H1:H6,0))*A1+VLOOKUP(3,H1:H6,1,FALSE)*A2+INDEX(B1:B6,MATCH("cow",D1:D6,0))*A1',
    'SUMIF(H1:H3,1,A1:A3)+SUMIFS(A1:A3,H1:H3,2)+AVERAGEIF(H1:H3,1,A1:A3)+AVERAGEIFS(A1:A3,H1:H3,"<2")',
    'COUNTIF(B1:B6,">0")*A1+COUNTIFS(H1:H6,1,B1:B6,"<1")*A2+SUMIF(B1:B6,"<=1")*A3+COUNTIF(D1:D6,"bee")*A1',
    'SUMIF(D1:D3,"<>bee",A1:A3)*A1',
    "LET(x,A1+A2,y,x*A3,x*y+y)+IFS(A1>2,1,A2<0,A3)+CHOOSE(2,A1,A2*A3)+SWITCH(2,1,A1,2,A2,A3)",
    "SUM(B:B)*A1+SUMPRODUCT(C:C,C:C)*A2+SUM(2:2)",
    "ROWS(B1:C6)*A1+COLUMNS(B1:C6)*A2+ROW()*A1+COLUMN()*A3",
    "SUM({1,2;3,4}*A1)+SUMPRODUCT({1;2;3},A1:A3)",
    "TRUE*A2+(A1>0)*A3-(A1=A2)*5",
    "A1+-A2*-(A3)/(1+A1^2)",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_value_and_gradient(formula: str) -> None:
    formulas = {"F9": formula, "F1": "F9"}
    assert (
        check({"F1": formula} if ":1)" in formula or "ROW()" in formula else formulas, CELLS, POINT)
        == "equal"
    )


def test_offset_with_constant_places() -> None:
    assert check({"F1": "SUM(OFFSET(A1,0,1,3,2))*A1+OFFSET(A1,1,0)*OFFSET(A3,-2,0)"}, CELLS, POINT) == "equal"


def test_texts_that_formulas_give_are_left_out_of_sums() -> None:
    """Rows without a number get no error."""
    formulas = {f"E{row}": f'IF(G{row}="","",A$1*B{row}+A$2)' for row in (1, 3, 4, 5, 6)}
    formulas |= {f"F{row}": f'IF(E{row}="",0,(E{row}-C{row})^2)' for row in (3, 4, 5, 6)}
    formulas["F1"] = "SUM(F3:F6)/COUNT(E3:E6)+AVERAGE(E3:E6)*A3+MAX(E3:E6)"
    assert check(formulas, CELLS, POINT) == "equal"


@pytest.mark.parametrize("test", ['G{row}="none"', "ISTEXT(G{row})", "NOT(ISNUMBER(G{row}))"])
def test_a_branch_that_is_not_taken_is_not_computed(test: str) -> None:
    """A text in G2, and gaps in G3 and G5, by which is divided."""
    formulas = {f"E{row}": f"IF({test.format(row=row)},A$2,A$1+G{row})" for row in range(1, 7)}
    formulas |= {
        f"F{row}": f"IF(ISBLANK(G{row}),E{row},IF(ISTEXT(G{row}),0,E{row}/G{row}))" for row in range(2, 7)
    }
    formulas["F1"] = "SUMSQ(F2:F6)+A3"
    wanted = "equal"
    assert check(formulas, CELLS, POINT) == wanted


def test_truths_in_cells() -> None:
    formulas = {f"E{row}": f"B{row}*$A$1>$A$2" for row in range(1, 7)}
    formulas |= {f"F{row}": f"IF(E{row},$A$3*B{row},C{row}*$A$1)+E{row}*$A$2" for row in range(2, 7)}
    formulas["F1"] = "SUM(F2:F6)+SUM(E1:E6)*A1+COUNT(E1:E6)*A1"
    assert check(formulas, CELLS, POINT) == "equal"


LEAVES = ["A1", "A2", "A3", "B{row}", "C{row}", "H{row}", "0.5", "2"]
ONE = "EXP LN LOG10 SQRT ABS SIGN SIN COS TAN ATAN SINH COSH TANH ASINH ASIN ACOS ATANH SEC COT INT TRUNC N".split()
RANGES = ["A1:A3", "B1:B6", "C1:C6", "G1:G6", "E2:E4", "E2:E6", "B1:C6"]
WHOLE = "SUM SUMSQ AVERAGE MIN MAX VAR.P VAR.S DEVSQ PRODUCT COUNT".split()
PAIRS = "SUMPRODUCT SUMXMY2 SUMX2MY2 SUMX2PY2 COVARIANCE.P CORREL SLOPE INTERCEPT RSQ".split()
BEYOND = ["ERF({})", "MEDIAN({},A1,A2)", "GAMMALN(ABS({}))", "NORM.S.DIST({},TRUE)"]  # what no program knows


def drawn(at: random.Random, depth: int, row: int) -> str:
    if depth == 0:
        return at.choice(LEAVES).format(row=row)
    one, other, third = (drawn(at, depth - 1, row) for _ in range(3))
    digit = at.choice("012")
    return at.choice(
        [
            f"({one}{at.choice('+-*/')}{other})",
            f"({one}{at.choice('+-*')}{other})",
            f"({one})^{at.choice(['2', '3', '-1', '0.5'])}",
            f"{at.choice(ONE)}({one})",
            f"{at.choice(ONE)}({one})",
            f"IF({one}{at.choice(['<', '>', '<=', '>=', '=', '<>'])}{other},{third},{one})",
            f"IF({at.choice(['AND', 'OR'])}({one}>{other},{other}>0),{third},{one})",
            f'IF(G{row}="none",{one},{other})',
            f'IF(D{row}="bee",{one},{other})+IF(ISNUMBER(G{row}),{third},1)',
            f"IFERROR({one},{other})",
            f"{at.choice(['ROUND', 'ROUNDUP', 'ROUNDDOWN', 'TRUNC'])}({one},{digit})*{other}",
            f"MOD({one},{third})",
            f"ATAN2({one},{other})",
            f"LOG(1+ABS({one}),2+ABS({other}))",
            f"POWER(1+ABS({one}),{other})",
            f"LET(x,{one},x*{other}+x)",
            f"IFS({one}>1,{other},TRUE,{third})",
            f"CHOOSE(H{row},{one},{other},{third})",
            f"INDEX({at.choice(['A1:A3', 'B1:C6'])},{at.choice('123')},1)*{one}",
            f"INDEX(C1:C6,MATCH(H{row},H1:H6,0))*{one}",
            f"SUMIF(H1:H6,H{row},B1:B6)*{one}",
            f"AVERAGEIFS(C1:C6,H1:H6,{at.choice('123')})+{one}",
            f"{at.choice(['MIN', 'MAX', 'SUM', 'AVERAGE'])}({one},{other},{third})",
            at.choice(BEYOND).format(one) if at.random() < 0.2 else f"({one}-{other})%",
        ]
    )


def drawn_sheet(seed: int) -> dict[str, str]:
    at = random.Random(seed)
    formulas = {}
    state = at.getstate()
    depth = at.choice((1, 2, 2, 3))
    for row in range(2, 7):
        at.setstate(state)
        formulas[f"E{row}"] = drawn(at, depth, row)
    whole, other = at.choice(WHOLE), at.choice(PAIRS)
    ends = [
        f"{whole}({at.choice(RANGES)})*A1+SUM(E2:E6)",
        f"{other}(E2:E6,B2:B6)+A3",
        "SUMPRODUCT((E2:E6-C2:C6)^2)/COUNT(E2:E6)",
        "SQRT(SUMXMY2(E2:E6,B2:B6)/ROWS(E2:E6))",
        f"SUM(E:E)+{whole}(E2:E6,A1)",
        "SUM(MMULT(TRANSPOSE(E2:E6),B2:C6))*A2+SUM(OFFSET(E2,1,0,2,1))",
        f"{whole}(E2:E6)-{at.choice(WHOLE)}(B1:C6)*A1",
    ]
    return formulas | {"F1": at.choice(ends)}


def test_three_hundred_formulas_over_the_whole_list() -> None:
    """None wrong; what no program is made of falls back to differences."""
    ended: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for seed in range(300):
        at = random.Random(-seed)
        try:
            how = check(drawn_sheet(seed), CELLS, [round(at.uniform(-2, 2), 3) for _ in range(3)])
        except NotCompiled as error:
            how, what = "falls back", error.what
            why[what] += 1
        ended[how] += 1
    print(dict(ended), dict(why))
    assert ended["falls back"] < 20 and ended["equal"] > 200
