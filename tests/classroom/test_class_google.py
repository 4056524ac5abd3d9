"""A class in Google Drive: made, filled in, checked; what happens when Google fails half-way, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, CommandLine
from fakes.google.drive import FOLDER, File
from fakes.google.server import Google
from fakes.google.sheets import entered, place_of
from fakes.google.soak import hasten
from fakes.google.tokens import ROBOT, TEACHER, service_account, write_json
from homework import SLIPS, Planted, Slip, address, answers, by_openpyxl
from office import read_stored
from sheetgd.checking.check import check
from sheetgd.checking.returned import Returns
from sheetgd.classroom import key as keys
from sheetgd.classroom import template
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.drive import Online, make_class
from sheetgd.errors import SheetgdError

RIGHTS = "spreadsheets", "drive.file", "drive.metadata.readonly"
NAMES = ["Ada Lovelace", "Alan Turing", "Emmy Noether", "Zoë O'Neil", "=HYPERLINK(0)"]


def roster(folder: Path, count: int = 5) -> Path:
    path = folder / "roster.csv"
    names = NAMES[:count] + [f"Student {number}" for number in range(count - len(NAMES))]
    lines = [f"{name},s{number}@example.org" for number, name in enumerate(names)]
    path.write_text("\n".join(["name,email", *lines]), encoding="utf-8")
    return path


def make(here: Path, count: int = 5, lesson: str = "descent", **options: Any) -> Online:
    return make_class(lesson, roster(here, count), here / "monday", **options)


def sheets(google: Google) -> list[File]:
    return [file for file in google.drive.files.values() if file.book]


def folders(google: Google) -> list[File]:
    return [file for file in google.drive.files.values() if file.mime == FOLDER]


def sheet_of(google: Google, made: Online, one: Assignment) -> File:
    return google.drive.files[made.addresses[one.id].split("/")[5]]


def addresses(path: Path) -> list[str]:
    """What stands under address in a key."""
    stored = read_stored(path)["Class"]
    [column] = [cell.rstrip("4") for cell, value in stored.items() if value == "address"]
    return [stored[f"{column}{row}"] for row in range(5, 50) if f"{column}{row}" in stored]


def fill(file: File, written: dict[str, object]) -> None:
    """As a student types: numbers and formulas."""
    assert file.book
    tab = file.book.tab()
    for cell, value in written.items():
        typed = {"userEnteredValue": file.book.localized(entered(value))}
        tab.cells[place_of(cell)] = {**tab.cells.get(place_of(cell), {}), **typed}
    file.book.recalculate()


def slip(kind: str, title: str) -> Slip:
    return next(each for each in SLIPS if (each.kind, each.title) == (kind, title))


# -- the whole way -----------------------------------------------------------------------------------------------------
def test_a_class_is_handed_out_filled_in_and_checked(
    google: Google, sheetgd: CommandLine, tmp_path: Path
) -> None:
    """Numbers, formulas, a German sheet, two planted slips, one half done: found at their cells, right ones right."""
    google.sign_in(*RIGHTS)
    roster(tmp_path)
    words = "class descent --roster roster.csv --google --share -o monday --seed words".split()
    done = sheetgd(*words, env=google.environment)
    assert (done.code, done.err) == (0, "")
    assert google.count() == {"token": 1, "drive": 12}  # the folder, what is in it, five sheets, five shares
    [folder] = folders(google)
    place = f"https://drive.google.com/drive/folders/{folder.id}"
    assert done.out.replace("\\", "/") == (
        f"{place}: 5 Google Sheets, Ada Lovelace to HYPERLINK0\n"
        "Shared with 5 of 5 students, who may edit their own.\n"
        "For you alone: monday/key.xlsx, with every answer and the address of each sheet.\n"
    )
    assert [path.name for path in (tmp_path / "monday").iterdir()] == ["key.xlsx"] and folder.name == "monday"
    given = keys.read_class(tmp_path / "monday" / "key.xlsx")
    assert (given.seed, given.folder) == ("words", place)
    assert [one.file for one in given.assignments] == [file.name for file in sheets(google)]
    assert [file.roles for file in sheets(google)] == [{f"s{n}@example.org": "writer"} for n in range(5)]
    assert addresses(tmp_path / "monday" / "key.xlsx") == [
        f"https://docs.google.com/spreadsheets/d/{file.id}/edit" for file in sheets(google)
    ]
    assert [call.query["sendNotificationEmail"] for call in google.calls if call.id.endswith("permissions.create")] == [
        ["false"]
    ] * 5  # fmt: skip

    ada, alan, emmy, zoe, odd = given.assignments
    wrong, other = Planted(slip("learn", "new_m"), 2), Planted(slip("sign", "de/db"), 3)
    by_id = dict(zip((one.id for one in given.assignments), sheets(google), strict=True))
    by_id[zoe.id].name = by_id[zoe.id].book.title = "my homework"  # type: ignore[union-attr]
    fill(by_id[ada.id], answers(ada))
    fill(by_id[alan.id], answers(alan, [wrong]))
    fill(by_id[emmy.id], answers(emmy, formulas=True))
    fill(by_id[zoe.id], answers(zoe, [other], formulas=True))
    fill(by_id[odd.id], dict(list(answers(odd).items())[:18]))
    google.calls.clear()
    done = sheetgd(
        "check", "monday/key.xlsx", "--folder", place, "--json", "--report", "report.html",
        env=google.environment,
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert google.count() == {"token": 1, "drive": 1, "read": 5}
    found = {one["id"]: one for one in done.json()["files"]}
    assert [found[one.id]["right"] for one in given.assignments] == [30, 29, 30, 29, 18]
    assert [(w["cell"], w["cause"]["kind"]) for one in given.assignments for w in found[one.id]["wrong"]] == [
        (address(alan, wrong), "learn"), (address(zoe, other), "sign"),
    ]  # fmt: skip
    assert found[zoe.id]["file"] == "my homework" and len(found[odd.id]["empty"]) == 12
    assert len(found[emmy.id]["formulas"]) == 30 and done.json()["missing"] == []
    assert not any(one["held"] or one["altered"] or one["notes"] for one in found.values())
    assert "Alan Turing" in (tmp_path / "report.html").read_text(encoding="utf-8")
    again = sheetgd("check", "monday/key.xlsx", env=google.environment)  # the key knows the folder
    assert again.code == 0 and again.out.splitlines()[0] == "Ada Lovelace    30 of 30   all right"


def test_files_and_google_sheets_are_one_class(google: Google, tmp_path: Path) -> None:
    """One student sends a file, another copies the sheet, a third deletes it; formulas are in the words of Germany."""
    google.sign_in(*RIGHTS)
    made = make(tmp_path, 3)
    ada, alan, emmy = made.assignments
    template.student(ada, tmp_path / "empty.xlsx")
    by_openpyxl(tmp_path / "empty.xlsx", answers(ada), tmp_path / "ada.xlsx")
    sheet_of(google, made, ada).trashed = True
    sheet_of(google, made, emmy).trashed = True
    german = sheet_of(google, made, alan)
    assert german.book
    german.book.locale = "de_DE"
    fill(german, answers(alan, formulas=True))
    copy = google.add("Copy", from_xlsx=tmp_path / "empty.xlsx", parents=[folders(google)[0].id])
    results = check(made.assignments, [tmp_path / "ada.xlsx"], online=Returns(made.folder))
    assert [(one.file, one.right) for one in results.checked] == [
        ("ada.xlsx", 30), ("Copy", 0), ("Alan Turing", 30),
    ]  # fmt: skip
    assert results.checked[0].held == ("the same assignment came twice: ada.xlsx, Copy",) and copy.book
    assert results.missing == [emmy]


def test_the_page_for_teachers_does_what_it_says(
    google: Google, sheetgd: CommandLine, tmp_path: Path
) -> None:
    google.sign_in(*RIGHTS)
    page = (ROOT / "docs" / "class.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```\n(name,email.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "roster.csv").write_text(example, encoding="utf-8")
    [(command, expected)] = re.findall(
        r"^\$ sheetgd (class .*--google.*)\n((?:.+\n)*?)```$", page, flags=re.MULTILINE
    )
    done = sheetgd(*command.split(), env=google.environment)
    assert (done.code, done.out.replace("\\", "/")) == (0, expected.replace("KEY", folders(google)[0].id))
    [command] = re.findall(r"^sheetgd (check tuesday.*)$", page, flags=re.MULTILINE)
    assert sheetgd(*command.split(), env=google.environment).code == 0 and (tmp_path / "report.html").exists()


# -- Google fails ------------------------------------------------------------------------------------------------------
def test_thirty_sheets_and_faults_in_the_middle(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ends half-way is gone on with; answers that are lost make nothing twice; nothing exceeds the quota."""
    hasten(google, monkeypatch)
    google.sign_in(*RIGHTS)
    google.fail("drive.files.create", 503, after=True, skip=4)  # the folder is the first
    google.fail("drive.files.create", "reset", after=True, skip=7)
    google.fail("drive.files.create", 403, skip=9, times=3)
    google.fail("drive.files.create", "reset", skip=18, times=99)
    with pytest.raises(SheetgdError) as caught:
        make(tmp_path, 30, "weight")
    [folder] = folders(google)
    here = len(sheets(google))
    assert 10 < here < 20
    assert str(caught.value) == (
        f"https://drive.google.com/drive/folders/{folder.id}: {here} of 30 Google Sheets are there, but then Google "
        "cannot be reached (the connection breaks off); run the same command again later: it makes what is missing, "
        "and nothing twice."
    )
    assert len(addresses(tmp_path / "monday" / "key.xlsx")) == here

    google.faults.clear()
    made = make(tmp_path, 30, "weight")
    assert made.new == 30 - here and folders(google) == [folder]
    assert [file.name for file in sheets(google)] == [one.file for one in made.assignments]
    assert make(tmp_path, 30, "weight").new == 0 and len(sheets(google)) == 30

    for one in made.assignments[::2]:
        fill(sheet_of(google, made, one), {template.blank_cells(one)[0].cell: 1e6})
    google.calls.clear()
    google.fail("read", 429, skip=3)
    google.fail("read", 500, skip=11)
    online = Returns(made.folder)
    for _ in range(2):
        assert len(list(online)) == 30
    results = check(made.assignments, [], online=online)
    assert [one.right for one in results.checked] == [0] * 30 and not results.missing
    assert [len(one.empty) for one in results.checked] == [19, 20] * 15
    statuses = [call.status for call in google.calls if call.kind == "read"]
    assert statuses.count(429) == 1 and statuses.count(200) == 90


