"""`sheetgd new` with bad files and words: each is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import CommandLine
from sheetgd.errors import UsageError
from sheetgd.lessons.create import new

ALL = "descent, original, weight, weights, belts, penguins, optimizers, logistic, batches, minima, network"


FILES = {
    "three.csv": b"inches,cm,note\n1,2,a\n2,4,b\n",
    "text.csv": b"inches,cm\n1,2\n2,four\n",
    "gap.csv": b"inches,cm\n1,2\n2\n",
    "one.csv": b"inches,cm\n1,2\n",
    "bare.csv": b"1,2\n3,4\n5,7\n",
    "bare3.csv": b"\n\xe2\x88\x921,2,9\n3,4,8\n5,7,7\n",
    "barely.csv": b"sep=;\n1,5;2,5\n3;4\n5;7\n",
    "none.csv": b"inches,cm\n\n",
    "empty.csv": b"",
    "single.csv": b"inches\n1\n2\n",
    "same.csv": b"inches,cm\n3,1\n3,2\n",
    "flat.csv": b"inches,cm\n3,1\n4,1\n",
    "twice.csv": b"cm,cm\n3,1\n4,1\n",
    "thousands.csv": b'inches,cm\n1,"3,750"\n2,4\n',
    "mixed.csv": b"inches;cm\n1.234,5;1\n2;4\n",
    "huge.csv": b"inches,cm\n1e300,1\n2,4\n",
    "nan.csv": b"inches,cm\nnan,1\n2,4\n",
    "quote.csv": b'inches,cm\n1,"' + b"x" * 200_000 + b'"\n',
    "binary.csv": b"inches,cm\n\x00\x01,2\n",
    "book.csv": b"PK\x03\x04",
    "long.csv": b"inches,cm\n" + b"".join(b"%d,5\n" % n for n in range(200_000)),
}


BAD = [
    (["bels"], 2, f"there is no lesson bels; did you mean belts? The lessons are {ALL}."),
    (["calculus"], 2, f"there is no lesson calculus; the lessons are {ALL}."),
    (
        ["weight", "--rows", "5"],
        2,
        "the lesson weight takes no --rows; leave it out; descent, belts, penguins, optimizers, logistic and batches "
        "would take it.",
    ),
    (
        ["weight", "--seed", "3"],
        2,
        "the lesson weight takes no --seed; leave it out; minima and network would take it, "
        "and descent, belts, penguins, optimizers, logistic and batches with --rows.",
    ),
    (
        ["minima", "--x", "cm"],
        2,
        "the lesson minima takes no --x; leave it out; descent, belts, penguins, optimizers, logistic and batches "
        "would take it with --data.",
    ),
    (
        ["weights", "--data", "three.csv"],
        2,
        "the lesson weights takes no --data; leave it out; descent, belts, penguins, optimizers, logistic and batches "
        "would take it.",
    ),
    (
        ["belts", "--b", "1"],
        2,
        "the lesson belts takes no --b; leave it out; descent, penguins, optimizers, logistic and batches would take "
        "it.",
    ),
    (
        ["optimizers", "--learn", "0.1"],
        2,
        "the lesson optimizers takes no --learn; leave it out; descent, weight, weights, belts, penguins, logistic, "
        "batches, minima and network would take it.",
    ),
    (["belts", "--rows", "0"], 2, "--rows is 0; use a whole number from 2 to 2,000."),
    (["belts", "--rows", "2001"], 2, "--rows is 2,001; use a whole number from 2 to 2,000."),
    (["penguins", "--rows", "334"], 2, "--rows is 334, but there are 333 rows; ask for fewer."),
    (["belts", "--seed", "1"], 2, "--seed chooses rows at random, but --rows is missing; add --rows 20."),
    (
        ["belts", "--x", "a"],
        2,
        "--x and --y name columns of a file, but --data is missing; add --data FILE.csv.",
    ),
    (["--data", "three.csv"], 2, "--x is missing; name a column of three.csv: inches, cm, note."),
    (
        ["--data", "three.csv", "--x", "cm"],
        2,
        "--y is missing; name a column of three.csv: inches, cm, note.",
    ),
    (
        ["--data", "three.csv", "--x", "inch", "--y", "cm"],
        1,
        "three.csv: it has no column inch; did you mean --x inches? Its columns are inches, cm, note.",
    ),
    (
        ["--data", "three.csv", "--x", "inches", "--y", "weight"],
        1,
        "three.csv: it has no column weight; its columns are inches, cm, note.",
    ),
    (
        ["--data", "three.csv", "--x", "inches", "--y", "note"],
        1,
        "three.csv: line 2: note is 'a', not a number; type a number, or delete the line.",
    ),
    (["--data", "absent.csv"], 1, "absent.csv: there is no such file; check the name after --data."),
    (
        ["--data", "text.csv"],
        1,
        "text.csv: line 3: cm is 'four', not a number; type a number, or delete the line.",
    ),
    (["--data", "gap.csv"], 1, "gap.csv: line 3: cm is empty; type a number, or delete the line."),
    (["--data", "one.csv"], 1, "one.csv: it has 1 row of data; a lesson needs at least two."),
    (
        ["--data", "bare.csv"],
        1,
        "bare.csv: line 1 holds numbers (1 and 2); write the names of the columns above "
        "them, such as x and y, in a line of their own.",
    ),
    (
        ["--data", "bare3.csv", "--x", "2", "--y", "9"],
        1,
        "bare3.csv: line 2 holds numbers (−1 and 2); write the names "
        "of the columns above them, such as x and y, in a line of their own.",
    ),
    (
        ["--data", "barely.csv"],
        1,
        "barely.csv: line 2 holds numbers (1,5 and 2,5); write the names of the columns "
        "above them, such as x and y, in a line of their own.",
    ),
    (
        ["--data", "three.csv", "--x", "heigt"],
        1,
        "three.csv: it has no column heigt; its columns are inches, cm, note.",
    ),
    (
        ["--data", "three.csv", "--y", "inch"],
        1,
        "three.csv: it has no column inch; did you mean --y inches? Its columns are inches, cm, note.",
    ),
    (["--data", "none.csv"], 1, "none.csv: it has no rows of data; a lesson needs at least two."),
    (["--data", "empty.csv"], 1, "empty.csv: it is empty; its first line has the names of the columns."),
    (
        ["--data", "single.csv"],
        1,
        "single.csv: it has only one column; its first line has the names of the columns, "
        "with commas, semicolons or tabs between them.",
    ),
    (
        ["--data", "same.csv"],
        1,
        "same.csv: inches is 3 in every row; choose another column with --x, or a file in which it differs.",
    ),
    (
        ["--data", "flat.csv"],
        1,
        "flat.csv: cm is 1 in every row; choose another column with --y, or a file in which it differs.",
    ),
    (
        ["--data", "twice.csv", "--x", "cm", "--y", "cm"],
        1,
        "twice.csv: 2 columns are called cm; rename all but one.",
    ),
    (
        ["--data", "thousands.csv"],
        1,
        "thousands.csv: line 2: cm is '3,750', not a number; type a number, or delete the line.",
    ),
    (
        ["--data", "mixed.csv"],
        1,
        "mixed.csv: line 2: inches is '1.234,5', not a number; type a number, or delete the line.",
    ),
    (
        ["--data", "huge.csv"],
        1,
        "huge.csv: line 2: inches is '1e300', no number that a lesson can use; type a number, or delete the line.",
    ),
    (
        ["--data", "nan.csv"],
        1,
        "nan.csv: line 2: inches is 'nan', not a number; type a number, or delete the line.",
    ),
    (
        ["--data", "quote.csv"],
        1,
        "quote.csv: line 2 cannot be read (field larger than field limit (131072)); save it as CSV again.",
    ),
    (
        ["--data", "binary.csv"],
        1,
        "binary.csv: it is not a text file; save the sheet as CSV and use that file.",
    ),
    (["--data", "book.csv"], 1, "book.csv: it is a workbook; save the sheet as CSV and use that file."),
    (
        ["--data", "long.csv"],
        1,
        "long.csv: it has 200,000 rows of data; add --rows 500 to take 500 of them at random "
        "(a worksheet takes 2,000).",
    ),
    (
        ["--data", "three.csv", "--x", "inches", "--y", "cm", "--rows", "3"],
        2,
        "--rows is 3, but there are 2 rows; ask for fewer.",
    ),
]


@pytest.mark.parametrize(("words", "code", "message"), BAD, ids=[" ".join(words) for words, _, _ in BAD])
def test_bad_input_is_refused_in_a_sentence(
    sheetgd: CommandLine, words: list[str], code: int, message: str
) -> None:
    for name in words:
        if name in FILES:
            (sheetgd.folder / name).write_bytes(FILES[name])
    before = sorted(sheetgd.folder.iterdir())
    ended = sheetgd("new", *words)
    assert (ended.code, ended.out, ended.err) == (code, "", message + "\n")
    assert sorted(sheetgd.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rows", "many"], "argument --rows: many is not a whole number"),
        (["--m", "nan"], "argument --m: nan is not a number, such as 1.5"),
        (["--b", "0,5"], "argument --b: 0,5 is not a number, such as 1.5"),
        (["--learn", "0"], "argument --learn: 0 is not a number above 0, such as 0.0001"),
        (["--epochs", "0"], "argument --epochs: 0 is not a whole number from 1 to 1,000,000"),
    ],
)
def test_words_that_are_no_numbers(sheetgd: CommandLine, words: list[str], message: str) -> None:
    ended = sheetgd("new", "descent", *words)
    assert ended.code == 2 and ended.err.endswith(f"sheetgd new: error: {message}\n")
    assert not list(sheetgd.folder.iterdir())


def test_an_output_folder_that_does_not_exist(sheetgd: CommandLine) -> None:
    ended = sheetgd("new", "belts", "-o", "absent/belts.xlsx")
    folder = (sheetgd.folder / "absent").resolve()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"belts.xlsx: there is no folder {folder}; make it first, or name another.\n"
    assert not list(sheetgd.folder.iterdir())


def test_the_folder_one_is_in_is_no_file(sheetgd: CommandLine) -> None:
    ended = sheetgd("new", "descent", "-o", ".")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == ". does not end in .xlsx; name the worksheet so that Excel opens it.\n"


def test_numbers_that_no_formula_can_take_name_the_file_that_was_asked_for(sheetgd: CommandLine) -> None:
    ended = sheetgd("new", "descent", "--m", "1e308", "-o", "huge.xlsx")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "huge.xlsx, Descent!K3: rmse is the error #NUM! because of D13, whose formula is =$D$4*B13+$D$5; draw it with "
        "other numbers.\n"
    )
    assert not list(sheetgd.folder.iterdir())


def test_an_option_that_nobody_takes_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        new("belts", tmp_path / "belts.xlsx", nonsense=1)
    with pytest.raises(UsageError):
        new("belts", tmp_path / "belts.xlsx", rows=1)
