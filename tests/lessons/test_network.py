"""The lesson network: every derivative against finite differences, training against NumPy, and what the sheet "
"shows."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from conftest import CommandLine
from office import Office, read_stored
from sheetgd.lessons.create import new
from sheetgd.lessons.network.model import PARAMETERS, POINTS, initial, step_groups

DATA = np.array(POINTS)
SHAPES = ((2, 3), (3, 2), (2, 1))
NAMES = [  # each layer's weights, from row to column, and its biases
    ([["w11", "w12", "w13"], ["w21", "w22", "w23"]], ["b1", "b2", "b3"]),
    ([["u11", "u12"], ["u21", "u22"], ["u31", "u32"]], ["c1", "c2"]),
    ([["o1"], ["o2"]], ["d"]),
]
HIDDEN = [["h1", "h2", "h3"], ["k1", "k2"], ["y_pred"]]
Layers = list[tuple[np.ndarray, np.ndarray]]


# ---------------------------------------------------------------------------------------------- the plain network


def layers(values: dict[str, float]) -> Layers:
    """The parameters as matrices and vectors."""
    return [
        (np.array([[values[n] for n in row] for row in w]), np.array([values[n] for n in b]))
        for w, b in NAMES
    ]


def named(arrays: Layers) -> dict[str, float]:
    """Matrices and vectors as parameters by name."""
    return {
        name: float(number)
        for (w, b), (weights, biases) in zip(NAMES, arrays, strict=True)
        for names, numbers in [*zip(w, weights, strict=True), (b, biases)]
        for name, number in zip(names, numbers, strict=True)
    }


def forward(net: Layers, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Every layer's sums, and what goes in and out of every layer."""
    sums, values = [], [x]
    for number, (weights, biases) in enumerate(net):
        sums.append(values[-1] @ weights + biases)
        values.append(sums[-1] if number == 2 else np.maximum(sums[-1], 0))
    return sums, values


def gradient(net: Layers, rows: np.ndarray) -> Layers:
    """The derivatives of the mean squared error of the rows."""
    sums, values = forward(net, rows[:, :2])
    back, found = 2 * (values[3] - rows[:, 2:]) / len(rows), []
    for number in (2, 1, 0):
        if number < 2:
            back = back * (sums[number] > 0)
        found.insert(0, (values[number].T @ back, back.sum(axis=0)))
        back = back @ net[number][0].T
    return found


def train(
    net: Layers,
    epochs: int,
    *,
    learn: float = 0.3,
    beta: float = 0.9,
    batch: int = 4,
    data: np.ndarray = DATA,
) -> list[tuple[Layers, Layers]]:
    """Parameters and velocities after each step; the first before any."""
    velocity: Layers = [(np.zeros_like(w), np.zeros_like(b)) for w, b in net]
    states = [(net, velocity)]
    for _ in range(epochs):
        for start in range(0, len(data), batch):
            slopes = gradient(net, data[start : start + batch])
            velocity = [
                tuple(beta * old + (1 - beta) * new for old, new in zip(v, s, strict=True))
                for v, s in zip(velocity, slopes, strict=True)
            ]
            net = [
                tuple(p - learn * v for p, v in zip(part, v, strict=True))
                for part, v in zip(net, velocity, strict=True)
            ]
            states.append((net, velocity))
    return states


def after(seed: int, epochs: int, **settings: Any) -> Layers:
    return train(layers(initial(seed)), epochs, **settings)[-1][0]


def loss(net: Layers, data: np.ndarray = DATA) -> float:
    return float(np.mean((forward(net, data[:, :2])[1][3] - data[:, 2:]) ** 2))


def right(net: Layers, data: np.ndarray = DATA) -> int:
    return int(np.sum((forward(net, data[:, :2])[1][3] > 0.5) == (data[:, 2:] > 0.5)))


