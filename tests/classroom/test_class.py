"""A class: rosters as they come, names that hurt, numbers of one's own, nothing hidden, the key, and paper."""

from __future__ import annotations

import csv
import io
import itertools
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

import sheetgd as library
from conftest import ROOT, CommandLine
from office import Office, read_stored
from sheetgd.books.opening import open_book
from sheetgd.classroom import key, template
from sheetgd.classroom.assignment import Assignment, assignments, file_names
from sheetgd.classroom.catalogue import KINDS, like_points
from sheetgd.classroom.folder import make_class
from sheetgd.classroom.roster import MOST, Student, read_roster
from sheetgd.errors import SheetgdError, UsageError
from sheetgd.grid.edits import Edits
from sheetgd.lessons import LESSONS
from sheetgd.lessons.points import Points

HURT = [
    '=HYPERLINK("http://example.org","x")', "+1", "@SUM(1)", "-2+3", "🙂", "x" * 200, "../../etc/passwd", "CON",
    'Ada "the first" Lovelace', "Ada Lovelace", "Ada Lovelace", "ADA LOVELACE", "ليلى أحمد", "Zoë O'Neil-Groß",
    "key", "a\tb", "Lovelace, Ada", "<b>&amp;</b>", "C:\\temp\\x.xlsx", "name.", "nul.txt", "\u202egnp.exe",
]  # fmt: skip
SEED = "a seed of the tests"
CLASS = [Student("Ada Lovelace", "ada@example.org"), Student("Alan Turing"), Student("Emmy Noether")]
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


@pytest.fixture(params=list(KINDS))
def lesson(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Assignment, Path, Path]]:
    """A lesson's first assignment, its worksheet and that worksheet solved, drawn once; copy before you change one."""
    made: dict[str, tuple[Assignment, Path, Path]] = {}

    def make(lesson: str) -> tuple[Assignment, Path, Path]:
        if lesson not in made:
            folder = tmp_path_factory.mktemp(lesson)
            given = assignments(CLASS, lesson, SEED)[0]
            template.student(given, folder / "student.xlsx")
            template.solution(given, folder / "solved.xlsx")
            made[lesson] = given, folder / "student.xlsx", folder / "solved.xlsx"
        return made[lesson]

    return make


def roster(folder: Path, names: list[str], heading: str = "name", encoding: str = "utf-8") -> Path:
    path = folder / "roster.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[heading], *([name] for name in names)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def tab(path: Path) -> dict[str, Any]:
    [sheet] = read_stored(path).values()
    return sheet


# -- the whole command -----------------------------------------------------------------------------------------------
def test_class_makes_a_worksheet_a_student_and_a_key(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, HURT)
    done = sheetgd("class", "descent", "--roster", "roster.csv", "-o", "OUT", "--seed", SEED)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"OUT{os.sep}: 22 worksheets, HYPERLINKhttp example org x.xlsx to gnp exe.xlsx\n"
        f"For you alone: {Path('OUT', 'key.xlsx')}, with every answer.\n"
    )
    given = key.read(tmp_path / "OUT/key.xlsx")
    assert {path.name for path in (tmp_path / "OUT").iterdir()} == {
        "key.xlsx", *(f"{one.file}.xlsx" for one in given)
    }  # fmt: skip
    assert sorted(os.listdir(tmp_path)) == ["OUT", "roster.csv"]
    for one, name in zip(given, HURT, strict=True):
        sheet = tab(tmp_path / f"OUT/{one.file}.xlsx")
        assert sheet["B2"] == one.name == " ".join(re.sub(r"[\t\u202e]", " ", name).split())
        assert sheet["M2"] == f"Assignment {one.id}"