def test_stopped_by_ctrl_c_it_goes_on_and_a_student_who_joins_gets_a_sheet(
    google: Google, tmp_path: Path
) -> None:
    google.sign_in(*RIGHTS)

    def stop(done: int, total: int) -> None:
        if done == 8:  # of ten: three sheets
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, 5, progress=stop)
    assert len(sheets(google)) == 3
    first = keys.read(tmp_path / "monday" / "key.xlsx")
    made = make(tmp_path, 7, share=True)
    assert made.assignments[:5] == first and made.new == 4 and len(sheets(google)) == 7 and made.shared == 7
    assert keys.read(tmp_path / "monday" / "key.xlsx") == made.assignments
    before = google.count()["drive"]
    assert make(tmp_path, 7, share=True).new == 0
    assert google.count()["drive"] == before + 2  # the folder, and what is in it: all are shared already


def test_a_login_that_ends_half_way(google: Google, tmp_path: Path) -> None:
    google.sign_in(*RIGHTS)

    def revoke(done: int, total: int) -> None:
        if done == 4:  # of six: one sheet
            google.tokens.revoked = True
            google.tokens.forget()

    with pytest.raises(SheetgdError) as caught:
        make(tmp_path, 3, progress=revoke)
    assert str(caught.value) == (
        f"https://drive.google.com/drive/folders/{folders(google)[0].id}: 1 of 3 Google Sheets are there, but then "
        f"your login to Google has expired or was revoked (invalid_grant); run: sheetgd login, which renews it with "
        "the rights that it has, then run the same command again."
    )
    google.tokens.revoked = False
    assert make(tmp_path, 3).new == 2 and len(sheets(google)) == 3