# -------------------------------------------------------------------------------------------------- the worksheet


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson as it is drawn; copy it before you run it."""
    return new("network", tmp_path_factory.mktemp("network") / "network.xlsx")


@pytest.fixture(scope="session")
def trained(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson after three epochs, when no bias is 0 any more."""
    sheetgd = CommandLine(tmp_path_factory.mktemp("trained"))
    shutil.copy(drawn, sheetgd.folder)
    assert sheetgd("run", "network.xlsx", "--epochs", 3).code == 0
    return sheetgd.folder / "network.xlsx"


@pytest.fixture
def copy(drawn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(drawn, tmp_path))


def test_look_names_the_first_of_many_columns(copy: Path) -> None:
    ended = CommandLine(copy.parent)("look", copy.name)
    table = CommandLine(copy.parent)("look", copy.name, "--json").json()["table"]["columns"]
    [line] = [line for line in ended.out.splitlines() if line.startswith("  columns ")]
    first = ", ".join(f"{title} {letter}" for title, letter in list(table.items())[:20])
    assert line == f"  columns    {first} and {len(table) - 20} more"
    assert "missing    grid" not in ended.out  # there is none of so many parameters


@lru_cache(maxsize=3)
def opened(path: Path) -> Any:
    """A workbook that no test changes, in openpyxl."""
    return openpyxl.load_workbook(path)


class Engine:
    """A workbook in IronCalc, asked by A1."""

    def __init__(self, path: Path) -> None:
        self.model = ironcalc.load_from_xlsx(str(path))
        self.model.evaluate()
        self.sheets = [sheet["name"] for sheet in self.model.get_worksheets_properties()]
        row = opened(path)["Network"][6]
        self.titles = {cell.value: cell.column_letter for cell in row if cell.column > 38 and cell.value}

    def fresh(self) -> Engine:
        """Another one that stands where this one does."""
        other = Engine.__new__(Engine)
        other.model = ironcalc.load_from_bytes(self.model.to_bytes())
        other.sheets, other.titles = self.sheets, self.titles
        return other

    def get(self, cell: str, sheet: str = "Network") -> Any:
        return self.model.get_cell_value(self.sheets.index(sheet), *coordinate_to_tuple(cell))

    def put(self, values: dict[str, float], sheet: str = "Network") -> None:
        """Put numbers into cells, over their formulas, and recalculate."""
        for cell, value in values.items():
            self.model.update_cell_with_number(self.sheets.index(sheet), *coordinate_to_tuple(cell), value)
        self.model.evaluate()

    def cells(self, title: str) -> list[str]:
        """The cells of a column of the table of steps."""
        return [f"{self.titles[title]}{row}" for row in range(7, 23)]

    def column(self, title: str) -> np.ndarray:
        return np.array([self.get(cell) for cell in self.cells(title)], dtype=float)

    def last(self, title: str) -> float:
        """The last row's value in a column."""
        return float(self.get(self.cells(title)[-1]))


@lru_cache(maxsize=3)
def starts(path: Path) -> dict[str, str]:
    """The start cell of every parameter, as sheetgd finds them."""
    found = CommandLine(path.parent)("look", path.name, "--json").json()
    return {name: place["start"] for name, place in found["parameters"].items()}


# --------------------------------------------------------------------------------------------------- it learns


def test_it_learns_xor_in_the_stated_epochs(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "network").code == 0
    ended = sheetgd("run", "network.xlsx", "--json").json()
    assert ended["epochs"] == 100
    assert ended["loss"]["before"] == pytest.approx(0.6015, abs=5e-5)
    assert ended["loss"]["after"] == pytest.approx(0.0071, abs=5e-5)
    cells = read_stored(sheetgd.folder / "network.xlsx")["Network"]
    assert [cells[cell] for cell in ("C4", "AI107", "AK107")] == [16, 100, 16]
    assert cells["AJ107"] == cells["K3"]
    for row, (x1, x2, y) in enumerate(POINTS, 48):
        assert (cells[f"B{row}"], cells[f"C{row}"], cells[f"D{row}"], cells[f"L{row}"]) == (x1, x2, y, 1)
        assert (x1 * x2 < 0) == bool(y) == (cells[f"J{row}"] > 0.5)


