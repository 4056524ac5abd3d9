"""Where sheets live: `open_book` and what every kind of book can do.

A backend (xlsx.py, google.py) reads cells, gives the model of its formulas and applies
edits. `look`, `run` and `reset` are the same for all of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from ..a1 import Area, Cell, a1
from ..edits import Edits
from ..errors import SheetError, SheetgdError, UsageError
from ..hints import TYPE_CHECKING, Any, NamedTuple
from ..sheet import ErrorValue, Place, Sheet, Value, words

_GOOGLE = r"(?i)(?:https?://)?docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/(?!e/)([A-Za-z0-9_-]+)"

if TYPE_CHECKING:
    from ..epochs import History
    from ..fit import Fit
    from ..formulas import Model
    from ..layout import Layout
    from ..precedents import Cone

Progress = Callable[[int, int], None]  # epochs done, epochs in all


class DefinedName(NamedTuple):
    """A defined name: the sheet that it belongs to (None: the workbook), and what it stands for, as a formula."""

    name: str
    sheet: str | None
    text: str


class Book:
    """A workbook: something with sheets, a model of its formulas, and one way to change it.

    Backends implement everything above `look`.
    """

    name: str
    sheet_names: list[str]
    chosen: str | None = None  # the sheet that the book's address names
    warnings: list[str]

    def cells(self, sheet: str) -> Sheet:
        """The cells of one sheet, every formula with its result."""
        raise NotImplementedError

    def has_formulas(self) -> bool:
        """Whether any sheet holds a formula; one without needs no model."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to load the model, which goes on while the sheets are read."""

    def prepare(self) -> None:
        """Do what writing will need anyway, while the model is busy."""

    def model(self) -> Model:
        """The formulas of the workbook, recalculated and verified."""
        raise NotImplementedError

    def apply(self, edits: Edits, out: str | os.PathLike[str] | None = None, *, force: bool = False) -> None:
        """Write the edits, and the results of the formulas that depend on them: all, or nothing."""
        raise NotImplementedError

    def unreliable(self, sheet: str, cells: Iterable[Cell]) -> tuple[Place, str] | None:
        """A formula that the model cannot reproduce and that one of the cells depends on, and why."""
        raise NotImplementedError

    def depend(self, sheet: str, cells: Iterable[Cell], on: Cell) -> bool:
        """Whether one of the cells depends on another of their sheet."""
        raise NotImplementedError

    def origin_of_error(self, place: Place) -> tuple[Place, str] | None:
        """The cell that the error which a cell shows in the model comes from, and its formula, empty where the error is
        typed; None where the cell shows none."""
        raise NotImplementedError

    def narrow(self, sheet: str, wanted: Iterable[Cell], changing: Iterable[Cell]) -> None:
        """Let the model leave out of epochs what the wanted cells do not need, or what never changes."""

    def cone(self, wanted: Iterable[Place], changing: Iterable[Place]) -> Cone | None:
        """What computes the wanted cells from the changing ones; None where formulas compute their references."""
        raise NotImplementedError

    def defined_names(self) -> list[DefinedName]:
        """Every defined name, hidden ones too; a backend without names has none."""
        return []

    def has_color_scale(self, sheet: str, area: Area) -> bool:
        """Whether a colour scale covers some of the area already."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what the book holds."""
        raise NotImplementedError

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the lesson ------------------------------------------------------------------------------------------------
    def look(self, sheet: str | None = None) -> Layout:
        """What the lesson's sheet holds and where."""
        from ..layout import find_layout

        found: Layout = self.named(find_layout, self, sheet)
        return found

    def run(self, **options: Any) -> History:
        """Run epochs and write them into the sheet; the options are those of `sheetgd.epochs.run`."""
        from ..epochs import run

        _refuse_every(options)
        history: History
        [history] = self.named(run, self, **options)
        return history

    def reset(self, **options: Any) -> History:
        """Put the start cells back and empty the log; the options are those of `sheetgd.epochs.reset`."""
        from ..epochs import reset

        _refuse_every(options)
        history: History
        [history] = self.named(reset, self, **options)
        return history

    def fit(self, **options: Any) -> Fit:
        """Descend on any loss; the options are those of `sheetgd.fit.fit`."""
        from ..fit import fit

        found: Fit = self.named(fit, self, **options)
        return found

    def no_number(self, place: Place, what: str, value: Value) -> SheetError:
        """The error for a cell that must show a number; where it shows an error, that names the cell to be mended."""
        sheet, cell = place
        found = self.origin_of_error(place) if isinstance(value, ErrorValue) else None
        if found is None or found[0] == place:
            return SheetError(
                f"{what} is {words(value)}, not a number",
                "mend the formula there",
                sheet=sheet,
                cell=a1(cell),
            )
        (other, cause), formula = found
        where = a1(cause) if other == sheet else f"{other}!{a1(cause)}"
        how = f"whose formula is ={formula}" if formula else "where it is typed"
        return SheetError(
            f"{what} is {words(value)} because of {where}, {how}",
            "mend it there" if formula else "type a number there",
            sheet=sheet,
            cell=a1(cell),
        )

    def named(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call, and put the book's name on an error that has none."""
        try:
            return call(*arguments, **options)
        except SheetgdError as error:
            raise error.at(book=self.name) from None


def _refuse_every(options: dict[str, Any]) -> None:
    if options.get("every"):
        raise UsageError(
            "this runs one sheet", "for every sheet call the function of this name in sheetgd.epochs"
        )


def open_book(path: str | os.PathLike[str], *, readonly: bool = False) -> Book:
    """Open a workbook (.xlsx or .xlsm), or a Google Sheet by its address (URL) or key.

    A Google Sheet that is opened `readonly` needs, and gets, no right to write.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "lesson.xlsx")
    >>> with sheetgd.open_book("lesson.xlsx") as book:
    ...     history = book.run(epochs=5)
    >>> round(history.parameters["m"].after, 3)
    3.097
    """
    google = google_address(str(path))
    if google is None and "://" in str(path):
        raise UsageError(
            f"{path} is neither a file nor the address of a Google Sheet",
            "name an .xlsx or .xlsm workbook, or an address like https://docs.google.com/spreadsheets/d/KEY/edit",
        )
    from ..starting import start_engine

    try:
        process = start_engine()  # which gets ready while this process imports the rest
    except SheetgdError as error:
        raise error.at(book=google.key if google else os.path.basename(plain_path(path))) from None
    from ..formulas import Model

    model = Model(process)
    if google is None:
        from .xlsx import XlsxBook

        return XlsxBook(path, model)
    try:
        from .google import open_google

        return open_google(google.key, google.gid, model, readonly=readonly)
    except BaseException:
        model.close()
        raise


def plain_path(path: str | os.PathLike[str]) -> str:
    """A path without slashes at its end.

    >>> plain_path("lesson.xlsx/"), plain_path("./"), plain_path("")
    ('lesson.xlsx', '.', '.')
    """
    text = os.fspath(path)
    return text.rstrip("/" + os.sep) or text[:1] or "."


class GoogleAddress(NamedTuple):
    """The key of a spreadsheet, and the gid of one of its sheets where the address has one."""

    key: str
    gid: int | None


def google_address(text: str) -> GoogleAddress | None:
    """What the address or the key of a Google Sheet says, or None for the name of a file.

    >>> google_address("https://docs.google.com/spreadsheets/d/1aB_c-9/edit?gid=0#gid=42")
    GoogleAddress(key='1aB_c-9', gid=42)
    >>> google_address("lesson.xlsx")
    """
    if "google" in text.lower() and (found := re.match(_GOOGLE, text.strip())):
        gids = re.findall(r"[#?&]gid=(\d+)", text)
        return GoogleAddress(found[1], int(gids[-1]) if gids else None)
    if re.fullmatch(r"[A-Za-z0-9_-]{40,120}", text) and not os.path.exists(text):
        return GoogleAddress(text, None)
    return None
