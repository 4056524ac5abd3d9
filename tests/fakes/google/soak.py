"""Teachers who tick at random while Google fails at random, in simulated time: what sync has to bear for hours."""

from __future__ import annotations

import datetime
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google.auth._helpers
import pytest

import sheetgd as library
from sheetgd.books.google.client import Google as Client
from sheetgd.books.google.credentials import WRITE
from sheetgd.books.google.snapshot import OWN
from sheetgd.online.sync import RETRIES, TIMEOUT, Sync
from small_lesson import draw

from .contract import ApiError
from .drive import File
from .http import Request
from .server import Google
from .sheets import Json, place_of
from .tokens import TEACHER, Granted

RUN, RESET, STATUS = "U2", "U3", "V2"
NOTE = "my note"
TICK_BOX: Json = {"condition": {"type": "BOOLEAN"}}
MOST_RUNS = 12  # of one sheet before it is reset
UTC_NOW = google.auth._helpers.utcnow


def hasten(server: Google, patch: pytest.MonkeyPatch) -> None:
    """Let waiting take no time in this process: the clocks of both sides go on instead."""
    real_time, real_sleep = time.monotonic, time.sleep

    def sleep(seconds: float) -> None:
        if seconds < 0.3:
            return real_sleep(seconds)
        server.clock.advance(seconds)

    patch.setattr(time, "sleep", sleep)
    patch.setattr(time, "monotonic", lambda: real_time() + server.clock.ahead)
    ahead = lambda: UTC_NOW() + datetime.timedelta(seconds=server.clock.ahead)  # noqa: E731
    patch.setattr("google.auth._helpers.utcnow", ahead)


def impatient(*scopes: str) -> Client:
    """The connection that `sheetgd sync` makes."""
    return Client(*scopes, retries=RETRIES, timeout=TIMEOUT)


class Lesson:
    """A teacher's sheet with tick boxes: the lesson that `sheetgd new` draws."""

    start, log = ("D4", "D5"), ("O", 7)  # m and b; the log's first column and row

    def __init__(self, server: Google, path: Path, name: str = "lesson", **options: Any) -> None:
        self.server = server
        self.file: File = server.add(name, from_xlsx=path, **options)
        assert self.file.book
        self.book = self.file.book
        self.ticked_at = 0.0  # by the server's clock's advance
        self.add_box("T2", "Run", RUN)
        self.add_box("T3", "Reset", RESET)

    def add_box(self, label: str, text: str, cell: str) -> None:
        self.book.put(label, text)
        tab = self.book.tab()
        tab.cells[place_of(cell)] = {"dataValidation": TICK_BOX}

    def type(self, cell: str, value: Any) -> None:
        self.book.put(cell, value)
        self.server.drive.touch(self.file, TEACHER)

    def tick(self, cell: str) -> None:
        self.type(cell, True)
        self.ticked_at = self.server.clock.ahead

    @property
    def state(self) -> tuple[Any, ...]:
        """m, b and the epochs that are logged."""
        rows = []
        column, first = self.log
        while (epoch := self.book.value(f"{column}{first + len(rows)}")) is not None:
            rows.append(epoch)
        m, b = map(self.book.value, self.start)
        return m, b, rows

    @property
    def status(self) -> Any:
        return self.book.value(STATUS)

    @property
    def ticks(self) -> list[bool]:
        return [self.book.value(cell) is True for cell in (RUN, RESET)]


class Small(Lesson):
    """The small lesson of the other tests, which is quick to read and run."""

    start, log = ("B3", "B4"), ("N", 9)


def draw_small(path: Path) -> Path:
    """Its worksheet, of five epochs, with epoch 0 in the log."""
    draw(path, {"B2": 5})
    with library.open_book(path) as book:
        library.reset(book)
    return path


def states(path: Path, runs: int = 3) -> list[tuple[Any, ...]]:
    with library.open_book(path) as book:
        log = library.run(book, epochs=5 * runs, write=False).log
    found: list[tuple[Any, ...]] = [(1.0, 1.0, [0])]
    for count in range(5, 5 * runs + 1, 5):
        found.append((log[count - 1]["m"], log[count - 1]["b"], list(range(count + 1))))
    return found


def close(state: tuple[Any, ...]) -> Any:
    return (pytest.approx(state[0], rel=1e-12), pytest.approx(state[1], rel=1e-12), state[2])


def soaked(server: Google, folder: Path, *, minutes: float, seed: int) -> Soak:
    """Thirty small lessons, ticked and disturbed for so many simulated minutes; `server` is patched and hastened."""
    drawn = draw_small(folder / "soak.xlsx")
    lessons = [Small(server, drawn, f"lesson {number}") for number in range(30)]
    sync = Sync(impatient(WRITE), [(lesson.file.id, None) for lesson in lessons])
    soak = Soak(server, sync, lessons, states(drawn, MOST_RUNS), seed)
    soak.run(minutes, every=2.0 if minutes < 20 else 20.0)
    return soak


@dataclass
class Standing:
    """What a sheet must have come to: runs since the line was last put back, runs in the log, notes that must stay."""

    runs: int = 0
    logged: int = 0
    status_note: bool = False
    log_note: str = ""