def test_no_straight_line_does_as_the_teachers_sheet_says() -> None:
    inputs, y = np.column_stack([DATA[:, :2], np.ones(16)]), DATA[:, 2]
    line = np.linalg.lstsq(inputs, y, rcond=None)[0]
    assert np.mean((inputs @ line - y) ** 2) == pytest.approx(0.248, abs=5e-4)
    best = 0
    for turn in np.linspace(0, 2 * np.pi, 721):
        along = DATA[:, 0] * np.cos(turn) + DATA[:, 1] * np.sin(turn)
        best = max(best, *(int(np.sum((along > at + 1e-9) == (y > 0.5))) for at in along))
    assert best == 12


def test_a_hundred_epochs_are_those_of_plain_numpy(sheetgd: CommandLine, copy: Path) -> None:
    log = sheetgd("run", copy, "--json").json()["log"]
    states = train(layers(initial(3)), 100)[4::4]
    got = [[row[name] for name in (*PARAMETERS, "loss")] for row in log]
    expected = [[named(net)[name] for name in PARAMETERS] + [loss(net)] for net, _ in states]
    assert np.array(got) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("batch", "beta", "learn"), [(4, 0.9, 0.3), (1, 0.5, 0.05), (5, 0, 0.1), (16, 0.9, 0.3)]
)
def test_every_column_is_plain_numpys_step_by_step(
    drawn: Path, batch: int, beta: float, learn: float
) -> None:
    """All columns of the table in the epoch after the second, whatever the batch size."""
    engine, where = Engine(drawn), starts(drawn)
    engine.put({"F4": batch, "F3": beta, "H3": learn})
    for _ in range(2):
        carried = {cell: engine.last(f"new_{name}") for name, cell in where.items()}
        engine.put(carried | {beside(cell): engine.last(f"velocity {name}") for name, cell in where.items()})
    steps = -(-16 // batch)
    states = train(layers(initial(3)), 3, learn=learn, beta=beta, batch=batch)[2 * steps :]
    columns = {title: engine.column(title) for title in engine.titles if title in table_titles()}
    for row, point in enumerate(DATA):
        step, inside = divmod(row, batch)
        closes = inside == batch - 1 or row == 15
        net, _ = states[step]
        new_net, new_velocity = states[step + 1] if closes else states[step]
        own, mean = gradient(net, DATA[row : row + 1]), gradient(net, DATA[row - inside : row + 1])
        sums, values = forward(net, DATA[row : row + 1, :2])
        expected = {
            "x1": point[0],
            "x2": point[1],
            "y": point[2],
            "row": row + 1,
            "batch": step + 1,
            "step": float(closes),
        }
        expected |= {"L": (values[3].item() - point[2]) ** 2, "dL/dy_pred": 2 * (values[3].item() - point[2])}
        for number, names in enumerate(HIDDEN):
            for name, total, value in zip(names, sums[number][0], values[number + 1][0], strict=True):
                expected |= {name: value} if name == "y_pred" else {f"z_{name}": total, name: value}
        for pattern, numbers in (
            ("{}", net), ("dL/d{}", own), ("mean dL/d{}", mean), ("velocity {}", new_velocity), ("new_{}", new_net),
        ):  # fmt: skip
            expected |= {pattern.format(name): value for name, value in named(numbers).items()}
        got = {title: columns[title][row] for title in expected}
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-13)
    assert len(expected) == len(columns) - 10  # all but dL/dh, dL/dk and dL/dz: see the finite differences


def table_titles() -> set[str]:
    """The headings of the table of steps."""
    return {column.title for group in step_groups() for column in group.columns}


def beside(cell: str) -> str:
    """The cell right of another: a weight's velocity."""
    row, column = coordinate_to_tuple(cell)
    return f"{get_column_letter(column + 1)}{row}"


# ------------------------------------------------------------------------------------------- finite differences

H = 1e-6