def test_a_sheet_that_cannot_be_read_is_a_line_and_the_others_are_checked(
    google: Google, tmp_path: Path
) -> None:
    google.sign_in(*RIGHTS)
    made = make(tmp_path, 3)
    ada, alan, _ = made.assignments
    fill(sheet_of(google, made, alan), answers(alan))
    google.add("Notes", cells={"A1": "shopping"}, parents=[folders(google)[0].id])

    def delete() -> None:
        sheet_of(google, made, ada).trashed = True

    google.meanwhile("read", delete)
    results = check(made.assignments, [], online=Returns(made.folder))
    assert [(one.file, one.right, one.problem) for one in results.checked] == [
        ("Alan Turing", 30, ""),
        ("Emmy Noether", 0, ""),
        ("Ada Lovelace", 0, "there is no Google Sheet at this address; copy the address again from the browser in "
                            "which the sheet is open"),
        ("Notes", 0, "there is no assignment id in it; ask whose it is: the id stands at the top of the sheet"),
    ]  # fmt: skip
    google.fail("read", "reset", times=99, skip=1)
    with pytest.MonkeyPatch.context() as patch:
        hasten(google, patch)
        with pytest.raises(SheetgdError, match="Google cannot be reached"):
            check(made.assignments, [], online=Returns(made.folder))


