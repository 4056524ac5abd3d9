"""Nothing of a sheet, a file's name or a person's name reaches the terminal as a command to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import CommandLine
from parts import change_part
from returned_work import handed_in
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.roster import Student
from small_lesson import draw

ESCAPE = "\x1b[2J\x1b]0;owned\x07"
IN_FILES = b"_x001B_[2J_x001B_]0;owned_x0007_"  # as the format writes it
SEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """The lesson with escapes in the words that are shown: a parameter's name, the loss's, a heading, a note's cell."""
    path = draw(
        tmp_path / "lesson.xlsx", {"A3": "m!!", "C8": "m!!", "I8": "new m!!", "B1": 0.0001, "S1": "note!!"}
    )

    def escaped(xml: bytes) -> bytes:
        return xml.replace(b"!!", IN_FILES).replace(b"rmse", b"rmse" + IN_FILES)

    return change_part(path, "xl/worksheets/sheet1.xml", escaped)


@pytest.mark.parametrize(
    "words",
    [
        ("look",),
        ("run",),
        ("run", "--learn", "5"),
        ("reset",),
        ("fit", "--minimize", "B5", "--change", "B3:B4"),
        ("fit", "--minimize", "B5", "--change", "B3:B4", "--optimizer", "sgd", "--learn", "10"),
        ("animate", "-o", "film.gif"),
        ("run", "--sheet", ESCAPE),
        ("fit", "--minimize", ESCAPE, "--change", "B3"),
    ],
)
def test_words_of_a_sheet_do_not_steer_the_terminal(
    sheetgd: CommandLine, hostile: Path, words: tuple[str, ...]
) -> None:
    done = sheetgd(words[0], hostile, *words[1:])
    assert done.out or done.err
    assert not SEEN.search(done.out + done.err), repr(done.out + done.err)


def test_names_of_a_class_do_not_steer_the_terminal(sheetgd: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(f'Name,Mail\n"Ada{ESCAPE}",a@b.example\n', encoding="utf-8")
    made = sheetgd("class", "--roster", "roster.csv", "-o", f"out{ESCAPE[:4]}")
    assert not SEEN.search(made.out + made.err), repr(made.out + made.err)


def test_names_of_files_do_not_steer_the_terminal(sheetgd: CommandLine, tmp_path: Path) -> None:
    made = assignments([Student("Ada"), Student("Bob")], "descent", "seed")
    keys.write(tmp_path / "key.xlsx", made, "seed")
    handed_in(tmp_path, made[0], {}, f"a{ESCAPE[:4]}.xlsx")
    (tmp_path / f"b{ESCAPE[:4]}.xlsx").write_bytes(b"none")
    done = sheetgd("check", "key.xlsx", *sorted(tmp_path.glob("[ab]*.xlsx")))
    assert "Ada" in done.out
    assert not SEEN.search(done.out + done.err), repr(done.out + done.err)