def test_every_derivative_is_the_finite_difference_of_the_sheets_own_error(trained: Path) -> None:
    """Every value that L depends on is nudged in its own column, in all rows at once, and L recalculated.

    With one batch, so that no row's weights come from the rows above.
    """
    engine = Engine(trained)
    engine.put({"F4": 16})
    slopes = [title for title in engine.titles if title.startswith("dL/d")]
    assert len(slopes) == 31
    for title in slopes:
        fresh, ends = engine.fresh(), []
        values = engine.column(title[4:])
        for sign in (1, -1):
            fresh.put(dict(zip(engine.cells(title[4:]), values + sign * H, strict=True)))
            ends.append(fresh.column("L"))
        assert (ends[0] - ends[1]) / (2 * H) == pytest.approx(engine.column(title), rel=1e-6, abs=1e-7), title


def test_the_gradient_of_a_whole_batch_is_the_finite_difference_of_the_loss(trained: Path) -> None:
    engine = Engine(trained)
    engine.put({"F4": 16})
    for name, cell in starts(trained).items():
        value, found, ends = engine.get(cell), engine.last(f"mean dL/d{name}"), []
        for sign in (1, -1):
            engine.put({cell: value + sign * H})
            ends.append(engine.get("K3"))
        engine.put({cell: value})
        assert (ends[0] - ends[1]) / (2 * H) == pytest.approx(found, rel=1e-6, abs=1e-8), name


def test_libreoffice_finds_the_same(office: Office, trained: Path, tmp_path: Path) -> None:
    cell = starts(trained)["u12"]
    value, ends = read_stored(trained)["Network"][cell], []
    for sign in (1, -1):
        changed = {"Network!F4": 16, f"Network!{cell}": value + sign * 1e-4}
        book = office.edit(trained, changed, tmp_path / f"nudged{sign}.xlsx")
        ends.append(office.recalculate(book)["Network"])
    mean = Engine(trained).cells("mean dL/du12")[-1]
    slope = (ends[0]["K3"] - ends[1]["K3"]) / 2e-4
    assert slope == pytest.approx((ends[0][mean] + ends[1][mean]) / 2, rel=1e-6)


# ------------------------------------------------------------------------------------------------ the other tabs


def test_the_graph_is_the_table_for_every_row(trained: Path) -> None:
    engine, sheet = Engine(trained), opened(trained)["Graph"]
    listed = {sheet.cell(row, column).value: (row, column) for column in (31, 35) for row in range(10, 32)}
    here = {
        title: f"{get_column_letter(column + 1)}{row}"
        for title, (row, column) in listed.items()
        if title in engine.titles
    }
    assert len(here) == 43
    for row in range(1, 17):
        engine.put({"C4": row}, "Graph")
        for title, cell in here.items():
            expected = engine.get(engine.cells(title)[row - 1])
            assert engine.get(cell, "Graph") == pytest.approx(expected, rel=1e-12, abs=1e-15), title
        assert engine.get("AJ32", "Graph") == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("row", [1, 6])
def test_every_box_of_the_graph_has_its_finite_difference(trained: Path, row: int) -> None:
    """The value above each derivative is nudged, and L, at the end of the graph, moves by as much as it says."""
    sheet, engine = opened(trained)["Graph"], Engine(trained)
    engine.put({"C4": row}, "Graph")
    drawn = [cell for line in sheet["B9:AC31"] for cell in line if cell.number_format.startswith('"←')]
    slopes = [cell for cell in drawn if cell.value is not None]
    assert len(slopes) == 20 + 14 + 6 + 5 + 2  # parameters, products, sums, ReLUs, the error and its square
    for cell in slopes:
        above, fresh, ends = f"{cell.column_letter}{cell.row - 1}", engine.fresh(), []
        value = engine.get(above, "Graph")
        for sign in (1, -1):
            fresh.put({above: value + sign * H}, "Graph")
            ends.append(fresh.get("AC20", "Graph"))
        found = engine.get(cell.coordinate, "Graph")
        assert (ends[0] - ends[1]) / (2 * H) == pytest.approx(found, rel=1e-6, abs=1e-7), cell.coordinate


