"""An .xlsx or .xlsm workbook on disk: reading it, and patching changed cells in place.

Only the sheets in which a cell or a stored result changes are rewritten, and of these only the changed cells; every
other part of the file stays byte for byte. No formula is ever overwritten.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from ..a1 import Area, Cell, parse, split
from ..edits import Edits
from ..errors import BookError, SheetgdError, UsageError, missing_sheet
from ..formulas import Column, EngineError, Model
from ..hints import Any, NamedTuple
from ..references import is_volatile
from ..sheet import ErrorValue, Place, Sheet, Value
from ..tall import Run, Tall, few, runs
from . import DefinedName
from .modelled import ModelledBook, date_note, refuse_to_write
from .package import Content, Package
from .rewriting import ColumnChange
from .saving import exists
from .sheetxml import Scan, scan, shared_strings, utf8
from .splice import Change, spliced
from .storing import stored
from .xmlparts import area, ask_recalculation, elements, whole

_HOLLOW = re.compile(
    rb"""\bt=["']n["'][^<>]*(?:/>|>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>)"""
)
_BUILTIN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})


def _real(path: Path) -> Path:
    """The file itself behind links; Path.resolve ends in an error where they lead in a circle."""
    return Path(os.path.realpath(path))


class _Part(NamedTuple):
    """A worksheet's part in the package."""

    path: str
    state: str


