"""Rows walked one after the other, as straight-line Python: where a row's step is not affine in what it carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from math import fsum, nan
from typing import Any, NamedTuple

import numpy as np

from ..formulas.program.scan import ScanSource, scan_names
from .files import Task
from .formulas import Formulas
from .maps import RowSteps
from .reducing import blocks


class WalkQuery(NamedTuple):
    """Steps at the values of single cells, from what is carried into the first row."""

    steps: RowSteps
    cells: Mapping[str, float]
    carried: tuple[float, ...]


class Walked(NamedTuple):
    """What is carried out of the last row, and the sums along the way; NaN where a row gave no number."""

    carried: tuple[float, ...]
    sums: tuple[float, ...]


def walk_rows(task: Task, query: WalkQuery) -> Walked:
    """Walk through a task's rows, in their order."""
    steps = query.steps
    walk = _walk(steps)
    carried, parts = query.carried, []
    for rows in blocks(task, steps.data):
        columns = [column.ravel().tolist() for column in rows.values()]
        carried, sums = walk(columns, query.cells, carried)
        parts.append(sums)
    return Walked(carried, tuple(map(fsum, zip(*parts, strict=True))) if steps.sums else ())


class _WalkSource(ScanSource):
    """Writes the lines of a row."""

    def __init__(self, formulas: Formulas) -> None:
        self.program: Any = formulas.builder  # whose constants are asked for
        self.known = {}
        self.lines: list[str] = []
        self.names = 0
        self.finite: set[str] = set()
        self.registers: dict[int, Any] = {}
        self.uses = Counter(register for step in formulas.steps for register in step.arguments)

    def single_name(self, register: int, name: str) -> None:
        terms = np.empty((1, 1, 1), dtype=object)
        terms[0, 0, 0] = name
        self.registers[register] = terms


def check_walk(steps: RowSteps) -> None:
    """Raise NotScanned where some step cannot be written as Python."""
    _walk(steps)


@lru_cache(maxsize=16)
def _walk(
    steps: RowSteps,
) -> Callable[
    [list[Any], Mapping[str, float], tuple[float, ...]], tuple[tuple[float, ...], tuple[float, ...]]
]:
    """A function of a block's columns, the single cells and what is carried into it."""
    formulas = steps.formulas
    source = _WalkSource(formulas)
    for name, register in formulas.inputs.items():
        source.single_name(register, name)
    for step in formulas.steps:
        source.registers[step.result] = source.step(step.operation, step.arguments)
    ends = [source.named(source.array(output)[0, 0, 0]) for output in formulas.outputs]
    source.check(ends)
    carried = [leaf for leaf, _ in steps.carried]
    data = [leaf for leaf, _ in steps.data]
    cells = [name for name in formulas.inputs if name not in carried and name not in data]
    totals = [f"t{number}" for number in range(len(steps.sums))]
    lines = [
        "def walk(columns,cells,carried):",
        *(f" {name}=cells[{name!r}]" for name in cells),
        f" {','.join(carried)},=carried",
        *(f" {total}=0.0" for total in totals),
        f" for {','.join(data)}, in zip(*columns):",
        *(f"  {line}" for line in source.lines),
        *(f"  {total}+={end}" for total, end in zip(totals, ends[len(carried) :], strict=True)),
        f"  {','.join(carried)},={','.join(map(str, ends[: len(carried)]))},",
        f" return ({','.join(carried)},),({''.join(f'{total},' for total in totals)})",
    ]
    made: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<rows>", "exec"), scan_names(), made)
    walk = made["walk"]

    def careful(
        columns: list[Any], given: Mapping[str, float], before: tuple[float, ...]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        with suppress(ArithmeticError, ValueError):
            found: tuple[tuple[float, ...], tuple[float, ...]] = walk(columns, given, before)
            return found
        return (nan,) * len(carried), (nan,) * len(totals)

    return careful