def test_each_map_is_the_network_over_the_square(trained: Path) -> None:
    engine = Engine(trained)
    net = layers({name: engine.get(cell) for name, cell in starts(trained).items()})
    steps = [round(0.1 * step, 1) for step in range(-8, 9)]
    square = np.array([[x1, x2] for x2 in reversed(steps) for x1 in steps])
    _, values = forward(net, square)
    assert [engine.get(f"{get_column_letter(17 + i)}11") for i in range(17)] == steps
    assert [engine.get(f"P{12 + i}") for i in range(17)] == steps[::-1]
    places = [("Network", "Q12", values[3][:, 0])]
    places += [("Neurons", f"{get_column_letter(4 + 20 * i)}7", values[1][:, i]) for i in range(3)]
    places += [("Neurons", f"{get_column_letter(4 + 20 * i)}29", values[2][:, i]) for i in range(2)]
    for sheet, corner, expected in places:
        row, column = coordinate_to_tuple(corner)
        got = [engine.get(f"{get_column_letter(column + i % 17)}{row + i // 17}", sheet) for i in range(289)]
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-13), (sheet, corner)


def test_the_circles_of_the_map_are_the_points(drawn: Path) -> None:
    engine, sheet = Engine(drawn), opened(drawn)["Network"]
    [rules] = [area.rules for area in sheet.conditional_formatting if str(area.sqref) == "Q12:AG28"]
    signs = {rule.formula[0]: rule.dxf.numFmt.formatCode for rule in rules if rule.type == "expression"}
    corner = next(iter(signs)).split("=")[0]
    assert signs == {f"{corner}=1": '"●";"●";"●"', f"{corner}=-1": '"○";"○";"○"'}
    row, column = coordinate_to_tuple(corner)
    found = {
        (x1, x2): engine.get(f"{get_column_letter(column + x1 + 8)}{row + 8 - x2}")
        for x1 in range(-8, 9)
        for x2 in range(-8, 9)
    }
    expected = {(round(10 * x1), round(10 * x2)): 2 * y - 1 for x1, x2, y in POINTS}
    assert {place: value for place, value in found.items() if value} == expected


# --------------------------------------------------------------------------------------------------- the drawing


def strips(sheet: Any) -> list[Any]:
    """The charts that are lines between boxes: they have no axes."""
    return [chart for chart in sheet._charts if chart.x_axis.delete and chart.y_axis.delete]


def points_of(engine: Engine, sheet: str, reference: str) -> list[Any]:
    left, top, _, bottom = range_boundaries(reference.rpartition("!")[2].replace("$", ""))
    return [engine.get(f"{get_column_letter(left)}{row}", sheet) for row in range(top, bottom + 1)]


@pytest.mark.parametrize(("name", "count", "wires"), [("Network", 3, 14), ("Graph", 10, 35)])
def test_every_line_has_one_look_and_lies_over_empty_cells(
    trained: Path, name: str, count: int, wires: int
) -> None:
    engine, sheet = Engine(trained), opened(trained)[name]
    charts, seen = strips(sheet), 0
    assert len(charts) == count
    for chart in charts:
        start, end = chart.anchor._from, chart.anchor.to
        under = sheet.iter_rows(start.row + 1, end.row, start.col + 1, end.col)
        assert all(cell.value is None for row in under for cell in row)
        drawn = []
        for series in chart.series:
            across = points_of(engine, name, series.xVal.numRef.f)
            up = points_of(engine, name, series.yVal.numRef.f)
            assert set(across[2::3]) <= {None, ""}  # a gap between two lines
            drawn.append([(across[i], across[i + 1], up[i], up[i + 1]) for i in range(0, len(across), 3)])
            seen += sum(far == 1 for _, far, _, _ in drawn[-1])
            assert all(far in (0, 1) and (far or low == high) for _, far, low, high in drawn[-1])
        assert all(sum(look[1] for look in looks) == 1 for looks in zip(*drawn, strict=True))
    assert seen == wires


