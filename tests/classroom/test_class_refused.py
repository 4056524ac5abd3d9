"""What makes no class is refused, and nothing is left; a key that is there holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from classwork import CLASS, SEED, roster
from conftest import ROOT, CommandLine
from sheetgd.classroom import key
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.catalogue import KINDS
from sheetgd.classroom.folder import make_class
from sheetgd.errors import SheetgdError, UsageError
from sheetgd.lessons import LESSONS

WORKING = "a class can be given descent, weight, weights, belts, penguins"


REFUSALS = [
    (
        "original",
        [],
        f"the lesson original is the published sheet, with the same numbers for everyone; {WORKING}.",
    ),
    (
        "optimizers",
        [],
        f"the lesson optimizers has four tables side by side, too many to fill in; {WORKING}.",
    ),
    ("wheight", [], f"there is no lesson wheight; did you mean weight? A{WORKING[1:]}."),
    (
        "weight",
        ["--blank", "slop"],
        "the lesson weight has no column slop; did you mean slope? "
        "These can be left blank: w, prediction, error, slope, new_w.",
    ),
    ("weight", ["--blank-rows", "0"], "--blank-rows is 0; use a whole number from 1 on, or all."),
    (
        "weight",
        ["--data-like", "belts"],
        "the lesson weight takes no --data-like; leave it out; descent, belts and penguins would take it.",
    ),
    (
        "belts",
        ["--data-like", "nothing.csv"],
        "there is no file nothing.csv, and no lesson with such data; "
        "name a CSV file after --data-like, or one of descent, belts and penguins.",
    ),
    (
        "belts",
        ["--x", "a"],
        "--x and --y name columns of a file, but --data-like is missing; add --data-like FILE.csv.",
    ),
    ("belts", ["--seed", " "], "--seed is empty; leave it out, or write any words after it."),
    ("belts", ["--name", "x"], "roster.csv has no column x; after --name write one of name."),
]


def test_data_without_a_heading_is_refused(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    (tmp_path / "d.csv").write_text("1,2\n3,4\n5,7\n", encoding="utf-8")
    done = sheetgd("class", "descent", "--roster", "roster.csv", "-o", "OUT", "--data-like", "d.csv")
    assert (done.code, done.err) == (
        1,
        "d.csv: line 1 holds numbers (1 and 2); write the names of the columns above them, such as x and y, in a line "
        "of their own.\n",
    )
    assert not (tmp_path / "OUT").exists()


@pytest.mark.parametrize(("lesson", "words", "error"), REFUSALS)
def test_what_cannot_be_done_is_refused_and_nothing_is_left(
    lesson: str, words: list[str], error: str, sheetgd: CommandLine, tmp_path: Path
) -> None:
    roster(tmp_path, ["Ada"])
    done = sheetgd("class", lesson, "--roster", "roster.csv", "-o", "OUT", *words)
    assert (done.code, done.out, done.err) == (2, "", error + "\n")
    assert os.listdir(tmp_path) == ["roster.csv"]


def test_every_lesson_is_given_or_refused() -> None:
    for name in LESSONS:
        try:
            assignments(CLASS[:1], name, SEED)
        except UsageError as error:
            assert WORKING in str(error)
            continue
        assert name in KINDS


def test_a_folder_with_something_in_it_stays(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    out = tmp_path / "OUT"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    (out / "Ada.xlsx").write_text("old", encoding="utf-8")
    command = ("class", "weight", "--roster", "roster.csv", "-o", "OUT")
    done = sheetgd(*command)
    assert (done.code, done.err) == (
        1,
        "OUT: the folder is not empty; "
        "name another with -o, or add --force to replace the files in it that have the same names.\n",
    )
    assert (out / "Ada.xlsx").read_text(encoding="utf-8") == "old" and len(os.listdir(out)) == 2
    assert sheetgd(*command, "--force").code == 0
    assert sorted(os.listdir(out)) == ["Ada.xlsx", "key.xlsx", "mine.txt"]
    assert zipfile.is_zipfile(out / "Ada.xlsx") and (out / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert sorted(os.listdir(tmp_path)) == ["OUT", "roster.csv"]


def test_forced_without_a_seed_the_same_worksheets_are_made_again(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    """The key of worksheets that were handed out already goes on fitting them."""
    roster(tmp_path, ["Ada", "Alan"])
    command = ("class", "weight", "--roster", "roster.csv", "-o", "OUT")
    assert sheetgd(*command).code == 0
    first = {path.name: path.read_bytes() for path in (tmp_path / "OUT").iterdir()}
    (tmp_path / "OUT" / "Ada.xlsx").unlink()
    assert sheetgd(*command, "--force").code == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "OUT").iterdir()} == first
    roster(tmp_path, ["Ada", "Alan", "Emmy"])
    (tmp_path / "back.xlsx").write_bytes(first["Ada.xlsx"])
    assert sheetgd(*command, "--force").code == 0
    assert sheetgd("check", "OUT/key.xlsx", "back.xlsx").out.splitlines() == [
        "Ada    0 of 20   20 empty, from E17 on",
        "",
        "Not handed in: Alan; Emmy",
    ]


OTHERS: list[tuple[str, list[str], list[str], str]] = [
    ("weight", ["--seed", "mine"], ["Ada", "Bo"], "its seed is {seed}, not mine"),
    ("belts", [], ["Ada", "Bo"], "its lesson is weight, not belts"),
    ("belts", ["--seed", "mine"], ["Ada", "Bo"], "its lesson is weight, not belts"),
    ("weight", ["--blank-rows", "2"], ["Ada", "Bo"], "Ada's worksheet would now be a different one"),
    ("weight", [], ["Di", "Cy"], "2 of its 2 students are no longer in the roster"),
]


@pytest.mark.parametrize(("lesson", "words", "names", "why"), OTHERS)
def test_a_key_is_not_replaced_by_that_of_other_worksheets(
    lesson: str, words: list[str], names: list[str], why: str, sheetgd: CommandLine, tmp_path: Path
) -> None:
    made = make_class("weight", roster(tmp_path, ["Ada", "Bo"]), tmp_path / "OUT")
    before = {path.name: path.read_bytes() for path in made.folder.iterdir()}
    roster(tmp_path, names)
    done = sheetgd("class", lesson, "--roster", "roster.csv", "-o", "OUT", "--force", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"{Path('OUT', 'key.xlsx')}: this key belongs to worksheets that already exist, and "
        f"{why.format(seed=made.seed)}; give the same lesson, roster and options to make them "
        "again, or name another folder with -o, or remove key.xlsx.\n"
    )
    assert {path.name: path.read_bytes() for path in made.folder.iterdir()} == before
    made.key.unlink()
    again = sheetgd("class", lesson, "--roster", "roster.csv", "-o", "OUT", "--force", *words)
    assert (again.code, again.err) == (0, "")


def test_a_key_that_cannot_be_read_or_is_that_of_google_sheets_is_not_replaced(tmp_path: Path) -> None:
    path = roster(tmp_path, ["Ada"])
    made = make_class("weight", path, tmp_path / "OUT", seed=SEED)
    key.write(made.key, made.assignments, SEED, folder="https://drive.google.com/drive/folders/KEY")
    with pytest.raises(SheetgdError) as caught:
        make_class("weight", path, tmp_path / "OUT", force=True)
    assert str(caught.value) == (
        f"{made.key}: this key belongs to Google Sheets that already exist; "
        "add --google to go on with them, or name another folder with -o."
    )
    made.key.write_bytes(b"mine")
    with pytest.raises(SheetgdError) as caught:
        make_class("weight", path, tmp_path / "OUT", force=True)
    assert str(caught.value) == (
        f"{made.key}: it is not an .xlsx or .xlsm workbook; name another folder with -o, or remove key.xlsx."
    )
    assert made.key.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("roster.csv", "roster.csv: it is a file, not a folder; name another with -o."),
        ("no/where", "no/where: there is no folder {}/no; make it first, or name another."),
    ],
)
def test_folders_that_cannot_be_made(out: str, words: str, sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    done = sheetgd("class", "weight", "--roster", "roster.csv", "-o", out)
    assert (done.code, done.err.replace("\\", "/")) == (1, words.format(tmp_path.as_posix()) + "\n")
    assert os.listdir(tmp_path) == ["roster.csv"]


def test_a_folder_that_may_not_be_written(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    (tmp_path / "locked").mkdir(mode=0o555)
    done = sheetgd("class", "weight", "--roster", "roster.csv", "-o", "locked/OUT", without_root=True)
    assert (done.code, done.err) == (
        1,
        f"{Path('locked', 'OUT')}: it cannot be written (Permission denied); name another folder with -o.\n",
    )


@pytest.mark.skipif(os.name == "nt", reason="there is no signal to stop a process softly")
def test_stopped_it_leaves_nothing_and_killed_it_is_cleaned_up_later(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    roster(tmp_path, [f"student {number}" for number in range(400)])
    words = [sys.executable, "-m", "sheetgd", "class", "descent", "--roster", "roster.csv", "-o", "OUT"]
    for kill in (signal.SIGINT, signal.SIGKILL):
        process = subprocess.Popen(
            words,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        while not list(tmp_path.glob(".OUT.*.sheetgd/*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(kill)
        _, said = process.communicate(timeout=60)
        if kill is signal.SIGINT:
            assert (process.returncode, said) == (130, "Stopped; nothing was written.\n")
            assert os.listdir(tmp_path) == ["roster.csv"]
    [left] = tmp_path.glob(".OUT.*.sheetgd")
    roster(tmp_path, ["Ada"])
    words = words[3:]
    assert sheetgd(*words).code == 0 and left.exists()  # it might be at work
    os.utime(left, (1, 1))
    assert sheetgd(*words, "--force").code == 0
    assert sorted(os.listdir(tmp_path)) == ["OUT", "roster.csv"]
