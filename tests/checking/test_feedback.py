"""The students' pages: their names, nothing of others, no right number unless the teacher asks."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from conftest import CommandLine
from homework import answers, by_openpyxl
from returned_work import Page, empty_worksheets, handed_in
from sheetgd.checking import feedback
from sheetgd.checking.check import check
from sheetgd.checking.results import Checked
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.drawing import IDENTITY
from sheetgd.classroom.roster import Student

NAMES = ["Ada Lovelace", "Alan Turing", "Emmy Noether", "Zoë Groß"]


def moodle_takes(name: str, participants: set[int]) -> int | None:
    """Whose Moodle says that a file of a zip is: mod/assign/feedback/file/importziplib.php, from 2.3 to 5.1.

    The older ones split the whole path once, the newer ones each part of it.
    """
    old = f"/import/{name}".split("_", 4)
    new = next((part for part in ["", "import", *name.split("/")] if len(part.split("_", 4)) >= 4), "").split(
        "_", 4
    )
    if len(old) < 5 or len(new) < 4 or old[1] != new[1]:
        return None
    known = old[2:4] == new[2:4] == ["assignsubmission", "file"] and old[1].isdigit()
    return int(old[1]) if known and int(old[1]) in participants else None


def canvas_takes(name: str) -> tuple[int, int] | None:
    """Whose Canvas says that a file is, and for which attachment: the first two parts that are numbers."""
    parts = name.split("_")
    numbers = [int(part) for part in parts if re.fullmatch(r"\d+", part)]
    return (numbers[0], numbers[1]) if len(numbers) > 1 and not parts[-1].startswith("link") else None


@pytest.mark.parametrize(
    "path",
    [
        "back/Ada Lovelace_101_assignsubmission_file_/sheet.xlsx",
        "back.zip/Ada Lovelace_101_assignsubmission_file/1_2_3.xlsx",
        "back/Ada Lovelace_101_assignsubmission_file_/deep/er/sheet.xlsx",
        "back/Ada Lovelace_101_assignsubmission_file_my_sheet_2.xlsx",
    ],
)
def test_moodle_takes_the_pages_of_files_that_it_named(path: str) -> None:
    name = feedback.page_name(Checked("sheet.xlsx", "", path=path))
    assert name.endswith("_feedback.html") and moodle_takes(name, {101, 102}) == 101


@pytest.mark.parametrize(
    "path", ["s.zip/lovelaceada_101_2001_sheet.xlsx", "s/lovelaceada_LATE_101_2001_my_sheet_7_of_9.xlsx"]
)
def test_canvas_takes_the_pages_of_files_that_it_named(path: str) -> None:
    name = feedback.page_name(Checked("sheet.xlsx", "", path=path))
    assert name.endswith("_feedback.html") and canvas_takes(name) == (101, 2001)


def test_nobody_sees_anothers_work_or_a_right_number(tmp_path: Path, sheetgd: CommandLine) -> None:
    """Four students in Moodle's zip; Alan copied Ada's answers, and nobody knows for sure whose the last file is."""
    key = assignments([Student(name) for name in NAMES], "descent", "seed")
    keys.write(tmp_path / "key.xlsx", key, "seed")
    ada, alan, emmy, zoe = key
    empty = empty_worksheets(tmp_path, key)
    by_openpyxl(empty[ada.id], answers(ada), tmp_path / "1.xlsx")
    by_openpyxl(empty[alan.id], answers(ada), tmp_path / "2.xlsx")
    by_openpyxl(empty[emmy.id], {**answers(emmy), "J17": 1.5, "F18": 3, "G20": "12,5"}, tmp_path / "3.xlsx")
    by_openpyxl(empty[zoe.id], {**answers(zoe), IDENTITY: None}, tmp_path / "4.xlsx")
    with zipfile.ZipFile(tmp_path / "back.zip", "w") as archive:
        for number, one in enumerate(key, start=1):
            name = f"{one.name}_{number}_assignsubmission_file_/sheet.xlsx"
            archive.write(tmp_path / f"{number}.xlsx", name)
    done = sheetgd("check", "key.xlsx", "back.zip", "--feedback", "pages")
    assert (
        done.code == 0
        and "pages/: 3 pages for students\n  none for Zoë Groß: it is not certain"
        in done.out.replace("\\", "/")
    )
    pages = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").iterdir()}
    assert {moodle_takes(name, {1, 2, 3, 4}) for name in pages} == {1, 2, 3}
    for name, page in pages.items():
        texts = "\n".join(Page(page).texts)
        others = [each for each in NAMES if not name.startswith(each)]
        assert not any(other in texts for other in others) and not re.search(
            r"https?:|src=|href=|@import", page
        )
    texts = "\n".join(Page(pages["Emmy Noether_3_assignsubmission_file_feedback.html"]).texts)
    assert "Look at J17 (new_m, row 1): it holds 1.5, which does not follow from your own numbers" in texts
    [one] = check(key, [tmp_path / "3.xlsx"]).checked
    right = {f"{cell.expected:.6g}" for cell in one.judgements if not cell.right}
    assert len(right) == 3 and not any(number in texts for number in right)
    held = "\n".join(Page(pages["Alan Turing_2_assignsubmission_file_feedback.html"]).texts)
    assert (
        "There is no grade yet: your teacher will look at this worksheet first." in held
        and "answers as" not in held
    )
    shown = sheetgd("check", "key.xlsx", "back.zip", "--feedback", "pages", "--force", "--show-answers")
    assert shown.code == 0
    texts = (tmp_path / "pages" / "Emmy Noether_3_assignsubmission_file_feedback.html").read_text(
        encoding="utf-8"
    )
    first = one.wrong[0]
    assert f"from your own numbers it should be {first.expected:.6g}." in texts


def test_what_is_held_is_in_the_gradebooks_note(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    """In the terminal, the report and the gradebook; a note that already exists stays, and so does a grade."""
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    handed_in(tmp_path, pair[0], {"H3": 0}, "a.xlsx")
    handed_in(tmp_path, pair[1], {"H5": 1}, "b.xlsx")
    book = (
        "Identifier,Full name,Grade,Maximum Grade,Feedback comments\n{}Participant 2,Alan Turing,7,10,well\n"
    )
    (tmp_path / "g.csv").write_text(book.format("Participant 1,Ada Lovelace,,10,\n"), encoding="utf-8")
    done = sheetgd("check", "key.xlsx", "a.xlsx", "b.xlsx", "--gradebook", "g.csv", "--report", "r.html")
    why = "printed cells were changed: H3 (learn)"
    assert f"! Ada Lovelace: {why}\n" in done.out and f"not filled in: Ada Lovelace, {why} (!)" in done.out
    assert why in (tmp_path / "r.html").read_text(encoding="utf-8")
    note = f"No grade yet: your teacher will look at this worksheet first ({why})."
    assert (tmp_path / "g-graded.csv").read_text(encoding="utf-8") == book.format(
        f"Participant 1,Ada Lovelace,,10,{note}\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--feedback", "full"], "full: the folder is not empty; name another, or add --force"),
        (["--feedback", "key.xlsx"], "key.xlsx: it is a file, not a folder; name another after --feedback."),
        (["--feedback", "no/where"], "there is no folder"),
        (["--show-answers"], "--show-answers was given without --feedback or --gradebook; add one of them."),
    ],
)
def test_folders_that_do_not_do(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine, words: list[str], said: str
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x.html").write_text("mine", encoding="utf-8")
    (tmp_path / "a.xlsx").write_bytes(b"")
    done = sheetgd("check", "key.xlsx", "a.xlsx", *words)
    assert done.code in (1, 2) and done.out == "" and said in done.err
