"""sync: whoever ticks Run or Reset in a Google Sheet sees the numbers move; nothing is lost or doubled by any fault."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from conftest import CommandLine, plain_environment
from google_server import Google
from google_sheets import place_of
from google_soak import (
    RESET,
    RUN,
    TICK_BOX,
    Lesson,
    Small,
    close,
    draw_small,
    hasten,
    impatient,
    soaked,
    states,
)
from google_tokens import TEACHER
from sheetgd.books.google import drive as google_drive
from sheetgd.books.google.client import Google as Client
from sheetgd.books.google.credentials import WATCH, WRITE
from sheetgd.grid.a1 import Area, a1, parse
from sheetgd.grid.sheet import Sheet
from sheetgd.online.sync import Sync
from sheetgd.online.tick_boxes import find_boxes
from small_lesson import draw


@pytest.fixture(autouse=True)
def quick(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(google, monkeypatch)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(library.new("descent", tmp_path_factory.mktemp("sync") / "lesson.xlsx"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_small(tmp_path_factory.mktemp("sync") / "small.xlsx")


@pytest.fixture
def lesson(google: Google, drawn: Path) -> Lesson:
    return Lesson(google, drawn)


@pytest.fixture
def expected(drawn: Path) -> list[tuple[Any, ...]]:
    """The state after 0, 1, 2, 3 … runs of five epochs, by the same worksheet as a file."""
    return states(drawn)


def watching(lesson: Lesson, *others: Lesson, **options: Any) -> Sync:
    keys = [(each.file.id, None) for each in (lesson, *others)]
    return Sync(impatient(WRITE), keys, **options)


def kinds(server: Google) -> dict[str, int]:
    """Reads and writes since the last time, tokens apart."""
    counted = server.count()
    server.calls.clear()
    return {kind: counted[kind] for kind in ("read", "write") if kind in counted}


def test_a_tick_runs_and_is_taken_away_with_a_word_beside_it(
    google: Google, lesson: Lesson, expected: list[tuple[Any, ...]]
) -> None:
    sync = watching(lesson)
    assert sync.once() and kinds(google) == {"read": 1}  # finds the boxes
    assert sync.once() and kinds(google) == {"read": 1}  # looks at them alone
    lesson.tick(RUN)
    assert sync.once() and kinds(google) == {"read": 2, "write": 1}
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
        "no tick box was found; type Run in a cell, and put a tick box right of it (Insert > Tick box)."
    )
    lesson.add_box("T20", "Run", "T21")  # under its label
    sync.once()
    lesson.tick("T21")
    sync.once()
    assert lesson.state == close(expected[1]) and lesson.book.value("T21") is False
    for cell in ("T20", "T21"):
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


FAULTS: list[tuple[Any, dict[str, Any]]] = [
    (429, {}), (429, {"retry_after": 3}), (500, {}), (502, {}), (503, {}), ("reset", {}), ("cut", {}), ("hang", {}),
]  # fmt: skip


@pytest.mark.parametrize("times", [1, 4])  # which the call's own patience bears, and does not
@pytest.mark.parametrize(("what", "more"), FAULTS)
def test_a_fault_at_any_call_leaves_the_sheet_before_or_after(
    google: Google, small: Path, what: Any, more: dict[str, Any], times: int
) -> None:
    lesson = Small(google, small)
    wanted = states(small, 8)
    patience = 0.6 if what == "hang" else 20.0
    sync = Sync(Client(WRITE, retries=2, timeout=(5.0, patience)), [(lesson.file.id, None)])
    sync.once()
    cases = [
        (call, after)
        for call in ("getByDataFilter", "get", "batchUpdate", "token")
        for after in (False, True)
    ]
    if what == "hang":
        cases = [("getByDataFilter", False), ("batchUpdate", False), ("batchUpdate", True)]
    for number, (call, after) in enumerate(cases):
        if call == "token":
            google.tokens.forget()
        lesson.tick(RUN)
        google.fail(call, what, after=after, times=times, **more)
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
    assert len(waited) == 30 and waited[0] < 40 and max(waited) < 100


# -- what teachers do to their sheets --------------------------------------------------------------------------------
def test_a_tab_is_renamed_while_it_is_watched_and_while_it_runs(
    google: Google, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson, wanted = Small(google, small), states(small)
    sync = watching(lesson)
    sync.once()
    lesson.book.tab().properties["title"] = "Class 7b"
    lesson.tick(RUN)
    assert sync.once() and lesson.state == close(wanted[1])

    def rename() -> None:
        lesson.book.tab().properties["title"] = "Class 8"
        lesson.type("B1", 0.0002)  # so that the run is taken back, and looked for under its old name

    lesson.tick(RUN)
    google.meanwhile("write", rename)
    for _ in range(2):
        sync.once()
    assert lesson.ticks == [False, False] and lesson.state[2] == list(range(11))
    assert lesson.status.startswith("5 epochs, rmse ")


def test_a_tab_is_deleted_while_it_is_watched(google: Google, small: Path) -> None:
    lesson = Small(google, small)
    sync = watching(lesson)
    sync.once()
    [sheet] = sync.sheets.values()
    lesson.book.add_sheet("Other")
    del lesson.book.tabs[0]
    assert not sync.once()
    assert sheet.words.startswith("the sheet was deleted while sheetgd was at work; ")
    assert not sync.once() and sheet.words.startswith("no tick box was found; ")


def test_a_row_inserted_during_the_run_leads_to_no_second_one(google: Google, small: Path) -> None:
    """Google cannot refuse that write; so nothing more may be written into what are now wrong cells."""
    lesson = Small(google, small)
    sync = watching(lesson)
    lesson.tick(RUN)
    moved = {(row + (row > 0), column): cell for (row, column), cell in lesson.book.tab().cells.items()}

    def insert() -> None:
        lesson.book.tab().cells = dict(moved)
        lesson.book.tab().properties["gridProperties"]["rowCount"] += 1
        lesson.book.recalculate()

    google.meanwhile("write", insert)
    sync.once()
    assert lesson.book.value("U3") is False  # where the box now is
    assert str(lesson.book.value("V3")).startswith("not run: rows or columns were inserted or deleted while ")


def test_protected_cells(google: Google, small: Path) -> None:
    lesson, wanted = Small(google, small), states(small)
    sync = watching(lesson)
    lesson.book.protect("V2:V3", editors=("colleague@example.org",))  # the status
    lesson.tick(RUN)
    assert sync.once() and lesson.state == close(wanted[1]) and lesson.status is None
    assert str(lesson.book.value("U4")).startswith("5 epochs, ")
    lesson.book.tab().protected.clear()
    lesson.book.protect("B3", editors=("colleague@example.org",))  # a start cell
    lesson.tick(RUN)
    assert sync.once() and lesson.state == close(wanted[1]) and lesson.ticks == [False, False]
    assert lesson.status.startswith("not run: sheetgd would write into B3, which is protected, and ")


def test_a_box_that_nobody_can_untick_is_not_tried_all_the_time(google: Google, small: Path) -> None:
    lesson, other, wanted = Small(google, small), Small(google, small, "other"), states(small)
    lesson.book.protect("U2", editors=("colleague@example.org",))
    sync = watching(lesson, other)
    told: list[str] = []
    sync.tell = lambda sheet: told.append(sheet.words)
    lesson.tick(RUN)
    begun = google.clock.ahead

    def wait(seconds: float) -> bool:
        google.clock.advance(max(seconds, 0.05))
        if google.clock.ahead > begun + 300 and not other.ticked_at:
            other.tick(RUN)
        return google.clock.ahead > begun + 600

    sync.forever(wait)
    tried = [call for call in google.calls if call.kind == "read" and lesson.file.id in str(call.query)]
    assert lesson.state == close(wanted[0]) and other.state == close(wanted[1])
    assert len(tried) < 20 and "write" in kinds(google)
    assert [words for words in told if "sheetgd would write into U2, which is protected" in words][1:] == []


def test_boxes_on_several_tabs_and_only_those_that_were_named(google: Google, tmp_path: Path) -> None:
    path = draw(tmp_path / "three.xlsx", {"B2": 5}, sheets=("One", "Two", "Three"))
    file = google.add("three", from_xlsx=path)
    assert file.book
    gids = {tab.title: tab.id for tab in file.book.tabs}
    for title in gids:
        for address, text in (("T2", "Run"), ("T3", "Reset")):
            file.book.put(address, text, title)
            file.book.tab(title).cells[place_of(address.replace("T", "U"))] = {"dataValidation": TICK_BOX}

    def tick_all() -> None:
        for title in gids:
            file.book.put(RUN, True, title)  # type: ignore[union-attr]

    def done() -> list[bool]:
        return [file.book.value(RUN, title) is False for title in gids]  # type: ignore[union-attr]

    tick_all()
    sync = Sync(impatient(WRITE), [(file.id, gids["One"]), (file.id, gids["Three"])])
    assert sync.once() and done() == [True, False, True]
    assert [file.book.value("N9", title) for title in gids] == [1, None, 1]
    assert Sync(impatient(WRITE), [(file.id, None)]).once() and done() == [True, True, True]
    lost = Sync(impatient(WRITE), [(file.id, gids["One"]), (file.id, 77)])
    assert not lost.once()
    assert lost.sheets[file.id].words == (
        "it has no sheet with gid=77, which the address names; copy the address again; its sheets are One, Two, Three."
    )
    file.book.protect("U2", "One", editors=("colleague@example.org",))
    tick_all()
    assert not Sync(impatient(WRITE), [(file.id, None)]).once() and done() == [False, True, True]


@pytest.mark.parametrize(
    ("texts", "ticks", "merged", "boxes", "place"),
    [
        ({"A1": "Run", "C1": "Reset"}, "B1 D1", "", "D1 B1", "E1"),
        ({"A1": "Run", "B1": "Reset"}, "A2 B2", "", "B2 A2", "C2"),
        ({"B1": "Run", "A2": "Reset"}, "B2", "", "B2", "C2"),  # the box is Reset's
        ({"A1": "Run", "A3": "Reset"}, "C1 C3", "A1:B1 A3:B3", "C3 C1", "D1"),
        ({"A1": "Run"}, "B1", "C1:D1 B2:B3", "B1", "C1"),
        ({"A1": "Run", "C1": "5 epochs, rmse 17, 10:32"}, "B1", "", "B1", "C1"),
        ({"A1": "Run", "C1": "in room 5, 10:32", "B2": "mine"}, "B1", "", "B1", None),
        ({"A1": "run it", "A2": "Run"}, "B1 B2", "", "B2", "C2"),
    ],
)
def test_where_boxes_and_their_status_are(
    texts: dict[str, str], ticks: str, merged: str, boxes: str, place: str | None
) -> None:
    sheet = Sheet("Lesson")
    sheet.values = {parse(address): text for address, text in texts.items()}
    sheet.merged = [Area(*parse(area.split(":")[0]), *parse(area.split(":")[1])) for area in merged.split()]
    found = find_boxes(sheet, {parse(address) for address in ticks.split()})
    assert [a1(box.cell) for box in found.boxes] == boxes.split()
    assert (found.status and a1(found.status)) == place


def test_a_folder_in_pages_with_a_new_sheet_and_one_that_leaves(
    google: Google, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_drive, "PAGE", 2)
    folder = google.drive.add("class", "application/vnd.google-apps.folder", TEACHER)
    google.sign_in("spreadsheets", "drive.metadata.readonly")
    lessons = [Small(google, small, f"lesson {n}", parents=[folder.id]) for n in range(3)]
    sync = Sync(impatient(WRITE, WATCH), [(lessons[0].file.id, None)], folder=folder.id)
    assert sync.once() and len(sync.sheets) == 3
    lessons.append(Small(google, small, "lesson 3", parents=[folder.id]))
    lessons[3].tick(RUN)
    lessons[0].file.parents.clear()
    lessons[1].file.trashed = True
    told: list[tuple[str, str]] = []
    sync.tell = lambda sheet: told.append((sheet.name, sheet.words))
    assert sync.once()
    assert [sheet.name for sheet in sync.sheets.values()] == ["lesson 0", "lesson 2", "lesson 3"]
    assert ("lesson 1", "no longer in the folder") in told
    assert lessons[3].state == close(states(small)[1])
    folder.trashed = True
    google.drive.files.pop(folder.id)
    assert not sync.once()
    assert told[-1][0] == "the folder" and told[-1][1].startswith(
        f"there is no folder {folder.id}, or it is not "
    )


def test_a_sheet_without_boxes_in_a_folder_costs_little_however_often_it_is_changed(google: Google) -> None:
    folder = google.drive.add("class", "application/vnd.google-apps.folder", TEACHER)
    google.sign_in("spreadsheets", "drive.metadata.readonly")
    roster = google.add("roster", cells={"A1": "names"}, parents=[folder.id])
    sync = Sync(impatient(WRITE, WATCH), [], folder=folder.id)
    begun = google.clock.ahead

    def wait(seconds: float) -> bool:
        google.clock.advance(max(seconds, 0.5))
        google.drive.touch(roster, TEACHER)
        return google.clock.ahead > begun + 100

    sync.forever(wait)
    assert kinds(google)["read"] <= 11


def test_another_user_of_the_quota_is_given_way(google: Google, small: Path) -> None:
    lesson = Small(google, small)
    sync = watching(lesson)
    google.fail("read", 429, times=3)
    sync.once()
    assert 20 < sync.quota.delay("read") <= 30


def test_a_new_lesson_of_sheetgd_is_ready_for_sync(google: Google, sheetgd: CommandLine, drawn: Path) -> None:
    google.sign_in("spreadsheets", "drive.file")
    made = sheetgd("new", "--google", "Class 7b", env=google.environment)
    assert made.code == 0, made.err
    [file] = [file for file in google.drive.files.values() if file.name == "Class 7b"]
    assert file.book
    [run] = re.findall(r"tick Run \((\w+)\)", made.out)[:1]
    file.book.put(run, True)
    done = sheetgd("sync", file.id, "--once", env=google.environment)
    assert (done.code, done.err) == (0, "") and "Class 7b: 5 epochs, rmse 15.7208" in done.out
    m, b, _ = states(drawn)[1]
    assert (file.book.value("D4"), file.book.value("D5")) == (
        pytest.approx(m, rel=1e-12),
        pytest.approx(b, rel=1e-12),
    )
    assert file.book.value(run) is False


def test_nothing_of_a_key_is_shown_whatever_fails(google: Google, small: Path, sheetgd: CommandLine) -> None:
    lesson = Small(google, small)
    lesson.tick(RUN)
    google.fail("*", "reset")
    google.fail("read", 503)
    done = sheetgd("sync", lesson.file.url, "--once", env=google.environment)
    assert (done.code, done.err) == (0, ""), done
    google.tokens.revoked = True
    done = sheetgd("sync", lesson.file.url, "--once", env=google.environment)
    assert done.code == 1 and done.err == "" and "Google does not accept the key of" in done.out
    key = json.loads(google.key.read_text(encoding="utf-8"))
    assert (
        key["private_key_id"] not in done.out and "PRIVATE KEY" not in done.out and "Bearer" not in done.out
    )


# -- the command -----------------------------------------------------------------------------------------------------
def test_once_from_the_command_line(
    google: Google, lesson: Lesson, sheetgd: CommandLine, expected: list[tuple[Any, ...]]
) -> None:
    lesson.tick(RUN)
    done = sheetgd("sync", lesson.file.url, "--once", env=google.environment)
    assert (done.code, done.err) == (0, "")
    last = done.out.splitlines()[-1]
    assert re.fullmatch(r"\d\d:\d\d  lesson: 5 epochs, rmse 15\.7208", last)
    assert lesson.state == close(expected[1])


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "no sheet is named; give the address of a Google Sheet, or --folder and that of a folder."),
        (["lesson.xlsx"], "lesson.xlsx is not the address of a Google Sheet; copy it from the browser"),
        (
            ["--folder", "class"],
            "class is not the address of a Google Drive folder; copy it from the browser",
        ),
        (["KEY", "--every", "0.1s"], "0.1s is not a time from 0.5s to 60m, such as 2s"),
    ],
)
def test_words_that_do_not_fit(sheetgd: CommandLine, google: Google, words: list[str], text: str) -> None:
    done = sheetgd("sync", *words, env=google.environment)
    assert done.code == 2 and text in done.err


@pytest.fixture
def started(google: Google, lesson: Lesson, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sheetgd", "sync", lesson.file.url, "--every", "0.5s"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **plain_environment(), **google.environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="a process is told to stop otherwise on Windows")
def test_it_watches_until_ctrl_c(
    google: Google,
    lesson: Lesson,
    started: subprocess.Popen[str],
    expected: list[tuple[Any, ...]],
    sheetgd: CommandLine,
) -> None:
    assert started.stdout
    assert started.stdout.readline()[7:] == "lesson: found Run (U2) and Reset (U3) on Descent\n"
    second = sheetgd("sync", lesson.file.url, "--once", env=google.environment)
    assert second.code == 1 and second.err == (
        f"another sheetgd sync on this computer is watching {lesson.file.id} already; "
        "leave it to that, or stop that.\n"
    )
    lesson.tick(RUN)
    assert "5 epochs, rmse 15.7208" in started.stdout.readline()
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (started.returncode, out) == (0, "Stopped; no run was left unfinished.\n")
    assert err in ("", "Stopping when this sheet is done; Ctrl-C once more stops at once.\n")
    assert lesson.state == close(expected[1])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_on_a_terminal_each_sheet_has_a_line(google: Google, small: Path, tmp_path: Path) -> None:
    import pty

    lesson, shown = Small(google, small), b""
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "sheetgd", "sync", lesson.file.url, "--every", "0.5s"]
    environment = {**os.environ, **plain_environment(), **google.environment, "TERM": "xterm"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)

    def read_until(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            shown += os.read(keyboard, 10_000)  # an OSError at its end

    try:
        read_until(b"found Run (U2) and Reset (U3) on Lesson")
        lesson.tick(RUN)
        read_until(b"5 epochs, rmse 22.5446")
        process.send_signal(signal.SIGTERM)
        read_until(b"Stopped; no run was left unfinished.")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
    assert b"Traceback" not in shown and lesson.state == close(states(small)[1])


# -- a long time with everything -------------------------------------------------------------------------------------
def test_some_minutes_of_thirty_sheets_and_faults(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, nothing is doubled, the quota is kept; scripts/dev/ordeal.py has two hours of it."""
    soak = soaked(google, tmp_path, minutes=12, seed=6)
    print(f"\n{soak}")
    assert soak.wrong() == [] and soak.refused == 0
    assert soak.ticks > 10 and soak.faults > 4
