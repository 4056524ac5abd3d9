"""What a lesson's pictures show, by the sheet's own formulas: points, predictions, the loss over two parameters.

A small model that holds only the formulas of one cell is asked, so that a thousand values take a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import isclose, isfinite
from typing import NamedTuple

from ..books.book import Book
from ..errors import BookError, SheetError, UsageError
from ..formulas.dependencies import Cone
from ..formulas.model import FormulaText, Model
from ..grid.a1 import Cell
from ..grid.sheet import Place, Value, normal
from ..layout.line import find_roles
from ..layout.tables import is_x
from ..layout.vocabulary import PREDICTION_WORDS, RMSE_WORDS
from .column_rule import ColumnRule
from .formula_rule import FormulaRule
from .rule import Rule, State

CURVE = 41  # points of a curve that is not a straight line
STRAIGHT = 1e-9  # of the height of a line: how far a point may lie off it
SAME = 1e-9  # of a loss
MOST_CELLS = 100_000  # of a small model
MARGIN = 0.18  # of a map, around what it must hold
MARGINS = 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5  # each makes a map twice as wide as the one before
SEEN = 0.1  # of the change of the loss along the one axis: the least along the other

Limits = tuple[float, float]
LossesAt = Callable[[Sequence[Sequence[float]]], list[float | None]]  # at values of the parameters


class Prediction(NamedTuple):
    """What the sheet predicts. "curve": `y` over `x`, at the current parameters; "pairs": the predictions `y` of the
    rows beside their targets `x`; "walker": the one parameter itself, `x`, on the curve of the points, and its loss
    `y`.
    """

    kind: str
    x: list[float]
    y: list[float]


class Landscape(NamedTuple):
    """The loss over two parameters: their values, and a row of losses for each value of `down`; None where it shows no
    number.

    Over a single parameter `across` is None, and each row holds one loss.
    """

    down: str
    across: str | None
    down_values: list[float]
    across_values: list[float]
    losses: list[list[float | None]]


class Pictures:
    """The points, predictions and losses of a rule's sheet."""

    def __init__(self, book: Book, rule: Rule) -> None:
        self.book, self.rule, self.layout = book, rule, rule.layout
        self.sheet = rule.sheet
        self._parts: dict[Place, tuple[Model, list[Place]]] = {}

    def close(self) -> None:
        """End the small models."""
        for model, _ in self._parts.values():
            model.close()
        self._parts = {}

    def values(self, cells: Sequence[Cell], now: State, typed: Mapping[Cell, float]) -> list[Value]:
        """What cells show in this state, with `typed` in the inputs."""
        rule = self.rule
        if isinstance(rule, FormulaRule):
            return rule.read(cells)
        shown: dict[Cell, Value] = {
            found.start: now.values[name] for name, found in self.layout.carried.items()
        }
        shown |= typed
        for run in rule.filled():
            shown |= zip(run.area.cells, run.values, strict=True)
        sheet = self.layout.sheet
        if not any(cell in sheet.formulas for cell in cells):
            return [shown.get(cell, sheet.values.get(cell)) for cell in cells]
        rule.model.put(((self.sheet, cell), value) for cell, value in shown.items())
        return rule.model.get([(self.sheet, cell) for cell in cells])

    def points(self) -> tuple[list[float], list[float]]:
        """The table's x and y, recalculated where they are formulas."""
        found = []
        for column, stored in zip((self.layout.table.x, self.layout.table.y), self._stored, strict=True):
            cells = [(row, column) for row in self.layout.rows]
            if isinstance(self.rule, FormulaRule) and cells[0] in self.layout.sheet.formulas:
                numbers = [value for value in self.rule.read(cells) if type(value) is float]
                stored = numbers if len(numbers) == len(cells) else stored
            found.append(stored)
        return found[0], found[1]

    @cached_property
    def _stored(self) -> list[list[float]]:
        sheet, table, rows = self.layout.sheet, self.layout.table, self.layout.rows
        return [list(sheet.numbers(column, rows)) for column in (table.x, table.y)]

    # -- predictions -------------------------------------------------------------------------------------------------
    def prediction(
        self, now: State, at: Mapping[str, float], shown: Callable[[Sequence[Cell]], list[Value]]
    ) -> Prediction | None:
        """See `Session.prediction`; `shown` says what cells show."""
        if isinstance(self.rule, ColumnRule):
            return self._line((self.rule.slope, self.rule.intercept), at)
        if self._column is None:
            return self._walker(now) or self._known_line(now, at)
        column, inputs = self._column
        if inputs == 1:
            return self._curve(at, column)
        _, ys = self.points()
        values = shown([(row, column) for row in self.layout.rows])
        pairs = [(y, value) for y, value in zip(ys, values, strict=True) if type(value) is float]
        return Prediction("pairs", [y for y, _ in pairs], [value for _, value in pairs])

    @cached_property
    def _column(self) -> tuple[int, int] | None:
        """The column of predictions, and how many inputs it has in the table: none where it reads what they do."""
        table, first = self.layout.table, self.layout.table.first
        formulas = self.layout.sheet.formulas
        known = PREDICTION_WORDS.known
        columns = sorted(table.columns.items(), key=lambda entry: (normal(entry[0]) not in known, entry[1]))
        found = None
        for title, column in columns:
            cell = (first, column)
            if cell not in formulas or column in (table.x, table.y) or not self._depends_on_start(cell):
                continue
            if self.book.depend(self.sheet, [cell], (first, table.y)):
                if found is None:
                    continue
                break
            titled = normal(title) in known
            inputs = self._inputs(cell)
            if inputs or titled:
                found = column, inputs
            if titled:
                break
        return found

    def _depends_on_start(self, cell: Cell) -> bool:
        parameters = self.layout.parameters.values()
        return any(self.book.depend(self.sheet, [cell], found.start) for found in parameters)

    def _inputs(self, cell: Cell) -> int:
        """How many columns of inputs a row's formula depends on."""
        table, sheet = self.layout.table, self.layout.sheet
        own = {found.column for found in self.layout.carried.values()} | {table.y, cell[1]}
        titled = {column for title, column in table.columns.items() if is_x(normal(title))} | {table.x}
        plain = {at for at in table.columns.values() if (table.first, at) not in sheet.formulas}
        for columns in (titled - own, plain - own):
            rest = {column for column in columns if not self._is_constant(column)}
            if found := sum(self.book.depend(self.sheet, [cell], (table.first, column)) for column in rest):
                return found
        return 0

    def _is_constant(self, column: int) -> bool:
        rows = self.layout.rows
        return (
            column != self.layout.table.x
            and len(rows) > 1
            and len(set(self.layout.sheet.numbers(column, rows))) == 1
        )

    def _curve(self, at: Mapping[str, float], column: int) -> Prediction | None:
        table = self.layout.table
        xs, _ = self.points()
        low, high = min(xs), max(xs)
        if low == high:
            low, high = min(0.0, low), max(0.0, high) or 1.0
        ask = self._asker((table.first, column), [(table.first, table.x)])
        asked = [low, (low + high) / 2, high]
        found = ask(at, [(x,) for x in asked])
        if any(y is None for y in found):
            return None
        left, middle, right = (float(y or 0.0) for y in found)
        if abs(middle - (left + right) / 2) <= STRAIGHT * max(abs(left), abs(right), abs(right - left)):
            return Prediction("curve", [low, high], [left, right])
        spread = [low + (high - low) * step / (CURVE - 1) for step in range(CURVE)]
        pairs = [
            (x, y) for x, y in zip(spread, ask(at, [(x,) for x in spread]), strict=True) if y is not None
        ]
        return Prediction("curve", [x for x, _ in pairs], [y for _, y in pairs])

    def _line(self, names: tuple[str, str], at: Mapping[str, float]) -> Prediction:
        xs, _ = self.points()
        m, b = (at[name] for name in names)
        return Prediction("curve", [min(xs), max(xs)], [m * x + b for x in (min(xs), max(xs))])

    def _known_line(self, now: State, at: Mapping[str, float]) -> Prediction | None:
        """The straight line of a slope and an intercept, where the sheet's loss is that line's."""
        names = find_roles(self.layout)
        if names is None or now.loss is None:
            return None
        xs, ys = self.points()
        m, b = (now.values[name] for name in names)
        mean = sum((m * x + b - y) ** 2 for x, y in zip(xs, ys, strict=True)) / len(xs)
        if not any(isclose(now.loss, loss, rel_tol=SAME) for loss in (mean, mean**0.5)):
            return None
        return self._line(names, at)

    def _walker(self, now: State) -> Prediction | None:
        """Where the table is the curve of the loss itself, over a parameter that the title of x names."""
        heading = self.layout.sheet.label((self.layout.table.heading, self.layout.table.x))
        name = next((name for name in self.layout.parameters if heading.endswith(f"({normal(name)}")), None)
        if name is None or now.loss is None:
            return None
        return Prediction("walker", [now.values[name]], [now.loss])

    # -- the loss ----------------------------------------------------------------------------------------------------
    def landscape(
        self,
        now: State,
        path: Sequence[Mapping[str, float]],
        down: str,
        across: str | None,
        steps: int,
        between: Sequence[Limits | None],
    ) -> Landscape:
        """See `Session.landscape`."""
        names = [down] if across is None else [down, across]
        for name in names:
            if name not in self.layout.parameters:
                raise UsageError(f"there is no parameter {name}", f"use {', '.join(self.layout.parameters)}")
        if down == across:
            raise UsageError(f"a map cannot have {down} on both axes", "choose two parameters")
        losses = self._losses(now, names)
        if None in between:
            found = self._limits(now, path, names, losses)
            between = [given or limit for given, limit in zip(between, found, strict=True)]
        spreads = [_spread(*limit, steps) for limit in between if limit]
        flat = losses(list(product(*spreads)))
        if across is None:
            return Landscape(down, None, spreads[0], [], [[loss] for loss in flat])
        rows = [flat[row * steps : (row + 1) * steps] for row in range(steps)]
        return Landscape(down, across, spreads[0], spreads[1], rows)

    def _losses(self, now: State, names: Sequence[str]) -> LossesAt:
        """The losses at values of the parameters."""
        cell = self.layout.controls.loss
        if cell is None or isinstance(self.rule, ColumnRule):
            return lambda points: [
                self._loss_at({**now.values, **dict(zip(names, at, strict=True))}) for at in points
            ]
        ask = self._asker(cell, [])

        def losses(points: Sequence[Sequence[float]]) -> list[float | None]:
            order = [name for name in self.layout.carried if name not in names]
            rest = [now.values[name] for name in order]
            return ask.at([*names, *order], [(*point, *rest) for point in points])

        return losses

    def _loss_at(self, parameters: dict[str, float]) -> float | None:
        try:
            return self.rule.loss_at(parameters)
        except SheetError:
            if self.layout.controls.loss is None and not isinstance(self.rule, ColumnRule):
                raise
            return None

    def _limits(
        self, now: State, path: Sequence[Mapping[str, float]], names: Sequence[str], losses: LossesAt
    ) -> list[Limits]:
        """Limits that hold the path and the lowest point, or what the sheet's own grid of losses holds; the loss is
        seen to change along each axis."""
        spots = [[values[name] for name in names] for values in path]
        low = _lowest(spots[-1], losses, squared=self.layout.controls.loss_name in RMSE_WORDS)
        spots += [low] if low else self._grid_ends(names)
        return _widened([_around(values) for values in zip(*spots, strict=True)], spots[-1], losses)

    def _grid_ends(self, names: Sequence[str]) -> list[list[float]]:
        """Two corners of the sheet's own grid of losses over these parameters."""
        grid, sheet = self.layout.grid, self.layout.sheet
        if grid is None or {grid.down, grid.across} != set(names):
            return []
        (top, left, bottom, right), whole = grid.area, grid.whole
        downs = [sheet.number((row, whole.left)) or 0.0 for row in (top, bottom)]
        acrosses = [sheet.number((whole.top, column)) or 0.0 for column in (left, right)]
        ends = [{grid.down: down, grid.across: across} for down, across in zip(downs, acrosses, strict=True)]
        return [[end[name] for name in names] for end in ends]

    # -- small models ------------------------------------------------------------------------------------------------
    def _asker(self, wanted: Cell, beside: Sequence[Cell]) -> Asker:
        """What a cell shows with other numbers in the start cells and in some cells beside them."""
        place = (self.sheet, wanted)
        if place not in self._parts:
            starts = [(self.sheet, found.start) for found in self.layout.carried.values()]
            changing = [*starts, *((self.sheet, cell) for cell in beside)]
            model = self._small_model(place, changing)
            self._parts[place] = model, changing
        model, changing = self._parts[place]
        return Asker(model, place, dict(zip(self.layout.carried, changing, strict=False)), changing)

    def _small_model(self, wanted: Place, changing: list[Place]) -> Model:
        """A model with what computes a cell and nothing else: made of cells, or else cut out of the whole one.

        Of cells, because everything else on the sheets would burden each recalculation.
        """
        whole, cone, model = self.rule.model, self.book.cone([wanted], changing), Model()
        if cone is not None and self._can_be_made_of_cells(cone):
            active = {place: FormulaText(text) for place, text in self._formulas(cone).items()}
            inputs = {(sheet, cell) for sheet, area in cone.inputs for cell in area.cells}
            known = list({*inputs, *changing} - active.keys())
            cells = [*zip(known, whole.get(known), strict=True), *active.items()]
            names = [(name.name, name.text) for name in self.book.defined_names()]
            try:
                model.build({name: name for name in self.book.sheet_names}, cells, names)
                if model.get([wanted]) == whole.get([wanted]):
                    return model
            except BookError:
                pass  # the whole one can do what this one cannot
            model.close()
            model = Model()
        model.load_part(whole.extract(cone))
        return model

    def _formulas(self, cone: Cone) -> dict[Place, str]:
        """The active formulas of a cone; "#" for one that the sheet does not hold by itself."""
        cells = {sheet: self.book.cells(sheet).formulas for sheet in {sheet for sheet, _ in cone.active}}
        return {(sheet, cell): cells[sheet].get(cell, "#") for sheet, cell in cone.active}

    def _can_be_made_of_cells(self, cone: Cone) -> bool:
        """Whether no formula is part of an array or speaks of a table, and no area is a whole column."""
        size = sum((area.bottom - area.top + 1) * (area.right - area.left + 1) for _, area in cone.inputs)
        return size < MOST_CELLS and not any(
            mark in text for text in self._formulas(cone).values() for mark in "[#{"
        )


