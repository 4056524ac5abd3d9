"""The lesson network: every derivative against finite differences."""

from __future__ import annotations

from pathlib import Path

import pytest

from network_book import Engine, opened, starts
from office import Office, read_stored

H = 1e-6


def test_every_derivative_is_the_finite_difference_of_the_sheets_own_error(trained_network: Path) -> None:
    """Every value that L depends on is nudged in its own column, in all rows at once, and L recalculated.

    With one batch, so that no row's weights come from the rows above.
    """
    engine = Engine(trained_network)
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


def test_the_gradient_of_a_whole_batch_is_the_finite_difference_of_the_loss(trained_network: Path) -> None:
    engine = Engine(trained_network)
    engine.put({"F4": 16})
    for name, cell in starts(trained_network).items():
        value, found, ends = engine.get(cell), engine.last(f"mean dL/d{name}"), []
        for sign in (1, -1):
            engine.put({cell: value + sign * H})
            ends.append(engine.get("K3"))
        engine.put({cell: value})
        assert (ends[0] - ends[1]) / (2 * H) == pytest.approx(found, rel=1e-6, abs=1e-8), name


def test_libreoffice_finds_the_same(office: Office, trained_network: Path, tmp_path: Path) -> None:
    cell = starts(trained_network)["u12"]
    value, ends = read_stored(trained_network)["Network"][cell], []
    for sign in (1, -1):
        changed = {"Network!F4": 16, f"Network!{cell}": value + sign * 1e-4}
        book = office.edit(trained_network, changed, tmp_path / f"nudged{sign}.xlsx")
        ends.append(office.recalculate(book)["Network"])
    mean = Engine(trained_network).cells("mean dL/du12")[-1]
    slope = (ends[0]["K3"] - ends[1]["K3"]) / 2e-4
    assert slope == pytest.approx((ends[0][mean] + ends[1][mean]) / 2, rel=1e-6)


@pytest.mark.parametrize("row", [1, 6])
def test_every_box_of_the_graph_has_its_finite_difference(trained_network: Path, row: int) -> None:
    """The value above each derivative is nudged, and L, at the end of the graph, moves by as much as it says."""
    sheet, engine = opened(trained_network)["Graph"], Engine(trained_network)
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