# -- sharing -----------------------------------------------------------------------------------------------------------
def test_who_has_no_address_is_named_and_the_others_are_told(
    google: Google, sheetgd: CommandLine, tmp_path: Path
) -> None:
    google.sign_in(*RIGHTS)
    (tmp_path / "roster.csv").write_text(
        "name,email\nAda,ada@example.org\nAlan,\nEve,eve@x.invalid\n", encoding="utf-8"
    )
    words = "class weight --roster roster.csv --google -o out".split()
    done = sheetgd(*words, "--share", "--notify", env=google.environment)
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[1:4] == [
        "Shared with 1 of 3 students, who may edit their own.",
        "  not shared with Alan: the roster has no e-mail address",
        "  not shared with Eve: eve@x.invalid: Google does not share it (You are trying to invite someone who has no "
        "Google account)",
    ]
    call, _ = [call for call in google.calls if call.id.endswith("permissions.create")]
    assert call.query["sendNotificationEmail"] == ["true"]
    assert [file.roles for file in sheets(google)] == [{"ada@example.org": "writer"}, {}, {}]


# -- what is refused ---------------------------------------------------------------------------------------------------
ELSEWHERE = "leave --folder out: then sheetgd makes a folder, which you can rename and move."
GONE = "1" * 30


@pytest.mark.parametrize(
    ("words", "rights", "code", "said"),
    [
        (["--google"], ["spreadsheets"], 1, "your login does not allow drive.file; run: sheetgd login --create."),
        (["--google", "--folder", GONE], RIGHTS, 1,
         f"there is no folder {GONE} in which sheetgd may make files; {ELSEWHERE}"),
        (["--google", "--folder", "here"], RIGHTS, 2,
         "here is not the address of a Google Drive folder; copy it from the browser; it looks like "
         "https://drive.google.com/drive/folders/KEY."),
        (["--google", "--share"], RIGHTS, 2,
         "--share needs e-mail addresses, and the roster has none; add a column email, or leave --share out."),
        (["--google", "--notify"], RIGHTS, 2, "--notify was given without --share; add --share, or leave it out."),
        (["--google", "--as", "pdf"], RIGHTS, 2, "--as pdf makes files and --google none; leave one of them out."),
        (["--share"], RIGHTS, 2, "--share is for Google Sheets; add --google, or leave it out."),
        (["--google"], [], 1, None),
    ],
)  # fmt: skip
def test_what_makes_no_class(
    google: Google, sheetgd: CommandLine, tmp_path: Path, words: list[str], rights: list[str], code: int,
    said: str | None,
) -> None:  # fmt: skip
    google.key.unlink()
    if rights:
        google.sign_in(*rights)
    (tmp_path / "roster.csv").write_text("name\nAda\n", encoding="utf-8")
    done = sheetgd("class", "weight", "--roster", "roster.csv", "-o", "out", *words, env=google.environment)
    nobody = (
        f"nobody is logged in to Google: {google.config} holds neither authorized_user.json nor service_account.json; "
        "run sheetgd login, which says what to put there."
    )
    assert (done.code, done.err) == (code, (said or nobody) + "\n")
    assert not google.drive.files and not (tmp_path / "out").exists()


