"""Grades into the files that Canvas and Moodle export: nothing but the two columns changes, to the byte."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import CommandLine
from homework import SLIPS, Planted, answers, by_openpyxl
from sheetgd.checking.gradebook import Filled, Grade, Gradebook, fill
from sheetgd.classroom import key as keys
from sheetgd.classroom import template
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.roster import Student
from sheetgd.errors import SheetgdError

ADA, BO, CY, ZOE = CLASS = assignments(
    [
        Student("Ada Lovelace", "ada@x.org"),
        Student("Bo Berg"),
        Student("Cy Coe", "s3"),
        Student("Zoë Ångström"),
    ],
    "descent",
    "seed",
)
GRADES = [
    (student, Grade(share, f"{student.name}, look at F17."))
    for student, share in zip(CLASS, (1, 0.9, 2 / 3, 0), strict=True)
]

# As lib/gradebook_exporter.rb writes it: a row of posting policies, the row of points with its four blanks
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Warm-up (11),Worksheet 3 (12),"
    "Assignments Current Score,Current Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,5.00,20.00,(read only),(read only)\r\n"
    '"Lovelace, Ada",101,s1,ada@x.org,"1B, 2C",4.00,,80.0,80.0\r\n'
    '"Berg, Bo",102,s2,bob,1B,5.00,,100.0,100.0\r\n'
    '"O\'Neil, ""Red"" Tim",105,s5,tim,1B,5.00,,,\r\n'
    '"Coe, C.",103,s3,cy,1B,5.00,,,\r\n'
    '"Ångström, Zoë",104,s4,zoe,1B,5.00,"",,\r\n'
    '"Student, Test",999,,abc,1B,,,,\r\n'
)
CANVAS_FILLED = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Warm-up (11),Worksheet 3 (12),"
    "Assignments Current Score,Current Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,5.00,20.00,(read only),(read only)\r\n"
    '"Lovelace, Ada",101,s1,ada@x.org,"1B, 2C",4.00,20,80.0,80.0\r\n'
    '"Berg, Bo",102,s2,bob,1B,5.00,18,100.0,100.0\r\n'
    '"O\'Neil, ""Red"" Tim",105,s5,tim,1B,5.00,,,\r\n'
    '"Coe, C.",103,s3,cy,1B,5.00,13.33,,\r\n'
    '"Ångström, Zoë",104,s4,zoe,1B,5.00,"0",,\r\n'
    '"Student, Test",999,,abc,1B,,,,\r\n'
)
# As mod/assign/feedback/offline writes it
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (grade)","Feedback comments"\n'
    'Participant 71,"Ada Lovelace",ada@x.org,"Submitted for grading",,10.00,Yes,-,\n'
    'Participant 72,"Bo Berg",bo@x.org,"Submitted for grading",,10.00,Yes,-,\n'
    'Participant 73,"Zoë Ångström",zoe@x.org,"No submission",,10.00,Yes,-,\n'
)
MOODLE_FILLED = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (grade)","Feedback comments"\n'
    'Participant 71,"Ada Lovelace",ada@x.org,"Submitted for grading",10,10.00,Yes,-,"Ada Lovelace, look at F17."\n'
    'Participant 72,"Bo Berg",bo@x.org,"Submitted for grading",9,10.00,Yes,-,"Bo Berg, look at F17."\n'
    'Participant 73,"Zoë Ångström",zoe@x.org,"No submission",0,10.00,Yes,-,"Zoë Ångström, look at F17."\n'
)
# As grade/export/txt writes it, with semicolons and decimal commas
MOODLE_BOOK = (
    '"First name";"Last name";"ID number";"Email address";"Assignment: Lines (Real)";"Assignment: Worksheet (Real)";'
    '"Assignment: Worksheet (Feedback)";"Course total (Real)"\n'
    "Ada;Lovelace;;ada@x.org;8,50;-;;8,50\n"
    "Bo;Berg;;bo@x.org;-;-;;-\n"
)
MOODLE_BOOK_FILLED = (
    '"First name";"Last name";"ID number";"Email address";"Assignment: Lines (Real)";"Assignment: Worksheet (Real)";'
    '"Assignment: Worksheet (Feedback)";"Course total (Real)"\n'
    "Ada;Lovelace;;ada@x.org;8,50;5;Ada Lovelace, look at F17.;8,50\n"
    "Bo;Berg;;bo@x.org;-;4,5;Bo Berg, look at F17.;-\n"
)


def filled(folder: Path, before: bytes, **options: object) -> tuple[bytes, Filled]:
    (folder / "book.csv").write_bytes(before)
    result = fill(folder / "book.csv", GRADES, **options)  # type: ignore[arg-type]
    assert (folder / "book.csv").read_bytes() == before
    return result.out.read_bytes(), result


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_canvas(tmp_path: Path, encoding: str, separator: str) -> None:
    before, after = (
        "\r\n".join(separator.join(cell for cell in line.split(",")) for line in text.split("\r\n"))
        if separator != ","
        else text
        for text in (CANVAS.replace('"1B, 2C"', "1B"), CANVAS_FILLED.replace('"1B, 2C"', "1B"))
    )
    if separator != ",":  # what stands between quotes keeps its commas
        before, after = (text.replace(f"{separator} ", ", ") for text in (before, after))
    data, result = filled(tmp_path, before.encode(encoding), column="Worksheet 3")
    assert data == after.encode(encoding)
    assert (result.out.name, result.column, result.written) == ("book-graded.csv", "Worksheet 3 (12)", 4)
    assert result.feedback == "" and result.left == []


def test_moodle_worksheet_takes_grade_and_sentence_together(tmp_path: Path) -> None:
    for newline in ("\n", "\r\n", "\r"):
        before, after = (text.replace("\n", newline).encode("utf-8-sig") for text in (MOODLE, MOODLE_FILLED))
        data, result = filled(tmp_path, before, force=True)
        assert data == after and result.feedback == "Feedback comments"
        assert result.left == [("Cy Coe", "not in the gradebook")]


def test_moodle_gradebook_export_with_decimal_commas(tmp_path: Path) -> None:
    data, result = filled(tmp_path, MOODLE_BOOK.encode(), column="Assignment: Worksheet", points=5)
    assert data == MOODLE_BOOK_FILLED.encode() and result.written == 2
    assert [name for name, _ in result.left] == ["Cy Coe", "Zoë Ångström"]


def test_nothing_is_overwritten_that_is_there(tmp_path: Path) -> None:
    """A grade of the teacher's, an excuse, a grade that Moodle has locked, and a student who is not in the course."""
    before = CANVAS.replace("4.00,,80.0", "4.00,7,80.0").replace("s2,bob,1B,5.00,", "s2,bob,1B,5.00,EX")
    before = before.replace('5.00,""', "5.00,N/A")
    data, result = filled(tmp_path, before.encode(), column="Worksheet 3 (12)")
    assert data == before.replace("s3,cy,1B,5.00,", "s3,cy,1B,5.00,13.33").encode()
    assert result.left == [
        ("Ada Lovelace", "already has the grade 7 (--regrade replaces it)"),
        ("Bo Berg", "the gradebook says EX"),
        ("Zoë Ångström", "the gradebook says N/A"),
    ]
    data, result = filled(tmp_path, before.encode(), column="Worksheet 3", replace=True, force=True)
    assert b'ada@x.org,"1B, 2C",4.00,20,80.0' in data and b",EX," in data
    locked = MOODLE.replace('grading",,10.00,Yes', 'grading",,10.00,No', 1)
    _, result = filled(tmp_path, locked.encode(), force=True)
    assert result.left[0] == ("Ada Lovelace", "Moodle says that this grade cannot be changed")


