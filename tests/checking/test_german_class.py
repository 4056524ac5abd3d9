"""A German class, from its roster to the grades: what is drawn, what comes back, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from conftest import CommandLine
from homework import SLIPS, Planted, answers, by_openpyxl
from sheetgd import Layout, look, open_book
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.catalogue import KINDS
from sheetgd.classroom.folder import make_class
from sheetgd.classroom.roster import Student
from sheetgd.classroom.template import blank_cells, solution, student
from sheetgd.errors import BookError, SheetError, UsageError
from sheetgd.language import languages

ROSTER = (
    "Vorname;Nachname;E-Mail-Adresse\nJürgen;Groß;juergen@schule.example\nZoë;Weiß;zoe@schule.example\n"
    "Anna;Maß;anna@schule.example\n"
)
MOODLE = (
    "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Bewertung kann geändert werden,"
    "Feedback als Kommentar\n"
    'Teilnehmer/in1,Jürgen Groß,juergen@schule.example,-,,"15,00",Ja,\n'
    'Teilnehmer/in2,Zoë Weiß,zoe@schule.example,-,,"15,00",Ja,\n'
    'Teilnehmer/in3,Anna Maß,anna@schule.example,-,,"15,00",Ja,\n'
)
NOT_APPLIED = next(slip for slip in SLIPS if slip.kind == "learn" and slip.title == "new_m")


def test_a_german_class_from_roster_to_gradebook(sheetgd: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "klasse.csv").write_bytes(ROSTER.encode("cp1252"))
    made = sheetgd(*"class descent --roster klasse.csv --lang de --seed s --blank-rows 5 -o montag".split())
    assert made.code == 0, made.err
    assert made.out.startswith("montag/: 3 worksheets")  # commands speak English
    juergen, zoe, anna = keys.read(tmp_path / "montag/key.xlsx")
    drawn = openpyxl.load_workbook(tmp_path / "montag/Jürgen Groß.xlsx").worksheets[0]
    assert drawn.title == "Abstieg" and drawn["M2"].value == f"Aufgabe {juergen.id}"
    assert (drawn["G3"].value, drawn["G4"].value, drawn["G16"].value) == ("Lernrate", "Epochen", "Fehler²")

    back = tmp_path / "zurück"
    back.mkdir()
    handed_in(tmp_path, juergen, answers(juergen, [Planted(NOT_APPLIED, 2)], formulas=True))
    comma = {blank.cell: "2,5" for blank in blank_cells(zoe) if (blank.title, blank.row) == ("new_b", 5)}
    handed_in(tmp_path, zoe, {**answers(zoe), **comma})
    handed_in(tmp_path, anna, answers(anna))
    (tmp_path / "moodle.csv").write_text(MOODLE, encoding="utf-8")
    words = "--report bericht.html --feedback seiten --gradebook moodle.csv".split()
    done = sheetgd("check", "montag/key.xlsx", "zurück", *words)
    assert done.code == 0, done.err
    print(done.out)
    assert done.out.splitlines()[0] == (
        "Jürgen Groß   29 von 30   J18 neu_m ist 5002,45, nicht 2,21843: die Lernrate wurde nicht angewandt"
    )
    said = (
        "Sieh dir J18 an (neu_m, Zeile 2): Dort steht 5002,45, und das folgt nicht aus deinen eigenen Zahlen davor. "
        "Deine Zahl ist m - de/dm: die Lernrate wurde nicht angewandt."
    )
    assert (tmp_path / "moodle-graded.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        'Teilnehmer/in1,Jürgen Groß,juergen@schule.example,-,"14,5","15,00",Ja,"29 von 30 Zellen sind richtig. '
        f'{said}"',
        'Teilnehmer/in2,Zoë Weiß,zoe@schule.example,-,"14,5","15,00",Ja,"29 von 30 Zellen sind richtig. '
        'M21 enthält Text „2,5“, und das ist keine Zahl: gib 2,5 als Zahl ein."',
        'Teilnehmer/in3,Anna Maß,anna@schule.example,-,15,"15,00",Ja,30 von 30 Zellen sind richtig. Alles ist richtig.',
    ]
    page = (tmp_path / "seiten/Jürgen Groß.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in page and said in page and "<h2>Wo du zuerst nachsehen solltest</h2>" in page
    report = (tmp_path / "bericht.html").read_text(encoding="utf-8")
    assert "<h1>Geprüfte Arbeitsblätter: descent</h1>" in report and "Where" not in report

    again = sheetgd("check", "montag/key.xlsx", "zurück", "--lang", "en")
    assert again.out.splitlines()[0] == (
        "Jürgen Groß   29 of 30   J18 neu_m is 5002.45, not 2.21843: the learning rate was not applied"
    )
    run = sheetgd("run", "zurück/Jürgen Groß.xlsx", "--epochs", 1)
    assert run.code == 0, run.err


def handed_in(folder: Path, one: Assignment, written: dict[str, object]) -> None:
    by_openpyxl(folder / "montag" / f"{one.file}.xlsx", written, folder / "zurück" / f"{one.file}.xlsx")


@pytest.mark.parametrize("lesson", KINDS)
def test_every_language_has_the_same_cells_numbers_and_layout(lesson: str, tmp_path: Path) -> None:
    found, given = [], []
    for code in languages():
        [one] = assignments([Student("Ada")], lesson, "a seed", language=code)
        student(one, tmp_path / "worksheet.xlsx")
        solution(one, tmp_path / "solved.xlsx")
        with open_book(tmp_path / "solved.xlsx") as book:
            found.append((without_words(tmp_path / "worksheet.xlsx"), cells_of(look(book))))
        given.append(one._replace(language="", axes=("", "")))
    assert found == [found[0]] * len(languages()) and given == [given[0]] * len(languages())


def without_words(path: Path) -> dict[str, object]:
    """What stands in the cells of a worksheet: formulas, numbers, and that there is a word."""
    [sheet] = openpyxl.load_workbook(path).worksheets
    values = {
        cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None
    }
    return {
        at: value if not isinstance(value, str) or value.startswith("=") else "a word"
        for at, value in values.items()
    }


def cells_of(layout: Layout) -> list[object]:
    """Where the finder sees what, without the names."""
    carried = sorted((each.start, each.carry, each.reset) for each in layout.carried.values())
    controls, log, grid = layout.controls, layout.log, layout.grid
    found = [carried, layout.area, controls.learn, controls.epochs, controls.nudge, controls.loss]
    return [*found, log and log.area, grid and grid.whole]


def test_a_class_keeps_its_language_and_no_unknown_one_is_taken(tmp_path: Path) -> None:
    students = tmp_path / "klasse.csv"
    students.write_text(ROSTER, encoding="utf-8")
    made = make_class("weight", students, tmp_path / "montag", seed="s", lang="de")
    assert {one.language for one in made.assignments} == {"de"}
    before = (tmp_path / "montag" / "Anna Maß.xlsx").read_bytes()
    make_class("weight", students, tmp_path / "montag", force=True)  # the key knows the seed and the language
    assert (tmp_path / "montag" / "Anna Maß.xlsx").read_bytes() == before
    with pytest.raises(
        BookError, match="and its language is de, not fr; give the same lesson, roster and options"
    ):
        make_class("weight", students, tmp_path / "montag", force=True, lang="fr")
    with pytest.raises(UsageError) as error:
        make_class("weight", students, tmp_path / "new", lang="tlh")
    assert str(error.value) == (
        "there is no catalogue of the language tlh; the languages are " + ", ".join(languages()) + "."
    )
    book = openpyxl.load_workbook(made.key)
    [label] = [cell for row in book["Settings"] for cell in row if cell.value == "language"]
    label.offset(0, 1).value = "tlh"
    book.save(made.key)
    with pytest.raises(
        SheetError, match=r"language is tlh; use the key\.xlsx that sheetgd class made, unchanged"
    ):
        keys.read(made.key)
