"""Watching Google Sheets and answering their tick boxes Run and Reset.

A tick is looked for with one narrow read. What it asks for is done in one read and one write, which also takes the
tick away and writes beside it what was done. A second watcher of the same sheet does no harm: whoever comes second
finds the box without its tick, or writes the same numbers once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .a1 import Area
from .books.google import GoogleBook
from .books.google_cells import POLLED, polled
from .books.google_client import Google
from .books.google_drive import list_folder
from .books.google_errors import CallFailed
from .books.google_quota import Quota
from .books.google_requests import grid_range
from .boxes import Box, Boxes, find_boxes, is_labelled, outcome, status
from .edits import Edits
from .epochs import History, reset, run
from .errors import SheetgdError
from .sheet import normal

SPARE = 6  # reads of a minute that are kept for runs
SEARCH = 300.0  # seconds after which the boxes of a sheet are looked for again
IDLE = 60.0  # seconds after which a folder's sheet is looked at though Drive says that nothing changed
UNFINISHED = 10.0  # seconds after which a sheet without boxes is looked at again: somebody is making them
LONGEST_PAUSE = 60.0  # seconds between two tries of a sheet that cannot be read
CALLS = {"run": run, "reset": reset}


class NoBox(SheetgdError):
    """The spreadsheet has no tick box to answer."""


class NoTick(Exception):
    """The box is no longer ticked: somebody else has answered it, or thought better of it."""


class Tab(NamedTuple):
    """One sheet of a spreadsheet that has boxes."""

    gid: int
    title: str
    boxes: Boxes


class Watched:
    """One spreadsheet, what is known of its boxes, and what is to be said of it."""

    def __init__(self, key: str, gid: int | None = None, name: str = "") -> None:
        self.key, self.gid, self.name = key, gid, name or key
        self.tabs: list[Tab] = []
        self.due = self.searched = 0.0  # by time.monotonic
        self.modified = ""  # as Drive says, when it was last looked at
        self.failures = 0
        self.words = "looking for its tick boxes"
        self.at = ""


class Sync:
    """Watches spreadsheets until it is told to stop.

    `sheets` are keys with a gid or None; `folder` is the id of a Drive folder whose spreadsheets are watched, too;
    `every` is in seconds; `tell` is called with a sheet whenever there is something new to say of it.
    """

    def __init__(
        self,
        google: Google,
        sheets: Sequence[tuple[str, int | None]],
        *,
        folder: str = "",
        every: float = 2.0,
        tell: Callable[[Watched], None] = lambda sheet: None,
    ) -> None:
        self.google, self.folder, self.every, self.tell = google, folder, every, tell
        self.quota = Quota()
        google.before_call = self._before_call
        self.sheets = {key: Watched(key, gid) for key, gid in dict(sheets).items()}
        self._listed = 0.0
        self.trouble = ""  # with the folder

    def _before_call(self, kind: str) -> None:
        if kind in ("read", "write"):
            self.quota(kind)

    # -- the loop --------------------------------------------------------------------------------------------------
    def once(self) -> bool:
        """Answer the ticks that are there; whether every sheet could be read and answered."""
        self._list_folder()
        for sheet in list(self.sheets.values()):
            self.visit(sheet)
        return not self.trouble and not any(sheet.failures for sheet in self.sheets.values())

    def forever(self, wait: Callable[[float], bool]) -> None:
        """Answer ticks until `wait`, which waits so many seconds, says that it is time to stop."""
        while not wait(self._pause()):
            now = time.monotonic()
            if self.folder and now >= self._listed + self.every:
                self._list_folder()
            sheet = min(self.sheets.values(), key=lambda sheet: sheet.due, default=None)
            if sheet and sheet.due <= now and not self.quota.delay("read", SPARE):
                self.visit(sheet)

    def _pause(self) -> float:
        """Seconds until there is something to do."""
        due = min((sheet.due for sheet in self.sheets.values()), default=float("inf"))
        now = time.monotonic()
        pause = max(due - now, self.quota.delay("read", SPARE), 0.0)
        return min(pause, max(self._listed + self.every - now, 0.0)) if self.folder else pause

    def _list_folder(self) -> None:
        """Which sheets there are, and which have changed since they were looked at."""
        if not self.folder:
            return
        try:
            found = list_folder(self.google, self.folder)
            self.trouble = ""
        except SheetgdError as error:
            self.trouble = f"the folder: {error}"
            return
        finally:
            self._listed = time.monotonic()
        for key, file in found.items():
            sheet = self.sheets.setdefault(key, Watched(key, name=file.name))
            sheet.name = file.name
            if file.modified != sheet.modified:
                sheet.modified, sheet.due = file.modified, min(sheet.due, self._listed)
        for key in [key for key, sheet in self.sheets.items() if sheet.modified and key not in found]:
            del self.sheets[key]

    def visit(self, sheet: Watched) -> None:
        """Look at one sheet and answer its ticks; what goes wrong is said, not raised."""
        pause = IDLE if sheet.modified else self.every
        try:
            self._visit(sheet)
            sheet.failures = 0
        except NoBox as error:
            pause = SEARCH if sheet.modified else max(self.every, UNFINISHED)
            self._say(sheet, str(error))
        except SheetgdError as error:
            pause = self._failed(sheet, str(error))
        except Exception as error:  # a slip of ours must not end the lesson of thirty others
            pause = self._failed(sheet, f"{type(error).__name__}: {error}; please report this")
        sheet.due = time.monotonic() + pause

    def _failed(self, sheet: Watched, words: str) -> float:
        """Say what went wrong; seconds to wait before the next try, more each time."""
        sheet.failures += 1
        sheet.tabs = []  # to be looked for again
        self._say(sheet, words)
        return min(LONGEST_PAUSE, self.every * 2.0 ** min(sheet.failures, 16))

    def _say(self, sheet: Watched, words: str) -> None:
        sheet.words, sheet.at = words, time.strftime("%H:%M")
        self.tell(sheet)

    # -- one sheet -------------------------------------------------------------------------------------------------
    def _visit(self, sheet: Watched) -> None:
        now = time.monotonic()
        if not sheet.tabs or now >= sheet.searched + SEARCH or self._is_ticked_or_moved(sheet):
            self._answer(sheet)

    def _is_ticked_or_moved(self, sheet: Watched) -> bool:
        """One narrow read: whether a box is ticked, or no longer stands where it was."""
        areas = [
            grid_range(tab.gid, Area(*cell, *cell))
            for tab in sheet.tabs
            for box in tab.boxes.boxes
            for cell in (box.label, box.cell)
        ]
        found = polled(self.google.read_areas(sheet.key, areas, POLLED))
        return any(
            values.get(box.cell) is True or not is_labelled(box, normal(str(values.get(box.label, ""))))
            for tab in sheet.tabs
            for values in (found.get(tab.gid, {}),)
            for box in tab.boxes.boxes
        )

    def _answer(self, sheet: Watched) -> None:
        """Read the whole spreadsheet, find its boxes and do what the ticked ones ask for."""
        book = GoogleBook(sheet.key, sheet.gid, self.google)
        try:
            sheet.name = book.name
            titles = [book.chosen] if book.chosen else book.sheet_names
            tabs = [
                Tab(book.gid_of(title), title, find_boxes(book.cells(title), book.tick_boxes(title)))
                for title in titles
            ]
            self._found(sheet, [tab for tab in tabs if tab.boxes.boxes])
            for tab in sheet.tabs:
                for box in tab.boxes.boxes:
                    if _is_ticked(book, tab, box):
                        self._do(sheet, book, tab, box)
        finally:
            book.close()

    def _found(self, sheet: Watched, tabs: list[Tab]) -> None:
        new = not sheet.searched or not sheet.tabs or sheet.failures
        sheet.tabs, sheet.searched = tabs, time.monotonic()
        if not tabs:
            raise NoBox(
                "no tick box was found",
                "type Run in a cell, and put a tick box right of it (Insert > Tick box)",
            )
        if new:
            self._say(sheet, "watching " + ", ".join(tab.title for tab in tabs))

    def _do(self, sheet: Watched, book: GoogleBook, tab: Tab, box: Box) -> None:
        """Run or reset, and take the tick away in the same write."""
        told = len(book.warnings)

        def also(histories: list[History], edits: Edits) -> None:
            if not _is_ticked(book, tab, box):
                raise NoTick
            words = outcome(box.name, histories[0], again=len(book.warnings) > told)
            _answer_box(edits, tab, box, words)

        try:
            [history] = CALLS[box.name](book, tab.title, also=also)
        except NoTick:
            return
        except CallFailed:
            raise
        except SheetgdError as error:
            words = f"{error.cell}: " * bool(error.cell) + "; ".join(filter(None, (error.found, error.todo)))
            edits = Edits()
            _answer_box(edits, tab, box, words)
            book.apply(edits)
            self._say(sheet, words)
            return
        notes = "".join(f" Note: {note}." for note in history.warnings)
        self._say(sheet, outcome(box.name, history) + notes)


def _is_ticked(book: GoogleBook, tab: Tab, box: Box) -> bool:
    return tab.title in book.sheet_names and book.cells(tab.title).values.get(box.cell) is True


def _answer_box(edits: Edits, tab: Tab, box: Box, words: str) -> None:
    edits.put(tab.title, box.cell, False)
    if tab.boxes.status:
        edits.put(tab.title, tab.boxes.status, status(words, time.strftime("%H:%M")))
