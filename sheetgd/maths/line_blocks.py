"""The lesson's epoch over a tall table: the steps of `line.epoch`, many blocks of rows at a time, with NumPy.

In every row, a step is an affine map of (m, b). So each block of rows is an affine map, too; it is found by running
three guesses through the block, all blocks side by side. Where each block starts is then a short walk from map to map,
and a second run from there gives every row's guess. That is exact as long as no step overshoots (see
`line.safe_learn`); with a larger learn the rows are walked one by one.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from . import line as descent

if TYPE_CHECKING:
    from .bounds import FloatArray

BLOCK = 256  # rows
GUESSES = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])[
    ..., None
]  # m and b of the three guesses, relative to where a block starts


class Blocks:
    """The points of a table with a learning rate: `xs` and `ys` are numbers of one length.

    >>> xs, ys = list(range(600)), [2.0 * x + 30 for x in range(600)]
    >>> blocks = Blocks(xs, ys, learn=1e-6)
    >>> plain = descent.epoch(xs, ys, 1.0, 1.0, learn=1e-6)[-1]
    >>> np.allclose(blocks.after(1.0, 1.0), (plain.new_m, plain.new_b), rtol=1e-12, atol=0)
    True
    """

    def __init__(self, xs: Sequence[float], ys: Sequence[float], learn: float, h: float = descent.H) -> None:
        self.xs, self.ys, self.learn, self.h = np.array(xs), np.array(ys), learn, h
        whole = len(self.xs) // BLOCK * BLOCK
        # Row k of these is the k-th row of every block.
        self.x, self.y = (
            np.ascontiguousarray(all_[:whole].reshape(-1, BLOCK).T) for all_ in (self.xs, self.ys)
        )
        self.rest = self.xs[whole:].tolist(), self.ys[whole:].tolist()
        self.is_safe = learn < descent.safe_learn([float(np.abs(self.xs).max(initial=0.0))])
        self.maps = self._maps() if self.is_safe else None

    def _maps(self) -> FloatArray:
        """Where each block takes the three guesses, shape (blocks, 2, 3): (1, 0) and (0, 1) without the points' own
        errors, and (0, 0) with them.
        """
        count = self.x.shape[1]
        m, b = (np.repeat(guess, count, axis=1) for guess in GUESSES)
        move = np.empty_like(m)
        with np.errstate(all="ignore"):
            for x, y in zip(self.x, self.y, strict=True):
                np.multiply(m, x, out=move)
                move += b
                move[2] -= y
                move *= 2 * self.learn
                b -= move
                b[2] -= self.learn * self.h
                move[2] += self.learn * self.h * x
                move *= x
                m -= move
        maps: FloatArray = np.stack([m, b]).transpose(2, 0, 1)
        return maps

    def starts(self, m: float, b: float) -> list[tuple[float, float]]:
        """The guess at the beginning of each block, and at the end of the last."""
        assert self.maps is not None
        found = [(m, b)]
        for (mm, mb, m0), (bm, bb, b0) in self.maps.tolist():
            m, b = mm * m + mb * b + m0, bm * m + bb * b + b0
            found.append((m, b))
        return found

    def _one_by_one(self, m: float, b: float) -> Iterator[tuple[float, float]]:
        """The guess after each row where steps may overshoot: there rounding errors would grow within a block."""
        for x, y in zip(self.xs.tolist(), self.ys.tolist(), strict=True):
            row = descent.step(x, y, m, b, self.learn, self.h)
            m, b = row.new_m, row.new_b
            yield m, b

    def after(self, m: float, b: float) -> tuple[float, float]:
        """The guess after an epoch from (m, b)."""
        if not self.is_safe:
            *_, (m, b) = self._one_by_one(m, b)
            return m, b
        m, b = self.starts(m, b)[-1]
        rest = descent.epoch(*self.rest, m, b, self.learn, self.h)
        return (rest[-1].new_m, rest[-1].new_b) if rest else (m, b)

    def guesses(self, m: float, b: float) -> tuple[FloatArray, FloatArray]:
        """The guess of each row, in an epoch from (m, b)."""
        if not self.is_safe:
            steps = chain([(m, b)], islice(self._one_by_one(m, b), len(self.xs) - 1))
            table = np.fromiter(chain.from_iterable(steps), float, 2 * len(self.xs)).reshape(-1, 2)
            return table[:, 0], table[:, 1]
        starts = np.array(self.starts(m, b))
        ms, bs = np.empty_like(self.x), np.empty_like(self.x)
        m_now, b_now = starts[:-1].T.copy()
        with np.errstate(all="ignore"):
            for x, y, m_row, b_row in zip(self.x, self.y, ms, bs, strict=True):
                m_row[:], b_row[:] = m_now, b_now
                move = m_now * x
                move += b_now
                move -= y
                move *= 2 * self.learn
                b_now -= move
                b_now -= self.learn * self.h
                move += self.learn * self.h * x
                move *= x
                m_now -= move
        m, b = starts[-1].tolist()
        rest = descent.epoch(*self.rest, m, b, self.learn, self.h)
        m_rest, b_rest = [row.m for row in rest], [row.b for row in rest]
        return np.append(ms.T.reshape(-1), m_rest), np.append(bs.T.reshape(-1), b_rest)

    def terms(self, m: float, b: float) -> Callable[[str], array[float]]:
        """The columns of the step table in an epoch from (m, b), by the terms of `line.Step`."""
        with np.errstate(all="ignore"):
            table = descent.step(self.xs, self.ys, *self.guesses(m, b), self.learn, self.h)  # type: ignore[arg-type]

        def term(name: str) -> array[float]:
            return array("d", getattr(table, name).tobytes())

        return term

    def mse(self, m: float, b: float) -> float:
        """The mean squared error of one guess over all points."""
        with np.errstate(all="ignore"):
            errors = m * self.xs + b - self.ys
            return float(np.mean(errors * errors))