def test_lines_are_blue_below_zero_and_orange_above_and_thicker_for_larger_weights(drawn: Path) -> None:
    engine, sheet = Engine(drawn), opened(drawn)["Network"]
    first, cell = strips(sheet)[0], starts(drawn)["w11"]
    looks = []
    for value in (-2, -0.5, -0.1, 0, 0.1, 0.5, 2):
        engine.put({cell: value})
        seen = [s for s in first.series if points_of(engine, "Network", s.xVal.numRef.f)[1] == 1]
        lines = [series.graphicalProperties.ln for series in seen]
        looks.append([(line.solidFill.srgbClr, line.w) for line in lines])
    assert looks[3] == []
    (a, b, c), (d, e, f) = [[look for [look] in part] for part in (looks[:3], looks[4:])]
    assert a[1] == f[1] > b[1] == e[1] > c[1] == d[1]
    for colour, _ in (a, b, c):
        assert colour[:2] < colour[4:], "more blue than red"
    for colour, _ in (d, e, f):
        assert colour[:2] > colour[4:], "more red than blue"


def test_another_point_goes_through_the_drawing(drawn: Path) -> None:
    engine = Engine(drawn)
    for point in (1, 2, 16):
        engine.put({"F5": point})
        _, values = forward(layers(initial(3)), DATA[point - 1 : point, :2])
        shown = [engine.get(cell) for cell in ("B15", "B21", "E12", "E18", "E24", "H15", "H21", "K18", "M18")]
        expected = [*values[0][0], *values[1][0], *values[2][0], *values[3][0], DATA[point - 1, 2]]
        assert shown == pytest.approx(expected, abs=1e-13)


# ------------------------------------------------------------------------------------------------- seeds and luck


def test_one_seed_gets_stuck_where_another_learns(sheetgd: CommandLine) -> None:
    ended = {}
    for seed in (3, 4, 5):
        assert sheetgd("new", "network", "--seed", seed, "-o", f"{seed}.xlsx").code == 0
        assert sheetgd("run", f"{seed}.xlsx").code == 0
        ended[seed] = read_stored(sheetgd.folder / f"{seed}.xlsx")["Network"]
        assert ended[seed]["C3"] == seed
    assert [ended[seed]["C4"] for seed in (3, 4, 5)] == [16, 8, 12]
    assert ended[4]["K3"] == pytest.approx(0.25, abs=1e-4)
    asleep = [ended[4][f"{letter}{row}"] for letter in "HI" for row in range(48, 64)]
    assert asleep == [0] * 32


def test_the_same_seed_draws_the_same_file(sheetgd: CommandLine, drawn: Path) -> None:
    for out, seed in (("usual.xlsx", 3), ("other.xlsx", -7)):
        assert sheetgd("new", "network", "--seed", seed, "-o", out).code == 0
    assert (sheetgd.folder / "usual.xlsx").read_bytes() == drawn.read_bytes()
    other = read_stored(sheetgd.folder / "other.xlsx")["Network"]
    assert other["C32"] == initial(-7)["w11"] != initial(3)["w11"]
    for seed in range(50):
        net = layers(initial(seed))
        assert [weights.shape for weights, _ in net] == list(SHAPES)
        for weights, biases in net:
            assert np.abs(weights).max() <= np.sqrt(6 / len(weights)) + 0.005 and not biases.any()
            assert len(set(weights.ravel())) > 1


