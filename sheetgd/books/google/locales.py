"""Formulas as Google Sheets holds them, in the English form that the formula engine reads.

Google writes a formula with the separators of the spreadsheet's locale: in a German one `=MAX(A1;2,5)`, and
`{1\\2;3\\4}` for an array. It also knows references without an end (`A5:A`) and wraps array formulas in ARRAYFORMULA.
Source of the locales: Unicode CLDR 47, decimal separators; of the array separators: Google's help, "Using arrays".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...grid.a1 import letters, split

# Languages that write 2,5; of countries whose custom differs from their language's, both kinds below.
_COMMA = frozenset(
    """af az be bg bs ca cs da de el es et eu fi fo fr gl hr hu hy id in is it ka kk kl ky lb lo lt lv mk nb nl
    nn no pl ps pt rm ro ru sk sl sq sr sv tg tk tr tt uk uz vi""".split()
)
_COMMA_COUNTRIES = frozenset("ar_DZ ar_LB ar_LY ar_MA ar_MR ar_TN en_ZA ms_BN ms_ID".split())
_POINT_COUNTRIES = frozenset(
    """de_CH de_LI it_CH es_419 es_BZ es_CU es_DO es_GT es_HN es_MX es_NI es_PA es_PE es_PR es_SV es_US""".split()
)

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"]|"")*")
      | (?P<error>\#[A-Z/0]+[!?A]?)
      | (?P<reference>(?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?
          (?P<start>\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})(?::(?P<end>\$?[A-Za-z]{1,3}|\$?[1-9]\d{0,6})(?![\w$(.!\[]))
        )
      | (?P<quoted>'(?:[^']|'')*')
      | (?P<array>ARRAYFORMULA(?=\())
      | (?P<name>[^\W\d][\w.]*)
      | (?P<number>(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?)
      | (?P<mark>[(){};\\,])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# Where a comma separates, 1,5 are two numbers.
_POINTED = re.compile(_TOKEN.pattern.replace("[.,]", "[.]"), _TOKEN.flags)
_SHEET = re.compile(r""""(?:[^"]|"")*"|(?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)""")

Sizes = Mapping[
    str, tuple[int, int]
]  # rows and columns of each sheet by its name in lower case; the own one's at ""


def has_decimal_comma(formulas: Iterable[str], locale: str) -> bool:
    """Whether a spreadsheet's formulas write 2,5 for two and a half: by how they separate arguments, else by locale.

    >>> has_decimal_comma(["A1*2,5", "MAX(A1;2)"], "en_US"), has_decimal_comma(["MAX(A1,B1)"], "de_DE")
    (True, False)
    >>> has_decimal_comma(["A1*2"], "de_DE"), has_decimal_comma([], "de_CH"), has_decimal_comma([], "en_GB")
    (True, False, False)
    """
    for formula in formulas:
        braces = 0
        for token in _TOKEN.finditer(formula) if ";" in formula or "," in formula else ():
            braces += {"{": 1, "}": -1}.get(token[0], 0)
            if token["mark"] and token[0] in ";," and not braces:
                return token[0] == ";"
    if locale in _POINT_COUNTRIES | _COMMA_COUNTRIES:
        return locale in _COMMA_COUNTRIES
    return locale.partition("_")[0] in _COMMA


def to_english(formula: str, decimal_comma: bool, sizes: Sizes) -> str:
    """A formula (without its =) as the formula engine reads it.

    >>> grid = {"": (1000, 26)}
    >>> to_english("MAX(A1;2,5)&\\"1,5;2\\"", True, grid)
    'MAX(A1,2.5)&"1,5;2"'
    >>> to_english("SUM({1\\\\2,5;3\\\\ABS(-4)})", True, grid)
    'SUM({1,2.5;3,ABS(-4)})'
    >>> to_english("ARRAYFORMULA(SUM(A5:A*$B$2:2))", False, grid)
    '(SUM(A5:A1000*$B$2:Z2))'
    """
    inside: list[str] = []  # the brackets that are open here

    def english(token: re.Match[str]) -> str:
        text = token[0]
        if token["reference"]:
            return text[: token.start("end") - token.start()] + _closed(token, sizes)
        if token["array"]:
            return ""
        if token["number"]:
            return text.replace(",", ".") if decimal_comma else text
        if not token["mark"]:
            return text
        if text in "({":
            inside.append(text)
        elif text in ")}" and inside:
            inside.pop()
        elif text == "\\" or (text == ";" and inside[-1:] != ["{"]):
            return ","
        return text

    return (_TOKEN if decimal_comma else _POINTED).sub(english, formula)


def _closed(token: re.Match[str], sizes: Sizes) -> str:
    """The end of a reference without one: the last row, or the last column, of its sheet."""
    sheet = split(token["sheet"] + "A1")[0].casefold() if token["sheet"] else ""
    rows, columns = sizes.get(sheet, sizes[""])
    end: str = token["end"]
    return f"{letters(columns)}{end}" if end.lstrip("$").isdigit() else f"{end}{rows}"


def rename_sheets(formula: str, names: dict[str, str]) -> str:
    """The formula with other names of sheets, each by its old one in lower case.

    >>> rename_sheets("'a/b'!A1+\\"'a/b'!\\"+Data!B1", {"a/b": "Sheet 1"})
    '\\'Sheet 1\\'!A1+"\\'a/b\\'!"+Data!B1'
    """

    def renamed(token: re.Match[str]) -> str:
        new = names.get(split(token["sheet"] + "A1")[0].casefold()) if token["sheet"] else None
        return f"'{new}'!" if new else token[0]

    return _SHEET.sub(renamed, formula)
