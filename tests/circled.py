"""A made-up language whose letters are all in circles: a letter that is not is one that nobody translated."""

from __future__ import annotations

import re
from collections.abc import Collection

CODE = "xm"
PARTS = re.compile(r"(\{[^{}]*\}|\[\[.*?\]\])", re.DOTALL)  # values and formulas stay
# addresses, options that only a template names, and what no language has words for: new_m, x1, h
SYMBOLS = re.compile(r"\$?[A-Z]{1,2}\$?\d{1,3}|[^\W_]*[_/][\w/]*|[A-Za-z]{1,2}\d?|r?mse")


def circled(text: str) -> str:
    """A text with its letters in circles, the braces and what is in them as it was."""

    def circle(letter: str) -> str:
        code = ord(letter)
        if "a" <= letter <= "z":
            return chr(code - ord("a") + ord("ⓐ"))
        return chr(code - ord("A") + ord("Ⓐ")) if "A" <= letter <= "Z" else letter

    return "".join(
        part if PARTS.fullmatch(part) else "".join(map(circle, part)) for part in PARTS.split(text)
    )


def not_translated(texts: Collection[str], *names: str) -> list[str]:
    """The texts with a word that is no circled one, no symbol, and none of the names."""
    found = []
    for text in texts:
        rest = text
        for name in names:
            rest = rest.replace(name, " ")
        if any(not SYMBOLS.fullmatch(word) for word in re.findall(r"[A-Za-z$][\w$/]*", rest, re.ASCII)):
            found.append(text)
    return sorted(set(found))