class XlsxBook(ModelledBook):
    """A workbook in a file."""

    def __init__(self, path: Path, model: Model) -> None:
        """`model` is one that has loaded nothing yet; the book closes it."""
        self.path = path
        self.name = path.name or str(path)
        self._waiting: Model | None = model
        self._model: Model | None = None
        try:
            self._load()
        except SheetgdError as error:
            self.close()
            raise error.at(book=self.name) from None

    def _load(self, written: bytes | None = None) -> None:
        self.warnings: list[str] = []
        self._verified = False
        self._scans: dict[str, Scan] = {}
        self._strings: list[str] | None = None
        self._with_formulas: list[str] | None = None
        self.package = Package(self.path, written)
        self._read_workbook()
        self.sheet_names = list(self._parts)

    def _read_workbook(self) -> None:
        mains = [target for kind, target in self._related("").values() if kind == "officeDocument"]
        self._workbook = next(iter(mains), "xl/workbook.xml")
        related = self._related(self._workbook)
        self._parts: dict[str, _Part] = {}
        self._names: list[tuple[str, int | None, str]] = []
        self._iterates = False
        order: list[str] = []
        for element in elements(self.package.read(self._workbook)):
            if element.name == "sheet":
                key = next((value for name, value in element.attributes.items() if name.endswith(":id")), "")
                kind, target = related.get(key, ("", ""))
                order.append(element.attributes["name"])
                if kind == "worksheet":
                    self._parts[order[-1]] = _Part(target, element.attributes.get("state", "visible"))
            elif element.name == "definedName":
                scope = element.attributes.get("localSheetId")
                self._names.append(
                    (element.attributes["name"], whole(scope) if scope else None, element.text)
                )
            elif element.name == "calcPr":
                self._iterates = element.attributes.get("iterate") in ("1", "true")
        if not self._parts:
            raise BookError("it has no worksheet", "name a workbook that has one")
        self._order = order
        shared = [target for kind, target in related.values() if kind == "sharedStrings"]
        styles = [target for kind, target in related.values() if kind == "styles"]
        self._shared_part, self._styles_part = (shared or [""])[0], (styles or [""])[0]

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """The relationships of a part: id -> (kind, part it points to). External ones are left out."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.package:
            return {}
        return {
            element.attributes["Id"]: (
                element.attributes["Type"].rpartition("/")[2],
                posixpath.normpath(posixpath.join("/" + folder, element.attributes["Target"])).lstrip("/"),
            )
            for element in elements(self.package.read(rels))
            if element.name == "Relationship" and element.attributes.get("TargetMode") != "External"
        }

    # -- reading ---------------------------------------------------------------------------------------------------
    def cells(self, sheet: str) -> Sheet:
        found = self._scan(sheet).sheet
        if any(cell not in found.values for cell in few(found.formulas)):
            self.model()  # the file has no stored results: the engine's are used
        return found

    def _scan(self, name: str) -> Scan:
        if name not in self._scans:
            found = scan(self.package.read(self._parts[name].path), name, self._shared())
            dates = self._date_styles()
            found.sheet.dates |= {cell for cell, style in few(found.styles).items() if style in dates}
            for run in runs(found.styles):
                found.sheet.dates.update(run.area.cells if run.values[0] in dates else ())
            found.sheet.names = dict(self._single_names(name))
            self._scans[name] = found
        return self._scans[name]

    def _shared(self) -> list[str]:
        if self._strings is None:
            self._strings = shared_strings(self.package.read(self._shared_part)) if self._shared_part else []
        return self._strings

    def _date_styles(self) -> set[str]:
        """The cell styles whose number format shows a date or a time."""
        if not hasattr(self, "_dates"):
            custom: dict[int, str] = {}
            formats: list[int] = []
            inside = False
            for element in elements(self.package.read(self._styles_part)) if self._styles_part else []:
                if element.name == "numFmt":
                    custom[whole(element.attributes["numFmtId"])] = element.attributes["formatCode"]
                elif element.name in ("cellXfs", "cellStyles"):
                    inside = element.name == "cellXfs"
                elif element.name == "xf" and inside:
                    formats.append(whole(element.attributes.get("numFmtId", "0")))
            self._dates = {
                str(index)
                for index, number in enumerate(formats)
                if (is_date_format(custom[number]) if number in custom else number in _BUILTIN_DATES)
            }
        return self._dates

    def _single_names(self, sheet: str) -> Iterator[tuple[str, Cell]]:
        """The defined names of single cells of the sheet; the sheet's own come last, for they hide the others."""
        index = self._order.index(sheet)
        for name, scope, text in sorted(self._names, key=lambda entry: entry[1] is not None):
            where, address = split(text.strip().lstrip("="))
            if where.casefold() == sheet.casefold() and scope in (None, index):
                with contextlib.suppress(ValueError):  # an area, a constant or #REF!
                    yield name.casefold(), parse(address)

    def _formula_sheets(self) -> list[Scan]:
        """Every worksheet that holds formulas."""
        return [self._scan(name) for name in self._names_with_formulas()]

    def _names_with_formulas(self) -> list[str]:
        """The worksheets that may hold formulas, by a look at their XML."""
        if self._with_formulas is None:
            self._with_formulas = [
                name
                for name, part in self._parts.items()
                if re.search(rb"<(?:\w+:)?f[\s>/]", utf8(self.package.read(part.path)))
            ]
        return self._with_formulas

    def has_formulas(self) -> bool:
        return any(found.sheet.formulas for found in self._formula_sheets())

    # -- the model -------------------------------------------------------------------------------------------------
    def start(self) -> None:
        if self._names_with_formulas():
            self._start()

    def _start(self) -> None:
        if self._model is None:
            size = sum(self.package.archive.getinfo(name).file_size for name in self.package.names())
            self._model, self._waiting = self._waiting or Model(), None
            self._model.load(self.path.resolve(), size)

    def model(self) -> Model:
        self._start()
        assert self._model
        if not self._verified:
            self._verified = True
            try:
                self._verify(self._model)
            except EngineError:
                self._verify_plain_copy()
            finally:
                self.package.refuse_change()  # the engine read the file, too: perhaps another one by then
        return self._model

    def _verify_plain_copy(self) -> None:
        """Let the engine try again, with what it needs in the form that it reads best."""
        import tempfile

        from .plain import plain_copy

        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "plain.xlsx")
            copy.write_bytes(plain_copy(self.package))
            self._model = Model()
            self._model.load(copy, copy.stat().st_size)
            self._verify(self._model)

    def _verify(self, model: Model) -> None:
        self._empty_hollow_cells(model)
        formulas: dict[Place, str] = {}
        results: dict[Place, Value] = {}
        tall: list[Column] = []
        for found in self._formula_sheets():
            sheet = found.sheet
            singles, columns = _tall_columns(sheet)
            tall += columns
            for cell, formula in [*singles, *_spilled(found)]:
                formulas[sheet.name, cell] = formula
                if cell in sheet.values:
                    results[sheet.name, cell] = sheet.values[cell]
        names, tables = self._names_as_formulas(), self._tables()
        self._compare(model, formulas, results, names, tables, self._iterates, tall)
        for (sheet_name, cell), value in self._results.items():
            if value is not None:
                self._scans[sheet_name].sheet.values.setdefault(cell, value)

    def _empty_hollow_cells(self, model: Model) -> None:
        """Cells that the engine would take for 0 are empty, as they are in every application."""
        sheets = [name for name, part in self._parts.items() if _HOLLOW.search(self.package.read(part.path))]
        hollow = [(name, cell) for name in sheets for cell in self._scan(name).hollow]
        if hollow:
            model.put((place, None) for place in hollow)

    def without_results(self) -> list[Place]:
        """The formulas of which the file holds no result: whatever saved it last does not calculate."""
        self.model()
        return [place for place in self._results if place not in self._stored]

    def _names_as_formulas(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for name, _, text in self._names:
            names.setdefault(name.casefold(), []).append(text)
        return names

    def _tables(self) -> dict[str, tuple[str, Area]]:
        return {name: (sheet, area) for name, sheet, area, _ in self._list_objects()}

    def _list_objects(self) -> Iterator[tuple[str, str, Area, bool]]:
        """Tables of the workbook: name, sheet, area, and whether its first row holds the titles."""
        for sheet, part in self._parts.items():
            for kind, target in self._related(part.path).values():
                if kind == "table" and target in self.package:
                    table = elements(self.package.read(target))[0].attributes
                    name = table.get("displayName", table.get("name", ""))
                    yield name.casefold(), sheet, area(table["ref"]), table.get("headerRowCount") != "0"

    def close(self) -> None:
        for model in filter(None, (self._model, self._waiting)):
            model.close()
        self._model = self._waiting = None

    # -- writing ---------------------------------------------------------------------------------------------------
    def apply(self, edits: Edits, out: str | os.PathLike[str] | None = None, *, force: bool = False) -> None:
        """Write the edits, and the stored results of the formulas that depend on them, in place or to `out`.

        Every other cell, and every other part of the file, stays as it is. `force` writes although the workbook
        seems to be open elsewhere, although it is signed, and over an `out` that exists.

        >>> import sheetgd
        >>> path = sheetgd.new("descent", "plain.xlsx")
        >>> edits = sheetgd.Edits()
        >>> edits.set("For the teacher!A60", "=typed as text, not a formula")
        >>> with sheetgd.open_book("plain.xlsx") as book:
        ...     book.apply(edits)
        """
        try:
            self._apply(edits, Path(out) if out else self.path, force)
        except SheetgdError as error:
            raise error.at(book=self.name) from None

    def _apply(self, edits: Edits, target: Path, force: bool) -> None:
        suffix, name = self.path.suffix.lower(), target.name or str(target)
        if suffix in (".xlsx", ".xlsm") and target.suffix.lower() != suffix:
            raise UsageError(f"it does not end in {suffix}", "name it so that Excel opens it", book=name)
        if not force:
            self._refuse_target(target)
        for sheet in [*edits.cells, *(sheet for sheet, _ in edits.color_scales)]:
            if sheet not in self._parts:
                raise missing_sheet(sheet, self.sheet_names)
        for sheet, cells in edits.cells.items():
            self._refuse_cells(sheet, cells)
        parts: dict[str, Content] = {self._parts[sheet].path: xml for sheet, xml in self._spliced(edits)}
        if self._uncertain(edits):
            workbook = self.package.read(self._workbook)
            if (asking := ask_recalculation(workbook)) != workbook:
                parts[self._workbook] = asking
        try:
            written = self.package.save(parts, target, overwrite=force)
        except SheetgdError as error:
            raise error.at(book=name) from None
        self.close()
        if _real(target) == _real(self.path):
            warnings = self.warnings
            self._load(written)
            self.warnings = warnings

    def _spliced(self, edits: Edits) -> Iterator[tuple[str, Content]]:
        changes, columns = self._changes(edits)
        scales: dict[str, list[Area]] = {}
        for sheet, place in edits.color_scales:
            if place not in self._scan(sheet).color_scales:  # so that runs do not pile them up
                scales.setdefault(sheet, []).append(place)
        for sheet in {**changes, **scales, **columns}:
            yield (
                sheet,
                self._pieces(sheet, changes.get(sheet, {}), scales.get(sheet), columns.get(sheet, [])),
            )

    def _pieces(
        self, sheet: str, changes: dict[Cell, Change], scales: list[Area] | None, columns: list[ColumnChange]
    ) -> Iterator[bytes | memoryview]:
        data = self.package.read(self._parts[sheet].path)
        try:
            yield from spliced(data, changes, scales, columns, self._scan(sheet).stretches)
        except SheetgdError as error:
            raise error.at(sheet=sheet) from None

    def _changes(self, edits: Edits) -> tuple[dict[str, dict[Cell, Change]], dict[str, list[ColumnChange]]]:
        """The typed cells, and every formula whose result they change; of tall columns, whole columns of these."""
        changes: dict[str, dict[Cell, Change]] = {}
        columns: dict[str, list[ColumnChange]] = {}
        for sheet, cells in edits.cells.items():
            found, like = self._scan(sheet), edits.like.get(sheet, {})
            for run in runs(cells):
                top = run.area[:2]
                self._warn_of_dates(found, run)
                columns.setdefault(sheet, []).append(
                    ColumnChange(run, False, found.styles.get(like.get(top, top)), found.sheet.values)
                )
            for cell, value in few(cells).items():
                before = found.sheet.values.get(cell)
                if value != before or _kind(value) is not _kind(before):
                    self._warn_of_date(found, cell, value)
                    changes.setdefault(sheet, {})[cell] = Change(
                        value, style=found.styles.get(like.get(cell, cell))
                    )
        if self.has_formulas():
            model = self.model()
            model.put(
                ((sheet, cell), value)
                for sheet, cells in edits.cells.items()
                for cell, value in cells.items()
            )
            places = list(self._results)
            for place, value in zip(places, model.get(places), strict=True):
                if place in model.frozen and isinstance(value, ErrorValue):
                    continue  # left as it is
                if value != self._results[place] or place not in self._stored:
                    changes.setdefault(place[0], {})[place[1]] = Change(value, is_result=True)
            self._change_columns(model, changes, columns)
        return changes, columns

    def _change_columns(
        self, model: Model, changes: dict[str, dict[Cell, Change]], columns: dict[str, list[ColumnChange]]
    ) -> None:
        """Add the columns of formulas whose results have changed; cell by cell where some are no longer numbers."""
        if not self._columns:
            return
        numbers = model.down([(column.sheet, column.formulas) for column in self._columns])
        for (sheet, formulas, results), new in zip(self._columns, numbers, strict=True):
            run = formulas._replace(values=new or ())
            if new is None:
                cells = list(formulas.area.cells)
                values = model.get([(sheet, cell) for cell in cells])
                fresh = {
                    cell: Change(value, is_result=True) for cell, value in zip(cells, values, strict=True)
                }
                changes.setdefault(sheet, {}).update(fresh)
            elif new != results:
                before: Tall[Value] = Tall()
                before.add(formulas._replace(values=results))
                columns.setdefault(sheet, []).append(ColumnChange(run, True, None, before))

    def _warn_of_dates(self, found: Scan, run: Run) -> None:
        dates = [cell for cell in found.sheet.dates if cell in run.area.cells]
        for cell in sorted(dates)[:1]:
            self._warn_of_date(found, cell, 0.0)

    def _warn_of_date(self, found: Scan, cell: Cell, value: Value) -> None:
        if _kind(value) is float and cell in found.sheet.dates:
            self.warnings.append(date_note(found.sheet, cell))

    def _uncertain(self, edits: Edits) -> bool:
        """Whether a frozen formula depends on a change: then the application must recalculate it on opening."""
        if self._model is None or not self._model.frozen:
            return False
        changed = {(sheet, cell) for sheet, cells in edits.cells.items() for cell in cells}
        uncertain = [place for place in self._model.frozen if not is_volatile(self._formulas[place])]
        return self.precedents.reach(uncertain, changed) is not None

    def _refuse_target(self, target: Path) -> None:
        if exists(target) and _real(target) != _real(self.path):
            raise BookError(
                "the file exists already", "name another, or add --force to replace it", book=target.name
            )
        real = _real(target)
        for lock in (f"~${target.name}", f".~lock.{target.name}#", f"~${real.name}", f".~lock.{real.name}#"):
            if os.path.exists(target.with_name(lock)) or os.path.exists(real.with_name(lock)):
                who = "Excel" if lock.startswith("~$") else "LibreOffice"
                raise BookError(
                    f"it is open in {who} (its lock file {lock} is there)",
                    "close it there, or write to another file with -o OTHER.xlsx, or add --force if the lock was "
                    "left over from a crash",
                    book=target.name,
                )
        if any(name.lower().startswith("_xmlsignatures/") for name in self.package.names()):
            raise BookError(
                "it carries a digital signature, which a change breaks", "add --force to change it"
            )

    def _refuse_cells(self, sheet: str, cells: MutableMapping[Cell, Value]) -> None:
        found = self._scan(sheet)
        if found.sheet.protected:
            self.warnings.append(f"sheet {sheet} is protected; sheetgd wrote to it all the same")
        reserved = [*found.groups, *self._reserved(sheet)]
        reserved += [(area, "a merged area") for area in found.sheet.merged]
        for cell, value in few(cells).items():
            try:
                stored(value, cell)  # before the model gets it
            except SheetgdError as error:
                raise error.at(sheet=sheet) from None
        singles: list[Cell] = list(few(cells))
        for run in runs(cells):  # cell by cell only where something stands in its way
            if _meets_formulas(found.sheet, run) or any(area.meets(run.area) for area, _ in reserved):
                singles += run.area.cells
        held = {cell: why for area, why in reversed(reserved) for cell in _held(area, why, singles)}
        for cell in singles:
            if cell in held or cell in found.sheet.formulas:
                refuse_to_write(found.sheet, cell, held.get(cell, ""))

    def _reserved(self, sheet: str) -> Iterator[tuple[Area, str]]:
        for _, name, table, titled in self._list_objects():
            if name == sheet and titled:
                yield Area(table.top, table.left, table.top, table.right), "a table's heading"
        for kind, target in self._related(self._parts[sheet].path).values():
            if kind == "pivotTable" and target in self.package:
                place = next((e for e in elements(self.package.read(target)) if e.name == "location"), None)
                if place:
                    yield area(place.attributes["ref"]), "a pivot table"

    def defined_names(self) -> list[DefinedName]:
        return [
            DefinedName(name, None if scope is None else self._order[scope], text)
            for name, scope, text in self._names
            if scope is None or scope < len(self._order)
        ]

    def _groups(self) -> list[tuple[str, Area]]:
        return [(found.sheet.name, area) for found in self._scans.values() for area, _ in found.groups]

    def has_color_scale(self, sheet: str, area: Area) -> bool:
        return any(area.meets(other) for other in self._scan(sheet).color_scales)


def _tall_columns(sheet: Sheet) -> tuple[list[tuple[Cell, str]], list[Column]]:
    """The sheet's formulas: single ones, and whole columns of them with their results."""
    singles, columns = list(few(sheet.formulas).items()), []
    for run in runs(sheet.formulas):
        results: Any = sheet.values.down(run.area[:2], run.last) if isinstance(sheet.values, Tall) else None
        if results is None or any(cell in run.area.cells for cell, _ in singles):
            singles += zip(run.area.cells, run.values, strict=True)
        else:
            columns.append(Column(sheet.name, run, results))
    return singles, columns


def _meets_formulas(sheet: Sheet, run: Run) -> bool:
    return any(other.area.meets(run.area) for other in runs(sheet.formulas)) or any(
        cell in run.area.cells for cell in few(sheet.formulas)
    )


def _held(area: Area, why: str, cells: list[Cell]) -> list[Cell]:
    """Those of the cells that lie in the area, but for the one that a merged area shows."""
    top, left, bottom, right = area
    shown = (top, left) if why == "a merged area" else None
    return [cell for cell in cells if top <= cell[0] <= bottom and left <= cell[1] <= right and cell != shown]


def _kind(value: Value) -> type:
    """The type of a value, whole numbers being numbers; TRUE equals 1 in Python, but not in a cell."""
    return float if type(value) is int else type(value)


def _spilled(found: Scan) -> Iterator[tuple[Cell, str]]:
    """The cells that an array formula fills beside its own, with that formula."""
    for group, why in found.groups:
        for cell in group.cells if why == "an array formula" else ():
            fresh = group[:2] not in found.sheet.values  # the file has no stored results
            if cell not in found.sheet.formulas and (fresh or cell in found.sheet.values):
                yield cell, found.sheet.formulas.get(group[:2], "")


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time.

    >>> is_date_format("yyyy-mm-dd"), is_date_format('0.00 "days"'), is_date_format("[Red]0"), is_date_format("[h]:mm")
    (True, False, False, True)
    """
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]|General', "", code, flags=re.IGNORECASE)
    return bool(re.search(r"[dmyhs]", bare.partition(";")[0], re.IGNORECASE))