def test_a_service_account_owns_no_storage_but_may_check(google: Google, tmp_path: Path) -> None:
    with pytest.raises(SheetgdError) as caught:
        make(tmp_path)
    assert str(caught.value) == (
        f"monday: {ROBOT} is a service account, which owns no storage for a new Google Sheet; log in yourself: sheetgd "
        "login --create."
    )
    assert google.calls == [] and not (tmp_path / "monday").exists()
    path = google.sign_in(*RIGHTS)
    made = make(tmp_path, 2)
    path.unlink()
    write_json(google.key, service_account())
    with pytest.raises(
        SheetgdError, match=r"there is no folder .* or it is not shared with " + re.escape(ROBOT)
    ):
        Returns(made.folder.replace(folders(google)[0].id, GONE))
    folders(google)[0].roles[ROBOT] = "reader"
    assert len(check(made.assignments, [], online=Returns(made.folder)).good) == 2


def test_a_folder_of_others_or_in_the_bin(google: Google, tmp_path: Path) -> None:
    google.sign_in("spreadsheets", "drive.file")
    theirs = google.drive.add("theirs", FOLDER, TEACHER)
    with pytest.raises(SheetgdError) as caught:
        make(tmp_path, folder=theirs.id)
    assert str(caught.value) == (
        f"there is no folder {theirs.id} in which sheetgd may make files; {ELSEWHERE}"
    )
    google.sign_in(*RIGHTS)
    theirs.owner, theirs.roles = "head@example.org", {TEACHER: "reader"}
    with pytest.raises(
        SheetgdError, match="you are logged in with may not do this with that file or folder; ask"
    ):
        make(tmp_path, folder=theirs.id)
    assert not list((tmp_path / "monday").iterdir())
    theirs.trashed = True
    with pytest.raises(
        SheetgdError, match=f"the folder {theirs.id} is in the bin; take it out of the bin, or leave"
    ):
        make(tmp_path, folder=theirs.id)
    assert not sheets(google)
    theirs.trashed = False
    with pytest.raises(
        SheetgdError, match=f"there is no Google Sheet in the folder {theirs.id}; copy the address of"
    ):
        Returns(theirs.id)
    with pytest.raises(
        SheetgdError,
        match=r"see the folder .* only what it made itself; copy its address again, or run: sheetgd login --f",
    ):
        google.sign_in("spreadsheets", "drive.file")
        Returns(theirs.id)


def test_checking_the_class_that_this_login_made_needs_no_wider_right(
    google: Google, sheetgd: CommandLine, tmp_path: Path
) -> None:
    google.sign_in("spreadsheets", "drive.file")
    made = make(tmp_path, 2)
    ada, _ = made.assignments
    fill(sheet_of(google, made, ada), answers(ada))
    sheet_of(google, made, made.assignments[1]).trashed = True
    google.add("a copy", parents=[folders(google)[0].id])
    google.tokens.asked.clear()
    done = sheetgd("check", "monday/key.xlsx", env=google.environment)
    assert (done.code, done.err) == (0, "") and done.out.splitlines()[-1] == (
        "Your login sees only the sheets that sheetgd made; with sheetgd login --folder, copies, too."
    )
    assert done.out.splitlines()[0].startswith("Ada Lovelace") and "a copy" not in done.out
    google.sign_in(*RIGHTS)
    done = sheetgd("check", "monday/key.xlsx", env=google.environment)
    assert "a copy" in done.out and "sheetgd login" not in done.out


