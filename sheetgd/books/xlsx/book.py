"""An .xlsx or .xlsm workbook on disk: reading it, and patching changed cells in place.

Only the sheets in which a cell or a stored result changes are rewritten, and of these only the changed cells; every
other part of the file stays byte for byte. No formula is ever overwritten.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...errors import BookError, SheetgdError, UsageError
from ...formulas.model import EngineError, Model
from ...formulas.verify import Column
from ...grid.a1 import Area, Cell, parse, split
from ...grid.column_runs import Tall, few, runs
from ...grid.edits import Edits
from ...grid.sheet import Place, Sheet, Value
from ..book import DefinedName, ModelledBook
from .package import Package, plain_path
from .reader import Scan, scan, shared_strings
from .xml import area, elements, utf8, whole

_HOLLOW = (
    rb"""\bt=["']n["'][^<>]*(?:/>|>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>)"""
)
_BUILTIN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})


class _Part(NamedTuple):
    """A worksheet's part in the package."""

    path: str
    state: str


class XlsxBook(ModelledBook):
    """A workbook in a file."""

    def __init__(self, path: str | os.PathLike[str], model: Model) -> None:
        """`model` is one that has loaded nothing yet; the book closes it."""
        self.path = plain_path(path)
        self.name = os.path.basename(self.path) or self.path
        self._waiting: Model | None = model
        self._model: Model | None = None
        try:
            self._load()
        except SheetgdError as error:
            self.close()
            raise error.at(book=self.name) from None

    def _load(self) -> None:
        self.warnings: list[str] = []
        self.package = Package(self.path)
        self._read_workbook()
        self.sheet_names = list(self.parts)
        self._forget()

    def _forget(self) -> None:
        """Let go of what was read of the sheets and computed from it: they have changed, or are yet to be read."""
        self._verified = False
        self._scans: dict[str, Scan] = {}
        self._strings: list[str] | None = None
        self._with_formulas: list[str] | None = None

    def _read_workbook(self) -> None:
        mains = [target for kind, target in self.related("").values() if kind == "officeDocument"]
        self.main_part = next(iter(mains), "xl/workbook.xml")
        related = self.related(self.main_part)
        self.parts: dict[str, _Part] = {}
        self._names: list[tuple[str, int | None, str]] = []
        self._iterates = False
        order: list[str] = []
        for element in elements(self.package.read(self.main_part)):
            if element.name == "sheet":
                key = next((value for name, value in element.attributes.items() if name.endswith(":id")), "")
                kind, target = related.get(key, ("", ""))
                order.append(element.attributes["name"])
                if kind == "worksheet":
                    self.parts[order[-1]] = _Part(target, element.attributes.get("state", "visible"))
            elif element.name == "definedName":
                scope = element.attributes.get("localSheetId")
                self._names.append(
                    (element.attributes["name"], whole(scope) if scope else None, element.text)
                )
            elif element.name == "calcPr":
                self._iterates = element.attributes.get("iterate") in ("1", "true")
        if not self.parts:
            raise BookError("it has no worksheet", "name a workbook that has one")
        self._order = order
        shared = [target for kind, target in related.values() if kind == "sharedStrings"]
        styles = [target for kind, target in related.values() if kind == "styles"]
        self._shared_part, self._styles_part = (shared or [""])[0], (styles or [""])[0]

    def related(self, part: str) -> dict[str, tuple[str, str]]:
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
        found = self.scanned(sheet).sheet
        if any(cell not in found.values for cell in few(found.formulas)):
            self.model()  # the file has no stored results: the engine's are used
        return found

    def scanned(self, name: str) -> Scan:
        if name not in self._scans:
            found = scan(self.package.read(self.parts[name].path), name, self._shared())
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
        return [self.scanned(name) for name in self._names_with_formulas()]

    def _names_with_formulas(self) -> list[str]:
        """The worksheets that may hold formulas, by a look at their XML."""
        if self._with_formulas is None:
            self._with_formulas = [
                name for name, part in self.parts.items() if _has_formulas(self.package.read(part.path))
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
            self._model.load(os.path.realpath(self.path), size)

    def prepare(self) -> None:
        from . import patch as patching  # noqa: F401

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

        from .plain_copy import plain_copy

        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "plain.xlsx")
            with open(copy, "wb") as file:
                size = file.write(plain_copy(self.package))
            self._model = Model()
            self._model.load(copy, size)
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
        for (sheet_name, cell), value in self.results.items():
            if value is not None:
                self._scans[sheet_name].sheet.values.setdefault(cell, value)

    def _empty_hollow_cells(self, model: Model) -> None:
        """Cells that the engine would take for 0 are empty, as they are in every application."""
        sheets = [name for name, part in self.parts.items() if _has_hollow(self.package.read(part.path))]
        hollow = [(name, cell) for name in sheets for cell in self.scanned(name).hollow]
        if hollow:
            model.put((place, None) for place in hollow)

    def without_results(self) -> list[Place]:
        """The formulas of which the file holds no result: whatever saved it last does not calculate."""
        self.model()
        return [place for place in self.results if place not in self.stored]

    def _names_as_formulas(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for name, _, text in self._names:
            names.setdefault(name.casefold(), []).append(text)
        return names

    def _tables(self) -> dict[str, tuple[str, Area]]:
        return {name: (sheet, area) for name, sheet, area, _ in self.list_objects()}

    def list_objects(self) -> Iterator[tuple[str, str, Area, bool]]:
        """Tables of the workbook: name, sheet, area, and whether its first row holds the titles."""
        for sheet, part in self.parts.items():
            for kind, target in self.related(part.path).values():
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
            self._apply(edits, plain_path(out) if out else self.path, force)
        except SheetgdError as error:
            raise error.at(book=self.name) from None

    def _apply(self, edits: Edits, target: str, force: bool) -> None:
        from .patch import Patch

        suffix, name = _suffix(self.path), os.path.basename(target) or target
        if suffix in (".xlsx", ".xlsm") and _suffix(target) != suffix:
            raise UsageError(f"it does not end in {suffix}", "name it so that Excel opens it", book=name)
        patch = Patch(self, edits)
        if not force:
            patch.refuse_target(target)
        patch.refuse()
        parts = patch.parts()
        if self._model:
            self._model.kill()  # it takes its time to end, while the file is written
        try:
            written = self.package.save(parts, target, overwrite=force)
        except SheetgdError as error:
            raise error.at(book=name) from None
        finally:
            self.close()
            self._forget()
        if os.path.realpath(target) == os.path.realpath(self.path):
            self.package = Package(self.path, written)

    def defined_names(self) -> list[DefinedName]:
        return [
            DefinedName(name, None if scope is None else self._order[scope], text)
            for name, scope, text in self._names
            if scope is None or scope < len(self._order)
        ]

    def _groups(self) -> list[tuple[str, Area]]:
        return [(found.sheet.name, area) for found in self._scans.values() for area, _ in found.groups]

    def has_color_scale(self, sheet: str, area: Area) -> bool:
        return any(area.meets(other) for other in self.scanned(sheet).color_scales)


def _has_formulas(data: bytes) -> bool:
    """Whether there may be formulas in a sheet; one that is not written as usual is looked at more closely."""
    return b"<f>" in data or bool(re.search(rb"<(?:\w+:)?f[\s>/]", utf8(data)))


def _has_hollow(data: bytes) -> bool:
    """Whether a sheet may say that a cell without a value holds a number."""
    return (b't="n"' in data or b"t='n'" in data) and bool(re.search(_HOLLOW, data))


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


def _spilled(found: Scan) -> Iterator[tuple[Cell, str]]:
    """The cells that an array formula fills beside its own, with that formula."""
    for group, why in found.groups:
        for cell in group.cells if why == "an array formula" else ():
            fresh = group[:2] not in found.sheet.values  # the file has no stored results
            if cell not in found.sheet.formulas and (fresh or cell in found.sheet.values):
                yield cell, found.sheet.formulas.get(group[:2], "")


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time.

    >>> is_date_format("yyyy-mm-dd"), is_date_format('0.00 "days"'), is_date_format("[Red]0"), is_date_format("[h]:mm")
    (True, False, False, True)
    """
    if not set("dmyhs") & set(code.lower()):
        return False  # as of most, without compiling what follows
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]|General', "", code, flags=re.IGNORECASE)
    return bool(re.search(r"[dmyhs]", bare.partition(";")[0], re.IGNORECASE))
