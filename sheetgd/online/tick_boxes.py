"""The tick boxes Run and Reset of a lesson's sheet, and the cell beside them for a word on what they did."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from ..epochs.history import History
from ..grid.a1 import Area, Cell
from ..grid.sheet import Sheet
from ..layout.vocabulary import RESET_WORDS, RUN_WORDS

LABELS = {"reset": RESET_WORDS.known, "run": RUN_WORDS.known}  # ticked together, Reset goes first
LONGEST = 300  # characters of a status: it stands in one cell
_OURS = re.compile(r"(\d[\d,]* epochs?|(not )?reset|not run|the run diverged)\b.*, \d\d:\d\d", re.DOTALL)


class Box(NamedTuple):
    """A tick box and its label."""

    name: str  # "run" or "reset"
    label: Cell
    cell: Cell


class Boxes(NamedTuple):
    """A sheet's tick boxes, Reset first, and the cell of the status, None where there is no room for one."""

    boxes: list[Box]
    status: Cell | None


def find_boxes(
    sheet: Sheet, ticks: Collection[Cell], is_closed: Callable[[Cell], bool] = lambda cell: False
) -> Boxes:
    """The tick box right of each label, or under it; `ticks` are all cells of the sheet that have one.

    The status stands where nothing else does and `is_closed` does not forbid it: right of Run's box, else of
    Reset's, else below one of them.

    >>> sheet = Sheet("Lesson")
    >>> sheet.values = {(1, 1): "Run", (1, 2): False, (2, 1): "Reset", (2, 2): True}
    >>> found = find_boxes(sheet, [(1, 2), (2, 2)])
    >>> [(box.name, box.cell) for box in found.boxes], found.status
    ([('reset', (2, 2)), ('run', (1, 2))], (1, 3))
    """
    left = set(ticks)
    found: dict[str, Box] = {}
    for place in (_right_of, _below):  # the cell to the right of a label is its own, whatever stands above
        for name in LABELS:
            box = next((box for box in _candidates(sheet, name, place) if box.cell in left), None)
            if box and name not in found:
                found[name] = box
                left.remove(box.cell)
    boxes = [found[name] for name in LABELS if name in found]

    def is_free(cell: Cell) -> bool:
        held = sheet.values.get(cell)
        ours = isinstance(held, str) and _OURS.fullmatch(held) and cell not in sheet.formulas
        whole = cell == sheet.merge_at(cell)[:2]
        return bool(ours or sheet.is_empty(cell)) and whole and cell not in ticks and not is_closed(cell)

    beside = [place(sheet.merge_at(box.cell)) for place in (_right_of, _below) for box in reversed(boxes)]
    return Boxes(boxes, next(filter(is_free, beside), None))


def is_labelled(box: Box, text: str) -> bool:
    """Whether a label, as labels are compared, is one for the box."""
    return text in LABELS[box.name]


def _candidates(sheet: Sheet, name: str, place: Callable[[Area], Cell]) -> Iterator[Box]:
    for text in LABELS[name]:
        for label in sheet.labelled(text):
            yield Box(name, label, place(sheet.merge_at(label)))


def _right_of(area: Area) -> Cell:
    return area.top, area.right + 1


def _below(area: Area) -> Cell:
    return area.bottom + 1, area.left


def outcome(name: str, history: History, *, again: bool = False) -> str:
    """What a run or a reset did, in a few words; `again` where the sheet changed meanwhile.

    >>> from sheetgd.epochs.history import Change
    >>> history = History("", "", "formulas", 5, 0.1, {}, "rmse", Change("K3", 50.0, 17.0), [], None, [])
    >>> outcome("run", history), outcome("reset", history)
    ('5 epochs, rmse 17', 'reset, rmse 17')
    """
    if history.diverged:
        return f"{history.diverged.found}; {history.diverged.todo}"
    words = [name if name == "reset" else "1 epoch" if history.epochs == 1 else f"{history.epochs:,} epochs"]
    if again:
        words.append("from values typed meanwhile")
    if history.loss and history.loss.after is not None:
        words.append(f"{history.loss_name} {history.loss.after:.6g}")
    return ", ".join(words)


def status(words: str, clock: str) -> str:
    """A status as it stands in its cell, with the time at its end, by which it is known as ours.

    >>> status("reset", "10:32"), len(status("x" * 1000, "10:32"))
    ('reset, 10:32', 300)
    """
    room = LONGEST - len(clock) - 2
    words = " ".join(words.split())
    return f"{words if len(words) <= room else words[: room - 1] + '…'}, {clock}"