def test_a_class_folder_that_was_moved_to_a_shared_drive(google: Google, tmp_path: Path) -> None:
    """Whose lists do not say with whom a file is shared: nobody is written to twice."""
    google.sign_in(*RIGHTS)
    made = make(tmp_path, 2, share=True, notify=True)
    for file in google.drive.files.values():
        file.shared_drive = True
    again = make(tmp_path, 3, share=True, notify=True)
    assert (
        (again.new, again.shared) == (1, 3) and len(sheets(google)) == 3 and folders(google)[0].shared_drive
    )
    assert google.drive.mailed == ["s0@example.org", "s1@example.org", "s2@example.org"]
    assert len(Returns(made.folder)) == 3


def test_nothing_is_made_twice_while_drives_list_lags(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when an answer is lost, nor by a second run: what the key knows to be made is there."""
    hasten(google, monkeypatch)
    google.sign_in(*RIGHTS)
    google.drive.lag = 4.0
    google.fail("drive.files.create", "reset", after=True)  # the folder
    google.fail("drive.files.create", 503, after=True, skip=2)
    google.fail("drive.permissions.create", "reset", after=True, skip=1)
    google.fail("drive.permissions.create", "domainPolicy", skip=3)
    made = make(tmp_path, 3, share=True, notify=True)
    google.drive.lag = 1e6
    again = make(tmp_path, 3, share=True, notify=True)
    assert (made.new, again.new) == (3, 0) and made.addresses == again.addresses
    assert len(folders(google)) == 1 and len(sheets(google)) == 3
    assert sorted(google.drive.mailed) == ["s0@example.org", "s1@example.org", "s2@example.org"]


def test_two_runs_at_once_make_nothing_twice(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sheetgd.books.xlsx.saving.PATIENCE", 0.1)
    google.sign_in(*RIGHTS)
    said: list[str] = []

    def second() -> None:
        with pytest.raises(SheetgdError) as caught:
            make(tmp_path, 2)
        said.append(str(caught.value))

    def progress(done: int, total: int) -> None:
        if done == 3 and not said:
            second()

    make(tmp_path, 2, progress=progress)
    assert said == [
        f"{tmp_path / 'monday'}: another run of sheetgd is writing it; wait until it is done, then run again."
    ]
    assert len(sheets(google)) == 2 and sorted(path.name for path in tmp_path.iterdir()) == [
        "google", "monday", "roster.csv",
    ]  # fmt: skip


def test_another_class_is_not_mixed_into_one_that_is_there(google: Google, tmp_path: Path) -> None:
    google.sign_in(*RIGHTS)
    made = make(tmp_path, 2)
    calls = len(google.calls)
    again = "say the same lesson, roster and options to go on with it, or name another -o for another class."
    for options, why in (
        ({"seed": "other"}, f"its seed is {keys.read_class(made.key).seed}, not other"),
        ({"lesson": "weight"}, "its lesson is descent, not weight"),
        ({"blank_rows": 2}, "Ada Lovelace's worksheet would be another one now"),
    ):
        with pytest.raises(SheetgdError) as caught:
            make(tmp_path, 2, **options)
        assert str(caught.value) == (
            f"{made.key}: this key belongs to a class that is there already, and {why}; {again}"
        )
    with pytest.raises(SheetgdError) as caught:
        make(tmp_path, 2, folder=GONE)
    assert str(caught.value) == (
        f"{made.key}: the Google Sheets of this class are in {made.folder}; leave --folder out, or name another -o for "
        "another class."
    )
    assert len(google.calls) == calls and len(sheets(google)) == 2
