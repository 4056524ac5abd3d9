"""How wide words are, and how many lines they take: merged cells do not find their own height."""

from __future__ import annotations

import re
from collections.abc import Callable

# Letters as wide as two digits, between any two of which a line may end: Chinese, Japanese, Korean.
_WIDE = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
_wide = re.compile(f"[{_WIDE}]")
_piece = re.compile(f"[{_WIDE}]|[^ {_WIDE}]+ ?| ")
NARROW, BROAD = " ijltf.,;:'()I-", "mwMW%"


def in_story(letter: str) -> float:
    """A letter's width in digits of Calibri, somewhat generous."""
    if letter.isascii():
        return 0.55 if letter in NARROW else 1.4 if letter in BROAD else 0.95
    return 1.9 if _wide.match(letter) else 0.95


def in_notes(letter: str) -> float:
    """The same, for the longer lines of the tab for the teacher."""
    if letter.isascii():
        slim = 0.7 if letter in "ftr/" else 1
        return 0.5 if letter in " ijl.,;:'()I-" else 1.5 if letter in BROAD else slim
    return 2 if _wide.match(letter) else 1


def lines(words: str, room: float, size: Callable[[str], float] = in_story) -> int:
    """How many lines of this room words take.

    >>> lines("one step after another", 12), lines("一步一步往下走", 6)
    (2, 3)
    """
    count, used = 1, 0.0
    for piece in _piece.findall(f"{words} "):
        width = sum(map(size, piece))
        count, used = (count, used + width) if used + width <= room else (count + 1, width)
    return count
