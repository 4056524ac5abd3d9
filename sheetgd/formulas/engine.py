"""The process that holds IronCalc: load, set, recalculate, read, run epochs.

IronCalc is fast and young: it can panic, print, or think for minutes without letting go of the interpreter. So it lives
in a process of its own, which `model.Model` starts, asks and, if need be, ends. Questions and answers are marshalled
tuples over stdin and stdout; an answer begins with what became of the question. It imports nothing else of the package
and little else at all, for every run waits for this process to start: IronCalc itself is imported by `main`, before the
first question, and stands where it is used because that may fail.
"""

from __future__ import annotations

import marshal
import os
import time

TYPE_CHECKING = False  # typing's own would have to be imported
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, BinaryIO

CellIndex = tuple[int, int, int]  # sheet index, row, column
MEMORY, MEMORY_FACTOR = 800_000_000, 100  # bytes the engine may take, and so many more for each of the file
BUILT_MEMORY = 2_000  # bytes for each cell of a workbook that comes cell by cell


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer one question after another until the asker goes away."""
    engine = Engine()
    while True:
        try:
            name, arguments = marshal.load(questions)
        except (EOFError, ValueError):
            return
        try:
            answer = ("answered", getattr(engine, name)(*arguments))
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            answer = ("refused", f"{type(error).__name__}: {error}")
        except BaseException:  # a Rust panic, which has no class to import
            answer = ("crashed", None)
        marshal.dump(answer, answers)
        answers.flush()


def fill(model: Any, changes: Iterable[tuple[CellIndex, Any]]) -> None:
    """Put constants into the cells of an IronCalc model."""
    for cell, value in changes:
        if value is None:
            model.clear_cell_contents(*cell)
        elif isinstance(value, bool):
            model.update_cell_with_bool(*cell, value)
        elif isinstance(value, (int, float)):
            model.update_cell_with_number(*cell, float(value))
        elif isinstance(value, tuple):
            model.set_user_input(*cell, value[1])
        else:
            model.update_cell_with_text(*cell, value)


def clear(model: Any, cell: CellIndex) -> None:
    """Remove a cell as if it had never been there; the cells of an array formula stay."""
    sheet, row, column = cell
    try:  # noqa: SIM105 - contextlib would take longer to import than all else here
        model.range_clear_all(sheet, row, column, row, column)
    except Exception:
        pass


def within(cells: Iterable[CellIndex], areas: Iterable[tuple[int, ...]]) -> set[CellIndex]:
    """Those of the cells that lie in one of the areas."""
    rows: dict[tuple[int, int], list[CellIndex]] = {}
    for cell in cells:
        rows.setdefault(cell[:2], []).append(cell)
    last = max((row for _, row in rows), default=0)
    return {
        cell
        for sheet, top, left, bottom, right in areas
        for row in range(top, min(bottom, last) + 1)
        for cell in rows.get((sheet, row), ())
        if left <= cell[2] <= right
    }


class Engine:
    """One workbook in IronCalc.

    An error value, which IronCalc gives as a text, crosses as ("#", its text); a formula as ("=", its text with the
    equals sign).
    """

    def __init__(self) -> None:
        self.constants: list[CellIndex] = []
        self.copy: Any = None
        self.watching = self.watched = 0  # the sheet for `watch`, and the lines that it has

    def load(self, path: str) -> list[str]:
        """Load a workbook and recalculate it; the names of its sheets in IronCalc's order."""
        import ironcalc

        bound_memory(MEMORY + MEMORY_FACTOR * os.stat(path).st_size)
        return self.begin(ironcalc.load_from_xlsx(path))

    def load_bytes(self, data: bytes, sheets: list[str]) -> list[str]:
        """The same for a workbook that another engine's `extract` gave; `sheets` are the names of its sheets."""
        import ironcalc

        bound_memory(MEMORY + MEMORY_FACTOR * len(data))
        self.begin(ironcalc.load_from_bytes(data))
        return sheets

    def begin(self, model: Any) -> list[str]:
        """Recalculate the workbook that was loaded; the names of its sheets."""
        import ironcalc

        self.model, self.error_type = model, ironcalc.CellType.ErrorValue
        model.evaluate()
        return [sheet["name"] for sheet in model.get_worksheets_properties()]

    def build(
        self, sheets: dict[str, str], cells: list[tuple[CellIndex, Any]], names: list[tuple[str, str]]
    ) -> list[str]:
        """Make a workbook of cells and recalculate it; the names of its sheets in IronCalc's order.

        `sheets` gives each its name in the formulas; a formula is ("=", its text with the equals sign).
        """
        import ironcalc

        bound_memory(MEMORY + BUILT_MEMORY * len(cells))
        self.error_type = ironcalc.CellType.ErrorValue
        self.model = ironcalc.create("book", "en", "UTC", "en")
        first, *others = sheets.values()
        self.model.rename_sheet(0, first)
        for other in others:
            self.model.add_sheet(other)
        for name, formula in names:
            try:  # noqa: SIM105
                self.model.new_defined_name(name, None, formula)
            except ironcalc.WorkbookError:
                pass  # a name that IronCalc does not allow: formulas that use it show an error
        fill(self.model, cells)
        self.model.evaluate()
        return list(sheets)

    def value(self, cell: CellIndex, model: Any = None) -> Any:
        """What a cell shows."""
        model = model or self.model
        value = model.get_cell_value(*cell)
        if isinstance(value, str) and value.startswith("#") and model.get_cell_type(*cell) == self.error_type:
            return ("#", value)
        return value

    def get(self, cells: Iterable[CellIndex]) -> list[Any]:
        """The values of the cells, in their order."""
        return [self.value(cell) for cell in cells]

    def get_narrowed(self, cells: Iterable[CellIndex]) -> list[Any]:
        """Likewise, in the workbook in which epochs are run."""
        model = self.working_copy()
        return [self.value(cell, model) for cell in cells]

    def down(self, areas: Iterable[tuple[int, int, int, int]]) -> list[bytes | None]:
        """The numbers of columns (sheet index, first row, column, rows) as the bytes of an array; None for one that
        shows anything else."""
        from array import array  # not every process needs it

        get: Any = self.model.get_cell_value
        columns = (
            [get(sheet, line, column) for line in range(row, row + rows)]
            for sheet, row, column, rows in areas
        )
        return [
            array("d", column).tobytes() if set(map(type, column)) == {float} else None for column in columns
        ]

    def put(self, changes: Iterable[tuple[CellIndex, Any]]) -> None:
        """Put constants into cells, over formulas, too, and recalculate if that changes anything."""
        changes = [(cell, value) for cell, value in changes if not self.holds(cell, value)]
        if changes:
            fill(self.model, changes)
            self.model.evaluate()
        self.copy = None  # epochs may have led it away from here

    def put_narrowed(self, changes: Iterable[tuple[CellIndex, Any]]) -> None:
        """Likewise, in the workbook in which epochs are run, and in that alone."""
        model = self.working_copy()
        if changes := [(cell, value) for cell, value in changes if not self.holds(cell, value, model)]:
            fill(model, changes)
            model.evaluate()

    def holds(self, cell: CellIndex, value: Any, model: Any = None) -> bool:
        """Whether a cell holds this very number already."""
        model = model or self.model
        return (
            type(value) is float
            and model.get_cell_formula(*cell) is None
            and type(found := model.get_cell_value(*cell)) is float
            and found == value
        )

    def watch(self, areas: list[tuple[int, str]], limit: float) -> int:
        """Let the first cell of a sheet count the numbers in areas (sheet, A1 text) that are beyond a limit.

        The sheet is made for it at the end of the workbook; its index is the answer.
        """
        names = [sheet["name"] for sheet in self.model.get_worksheets_properties()]
        if not self.watched:
            self.watching = len(names)
            self.model.add_sheet(next(name for name in map(str, range(len(names) + 1)) if name not in names))
        changes: list[tuple[CellIndex, Any]] = [
            ((self.watching, line + 1, 2), None) for line in range(self.watched)
        ]
        for line, (sheet, area) in enumerate(areas, 1):
            place = "'{}'!{}".format(names[sheet].replace("'", "''"), area)
            count = f'=COUNTIF({place},">{limit}")+COUNTIF({place},"<-{limit}")'
            changes.append(((self.watching, line, 2), ("=", count)))
        self.watched = max(len(areas), 1)
        fill(self.model, [*changes, ((self.watching, 1, 1), ("=", f"=SUM(B1:B{self.watched})"))])
        self.model.evaluate()
        self.copy = None
        return self.watching

    def narrow(self, constants: list[CellIndex]) -> None:
        """Run epochs from now on in a copy in which these formula cells are constants."""
        self.constants, self.copy = constants, None

    def working_copy(self) -> Any:
        """The workbook in which epochs are run: this one, or its copy with fewer formulas."""
        if not self.constants:
            return self.model
        if self.copy is None:
            import ironcalc

            self.copy = ironcalc.load_from_bytes(self.model.to_bytes())
            fill(self.copy, [(cell, self.value(cell)) for cell in self.constants])
        return self.copy

    def extract(self, formulas: Iterable[CellIndex] | None, areas: Iterable[tuple[int, ...]]) -> bytes:
        """A copy of the workbook with only these formulas and what stands in the areas (sheet, top, left, bottom,
        right), other formulas there as their values; the whole workbook for None."""
        if formulas is None:
            return bytes(self.model.to_bytes())
        import ironcalc

        copy = ironcalc.load_from_bytes(self.model.to_bytes())
        cells = [tuple(cell) for cell in self.model.get_all_cells()]
        kept, inputs = set(formulas), within(cells, areas)
        for cell in cells:
            if cell in kept:
                continue
            if cell not in inputs:
                clear(copy, cell)
            elif copy.get_cell_formula(*cell):
                fill(copy, [(cell, self.value(cell))])
        return bytes(copy.to_bytes())

    def values_at(
        self, cells: Sequence[CellIndex], points: Iterable[Sequence[float]], wanted: Sequence[CellIndex]
    ) -> list[list[Any]]:
        """What the wanted cells show with the numbers of each point in the cells."""
        found = []
        for point in points:
            for cell, number in zip(cells, point, strict=True):
                self.model.update_cell_with_number(*cell, number)
            self.model.evaluate()
            found.append(self.get(wanted))
        self.copy = None
        return found

    def unknown_functions(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are not functions of IronCalc's."""
        import ironcalc

        model = ironcalc.create("book", "en", "UTC", "en")
        asked = list(enumerate(names, 1))
        for row, name in asked:
            model.set_user_input(0, row, 1, f"={name}()")
        model.evaluate()
        return [name for row, name in asked if model.get_cell_value(0, row, 1) == "#NAME?"]

    def epochs(
        self,
        count: int,
        seconds: float,
        carry: Sequence[tuple[CellIndex, CellIndex]],
        watch: Sequence[CellIndex],
    ) -> list[list[Any] | None]:
        """Run up to `count` epochs, or as many as fit the seconds: what the watched cells show after each.

        `carry` are pairs (from, to). All are read before any is written. A carried value that is no number ends the
        run: it is the last thing returned. They go on from the epochs before unless cells were put in between; this
        workbook itself may stay where it was.
        """
        model = self.working_copy()
        until = time.monotonic() + seconds
        rows: list[list[Any] | None] = []
        for _ in range(count):
            values = [self.value(source, model) for source, _ in carry]
            if not all(type(value) is float for value in values):
                return [*rows, None]
            for (_, target), value in zip(carry, values, strict=True):
                model.update_cell_with_number(*target, value)
            model.evaluate()
            rows.append([self.value(cell, model) for cell in watch])
            if time.monotonic() > until:
                break
        return rows


def bound_memory(limit: int) -> None:
    """Let the system end this process if it wants more memory than any sane workbook of this size needs."""
    try:
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most == resource.RLIM_INFINITY or limit < most:
            resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    except (ImportError, OSError, ValueError):
        pass  # Windows, and systems that know no such limit


def main() -> None:
    """Serve the process that started this one."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what IronCalc prints must not get between the answers
        os.dup2(silence, stream)
    # At once, so that starting takes nothing from the time of the first question.
    marshal.dump(("answered", None), answers)
    answers.flush()
    # Imported before the first question, to be ready for it; where that fails, loading says so. Without contextlib,
    # which would take longer than all else here.
    try:  # noqa: SIM105
        import ironcalc  # noqa: F401
    except ImportError:
        pass
    serve(questions, answers)
