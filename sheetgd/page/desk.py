"""What lies on the desk: the folder's workbooks, the lesson that is open, and what the page's buttons do with it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .. import Book, Session, SheetgdError, look, new, open_book, session
from ..language import languages, speaking, translated
from .texts import run_text, texts
from .view import Fields, explanation, news, view

ENDINGS = (".xlsx", ".xlsm")
Stamp = tuple[int, ...] | None  # see _stamp
MOST_PLAYED = 60  # epochs at a time
MAP_STEPS, CURVE_STEPS = 25, 61  # values of each parameter in the landscape
TALL, TALL_STEPS = 500, 15  # rows from which on a map is coarser, for other buttons wait for it


class Trouble(Exception):
    """Something that the page says in words; `kind` is "save" where a copy can be saved instead."""

    def __init__(self, words: str, kind: str = "") -> None:
        super().__init__(words)
        self.words, self.kind = words, kind


class Desk:
    """One lesson at a time; its methods may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        named: str | None,
        sheet: str | None,
        lessons: dict[str, str],
        lang: str | None = None,
    ) -> None:
        """`named` is the workbook's path or the address of a Google Sheet; `lessons` say what each is about; `lang` is
        the page's language, whatever that of the sheet and the browser."""
        self.folder, self.named, self.lessons = folder.resolve(), named, lessons
        self.lang, self.browser = lang, "en"  # the language asked for, and the browser's
        self.lock = threading.RLock()
        self.version = 0  # what changes with everything that the page shows
        self.trouble = ""  # with the file, in words
        self.theirs = False  # whether the file holds a lesson that can be taken instead of this one
        self.book_name: str | None = None
        self.sheet = sheet
        self.sheets: list[str] | None = None  # those that can be run; None before they have been looked at
        self.axes: list[str] = []
        self.first_row = 0  # of the table that is shown, from 0
        self._told: Fields = {}  # the last state that a page was told, and its version
        self._session: Session | None = None
        self._held = ExitStack()
        self._read: Stamp = None  # of the file as it was read or saved
        self._seen: Stamp = None  # and when it was looked at last

    @property
    def unsaved(self) -> bool:
        """Whether the open lesson has epochs that are not saved."""
        return self._session is not None and self._session.unsaved

    @property
    def language(self) -> str:
        """The page's: the one asked for, else that of the sheet's labels, else the browser's; English labels may be
        anybody's."""
        labels = self._session.layout.language if self._session else "en"
        return self.lang or (labels if labels != "en" and labels in languages() else self.browser)

    def texts(self) -> Fields:
        """What the page says."""
        with speaking(self.language):
            return texts()

    # -- the folder --------------------------------------------------------------------------------------------------
    def books(self) -> list[str]:
        """The workbooks of the folder, the one that was changed last first."""
        found = [
            entry
            for entry in os.scandir(self.folder)
            if entry.name.lower().endswith(ENDINGS) and entry.is_file()
        ]
        shown = [entry for entry in found if not entry.name.startswith(("~$", "."))]
        return [entry.name for entry in sorted(shown, key=lambda entry: -entry.stat().st_mtime)]

    def choice(self) -> Fields:
        """What there is to choose from."""
        lessons = [{"name": name, "about": translated(about)} for name, about in self.lessons.items()]
        return {"folder": str(self.folder), "books": self.books(), "lessons": lessons}

    def draw(self, lesson: str) -> None:
        """Draw a lesson into the folder, beside those that are there, and open it."""
        if lesson not in self.lessons:
            raise Trouble(f"There is no lesson {lesson}.")
        names = (f"{lesson}{number or ''}.xlsx" for number in (0, *range(2, 1000)))
        name = next(name for name in names if not (self.folder / name).exists())
        new(lesson, self.folder / name, lang=self.language)
        self.open(name)

    # -- the book ----------------------------------------------------------------------------------------------------
    def open(self, name: str | None = None, sheet: str | None = None) -> None:
        """Open the workbook that was named, or one of the folder's by its name."""
        if name is None and self.named is not None:
            place = self.named
        elif name in self.books():
            place = str(self.folder / name)
        else:
            raise Trouble(f"There is no workbook {name} in {self.folder}.")
        with self.lock, ExitStack() as held:
            stamp = _stamp(place)
            book = held.enter_context(open_book(place))
            opened = held.enter_context(_begin(book, sheet))
            self.close()
            self._held, self._session, self._read, self._seen = held.pop_all(), opened, stamp, stamp
            self._place, self.book_name, self.sheet = place, name, opened.sheet
            self.sheets, self.first_row = None, 0
            if not self.axes or not set(self.axes) <= opened.layout.parameters.keys():
                self.axes = _moving_the_loss(opened)[:2]
            self.trouble, self.theirs = "", False
            self.version += 1

    def look_at_sheets(self) -> None:
        """Find the other sheets that can be run: after the first picture, and letting other requests in between."""
        found, opened = list[str](), self._session
        for title in opened.book.sheet_names if opened else ():
            with self.lock:
                if self._session is not opened or opened is None:
                    return
                if title == opened.sheet or _runs(opened.book, title):
                    found.append(title)
        with self.lock:
            self.sheets = found
            self.version += 1

    def close(self) -> None:
        """Put the lesson away."""
        self._held.close()
        self._session = None
        self.version += 1

    def follow(self) -> None:
        """See whether the file has changed: what nobody changed here is read again; the page asks about the rest."""
        if self._is_changed():
            with self.lock, speaking(self.language):
                if self._is_changed():  # still, now that nobody opens or saves it
                    self._seen = _stamp(self._place)
                    self._follow(os.path.basename(self._place))

    def _is_changed(self) -> bool:
        """Whether the file is another than it was when it was looked at last."""
        return self._session is not None and self._seen is not None and _stamp(self._place) != self._seen

    def _follow(self, name: str) -> None:
        """What to do about a file that has changed, is gone, or is back as it was."""
        if self._seen == self._read:
            self._say("")
        elif not self._seen:
            self._say(
                translated(
                    "{name} is gone: it was moved, renamed or deleted. What you see is kept here; save a copy.",
                    name=name,
                )
            )
        elif self.unsaved:
            self._say(
                translated(
                    "{name} was changed elsewhere, and you have epochs here that are not saved.", name=name
                ),
                True,
            )
        else:
            try:
                self.open(self.book_name, self.sheet)
            except SheetgdError as error:
                self._say(
                    translated(
                        "{name} was replaced by one that cannot be read. {error} What you see is kept here.",
                        name=name,
                        error=error,
                    )
                )

    def _say(self, words: str, theirs: bool = False) -> None:
        self.trouble, self.theirs = words, theirs
        self.version += 1

    # -- what the buttons do -----------------------------------------------------------------------------------------
    def do(self, action: str, words: Fields) -> Fields:
        """Do what a button asks for, and tell what the page then shows: all of it, or, where `words` say by "since"
        which version the page knows, what is new."""
        if action == "sheets":
            self.look_at_sheets()
        with self.lock, speaking(self.language):
            answer = self._do(action, words)
            if answer is not None:
                return answer
            before, self._told = self._told, self.state()
            if "since" not in words or words["since"] != before.get("version"):
                return self._told
            return {"since": words["since"], **news(before, self._told)}

    def _do(self, action: str, words: Fields) -> Fields | None:
        if action == "choice":
            return self.choice()
        if action == "draw":
            self.draw(str(words["lesson"]))
        if action == "open":
            self.open(words.get("book") or self.book_name, words.get("sheet"))
        if action in ("draw", "open", "state", "sheets"):
            return None
        lesson = self._session
        if lesson is None:
            raise Trouble(translated("No workbook is open."))
        known: dict[str, Callable[[Session, Fields], Fields | None]] = {
            "run": lambda lesson, words: _nothing(lesson.run()),
            "epoch": lambda lesson, words: _nothing(lesson.run(_several(words))),
            "row": lambda lesson, words: _nothing(lesson.row()),
            "back": lambda lesson, words: lesson.back(),
            "reset": lambda lesson, words: lesson.reset(),
            "put": lambda lesson, words: lesson.put(str(words["cell"]), words["value"]),
            "axes": self._choose_axes,
            "rows": self._scroll,
            "landscape": self._landscape,
            "explain": lambda lesson, words: explanation(lesson, int(words["row"]), int(words["column"])),
            "save": self._save,
            "copy": self._copy,
            "reload": lambda lesson, words: self.open(self.book_name, self.sheet),
        }
        if action not in known:
            raise Trouble(f"There is no button {action}.")
        try:
            return known[action](lesson, words)
        finally:
            self.version += action not in ("landscape", "explain")

    def state(self) -> Fields:
        """All that the page shows."""
        lesson = self._session
        if lesson is None:
            return {"version": self.version, "language": self.language, "book": None, **self.choice()}
        with speaking(self.language):  # of a book that was opened just now, perhaps
            shown = {"run": run_text(lesson.epochs_asked), **view(lesson, self.axes, self.first_row)}
        return {
            "version": self.version,
            "language": self.language,
            "book": lesson.name,
            "sheet": self.sheet,
            "sheets": self.sheets,
            "isFile": self._read is not None,
            "trouble": self.trouble,
            "theirs": self.theirs,
            "axes": self.axes,
            **shown,
        }

    def _choose_axes(self, lesson: Session, words: Fields) -> None:
        axes = [str(name) for name in words["axes"]]
        if len(set(axes)) != 2 or not set(axes) <= lesson.layout.parameters.keys():
            raise Trouble(translated("Choose two different parameters for the map."))
        self.axes = axes

    def _scroll(self, lesson: Session, words: Fields) -> None:
        self.first_row = int(words["first"])

    def _landscape(self, lesson: Session, words: Fields) -> Fields:
        steps = TALL_STEPS if len(lesson.layout.rows) > TALL else MAP_STEPS
        steps = steps if len(self.axes) > 1 else CURVE_STEPS
        return lesson.landscape(*self.axes, steps=steps)._asdict()

    def _save(self, lesson: Session, words: Fields) -> None:
        self.follow()
        if self.trouble:
            raise Trouble(self.trouble, "save")
        try:
            lesson.save()
        except SheetgdError as error:
            kept = translated(  # of a Google Sheet there is no copy
                "{error} What you see is kept here; save again afterwards.", error=error
            )
            copied = f"{error.book or lesson.name}: {error.found}."
            raise Trouble(kept if self._read is None else copied, "save") from error
        self._read = self._seen = _stamp(self._place)

    def _copy(self, lesson: Session, words: Fields) -> Fields:
        """Save a copy beside the workbook; the lesson goes on with it where the workbook has changed."""
        stem, ending = os.path.splitext(self._place)
        names = (f"{stem} (copy{'' if number == 1 else f' {number}'}){ending}" for number in range(1, 1000))
        target = next(name for name in names if not os.path.exists(name))
        try:
            lesson.save(target, force=bool(self.trouble))
        except SheetgdError:
            if not os.path.exists(target):
                raise
        if self.trouble:
            self.open(os.path.basename(target), self.sheet)
        return {"copy": os.path.basename(target)}


