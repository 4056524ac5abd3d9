"""A class in another language: no text of a worksheet, of a page or of a report is one that nobody translated."""

from __future__ import annotations

import random
import re
import shutil
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import openpyxl
import pytest

from circled import CODE, circled, not_translated
from classwork import roster
from homework import CARRIED, SLIPS, Planted, answers, by_openpyxl
from returned_work import empty_worksheets
from sheetgd.checking import feedback, report
from sheetgd.checking.check import check
from sheetgd.checking.results import Checked
from sheetgd.checking.sentences import note, remarks, sentence
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.catalogue import KINDS
from sheetgd.classroom.model_class import make_model_class
from sheetgd.classroom.model_key import ModelClass
from sheetgd.classroom.roster import Student
from sheetgd.classroom.template import blank_cells, student
from sheetgd.language import speaking
from solved_books import SUBJECTS
from spoken import MakeUp
from spoken import make_up as make_up  # a fixture

NAMES = ["Ada Lovelace", "Alan Turing", "Emmy Noether", "Zoë Groß", "Kurt Gödel"]


@pytest.fixture(autouse=True)
def made_up(make_up: MakeUp) -> None:
    make_up(CODE, circled)


READ = re.compile(r"<(?:a:)?t(?: [^>]*)?>([^<]+)<|<dc:title>([^<]+)<|<sheet [^>]*?name=\"([^\"]*)\"")
SAID = re.compile(r' (?:error|errorTitle|prompt|promptTitle)="([^"]*)"')
OTHER = ("styles.xml", "app.xml", "theme1.xml")


def texts_of(path: Path) -> Iterator[str]:
    """Everything to read in a workbook: cells, tabs, titles, charts, and what a cell says of a wrong entry."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".xml") and not name.endswith(OTHER):
                xml = archive.read(name).decode()
                yield from (unescape("".join(match.groups(""))) for match in READ.finditer(xml))
                yield from map(unescape, SAID.findall(xml))


def texts_of_page(page: str) -> list[str]:
    """Everything to read on a page, and what a screen reader says."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    found = [*re.findall(r">([^<]+)<", body), *re.findall(r' (?:aria-label|title)="([^"]*)"', body)]
    return list(map(unescape, found))


@pytest.mark.parametrize("lesson", KINDS)
def test_a_worksheet_says_nothing_that_was_not_translated(lesson: str, tmp_path: Path) -> None:
    [one] = assignments([Student(NAMES[0])], lesson, "a seed", language=CODE)
    student(one, tmp_path / "ada.xlsx")
    texts = list(texts_of(tmp_path / "ada.xlsx"))
    assert len(texts) > 30
    assert not_translated(texts, one.name, one.id) == []


def handed_in(key: list[Assignment], folder: Path) -> list[Path]:
    """Slips of every kind, typed and as formulas; texts, gaps, changed givens, a deleted column, an empty sheet."""
    folder.mkdir()
    empty = empty_worksheets(folder, key)
    chance = random.Random(1)
    slips = [*SLIPS, *CARRIED]
    for number, one in enumerate(key[:4]):
        rows = chance.sample(range(2, 21), len(slips[number % 2 :: 2]))
        planted = [Planted(slip, row) for slip, row in zip(slips[number % 2 :: 2], rows, strict=True)]
        written = answers(one, planted, formulas=number > 1)
        if number == 1:
            blanks = [each.cell for each in blank_cells(one)]
            written |= {blanks[-1]: "2,5", blanks[-2]: "?", blanks[-3]: "=1/0", blanks[-4]: None, "B17": 99}
        if number == 2:
            written["L20"] = None
        by_openpyxl(empty[one.id], written, folder / f"{number}.xlsx")
        empty[one.id].unlink()
    return sorted(folder.iterdir())


def test_nothing_is_said_of_a_class_that_was_not_translated(tmp_path: Path) -> None:
    blanks = "m b y_pred error_sq de/dm new_m de/db new_b".split()
    students = [Student(name) for name in NAMES]
    key = assignments(students, "descent", "a seed", blanks=blanks, blank_rows=20, language=CODE)
    with speaking(CODE):
        results = check(key, handed_in(key, tmp_path / "back"))
        said = [words for one in results.good for words in said_of(one)]
        pages = [feedback.html(one, answers) for one in results.good for answers in (False, True)]
        pages.append(report.html(results, report.page_title(["ⓓ"])))
    kinds = {wrong.cause.kind for one in results.good for wrong in one.wrong if wrong.cause}
    assert kinds >= {slip.kind for slip in SLIPS} - {"carry"}
    names = [*NAMES, *(one.id for one in key), ".xlsx"]
    assert not_translated(said, *names) == []
    assert [not_translated(texts_of_page(page), *names) for page in pages] == [[]] * len(pages)
    assert all(f'<html lang="{CODE}">' in page for page in pages)


def said_of(one: Checked) -> list[str]:
    """All sentences of a file."""
    return [sentence(one), sentence(one, answers=False), note(one), *remarks(one), *one.held, *one.told]


def test_a_workbook_of_ones_own_keeps_its_words_and_is_spoken_of_in_the_class_s_language(
    tmp_path: Path,
) -> None:
    subject = SUBJECTS["invoice"]
    subject.draw(tmp_path / "model.xlsx")
    words = [text for text in texts_of(tmp_path / "model.xlsx") if re.search("[A-Za-z]{3}", text)]
    students, out, back = roster(tmp_path, NAMES[:3]), tmp_path / "out", tmp_path / "back"
    make_model_class(
        tmp_path / "model.xlsx",
        students,
        out,
        blank_cells=subject.blanks,
        vary=subject.vary,
        seed="1",
        lang=CODE,
    )
    given = keys.read_any(out / "key.xlsx")
    assert isinstance(given, ModelClass) and {one.language for one in given.assignments} == {CODE}
    back.mkdir()
    for number, one in enumerate(given.assignments[:2]):
        book = openpyxl.load_workbook(out / f"{one.file}.xlsx")
        sheet = book["Invoice"]
        assert sheet["E1"].value == circled("Assignment {id}").format(id=one.id)
        values = {
            "D4": "=B4+C4",
            "D5": 1,
            "D6": 2,
            "D7": 3,
            "F4": 4,
            "F5": 5,
            "G4": "=SUM(D4:D5)",
            "G9": 6,
            "G10": "?",
        }
        for cell, value in {**values, "C4": 1234 if number else sheet["C4"].value}.items():
            sheet[cell] = value
        book.save(back / f"{number}.xlsx")
    shutil.copy(back / "0.xlsx", back / "again.xlsx")
    with speaking(CODE):
        results = check(given.assignments, [back], model=given.open)
        page = report.html(results, report.page_title(["ⓘ"]))
        said = [said for one in results.checked for said in said_of(one)]
        said += texts_of_page(feedback.html(results.good[0]))
    assert len(results.good) == 2 and {len(one.wrong) > 0 for one in results.good} == {True}
    known = [
        *NAMES,
        *(one.id for one in given.assignments),
        *sorted(words, key=len, reverse=True),
        "again",
        "model",
        ".xlsx",
    ]
    assert not_translated(said, *known) == []
    assert not_translated(texts_of_page(page), *known) == []
