"""Epochs by the sheet's formulas as straight-line Python, as far as they are the engine's to the last bit.

The engine runs the first epochs, the last, and some between; where the two differ anywhere, the run is the engine's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..books.book import ModelledBook
from .formula_rule import FormulaRule
from .rule import Rule, State
from .stepping import COMPARED

if TYPE_CHECKING:
    from ..formulas.program.scan import CompiledEpochs

WORTH_IT = 150_000  # formulas to recalculate after these, by which compiling earns its time
CHUNK = 1_000  # epochs between two that the engine runs, too; twice as many each time
MOST = 64_000  # and at most
MOST_ASKED = 20  # epochs about which the engine had to be asked, after which it runs the rest


class Differs(Exception):
    """The scan is not what the engine computes."""


def scanned(rule: Rule, before: State, count: int) -> Iterator[list[State | None]] | None:
    """The states after each epoch, in chunks, as `Rule.steps` gives them; None where no scan is to be had, or does not
    pay. Raises Differs on the way where the engine finds another state."""
    if rule.over_rows or not isinstance(rule, FormulaRule):
        return None
    if not isinstance(rule.book, ModelledBook):
        return None
    carried = [(rule.sheet, found.carry) for found in rule.layout.carried.values()]
    starts = [(rule.sheet, found.start) for found in rule.layout.carried.values()]
    cone = rule.book.cone([*carried, *rule.shown()], starts)
    if cone is None or len(cone.active) * (count - COMPARED) < WORTH_IT:
        return None
    if not cone.active.isdisjoint(rule.model.frozen) or cone.active.isdisjoint(carried):
        return None
    from ..books.compiled import compiled  # which need NumPy
    from ..formulas.program.builder import NotCompiled
    from ..formulas.program.scan import CompiledEpochs, NotScanned

    typed = {(sheet, at): value for sheet, cells in rule.edits.cells.items() for at, value in cells.items()}
    wanted = next(place for place in carried if place in cone.active)
    still = [place for place in (*carried, *rule.shown()) if place not in cone.active]
    known = dict(zip(still, rule.model.get(still), strict=True))
    try:
        program = compiled(rule.book, cone, wanted, starts, typed, [*carried, *rule.shown()])
        scan = CompiledEpochs(program, carried, rule.shown(), known)
    except (NotCompiled, NotScanned):
        return None
    return _Epochs(rule, scan).chunks(before, count)


class _Epochs:
    def __init__(self, rule: FormulaRule, scan: CompiledEpochs) -> None:
        self.rule, self.scan = rule, scan
        self.names = list(rule.values)
        self.asked = 0

    def chunks(self, before: State, count: int) -> Iterator[list[State | None]]:
        first = [state for chunk in self.rule.steps(COMPARED) for state in chunk]
        yield first
        if None in first:
            return
        if self.by_scan(before, COMPARED) != first:
            yield from self.rule.steps(count - COMPARED)
            return
        yield from self.rest(first[-1], COMPARED, count)

    def rest(self, state: State | None, done: int, count: int) -> Iterator[list[State | None]]:
        size = CHUNK
        while state and done < count:
            if self.asked > MOST_ASKED:
                self.rule.settle(state)
                yield from self.rule.steps(count - done)
                return
            chunk = self.by_scan(state, min(size, count - done))
            last = self.by_engine(chunk[-2] if len(chunk) > 1 else state) if chunk else None
            if chunk and last != chunk[-1]:
                raise Differs
            if len(chunk) < min(size, count - done):
                self.asked += 1
                chunk.append(self.by_engine(chunk[-1] if chunk else state))
            yield [*chunk]
            state, done, size = chunk[-1], done + len(chunk), min(2 * size, MOST)

    def by_scan(self, state: State, count: int) -> list[State | None]:
        """The states after up to `count` epochs, fewer where one gives no ordinary number."""
        rows = self.scan.rows(count + 1, list(state.values.values()))
        names, loss = self.names, len(self.names) if self.rule.layout.controls.loss else None
        watched = tuple(self.rule.layout.log.watched) if self.rule.layout.log else ()
        first = len(names) + (loss is not None)
        return [
            State(
                dict(zip(names, row, strict=False)),
                None if loss is None else row[loss],
                dict(zip(watched, row[first:], strict=True)),
            )
            for row in rows[1:]
        ]

    def by_engine(self, state: State | None) -> State | None:
        """The state after one more epoch."""
        assert state
        self.rule.settle(state)
        [[after]] = self.rule.steps(1)
        return after
