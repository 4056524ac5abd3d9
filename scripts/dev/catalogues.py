"""Keeps sheetgd/languages/CODE.po up to date: python scripts/dev/catalogues.py [--check]

Every lesson is drawn with every option that changes its words, and what is asked of the catalogue is written down with
its place; the words that no drawing needs come from the calls in the source. Translations are kept, new texts come
empty, dead ones go. A new language begins with an empty file: touch sheetgd/languages/pt.po.
"""

from __future__ import annotations

import ast
import gettext
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import polib

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sheetgd"
CATALOGUES = PACKAGE / "languages"
# new_m, de/dm, w11, and what has no letters; but 2·x·error has a word, and no and to are words
SYMBOL = re.compile(
    r"(?!error_sq\Z|.*·error)[^\s{]*[_/0-9][^\s{]*|(?!(?:at|no|to)\Z)\W*\w{0,2}\W*|[^A-Za-z]*"
)
NUMBERS = "1,000.5"
HEADER = """{name} for sheetgd: what a class reads. English is the key; docs/languages.md has the terms.
Not yet reviewed by a native speaker.
{{names}} in braces, [[formulas]], ** and # marks, cells such as C4, commands and line breaks stay as they are."""
NAMES = {"de": "German", "es": "Spanish", "fr": "French"}
PLURALS = {"fr": "nplurals=2; plural=(n > 1);"}
USUAL_PLURAL = "nplurals=2; plural=(n != 1);"
KNOWN = {
    NUMBERS: "How a number is written in a sentence: its thousands and its decimals.",
    "For the teacher": "A tab: at most 31 characters, none of : \\ / ? * [ ]",
}


@dataclass
class Text:
    """A text to translate, with its plural if it has one, and where it is used."""

    text: str
    plural: str = ""
    places: list[str] = field(default_factory=list)


class Recorder(gettext.NullTranslations):
    """A catalogue that translates nothing and writes down what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, Text] = {}
        self.drawing = ""

    def gettext(self, message: str) -> str:
        self._record(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self._record(msgid1, msgid2)
        return msgid1 if n == 1 else msgid2

    def _record(self, text: str, plural: str = "") -> None:
        if SYMBOL.fullmatch(text):
            return
        found = self.texts.setdefault(text, Text(text, plural))
        place = ", ".join(filter(None, (self.drawing, _place(sys._getframe(2)))))
        if place not in found.places and len(found.places) < 3:
            found.places.append(place)


def _place(frame: FrameType | None) -> str:
    """The cell that is being written, as far up the calls as one is known, else the module."""
    module = ""
    while frame is not None and "sheetgd" in frame.f_code.co_filename:
        known = frame.f_locals
        tab = getattr(known.get("sheet"), "title", "")
        cell = known.get("cell") or known.get("area") or known.get("at") or known.get("row") or ""
        if tab and isinstance(cell, (str, int)) and cell:
            return f"{tab}!{cell}" if isinstance(cell, str) else f"{tab}, row {cell}"
        name = Path(frame.f_code.co_filename).stem
        module = module or (name if name != "language" else "")
        frame = frame.f_back
    return module


@contextmanager
def spoken(catalogue: gettext.NullTranslations) -> Iterator[None]:
    """Whatever is drawn inside asks this catalogue."""
    from sheetgd import language

    token = language._spoken.set(catalogue)
    try:
        yield
    finally:
        language._spoken.reset(token)


def drawings() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every lesson, and again with each option that changes its words."""
    from sheetgd.language import Written
    from sheetgd.lessons import LESSONS
    from sheetgd.lessons.points import Points

    yield from ((lesson, {}) for lesson in LESSONS)
    own = {"x_name": Written("x"), "y_name": Written("y"), "own": True}
    near, far = Points((0, 1, 2), (3, 5, 8), **own), Points((1000, 1001, 1003), (2000, 2010, 2080), **own)
    answers = Points((1, 2, 3), (0, 1, 1), **own)
    yield from (
        (lesson, {"data": near}) for lesson in ("descent", "optimizers", "belts", "penguins", "batches")
    )
    yield "descent", {"data": far}
    yield "logistic", {"data": answers}
    yield "descent", {"learn": 1.0}
    yield from ((lesson, {"epochs": 5}) for lesson in ("weight", "weights"))
    yield from ((lesson, {"hide_actual": True}) for lesson in ("descent", "original", "penguins"))