def test_same_roster_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    path = roster(tmp_path, HURT)
    for out in ("one", "two"):
        make_class("descent", path, tmp_path / out, seed=SEED)
    names = sorted(os.listdir(tmp_path / "one"))
    assert names == sorted(os.listdir(tmp_path / "two")) and len(names) == len(HURT) + 1
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_without_a_seed_one_is_made_and_written_into_the_key(tmp_path: Path) -> None:
    path = roster(tmp_path, ["Ada", "Alan"])
    one, two = (make_class("weight", path, tmp_path / out) for out in ("one", "two"))
    assert one.seed != two.seed and len(one.seed) == 16
    assert not {a.id for a in one.assignments} & {a.id for a in two.assignments}
    settings = read_stored(one.key)["Settings"]
    [cell] = [cell for cell, value in settings.items() if value == "seed"]
    again = make_class("weight", path, tmp_path / "again", seed=settings["C" + cell[1:]])
    assert again.assignments == one.assignments
    assert (tmp_path / "again/Ada.xlsx").read_bytes() == (tmp_path / "one/Ada.xlsx").read_bytes()


def test_the_page_for_teachers_does_what_it_says(sheetgd: CommandLine, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "class.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```\n(name,email.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "roster.csv").write_text(example, encoding="utf-8")
    command, expected = re.findall(r"^\$ sheetgd (class .*)\n((?:.+\n)*?)```$", page, flags=re.MULTILINE)[0]
    done = sheetgd(*command.split())
    assert (done.code, done.out.replace("\\", "/")) == (0, expected)
    assert all((ROOT / "docs" / link).is_file() for link in re.findall(r"\]\(([^)#:]+)\)", page))


# -- the numbers -----------------------------------------------------------------------------------------------------
def test_neighbours_have_other_numbers_and_all_have_other_ids(lesson: str) -> None:
    given = assignments([Student(f"s{number}") for number in range(60)], lesson, SEED)
    assert len({one.id for one in given}) == 60
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", one.id) for one in given)
    for one, other in itertools.pairwise(given):
        assert all(one.true[name] != other.true[name] for name in one.true)
        assert (one.x, one.y) != (other.x, other.y)
    if lesson != "penguins":  # whose answers are those of real animals
        assert all(value == int(value) and 2 <= value < 40 for one in given for value in one.true.values())


def test_numbers_do_not_depend_on_who_comes_later() -> None:
    assert assignments(CLASS[:2], "descent", SEED) == assignments(CLASS, "descent", SEED)[:2]
    assert assignments(CLASS, "descent", "x")[0].x != assignments(CLASS, "descent", "y")[0].x


def stepping(one: Assignment, epochs: int, learn: float | None = None) -> list[float]:
    """The parameters after some epochs, in NumPy, from the lesson's definition and nothing of the product."""
    learn = learn or one.learn
    p, x, y = np.array(list(one.start.values()), float), np.array(one.x, float), np.array(one.y, float)
    if one.lesson == "penguins":
        x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    for _ in range(epochs):
        if one.lesson == "descent":
            for at, goal in zip(x, y, strict=True):
                error = (p @ [at, 1] - goal) ** 2
                nudged = [((p + nudge) @ [at, 1] - goal) ** 2 for nudge in ([0.01, 0], [0, 0.01])]
                p = p - learn * (np.array(nudged) - error) / 0.01
        elif one.lesson in ("weight", "weights"):
            for _ in range(5):
                p = p - learn * 2 * (p @ x - y[0]) * x
        else:
            inputs = np.stack([x, np.ones_like(x)][: len(p)])
            p = p - learn * 2 * inputs @ (p @ inputs - y) / len(x)
    return [float(value) for value in p]


def test_key_holds_what_plain_numpy_gives(lesson: str, tmp_path: Path) -> None:
    made = make_class(lesson, roster(tmp_path, [s.name for s in CLASS]), tmp_path / "OUT", seed=SEED)
    lines = table(read_stored(made.key)["Class"], "assignment")
    for one, line in zip(made.assignments, lines, strict=True):
        assert {name: line[f"true {name}"] for name in one.true} == pytest.approx(dict(one.true), rel=1e-12)
        final = [line[f"{name} after {one.epochs}"] for name in one.start]
        assert final == pytest.approx(stepping(one, one.epochs), rel=1e-9)
        if lesson in ("belts", "penguins"):  # one step an epoch
            first = [value for title, value in line.items() if title.startswith("first ")]
            assert first == pytest.approx(stepping(one, 1), rel=1e-9)
        if lesson not in ("weights", "descent"):  # many pairs are right; the bias of forward differences
            true = next(iter(one.true.values()))
            assert stepping(one, 3000)[0] == pytest.approx(true, rel=1e-6)


def table(sheet: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """The lines below a row of titles, each as a dict."""
    [head] = [cell for cell, value in sheet.items() if value == title]
    row = int(head.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    titles = {
        cell[: -len(str(row))]: value for cell, value in sheet.items() if re.fullmatch(rf"[A-Z]+{row}", cell)
    }
    lines = []
    while any(f"{letter}{row + 1}" in sheet for letter in titles):
        row += 1
        lines.append({words: sheet.get(f"{letter}{row}") for letter, words in titles.items()})
    return lines


def test_descents_answers_are_a_step_worked_by_hand(tmp_path: Path) -> None:
    made = make_class("descent", roster(tmp_path, ["Ada"]), tmp_path / "OUT", seed=SEED)
    [one], lines = made.assignments, table(read_stored(made.key)["Answers"], "assignment")
    assert len(lines) == 5 and [line["row"] for line in lines] == [1, 2, 3, 4, 5]
    m = b = 1.0
    for line, x, y in zip(lines, one.x, one.y, strict=False):
        error = (m * x + b - y) ** 2
        slope_m = (((m + 0.01) * x + b - y) ** 2 - error) / 0.01
        slope_b = ((m * x + b + 0.01 - y) ** 2 - error) / 0.01
        expected = {
            "x": x,
            "y": y,
            "y_pred": m * x + b,
            "error_sq": error,
            "de/dm": slope_m,
            "de/db": slope_b,
        }
        m, b = m - one.learn * slope_m, b - one.learn * slope_b
        expected |= {"new_m": m, "new_b": b}
        assert {name: line[name] for name in expected} == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("model", ["penguins", "belts", "descent", "file"])
@pytest.mark.parametrize("lesson", ["descent", "belts", "penguins"])
def test_data_like_others_has_their_scale(lesson: str, model: str, tmp_path: Path) -> None:
    if model == "file":
        chance = random.Random(7)
        rows = [f"{x / 10};{(3 * x + chance.randint(-9, 9)) / 100}" for x in range(-100, 100, 3)]
        Path(tmp_path, "points.csv").write_text("at;height\n" + "\n".join(rows), encoding="utf-8")
        like = like_points(str(tmp_path / "points.csv"))
    else:
        like = like_points(model)
    given = assignments([Student(f"s{number}") for number in range(12)], lesson, SEED, like=like)
    low, high = min(like.x), max(like.x)
    assert all(low <= x <= high for one in given for x in one.x)
    heights = [max(one.y) - min(one.y) for one in given]
    height = max(like.y) - min(like.y)
    assert 0.2 * height < sorted(heights)[6] < 3 * height
    assert len({one.x for one in given}) == 12
    for one in given:
        if lesson != "penguins":
            start, end = (loss(one, p) for p in (list(one.start.values()), stepping(one, one.epochs)))
            assert end < 0.95 * start
    assert key_round_trip(given, tmp_path) == given


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
@pytest.mark.parametrize("lesson", ["descent", "belts", "penguins"])
def test_data_like_others_of_any_size(lesson: str, scale: float) -> None:
    chance = random.Random(3)
    x = tuple(scale * chance.uniform(1, 4) for _ in range(30))
    like = Points(x, tuple(at / scale + chance.gauss(0, 0.1) for at in x))
    for one in assignments(CLASS, lesson, SEED, like=like):
        assert min(x) * 0.99 <= min(one.x) and max(one.x) <= max(x) * 1.01 and len(set(one.x)) > 5


def test_data_that_nothing_can_be_like_are_refused() -> None:
    for like in (Points((1, 1, 2), (1, 2, 3)), Points((1, 2, 3), (5, 5, 5))):
        with pytest.raises(UsageError) as raised:
            assignments(CLASS, "descent", SEED, like=like)
        assert str(raised.value) == (
            "x and y have fewer than three different numbers; name other data after --data-like."
        )


def test_filled_in_with_formulas_it_runs_as_the_solved_sheet_does(
    lesson: str, pressed: Any, tmp_path: Path
) -> None:
    given, path, solved = pressed(lesson)
    book, formulas = openpyxl.load_workbook(path), openpyxl.load_workbook(solved).active
    for blank in template.blank_cells(given):
        book.active[blank.cell] = formulas[blank.cell].value
    book.save(tmp_path / "filled.xlsx")
    with open_book(tmp_path / "filled.xlsx") as opened:
        history = library.run(opened)
    after = [history.parameters[name].after for name in given.start]
    assert after == pytest.approx(stepping(given, given.epochs), rel=1e-9)


def loss(one: Assignment, p: list[float]) -> float:
    m, b = [*p, 0.0][:2]
    return math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(one.x, one.y, strict=True)) / len(one.x))


def key_round_trip(given: list[Assignment], folder: Path) -> list[Assignment]:
    key.write(folder / "key.xlsx", given, SEED)
    return key.read(folder / "key.xlsx")


# -- nothing hidden --------------------------------------------------------------------------------------------------
def test_a_students_file_hides_nothing(lesson: str, pressed: Any) -> None:
    given, path, _ = pressed(lesson)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    kinds = {re.sub(r"\d+", "", name) for name in parts}
    assert kinds <= {
        "docProps/app.xml", "docProps/core.xml", "xl/charts/chart.xml", "xl/drawings/_rels/drawing.xml.rels",
        "xl/drawings/drawing.xml", "xl/sharedStrings.xml", "xl/theme/theme.xml", "xl/worksheets/sheet.xml",
        "xl/worksheets/_rels/sheet.xml.rels", "xl/styles.xml", "_rels/.rels", "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels", "[Content_Types].xml",
    }  # fmt: skip
    workbook = ElementTree.fromstring(parts["xl/workbook.xml"])
    assert len(list(workbook.iterfind("{*}sheets/{*}sheet"))) == 1
    names = {name.get("name") for name in workbook.iterfind("{*}definedNames/{*}definedName")}
    assert names <= {"_xlnm.Print_Area", "_xlnm.Print_Titles"}
    assert not re.search(
        rb'state="(very)?hidden"| hidden="(1|true)"|veryHidden', b"".join(parts.values()), re.I
    )
    for name, data in parts.items():
        if name.startswith("xl/charts/"):
            assert b"Cache" not in data, name
        if name.startswith("docProps/"):
            assert b"Lovelace" not in data and given.id.encode() not in data, name
    core = parts["docProps/core.xml"]
    assert re.findall(rb"<dc:creator[^>]*>([^<]*)<", core) == [b"sheetgd"] and b"description" not in core


def test_no_answer_is_stored_anywhere(lesson: str, pressed: Any) -> None:
    given, path, solved = pressed(lesson)
    sheet, answers = tab(path), tab(solved)
    blanks = template.blank_cells(given)
    assert blanks and all(blank.cell not in sheet for blank in blanks)
    assert not [value for value in sheet.values() if isinstance(value, str) and value.startswith("#")]
    open_cells = {value for value in sheet.values() if isinstance(value, float)}
    for blank in blanks:
        answer = answers[blank.cell]
        if answer != round(answer, 1):  # a round number may well be somewhere by chance
            assert answer not in open_cells, blank
    if lesson in ("descent", "belts"):  # in the others everything is worked out from true numbers in sight
        true = list(given.true.values())[-1]
        found = {cell for cell, value in sheet.items() if value == true}
        assert all(re.fullmatch(r"[BC]\d+|[C-M]\d\d", cell) for cell in found), (true, found)


def test_assignments_of_one_drawing_differ_in_nothing_but_their_own_numbers(
    pressed: Any, tmp_path: Path
) -> None:
    """What another student's file holds that this one does not is numbers in sight, the name and the id."""
    one, other = assignments(CLASS, "descent", SEED)[:2]
    paths = []
    for given in (one, other):
        paths.append(tmp_path / f"{given.file}.xlsx")
        template.student(given, paths[-1])
    with zipfile.ZipFile(paths[0]) as first, zipfile.ZipFile(paths[1]) as second:
        changed = [name for name in first.namelist() if first.read(name) != second.read(name)]
    assert changed == ["xl/worksheets/sheet1.xml"]
    a, b = map(tab, paths)
    assert a.keys() == b.keys()
    formulas = [cell for cell in a if a[cell] != b[cell]]
    blank = {blank.cell for blank in template.blank_cells(one)}
    assert not blank & set(formulas)


def test_blanks_are_marked_and_take_numbers_only(lesson: str, pressed: Any) -> None:
    given, path, _ = pressed(lesson)
    sheet = openpyxl.load_workbook(path).active
    blanks = {blank.cell for blank in template.blank_cells(given)}
    checked = {
        cell.coordinate
        for check in sheet.data_validations.dataValidation
        if check.type == "decimal" and check.showErrorMessage
        for area in check.sqref.ranges
        for row in sheet[area.coord if ":" in area.coord else f"{area.coord}:{area.coord}"]
        for cell in row
    }
    assert blanks <= checked
    assert all(
        sheet[cell].fill.fgColor.rgb.endswith("FFF3D6") and sheet[cell].value is None for cell in blanks
    )


# -- alive -----------------------------------------------------------------------------------------------------------
def test_stored_results_are_libreoffices(lesson: str, pressed: Any, office: Office) -> None:
    _, path, solved = pressed(lesson)
    assert office.assert_stored_equals_recalculated(path) > 15
    assert office.assert_stored_equals_recalculated(solved) > 15


def test_filled_in_it_shows_all_that_the_solved_sheet_shows(
    lesson: str, pressed: Any, office: Office, tmp_path: Path
) -> None:
    given, path, solved = pressed(lesson)
    answers = tab(solved)
    filled = Path(shutil.copy(path, tmp_path / "filled.xlsx"))
    edits = Edits()
    for blank in template.blank_cells(given):
        edits.set(f"{blank.sheet}!{blank.cell}", answers[blank.cell])
    with open_book(filled) as book:
        book.apply(edits)
    got = tab(filled)
    assert {cell for cell, value in got.items() if value == ""} == set()
    assert got.keys() - {"B" + str(row) for row in range(9, 20)} == answers.keys() - {
        "B" + str(row) for row in range(9, 20)
    }
    for cell, value in answers.items():
        expected = pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
        assert got[cell] == expected, cell
    office.assert_stored_equals_recalculated(filled)


def test_partly_filled_in_it_shows_no_error(
    lesson: str, pressed: Any, office: Office, tmp_path: Path
) -> None:
    given, path, solved = pressed(lesson)
    answers, blanks = tab(solved), template.blank_cells(given)
    cells = {f"{blank.sheet}!{blank.cell}": answers[blank.cell] for blank in blanks[: len(blanks) // 2]}
    cells |= {f"{blanks[0].sheet}!{blanks[-1].cell}": "what is this?"}  # pasted: validation does not see it
    partly = office.edit(path, cells, tmp_path / "partly.xlsx")
    [sheet] = office.recalculate(partly).values()
    errors = {cell: value for cell, value in sheet.items() if str(value).startswith(("#", "Err:"))}
    assert not errors


@pytest.mark.parametrize("rows", [1, 10**9])
def test_any_columns_can_be_blank(lesson: str, rows: int, tmp_path: Path) -> None:
    every = [column.title for column in (*KINDS[lesson](None).columns, *KINDS[lesson](None).below)]
    for blanks in (every[:1], every[-2:], every):
        [given] = assignments(CLASS[:1], lesson, SEED, blanks=blanks, blank_rows=rows)
        template.student(given, tmp_path / "s.xlsx")
        sheet = tab(tmp_path / "s.xlsx")
        assert not [value for value in sheet.values() if isinstance(value, str) and value.startswith("#")]
        cells = template.blank_cells(given)
        assert {cell.title for cell in cells} == set(blanks) and not {
            cell.cell for cell in cells
        } & sheet.keys()


def test_the_solved_sheet_is_run_to_the_keys_final_values(lesson: str, pressed: Any, tmp_path: Path) -> None:
    given, _, solved = pressed(lesson)
    path = Path(shutil.copy(solved, tmp_path / "s.xlsx"))
    with open_book(path) as book:
        history = library.run(book)
    assert history.epochs == given.epochs
    after = [history.parameters[name].after for name in given.start]
    assert after == pytest.approx(stepping(given, given.epochs), rel=1e-9)
    assert [row["epoch"] for row in history.as_json()["log"]] == list(range(1, given.epochs + 1))


# -- the key ---------------------------------------------------------------------------------------------------------
def test_key_gives_the_assignments_back(lesson: str, tmp_path: Path) -> None:
    path = roster(tmp_path, HURT)
    made = make_class(lesson, path, tmp_path / "OUT", seed="=1+1")
    assert key.read(made.key) == made.assignments == assignments(read_roster(path), lesson, "=1+1")
    for sheet in openpyxl.load_workbook(made.key):
        assert sheet.sheet_state == "visible"
        assert not [cell.coordinate for row in sheet for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda book: book.remove(book["Numbers"]),
            "key.xlsx: it is not a key: there is no sheet Numbers; name the key.xlsx that sheetgd class made.",
        ),
        (
            lambda book: book["Class"].__setitem__("E5", "six"),
            'key.xlsx, Class!E5: true w is the text "six"; take the key.xlsx that sheetgd class made, unchanged.',
        ),
        (
            lambda book: book["Class"].__setitem__("B6", "AAAA-AAAA"),
            "key.xlsx, Class!B6: AAAA-AAAA is no assignment of this key; "
            "take the key.xlsx that sheetgd class made, unchanged.",
        ),
        (
            lambda book: book["Settings"].__setitem__("B4", "sprout"),
            "key.xlsx, sheet Settings: there is no cell epochs; take the key.xlsx that sheetgd class made, unchanged.",
        ),
        (
            lambda book: book["Settings"].__setitem__("C3", "algebra"),
            "key.xlsx, sheet Settings: there is no lesson algebra; "
            "take the key.xlsx that sheetgd class made, unchanged.",
        ),
    ],
)
def test_a_foreign_or_changed_key_is_refused(change: Any, words: str, tmp_path: Path) -> None:
    made = make_class("weight", roster(tmp_path, ["Ada", "Alan"]), tmp_path / "OUT", seed=SEED)
    settings = read_stored(made.key)["Settings"]
    book = openpyxl.load_workbook(made.key)
    if "epochs" in words:
        [cell] = [cell for cell, value in settings.items() if value == "epochs"]
        book["Settings"][cell] = "sprout"
    else:
        change(book)
    book.save(made.key)
    with pytest.raises(SheetgdError) as raised:
        key.read(made.key)
    assert str(raised.value) == words


def test_the_id_is_found_by_its_label(lesson: str, pressed: Any) -> None:
    given, path, _ = pressed(lesson)
    with open_book(path) as book:
        cells = book.cells(book.sheet_names[0])
        assert template.assignment_id(cells) == given.id
        cells.values[40, 2] = "see Assignment 2222-3333 of my friend"
        assert template.assignment_id(cells) is None


# -- names and rosters -----------------------------------------------------------------------------------------------
def test_file_names_of_names_that_hurt() -> None:
    found = file_names([*HURT, "", "Key", "COM1", "con"])
    assert found[HURT.index("../../etc/passwd")] == "etc passwd"
    assert found[HURT.index("CON")] == "CON (student)" and found[-1] == "con (student) (2)"
    assert [found[i] for i, name in enumerate(HURT) if name.casefold() == "ada lovelace"] == [
        "Ada Lovelace", "Ada Lovelace (2)", "ADA LOVELACE (3)"
    ]  # fmt: skip
    assert found[HURT.index("ليلى أحمد")] == "ليلى أحمد"
    assert_safe(found)


@settings(max_examples=200, deadline=None)
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


# -- what is refused -------------------------------------------------------------------------------------------------
WORKING = "a class can be given descent, weight, weights, belts, penguins"
REFUSALS = [
    ("original", [], f"the lesson original is the published sheet, with the same numbers for everyone; {WORKING}."),
    ("optimizers", [], f"the lesson optimizers has four tables side by side, too many to fill in; {WORKING}."),
    ("wheight", [], f"there is no lesson wheight; did you mean weight? A{WORKING[1:]}."),
    (
        "weight", ["--blank", "slop"],
        "the lesson weight has no column slop; did you mean slope? "
        "These can be left blank: w, prediction, error, slope, new_w.",
    ),
    ("weight", ["--blank-rows", "0"], "--blank-rows is 0; use a whole number from 1 on, or all."),
    (
        "weight", ["--data-like", "belts"],
        "the lesson weight takes no --data-like; leave it out; descent, belts and penguins would take it.",
    ),
    (
        "belts", ["--data-like", "nothing.csv"],
        "there is no file nothing.csv, and no lesson with such data; "
        "name a CSV file after --data-like, or one of descent, belts and penguins.",
    ),
    (
        "belts", ["--x", "a"],
        "--x and --y name columns of a file, but --data-like is missing; add --data-like FILE.csv.",
    ),
    ("belts", ["--seed", " "], "--seed is empty; leave it out, or write any words after it."),
    ("belts", ["--name", "x"], "roster.csv has no column x; after --name write one of name."),
]  # fmt: skip


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
        "name another with -o, or add --force to replace the files of the same names in it.\n",
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
        "Ada    0 of 20   20 empty, from E17 on", "", "Not handed in: Alan, Emmy",
    ]  # fmt: skip


