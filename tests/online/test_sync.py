"""sync: whoever ticks Run or Reset in a Google Sheet sees the numbers move; nothing is lost or doubled by any fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from fakes.google import watching as fixtures
from fakes.google.server import Google
from fakes.google.sheets import place_of
from fakes.google.soak import (
    RESET,
    RUN,
    Lesson,
    Small,
    close,
    impatient,
    soaked,
    states,
)
from fakes.google.tokens import TEACHER
from fakes.google.watching import kinds, watching
from sheetgd.books.google.client import Google as Client
from sheetgd.books.google.credentials import WATCH, WRITE
from sheetgd.online.sync import Sync
from small_lesson import draw

pytestmark = pytest.mark.usefixtures("quick")
quick, drawn, small = fixtures.quick, fixtures.drawn, fixtures.small
lesson, expected = fixtures.lesson, fixtures.expected


def test_a_tick_runs_and_is_taken_away_with_a_word_beside_it(
    google: Google, lesson: Lesson, expected: list[tuple[Any, ...]]
) -> None:
    sync = watching(lesson)
    assert sync.once() and kinds(google) == {"read": 1}  # finds the boxes
    assert sync.once() and kinds(google) == {"read": 1}  # looks at them alone
    lesson.tick(RUN)
    assert sync.once() and kinds(google) == {"read": 3, "write": 1}  # the boxes, the sheet, the own cells
    assert lesson.state == close(expected[1]) and lesson.ticks == [False, False]
    assert lesson.status.startswith("5 epochs, rmse 15.7208, ") and lesson.status[-3] == ":"
    assert sync.once() and kinds(google) == {"read": 1}
    lesson.tick(RESET)
    assert sync.once()
    assert lesson.state == close(expected[0]) and lesson.status.startswith("reset, rmse 50.7819, ")


def test_both_boxes_at_once_reset_first(
    google: Google, lesson: Lesson, expected: list[tuple[Any, ...]]
) -> None:
    sync = watching(lesson)
    for _ in range(2):
        lesson.tick(RUN)
        sync.once()
    assert lesson.state == close(expected[2])
    lesson.tick(RUN)
    lesson.tick(RESET)
    sync.once()
    assert lesson.state == close(expected[1]) and lesson.ticks == [False, False]


@pytest.mark.parametrize(
    ("cell", "value", "words"),
    [
        ("H3", "0,0001", 'not run: H3: learn is the text "0,0001", not a number; type 0.0001 as a number'),
        ("H4", 0, "not run: H4: epochs is 0; type a whole number from 1 to 1,000,000"),
        ("D4", "=1+0", "not run: D4: "),
    ],
)
def test_an_error_is_written_beside_the_box_and_not_tried_again(
    google: Google, lesson: Lesson, cell: str, value: Any, words: str
) -> None:
    sync = watching(lesson)
    lesson.type(cell, value)
    before = lesson.state
    lesson.tick(RUN)
    assert sync.once()
    assert lesson.ticks == [False, False] and lesson.state == before
    assert lesson.status.startswith(words[:40]), lesson.status
    kinds(google)
    sync.once()
    assert "write" not in kinds(google)


def test_a_run_that_diverges_says_so(google: Google, lesson: Lesson) -> None:
    lesson.type("H3", 0.1)
    before = lesson.state
    lesson.tick(RUN)
    watching(lesson).once()
    assert lesson.status.startswith(
        "the run diverged in epoch 1 with learn 0.1; the sheet is as it was; for these x, every learn below 0.000399"
    )
    assert lesson.state == before and lesson.ticks == [False, False]


def test_a_text_is_no_tick(google: Google, lesson: Lesson) -> None:
    sync = watching(lesson)
    lesson.type(RUN, "TRUE")
    before = lesson.state
    sync.once()
    assert lesson.state == before


def test_boxes_that_are_made_later_or_moved_are_found(
    google: Google, drawn: Path, expected: list[tuple[Any, ...]]
) -> None:
    lesson = Lesson(google, drawn)
    for cell in ("T2", "T3", RUN, RESET):
        lesson.book.tab().cells.pop(place_of(cell))
    lesson.book.recalculate()
    sync = watching(lesson)
    assert not sync.once()
    [sheet] = sync.sheets.values()
    assert sheet.words == (
        "no checkbox was found; type Run in a cell, and put a checkbox to its right (Insert > Checkbox)."
    )
    lesson.add_box("T200", "Run", "T201")  # under its label
    sync.once()
    lesson.tick("T201")
    sync.once()
    assert lesson.state == close(expected[1]) and lesson.book.value("T201") is False
    for cell in ("T200", "T201"):
        lesson.book.tab().cells.pop(place_of(cell))
    lesson.add_box("T30", "Run epochs", "U30")
    lesson.tick("U30")
    sync.once()
    assert lesson.state == close(expected[2])


def test_what_stands_beside_the_box_is_not_overwritten(
    google: Google, lesson: Lesson, expected: list[tuple[Any, ...]]
) -> None:
    lesson.type("V2", "my note")
    lesson.type("U3", None)
    lesson.book.tab().cells.pop(place_of("U3"), None)
    lesson.type("U3", "mine, too")
    lesson.tick(RUN)
    watching(lesson).once()
    assert lesson.state == close(expected[1])
    assert (lesson.book.value("V2"), lesson.book.value("U3")) == ("my note", "mine, too")


def test_two_watchers_of_one_sheet_do_not_run_it_twice(
    google: Google, lesson: Lesson, expected: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of the second falls between two steps of the first."""
    first, second = watching(lesson), watching(lesson)
    first.once(), second.once()
    lesson.tick(RUN)
    write = Client.write
    held: list[Sync] = [second]

    def write_late(self: Client, *words: Any) -> Any:
        if held:
            held.pop().once()  # the other one runs whole between our read and our write
        return write(self, *words)

    monkeypatch.setattr(Client, "write", write_late)
    first.once()
    assert lesson.state == close(expected[1]) and lesson.ticks == [False, False]
    first.once(), second.once()
    assert lesson.state == close(expected[1])


