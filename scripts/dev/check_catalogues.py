"""Says what is wrong with the translations in sheetgd/languages: python scripts/dev/check_catalogues.py [de ...]

A translation has the marks of its English text: {names}, [[formulas]] that differ in their texts alone, line breaks,
** and # and ?, commands, cells. What has no translation yet is counted, and no problem.
"""

from __future__ import annotations

import re
import string
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "sheetgd" / "languages"
FORMULA = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
LITERAL = re.compile(r'"(?:[^"]|"")*"')
CELL = re.compile(r"(?<![\w$])[A-Z]{1,2}[1-9][0-9]?(?::[A-Z]{1,2}[1-9][0-9]?)?(?!\w)")
COMMAND = re.compile(r"sheetgd (?:run|reset|new|class|check|fit|sync|look)|FILE|--[a-z]+(?:-[a-z]+)*")


def problems(code: str) -> Iterator[str]:
    """What is wrong with a catalogue's translations, each with the text that it is about."""
    for entry in polib.pofile(str(CATALOGUES / f"{code}.po")):
        pairs = [(entry.msgid, entry.msgstr)]
        if entry.msgid_plural:
            pairs = [
                (entry.msgid_plural if number else entry.msgid, form)
                for number, form in entry.msgstr_plural.items()
            ]
        for english, translation in pairs:
            for problem in _differences(english, translation) if translation else ():
                yield f"{english[:70]!r}: {problem}"
        if entry.fuzzy:
            yield f"{entry.msgid[:70]!r}: it is marked fuzzy, and so not used"


def _differences(english: str, translation: str) -> Iterator[str]:
    for what, marks in (
        ("names in braces", _names),
        ("formulas", _formulas),
        ("line breaks", lambda text: text.count("\n")),
        ("** marks", lambda text: text.count("**")),
        ("# ? or ` at the beginning", lambda text: text[:2] if text[:2] in ("# ", "? ", "` ") else ""),
        ("cells", lambda text: Counter(CELL.findall(text))),
        ("commands", lambda text: Counter(found.strip() for found in COMMAND.findall(text))),
    ):
        before, after = marks(english), marks(translation)
        if before != after:
            yield f"other {what}: {before} in English, {after} here"
    if english.startswith(" ") and not translation.startswith(" "):
        yield "it begins without the blank"


def _names(text: str) -> set[str]:
    """The names in the braces with their formats, if they are as a template's."""
    outside = FORMULA.sub("", text)
    try:
        return {f"{name}:{shown}" for _, name, shown, _ in string.Formatter().parse(outside) if name}
    except ValueError as error:
        return {str(error)}


def _formulas(text: str) -> Counter[str]:
    """The formulas without their texts; the order of those in a sentence is the language's own."""
    return Counter(LITERAL.sub('""', formula) for formula in FORMULA.findall(text))


def main(codes: list[str]) -> int:
    """Print every problem of these languages, or of all."""
    found = 0
    for code in codes or sorted(path.stem for path in CATALOGUES.glob("*.po")):
        entries = polib.pofile(str(CATALOGUES / f"{code}.po"))
        empty = len(entries.untranslated_entries())
        wrong = list(problems(code))
        found += len(wrong)
        print(
            "\n".join([*(f"{code}: {one}" for one in wrong), f"{code}: {len(entries)} texts, {empty} empty"])
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