OTHERS: list[tuple[str, list[str], list[str], str]] = [
    ("weight", ["--seed", "mine"], ["Ada", "Bo"], "its seed is {seed}, not mine"),
    ("belts", [], ["Ada", "Bo"], "its lesson is weight, not belts"),
    ("belts", ["--seed", "mine"], ["Ada", "Bo"], "its lesson is weight, not belts"),
    ("weight", ["--blank-rows", "2"], ["Ada", "Bo"], "Ada's worksheet would be another one now"),
    ("weight", [], ["Ada", "Cy"], "Bo is no longer in the roster"),
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
        f"{Path('OUT', 'key.xlsx')}: this key belongs to worksheets that are there already, and "
        f"{why.format(seed=made.seed)}; say the same lesson, roster (new names at its end) and options to make them "
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
        f"{made.key}: this key belongs to Google Sheets that are there already; "
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
        1, f"{Path('locked', 'OUT')}: it cannot be written (Permission denied); name another folder with -o.\n"
    )  # fmt: skip


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


# -- on paper --------------------------------------------------------------------------------------------------------
def test_paper_has_two_pages_a_student_with_the_name_on_each(office: Office, tmp_path: Path) -> None:
    path = roster(tmp_path, ["Ada Lovelace", "Zoë Groß", "ليلى أحمد"])
    made = make_class("belts", path, tmp_path / "OUT", seed=SEED, on_paper=True)
    assert sorted(os.listdir(tmp_path / "OUT")) == sorted(
        ["key.xlsx", *(f"{one.file}.pdf" for one in made.assignments)]
    )
    assert [line["file"] for line in table(read_stored(made.key)["Class"], "assignment")] == [
        f"{one.file}.pdf" for one in made.assignments
    ]
    for one in made.assignments:
        pdf = (tmp_path / f"OUT/{one.file}.pdf").read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2, one.file
        assert b"Lovelace" not in pdf  # neither in its properties nor in plain text
    assert key.read(made.key) == made.assignments


