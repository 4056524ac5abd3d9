"""An .xlsx or .xlsm workbook on disk: reading it, and patching changed cells in place.

Only the sheets in which a cell or a stored result changes are rewritten, and of these only the changed cells; every
other part of the file stays byte for byte. No formula is ever overwritten.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from ...errors import BookError, SheetgdError, UsageError
from ...formulas.functions import called
from ...formulas.model import EngineError, EngineFailed, EngineStuck, FormulaText, Model
from ...formulas.reasons import DISPLAYED, FILTERED, FROM_1904, SUBSTITUTED, Reason
from ...formulas.verify import FormulaColumn
from ...grid.a1 import Area
from ...grid.column_runs import few
from ...grid.edits import Edits
from ...grid.sheet import Place, Sheet, Value
from ..book import DefinedName, ModelledBook
from .contents import Contents, has_hollow, spilled, tall_columns
from .package import Package, plain_path
from .reader import Scan

if TYPE_CHECKING:
    from ...formulas.names import DefinedNames
    from ...formulas.structured import TableFrame
    from ...grid.start_record import StartRecord

_FORMATS = rb"(?s)<(?:\w+:)?conditionalFormatting\b.*?</(?:\w+:)?conditionalFormatting>"

_DATES = frozenset(  # functions whose results change with the day that the workbook counts from
    "DATE YEAR MONTH DAY WEEKDAY WEEKNUM ISOWEEKNUM EDATE EOMONTH DATEVALUE DATEDIF DAYS DAYS360 YEARFRAC NETWORKDAYS "
    "NETWORKDAYS.INTL WORKDAY WORKDAY.INTL TODAY NOW TEXT".split()
)


class XlsxBook(ModelledBook):
    """A workbook in a file."""

    def __init__(self, path: str | os.PathLike[str], model: Model) -> None:
        """`model` has loaded nothing yet; the book closes it."""
        self.path = plain_path(path)
        self.name = os.path.basename(self.path) or self.path
        self._waiting: Model | None = model
        self._copy = ""
        self._model: Model | None = None
        try:
            self._load()
        except SheetgdError as error:
            self.close()
            raise error.at(book=self.name) from None

    def _load(self) -> None:
        self.warnings: list[str] = []
        self._written: bytes | None = None  # what was saved, until it is read again
        self.sheet_names = self.contents.sheet_names
        self._complete: dict[str, Sheet] = {}  # those that are known to hold the results of their formulas
        self._verified = False
        self._failed: EngineFailed | None = None
        self._names: DefinedNames | None = None
        self._frames: dict[str, TableFrame] | None = None  # the tables, if the model is built from cells

    # -- reading ---------------------------------------------------------------------------------------------------
    @cached_property
    def contents(self) -> Contents:
        """What the file holds, as it was read or saved."""
        return Contents(Package(self.path, self._written))

    def cells(self, sheet: str) -> Sheet:
        self.contents.drop_placeholders()
        found = self.contents.scanned(sheet).sheet
        if self._complete.get(sheet) is not found:
            if any(cell not in found.values for cell in few(found.formulas)):
                self.model()  # the file has no stored results: the engine's are used
            self._complete[sheet] = found
        return found

    def _formula_sheets(self) -> list[Scan]:
        """Every worksheet that holds formulas."""
        return [self.contents.scanned(name) for name in self.contents.names_with_formulas()]

    def has_formulas(self) -> bool:
        return any(found.sheet.formulas for found in self._formula_sheets())

    # -- the model -------------------------------------------------------------------------------------------------
    def start(self) -> None:
        if self.contents.names_with_formulas():
            self._start()

    def _start(self) -> None:
        if self._model is None:
            package = self.contents.package
            size = sum(package.archive.getinfo(name).file_size for name in package.names())
            self._model, self._waiting = self._waiting or Model(), None
            self._model.load(self._without_formats() or os.path.realpath(self.path), size)

    def _without_formats(self) -> str:
        """A copy of the file without conditional formats, if some have formulas; empty where none has.

        The engine would compute them at each recalculation: a map that marks its cells by a count over a long log took
        a thousand times as long as the lesson itself. No result depends on them.
        """
        package = self.contents.package
        parts = {part.path: package.read(part.path) for part in self.contents.parts.values()}
        stripped = {path: re.sub(_FORMATS, b"", data) for path, data in parts.items() if b"</cfRule>" in data}
        if not any(b"<formula" in parts[path] for path in stripped):
            return ""
        content = package.replaced({path: data for path, data in stripped.items() if data != parts[path]})
        import tempfile  # few workbooks need a copy

        try:
            with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
                self._copy = file.name
                file.write(content)
        except OSError:  # no room for it: the engine then takes the file as it is, and longer
            return ""
        return self._copy

    def restart(self) -> None:
        self.close()
        self._verified, self._failed = False, None
        self.contents.forget()  # the results that the engine put where the file has none

    def prepare(self) -> None:
        from . import patch  # noqa: F401 - imported while the engine is busy

    def model(self) -> Model:
        if self._failed:
            raise self._failed
        self._start()
        assert self._model
        if not self._verified:
            self._verified = True
            try:
                self._verify_somehow(self._model)
            except EngineFailed as error:
                self._failed = error
                raise
            finally:
                self.contents.package.refuse_change()  # the engine read the file itself, perhaps a newer one
        return self._model

    def computes(self) -> bool:
        """Whether the formula engine takes the workbook, in whatever form."""
        try:
            return bool(self.model())
        except EngineFailed:
            if self._failed:
                return False
            raise

    def _verify_somehow(self, model: Model) -> None:
        """Let the engine load the file, or else what it needs of it."""
        try:
            self._verify(model)
        except EngineError:
            try:
                self._verify_plain_copy()
            except BookError:
                self._verify_from_cells()
        except EngineStuck as late:
            try:
                self._verify_from_cells(patience=0.5)
            except EngineStuck:
                raise late from None
        except EngineFailed:  # it crashed
            self._verify_from_cells()

    def _verify_plain_copy(self) -> None:
        """Let the engine try again, with a copy that holds what it needs in the form that it reads best."""
        import tempfile  # few workbooks need a copy

        from .plain_copy import plain_copy

        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "plain.xlsx")
            with open(copy, "wb") as file:
                size = file.write(plain_copy(self.contents.package))
            self._model = Model()
            self._model.load(copy, size)
            self._verify(self._model)

    def _verify_from_cells(self, patience: float = 1.0) -> None:
        """Build the model from the cells that were read: what the engine's loader stumbles over is not among them.

        `patience` is how much of the usual time the engine gets.
        """
        from ...formulas.structured import without_tables  # the loader takes nearly every workbook

        self.warnings.clear()
        self._model = Model()
        tables = self._frames = self._structure()
        cells = [found for name in self.sheet_names for found in self._typed_cells(name)]
        names = [
            (name, without_prefixes(without_tables(text, ("", (0, 0)), tables)))
            for name, scope, text in self.contents.names
            if scope is None
        ]  # of these the engine takes functions (LAMBDA); what others stand for is in the formulas already
        self._model.build({name: name for name in self.sheet_names}, cells, names)
        self._model.patience *= patience
        self._verify(self._model)

    def _meant(self, place: Place, formula: str, every: bool = False) -> str:
        if not self.contents.names:
            return formula
        if self._names is None:
            from ...formulas.names import DefinedNames  # which a lesson may do without

            self._names = DefinedNames(
                (name.name, name.sheet, name.text) for name in self.defined_names() if name.text
            )
        return self._names.resolved(formula, place, every=every)

    def _settled_otherwise(
        self, formulas: Mapping[Place, str], fresh: Iterable[Place]
    ) -> dict[Place, Reason]:
        if self.contents.as_displayed:
            return dict.fromkeys(formulas, DISPLAYED)
        found: dict[Place, Reason] = {}
        for place in fresh:
            functions = called(formulas[place])
            if self.contents.from_1904 and functions & _DATES:
                found[place] = FROM_1904
            if "SUBTOTAL" in functions and self.contents.hides_rows():
                found[place] = FILTERED
        return found

    def _structure(self) -> dict[str, TableFrame]:
        """The tables with titles, by their names in lower case."""
        from ...formulas.structured import frames  # the loader takes nearly every workbook

        return frames(self.contents.scanned(name).sheet for name in self.sheet_names)

    def _translated(self, place: Place, formula: str) -> str:
        if self._frames is None:
            return self._meant(place, formula)
        from ...formulas.structured import without_tables  # whose formulas few workbooks need in this form

        plain = without_tables(self._meant(place, formula, every=True), place, self._frames)
        return without_prefixes(plain)

    def _typed_cells(self, name: str) -> Iterator[tuple[Place, Value]]:
        """The constants and formulas of a sheet, without what array formulas fill beside their own cells."""
        found = self.contents.scanned(name)
        sheet = found.sheet
        filled = [area for area, group in found.groups if group == "array"]
        for cell, formula in sheet.formulas.items():
            yield (name, cell), FormulaText(self._translated((name, cell), formula))
        for cell, value in sheet.values.items():
            if cell not in sheet.formulas and not any(cell in area.cells for area in filled):
                yield (name, cell), value

    def _verify(self, model: Model) -> None:
        self._empty_hollow_cells(model)
        self.contents.drop_placeholders()
        formulas: dict[Place, str] = {}
        results: dict[Place, Value] = {}
        tall: list[FormulaColumn] = []
        for found in self._formula_sheets():
            sheet = found.sheet
            singles, columns = tall_columns(sheet)
            tall += columns
            for cell, formula in [*singles, *spilled(found)]:
                formulas[sheet.name, cell] = formula
                if cell in sheet.values:
                    results[sheet.name, cell] = sheet.values[cell]
        names, tables = self._names_as_formulas(), self._tables()
        outdated = self.contents.calculates_by_hand
        self._compare(model, formulas, results, names, tables, self.contents.iterates, tall, outdated)
        for (sheet_name, cell), value in self.results.items():
            if value is not None:
                self.contents.scans[sheet_name].sheet.values.setdefault(cell, value)

    def _scanned(self) -> Iterable[Sheet]:
        return [found.sheet for found in self.contents.scans.values()]

    def _substituted(self) -> dict[Place, Reason]:
        tables = (
            (found.sheet.name, table) for found in self.contents.scans.values() for table in found.data_tables
        )
        return {(name, cell): SUBSTITUTED for name, table in tables for cell in table.area.cells}

    def _empty_hollow_cells(self, model: Model) -> None:
        """Cells that the engine would take for 0 are empty, as they are in every application."""
        sheets = [
            name
            for name, part in self.contents.parts.items()
            if has_hollow(self.contents.package.read(part.path))
        ]
        hollow = [(name, cell) for name in sheets for cell in self.contents.scanned(name).hollow]
        if hollow:
            model.put((place, None) for place in hollow)

    def without_results(self) -> list[Place]:
        """The formulas of which the file holds no result: whatever saved it last does not calculate."""
        self.model()
        return [place for place in self.results if place not in self.stored]

    def _names_as_formulas(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for name, _, text in self.contents.names:
            names.setdefault(name.casefold(), []).append(text)
        return names

    def _tables(self) -> dict[str, tuple[str, Area]]:
        return {name: (sheet, area) for name, sheet, area, _ in self.contents.list_objects()}

    def close(self) -> None:
        for model in filter(None, (self._model, self._waiting)):
            model.close()
        self._model = self._waiting = None
        if self._copy:
            with suppress(OSError):
                os.unlink(self._copy)
            self._copy = ""

    # -- writing ---------------------------------------------------------------------------------------------------
    def apply(self, edits: Edits, out: str | os.PathLike[str] | None = None, *, force: bool = False) -> None:
        """Write the edits, and the stored results of the formulas that depend on them, in place or to `out`.

        Every other cell, and every other part of the file, stays as it is. `force` writes even if the workbook seems to
        be open elsewhere or is signed, over an `out` that exists, and to `out` what was read even if the workbook has
        changed since.

        >>> import sheetgd
        >>> path = sheetgd.new("descent", "plain.xlsx")
        >>> edits = sheetgd.Edits()
        >>> edits.set("For the teacher!A60", "=typed as text, not a formula")
        >>> with sheetgd.open_book("plain.xlsx") as book:
        ...     book.apply(edits)
        """
        try:
            self._apply(edits, plain_path(out) if out else self.path, force)
        except SheetgdError as error:
            raise error.at(book=self.name) from None

    def _apply(self, edits: Edits, target: str, force: bool) -> None:
        from .patch import Patch  # which reading does without; `prepare` has imported it before a run writes

        suffix, name = _suffix(self.path), os.path.basename(target) or target
        if suffix in (".xlsx", ".xlsm") and _suffix(target) != suffix:
            raise UsageError(f"it does not end in {suffix}", "name it so that Excel opens it", book=name)
        patch = Patch(self, self.contents, self.path, edits)
        if not force:
            patch.refuse_target(target)
        patch.refuse()
        parts = patch.parts()
        if self._model:
            self._model.kill()  # it takes a while to end; meanwhile the file is written
        try:
            written = self.contents.package.save(parts, target, overwrite=force)
        except SheetgdError as error:
            raise error.at(book=name) from None
        finally:
            self.close()
            self._verified, self.discarded, self.unsure, self._failed = False, (), False, None
            self._names = self._frames = None
            self.contents.forget()
        if os.path.realpath(target) == os.path.realpath(self.path):
            self._written = written
            del self.contents  # most commands end here, and need not read them again

    def start_record(self, sheet: str) -> StartRecord | None:
        if not self.contents.names:
            return None
        from ...grid.start_record import RECORD, StartRecord  # few workbooks keep one

        texts = [name.text for name in self.defined_names() if (name.name, name.sheet) == (RECORD, sheet)]
        return StartRecord.parse(texts[0]) if texts else None

    def defined_names(self) -> list[DefinedName]:
        return [
            DefinedName(name, None if scope is None else self.contents.order[scope], text)
            for name, scope, text in self.contents.names
            if scope is None or scope < len(self.contents.order)
        ]

    def groups(self) -> list[tuple[str, Area]]:
        return [
            (found.sheet.name, area) for found in self.contents.scans.values() for area, _ in found.groups
        ]

    def has_color_scale(self, sheet: str, area: Area) -> bool:
        return any(area.meets(other) for other in self.contents.scanned(sheet).color_scales)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def without_prefixes(formula: str) -> str:
    """A formula as it is typed: functions newer than the file format have a prefix in files.

    >>> without_prefixes("_xlfn.STDEV.S(A1:A3)")
    'STDEV.S(A1:A3)'
    """
    return re.sub(r"_xl(fn|ws|pm|udf)\.", "", formula)
