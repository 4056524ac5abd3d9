"""What a workbook's file holds: its package, the workbook part, shared strings, styles, names, tables and sheets.

Each is read when it is first asked for, and kept until `forget`.
"""

import contextlib
import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...errors import BookError
from ...formulas.verify import FormulaColumn
from ...grid.a1 import Area, Cell, parse, split
from ...grid.column_runs import Tall, few, runs
from ...grid.sheet import Sheet
from .package import Package
from .reader import Scan, scan, shared_strings
from .xml import area, elements, utf8, whole

_HOLLOW = (
    rb"""\bt=["']n["'][^<>]*(?:/>|>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>)"""
)
_SHARED = re.compile(
    rb"""\bt=["']s["']"""
)  # some files relate to a part with shared texts that they do not have
_BUILTIN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})


_HIDDEN_ROW = rb"""<(?:\w+:)?row\s[^>]*\bhidden=["'](?:1|true)"""
_FILTER = rb"<(?:\w+:)?(?:autoFilter|tablePart)\b"


class WorksheetPart(NamedTuple):
    """A worksheet's part in the package."""

    path: str
    state: str


class Contents:
    """The parts of a workbook's file, as far as they are needed."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._read_workbook()
        self.sheet_names = list(self.parts)
        self.forget()

    def forget(self) -> None:
        """Forget what was read of the sheets: they have changed, or have yet to be read."""
        self._checked = False  # whether the results are more than placeholders
        self.scans: dict[str, Scan] = {}
        self._strings: list[str] | None = None
        self._with_formulas: list[str] | None = None

    def _read_workbook(self) -> None:
        mains = [target for kind, target in self.related("").values() if kind == "officeDocument"]
        self.main_part = next(iter(mains), "xl/workbook.xml")
        related = self.related(self.main_part)
        self.parts: dict[str, WorksheetPart] = {}
        self.names: list[tuple[str, int | None, str]] = []
        self.iterates = self.calculates_on_load = self.calculates_by_hand = False
        self.as_displayed = self.from_1904 = False
        order: list[str] = []
        for element in elements(self.package.read(self.main_part)):
            if element.name == "sheet":
                key = next((value for name, value in element.attributes.items() if name.endswith(":id")), "")
                kind, target = related.get(key, ("", ""))
                order.append(element.attributes["name"])
                if kind == "worksheet":
                    self.parts[order[-1]] = WorksheetPart(target, element.attributes.get("state", "visible"))
            elif element.name == "definedName":
                scope = element.attributes.get("localSheetId")
                self.names.append((element.attributes["name"], whole(scope) if scope else None, element.text))
            elif element.name == "calcPr":
                self.iterates = element.attributes.get("iterate") in ("1", "true")
                self.calculates_on_load = element.attributes.get("fullCalcOnLoad") in ("1", "true")
                self.calculates_by_hand = element.attributes.get("calcMode") == "manual"
                self.as_displayed = element.attributes.get("fullPrecision") in ("0", "false")
            elif element.name == "workbookPr":
                self.from_1904 = element.attributes.get("date1904") in ("1", "true")
        if not self.parts:
            raise BookError("it has no worksheet", "name a workbook that has one")
        self.order = order
        shared = [target for kind, target in related.values() if kind == "sharedStrings"]
        styles = [target for kind, target in related.values() if kind == "styles"]
        self._shared_part, self._styles_part = (shared or [""])[0], (styles or [""])[0]

    def drop_placeholders(self) -> None:
        """Forget results that are only placeholders: the file asks for a recalculation, and each of its results is 0 or
        empty.
        """
        if not self.calculates_on_load or self._checked:
            return
        self._checked = True
        sheets = [self.scanned(name).sheet for name in self.names_with_formulas()]
        if not any(sheet.values.get(cell) for sheet in sheets for cell in sheet.formulas):
            for sheet in sheets:
                kept = {cell: value for cell, value in sheet.values.items() if cell not in sheet.formulas}
                sheet.values = kept

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """The relationships of a part: id -> (kind, part it points to). External ones are left out."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.package:
            return {}
        return {
            element.attributes["Id"]: (
                element.attributes["Type"].rpartition("/")[2],
                posixpath.normpath(
                    posixpath.join("/" + folder, _unquoted(element.attributes["Target"]))
                ).lstrip("/"),
            )
            for element in elements(self.package.read(rels))
            if element.name == "Relationship" and element.attributes.get("TargetMode") != "External"
        }

    def scanned(self, name: str) -> Scan:
        if name not in self.scans:
            data = self.package.read(self.parts[name].path)
            found = scan(data, name, self._shared() if _SHARED.search(utf8(data)) else [])
            dates = self._date_styles()
            found.sheet.dates |= {cell for cell, style in few(found.styles).items() if style in dates}
            for run in runs(found.styles):
                found.sheet.dates.update(run.area.cells if run.values[0] in dates else ())
            found.sheet.names = dict(self._single_names(name))
            for table, place, titled, totals in self._tables_of(name):
                if titled:
                    found.sheet.tables[table], found.sheet.totals[table] = place, totals
            self.scans[name] = found
        return self.scans[name]

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

    def unlocked(self, name: str) -> set[Cell]:
        """The cells of a sheet that its protection leaves open."""
        free: set[str] = set()
        index, inside = -1, False
        for element in elements(self.package.read(self._styles_part)) if self._styles_part else []:
            if element.name in ("cellXfs", "cellStyles"):
                inside = element.name == "cellXfs"
            elif element.name == "xf" and inside:
                index += 1
            elif (
                element.name == "protection" and inside and element.attributes.get("locked") in ("0", "false")
            ):
                free.add(str(index))
        found = self.scanned(name)
        cells = {cell for cell, style in few(found.styles).items() if style in free}
        return cells.union(*(run.area.cells for run in runs(found.styles) if run.values[0] in free))

    def _single_names(self, sheet: str) -> Iterator[tuple[str, Cell]]:
        """The defined names of single cells of the sheet; the sheet's own come last, for they hide the others."""
        index = self.order.index(sheet)
        for name, scope, text in sorted(self.names, key=lambda entry: entry[1] is not None):
            where, address = split(text.strip().lstrip("="))
            if where.casefold() == sheet.casefold() and scope in (None, index):
                with contextlib.suppress(ValueError):  # an area, a constant or #REF!
                    yield name.casefold(), parse(address)

    def names_with_formulas(self) -> list[str]:
        """The worksheets that may hold formulas, by a look at their XML."""
        if self._with_formulas is None:
            self._with_formulas = [
                name for name, part in self.parts.items() if _has_formulas(self.package.read(part.path))
            ]
        return self._with_formulas

    def hides_rows(self) -> bool:
        """Whether rows are hidden somewhere, and perhaps by a filter."""
        parts = [self.package.read(part.path) for part in self.parts.values()]
        return all(any(re.search(wanted, part) for part in parts) for wanted in (_HIDDEN_ROW, _FILTER))

    def list_objects(self) -> Iterator[tuple[str, str, Area, bool]]:
        """Tables of the workbook: name, sheet, area, and whether its first row holds the titles."""
        for sheet in self.parts:
            for name, place, titled, _ in self._tables_of(sheet):
                yield name, sheet, place, titled

    def _tables_of(self, sheet: str) -> Iterator[tuple[str, Area, bool, int]]:
        for kind, target in self.related(self.parts[sheet].path).values():
            if kind == "table" and target in self.package:
                table = elements(self.package.read(target))[0].attributes
                name = table.get("displayName", table.get("name", ""))
                titled, totals = table.get("headerRowCount") != "0", whole(table.get("totalsRowCount", "0"))
                yield name.casefold(), area(table["ref"]), titled, totals