def test_names_that_are_not_one_line_are_left(tmp_path: Path) -> None:
    twins = MOODLE.replace("Zoë Ångström", "Bo Berg")
    _, result = filled(tmp_path, twins.encode())
    assert ("Bo Berg", "2 lines of the gradebook have this name") in result.left
    one = [
        (student, Grade(1, ""))
        for student in assignments([Student("Bo Berg"), Student("Bo  BERG")], "descent", "s")
    ]
    (tmp_path / "one.csv").write_text(MOODLE)
    result = fill(tmp_path / "one.csv", one)
    assert result.written == 1
    assert result.left == [("Bo  BERG", "its line in the gradebook is also that of Bo Berg")]


BOTH = "Warm-up (11), Worksheet 3 (12)"
READ_ONLY = f"book.csv: Canvas does not take grades in its column Current Score; use one of {BOTH}."
EXPORT = "export it from Canvas or Moodle as CSV, without opening it, and use that file"
NO_POINTS = "book.csv does not say how many points full marks are; add, for instance, --points 10."


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (CANVAS, {}, f'book.csv: it has 2 columns for grades: {BOTH}; name one with --column "NAME".'),
        (
            CANVAS,
            {"column": "Essay"},
            f"book.csv: it has no column Essay; its columns for grades are {BOTH}.",
        ),
        (CANVAS, {"column": "Current Score"}, READ_ONLY),
        (MOODLE_BOOK, {"column": "Assignment: Lines"}, NO_POINTS),
        ("a", {}, f"book.csv: it has no columns; {EXPORT}."),
        ("", {}, f"book.csv: it has no columns; {EXPORT}."),
        ("PK\3\4", {}, f"book.csv: it is a workbook; {EXPORT}."),
        ("x,y\n1,2\n", {}, 'book.csv: it has no column for grades; name one with --column "NAME".'),
    ],
)
def test_what_is_not_clear_is_refused(tmp_path: Path, text: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(SheetgdError) as error:
        filled(tmp_path, text.encode(), **options)
    assert str(error.value) == said
    assert [path.name for path in tmp_path.iterdir()] == ["book.csv"]


def test_a_canvas_in_another_language_marks_its_own_columns_in_its_words(tmp_path: Path) -> None:
    book = CANVAS.replace("(read only)", "(schreibgeschützt)").replace("5.00,20.00", '"5,00","20,00"')
    (tmp_path / "book.csv").write_bytes(book.encode())
    assert Gradebook(tmp_path / "book.csv").grade_columns() == ["Warm-up (11)", "Worksheet 3 (12)"]


def test_an_existing_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "book-graded.csv").write_text("mine")
    with pytest.raises(
        SheetgdError, match="the file already exists; name another, or add --force to replace it"
    ):
        filled(tmp_path, MOODLE.encode())
    assert (tmp_path / "book-graded.csv").read_text() == "mine"


CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters='",;\n\t'), max_size=8
)


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"])
)
def test_any_file_comes_back_to_the_byte_and_reads_as_python_reads_it(
    rows: list[list[str]], newline: str
) -> None:
    """Whatever Python's own writer makes: what is put reads back, and all other cells are as before."""
    import tempfile

    table = [["Full name", "Grade", "Feedback comments"], *rows]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=newline).writerows(table)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.csv")
        path.write_bytes(text.getvalue().encode())
        try:
            book = Gradebook(path)
        except SheetgdError as error:
            assert "not a text file" in str(error)
            return
    assert book.changed() == text.getvalue().encode()
    filled_in = [number for number, row in enumerate(table) if number and "".join(row).strip()]
    if not filled_in:
        return
    book.put(book.rows[0][1], '7,5 "good"')
    back = list(csv.reader(io.StringIO(book.changed().decode(), newline="")))
    table[filled_in[0]][1] = '7,5 "good"'
    assert back == table


def test_a_class_is_checked_and_graded_from_the_command_line(tmp_path: Path, sheetgd: CommandLine) -> None:
    """Ada has everything right, Bo one slip, Zoë the answers of Ada: her grade waits for the teacher."""
    keys.write(tmp_path / "key.xlsx", CLASS, "seed")
    (tmp_path / "back").mkdir()
    work: list[tuple[Assignment, dict[str, object]]] = [
        (ADA, answers(ADA)),
        (BO, answers(BO, [Planted(SLIPS[0], 2)])),
        (CY, answers(CY)),
        (ZOE, answers(ADA)),
    ]
    for student, written in work:
        template.student(student, tmp_path / "empty.xlsx")
        by_openpyxl(tmp_path / "empty.xlsx", written, tmp_path / "back" / f"{student.id}.xlsx")
    (tmp_path / "canvas.csv").write_bytes(CANVAS.encode("utf-8-sig"))
    command = (
        "check",
        "key.xlsx",
        "back",
        "--report",
        "r.html",
        "--gradebook",
        "canvas.csv",
        "--column",
        "worksheet 3",
    )
    done = sheetgd(*command)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "Ada Lovelace   30 of 30   all right"
    assert lines[1].startswith("Bo Berg        29 of 30   J18 new_m is ")
    assert lines[1].endswith("there is a plus where a minus belongs")
    copied = "it has the same answers as Ada Lovelace ({}.xlsx), although they were given other numbers"
    assert f"! Zoë Ångström: {copied.format(ADA.id)}" in lines
    assert f"  not filled in: Zoë Ångström, {copied.format(ADA.id)} (!)" in lines
    assert (
        lines[-1] == "The report is in r.html." and "canvas-graded.csv: 3 grades in Worksheet 3 (12)" in lines
    )
    expected = CANVAS.replace('"1B, 2C",4.00,', '"1B, 2C",4.00,20')
    expected = expected.replace("s2,bob,1B,5.00,", "s2,bob,1B,5.00,19.33").replace(
        "s3,cy,1B,5.00,", "s3,cy,1B,5.00,20"
    )
    assert (tmp_path / "canvas-graded.csv").read_bytes() == expected.encode("utf-8-sig")
    again = sheetgd(*command)
    assert (again.code, again.err) == (
        1,
        "r.html: the file already exists; name another, or add --force to replace it.\n",
    )
