"""One reader of CSV files: the same awkward files give the same rows as points, as rosters and as gradebooks."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from sheetgd import csv_text
from sheetgd.checking.gradebook import Gradebook
from sheetgd.classroom.roster import read_roster
from sheetgd.errors import BookError
from sheetgd.lessons.points import read_points

HEADING = ["Full name", "height; cm", "weight, kg", "Grade"]
LINES = [
    ["Muñoz, Zoë", "162.5", "58.25", ""],
    ["José Álvarez", "175", "71.5", ""],
    ["Ada Lovelace", "1168.75", "62", ""],
]
PLAIN = [HEADING, *LINES]
COMMAS = [HEADING, *([cell.replace(".", ",") if n else cell for n, cell in enumerate(row)] for row in LINES)]
BROKEN = [HEADING, *([cell.replace("1168", "1\u202f168") for cell in row] for row in COMMAS[1:])]


def written(rows: list[list[str]], separator: str, newline: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=newline).writerows(rows)
    return text.getvalue()


FILES = {
    "quoted separators": written(PLAIN, ",").encode(),
    "UTF-16 with a mark": written(COMMAS, "\t").encode("utf-16"),
    "UTF-16 without a mark": written(COMMAS, "\t").encode("utf-16-le"),
    "UTF-16, the large end first": written(COMMAS, ";").encode("utf-16-be"),
    "Latin-1": written(COMMAS, ";").encode("latin-1"),
    "byte order mark": written(PLAIN, ",", "\n").encode("utf-8-sig"),
    "semicolon and decimal comma": written(COMMAS, ";").encode(),
    "tab and decimal comma": written(COMMAS, "\t").encode(),
    "no-break spaces in numbers": written(BROKEN, ";").encode(),
    "Excel's sep=": ("sep=;\r\n" + written(COMMAS, ";")).encode("utf-8-sig"),
}


@pytest.mark.parametrize("kind", FILES)
def test_awkward_files_read_the_same_as_points_as_a_roster_and_as_a_gradebook(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(FILES[kind])
    names = [row[0] for row in LINES]
    points = read_points(path, "height; cm", "weight, kg")
    assert (points.x_name, points.x) == ("height; cm", (162.5, 175, 1168.75))
    assert (points.y_name, points.y) == ("weight, kg", (58.25, 71.5, 62))
    assert [student.name for student in read_roster(path)] == names
    book = Gradebook(path)
    assert book.titles == HEADING and [row[0].value for row in book.rows] == names
    assert [row.cells for row in csv_text.read(path, "--data").rows][1:] == [
        [field.value for field in row] for row in book.rows
    ]
    book.put(book.rows[1][3], "7")
    path.write_bytes(book.changed())
    assert [row[3].value for row in Gradebook(path).rows] == ["", "7", ""]


def test_a_file_without_a_heading_is_a_list_of_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("Zoë\r\nJosé\r\n".encode("utf-16-le"))
    assert [student.name for student in read_roster(path)] == ["Zoë", "José"]
    for read in (read_points, lambda path: Gradebook(path)):
        with pytest.raises(BookError, match=r"only one column|no columns"):
            read(path)
    path.write_text("1,62;58\n1,75;71\n", encoding="utf-8")
    with pytest.raises(BookError, match=r"line 1 holds numbers \(1,62 and 58\)"):
        read_points(path)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("Name, first name;E-mail\nLovelace, Ada;a@b\n", ";"),
        ("Student,ID,Essay; draft (12)\nAda,1,\nAlan,2,\n", ","),
        ('name,"a;b;c;d"\nAda,x\n', ","),
        ("name:grade\nAda:\n", ":"),
        ("name,when\nAda,12:30\n", ","),
        ('name,"two\nlines; or more"\nAda,x\n', ","),
        ("name\nAda\n", ""),
    ],
)
def test_the_separator_is_what_the_lines_agree_on(text: str, separator: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(text, encoding="utf-8")
    assert csv_text.read(tmp_path / "file.csv", "--data").separator == separator


@pytest.mark.parametrize("content", [b"a\0\0b,c\0\n\xff", b"\xff\xfea"])
def test_what_is_no_text_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    with pytest.raises(BookError) as raised:
        csv_text.read(tmp_path / "file.csv", "--data")
    assert str(raised.value) == "file.csv: it is not a text file; save the sheet as CSV and use that file."
