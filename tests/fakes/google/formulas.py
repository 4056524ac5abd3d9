"""The formulas of a Google Sheet: their spelling in a locale, and what they come to, by IronCalc.

Google writes a formula with the separators of the spreadsheet's locale (`=IF(A1>0,5;1;2)` in Germany), when it is read
and when it is written; the names of functions stay English. The store keeps what was written.
"""

from __future__ import annotations

import re
from typing import Any

import ironcalc

Json = dict[str, Any]
Place = tuple[int, int]  # row and column, counted from 0 as Google counts

COMMA = set(
    "bg ca cs da de el es et fi fr hr hu id is it lt lv nb nl no pl pt ro ru sk sl sr sv tr uk vi".split()
)
POINT = {"de_CH", "de_LI", "es_MX", "es_DO", "es_GT", "es_HN", "es_NI", "es_PA", "es_PE", "es_PR", "es_SV"}

TOKENS = re.compile(
    r"""(?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')"""
    r"""|(?P<number>(?<![\w$.])\d+(?:[.]\d+)?(?:[eE][+-]?\d+)?|(?<![\w$.)])[.]\d+)"""
    r"""|(?P<name>[A-Za-z_$][\w.$]*)|(?P<other>[\s\S])"""
)
LOCAL = re.compile(TOKENS.pattern.replace("[.]", "[,]"))

ERRORS = {
    "#NULL!": "NULL_VALUE",
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#REF!": "REF",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#N/A": "N_A",
}
MESSAGES = {
    "DIVIDE_BY_ZERO": "Function DIVIDE parameter 2 cannot be zero.",
    "REF": "Reference does not exist.",
    "NAME": "Unknown function or range name.",
    "N_A": "Value not available.",
    "VALUE": "A parameter expects number values, but is a text and cannot be coerced to a number.",
    "NUM": "Numeric value is out of range.",
    "ERROR": "Formula parse error.",
}


def has_comma(locale: str) -> bool:
    """Whether numbers of a locale have a decimal comma."""
    return locale.partition("_")[0] in COMMA and locale not in POINT


def to_locale(formula: str, locale: str) -> str:
    r"""An English formula as a locale spells it.

    >>> to_locale('=IF(A1>0.5,"a,b",{1,2;3,4})', "de_DE")
    '=IF(A1>0,5;"a,b";{1\\2;3\\4})'
    """
    return _spell(formula, TOKENS, (".", ","), {",": ";"}, {",": "\\"}) if has_comma(locale) else formula


def to_english(formula: str, locale: str) -> str:
    r"""A formula in a locale's spelling in English; one that is no formula there becomes one that is none anywhere.

    >>> to_english('=IF(A1>0,5;"a,b";{1\\2;3\\4})', "de_DE")
    '=IF(A1>0.5,"a,b",{1,2;3,4})'
    >>> to_english("=ROUND(A1*0.1,2)", "de_DE")
    '=('
    """
    if not has_comma(locale):
        return formula
    if any(found["other"] in (",", ".") for found in LOCAL.finditer(formula)):
        return "=("
    return _spell(formula, LOCAL, (",", "."), {";": ","}, {"\\": ","})


def _spell(formula: str, tokens: re.Pattern[str], point: tuple[str, str], outside: Json, inside: Json) -> str:
    """Replace decimal points in numbers and separators outside texts, other ones in braces than elsewhere."""
    depth, written = 0, []
    for found in tokens.finditer(formula):
        text = found[0]
        if found.lastgroup == "number":
            text = text.replace(*point)
        elif found.lastgroup in ("other", "name"):
            depth += (text == "{") - (text == "}")
            text = (inside if depth else outside).get(text, text)
        written.append(text)
    return "".join(written)


