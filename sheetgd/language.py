"""The language of what a class reads. English is the key; languages/ holds a gettext catalogue for each other language.

A catalogue is plain text and read as it is: nothing has to be built after a change.
"""

from __future__ import annotations

import gettext
import io
import string
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from .errors import UsageError

CATALOGUES = Path(__file__).parent / "languages"
_spoken: ContextVar[gettext.NullTranslations | None] = ContextVar("spoken", default=None)
_code: ContextVar[str] = ContextVar("code", default="en")


def languages() -> list[str]:
    """The codes that `speaking` takes, English first.

    >>> languages()[0]
    'en'
    """
    return ["en", *sorted(path.stem for path in CATALOGUES.glob("*.po"))]


def known_language(code: str) -> str:
    """The code, if it is one of `languages()`; else a UsageError that lists them."""
    if code not in languages():
        raise UsageError(
            f"there is no catalogue of the language {code}", f"the languages are {', '.join(languages())}"
        )
    return code


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Whatever is translated inside is in this language: one of `languages()`, else KeyError.

    >>> with speaking("en"):
    ...     translated("slope")
    'slope'
    """
    token, before = _spoken.set(None if code == "en" else _catalogue(code)), _code.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)
        _code.reset(before)


def spoken() -> str:
    """The code of the language spoken.

    >>> spoken()
    'en'
    """
    return _code.get()


def phrases(*texts: str) -> tuple[str, ...]:
    """Texts for the catalogues that are translated later, where they are used."""
    return texts


class Written(str):
    """A text to be written as it is: it is in the language spoken already, or somebody's own."""


def translated(text: str, /, **values: object) -> Written:
    """A text in the language spoken; English where the catalogue lacks it. A `Written` one stays as it is.

    With values, they are put into its braces, numbers as the language writes them.

    >>> translated("{count:,} points", count=1200)
    '1,200 points'
    """
    spoken = _spoken.get()
    found = spoken.gettext(text) if spoken and text and not isinstance(text, Written) else text
    return Written(_Numbers().vformat(found, (), values) if values else found)


def localized(number: str) -> str:
    """A number in the English notation as the language spoken writes it in a sentence."""
    example = translated("1,000.5")
    return number.translate({ord(","): example[1:-5], ord("."): example[-2]})


class _Numbers(string.Formatter):
    """Puts values into braces, numbers as the language writes them."""

    def format_field(self, value: object, format_spec: str) -> str:
        text = format(value, format_spec)
        return localized(text) if isinstance(value, (int, float)) else text


def counted(one: str, many: str, count: int, /, **values: object) -> Written:
    """The form of a text that goes with a count, in the language spoken; {count} and the values are put in.

    >>> counted("{count} cell in {sheet}", "{count} cells in {sheet}", 2, sheet="Data")
    '2 cells in Data'
    """
    catalogue = _spoken.get() or gettext.NullTranslations()
    return Written(_Numbers().vformat(catalogue.ngettext(one, many, count), (), {"count": count, **values}))


def font_name() -> str:
    """The font of the language spoken: what its catalogue's header names as X-Font, else Calibri."""
    return _header("x-font") or "Calibri"


def right_to_left() -> bool:
    """Whether the language spoken is written from right to left: its catalogue's header says X-Direction: rtl."""
    return _header("x-direction") == "rtl"


def _header(name: str) -> str:
    catalogue = _spoken.get()
    return str(catalogue.info().get(name, "")) if catalogue else ""


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    import polib  # slow, and English needs none

    path = CATALOGUES / f"{code}.po"
    if not path.is_file():
        raise KeyError(code)
    return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(path)).to_binary()))
