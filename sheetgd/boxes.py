"""The tick boxes Run and Reset of a lesson's sheet, and the cell beside them for a word on what they did."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .a1 import Cell
from .epochs import History
from .sheet import Sheet

LABELS = {"reset": ("reset",), "run": ("run", "run epoch", "run epochs")}  # ticked together, Reset goes first
LONGEST = 300  # characters of a status: it stands in one cell
_OURS = re.compile(r", \d\d:\d\d$")


class Box(NamedTuple):
    """A tick box and its label."""

    name: str  # "run" or "reset"
    label: Cell
    cell: Cell


class Boxes(NamedTuple):
    """A sheet's tick boxes, Reset first, and the cell of the status, None where there is no room for one."""

    boxes: list[Box]
    status: Cell | None


def find_boxes(sheet: Sheet, ticks: Iterable[Cell]) -> Boxes:
    """The tick box right of each label, or under it; `ticks` are all cells of the sheet that have one.

    >>> sheet = Sheet("Lesson")
    >>> sheet.values = {(1, 1): "Run", (1, 2): False, (2, 1): "Reset", (2, 2): True}
    >>> found = find_boxes(sheet, [(1, 2), (2, 2)])
    >>> [(box.name, box.cell) for box in found.boxes], found.status
    ([('reset', (2, 2)), ('run', (1, 2))], (1, 3))
    """
    known = set(ticks)
    found = [box for name in LABELS for box in _labelled(sheet, name, known)[:1]]
    return Boxes(found, _status(sheet, [box.cell for box in reversed(found)], known))


def is_labelled(box: Box, text: str) -> bool:
    """Whether a label, as labels are compared, is one for the box."""
    return text in LABELS[box.name]


def _labelled(sheet: Sheet, name: str, ticks: set[Cell]) -> list[Box]:
    found = []
    for label in (cell for text in LABELS[name] for cell in sheet.labelled(text)):
        area = sheet.merge_at(label)
        places = ((area.top, area.right + 1), (area.bottom + 1, area.left))
        found += [Box(name, label, cell) for cell in places if cell in ticks][:1]
    return found


def _status(sheet: Sheet, boxes: list[Cell], ticks: set[Cell]) -> Cell | None:
    """The first free cell beside a box, in which nothing stands but an earlier status."""
    for row, column in boxes:
        for cell in ((row, column + 1), (row + 1, column)):
            held = sheet.values.get(cell)
            ours = isinstance(held, str) and _OURS.search(held)
            if cell not in ticks and cell not in sheet.formulas and (ours or sheet.is_empty(cell)):
                return cell
    return None


def outcome(name: str, history: History, *, again: bool = False) -> str:
    """What a run or a reset did, in a few words; `again` where the sheet changed meanwhile.

    >>> from .epochs import Change
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