def test_each_lessons_sheet_repeats_the_name_and_has_two_printed_areas(lesson: str, pressed: Any) -> None:
    _, path, _ = pressed(lesson)
    sheet = openpyxl.load_workbook(path).active
    assert sheet.print_title_rows in ("1:2", "$1:$2")
    areas = re.findall(r"\$A\$(\d+):\$N\$(\d+)", str(sheet.print_area))
    assert len(areas) == 2
    log = next(cell.row for row in sheet.iter_rows() for cell in row if cell.value == "Epoch log")
    assert all(
        sheet.row_dimensions[row].height > 25 for row in (int(areas[1][0]), log)
    )  # apart from what is above
    for top, bottom in areas:
        repeated = (1, 2) if int(top) > 2 else ()
        rows = [*repeated, *range(int(top), int(bottom) + 1)]
        height = sum(sheet.row_dimensions[row].height or 15 for row in rows)
        assert height * sheet.page_setup.scale / 100 < 595 - 2 * 0.6 * 72, (
            lesson,
            top,
        )  # A4 across, in points


def test_no_page_of_a_printed_key_ends_within_a_student_or_is_too_wide(
    lesson: str, office: Office, tmp_path: Path
) -> None:
    """Each area is a page, which LibreOffice does not cut further."""
    given = assignments([Student(f"Student {number}") for number in range(14)], lesson, SEED)
    key.write(tmp_path / "key.xlsx", given, SEED)
    book = openpyxl.load_workbook(tmp_path / "key.xlsx")
    areas = {sheet.title: [one.replace("$", "").split("!")[-1].split(":") for one in str(sheet.print_area).split(",")]
             for sheet in book}  # fmt: skip
    answers, numbers = book["Answers"], book["Numbers"]
    assert len(areas["Answers"]) > 1
    assert areas["Answers"][0][0] == "A1"
    for (_, end), (start, _) in itertools.pairwise(areas["Answers"]):
        above, below = answers[f"A{end.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"], answers[start]
        assert below.row == above.row + 1 and below.value != above.value
    assert areas["Answers"][-1][1] == f"{answers.cell(1, answers.max_column).column_letter}{answers.max_row}"
    assert str(numbers.print_title_cols).replace("$", "") == "A:B"
    printed = [
        cell.value
        for start, end in areas["Numbers"]
        for cell in numbers[f"{start}:{end}"][4 - numbers[start].row]
    ]
    assert all(numbers[start].row in (1, 4) for start, _ in areas["Numbers"])
    heads = [cell.value for cell in numbers[4]]
    office.to_pdf(tmp_path / "key.xlsx", tmp_path)
    pages = len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "key.pdf").read_bytes()))
    assert pages == sum(map(len, areas.values()))
    assert [head for head in printed if head] == [head for head in heads if head]


