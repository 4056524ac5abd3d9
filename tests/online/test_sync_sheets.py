"""sync: what teachers do to the sheets that it watches."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conftest import CommandLine
from fakes.google import watching as fixtures
from fakes.google.server import Google
from fakes.google.sheets import place_of
from fakes.google.soak import (
    RUN,
    TICK_BOX,
    Small,
    close,
    impatient,
    states,
)
from fakes.google.tokens import TEACHER
from fakes.google.watching import kinds, watching
from sheetgd.books.google import drive as google_drive
from sheetgd.books.google.credentials import WATCH, WRITE
from sheetgd.grid.a1 import Area, a1, parse
from sheetgd.grid.sheet import Sheet
from sheetgd.online.sync import Sync
from sheetgd.online.tick_boxes import find_boxes
from small_lesson import draw

pytestmark = pytest.mark.usefixtures("quick")
quick, drawn, small = fixtures.quick, fixtures.drawn, fixtures.small
lesson, expected = fixtures.lesson, fixtures.expected


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
    assert not sync.once() and sheet.words.startswith("no checkbox was found; ")


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
    assert [file.book.value("N10", title) for title in gids] == [1, None, 1]
    assert Sync(impatient(WRITE), [(file.id, None)]).once() and done() == [True, True, True]
    lost = Sync(impatient(WRITE), [(file.id, gids["One"]), (file.id, 77)])
    assert not lost.once()
    assert lost.sheets[file.id].words == (
        "it has no sheet with gid=77, which the address names; copy the address again; its sheets are One, Two, Three."
    )
    file.book.protect("U2", "One", editors=("colleague@example.org",))
    tick_all()
    assert not Sync(impatient(WRITE), [(file.id, None)]).once() and done() == [False, True, True]


def test_a_tick_reads_its_tab_and_what_that_reads(google: Google, tmp_path: Path) -> None:
    """Not the others, however large; and the answer to the write shows no more."""
    path = draw(tmp_path / "four.xlsx", {"B2": 5}, sheets=("Lesson", "Data", "More", "Large"))
    lesson = Small(google, path)
    for address in ("A9", "A10", "A11"):
        lesson.book.put(address, f"=Data!{address}")
        lesson.book.put(address, f"='More'!{address}", "Data")
    lesson.book.names.append(
        {
            "namedRangeId": "n",
            "name": "rate",
            "range": {
                "sheetId": 3003,
                "startRowIndex": 0,
                "endRowIndex": 1,
                "startColumnIndex": 25,
                "endColumnIndex": 26,
            },
        }
    )
    for row in range(1, 300):
        lesson.book.tab("Large").cells[row, 22] = {"userEnteredValue": {"stringValue": "a long text" * 9}}
    sync = watching(lesson)
    sync.once()
    sizes = []
    for _ in range(2):
        lesson.tick(RUN)
        google.calls.clear()
        assert sync.once() and lesson.ticks == [False, False]
        sizes.append([call.size for call in google.calls])
        assert sorted(google.calls[-1].tabs) == ["Data", "Lesson", "More"]
    assert (
        lesson.state[2] == list(range(11)) and len(sizes[0]) == 6 and len(sizes[1]) == 4
    )  # found by the first
    assert max(sizes[0] + sizes[1]) < 30_000
    lesson.type("B1", "=rate/10000")  # a name for a cell of another tab
    lesson.book.put("Z1", 1, "Large")
    lesson.tick(RUN)
    assert sync.once() and lesson.state[2] == list(range(16)) and "Large" in google.calls[-1].tabs
    lesson.type("B1", '=INDIRECT("Data!A9")/100000')  # may refer to any
    lesson.tick(RUN)
    assert sync.once() and lesson.state[2] == list(range(21))


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
    made = sheetgd("new", "--epochs", 5, "--google", "Class 7b", env=google.environment)
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
