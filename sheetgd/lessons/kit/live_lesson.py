"""What a live tab takes from its lesson, and where the parts of the tab stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from .style import on
from .tables import Table

TAB = "Live"
DOUBLINGS = 20  # the last is 524,288 epochs
CHECK = "F32"  # where the comparison with stepping stands
LOGGED = "$F$34"  # its cell with the number of the log's epochs
PROBES = 44  # the heading row of the probes
POWERS = 50  # the heading row of the doublings
WORKINGS = 76  # the heading row of what is long
LARGE = "10^50"  # no map goes on past it, so that nothing overflows on the way
FIVE = "#,##0.00000"  # and, past a million, as powers of ten: see `tables.mark_large`
LOSS = "#,##0.000"


class LiveLesson(NamedTuple):
    """A lesson whose epoch is an affine map of its parameters; addresses are absolute, without the name of its tab.

    Formulas are written with names: a parameter's for its cell, {x} and {y} for the points or, where the epoch goes
    down the table `steps`, for the row's own, and those in `names`. `epoch` says what becomes of each parameter in an
    epoch, or in a row of `steps`, `hidden` ones (velocities) included. `line` is one formula, for the line over the
    points, with {at} for a place on it, or two, for the places in the plane of both parameters that are exactly right.
    `error` is for a loss that adds up the rows' own misses, each with the parameters of its row.
    """

    log: Table
    parameters: tuple[tuple[str, str, str], ...]  # short names, titles in the log, and colours
    starts: tuple[str, ...]
    guesses: tuple[str, ...]
    carried: tuple[str, ...]  # of the parameters alone
    points: tuple[str, str]
    axes: tuple[str, str]
    loss_name: str
    loss: str
    line: tuple[str, ...]
    epoch: Mapping[str, str]
    names: Mapping[str, str]
    why: tuple[str, ...]
    to_think_about: tuple[str, ...]
    steps: Table | None = None
    hidden: tuple[str, ...] = ()
    error: str = ""
    form: str = FIVE  # the number format of parameters and of places on the line
    loss_form: str = LOSS
    live: str = TAB  # the name of the live tab
    typed: int = 1000  # the epochs that it begins with
    from_zero: bool = False  # whether the line is drawn from x = 0
    misses: Mapping[str, str] = MappingProxyType({})  # the columns of `error`, once they are drawn

    @property
    def tab(self) -> str:
        """The name of the lesson's tab."""
        return str(self.log.sheet.title)

    @property
    def shown(self) -> list[str]:
        """The parameters' short names."""
        return [name for name, _, _ in self.parameters]

    @property
    def state(self) -> list[str]:
        """The short names of all that is carried from epoch to epoch."""
        return [*self.shown, *self.hidden]

    @property
    def rows(self) -> int:
        """How many rows of workings the epoch takes."""
        return self.steps.rows if self.steps else 0

    @property
    def columns(self) -> int:
        """How many columns these take."""
        each = len(self.state) + bool(self.error)
        return 1 + each * (len(self.state) + 1) if self.steps else 0

    def there(self, *cells: str) -> list[str]:
        """Cells of the lesson's tab, as formulas on the live tab name them."""
        return [cell if "!" in cell else on(self.log.sheet, cell) for cell in cells]

    def known(self) -> dict[str, str]:
        """The names that formulas may use beside those of the parameters."""
        return {name: self.there(cell)[0] for name, cell in self.names.items()} | dict(self.misses)

    def formula(self, words: str, cells: Sequence[str], at: str = "") -> str:
        """The loss or the line with the parameters in these cells."""
        x, y = self.there(*self.points)
        given = dict(zip(self.shown, cells, strict=True))
        return words.format_map({**self.known(), "x": x, "y": y, "at": at, **given})
