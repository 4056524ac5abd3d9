"""The sheet's formulas as a model: recalculated by IronCalc in a process of its own, and verified before use.

`Model` asks the engine by sheet name and (row, column). A formula whose stored result the engine cannot reproduce is
frozen at that result; `frozen` says which these are, and why.
"""

import contextlib
import marshal
import math
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import BookError
from ..grid.a1 import Area, a1
from ..grid.column_runs import Run
from ..grid.sheet import ErrorValue, Place, Value
from .launch import start_engine
from .reasons import Reason

if TYPE_CHECKING:
    from array import array

    from .dependencies import Cone

STARTING = 20.0  # seconds for the engine's process to start: a virus scanner may look at it first
PATIENCE = 4.5  # seconds that a question may take, on top of what the workbook's size allows
LOOK_EVERY = 0.1  # seconds between two looks at the clock
UNTOUCHED = "the workbook is untouched; try with a copy that holds only the lesson's sheets"
WATCH = ""  # no sheet of a workbook is called so
# A workbook for another engine, in IronCalc's own form, and the names that its sheets have here.
Extract = tuple[bytes, list[str]]
OWN_ERRORS = frozenset({"#CIRC!", "#ERROR!", "#N/IMPL!"})  # IronCalc's own, which no application shows


class FormulaText(str):
    """A formula, without its equals sign, among the values of a workbook's cells."""


class EngineFailed(BookError):
    """The engine gave no answer."""


class EngineError(EngineFailed):
    """The engine itself says that it cannot load or compute the workbook."""


class EngineStuck(EngineFailed):
    """The engine did not answer in time."""