class Soak:
    """Ticks, edits of the very cells that a run writes, and faults at random, for as long as is wanted."""

    def __init__(
        self, server: Google, sync: Sync, lessons: list[Lesson], expected: list[tuple[Any, ...]], seed: int
    ) -> None:
        """`expected` are the states after so many runs."""
        self.server, self.sync, self.lessons, self.expected = server, sync, lessons, expected
        self.chance = random.Random(seed)
        self.standing = {lesson.file.id: Standing() for lesson in lessons}
        self.planned: dict[str, Callable[[], None]] = {}  # edits, for the moment before a second look
        self.ticks = self.edits = self.faults = self.refused = 0
        self.minutes = 0.0
        spend, call = server.spend, server.call

        def counted(user: str, kind: str) -> None:
            try:
                spend(user, kind)
            except ApiError:
                self.refused += 1
                raise

        def edited(request: Request, who: Granted) -> Json:
            if request.query.get("fields") == [OWN]:
                key = request.path.rpartition("/")[2].partition(":")[0]
                self.planned.pop(key, lambda: None)()
            return call(request, who)

        server.spend, server.call = counted, edited  # type: ignore[method-assign]

    def run(self, minutes: float, every: float) -> None:
        """Simulate so many minutes, with a tick about `every` so many seconds, and quiet at the end."""
        clock, self.minutes = self.server.clock, minutes
        begun = due = clock.ahead
        end, quiet = begun + minutes * 60, begun + minutes * 60 - 240

        def wait(seconds: float) -> bool:
            nonlocal due
            clock.advance(max(seconds, 0.05))
            if due <= clock.ahead < quiet:
                due = clock.ahead + self.chance.uniform(0, 2 * every)
                self._tick()
                self._fail()
            return clock.ahead > end

        self.sync.forever(wait)

    def _tick(self) -> None:
        lesson = self.chance.choice(self.lessons)
        standing = self.standing[lesson.file.id]
        if any(lesson.ticks) or lesson.file.id in self.planned:
            return
        self.ticks += 1
        if (
            standing.log_note and lesson.book.value(standing.log_note) == NOTE
        ):  # the teacher takes it away again
            lesson.type(standing.log_note, None)
            standing.log_note = ""
        if self.chance.random() < 0.3 or standing.logged == MOST_RUNS:
            lesson.tick(RESET)
            standing.runs = standing.logged = 0
            return
        lesson.tick(RUN)
        standing.runs, standing.logged = standing.runs + 1, standing.logged + 1
        if self.chance.random() < 0.4:
            self._edit(lesson, standing)

    def _edit(self, lesson: Lesson, standing: Standing) -> None:
        """Let somebody type into a cell that the run is about to write: the start cells, the status or the log."""
        self.edits += 1
        column, first = lesson.log
        kind = self.chance.choice(["start", "status", "log"])
        if kind == "start":
            standing.runs = 1
            cells: dict[str, Any] = dict.fromkeys(lesson.start, 1)
        elif kind == "status":
            standing.status_note = True
            cells = {STATUS: NOTE}
        else:
            standing.runs, standing.logged = standing.runs - 1, standing.logged - 1
            standing.log_note = f"{column}{first + 5 * standing.logged + 2}"
            cells = {standing.log_note: NOTE}
        self.planned[lesson.file.id] = lambda: [lesson.type(*each) for each in cells.items()] and None  # type: ignore[func-returns-value]

    def _fail(self) -> None:
        chance = self.chance
        if chance.random() < 0.5:
            self.faults += 1
            what = chance.choice([429, 500, 502, 503, "reset", "cut"])
            call = chance.choice(["get", "getByDataFilter", "batchUpdate", "token", "*"])
            self.server.fail(call, what, after=chance.random() < 0.5, times=chance.choice([1, 1, 2, 5]))
        if chance.random() < 0.1:
            self.server.leave_out(
                "batchUpdate", chance.choice(["updatedSpreadsheet", "updatedSpreadsheet.sheets.data"])
            )
        if chance.random() < 0.05:
            self.server.offline(chance.randrange(1, 30))
        if chance.random() < 0.05:
            self.server.tokens.forget()

    def wrong(self) -> list[str]:
        """The sheets that are not as so many runs leave them, still ticked, or without a note that somebody typed."""
        return [lesson.file.name for lesson in self.lessons if not self._is_right(lesson)]

    def _is_right(self, lesson: Lesson) -> bool:
        standing = self.standing[lesson.file.id]
        m, b, _ = close(self.expected[standing.runs])
        notes = [STATUS] * standing.status_note + [standing.log_note] * bool(standing.log_note)
        return (
            lesson.state == (m, b, list(range(5 * standing.logged + 1)))
            and not any(lesson.ticks)
            and all(lesson.book.value(cell) == NOTE for cell in notes)
        )

    def __str__(self) -> str:
        return (
            f"{self.minutes:g} simulated minutes, {len(self.lessons)} sheets: {self.ticks} ticks, {self.edits} edits "
            f"of own cells, {self.faults} planted faults, {len(self.server.calls):,} calls, {self.refused} over the "
            f"quota, {len(self.wrong())} sheets wrong"
        )
