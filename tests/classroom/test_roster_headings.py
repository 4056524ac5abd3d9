"""Exports of Canvas, Moodle and Google Classroom, in several languages: as rosters and as gradebooks."""

# ruff: noqa: E501 - lines as they are exported

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgd.checking.gradebook import Grade, Gradebook, fill
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.roster import read_roster

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Lines (12)
,,,,,Manual Posting
    Points Possible,,,,,20
"Lovelace, Ada",101,s1,ada@x.org,1B,
"Student, Test",199,,,1B,
"""
SPLIT = CANVAS.replace("Student,ID", "LastName,FirstName,ID").replace("\n,,", "\n,,,")
SPLIT = SPLIT.replace('"Lovelace, Ada"', "Lovelace,Ada").replace('"Student, Test"', "Student,Test")
SPLIT = SPLIT.replace("Points Possible,", "Points Possible,,")
CLASSROOM = """Last Name,First Name,Email Address,Grade
Date,,,2026-11-26
Points,,,20
Lovelace,Ada,ada@x.org,
Class Average,,,
"""
GERMAN = """ID;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung;Bewertung kann geändert werden;Feedback als Kommentar
Teilnehmer/in1;Ada Lovelace;ada@x.org;Abgegeben;-;20,00;Ja;
"""
FRENCH = """Identifiant,Nom complet,Adresse de courriel,Statut,Note,Note maximale,La note peut être modifiée,Feedback par commentaires
Participant 1,Ada Lovelace,ada@x.org,Remis,,"20,00",Oui,
"""
SPANISH = """Identificador,Nombre completo,Dirección de correo,Calificación,Calificación máxima,La calificación puede ser cambiada,Comentarios de retroalimentación
Participante 1,Ada Lovelace,ada@x.org,-,"20,00",Sí,
"""
FILES = {
    "Canvas": CANVAS,
    "Canvas, names in two columns": SPLIT,
    "Google Classroom": CLASSROOM,
    "Moodle in German": GERMAN,
    "Moodle in French": FRENCH,
    "Moodle in Spanish": SPANISH,
}


@pytest.mark.parametrize("kind", FILES)
def test_an_export_is_a_roster_and_takes_grades(kind: str, tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text(FILES[kind], encoding="utf-8")
    [student] = read_roster(tmp_path / "book.csv")
    assert student.contact == "ada@x.org" and set(student.name.replace(",", "").split()) == {
        "Ada",
        "Lovelace",
    }
    done = fill(
        tmp_path / "book.csv",
        [(assignments([student], "weight", "s")[0], Grade(0.5, "Good."))],
        points=20 if kind == "Google Classroom" else None,
    )
    assert (done.written, done.left, bool(done.feedback)) == (1, [], kind.startswith("Moodle"))
    book = Gradebook(done.out)
    [row] = book.find(assignments([student], "weight", "s")[0])
    assert row[book.choose_column(None)].value == "10"


def test_a_locked_grade_stays_in_every_language(tmp_path: Path) -> None:
    for text in (
        GERMAN.replace(";Ja;", ";Nein;"),
        FRENCH.replace(",Oui,", ",Non,"),
        SPANISH.replace(",Sí,", ",No,"),
    ):
        (tmp_path / "book.csv").write_text(text, encoding="utf-8")
        [student] = read_roster(tmp_path / "book.csv")
        given = [(assignments([student], "weight", "s")[0], Grade(0.5, ""))]
        done = fill(tmp_path / "book.csv", given, force=True)
        assert done.left == [("Ada Lovelace", "Moodle says that this grade cannot be changed")]