class _Watch(threading.Thread):
    """Ends a process when its asker has waited for too long; one thread for all questions."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self.process, self.until, self.over, self.killed = process, math.inf, False, False

    def run(self) -> None:
        # Nobody sets it: to wake this thread would take from the time of a short run.
        pause = threading.Event()
        while not self.over:
            pause.wait(LOOK_EVERY)
            if time.monotonic() > self.until:
                self.killed = True
                self.process.kill()
                return


class Model:
    """A workbook's formulas.

    The engine's process starts at once, and loads the file in the background; the first question waits for it. Every
    question is limited in time: an engine that does not answer is ended, and the error says so. Use it as a context
    manager, or close it.
    """

    def __init__(self, process: subprocess.Popen[bytes] | None = None) -> None:
        """`process` is one that `start_engine` gave, if it has been started already."""
        self.patience = PATIENCE
        self.frozen: dict[Place, Reason] = {}
        self.asleep: set[Place] = set()  # formulas that are constants while epochs are run
        self._sheets: dict[str, int] | None = None
        self._process = process or start_engine()
        self._watch = _Watch(self._process)
        self._watch.start()

    def load(self, path: str, size: int) -> None:
        """Let the engine load a workbook that unpacks to `size` bytes."""
        self.patience = PATIENCE + size / 1e6
        self._send("load", path)

    def load_part(self, part: Extract) -> None:
        """Let the engine load what another engine's `extract` gave."""
        self.patience = PATIENCE + len(part[0]) / 1e5
        self._send("load_bytes", *part)

    def build(
        self, sheets: dict[str, str], cells: Iterable[tuple[Place, Value]], names: Iterable[tuple[str, str]]
    ) -> None:
        """Let the engine make a workbook of cells, with defined names and their formulas.

        `sheets` gives each its name in the formulas; a cell's formula is a `FormulaText`.
        """
        order = {sheet: index for index, sheet in enumerate(sheets)}
        raw = [((order[sheet], *cell), _raw(value)) for (sheet, cell), value in cells]
        self.patience = PATIENCE + len(raw) / 1e5
        self._send("build", sheets, raw, list(names))

    # -- asking ----------------------------------------------------------------------------------------------------
    def _send(self, name: str, *arguments: Any) -> None:
        assert self._process.stdin
        try:
            marshal.dump((name, arguments), self._process.stdin)
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # the engine is gone, or closed: reading its answer says so

    def _receive(self, patience: float | None = None) -> Any:
        patience = patience or self.patience
        self._watch.until = time.monotonic() + patience
        try:
            answers: Any = self._process.stdout
            answers.peek()  # Ctrl-C interrupts this; in Python 3.10's marshal it would look like the end of the file
            outcome, answer = marshal.load(answers)
        except (EOFError, OSError, ValueError, TypeError):
            stuck = self._watch.killed
            self.close()
            if stuck:
                took = f"did not finish within {patience:.0f} seconds"
                raise EngineStuck(f"the formula engine {took}", UNTOUCHED) from None
            raise EngineFailed("the formula engine crashed on it", UNTOUCHED) from None
        finally:
            self._watch.until = math.inf
        if outcome != "answered":
            self.close()
            if outcome == "crashed":
                raise EngineFailed("the formula engine crashed on it", UNTOUCHED)
            raise EngineError(
                f"the formula engine cannot load or compute it ({str(answer).strip().splitlines()[0]})",
                "open it in Excel or LibreOffice, save it as .xlsx, and try again",
            )
        return answer

    def _ask(self, name: str, *arguments: Any) -> Any:
        self._wait()
        self._send(name, *arguments)
        return self._receive()

    def await_start(self) -> None:
        """Wait until the engine's process has started, so that its start does not count as part of its first answer."""
        self._receive(STARTING)

    def _wait(self) -> dict[str, int]:
        if self._sheets is None:
            self.await_start()
            self._sheets = {name: index for index, name in enumerate(self._receive())}
        return self._sheets

    def _cells(self, places: Iterable[Place]) -> list[tuple[int, int, int]]:
        """The places as the engine counts: index of the sheet, row, column."""
        sheets = self._wait()
        return [(sheets[sheet], row, column) for sheet, (row, column) in places]

    def kill(self) -> None:
        """Begin to end the engine; after this only `close` may be called."""
        self._watch.over = True
        with contextlib.suppress(OSError):  # Windows', of a process that is about to end
            self._process.kill()

    def close(self) -> None:
        """End the engine, and wait until it has ended."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(OSError):  # the engine is gone with a question in the pipe
                    pipe.close()

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the workbook ----------------------------------------------------------------------------------------------
    def get(self, places: Sequence[Place]) -> list[Value]:
        """The values of cells, in their order."""
        return [_value(raw) for raw in self._ask("get", self._cells(places))]

    def down(self, columns: Sequence[tuple[str, Run]]) -> "list[array[float] | None]":
        """The numbers that stand where the runs stand on their sheets; None for a run that shows anything else."""
        tops = self._cells((sheet, run.area[:2]) for sheet, run in columns)
        areas = [(*top, len(run.values)) for top, (_, run) in zip(tops, columns, strict=True)]
        from array import array  # small sheets have no such columns

        found = [None if numbers is None else array("d", numbers) for numbers in self._ask("down", areas)]
        return [numbers if numbers and all(map(math.isfinite, numbers)) else None for numbers in found]

    def put(self, changes: Iterable[tuple[Place, Value]]) -> None:
        """Put constants into cells, or formulas (see `FormulaText`), and recalculate."""
        cells = dict(changes)
        self._ask("put", list(zip(self._cells(cells), map(_raw, cells.values()), strict=True)))

    def watch(self, areas: Iterable[tuple[str, Area]], limit: float) -> Place:
        """A place, on a sheet of its own, that shows how many numbers in the areas are beyond a limit, up or down."""
        sheets = self._wait()
        sheets[WATCH] = self._ask("watch", [(sheets[sheet], area.a1) for sheet, area in areas], limit)
        return WATCH, (1, 1)

    def narrow(self, constants: Iterable[Place]) -> None:
        """From now on run epochs in a copy in which these formulas are constants, for speed; no formulas, no copy."""
        self.asleep = set(constants)
        self._ask("narrow", self._cells(self.asleep))

    def get_narrowed(self, places: Sequence[Place]) -> list[Value]:
        """What cells show in the copy in which epochs are run."""
        return [_value(raw) for raw in self._ask("get_narrowed", self._cells(places))]

    def put_narrowed(self, changes: Iterable[tuple[Place, float]]) -> None:
        """Put numbers into cells of the copy in which epochs are run, and recalculate that alone."""
        cells = dict(changes)
        self._ask("put_narrowed", list(zip(self._cells(cells), cells.values(), strict=True)))

    def epochs(
        self,
        count: int,
        carry: Sequence[tuple[Place, Place]],
        watch: Sequence[Place],
        seconds: float,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> list[list[Value] | None]:
        """Run up to `count` epochs for about `seconds`: the watched values after each, None where one failed.

        `meanwhile` is called while the engine is at it.
        """
        ends = self._cells(place for pair in carry for place in pair)
        pairs = list(zip(ends[::2], ends[1::2], strict=True))
        self._send("epochs", count, seconds, pairs, self._cells(watch))
        try:
            meanwhile()
        except BaseException:
            self.close()  # whoever asks next would take this answer for theirs
            raise
        rows = self._receive()
        return [None if row is None else [_value(raw) for raw in row] for row in rows]

    def unknown_functions(self, names: Iterable[str]) -> set[str]:
        """Those of the names that are not functions of the engine's."""
        return set(self._ask("unknown_functions", list(names)))

    def extract(self, cone: "Cone | None") -> Extract:
        """A workbook with only what computes a cone's wanted cells; the whole one for None."""
        if cone is None:
            return self._ask("extract", None, []), list(self._wait())
        sheets = {name.casefold(): index for name, index in self._wait().items()}
        areas = [(sheets[name.casefold()], *area) for name, area in cone.inputs if name.casefold() in sheets]
        data = self._ask("extract", self._cells(cone.active), areas)
        return data, list(self._wait())

    def ask_values(
        self, places: Sequence[Place], points: Sequence[Sequence[float]], wanted: Place
    ) -> Callable[[], list[Value]]:
        """Begin to compute what the wanted cell shows with the numbers of each point in the places; call the result to
        get it.
        """
        cells = self._cells(places)
        self._send("values_at", cells, [tuple(map(float, point)) for point in points], self._cells([wanted]))
        return lambda: [_value(raw) for [raw] in self._receive(self.patience * max(1, len(points)))]

    def values_at(
        self, places: Sequence[Place], point: Iterable[float], wanted: Sequence[Place]
    ) -> list[Value]:
        """What the wanted cells show with the numbers of the point in the places; the numbers stay there."""
        cells = self._cells(places)
        [found] = self._ask("values_at", cells, [tuple(point)], self._cells(wanted))
        return [_value(raw) for raw in found]


def show(value: Value) -> str:
    """A value as it is written in an error."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return f"{value:.15g}" if isinstance(value, float) else "nothing" if value is None else str(value)


def describe(place: Place) -> str:
    """A place as a teacher reads it.

    >>> describe(("Lesson", (7, 3)))
    'Lesson!C7'
    """
    return f"{place[0]}!{a1(place[1])}"


def _value(raw: Any) -> Value:
    if isinstance(raw, float) and not math.isfinite(raw):
        return ErrorValue("#NUM!")  # as a spreadsheet shows it
    return ErrorValue(raw[1]) if isinstance(raw, tuple) else raw


def _raw(value: Value) -> Any:
    if isinstance(value, FormulaText):
        return ("=", f"={value}")
    return ("#", str(value)) if isinstance(value, ErrorValue) else value
