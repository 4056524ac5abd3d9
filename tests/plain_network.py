"""The network of the lesson `network` in NumPy: forward, backward, and training."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetgd.lessons.network.model import POINTS, initial

DATA = np.array(POINTS)


SHAPES = ((2, 3), (3, 2), (2, 1))


NAMES = [  # each layer's weights, from row to column, and its biases
    ([["w11", "w12", "w13"], ["w21", "w22", "w23"]], ["b1", "b2", "b3"]),
    ([["u11", "u12"], ["u21", "u22"], ["u31", "u32"]], ["c1", "c2"]),
    ([["o1"], ["o2"]], ["d"]),
]


HIDDEN = [["h1", "h2", "h3"], ["k1", "k2"], ["y_pred"]]


Layers = list[tuple[np.ndarray, np.ndarray]]


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
