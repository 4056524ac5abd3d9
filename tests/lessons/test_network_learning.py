"""The lesson network learns: against NumPy step by step, from other seeds, and as the teacher's tab says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from conftest import CommandLine
from network_book import Engine, beside, opened, starts
from office import read_stored
from plain_network import DATA, HIDDEN, SHAPES, after, forward, gradient, layers, loss, named, right, train
from sheetgd.lessons.network.model import PARAMETERS, POINTS, initial, step_groups


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


def test_a_hundred_epochs_are_those_of_plain_numpy(sheetgd: CommandLine, network_copy: Path) -> None:
    log = sheetgd("run", network_copy, "--json").json()["log"]
    states = train(layers(initial(3)), 100)[4::4]
    got = [[row[name] for name in (*PARAMETERS, "loss")] for row in log]
    expected = [[named(net)[name] for name in PARAMETERS] + [loss(net)] for net, _ in states]
    assert np.array(got) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("batch", "beta", "learn"), [(4, 0.9, 0.3), (1, 0.5, 0.05), (5, 0, 0.1), (16, 0.9, 0.3)]
)
def test_every_column_is_plain_numpys_step_by_step(
    drawn_network: Path, batch: int, beta: float, learn: float
) -> None:
    """All columns of the table in the epoch after the second, whatever the batch size."""
    engine, where = Engine(drawn_network), starts(drawn_network)
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
            ("{}", net),
            ("dL/d{}", own),
            ("mean dL/d{}", mean),
            ("velocity {}", new_velocity),
            ("new_{}", new_net),
        ):
            expected |= {pattern.format(name): value for name, value in named(numbers).items()}
        got = {title: columns[title][row] for title in expected}
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-13)
    assert len(expected) == len(columns) - 10  # all but dL/dh, dL/dk and dL/dz: see the finite differences


def table_titles() -> set[str]:
    """The headings of the table of steps."""
    return {column.title for group in step_groups() for column in group.columns}


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


def test_the_same_seed_draws_the_same_file(sheetgd: CommandLine, drawn_network: Path) -> None:
    for out, seed in (("usual.xlsx", 3), ("other.xlsx", -7)):
        assert sheetgd("new", "network", "--seed", seed, "-o", out).code == 0
    assert (sheetgd.folder / "usual.xlsx").read_bytes() == drawn_network.read_bytes()
    other = read_stored(sheetgd.folder / "other.xlsx")["Network"]
    assert other["C32"] == initial(-7)["w11"] != initial(3)["w11"]
    for seed in range(50):
        net = layers(initial(seed))
        assert [weights.shape for weights, _ in net] == list(SHAPES)
        for weights, biases in net:
            assert np.abs(weights).max() <= np.sqrt(6 / len(weights)) + 0.005 and not biases.any()
            assert len(set(weights.ravel())) > 1


def test_the_teachers_figures_are_true(drawn_network: Path) -> None:
    sheet = opened(drawn_network)["For the teacher"]
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
    said = opened(drawn_network)["Network"]["B46"].value
    assert said.startswith(
        "As drawn, all 16 are right from epoch 11 on, and after 100 epochs every y_pred is within 0.2"
    )
    assert np.abs(forward(runs[3][100], DATA[:, :2])[1][3] - DATA[:, 2:]).max() < 0.2


def test_the_teachers_words_are_true(drawn_network: Path) -> None:
    sheet = opened(drawn_network)["For the teacher"]
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


def test_with_zeros_everywhere_only_the_last_bias_moves(drawn_network: Path) -> None:
    engine = Engine(drawn_network)
    engine.put(dict.fromkeys(starts(drawn_network).values(), 0.0))
    moved = {name for name in PARAMETERS if engine.last(f"new_{name}") != 0}
    assert moved == {"d"}
