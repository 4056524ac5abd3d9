"""Every lesson tells its story: bold terms, a glossary, questions with answers, sources; and what the sources have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile

import numpy as np
import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.worksheet.worksheet import Worksheet

from conftest import ROOT
from sheetgd.lessons import LESSONS
from sheetgd.lessons.points import penguins

TEACHER = "For the teacher"


@cache
def book(lesson: str) -> openpyxl.Workbook:
    """What `new` draws (tests/lessons/test_templates.py), with its bold words and with its results."""
    return openpyxl.load_workbook(ROOT / "templates" / f"{lesson}.xlsx", rich_text=True)


@cache
def said(lesson: str) -> dict[str, str]:
    """All that stands on each tab, results of formulas included."""
    values = openpyxl.load_workbook(ROOT / "templates" / f"{lesson}.xlsx", data_only=True)
    return {sheet.title: " ".join(map(str, texts(sheet))) for sheet in values.worksheets}


def texts(sheet: Worksheet) -> Iterator[object]:
    for row in sheet.iter_rows(values_only=True):
        yield from (value for value in row if isinstance(value, str))


def bold_words(lesson: str) -> tuple[list[str], list[str]]:
    """The terms of the glossaries, and those in bold elsewhere."""
    words: list[str] = []
    elsewhere: list[str] = []
    for sheet in book(lesson).worksheets:
        for row in sheet.iter_rows(values_only=True):
            for value in row:
                if isinstance(value, CellRichText):
                    first = value[0]
                    found = [part.text for part in value if isinstance(part, TextBlock) and part.font.b]
                    is_entry = (
                        isinstance(first, TextBlock) and first.font.b and value[1].text.startswith("  ")
                    )
                    (words if is_entry else elsewhere).extend(found)
    return words, elsewhere


def stem(word: str) -> str:
    return re.sub(r"(?:ing|es|s|e|ed|y)$", "", word.casefold())


@pytest.mark.parametrize("lesson", LESSONS)
def test_terms_are_bold_where_they_first_stand_and_in_a_glossary(lesson: str) -> None:
    words, elsewhere = bold_words(lesson)
    stems = {stem(word) for word in elsewhere}
    assert len(words) >= 5 and words == sorted(words, key=str.casefold)
    assert not [word for word in words if stem(word) not in stems]
    assert len(stems) >= len(elsewhere) - 1  # bold once


def questions(lesson: str) -> list[list[str]]:
    """What stands below each heading Questions, question by question."""
    parts = []
    for sheet in book(lesson).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value == "Questions":
                    below = [sheet.cell(cell.row + down, cell.column).value for down in range(1, 12)]
                    asked = takewhile(re.compile(r"\d+\.  ").match, map(str, filter(None, below)))
                    parts.append(list(asked))
    return parts


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_question_is_numbered_and_answered_for_the_teacher(lesson: str) -> None:
    parts = questions(lesson)
    numbers = [int(words.partition(".")[0]) for part in parts for words in part]
    assert all(parts) and len(numbers) >= 3 and numbers == list(range(1, len(numbers) + 1))
    assert (
        lesson in ("batches", "logistic", "network") or len(parts) >= 2
    )  # these tell it in one piece, or on tabs
    answers = said(lesson)[TEACHER].partition("Answers ")[2]
    for number in numbers:
        found = re.search(rf"(?:^|[.?)”] ){number}\. \S", answers)
        assert found, (number, answers[:80])
        answers = answers[found.end() :]


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_teachers_sheet_names_the_sources(lesson: str) -> None:
    told = said(lesson)[TEACHER]
    assert "Sources" in told
    credited = ("graddesc", "Josef Fruehwald", "Oregon State University", "slides Gradient descent")
    assert [name for name in credited if name in told]


def test_every_source_is_credited_with_its_title_and_author() -> None:
    told = " ".join(said(lesson)[TEACHER] for lesson in LESSONS)
    for words in (
        "worksheet in Google Sheets called Gradient Descent",
        "graddesc, the workbook of fast.ai",
        "Josef Fruehwald, Gradient Descent (Neural Networks, November 14, 2022)",
        "post Gradient Descent (pimode, Oregon State University, April 29, 2022)",
        "F. Chollet, Deep Learning with Python (2nd edition)",
        "Grant Sanderson (3Blue1Brown), Neural networks",
        "slides Gradient descent of a course on deep learning",
    ):
        assert words in told


# -- what the sources have -------------------------------------------------------------------------------------------
PRESENT = [
    ("weight", r"In many networks learn is about 0\.01"),
    ("descent", r"In many networks it is about 0\.01"),
    ("descent", r"there is one valley only"),
    ("belts", r"steeper the farther out"),
    ("network", r"automatic differentiation"),
    ("penguins", r"matrix product .*MMULT"),
    ("batches", r"random order"),
    ("batches", r"stochastic"),
    ("batches", r"memory .*often 128"),
    ("batches", r"all batches work on the same weights"),
    ("network", r"all batches work on the same weights"),
    ("optimizers", r"schedule"),
    ("network", r"from 0 to 255"),
    ("network", r"tensor"),
]


@pytest.mark.parametrize(("lesson", "words"), PRESENT)
def test_what_the_sources_have_stands_somewhere(lesson: str, words: str) -> None:
    assert re.search(words, " ".join(said(lesson).values()))


def test_automatic_differentiation_is_named_on_the_graph() -> None:
    assert "automatic differentiation" in said("network")["Graph"]


def test_the_lines_of_python_do_what_the_boxes_show() -> None:
    """They are run as they stand."""
    story = openpyxl.load_workbook(ROOT / "templates" / "weights.xlsx", data_only=True)["Weights"]
    cells = [value for value in texts(story) if re.match(r"import numpy|(?:x|w|error|slopes) = ", str(value))]
    names: dict[str, np.ndarray] = {}
    exec("\n".join(map(str, cells)), {}, names)
    assert len(cells) == 6
    assert list(names["slopes"]) == [30, 40] and names["w"] == pytest.approx([0.7, 1.6])
    assert "slopes 30 and 40, and weights 0.7 and 1.6" in said("weights")["Weights"]


def test_the_example_of_the_dot_product() -> None:
    """(2, 4) with the second row of the matrix."""
    x = np.array(penguins().x)
    row = np.array([1, (x[1] - x.mean()) / x.std()])
    assert round(float(row @ [2, 4]), 4) == -1.2912
    assert "= -1.2912, if the column of ones comes first" in said("penguins")["Penguins"]


def test_the_slope_through_a_sigmoid_is_the_product_of_three() -> None:
    """Against a numerical derivative of the loss, by NumPy."""
    sheet = openpyxl.load_workbook(ROOT / "templates" / "weight.xlsx", data_only=True)["Weight"]
    [start] = [cell for row in sheet.iter_rows() for cell in row if cell.value == "a weight"]
    table = [[cell.value for cell in row] for row in sheet.iter_rows(start.row + 1, start.row + 7, 2, 10)]

    def loss(w: float) -> float:
        return float((1 / (1 + np.exp(-3 * w)) - 1) ** 2)

    for w, *_, product, nudged in table:
        slope = (loss(w + 1e-6) - loss(w - 1e-6)) / 2e-6
        assert product == pytest.approx(slope, abs=1e-8)
        assert nudged == pytest.approx((loss(w + 0.001) - loss(w)) / 0.001, abs=1e-9)
