"""What the lesson network shows: the graph, the maps, and the lines between the boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple

from network_book import Engine, opened, starts
from plain_network import DATA, forward, layers
from sheetgd.lessons.network.model import POINTS, initial


def test_the_graph_is_the_table_for_every_row(trained_network: Path) -> None:
    engine, sheet = Engine(trained_network), opened(trained_network)["Graph"]
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


def test_each_map_is_the_network_over_the_square(trained_network: Path) -> None:
    engine = Engine(trained_network)
    net = layers({name: engine.get(cell) for name, cell in starts(trained_network).items()})
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


def test_the_circles_of_the_map_are_the_points(drawn_network: Path) -> None:
    engine, sheet = Engine(drawn_network), opened(drawn_network)["Network"]
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


def strips(sheet: Any) -> list[Any]:
    """The charts that are lines between boxes: they have no axes."""
    return [chart for chart in sheet._charts if chart.x_axis.delete and chart.y_axis.delete]


def points_of(engine: Engine, sheet: str, reference: str) -> list[Any]:
    left, top, _, bottom = range_boundaries(reference.rpartition("!")[2].replace("$", ""))
    return [engine.get(f"{get_column_letter(left)}{row}", sheet) for row in range(top, bottom + 1)]


@pytest.mark.parametrize(("name", "count", "wires"), [("Network", 3, 14), ("Graph", 10, 35)])
def test_every_line_has_one_look_and_lies_over_empty_cells(
    trained_network: Path, name: str, count: int, wires: int
) -> None:
    engine, sheet = Engine(trained_network), opened(trained_network)[name]
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


def test_lines_are_blue_below_zero_and_orange_above_and_thicker_for_larger_weights(
    drawn_network: Path,
) -> None:
    engine, sheet = Engine(drawn_network), opened(drawn_network)["Network"]
    first, cell = strips(sheet)[0], starts(drawn_network)["w11"]
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


def test_another_point_goes_through_the_drawing(drawn_network: Path) -> None:
    engine = Engine(drawn_network)
    for point in (1, 2, 16):
        engine.put({"F5": point})
        _, values = forward(layers(initial(3)), DATA[point - 1 : point, :2])
        shown = [engine.get(cell) for cell in ("B15", "B21", "E12", "E18", "E24", "H15", "H21", "K18", "M18")]
        expected = [*values[0][0], *values[1][0], *values[2][0], *values[3][0], DATA[point - 1, 2]]
        assert shown == pytest.approx(expected, abs=1e-13)
