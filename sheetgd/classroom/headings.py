"""The headings of rosters and gradebooks, in the words of Canvas, Moodle, Google Classroom and several languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in text.split(","))


FULL = _words(
    "name,names,student,students,student name,full name,fullname,display name,learner,pupil,user,"
    "schüler,schülername,schülerin,schüler/in,schüler:in,vollständiger name,"
    "nom complet,nom et prénom,nom prénom,élève,étudiant,nombre completo,nombre y apellidos,apellidos y nombre,"
    "nombre completo del usuario,alumno,alumna,estudiante,alunno,studente,nome completo,nome e cognome,"
    "cognome e nome,aluno,leerling,naam,volledige naam,navn,namn,imię i nazwisko,uczeń,имя,фио,ученик,姓名,名前,"
    "氏名,이름,الاسم,اسم الطالب"
)
FIRST = _words(
    "first name,firstname,first,given name,given names,forename,vorname,prénom,prenom,nombre,nombres,nome,"
    "voornaam,fornavn,förnamn,imię,имя"
)
LAST = _words(
    "last name,lastname,last,surname,family name,nachname,familienname,nom,nom de famille,apellido,apellidos,"
    "apellido(s),cognome,sobrenome,apelido,achternaam,etternavn,efternavn,efternamn,nazwisko,фамилия"
)
E_MAIL = (
    "email",
    "e-mail",
    "email address",
    "e-mail address",
    "e-mail-adresse",
    "mail",
    "adresse de courriel",
    "courriel",
    "adresse e-mail",
    "dirección de correo",
    "correo electrónico",
    "dirección email",
)
IDS = (
    "sis login id",
    "username",
    "benutzername",
    "anmeldename",
    "nom d’utilisateur",
    "nom d'utilisateur",
    "nombre de usuario",
    "login id",
    "student id",
    "id number",
    "id-nummer",
    "matrikelnummer",
    "numéro d’identification",
    "numéro d'identification",
    "número de id",
    "sis user id",
    "id",
    "number",
    "nr",
    "no",
)
GRADE = _words("grade,bewertung,note,calificación")
MOST = _words("maximum grade,bestwertung,note maximale,calificación máxima,calificación más alta")
FEEDBACK = ("feedback", "commentaire", "retroalimentación", "comentario")
LOCKED = _words(
    "grade can be changed,bewertung kann geändert werden,bewertung kann verändert werden,la note peut être modifiée,"
    "la calificación puede ser cambiada,la calificación puede cambiarse"
)
NO = _words("no,nein,non")
NOBODY = _words(
    "date,points,class average,datum,punkte,punktzahl,fecha,puntos,puntuación,note moyenne,moyenne"
)


def plain(heading: str) -> str:
    """A heading as it is compared.

    >>> plain(" Vollständiger\\u00a0Name ")
    'vollständiger name'
    """
    return " ".join(unicodedata.normalize("NFC", heading).casefold().split())


def is_canvas(titles: Sequence[str]) -> bool:
    """Whether plain headings are those of Canvas's gradebook."""
    return {"id", "section"} <= set(titles) and titles[0] in ("student", "lastname")


def no_student(titles: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a line below these plain headings is not a student's: points, dates, posting, Canvas's test student."""
    by_title = dict(zip(titles, (plain(cell) for cell in cells), strict=False))
    if is_canvas(titles):
        name = (
            by_title.get("student", "") or f"{by_title.get('lastname', '')}, {by_title.get('firstname', '')}"
        )
        return not by_title["id"] or name in ("student, test", "test student")
    if not any(title in E_MAIL for title in titles) or any(by_title.get(title) for title in E_MAIL):
        return False
    names = [by_title[title] for title in titles if title in FIRST | LAST | FULL and by_title.get(title)]
    return bool({"points", "date"} & set(names)) or (len(names) == 1 and names[0] in NOBODY)
