"""A class in another language: no text of a worksheet, of a page or of a report is one that nobody translated."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from circled import CODE, install, not_translated
from homework import CARRIED, SLIPS, Planted, answers, by_openpyxl
from returned_work import empty_worksheets
from sheetgd.checking import feedback, report
from sheetgd.checking.check import check
from sheetgd.checking.results import Checked
from sheetgd.checking.sentences import note, remarks, sentence
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.catalogue import KINDS
from sheetgd.classroom.roster import Student
from sheetgd.classroom.template import blank_cells, student
from sheetgd.language import speaking

NAMES = ["Ada Lovelace", "Alan Turing", "Emmy Noether", "Zoë Groß", "Kurt Gödel"]


@pytest.fixture(autouse=True)
def made_up(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path_factory.mktemp("languages"), monkeypatch)


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