class Calculator:
    """An IronCalc model that follows a spreadsheet: only what changed is put into it.

    `pretended` holds results of formulas that IronCalc does not know and Google does (SPARKLINE, GOOGLEFINANCE), by
    the English formula; or, with an equals sign, what IronCalc is to compute for Google's own spelling (A5:A). Sheets
    have short names of their own in it, for IronCalc allows fewer than Google.
    """

    def __init__(self) -> None:
        self.pretended: dict[str, Any] = {}
        self._shape: Any = None
        self._titles: dict[str, str] = {}
        self._fed: dict[tuple[int, Place], Any] = {}
        self._model: Any = None

    def results(
        self, titles: list[str], cells: list[dict[Place, Json]], names: dict[str, str]
    ) -> list[dict[Place, Json]]:
        """The effective value of every cell of every sheet; `cells` hold userEnteredValue, `names` formulas."""
        shape = (tuple(titles), tuple(sorted(names.items())))
        if shape != self._shape:
            self._begin(titles, names)
            self._shape = shape
        wanted = {
            (number, place): self._input(value)
            for number, sheet in enumerate(cells)
            for place, value in sheet.items()
        }
        for key in self._fed.keys() - wanted.keys():
            self._model.clear_cell_contents(key[0], key[1][0] + 1, key[1][1] + 1)
        for key, value in wanted.items():
            if self._fed.get(key, self) != value:
                self._feed(key, value)
        self._fed = wanted
        self._model.evaluate()
        return [self._shown(number) for number in range(len(titles))]

    def _begin(self, titles: list[str], names: dict[str, str]) -> None:
        self._model = ironcalc.create("book", "en", "UTC", "en")
        allowed = re.compile(r"[^\\/*?:\[\]]{1,31}")
        self._titles = {
            title: f"Tab {number}" for number, title in enumerate(titles) if not allowed.fullmatch(title)
        }
        for number, title in enumerate(titles):
            if number:
                self._model.add_sheet(self._titles.get(title, title))
            else:
                self._model.rename_sheet(0, self._titles.get(title, title))
        for name, formula in names.items():
            self._model.new_defined_name(name, None, self._with_short_titles(formula))
        self._fed = {}

    def _input(self, value: Json) -> tuple[str, Any]:
        [(kind, content)] = value.items()
        if kind == "formulaValue" and content in self.pretended:
            content = self.pretended[content]
            if isinstance(content, str) and content.startswith("="):
                return kind, self._with_short_titles(content)
            kind = "boolValue" if isinstance(content, bool) else "numberValue"
            kind = "stringValue" if isinstance(content, str) else kind
        return kind, self._with_short_titles(content) if kind == "formulaValue" else content

    def _with_short_titles(self, formula: str) -> str:
        for title, short in self._titles.items():
            formula = formula.replace("'" + title.replace("'", "''") + "'!", f"'{short}'!")
        return formula

    def _feed(self, key: tuple[int, Place], value: tuple[str, Any]) -> None:
        place = (key[0], key[1][0] + 1, key[1][1] + 1)
        kind, content = value
        if kind == "numberValue":
            self._model.update_cell_with_number(*place, float(content))
        elif kind == "boolValue":
            self._model.update_cell_with_bool(*place, content)
        elif kind == "stringValue":
            self._model.update_cell_with_text(*place, content)
        else:
            self._model.set_user_input(*place, content)

    def _shown(self, sheet: int) -> dict[Place, Json]:
        """Effective values of one sheet, those that a formula spills over as well."""
        top, bottom, left, right = self._model.get_sheet_dimensions(sheet)
        shown = {}
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                value = self._effective(sheet, row, column)
                if value is not None:
                    shown[row - 1, column - 1] = value
        return shown

    def _effective(self, sheet: int, row: int, column: int) -> Json | None:
        fed = self._fed.get((sheet, (row - 1, column - 1)))
        if fed and fed[0] == "stringValue":
            return {"stringValue": fed[1]}
        value = self._model.get_cell_value(sheet, row, column)
        if fed and fed[0] == "formulaValue":
            if self._model.get_cell_formula(sheet, row, column) is None:
                return error_value("ERROR")
            if value is None:
                return {"numberValue": 0}
        if value is None:
            return None
        if isinstance(value, bool):
            return {"boolValue": value}
        if isinstance(value, float):
            return {"numberValue": int(value) if value.is_integer() and abs(value) < 2**53 else value}
        if self._model.get_cell_type(sheet, row, column) == ironcalc.CellType.ErrorValue:
            return error_value(ERRORS.get(value, "ERROR"))
        return {"stringValue": value}


def error_value(kind: str) -> Json:
    """A cell's error as Google gives it."""
    message = MESSAGES.get(kind)
    return {"errorValue": {"type": kind, "message": message} if message else {"type": kind}}