def test_the_keys_large_numbers_have_their_thousands_apart(tmp_path: Path) -> None:
    key.write(tmp_path / "key.xlsx", assignments(CLASS, "descent", SEED), SEED)
    sheet = openpyxl.load_workbook(tmp_path / "key.xlsx")["Answers"]
    large = [
        cell for row in sheet.iter_rows(min_row=5, min_col=4) for cell in row if abs(cell.value or 0) >= 1000
    ]
    assert len(large) > 20 and any(float(cell.value).is_integer() for cell in large)
    assert {cell.number_format for cell in large} == {"#,##0", "#,##0.000"}


def test_without_libreoffice_paper_is_refused(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    done = sheetgd(
        "class", "weight", "--roster", "roster.csv", "-o", "OUT", "--as", "pdf", env={"PATH": str(tmp_path)}
    )
    assert (done.code, done.out, done.err) == (
        1,
        "",
        "LibreOffice, which prints the worksheets, is not installed; install it from libreoffice.org, "
        "or leave out --as pdf and print the worksheets from Excel.\n",
    )
    assert os.listdir(tmp_path) == ["roster.csv"]


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for LibreOffice")
def test_a_libreoffice_that_prints_nothing_leaves_nothing(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "soffice").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    (programs / "soffice").chmod(0o755)
    done = sheetgd(
        "class", "weight", "--roster", "roster.csv", "-o", "OUT", "--as", "pdf", env={"PATH": str(programs)}
    )
    assert (done.code, done.err) == (
        1,
        "LibreOffice printed no PDF; open LibreOffice once to see whether it works, and try again.\n",
    )
    assert sorted(os.listdir(tmp_path)) == ["bin", "roster.csv"]
