"""File names from people's names: safe on every system, and different for every student."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LONGEST = 80  # bytes of a name in UTF-8, so that folders, archives and old file systems take it
RESERVED = frozenset(  # on Windows, whatever ending follows
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"]
)
TAKEN = frozenset({"key"})  # the teacher's own file


def file_names(names: Iterable[str]) -> list[str]:
    """A file name without its ending for each name, in their order; of two alike the second gets a (2).

    >>> file_names(["Ada Lovelace", "Ada Lovelace", "../../etc/passwd", "CON", "O'Neil, Zoë", "🙂"])
    ['Ada Lovelace', 'Ada Lovelace (2)', 'etc passwd', 'CON (student)', 'ONeil Zoë', 'student']
    """
    found: list[str] = []
    used = set(TAKEN)
    for name in names:
        stem = plain = _plain(name)
        count = 1
        while _folded(stem) in used:
            count += 1
            ending = f" ({count})"
            stem = _cut(plain, LONGEST - len(ending)) + ending
        used.add(_folded(stem))
        found.append(stem)
    return found


def _plain(name: str) -> str:
    """The letters and digits of a name, in words with one blank between them."""
    kept = []
    for sign in unicodedata.normalize("NFC", name):
        kind = unicodedata.category(sign)[0]
        if kind in "LMN" and ord(sign) <= 0xFFFF:
            kept.append(sign)
        elif sign == "-" or kind == "Z" or sign in "/\\_.,;:\t":
            kept.append("-" if sign == "-" else " ")
    words = (word.strip("-") for word in "".join(kept).split())
    plain = _cut(" ".join(filter(None, words)), LONGEST)
    if not any(unicodedata.category(sign)[0] in "LN" for sign in plain):
        return "student"
    return f"{plain} (student)" if plain.lower() in RESERVED else plain


def _cut(text: str, size: int) -> str:
    """The text's beginning that takes no more than so many bytes."""
    return text.encode()[:size].decode("utf-8", "ignore").strip()


def _folded(name: str) -> str:
    """A name as file systems compare it that tell neither case nor composition apart."""
    return unicodedata.normalize("NFKD", name).casefold()