class Asker:
    """Asks a small model for one cell."""

    def __init__(self, model: Model, wanted: Place, starts: dict[str, Place], changing: list[Place]) -> None:
        self.model, self.wanted, self.starts, self.changing = model, wanted, starts, changing

    def __call__(
        self, values: Mapping[str, float], points: Sequence[tuple[float, ...]]
    ) -> list[float | None]:
        """At these values of what is carried, and each point in the cells beside."""
        fixed = [values[name] for name in self.starts]
        return self._ask(self.changing, [(*fixed, *point) for point in points])

    def at(self, names: Sequence[str], points: Sequence[Sequence[float]]) -> list[float | None]:
        """At points of what is carried, in the order of the names."""
        return self._ask([self.starts[name] for name in names], points)

    def _ask(self, places: Sequence[Place], points: Sequence[Sequence[float]]) -> list[float | None]:
        self.model.get([])  # which waits until it has started
        found = self.model.ask_values(places, points, self.wanted)()
        return [value if type(value) is float else None for value in found]


# -- where to look ---------------------------------------------------------------------------------------------------
def _lowest(at: Sequence[float], losses: LossesAt, squared: bool) -> list[float] | None:
    """The lowest point of a loss that is, or whose square is, quadratic in one or two parameters; else None."""
    sizes = [max(1.0, abs(value)) for value in at]
    u, v = sizes[0], sizes[-1]
    spots = [(0.0, 0.0), (u, 0.0), (-u, 0.0), (0.0, v), (0.0, -v), (u, v)]
    found = losses([[value + move for value, move in zip(at, spot, strict=False)] for spot in spots])
    if any(loss is None for loss in found):
        return None
    here, right, left, up, down, both = (float(loss or 0.0) ** (2 if squared else 1) for loss in found)
    slope_u, slope_v = (right - left) / (2 * u), (up - down) / (2 * v)
    bend_u, bend_v = (right - 2 * here + left) / u**2, (up - 2 * here + down) / v**2
    twist = (both - right - up + here) / (u * v)
    if len(at) == 1:
        slope_v, bend_v, twist = 0.0, 1.0, 0.0
    area = bend_u * bend_v - twist**2
    if not (bend_u > 0 and bend_v > 0 and area > 1e-12 * bend_u * bend_v):
        return None
    moves = (twist * slope_v - bend_v * slope_u) / area, (twist * slope_u - bend_u * slope_v) / area
    low = [value + move for value, move in zip(at, moves, strict=False)]
    [loss] = losses([low])
    good = loss is not None and all(map(isfinite, low)) and loss <= float(found[0] or 0.0)
    return low if good else None


def _around(values: Sequence[float], margin: float = MARGIN) -> Limits:
    low, high = min(values), max(values)
    width = high - low or max(1.0, abs(low))
    return low - margin * width, high + margin * width


def _widened(limits: list[Limits], at: Sequence[float], losses: LossesAt) -> list[Limits]:
    """Limits so wide that the loss is seen to change along each axis; as they are where it does not."""
    [here] = losses([at])

    def changes(axis: int, limit: Limits) -> float:
        found = losses([[*at[:axis], end, *at[axis + 1 :]] for end in limit])
        return max((abs(loss - here) for loss in found if loss is not None and here is not None), default=0.0)

    changed = [changes(axis, limit) for axis, limit in enumerate(limits)]
    found = []
    for axis, limit in enumerate(limits):
        wider = (_around(limit, margin) for margin in MARGINS) if changed[axis] < SEEN * max(changed) else ()
        found.append(next((one for one in wider if changes(axis, one) >= SEEN * max(changed)), limit))
    return found


def _spread(low: float, high: float, steps: int) -> list[float]:
    return [low + (high - low) * step / (steps - 1) for step in range(steps)]
