"""What computes a cell: against a closure that is formed pair by pair, on random sheets and on tables."""

from __future__ import annotations

import random
import tracemalloc
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgd.formulas.dependencies import Precedents
from sheetgd.formulas.references import references
from sheetgd.grid.a1 import Area, Cell, a1
from sheetgd.grid.a1 import parse as parse_a1
from sheetgd.grid.sheet import Place

WHOLE = Area(1, 1, 8, 4)


def random_sheet(seed: int) -> dict[Place, str]:
    """Formulas of cells, areas (some of them shared), a table and a name, in some of 32 cells."""
    dice = random.Random(seed)

    def reference() -> str:
        (top, bottom), (left, right) = (sorted(dice.choices(range(1, end), k=2)) for end in (9, 5))
        one = a1((top, left))
        return dice.choice([one, one, one, f"SUM({one}:{a1((bottom, right))})", "SUM(B1:B3)", "rate"])

    cells = dice.sample(list(product(range(1, 9), range(1, 5))), 20)
    formulas = {("S", cell): "+".join(reference() for _ in range(dice.randint(1, 2))) for cell in cells}
    return formulas | ({("S", (9, 9)): "SUM(T[x])"} if seed % 3 == 0 else {})


def closure(formulas: dict[Place, str], precedents: Precedents, start: Cell) -> set[Cell]:
    """The cells that one cell depends on, itself included: step by step, cell by cell."""
    seen, waiting = set[Cell](), [start]
    while waiting:
        cell = waiting.pop()
        if cell in seen:
            continue
        seen.add(cell)
        for _, area in precedents.areas(("S", cell)) or () if ("S", cell) in formulas else ():
            waiting += area.cells
    return seen


@pytest.mark.parametrize("seed", range(40))
def test_a_cone_is_what_following_each_cell_finds(seed: int) -> None:
    formulas = random_sheet(seed)
    precedents = Precedents(formulas, {"rate": ["S!$D$8"]}, {"t": ("S", Area(2, 2, 4, 3))})
    wanted, changing = sorted(formulas)[-1][1], {(1, 1), (8, 4)}
    cone = precedents.cone([("S", wanted)], [("S", cell) for cell in changing])
    assert cone
    reached = {place for place in formulas if place[1] in closure(formulas, precedents, wanted)}
    assert cone.reached == reached

    def moves(cell: Cell) -> bool:  # through what its formula reads: a changing cell is no result
        read = {at for _, area in precedents.areas(("S", cell)) or () for at in area.cells}
        return any(changing & closure(formulas, precedents, at) for at in read)

    assert cone.active == {place for place in reached if moves(place[1])}
    assert cone.inputs == {area for place in cone.active for area in precedents.areas(place) or ()}


def test_a_table_that_each_of_its_formulas_names_is_one_node() -> None:
    """3,000 formulas over one table: nine million pairs, which nobody forms."""
    rows = 1000
    formulas = {
        ("Data", (row, column)): f"T[[#This Row],[c{column - 1}]]*2+Model!$B$2"
        for row, column in product(range(2, rows + 2), (3, 4, 5))
    }
    formulas["Model", (5, 2)] = "AVERAGE(T[c5])"
    precedents = Precedents(formulas, {}, {"t": ("Data", Area(1, 1, rows + 1, 5))})
    assert all(references(text, "Data").tables == {"t"} for text in formulas.values())
    tracemalloc.start()
    try:
        cone = precedents.cone([("Model", (5, 2))], [("Model", (2, 2))])
        assert precedents.reach([("Model", (5, 2))], [("Model", (9, 9))]) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cone and cone.active == cone.reached == set(formulas)
    assert peak < 20e6  # bytes; a pointer for each pair would take 72 million


def test_every_circle_is_named_once_in_order() -> None:
    texts = {
        "A1": "B1",
        "B1": "SUM(C1:C3)",
        "C2": "A1*2",
        "D1": "D1+1",
        "E1": "A1+D1",
        "F1": "F2",
        "F2": "G1",
        "G1": "1",
    }
    formulas = {("S", parse_a1(cell)): text for cell, text in texts.items()} | {
        ("T", (1, 1)): "S!H1",
        ("S", (1, 8)): "T!A1",
    }
    found = Precedents(formulas, {}, {}).circles(formulas)
    assert sorted("".join(f"{sheet}{a1(cell)}" for sheet, cell in around) for around in found) == [
        "SA1SB1SC2",
        "SD1",
        "SH1TA1",
    ]
    assert Precedents(formulas, {}, {}).circles([("S", (1, 6))]) == []


@given(st.dictionaries(st.integers(0, 7), st.sets(st.integers(0, 7)), max_size=8))
def test_there_is_a_circle_where_nothing_can_be_computed_first(reads: dict[int, set[int]]) -> None:
    formulas = {
        ("S", (row + 1, 1)): "+".join(f"A{other + 1}" for other in read) or "1" for row, read in reads.items()
    }
    known, before = {row for row in range(8) if row not in reads}, -1
    while before != len(known):
        before = len(known)
        known |= {row for row, read in reads.items() if read <= known}
    circles = Precedents(formulas, {}, {}).circles(formulas)
    assert bool(circles) == (len(known) < 8)
    for around in circles:
        for one, other in zip(around, [*around[1:], around[0]], strict=True):
            assert other[1][0] - 1 in reads[one[1][0] - 1]


def test_the_way_from_an_error_goes_to_the_first_cell_in_whatever_order_they_are_found() -> None:
    formulas = {("S", (1, 1)): "SUM(B1:B3)", **{("S", (row, 2)): f"EXP(C{row})" for row in (1, 2, 3)}}
    found = [("S", (row, 2)) for row in (3, 2)]
    precedents = Precedents(formulas, {}, {})
    assert {precedents.origin(("S", (1, 1)), order) for order in (found, found[::-1])} == {("S", (2, 2))}
