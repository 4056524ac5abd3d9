"""Lessons drawn in memory in every language, the scripts that keep the catalogues, and languages that are made up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polib
import pytest
from openpyxl import Workbook

from sheetgd import language

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "scripts" / "dev"))

MakeUp = Callable[[str, Callable[[str], str]], None]


def drawn(lesson: str, code: str) -> Workbook:
    """A lesson in a language, drawn once."""
    import too_long

    return too_long.drawn(lesson, code)


@pytest.fixture
def make_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeUp]:
    """Add a language with this code, every text of which comes from a function; `header` has lines of its own."""
    catalogues = tmp_path / "languages"
    catalogues.mkdir()
    language._catalogue.cache_clear()
    monkeypatch.setattr(language, "CATALOGUES", catalogues)

    def make(code: str, words: Callable[[str], str], **header: str) -> None:
        made = polib.pofile(str(ROOT / "sheetgd" / "languages" / "de.po"))
        made.metadata |= {
            "Language": code,
            **{name.replace("_", "-"): value for name, value in header.items()},
        }
        for entry in made:
            entry.msgstr = "" if entry.msgid_plural else words(entry.msgid)
            entry.msgstr_plural = (
                {n: words(one) for n, one in enumerate((entry.msgid, entry.msgid_plural)) if one}
                if entry.msgid_plural
                else {}
            )
            entry.flags = []
        made.save(str(catalogues / f"{code}.po"))

    yield make
    language._catalogue.cache_clear()