def test_what_is_typed_during_a_run_counts_and_is_said(
    google: Google, lesson: Lesson, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sync = watching(lesson)
    lesson.tick(RUN)
    write = Client.write
    late = [0.0002]

    def write_late(self: Client, *words: Any) -> Any:
        if late:
            lesson.type("H3", late.pop())
        return write(self, *words)

    monkeypatch.setattr(Client, "write", write_late)
    assert sync.once()
    assert lesson.status.startswith("5 epochs, from values typed meanwhile, rmse ")
    assert lesson.book.value("H3") == 0.0002
    assert lesson.state[2] == [0, 1, 2, 3, 4, 5] and lesson.ticks == [False, False]
    again = tmp_path / "again.xlsx"
    library.new("descent", again, learn=0.0002)
    assert lesson.state == close(states(again)[1])


def test_a_status_cell_typed_during_a_run_is_not_overwritten(
    google: Google, lesson: Lesson, expected: list[tuple[Any, ...]]
) -> None:
    """Nor a start cell: both are looked at again immediately before the write."""
    sync = watching(lesson)
    sync.once()

    def disturb() -> None:
        lesson.type("V2", "my note")
        lesson.type("D4", 2)

    lesson.tick(RUN)
    google.meanwhile(
        "getByDataFilter",
        lambda: google.meanwhile("getByDataFilter", lambda: google.meanwhile("getByDataFilter", disturb)),
    )
    assert sync.once() and lesson.ticks == [False, False]
    assert lesson.book.value("V2") == "my note"
    assert str(lesson.book.value("V3")).startswith("5 epochs, from values typed meanwhile, rmse ")
    assert lesson.state[0] > expected[1][0] and kinds(google)["write"] == 1


def test_a_run_that_cannot_be_taken_back_is_taken_back_later_and_done_again(
    google: Google, small: Path, tmp_path: Path
) -> None:
    lesson = Small(google, small)
    sync = watching(lesson)
    sync.once()
    told: list[str] = []
    sync.tell = lambda sheet: told.append(sheet.words)
    lesson.tick(RUN)
    google.meanwhile("write", lambda: lesson.type("B1", 0.0002))
    google.fail("write", 503, skip=1, times=4)  # one more than a call bears
    assert not sync.once()
    assert told == [
        "the sheet changed during the run (Lesson!B1), and what was written could not be taken back (Google's servers "
        "failed several times (HTTP 503)); the sheet shows the results of its old values: go back with File > Version "
        "history, and run again."
    ]
    assert lesson.state[2] == list(range(6)) and lesson.ticks == [False, False]
    google.leave_out("getByDataFilter", "sheets.data")  # which says nothing of what stands there
    assert not sync.once() and "(Google's answer does not say what the sheet holds)" in told[1]
    assert sync.once() and told[2] == "what was computed from old values has been taken back"
    assert told[3].startswith("5 epochs, rmse ") and lesson.ticks == [False, False]
    draw(tmp_path / "new.xlsx", {"B1": 0.0002, "B2": 5})
    with library.open_book(tmp_path / "new.xlsx") as book:
        library.reset(book)
    assert lesson.state == close(states(tmp_path / "new.xlsx")[1])


def test_what_is_found_after_the_write_is_said(google: Google, small: Path) -> None:
    """The tick is gone by then, and with it the cell to say it in."""
    lesson = Small(google, small)
    sync = watching(lesson)
    sync.once()
    told: list[str] = []
    sync.tell = lambda sheet: told.append(sheet.words)
    lesson.tick(RUN)
    google.leave_out("write", "updatedSpreadsheet")
    google.meanwhile("write", lambda: google.leave_out("read", "sheets.data"))
    sync.once()
    assert told == [
        "the run was written, but Google's answers do not say what the sheet holds now; look at the sheet: if "
        "somebody typed a value in the meantime, run again"
    ]
    assert lesson.ticks == [False, False] and lesson.state[2] == list(range(6))


def test_what_somebody_has_changed_since_is_not_taken_back(google: Google, small: Path) -> None:
    lesson = Small(google, small)
    sync = watching(lesson)
    sync.once()
    lesson.tick(RUN)
    google.meanwhile("write", lambda: lesson.type("B1", 0.0002))
    google.fail("write", 503, skip=1, times=4)
    assert not sync.once()
    lesson.type("B3", 3)  # by hand
    told: list[str] = []
    sync.tell = lambda sheet: told.append(sheet.words)
    assert sync.once() and lesson.state[0] == 3 and lesson.state[2] == list(range(6))
    assert told == ["the sheet was changed again, so nothing of an old run was taken back"]


FAULTS: list[tuple[Any, dict[str, Any]]] = [
    (429, {}),
    (429, {"retry_after": 3}),
    (500, {}),
    (502, {}),
    (503, {}),
    ("reset", {}),
    ("cut", {}),
    ("hang", {}),
]


@pytest.mark.parametrize("times", [1, 4])  # which the call's own patience bears, and does not
@pytest.mark.parametrize(("what", "more"), FAULTS)
def test_a_fault_at_any_call_leaves_the_sheet_before_or_after(
    google: Google, small: Path, what: Any, more: dict[str, Any], times: int
) -> None:
    lesson = Small(google, small)
    wanted = states(small, 9)
    patience = 0.6 if what == "hang" else 20.0
    sync = Sync(Client(WRITE, retries=2, timeout=(5.0, patience)), [(lesson.file.id, None)])
    sync.once()
    looks = [("getByDataFilter", False, skip) for skip in (0, 1, 2)]  # at the boxes, the sheet, the own cells
    cases = [
        *looks,
        *[(call, after, 0) for call in ("get", "batchUpdate", "token") for after in (False, True)],
    ]
    if what == "hang":
        cases = [*looks, ("batchUpdate", False, 0), ("batchUpdate", True, 0)]
    for number, (call, after, skip) in enumerate(cases):
        if call == "token":
            google.tokens.forget()
        if call == "get":  # the search for boxes
            sync.sheets[lesson.file.id].searched -= 100
        lesson.tick(RUN)
        google.fail(call, what, after=after, times=times, skip=skip, **more)
        tries = 0
        while tries < 3 or any(lesson.ticks):
            sync.once()
            tries += 1
            assert tries < 9 and lesson.state in (close(wanted[number]), close(wanted[number + 1])), (
                call,
                after,
            )
        assert lesson.state == close(wanted[number + 1]), (call, after)
        assert google.faults.pop().times < times  # it has struck


def test_ten_minutes_without_network(google: Google, lesson: Lesson, expected: list[tuple[Any, ...]]) -> None:
    sync = watching(lesson)
    sync.once()
    lesson.tick(RUN)
    begun = google.clock.ahead
    gone = [True]

    def wait(seconds: float) -> bool:
        google.clock.advance(seconds)
        if gone[0]:
            google.offline(1000)
            if google.clock.ahead - begun > 600:
                gone[0] = False
                (google.folder / "offline").unlink()
        return google.clock.ahead - begun > 800

    sync.forever(wait)
    assert lesson.state == close(expected[1]) and lesson.ticks == [False, False]


def test_a_sheet_that_may_only_be_read_is_said_to_be(google: Google, drawn: Path) -> None:
    lesson = Lesson(google, drawn, share="reader")
    lesson.tick(RUN)
    sync = watching(lesson)
    assert not sync.once()
    [sheet] = sync.sheets.values()
    assert "may read it but not change it; press Share in Google Sheets" in sheet.words
    assert lesson.ticks == [True, False]


def test_a_folder_is_watched_by_one_call(
    google: Google, drawn: Path, expected: list[tuple[Any, ...]]
) -> None:
    folder = google.drive.add("class", "application/vnd.google-apps.folder", TEACHER)
    google.sign_in("spreadsheets", "drive.metadata.readonly")
    lessons = [Lesson(google, drawn, f"lesson {n}", parents=[folder.id]) for n in range(3)]
    sync = Sync(impatient(WRITE, WATCH), [], folder=folder.id)
    begun = google.clock.ahead
    counted: dict[str, int] = {}

    def wait(seconds: float) -> bool:
        google.clock.advance(max(seconds, 0.01))
        if not counted and google.clock.ahead > begun + 30:
            counted.update(google.count())
            lessons[1].tick(RUN)
        return google.clock.ahead > begun + 50

    sync.forever(wait)
    assert counted["read"] == 3  # each was searched once
    assert counted["drive"] >= 14
    assert [each.state for each in lessons] == [close(expected[n]) for n in (0, 1, 0)]
    assert sorted(sheet.name for sheet in sync.sheets.values()) == ["lesson 0", "lesson 1", "lesson 2"]
    lessons[0].file.trashed = True
    assert sync.once()
    assert sorted(sheet.name for sheet in sync.sheets.values()) == ["lesson 1", "lesson 2"]


def test_the_quota_is_kept_and_each_of_thirty_sheets_has_its_turn(google: Google, small: Path) -> None:
    lessons = [Small(google, small, f"lesson {n}") for n in range(30)]
    sync = watching(*lessons)
    begun = google.clock.ahead
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        """One tick alone after a minute and a half, all others at once when it is answered."""
        google.clock.advance(max(seconds, 0.05))
        now = google.clock.ahead - begun
        if now > 90 and not lessons[0].ticked_at:
            lessons[0].tick(RUN)
        if waited and not lessons[1].ticked_at:
            for each in lessons[1:]:
                each.tick(RUN)
        for each in lessons:
            if 0 < each.ticked_at < float("inf") and not each.ticks[0]:
                waited.append(google.clock.ahead - each.ticked_at)
                each.ticked_at = float("inf")
        return len(waited) == 30 or now > 400

    sync.forever(wait)
    assert [call for call in google.calls if call.status == 429] == []
    print(
        f"of thirty sheets: a tick alone was answered after {waited[0]:.0f} s, 29 at once after {waited[-1]:.0f} s"
    )
    assert len(waited) == 30 and waited[0] < 40 and max(waited) < 130


def test_some_minutes_of_thirty_sheets_and_faults(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, nothing is doubled, the quota is kept; scripts/dev/ordeal.py has two hours of it."""
    soak = soaked(google, tmp_path, minutes=12, seed=6)
    print(f"\n{soak}")
    assert soak.wrong() == [] and soak.refused == 0
    assert soak.ticks > 10 and soak.faults > 4 and soak.edits > 4
