"""Rosters as they come, and names that hurt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from classwork import HURT, RESERVED
from sheetgd.classroom.assignment import file_names
from sheetgd.classroom.roster import MOST, Student, read_roster
from sheetgd.errors import SheetgdError


def test_file_names_of_names_that_hurt() -> None:
    found = file_names([*HURT, "", "Key", "COM1", "con"])
    assert found[HURT.index("../../etc/passwd")] == "etc passwd"
    assert found[HURT.index("CON")] == "CON (student)" and found[-1] == "con (student) (2)"
    assert [found[i] for i, name in enumerate(HURT) if name.casefold() == "ada lovelace"] == [
        "Ada Lovelace",
        "Ada Lovelace (2)",
        "ADA LOVELACE (3)",
    ]
    assert found[HURT.index("ليلى أحمد")] == "ليلى أحمد"
    assert_safe(found)


@settings(max_examples=200)
@any_of(st.lists(st.text(max_size=120), max_size=12))
def test_every_text_has_a_safe_file_name(names: list[str]) -> None:
    found = file_names(names)
    assert len(found) == len(names)
    assert_safe(found)


def assert_safe(found: list[str]) -> None:
    for name in found:
        assert 0 < len(name.encode()) <= 100 and name == name.strip(" .")
        assert not re.search(
            r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069=+@]', name
        )
        assert name[0] not in "-~" and name.partition(".")[0].casefold() not in RESERVED
        assert name.casefold() != "key"
    assert len({name.casefold() for name in found}) == len(found)


NAMES = ["Zoë Groß", "Ada Lovelace", "Łukasz"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("name\nZoë Groß\nAda Lovelace\nŁukasz\n", "utf-8"),
        ("name\r\nZoë Groß\r\n\r\nAda Lovelace\r\nŁukasz", "utf-8-sig"),
        ("email;Name\n;Zoë Groß\na@b;Ada Lovelace\n;Łukasz\n", "utf-16"),
        ("id\tstudent\n1\tZoë Groß\n2\tAda Lovelace\n3\tŁukasz\n", "utf-16-le"),
        ("sep=;\nName;Klasse\nZoë Groß;7b\nAda Lovelace;7b\nŁukasz;7b\n", "utf-8"),
        ('"Vorname";"Name"\n"Zoë";"Groß"\n"Ada";"Lovelace"\n"Łukasz";""\n', "utf-8"),
        ("Surname,First name,ID number,Email address\nGroß,Zoë,1,\nLovelace,Ada,2,\n,Łukasz,3,\n", "utf-8"),
        ("Zoë Groß\nAda Lovelace\nŁukasz\n", "utf-8"),
    ],
)
def test_rosters_as_schools_write_them(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(text.encode(encoding))
    assert [student.name for student in read_roster(tmp_path / "r.csv")] == NAMES


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_old_encodings(encoding: str, tmp_path: Path) -> None:
    name = "Zoë Groß" + ("–Šimon" if encoding == "cp1252" else "")
    (tmp_path / "r.csv").write_bytes(f"Name;Klasse\n{name};7b\n".encode(encoding))
    assert read_roster(tmp_path / "r.csv") == [Student(name)]


def test_canvas_gradebook_is_a_roster(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (123)\n"
        "    Points Possible,,,,,10.0\n"
        '"Lovelace, Ada",1,S1,ada,Math,\n"Lovelace, Ada",2,S2,ada2,Math,\n"Student, Test",3,,x,Math,\n',
        encoding="utf-8",
    )
    assert read_roster(tmp_path / "r.csv") == [
        Student("Lovelace, Ada", "ada"),
        Student("Lovelace, Ada", "ada2"),
    ]


def test_columns_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("nickname,known as,of\nx,Ada,Lovelace\n", encoding="utf-8")
    assert read_roster(tmp_path / "r.csv", "Known As, of") == [Student("Ada Lovelace")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "r.csv: it is empty; write a name on each line, under the heading name."),
        (b"name\n", "r.csv: it has no students; write a name on each line, under the heading name."),
        (b"name,id\nAda,1\n,2\n", "r.csv: line 3: the name is empty; type it, or delete the line."),
        (
            b"name,id\nLovelace, Ada,1\n",
            "r.csv: line 2 has 3 cells, but the first line only 2; "
            'put names with a comma into quotes, "Lovelace, Ada".',
        ),
        (
            b"name\n" + b"x" * 40_000,
            "r.csv: line 2: the name has 40,000 characters; shorten it; up to 300 fit on a worksheet.",
        ),
        (
            b"who,what\nAda,x\n",
            "r.csv: no column is headed name or student; say which with --name COLUMN, "
            "or write name above a list of nothing but names; the first line has who, what.",
        ),
        (b"PK\x03\x04rest", "r.csv: it is a workbook; save the sheet as CSV and use that file."),
        (
            b"na\0me\n\xff\0x\0\0\n\0",
            "r.csv: it is not a text file; save the sheet as CSV and use that file.",
        ),
        (
            b"name\n" + b"x\n" * (MOST + 1),
            "r.csv: it has 2,001 students; a class has up to 2,000; split the file.",
        ),
    ],
)
def test_rosters_that_cannot_be_read(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(content)
    with pytest.raises(SheetgdError) as raised:
        read_roster(tmp_path / "r.csv")
    assert str(raised.value) == words