def test_the_teachers_figures_are_true(drawn: Path) -> None:
    sheet = opened(drawn)["For the teacher"]
    [heading] = [cell.row for cell in sheet["C"] if cell.value == "epochs run"]
    assert [sheet.cell(heading, column).value for column in range(4, 8)] == [
        "seed 3",
        "right",
        "seed 4",
        "seed 5",
    ]
    runs = {seed: [net for net, _ in train(layers(initial(seed)), 200)[::4]] for seed in (3, 4, 5)}
    rows = 0
    while isinstance(epoch := sheet.cell(heading + 1 + rows, 3).value, int):
        printed = [sheet.cell(heading + 1 + rows, column).value for column in range(4, 8)]
        three, four, five = (runs[seed][epoch] for seed in (3, 4, 5))
        expected = [loss(three), right(three), loss(four), loss(five)]
        assert printed == pytest.approx(expected, abs=5.1e-5)
        rows += 1
    assert rows == 9
    assert min(epoch for epoch, net in enumerate(runs[3]) if right(net) == 16) == 11
    assert all(right(net) == 16 for net in runs[3][11:])
    said = opened(drawn)["Network"]["B46"].value
    assert said.startswith(
        "As drawn, all 16 are right from epoch 11 on, and after 100 epochs every y_pred is within 0.2"
    )
    assert np.abs(forward(runs[3][100], DATA[:, :2])[1][3] - DATA[:, 2:]).max() < 0.2


def test_the_teachers_words_are_true(drawn: Path) -> None:
    sheet = opened(drawn)["For the teacher"]
    words = " ".join(str(cell.value) for cell in sheet["C"])
    lucky = [int(seed) for seed in re.search(r"after 100 epochs: ([\d, ]+)\.", words)[1].split(", ")]
    assert lucky == [seed for seed in range(1, 21) if right(after(seed, 100)) == 16]
    assert "sheetgd new network --seed 4" in words and "Seed 4 gets stuck" in words
    assert "Seed 5 gets stuck on 12 points" in words
    assert not np.any(forward(after(4, 2), DATA[:, :2])[1][2])
    assert right(after(3, 100, learn=0.03)) == 16
    assert right(after(3, 100, learn=1)) == 12
    assert not np.any(forward(after(3, 100, learn=2), DATA[:, :2])[1][2])
    assert right(after(3, 100, beta=0, batch=1)) < 12
    assert right(after(3, 100, beta=0, batch=4)) == 16
    corners = np.array([[0.8, -0.8], [-0.8, 0.8]])
    lower_right, upper_left = forward(after(3, 5), corners)[1][3][:, 0]
    assert lower_right > 0.75 > upper_left
    assert (forward(after(3, 20), corners)[1][3] > 0.75).all()


def test_with_zeros_everywhere_only_the_last_bias_moves(drawn: Path) -> None:
    engine = Engine(drawn)
    engine.put(dict.fromkeys(starts(drawn).values(), 0.0))
    moved = {name for name in PARAMETERS if engine.last(f"new_{name}") != 0}
    assert moved == {"d"}


# ----------------------------------------------------------------------------------------------- as a worksheet


def test_every_formula_is_libreoffices_and_none_shows_an_error(
    office: Office, sheetgd: CommandLine, copy: Path
) -> None:
    for _ in range(2):
        assert office.assert_stored_equals_recalculated(copy) > 4000
        for name, sheet in office.recalculate(copy).items():
            sentences = name == "Story"
            assert all(isinstance(sheet[cell], str if sentences else float) for cell in sheet.formulas), name
        assert sheetgd("run", copy, "--epochs", 30).code == 0


def test_everything_is_found_and_reset_restores_it(sheetgd: CommandLine, copy: Path) -> None:
    before = read_stored(copy)
    found = sheetgd("look", copy, "--json").json()
    assert (found["sheet"], found["rule"], found["table"]["rows"]) == ("Network", "formulas", 16)
    assert list(found["parameters"]) == list(PARAMETERS)
    assert {name.removeprefix("velocity ") for name in found["states"]} == set(PARAMETERS)
    assert found["controls"] == {"learn": "H3", "epochs": "H4", "loss": "K3"}
    assert found["log"] == "AI6:AK7"
    assert sheetgd("run", copy, "--epochs", 4).code == 0
    ran = read_stored(copy)["Network"]
    assert any(ran[beside(place["start"])] != 0 for place in found["parameters"].values())
    assert sheetgd("reset", copy).code == 0
    assert read_stored(copy) == before