def _unquoted(target: str) -> str:
    """The path that a relation names, with its %20 and the like as characters."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), target)


def _has_formulas(data: bytes) -> bool:
    """Whether there may be formulas in a sheet; one that is not written as usual is looked at more closely."""
    return b"<f>" in data or bool(re.search(rb"<(?:\w+:)?f[\s>/]", utf8(data)))


def has_hollow(data: bytes) -> bool:
    """Whether a sheet may say that a cell without a value holds a number."""
    return (b't="n"' in data or b"t='n'" in data) and bool(re.search(_HOLLOW, data))


def tall_columns(sheet: Sheet) -> tuple[list[tuple[Cell, str]], list[FormulaColumn]]:
    """The sheet's formulas: single ones, and whole columns of them with their results."""
    singles, columns = list(few(sheet.formulas).items()), []
    for run in runs(sheet.formulas):
        results: Any = sheet.values.down(run.area[:2], run.last) if isinstance(sheet.values, Tall) else None
        if results is None or any(cell in run.area.cells for cell, _ in singles):
            singles += zip(run.area.cells, run.values, strict=True)
        else:
            columns.append(FormulaColumn(sheet.name, run, results))
    return singles, columns


def spilled(found: Scan) -> Iterator[tuple[Cell, str]]:
    """The cells that an array formula fills beside its own, with that formula."""
    for filled, group in found.groups:
        for cell in filled.cells if group == "array" else ():
            fresh = filled[:2] not in found.sheet.values  # the file has no stored results
            if cell not in found.sheet.formulas and (fresh or cell in found.sheet.values):
                yield cell, found.sheet.formulas.get(filled[:2], "")


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time.

    >>> is_date_format("yyyy-mm-dd"), is_date_format('0.00 "days"'), is_date_format("[Red]0"), is_date_format("[h]:mm")
    (True, False, False, True)
    """
    code, marks = code.lower(), frozenset("dmyhs")
    if marks.isdisjoint(code):
        return False  # true of most, and saves compiling what follows
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]|general', "", code)
    return not marks.isdisjoint(bare.partition(";")[0])
