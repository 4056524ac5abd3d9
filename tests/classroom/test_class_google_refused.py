"""A class in Google Drive that is not made, or not twice, and what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import CommandLine
from fakes.google.drive import FOLDER
from fakes.google.server import Google
from fakes.google.soak import hasten
from fakes.google.tokens import ROBOT, TEACHER, service_account, write_json
from google_class import RIGHTS, fill, folders, make, sheet_of, sheets
from homework import answers
from sheetgd.checking.check import check
from sheetgd.checking.returned_sheets import Returns
from sheetgd.classroom import key as keys
from sheetgd.errors import SheetgdError

ELSEWHERE = "leave --folder out: then sheetgd makes a folder, which you can rename and move."
GONE = "1" * 30


@pytest.mark.parametrize(
    ("words", "rights", "code", "said"),
    [
        (
            ["--google"],
            ["spreadsheets"],
            1,
            "your login does not allow drive.file; run: sheetgd login --create.",
        ),
        (
            ["--google", "--folder", GONE],
            RIGHTS,
            1,
            f"there is no folder {GONE} in which sheetgd may make files; {ELSEWHERE}",
        ),
        (
            ["--google", "--folder", "here"],
            RIGHTS,
            2,
            "here is not the address of a Google Drive folder; copy it from the browser; it looks like "
            "https://drive.google.com/drive/folders/KEY.",
        ),
        (
            ["--google", "--share"],
            RIGHTS,
            2,
            "--share needs e-mail addresses, and the roster has none; add a column email, or leave --share out.",
        ),
        (
            ["--google", "--notify"],
            RIGHTS,
            2,
            "--notify was given without --share; add --share, or leave it out.",
        ),
        (
            ["--google", "--as", "pdf"],
            RIGHTS,
            2,
            "--as pdf makes files, and --google makes none; leave one of them out.",
        ),
        (["--share"], RIGHTS, 2, "--share is for Google Sheets; add --google, or leave it out."),
        (["--google"], [], 1, None),
    ],
)
def test_what_makes_no_class(
    google: Google,
    sheetgd: CommandLine,
    tmp_path: Path,
    words: list[str],
    rights: list[str],
    code: int,
    said: str | None,
) -> None:
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
        "google",
        "monday",
        "roster.csv",
    ]


def test_another_class_is_not_mixed_into_one_that_is_there(google: Google, tmp_path: Path) -> None:
    google.sign_in(*RIGHTS)
    made = make(tmp_path, 2)
    calls = len(google.calls)
    again = "give the same lesson, roster and options to go on with it, or name another -o for another class."
    for options, why in (
        ({"seed": "other"}, f"its seed is {keys.read_class(made.key).seed}, not other"),
        ({"lesson": "weight"}, "its lesson is descent, not weight"),
        ({"blank_rows": 2}, "Ada Lovelace's worksheet would now be a different one"),
    ):
        with pytest.raises(SheetgdError) as caught:
            make(tmp_path, 2, **options)
        assert str(caught.value) == (
            f"{made.key}: this key belongs to a class that already exists, and {why}; {again}"
        )
    with pytest.raises(SheetgdError) as caught:
        make(tmp_path, 2, folder=GONE)
    assert str(caught.value) == (
        f"{made.key}: the Google Sheets of this class are in {made.folder}; leave --folder out, or name another -o for "
        "another class."
    )
    assert len(google.calls) == calls and len(sheets(google)) == 2