def test_epochs_of_one_run_are_those_of_many(sheetgd: CommandLine, copy: Path, tmp_path: Path) -> None:
    """The velocity is carried: three runs of two epochs are one of six."""
    once = Path(shutil.copy(copy, tmp_path / "once.xlsx"))
    assert sheetgd("run", once, "--epochs", 6).code == 0
    for _ in range(3):
        assert sheetgd("run", copy, "--epochs", 2).code == 0
    assert read_stored(copy) == read_stored(once)


def test_the_tabs_pages_and_functions(office: Office, drawn: Path, tmp_path: Path) -> None:
    book = opened(drawn)
    assert book.sheetnames == ["Network", "Neurons", "Graph", "Story", "For the teacher"]
    assert book.active.title == "Network"
    known = {
        "ABS",
        "AND",
        "AVERAGE",
        "AVERAGEIFS",
        "COUNT",
        "IF",
        "INDEX",
        "INT",
        "MAX",
        "OR",
        "SIGN",
        "SUM",
        "IFERROR",
        "ROUND",
    }
    for sheet in book:
        texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        used = {name for text in texts for name in re.findall(r"([\w.]+)\(", text)}
        assert used <= known | {"SUMPRODUCT"}, sheet.title
        rules = [rule for area in sheet.conditional_formatting for rule in area.rules]
        assert not [f for rule in rules for f in rule.formula if f.startswith("=") or "!" in f]
        assert not [
            area for area in sheet.merged_cells.ranges if area.size["rows"] * area.size["columns"] == 1
        ]
    pdf = office.to_pdf(drawn, tmp_path).read_bytes()
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page ") == 14


def test_typing_is_checked_in_every_yellow_cell_and_nowhere_else(drawn: Path) -> None:
    for sheet in opened(drawn).worksheets[:-1]:
        rules = sheet.data_validations.dataValidation
        covered = [cell for rule in rules for area in str(rule.sqref).split() for cell in cells_of(area)]
        assert len(covered) == len(set(covered)), "Excel allows one rule a cell"
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        yellow = {cell.coordinate for cell in cells if cell.fill.fgColor.rgb == "00FFF3D6"}
        assert set(covered) == yellow, sheet.title
        assert all(rule.showErrorMessage and rule.error and len(rule.errorTitle) <= 32 for rule in rules)


def cells_of(area: str) -> list[str]:
    left, top, right_, bottom = range_boundaries(area)
    return [f"{get_column_letter(c)}{r}" for r in range(top, bottom + 1) for c in range(left, right_ + 1)]


def test_the_figures_are_left_out_where_another_learn_is_asked_for(sheetgd: CommandLine) -> None:
    assert sheetgd("new", "network", "--learn", 0.1, "--epochs", 7, "--title", "Ours").code == 0
    book = openpyxl.load_workbook(sheetgd.folder / "network.xlsx")
    assert [book["Network"][cell].value for cell in ("B1", "H3", "H4")] == ["Ours", 0.1, 7]
    assert book["Network"]["B46"].value is None
    assert "Figures to expect" not in [cell.value for cell in book["For the teacher"]["B"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rows", "8", "--seed", "1"], "the lesson network takes no --rows; leave it out; descent, belts, penguins, "
         "optimizers, logistic and batches would take it."),
        (["--m", "1"], "the lesson network takes no --m; leave it out; descent, belts, penguins, optimizers, "
         "logistic, batches and minima would take it."),
    ],
)  # fmt: skip
def test_what_it_cannot_use_is_refused(sheetgd: CommandLine, words: list[str], message: str) -> None:
    ended = sheetgd("new", "network", *words)
    assert (ended.code, ended.out, ended.err) == (2, "", f"{message}\n")
    assert not list(sheetgd.folder.iterdir())


def test_seed_still_needs_rows_elsewhere(sheetgd: CommandLine) -> None:
    ended = sheetgd("new", "weight", "--seed", 1)
    assert ended.code == 2 and ended.err.startswith("the lesson weight takes no --seed; leave it out; ")
