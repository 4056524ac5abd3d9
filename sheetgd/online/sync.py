"""Watching Google Sheets and answering their tick boxes Run and Reset.

A tick is looked for with one narrow read. What it asks for is done in one read of its sheet (and of those that its
formulas read), a look whether somebody types into the same cells, and one write, which also takes the tick away and
writes beside it what was done. A second watcher of the same sheet does no harm: whoever comes second
finds the box without its tick, or writes the same numbers once more.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..books.google.book import GoogleBook
from ..books.google.changes import grid_range
from ..books.google.client import MOST_CALLS, WINDOW, Google, Quota
from ..books.google.drive import list_folder
from ..books.google.errors import CallFailed, Refused
from ..books.google.meanwhile import NotTakenBack
from ..books.google.snapshot import LABELS, POLLED, Snapshot, polled
from ..epochs.history import History
from ..epochs.run import reset_sheets, run_sheets
from ..errors import BookError, SheetgdError
from ..grid.a1 import Area, a1
from ..grid.edits import Edits
from ..grid.sheet import normal, single_line
from .tick_boxes import Box, Boxes, find_boxes, is_labelled, outcome, status

RETRIES, TIMEOUT = (
    2,
    (10.0, 45.0),
)  # of a call: what fails longer is tried again later, and others have their turn
SPARE = 6  # reads of a minute that are kept for runs
SEARCH = 60.0  # seconds after which the boxes of a sheet are looked for again: one may have been added
IDLE = 60.0  # seconds after which a folder's sheet is looked at though Drive says that nothing changed,
IDLE_EACH = 3.0  # but no fewer than so many for each sheet
UNFINISHED = 10.0  # seconds after which a sheet without boxes is looked at again: somebody is making them
LONGEST_PAUSE = 60.0  # seconds between two tries of a sheet that cannot be read or written,
SHARE = 4.0  # or so many times as long as the try itself took
TAKEN_BACK = "what was computed from old values has been taken back"
MOVED_ON = "the sheet was changed again, so nothing of an old run was taken back"
CALLS = {"run": run_sheets, "reset": reset_sheets}


class NoBox(SheetgdError):
    """The spreadsheet has no tick box to answer."""


class NoTick(Exception):
    """The box is no longer ticked: somebody else has answered it, or unticked it."""


class WatchedTab(NamedTuple):
    """One sheet of a spreadsheet that has boxes."""

    gid: int
    title: str
    boxes: Boxes


class Watched:
    """One spreadsheet, what is known of its boxes, and what is to be said of it; or a folder.

    `gids` are those that its addresses named, None for one that named none; it has none if it was found in the folder.
    """

    def __init__(self, key: str, name: str = "") -> None:
        self.key, self.name = key, name or key
        self.gids: set[int | None] = set()
        self.tabs: list[WatchedTab] = []
        self.due = self.searched = 0.0  # by time.monotonic
        self.modified = ""  # as Drive says, when it was last looked at
        self.failures = 0
        self.words = "looking for its tick boxes"
        self.at = ""
        self.needs: dict[int, list[int]] = {}  # the sheets that a sheet's formulas read, by gid; all if none
        self.left: NotTakenBack | None = None  # what a run has written and could not take back yet


class Sync:
    """Watches spreadsheets until it is told to stop.

    `sheets` are keys, each with a gid or None for all sheets of the spreadsheet; `folder` is the id of a Drive folder
    whose spreadsheets are watched, too; `every` is in seconds; `tell` is called with a sheet, or the folder, whenever
    there is something new to say of it.
    """

    def __init__(
        self,
        google: Google,
        sheets: Iterable[tuple[str, int | None]],
        *,
        folder: str = "",
        every: float = 2.0,
        tell: Callable[[Watched], None] = lambda sheet: None,
    ) -> None:
        self.google, self.every, self.tell = google, every, tell
        self.quota = Quota()
        google.before_call = self._before_call
        self.sheets: dict[str, Watched] = {}
        for key, gid in sheets:
            self.sheets.setdefault(key, Watched(key)).gids.add(gid)
        self.folder = Watched(folder, "the folder") if folder else None
        self.at_work = False

    def _before_call(self, kind: str) -> None:
        if kind in ("read", "write"):
            self.quota(kind)

    # -- the loop --------------------------------------------------------------------------------------------------
    def once(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Answer the ticks that are there, until `stopped`; whether every sheet could be read and answered.

        A sheet without boxes counts as one that could not, unless it was found in the folder.
        """
        if self.folder:
            self._list_folder(self.folder)
        for sheet in list(self.sheets.values()):
            if not stopped():
                self.visit(sheet)
        watched = [*self.sheets.values(), *filter(None, [self.folder])]
        return not any(sheet.failures or (sheet.gids and not sheet.tabs) for sheet in watched)

    def forever(self, wait: Callable[[float], bool]) -> None:
        """Answer ticks until `wait`, which waits so many seconds, says that it is time to stop."""
        while not wait(self._pause()):
            now = time.monotonic()
            if self.folder and self.folder.due <= now:
                self._list_folder(self.folder)
            sheet = min(self.sheets.values(), key=lambda sheet: sheet.due, default=None)
            if sheet and sheet.due <= now and not self.quota.delay("read", SPARE):
                self.visit(sheet)

    def _pause(self) -> float:
        """Seconds until there is something to do."""
        due = min((sheet.due for sheet in self.sheets.values()), default=float("inf"))
        now = time.monotonic()
        pause = max(due - now, self.quota.delay("read", SPARE))
        if self.folder:
            pause = min(pause, self.folder.due - now)
        return max(pause, 0.0)

    def visit(self, sheet: Watched) -> None:
        """Look at one sheet and answer its ticks; what goes wrong is said, not raised."""
        self.at_work, begun = True, time.monotonic()
        pause = self._usual_pause(sheet)
        try:
            words = sheet.words
            self._visit(sheet)
            if sheet.failures and sheet.words == words:
                self._say(sheet, _found(sheet.tabs))
            sheet.failures = 0
        except NoBox as error:
            pause = SEARCH if sheet.modified else max(self._usual_pause(sheet), UNFINISHED)
            sheet.failures = 0
            self._say(sheet, str(error))
        except Exception as error:
            pause = max(self._failed(sheet, error), SHARE * (time.monotonic() - begun))
        sheet.due = time.monotonic() + pause
        self.at_work = False

    def _usual_pause(self, sheet: Watched) -> float:
        """Seconds between two looks: many sheets share the quota evenly, instead of using it up at once."""
        if sheet.modified:
            return max(IDLE, IDLE_EACH * len(self.sheets))
        return max(self.every, len(self.sheets) * WINDOW / (MOST_CALLS - SPARE))

    def _failed(self, sheet: Watched, error: Exception) -> float:
        """Say what went wrong; seconds to wait before the next try, more each time."""
        if isinstance(error, SheetgdError):
            error.book = ""  # the line names it in any case
            words = str(error)
        else:  # a slip of ours must not end the lesson of thirty others
            words = f"{type(error).__name__}: {error}; please report this"
        if isinstance(error, Refused) and error.status == 429:
            self.quota.rest()
        sheet.failures += 1
        self._say(sheet, words)
        return min(LONGEST_PAUSE, self.every * 2.0 ** min(sheet.failures, 16))

    def _say(self, sheet: Watched, words: str, again: bool = False) -> None:
        """Say it, unless it was the last thing said and has not happened `again`."""
        words = single_line(words)
        if again or words != sheet.words:
            sheet.words, sheet.at = words, time.strftime("%H:%M")
            self.tell(sheet)

    # -- the folder ------------------------------------------------------------------------------------------------
    def _list_folder(self, folder: Watched) -> None:
        """Which sheets there are, and which have changed since they were looked at."""
        pause = self.every
        try:
            found = list_folder(self.google, folder.key)
            folder.failures = 0
            self._say(folder, f"{len(found) or 'no'} Google Sheet{'s' * (len(found) != 1)} in it")
        except Exception as error:
            pause = self._failed(folder, error)
        else:
            for key, file in found.items():
                sheet = self.sheets.setdefault(key, Watched(key))
                sheet.name = single_line(file.name)
                self._notice(sheet, file.modified)
            for sheet in [sheet for sheet in self.sheets.values() if sheet.modified]:
                if sheet.key not in found:
                    self._let_go(sheet)
        folder.due = time.monotonic() + pause

    def _notice(self, sheet: Watched, modified: str) -> None:
        """Look soon at a sheet that was changed; at one that fails, or has no boxes, not at each change.

        Our own writes change it, too, and cost a narrow read more: by their time they could not be told from those of a
        teacher a moment later.
        """
        if modified != sheet.modified:
            sheet.modified = modified
            rest = UNFINISHED if sheet.searched and not sheet.tabs else 0.0
            if not sheet.failures:
                sheet.due = min(sheet.due, max(time.monotonic(), sheet.searched + rest))

    def _let_go(self, sheet: Watched) -> None:
        """Stop watching a sheet that has left the folder, unless its own address was given."""
        sheet.modified = ""
        if not sheet.gids:
            del self.sheets[sheet.key]
            self._say(sheet, "no longer in the folder")

    # -- one sheet -------------------------------------------------------------------------------------------------
    def _visit(self, sheet: Watched) -> None:
        if sheet.left:
            self._take_back(sheet, sheet.left)
        now = time.monotonic()
        unknown = sheet.failures or not sheet.tabs or now >= sheet.searched + SEARCH
        ticked = None if unknown else self._ticked(sheet)
        self._answer(sheet, self._search(sheet) if ticked is None else ticked)

    def _ticked(self, sheet: Watched) -> list[WatchedTab] | None:
        """The tabs with a ticked box, by one narrow read; None where a box no longer stands where it was."""
        areas = [
            grid_range(tab.gid, Area(*cell, *cell))
            for tab in sheet.tabs
            for box in tab.boxes.boxes
            for cell in (box.label, box.cell)
        ]
        found = polled(self.google.read_areas(sheet.key, areas, POLLED))
        ticked = []
        for tab in sheet.tabs:
            values = found.get(tab.gid, {})
            if not all(is_labelled(box, normal(str(values.get(box.label, "")))) for box in tab.boxes.boxes):
                return None
            if any(values.get(box.cell) is True for box in tab.boxes.boxes):
                ticked.append(tab)
        return ticked

    def _search(self, sheet: Watched) -> list[WatchedTab]:
        """Find all boxes, by a read without numbers and formulas; the tabs with a ticked one."""
        found = Snapshot(self.google.read(sheet.key, LABELS))
        sheet.name = found.title or sheet.key
        boxes = {
            gid: find_boxes(found.tabs[title].sheet, found.tabs[title].boxes)
            for gid, title in _wanted(sheet, {tab.id: tab.title for tab in found.tabs.values()}).items()
        }
        titles = {tab.id: tab.title for tab in found.tabs.values()}
        self._keep(
            sheet, [WatchedTab(gid, titles[gid], found) for gid, found in boxes.items() if found.boxes]
        )
        return [
            tab
            for tab in sheet.tabs
            if any(found.tabs[tab.title].sheet.values.get(box.cell) is True for box in tab.boxes.boxes)
        ]

    def _answer(self, sheet: Watched, tabs: list[WatchedTab]) -> None:
        """Do what the ticked boxes of some tabs ask for."""
        troubles = []
        for tab in tabs:
            try:
                self._answer_tab(sheet, tab.gid)
            except CallFailed:
                raise
            except SheetgdError as error:  # the other boxes still have their turn
                troubles.append(error)
        if troubles:
            raise troubles[0]

    def _answer_tab(self, sheet: Watched, gid: int) -> None:
        book = GoogleBook(sheet.key, None, self.google, only=sheet.needs.get(gid, [gid]))
        with contextlib.closing(book):
            sheet.needs[gid] = list(book.only)
            title = book.titles().get(gid)
            if title is None:  # deleted meanwhile
                return
            tab = WatchedTab(gid, title, _boxes(book, title))
            for box in [box for box in tab.boxes.boxes if _is_ticked(book, tab, box)]:
                self._do(sheet, book, tab, box.name)

    def _take_back(self, sheet: Watched, left: NotTakenBack) -> None:
        """Try again to take back what a run has written from old values."""
        try:
            book = GoogleBook(sheet.key, None, self.google, only=list(left.written.new))
            with contextlib.closing(book):
                done = book.take_back(left.written)
        except CallFailed as error:
            raise NotTakenBack(left.place, error, left.written) from None
        sheet.left = None
        self._say(sheet, TAKEN_BACK if done else MOVED_ON)

    def _keep(self, sheet: Watched, tabs: list[WatchedTab]) -> None:
        new = not sheet.failures and _found(tabs) != _found(sheet.tabs)
        sheet.tabs, sheet.searched = tabs, time.monotonic()
        if not tabs:
            raise NoBox(
                "no checkbox was found",
                "type Run in a cell, and put a checkbox to its right (Insert > Checkbox)",
            )
        if new:
            self._say(sheet, _found(tabs))

    def _do(self, sheet: Watched, book: GoogleBook, tab: WatchedTab, name: str) -> None:
        """Run or reset, and take the tick away in the same write."""
        tries = 0

        def also(histories: list[History], edits: Edits) -> None:
            nonlocal tries
            tries += 1
            _answer_box(book, tab, name, edits, outcome(name, histories[0], again=tries > 1))

        try:
            [history] = CALLS[name](book, tab.title, also=also)
        except NoTick:
            return
        except NotTakenBack as error:
            sheet.left = error
            raise
        except SheetgdError as error:
            if isinstance(error, CallFailed) and not (isinstance(error, Refused) and error.status == 400):
                raise  # for this may pass
            self._refuse(sheet, book, tab, name, error)
            return
        notes = "".join(f" Note: {note}." for note in history.warnings)
        self._say(sheet, outcome(name, history, again=tries > 1) + notes, again=True)

    def _refuse(
        self, sheet: Watched, book: GoogleBook, tab: WatchedTab, name: str, error: SheetgdError
    ) -> None:
        """Take the tick away and write beside it why nothing was done."""
        words = f"{error.cell}: " * bool(error.cell) + "; ".join(filter(None, (error.found, error.todo)))
        refusal = f"not {name}: {words}"
        edits = Edits()
        try:
            _answer_box(book, tab, name, edits, refusal)
        except NoTick:  # the write took it away before something was found to be wrong
            self._say(sheet, words, again=True)
            return
        book.apply(edits)
        self._say(sheet, refusal, again=True)


