"""The pictures that a film is made of: which epochs are shown, and for how long."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from .film import FilmStep

FEWEST, MOST = 30, 60  # frames, however long the log is
FIRST_PAUSE, PACE, LAST_PAUSE = 800, 80, 3000  # milliseconds


class Frame(NamedTuple):
    """One picture: the epoch reached last, where line and loss are by now, and how long it stays."""

    reached: FilmStep
    now: FilmStep
    milliseconds: int


def chosen(epochs: Sequence[float], most: int = MOST) -> list[int]:
    """Which of the rising epochs are shown, by their places: all, or so many, dense at the beginning.

    >>> chosen(range(5)), chosen(range(1001), 12)
    ([0, 1, 2, 3, 4], [0, 1, 2, 4, 8, 16, 32, 64, 128, 254, 504, 1000])
    """
    last = len(epochs) - 1
    if last < most:
        return list(range(len(epochs)))
    picks = [0, 1]
    while picks[-1] < last and len(picks) < most:
        gone, whole = (epochs[place] - epochs[0] for place in (picks[-1], last))
        wanted = epochs[0] + gone * (whole / gone) ** (1 / (most - len(picks)))
        picks.append(max(picks[-1] + 1, bisect_left(epochs, wanted, hi=last)))
    return [*picks[:-1], last]


def frames(steps: Sequence[FilmStep]) -> list[Frame]:
    """The pictures: an epoch each, and of a few epochs also the way from one to the next."""
    shown = [steps[place] for place in chosen([step.epoch for step in steps])]
    parts = 1 if len(shown) >= FEWEST else ceil((FEWEST - 1) / (len(shown) - 1))
    found = [Frame(shown[0], shown[0], FIRST_PAUSE)]
    for one, two in pairwise(shown):
        found += [
            Frame(
                one,
                FilmStep(*(a + (b - a) * _eased(part / parts) for a, b in zip(one, two, strict=True))),
                PACE,
            )
            for part in range(1, parts)
        ]
        found.append(Frame(two, two, PACE))
    return [*found[:-1], found[-1]._replace(milliseconds=LAST_PAUSE)]


def _eased(share: float) -> float:
    """A way that begins and ends slowly."""
    return share * share * (3 - 2 * share)