def recorded() -> dict[str, Text]:
    """The texts of all drawings, in the order in which they are drawn, then those of the source's calls."""
    from sheetgd.lessons import LESSONS, _module
    from sheetgd.lessons.kit.book import new_book

    recorder = Recorder()
    recorder.texts[NUMBERS] = Text(NUMBERS)
    with spoken(recorder), tempfile.TemporaryDirectory() as folder:
        for lesson, options in drawings():
            recorder.drawing = lesson
            _module(lesson).draw(new_book(), **options)
        _draw_class(recorder, Path(folder) / "class.xlsx")
        recorder.drawing = "the page"
        for about in LESSONS.values():
            recorder.gettext(about)
    for text in _called():
        recorder.texts.setdefault(text.text, text)
    return recorder.texts


def _draw_class(recorder: Recorder, path: Path) -> None:
    """A worksheet of every lesson that a class can be given, in the language of the recorder."""
    from sheetgd import language
    from sheetgd.classroom.assignment import assignments
    from sheetgd.classroom.catalogue import KINDS
    from sheetgd.classroom.drawing import draw
    from sheetgd.classroom.plan import Plan
    from sheetgd.classroom.roster import Student

    found, language._catalogue = language._catalogue, lambda code: recorder
    try:
        for lesson in KINDS:
            recorder.drawing = f"{lesson} for a class"
            [one] = assignments([Student("Ada", "")], lesson, "a seed", language="recorded")
            draw(Plan(one), path)
    finally:
        language._catalogue = found


def _called() -> Iterator[Text]:
    """The texts that the source gives to translated(), counted() and phrases() as they stand."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = (
                getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            )
            if isinstance(node, ast.Call) and name in ("translated", "counted", "phrases"):
                place = path.relative_to(PACKAGE).as_posix()
                words = [one.value for one in node.args if isinstance(one, ast.Constant)]
                texts = [one for one in words if isinstance(one, str) and not SYMBOL.fullmatch(one)]
                if name == "counted" and len(texts) == 2:
                    yield Text(texts[0], texts[1], [place])
                else:
                    yield from (Text(text, places=[place]) for text in texts)


def updated(code: str, texts: dict[str, Text]) -> polib.POFile:
    """The catalogue of a language with these texts, and the translations that it has."""
    path = CATALOGUES / f"{code}.po"
    old = polib.pofile(str(path), wrapwidth=100) if path.is_file() else polib.POFile()
    known = {entry.msgid: entry for entry in old}
    new = polib.POFile(wrapwidth=100)
    new.header = old.header or HEADER.format(name=NAMES.get(code, code))
    new.metadata = old.metadata or {
        "Project-Id-Version": "sheetgd",
        "Language": code,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS.get(code, USUAL_PLURAL),
    }
    for text in texts.values():
        before = known.get(text.text)
        entry = polib.POEntry(msgid=text.text, comment=_comment(text))
        if text.plural:
            entry.msgid_plural = text.plural
            entry.msgstr_plural = (before and before.msgstr_plural) or {0: "", 1: ""}
        elif before:
            entry.msgstr = before.msgstr
        if before:
            entry.tcomment, entry.flags = before.tcomment, before.flags
        new.append(entry)
    return new


def _comment(text: Text) -> str:
    return "\n".join(filter(None, [KNOWN.get(text.text, ""), "; ".join(text.places)]))


def main(words: list[str]) -> int:
    """Write the catalogues, or with --check say which are stale."""
    texts = recorded()
    stale = []
    for path in sorted(CATALOGUES.glob("*.po")):
        whole = str(updated(path.stem, texts)) + "\n"
        if "--check" not in words:
            path.write_text(whole, encoding="utf-8", newline="\n")
        elif {entry.msgid for entry in polib.pofile(str(path))} != set(texts):
            stale.append(path.name)
    print(f"{len(texts)} texts" + (f"; run it without --check for {', '.join(stale)}" if stale else ""))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