def _several(words: Fields) -> int:
    """How many epochs: one, or as many as Play is behind with."""
    return max(1, min(int(words.get("count", 1)), MOST_PLAYED))


def _nothing(_: Any) -> None:
    return None


def _begin(book: Book, sheet: str | None) -> Session:
    """The lesson of the sheet, else of the only one that can be run, else of the first."""
    try:
        return session(book, sheet)
    except SheetgdError:
        titles = [] if sheet or book.chosen else book.sheet_names
        first = next((title for title in titles if _runs(book, title)), None)
        if first is None:
            raise
        return session(book, first)


def _moving_the_loss(lesson: Session) -> list[str]:
    """The parameters that the loss depends on; all of them where it stands in no cell or depends on none."""
    layout, parameters = lesson.layout, lesson.layout.parameters
    loss, sheet = layout.controls.loss, layout.sheet
    if loss is None or loss not in sheet.formulas:
        return list(parameters)
    moving = [
        name for name, found in parameters.items() if lesson.book.depend(sheet.name, [loss], found.start)
    ]
    return moving or list(parameters)


def _runs(book: Book, sheet: str) -> bool:
    try:
        look(book, sheet)
    except SheetgdError:
        return False
    return True


def _stamp(place: str) -> Stamp:
    """What changes with a file's bytes; empty where it is gone, None for a Google Sheet, which is no path."""
    if not os.path.isabs(place):
        return None
    try:
        found = os.stat(place)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
