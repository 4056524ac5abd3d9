"""A class in Google Drive: made, filled in, checked; what happens when Google fails half-way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT, CommandLine
from fakes.google.server import Google
from fakes.google.soak import hasten
from google_class import RIGHTS, addresses, fill, folders, make, roster, sheet_of, sheets
from homework import SLIPS, Planted, Slip, address, answers, by_openpyxl
from sheetgd.checking.check import check
from sheetgd.checking.returned_sheets import Returns
from sheetgd.classroom import key as keys
from sheetgd.classroom import template
from sheetgd.errors import SheetgdError


def slip(kind: str, title: str) -> Slip:
    return next(each for each in SLIPS if (each.kind, each.title) == (kind, title))


# -- the whole way -----------------------------------------------------------------------------------------------------
def test_a_class_is_handed_out_filled_in_and_checked(
    google: Google, sheetgd: CommandLine, tmp_path: Path
) -> None:
    """Numbers, formulas, a German sheet, two planted slips, one half done: found at their cells, right ones right."""
    google.sign_in(*RIGHTS)
    roster(tmp_path)
    words = "class descent --roster roster.csv --google --share -o monday --seed words --blank-rows 5".split()
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
    assert [
        call.query["sendNotificationEmail"] for call in google.calls if call.id.endswith("permissions.create")
    ] == [["false"]] * 5

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
        "check",
        "monday/key.xlsx",
        "--folder",
        place,
        "--json",
        "--report",
        "report.html",
        env=google.environment,
    )
    assert (done.code, done.err) == (0, "")
    assert google.count() == {"token": 1, "drive": 1, "read": 5}
    found = {one["id"]: one for one in done.json()["files"]}
    assert [found[one.id]["right"] for one in given.assignments] == [30, 29, 30, 29, 18]
    assert [(w["cell"], w["cause"]["kind"]) for one in given.assignments for w in found[one.id]["wrong"]] == [
        (address(alan, wrong), "learn"),
        (address(zoe, other), "sign"),
    ]
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
        ("ada.xlsx", 30),
        ("Copy", 0),
        ("Alan Turing", 30),
    ]
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
        "cannot be reached (the connection broke off); run the same command again later: it makes what is missing, "
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
        (
            "Ada Lovelace",
            0,
            "there is no Google Sheet at this address; copy the address again from the browser in "
            "which the sheet is open",
        ),
        (
            "Notes",
            0,
            'there is no assignment id in it; ask whose it is, and say so with --owner "Notes=NAME"',
        ),
    ]
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
