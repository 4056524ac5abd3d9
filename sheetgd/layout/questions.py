"""The questions where a sheet leaves a choice, or lacks one thing: the sentence, and the command that settles it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import SheetError
from ..grid.a1 import Cell, a1
from ..grid.sheet import Sheet
from .batch_states import Open
from .choice import Choice
from .graph import Graph
from .naming import label_of
from .updates import Chain

SHOWN = 4  # next values that a message names


class Unclear(SheetError):
    """The sheet looks like a descent, but leaves the teacher a choice, or lacks one thing."""


class Questions:
    """The questions about one sheet of a book; `book` is what the commands name, with what was `chosen` already."""

    def __init__(self, sheet: Sheet, book: str, chosen: Choice) -> None:
        self.sheet, self.book, self.chosen = sheet, shell_word(book), chosen

    def command(self, verb: str, options: str) -> str:
        return " ".join(filter(None, (f"sheetgd {verb} {self.book}", self.chosen.options(), options)))

    def carries(self, found: Sequence[Chain]) -> str:
        return " ".join(f"--carry {a1(chain.nexts[-1][1])}={a1(chain.start[1])}" for chain in found)

    def show(self, cell: Cell) -> str:
        label = label_of(self.sheet, cell)
        return f"{a1(cell)} ({label})" if label else a1(cell)

    def two_losses(self, cells: list[Cell]) -> Unclear:
        shown = " and ".join(map(self.show, cells[:2]))
        return Unclear(
            f"both {shown} could be the loss",
            f"say which, as in: {self.command('run', f'--loss {a1(cells[0])}')}",
            **self.sheet.place(cells[0]),
        )

    def two_learns(self, cells: list[Cell]) -> Unclear:
        shown = " and ".join(map(self.show, cells[:2]))
        return Unclear(
            f"both {shown} multiply the step, so either could be the learning rate",
            f"say which, as in: {self.command('run', f'--learn-cell {a1(cells[0])}')}",
            **self.sheet.place(cells[0]),
        )

    def two_nexts(self, group: list[Chain]) -> Unclear:
        start, ends = group[0].start[1], [a1(chain.nexts[-1][1]) for chain in group[:2]]
        return Unclear(
            f"both {ends[0]} and {ends[1]} could be the next value of {a1(start)}",
            f"say which, as in: {self.command('run', f'--carry {ends[0]}={a1(start)}')}",
            **self.sheet.place(start),
        )

    def no_learn(self, named: dict[str, Chain]) -> Unclear:
        name, chain = next(iter(named.items()))
        first = chain.nexts[0][1]
        return Unclear(
            f"{a1(first)} looks like the next value of {name}, but no learning rate multiplies the step",
            f"if it is one, say so: {self.command('run', self.carries(list(named.values())[:SHOWN]))}",
            **self.sheet.place(first),
        )

    def no_loss(self, found: list[Chain]) -> Unclear:
        shown = " and ".join(
            f"{a1(chain.nexts[-1][1])} looks like the next value of {self.show(chain.start[1])}"
            for chain in found[:SHOWN]
        )
        return Unclear(
            f"{shown}, but no loss was found that depends on {'it' if len(found) == 1 else 'them'}",
            f"write the loss into a cell, and the label loss to its left; or carry without a loss: "
            f"{self.command('run', self.carries(found[:SHOWN]))}",
            **self.sheet.place(found[0].nexts[-1][1]),
        )

    def other_sheet(self, found: Sequence[Chain], graph: Graph) -> Unclear:
        """Next values of what starts on another sheet."""
        chain = found[0]
        name, start = chain.start
        label = label_of(graph.sheets[name.casefold()], start)
        home = self.sheet.name if self.sheet.name.isidentifier() else f"'{self.sheet.name}'"
        many = f" (and {len(found) - 1} more likewise)" if len(found) > 1 else ""
        last = a1(chain.nexts[-1][1])
        return Unclear(
            f"{last} looks like the next value of {label or 'a number'} in {name}!{a1(start)}, and an epoch is carried "
            "on one sheet",
            f"on sheet {name}, write ={home}!{last} into a cell, and next {label or 'value'} to its "
            f"left{many}, and the "
            "loss in the same way; then that sheet is run",
            **self.sheet.place(chain.nexts[-1][1]),
        )

    # -- state -----------------------------------------------------------------------------------------------------
    def open_state(self, one: Open, named: dict[str, Chain]) -> Unclear:
        """What the step reads and may be state: whether it is carried, and from where."""
        constant = self.command("run", self.carries(list(named.values())))
        if one.others and one.nexts:
            rivals = sorted([one.cell, *one.others], key=lambda cell: (bool(self.sheet.number(cell)), cell))
            cells, source = " and ".join(map(self.show, sorted(rivals))), a1(one.nexts[0])
            found = f"both {cells} could go on as {source} after an epoch, as a velocity does"
            how = f"say which, as in: {self.command('run', f'--carry {source}={a1(rivals[0])}')}"
        elif one.nexts:
            source = a1(one.nexts[0])
            found = f"{self.show(one.cell)} may go on as {source} after an epoch"
            how = (
                f"if it does, say so: {self.command('run', f'--carry {source}={a1(one.cell)}')}; if it stays as it is: "
                f"{constant}"
            )
        else:
            found = (
                f"the step reads {self.show(one.cell)} as if it came from the epoch before, but no formula gives its "
                "next value"
            )
            how = (
                f"write that formula into a cell, and next {label_of(self.sheet, one.cell) or 'value'} to its left; if "
                f"it stays as it is, say so: {constant}"
            )
        return Unclear(found, how, **self.sheet.place(one.cell))

    def shared_start(self, start: Cell, nexts: list[Cell]) -> Unclear:
        """One start for two states."""
        shown = " and ".join(map(self.show, nexts[:2]))
        return Unclear(
            f"{shown} both start from {a1(start)}, and after an epoch only one of them can be carried to it",
            "give each a start cell of its own",
            **self.sheet.place(start),
        )

    def fresh_row(self, cell: Cell, below: Cell) -> Unclear:
        """Each row is an epoch, and the first row begins state anew."""
        return Unclear(
            f"the next row goes on from {self.show(cell)}, but {a1(cell)} itself goes on from no cell, so a "
            "run would start it afresh in every epoch",
            f"type its start (such as 0) into {a1(below)}, and let {a1(cell)} go on from there, as the rows below do",
            **self.sheet.place(cell),
        )


def shell_word(text: str) -> str:
    """A word of a command, in quotes where a shell would take it apart.

    >>> shell_word("lesson.xlsx"), shell_word("my lesson.xlsx")
    ('lesson.xlsx', '"my lesson.xlsx"')
    """
    return f'"{text}"' if re.search(r"[^\w@%+=:,./\\-]", text) else text
