"""Lessons whose formulas are drawn at random from the functions that lessons use, with numbers that may grow too large.

`check` runs one and compares each result that is then stored with what LibreOffice makes of the same operands.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.formula import ArrayFormula

import office as libreoffice
import sheetgd

FIRST = 9
NUDGE = 0.01
NUMBERS = (  # of a number a, and of another one b
    "1/(1+EXP(-({a})))",
    "TANH({a})",
    "EXP({a})",
    "({a}-1)^2",  # never below 1E-308, where a power is #NUM! in LibreOffice, and 0 in Excel and the engine
    "({a}-1)^3",
    "IF({a}>0,{a},0)",
    "MAX(0,{a})",
    "MIN({a},50)",
    "LN(1+EXP({a}))",
    "SIN(MAX(-100,MIN(100,{a})))",  # of large angles Excel takes no sine, LibreOffice of larger ones
    "SQRT(ABS({a}))",
    "1/(1+({a}-1)^2)",
    "EXP(-({a}-1)^2)",
    "COSH(({a})/100)",
    "POWER(1+ABS({a}),3)",
    "2^MAX(-900,{a})",
    "IFERROR(EXP({a}),7)",
    "IF(EXP({a})>1,1,0)",
    "SIGN({a})*LOG10(1+ABS({a}))",
    "EXP({a})/(1+EXP({a}))",
    "ATAN(SINH({a}))",
    "LOG(1+ABS({a}),3)",
    "IFERROR(LN({a}),{b})",
    "IFERROR(({a})/({b}),1)",
    "(({a})+({b}))",
    "(({a})-({b}))",
    "(({a})*({b}))",
    "({a})/(1+ABS({b}))",
    "IF(AND({a}>-1,NOT({b}>2)),{a},{b})",
    "IF(OR({a}<-1,{b}<=0),{b},{a})",
    "ROUND({a},3)",
    "ROUNDUP(MAX(-100000,MIN(100000,{a})),1)",  # LibreOffice does so with twelve digits
    "ROUNDDOWN(MAX(-100000,MIN(100000,{a})),2)",
    "(({a})+INT({b}))",
    "(({a})+MOD(MAX(-100000,MIN(100000,{b})),7))",
)
RANGES = (  # of ranges r and s
    "_xlfn.STDEV.P({r})",
    "_xlfn.STDEV.S({r})",
    "VAR({r})",
    "_xlfn.VAR.P({r})",
    "DEVSQ({r})",
    "SLOPE({r},{s})",
    "INTERCEPT({r},{s})",
    "CORREL({r},{s})",
    "RSQ({r},{s})",
    "(SQRT(SUMSQ({r}))+STEYX({r},{s}))",  # with points on a line LibreOffice shows 0
    "SUM({r})",
    "SUMSQ({r})",
    "SUMXMY2({r},{s})",
    "SUMPRODUCT({r},{s})",
    "SUMPRODUCT(({r}>0)*({s}<10),{r})",
    "SUMPRODUCT(--({r}>{s}),{r}-{s})",
    "AVERAGE({r})",
    "MAX({r})",
    "MIN({r})",
    "MEDIAN({r})",
    "LARGE({r},2)",
    '(SUM({r})/(1+COUNTIF({s},">0")))',
    "INDEX({r},MATCH(MAX({s}),{s},0))",
    "INDEX({r},MATCH(5,{{2,5,9}},0))",
    'AVERAGEIF({r},">0")',
    'AVERAGEIFS({r},{s},">0",{r},"<100")',
    "SQRT(SUMSQ({r})/COUNT({s}))",
)
STEPS = (
    "{p}-$B$1*{g}",
    "{p}-$B$1*MAX(-1,MIN(1,{g}))",
    "{p}-$B$1*{g}/(SQRT({g}^2)+0.001)",
    "{p}-$B$1*SIGN({g})",
    "{p}-$B$1*{g}/(1+ABS({g}))",
    "IF(ABS({g})<1000,{p}-$B$1*{g},{p})",
    "{p}-$B$1*TANH({g})",
    "{p}-$B$1*{g}/(1+ABS({k}))",
    "{p}-$B$1*({g}+{p}/100)",
    "{p}-$B$1*IFERROR({g}/{k},{g})",
)
CENTRES = ("AVERAGE({r})", "MEDIAN({r})", "MIN({r})", "SUMPRODUCT({r})/COUNT({r})")
WIDTHS = (
    "_xlfn.STDEV.P({r})",
    "_xlfn.STDEV.S({r})",
    "SQRT(VAR({r}))",
    "(MAX({r})-MIN({r}))",
    "SQRT(DEVSQ({r}))",
)
XS = ("=A{row}", "=(A{row}-$E$1)/$E$2", "=STANDARDIZE(A{row},$E$1,$E$2)", "=A{row}-$E$1")
GRADIENTS = (
    "SUM({g})",
    "AVERAGE({g})",
    "SUMPRODUCT({g},1+0*{g})",
    "SUM({g})/COUNT({g})",
    "MEDIAN({g})",
    "array",
)
SCALES = {  # of what is measured: its middle, and how far the numbers are from it
    "plain": (0.0, 1.0),
    "great": (0.0, 1000.0),
    "years": (2000.0, 20.0),
    "far": (1e6, 5.0),
    "tiny": (0.0, 1e-7),
}


class Drawing:
    """The cells of a sheet: settings, parameters, and a table with a column for each title."""

    def __init__(self, seed: int) -> None:
        self.at = random.Random(seed)
        self.rows = range(FIRST, FIRST + self.at.randint(4, 6))
        self.parameters = "mb" if self.at.random() < 0.6 else "mbc"
        self.power = self.at.choice(("^2", "^2", "^4"))
        self.move = self.at.choice(STEPS)
        self.cells: dict[str, Any] = {
            "A1": "learn",
            "B1": float(f"{10 ** self.at.uniform(-5, 2):.3g}"),
            "A2": "epochs",
            "B2": self.at.choice((1, 2, 5, 25)),
            "A6": "loss",
        }
        for row, name in enumerate(self.parameters, 3):
            self.cells |= {f"A{row}": name, f"B{row}": self.number(3)}
        self.letters: dict[str, str] = {}
        for title in ("x", "y"):
            middle, width = self.at.choice(tuple(SCALES.values()))
            self.column(title, lambda _, a=middle, b=width: float(f"{a + b * self.number(1):.8g}"))
        x = self.area("x")
        self.cells |= {"D1": "centre", "E1": "=" + self.at.choice(CENTRES).format(r=x)}
        self.cells |= {"D2": "width", "E2": "=" + self.at.choice(WIDTHS).format(r=x)}
        inputs = self.at.choice(XS)
        self.column("input", lambda row: inputs.format(row=row))
        self.constant = self.of_ranges(*self.at.sample(("x", "y", "input"), 3))
        self.prediction = self.of("{z}", self.constant)

    def number(self, most: float) -> float:
        return float(f"{self.at.choice((-1, 1)) * 10 ** self.at.uniform(-2, most):.4g}")

    def of(self, a: str, *others: str) -> str:
        for _ in range(self.at.choice((1, 1, 2))):
            a = self.at.choice(NUMBERS).format(a=a, b=self.at.choice((a, *others)))
        return a

    def of_ranges(self, *titles: str) -> str:
        return self.at.choice(RANGES).format(r=self.area(titles[0]), s=self.area(self.at.choice(titles[1:])))

    def area(self, title: str) -> str:
        letter = self.letters[title]
        return f"${letter}${self.rows[0]}:${letter}${self.rows[-1]}"

    def column(self, title: str, cell: Any) -> None:
        """`cell` says what stands in a row."""
        letter = self.letters[title] = "ABCDEFGHIJKLMNOPQRST"[len(self.letters)]
        self.cells[f"{letter}{FIRST - 1}"] = title
        self.cells |= {f"{letter}{row}": cell(row) for row in self.rows}

    def predicted(self, row: int, places: Mapping[str, str]) -> str:
        x = f"C{row}"
        z = f"{places['m']}*{x}+{places['b']}" + (f"+{places['c']}*{x}^2" if "c" in places else "")
        return self.prediction.replace("{z}", z)

    def judged(self, places: Any) -> None:
        """Columns with the predictions, their errors, and slopes by a nudge of each parameter."""

        def slope(row: int, name: str) -> str:
            nudged = {**places(row), name: f"({places(row)[name]}+{NUDGE})"}
            e = f"({self.predicted(row, nudged)}-B{row}){self.power}"
            return f"=({e}-{self.letters['error_sq']}{row})/{NUDGE}"

        self.column("y_pred", lambda row: "=" + self.predicted(row, places(row)))
        self.column("error_sq", lambda row: f"=({self.letters['y_pred']}{row}-B{row}){self.power}")
        for name in self.parameters:
            self.column(f"de/d{name}", lambda row, name=name: slope(row, name))

    def row_by_row(self) -> None:
        """Each row is a step, which goes on from the parameters of the row above."""
        many = len(self.parameters)
        now, new = ("ABCDEFGHIJKLMNOPQRST"[start : start + many] for start in (3, 5 + 2 * many))
        for at, name in enumerate(self.parameters):
            start, above = f"=$B${3 + at}", new[at]
            self.column(name, lambda row, a=above, s=start: s if row == FIRST else f"={a}{row - 1}")
        self.judged(lambda row: {name: f"{now[at]}{row}" for at, name in enumerate(self.parameters)})
        for at, name in enumerate(self.parameters):
            slope = self.letters[f"de/d{name}"]
            self.column(f"new_{name}", lambda row, p=now[at], g=slope: self.moved(f"{p}{row}", f"{g}{row}"))

    def all_rows_at_once(self) -> None:
        """The rows have the parameters of the cells, which take one step by the slopes of all rows."""
        places = {name: f"$B${row}" for row, name in enumerate(self.parameters, 3)}
        self.judged(lambda _: places)
        for row, name in enumerate(self.parameters, 3):
            g, gradient = self.area(f"de/d{name}"), self.at.choice(GRADIENTS)
            self.cells |= {f"D{row}": f"new {name}", f"E{row}": self.moved(f"B{row}", f"G{row}")}
            self.cells |= {f"F{row}": f"slope {name}", f"G{row}": "=" + gradient.format(g=g)}
            if gradient == "array":
                self.cells[f"G{row}"] = ArrayFormula(f"G{row}", f"=MMULT(TRANSPOSE({g}),1+0*{g})")

    def moved(self, p: str, g: str) -> str:
        return "=" + self.move.format(p=p, g=g, k=self.constant)

    def finish(self) -> None:
        """The loss, and two columns and a cell that nothing depends on."""
        self.cells["B6"] = "=" + self.of(self.of_ranges("error_sq", "y_pred", "y", "x"))
        also = self.of_ranges(*self.at.sample(list(self.letters), 3))
        for title in ("beside", "also"):
            operands = self.at.sample(list(self.letters.values()), 2)
            formula = self.of(*(f"{letter}{{row}}" for letter in operands), also)
            self.column(title, lambda row, f=formula: "=" + f.replace("{row}", str(row)))
        self.cells |= {"D7": "also", "E7": "=" + self.of_ranges(*self.at.sample(list(self.letters), 3))}


def draw(seed: int) -> dict[str, Any]:
    drawing = Drawing(seed)
    if drawing.at.random() < 0.5:
        drawing.row_by_row()
    else:
        drawing.all_rows_at_once()
    drawing.finish()
    return drawing.cells


def save(path: Path, sheets: Mapping[str, Mapping[str, Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, cells in sheets.items():
        sheet = book.create_sheet(title)
        for address, value in cells.items():
            sheet[address] = value
            if isinstance(value, float):  # of which openpyxl would write 16 digits
                sheet[address].value, sheet[address].data_type = repr(value), "n"
    book.save(path)
    return path


def check(office: libreoffice.Office, path: Path, seed: int) -> tuple[str, list[str]]:
    """How the run of a sheet ended ("ran", "stopped", "refused"), and the cells whose stored results are wrong."""
    cells = draw(seed)
    save(path, {"Lesson": cells})
    try:
        with sheetgd.open_book(str(path)) as book:
            history = sheetgd.run(book)
    except sheetgd.SheetgdError:
        return "refused", []
    if not history.epochs:
        return "stopped", []
    return "stopped" if history.diverged else "ran", wrong_cells(office, path, cells)


REFERENCE = re.compile(r"(?<![\w.])\$?[A-Z]\$?\d+(?::\$?[A-Z]\$?\d+)?(?![\d(])")


def wrong_cells(office: libreoffice.Office, path: Path, cells: Mapping[str, Any]) -> list[str]:
    """The formulas once more, on sheets of their own, with what is stored as their operands.

    So the rounding of one cell is not carried to the next, where a difference, or a step by a sign alone, would make
    more of it. Within a formula that happens, too: where a result is not the same, each operand is moved in its 14th
    digit, three times, and the result may be ten times as far off as LibreOffice's own is then.
    """
    stored = libreoffice.read_stored(path)["Lesson"]
    (expected,) = again(office, path, cells, [stored])
    apart = [address for address in expected if not same(expected[address], stored.get(address))]
    if not apart:
        return []
    at = random.Random(0)
    moved = [
        {
            address: value * (1 + at.choice((-1, 1)) * 1e-14) if isinstance(value, float) else value
            for address, value in stored.items()
        }
        for _ in range(3)
    ]
    others = again(office, path, cells, moved)
    return [
        f"{address} {formula_of(cells[address])} expected {expected[address]} got {stored.get(address)}"
        for address in apart
        if not same(expected[address], stored.get(address), [other[address] for other in others])
    ]


def again(
    office: libreoffice.Office, path: Path, cells: Mapping[str, Any], operands: Sequence[Mapping[str, Any]]
) -> list[libreoffice.Sheet]:
    """What LibreOffice makes of the formulas with each of these sheets of operands."""
    sheets: dict[str, Mapping[str, Any]] = {}
    for number, values in enumerate(operands, 1):
        sheets[f"Operands{number}"] = values
        sheets[f"Again{number}"] = {
            address: moved_to(f"Operands{number}", value)
            for address, value in cells.items()
            if formula_of(value)
        }
    computed = office.recalculate(save(path.with_suffix(".again.xlsx"), sheets))
    return [computed[f"Again{number}"] for number in range(1, len(operands) + 1)]


def formula_of(value: Any) -> str:
    text = str(value.text if isinstance(value, ArrayFormula) else value)
    return text if text.startswith("=") else ""


def moved_to(sheet: str, value: Any) -> Any:
    text = REFERENCE.sub(rf"{sheet}!\g<0>", formula_of(value))
    return ArrayFormula(value.ref, text) if isinstance(value, ArrayFormula) else text


def same(expected: Any, got: Any, others: Sequence[Any] = ()) -> bool:
    """`others` are LibreOffice's results with moved operands; if these move by more than they are, none is certain."""
    if expected == got or got in others:
        return True
    if not (isinstance(expected, float) and isinstance(got, float)):
        # Of an overflow and another error in one formula the applications show the one that stands first.
        return str(expected).startswith("#") and str(got).startswith("#")
    moved = max((abs(one - expected) for one in others if isinstance(one, float)), default=0.0)
    return moved > abs(expected) or abs(expected - got) <= 1e-12 * abs(expected) + 10 * moved