def _wanted(sheet: Watched, titles: dict[int, str]) -> dict[int, str]:
    """The sheets of the spreadsheet that are to be watched, by gid."""
    if not sheet.gids or None in sheet.gids:
        return titles
    lost = sorted(gid for gid in sheet.gids if gid is not None and gid not in titles)
    if lost:
        raise BookError(
            f"it has no sheet with gid={lost[0]}, which the address names",
            f"copy the address again; its sheets are {', '.join(titles.values())}",
        )
    return {gid: title for gid, title in titles.items() if gid in sheet.gids}


def _boxes(book: GoogleBook, title: str) -> Boxes:
    return find_boxes(book.cells(title), book.tick_boxes(title), lambda cell: book.is_protected(title, cell))


def _found(tabs: list[WatchedTab]) -> str:
    """The boxes that are watched, in words."""
    places = []
    for tab in tabs:
        boxes = [f"{box.name.capitalize()} ({a1(box.cell)})" for box in reversed(tab.boxes.boxes)]
        places.append(f"{' and '.join(boxes)} on {tab.title}")
    return f"found {'; '.join(places)}"


def _is_ticked(book: GoogleBook, tab: WatchedTab, box: Box) -> bool:
    return book.cells(tab.title).values.get(box.cell) is True


def _answer_box(book: GoogleBook, tab: WatchedTab, name: str, edits: Edits, words: str) -> None:
    """Take the tick away and say something, where the sheet now has them: it may have been read again."""
    if book.titles().get(tab.gid) != tab.title:
        raise NoTick  # it has another name by now, under which it is found next time
    boxes = _boxes(book, tab.title)
    box = next((box for box in boxes.boxes if box.name == name and _is_ticked(book, tab, box)), None)
    if box is None:
        raise NoTick
    edits.put(tab.title, box.cell, False)
    if boxes.status:
        edits.put(tab.title, boxes.status, status(words, time.strftime("%H:%M")))
