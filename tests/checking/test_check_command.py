"""The command: what it prints, writes and refuses."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from conftest import ROOT, CommandLine
from homework import SLIPS, Planted, answers, by_openpyxl
from returned_work import (
    Page,
    handed_in,
)
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.template import student


def test_the_table_on_the_terminal(tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    (tmp_path / "back").mkdir()
    handed_in(tmp_path, pair[0], {"J17": "=D17-I17"}, "back/one.xlsx")
    (tmp_path / "back" / "other.xlsx").write_bytes(b"")
    shutil.copy(tmp_path / "key.xlsx", tmp_path / "back" / "key.xlsx")
    done = sheetgd("check", "key.xlsx", "back/*.xlsx")
    first, second, third, *rest = done.out.splitlines()
    assert done.code == 0 and done.err == ""
    assert re.fullmatch(
        r"Ada Lovelace   29 of 30   J17 new_m is \S+, not \S+: the learning rate was not applied", first
    )
    assert second == "key.xlsx              -  it is a key, not a worksheet"
    assert third == "other.xlsx            -  it is empty (0 bytes); ask for it again, saved as .xlsx"
    assert rest == ["", "Not handed in, unless the file that could not be read is theirs: Alan Turing"]


def test_locks_that_programs_leave_are_no_worksheets_when_a_pattern_names_them(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    keys.write(tmp_path / "key.xlsx", pair[:1], "seed")
    (tmp_path / "back").mkdir()
    handed_in(tmp_path, pair[0], {}, "back/right.xlsx")
    locks = ["~$right.xlsx", ".~lock.right.xlsx#", "._right.xlsx", "Thumbs.db", "desktop.ini"]
    for name in locks:
        (tmp_path / "back" / name).write_bytes(b"\x05teacher")
    for names in (["back"], ["back/*"], ["back/right.xlsx", *(f"back/{name}" for name in locks)]):
        done = sheetgd("check", "key.xlsx", *names)
        assert (done.code, done.out) == (0, "Ada Lovelace   30 of 30   all right\n")


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_reports_and_gradebooks_that_cannot_be_written_are_named(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    keys.write(tmp_path / "key.xlsx", pair[:1], "seed")
    handed_in(tmp_path, pair[0], {})
    (tmp_path / "ro").mkdir()
    (tmp_path / "ro" / "book.csv").write_text("name,grade\nAda Lovelace,\n", encoding="utf-8")
    (tmp_path / "ro").chmod(0o555)
    book = ("--gradebook", "ro/book.csv", "--column", "grade", "--points", "10")
    try:
        for words, name, option in (
            (("--report", "ro/r.html"), "ro/r.html", "--report OTHER.html"),
            (book, "book-graded.csv", "-o OTHER.csv"),
            ((*book, "-o", "ro/new.csv"), "ro/new.csv", "-o OTHER.csv"),
        ):
            done = sheetgd("check", "key.xlsx", "back.xlsx", *words, without_root=True)
            assert (done.code, done.out) == (1, "")
            assert done.err == (
                f"{name}: the folder {tmp_path / 'ro'} is read-only; "
                f"allow writing to it, or write elsewhere with {option}.\n"
            )
    finally:
        (tmp_path / "ro").chmod(0o755)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [  # the key is key.xlsx
        (
            ["roster.csv", "a.xlsx"],
            1,
            "not an .xlsx or .xlsm workbook; name the key.xlsx that sheetgd class made.\n",
        ),
        (
            ["key.xlsx"],
            2,
            "no worksheets are named; name files or folders, or a Drive folder with --folder URL.\n",
        ),
        (["nokey.xlsx", "a.xlsx"], 1, "nokey.xlsx: there is no such file; check the name and the folder.\n"),
        (["key.xlsx", "a.xlsx", "--points", "5"], 2, "--points was given without --gradebook; add"),
        (
            ["key.xlsx", "a.xlsx", "--report", "key.xlsx", "--force"],
            2,
            "key.xlsx after --report does not end in .html",
        ),
        (["key.xlsx", "a.xlsx", "--tolerance", "0"], 2, "0 is not a number above 0"),
        (
            ["key.xlsx", "a.xlsx", "--gradebook", "no.csv"],
            1,
            "no.csv: there is no such file; check the name after",
        ),
        (["key.xlsx", "a.xlsx", "--report", "no/r.html"], 1, "r.html: there is no folder no; make it first"),
    ],
)
def test_wrong_words(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine, words: list[str], code: int, said: str
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    (tmp_path / "roster.csv").write_text("name\nAda\n", encoding="utf-8")
    done = sheetgd("check", *words)
    assert done.code == code and said in done.err and "Traceback" not in done.err


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_files_that_cannot_be_read_or_written_are_named(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    student(pair[0], tmp_path / "a.xlsx")
    (tmp_path / "shut.xlsx").write_bytes(b"PK")
    (tmp_path / "shut.xlsx").chmod(0)
    (tmp_path / "shut").mkdir(mode=0o555)
    long = "a" * 260 + ".xlsx"
    done = sheetgd("check", "key.xlsx", "a.xlsx", "shut.xlsx", long, without_root=True)
    lines = done.out.splitlines()
    assert done.code == 0 and lines[1].endswith("permission denied; check the name and the folder")
    assert (
        lines[1].startswith("shut.xlsx ")
        and "there is no such file; check the name and the folder" in lines[2]
    )
    done = sheetgd("check", "key.xlsx", "a.xlsx", "--report", "shut/r.html", without_root=True)
    assert (done.code, done.err) == (
        1,
        f"shut/r.html: the folder {tmp_path / 'shut'} is read-only; allow writing to it, or write elsewhere with "
        "--report OTHER.html.\n",
    )
    (tmp_path / "moodle.csv").write_text(
        "Identifier,Full name,Grade\nParticipant 1,Ada Lovelace,\n", encoding="utf-8"
    )
    filled = ("--gradebook", "moodle.csv", "--points", 10, "-o", "shut/g.csv")
    done = sheetgd("check", "key.xlsx", "a.xlsx", *filled, without_root=True)
    assert (done.code, done.err) == (
        1,
        f"shut/g.csv: the folder {tmp_path / 'shut'} is read-only; allow writing to it, or write elsewhere with "
        "-o OTHER.csv.\n",
    )


def test_the_page_for_teachers_shows_what_checking_prints(tmp_path: Path, sheetgd: CommandLine) -> None:
    """The three students of docs/class.md: all right, the learning rate forgotten, half done."""
    page = (ROOT / "docs" / "class.md").read_text(encoding="utf-8")
    [roster] = re.findall(r"^```\n(name,email.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    sheetgd("class", "descent", "--roster", "roster.csv", "-o", "monday", "--seed", "docs")
    ada, alan, emmy = keys.read(tmp_path / "monday" / "key.xlsx")
    slip = next(slip for slip in SLIPS if (slip.kind, slip.title) == ("learn", "new_m"))
    (tmp_path / "returned").mkdir()
    done = list(answers(emmy).items())[:18]
    for one, written in ((ada, answers(ada)), (alan, answers(alan, [Planted(slip, 2)])), (emmy, dict(done))):
        by_openpyxl(
            tmp_path / "monday" / f"{one.file}.xlsx", written, tmp_path / "returned" / f"{one.id}.xlsx"
        )
    [(command, printed)] = re.findall(r"^\$ sheetgd (check .*)\n((?:.*\n)*?)```$", page, flags=re.MULTILINE)
    ended = sheetgd(*command.split())
    assert (ended.code, ended.err, ended.out) == (0, "", printed)
    report = "".join(Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts)
    assert "Alan Turing" in report
