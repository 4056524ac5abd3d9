"""A lesson is the same in every language: its cells and its numbers; and its words have room.

All languages of a lesson are looked at in one test, for drawing is what takes time.
"""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from same_cells import wordless
from sheetgd.language import languages
from sheetgd.lessons import LESSONS
from spoken import drawn

OTHERS = languages()[1:]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_has_the_same_cells_in_every_language_and_its_words_have_room(lesson: str) -> None:
    from too_long import too_long

    english = drawn(lesson, "en")
    cells = wordless(english)
    for code in OTHERS:
        other = drawn(lesson, code)
        for before, after in zip(cells, wordless(other), strict=True):
            assert before == after
        assert not list(too_long(english, other))
        check_limits(other)


def check_limits(book: Workbook) -> None:
    """What Excel takes: names of tabs, titles and texts of messages, formulas."""
    assert len({title.casefold() for title in book.sheetnames}) == len(book.sheetnames)
    for sheet in book.worksheets:
        assert len(sheet.title) <= 31 and not set(sheet.title) & set("':\\/?*[]")
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.errorTitle) <= 32 and len(rule.error) <= 255
        formulas = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert max(map(len, formulas), default=0) <= 8192
