"""The catalogues: every text of every lesson, once, with the marks that its English has."""

from __future__ import annotations

import subprocess
import sys

import polib
import pytest

from sheetgd.language import CATALOGUES, languages
from spoken import ROOT

OTHERS = languages()[1:]


def test_the_catalogues_have_the_texts_of_today() -> None:
    script = ROOT / "scripts" / "dev" / "catalogues.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run python scripts/dev/catalogues.py: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_is_complete(code: str) -> None:
    assert not [entry.msgid for entry in polib.pofile(str(CATALOGUES / f"{code}.po")).untranslated_entries()]


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_marks_of_its_text(code: str) -> None:
    from check_catalogues import problems

    assert not list(problems(code))


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_says_who_has_read_it_and_how_it_counts(code: str) -> None:
    catalogue = polib.pofile(str(CATALOGUES / f"{code}.po"))
    assert "not yet reviewed by a native speaker" in catalogue.header.casefold()
    assert catalogue.metadata["Language"] == code and "plural=" in catalogue.metadata["Plural-Forms"]


@pytest.mark.parametrize(
    ("english", "translation", "problem"),
    [
        ("{count} points", "{anzahl} Punkte", "names in braces"),
        ("Look at [[ROUND(K3,2)]].", "Sieh auf [[ROUND(K4,2)]].", "formulas"),
        ("**learn**, a number", "Lernrate, eine Zahl", "** marks"),
        ("# Questions", "Fragen", "at the beginning"),
        ("one\ntwo", "eins zwei", "line breaks"),
        ("Type it into C4.", "Schreib sie in D4.", "cells"),
        ("sheetgd run FILE --all", "sheetgd starte FILE", "commands"),
    ],
)
def test_what_is_wrong_is_named(english: str, translation: str, problem: str) -> None:
    from check_catalogues import _differences

    assert any(problem in found for found in _differences(english, translation))
    assert not list(_differences(english, english))
