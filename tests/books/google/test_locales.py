"""Google's formulas in the form that the engine reads."""

from __future__ import annotations

import pytest

from sheetgd.books.google.locales import has_decimal_comma, rename_sheets, to_english

GRIDS = {"": (100, 10), "data": (50, 5), "it's": (7, 7)}


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("A1*2,5", "A1*2.5"),
        ("A1*,5", "A1*.5"),
        ("1,5E-3+A2", "1.5E-3+A2"),
        ("WENN(A1>0,5;1;0)", "WENN(A1>0.5,1,0)"),
        ("SUM(A1:A3;B2)", "SUM(A1:A3,B2)"),
        ('IF(A1="a;b,c";"2,5";2,5)', 'IF(A1="a;b,c","2,5",2.5)'),
        ("'a;b 2,5'!A1*2", "'a;b 2,5'!A1*2"),
        ("{1\\2,5;3\\4}", "{1,2.5;3,4}"),
        ("{SUM(A1;A2)\\3;4\\5}", "{SUM(A1,A2),3;4,5}"),
        ("SUM({1;2};3)", "SUM({1;2},3)"),
        ("", ""),
    ],
)
def test_from_german(german: str, english: str) -> None:
    assert to_english(german, True, GRIDS) == english


@pytest.mark.parametrize(
    ("google", "english"),
    [
        ("MAX(1,5)", "MAX(1,5)"),
        ("MAX(1;5)", "MAX(1,5)"),
        ("{1,2;3,4}", "{1,2;3,4}"),
        ("SUM(A5:A)", "SUM(A5:A100)"),
        ("SUM($A$5:$A)", "SUM($A$5:$A100)"),
        ("SUM(DATA!A5:A)+Gone!A5:A", "SUM(DATA!A5:A50)+Gone!A5:A100"),
        ("SUM('It''s'!A5:C)", "SUM('It''s'!A5:C7)"),
        ("SUM(B2:2)", "SUM(B2:J2)"),
        ("SUM(A5:A9)+SUM(A:A)+SUM(2:2)", "SUM(A5:A9)+SUM(A:A)+SUM(2:2)"),
        ("A1:INDEX(B:B,3)", "A1:INDEX(B:B,3)"),
        ("ArrayFormula(SQRT(AVERAGE((A1:A3-B1:B3)^2)))", "(SQRT(AVERAGE((A1:A3-B1:B3)^2)))"),
        ("1+arrayformula(SUM(A1:A2*2))", "1+(SUM(A1:A2*2))"),
        ('"ARRAYFORMULA(A5:A)"', '"ARRAYFORMULA(A5:A)"'),
        ("'ARRAYFORMULA(x)'!A1", "'ARRAYFORMULA(x)'!A1"),
    ],
)
def test_from_english(google: str, english: str) -> None:
    assert to_english(google, False, GRIDS) == english


@pytest.mark.parametrize(
    ("formulas", "locale", "comma"),
    [
        ([], "en_US", False),
        ([], "en", False),
        ([], "de_DE", True),
        ([], "fr", True),
        ([], "pt_BR", True),
        ([], "de_CH", False),
        ([], "es_MX", False),
        ([], "es_AR", True),
        ([], "en_ZA", True),
        ([], "", False),
        (["A1*2,5"], "de_DE", True),
        (["A1*2,5", "SUM(A1;A2)"], "xx_YY", True),
        (['IF(A1="a;b",1,2)'], "en_US", False),
        (["{1;2}", "MAX(A1,B1)"], "de_CH", False),
        (["{1;2}"], "en_US", False),
    ],
)
def test_decimal_comma(formulas: list[str], locale: str, comma: bool) -> None:
    assert has_decimal_comma(formulas, locale) is comma


def test_renamed_sheets() -> None:
    names = {"lesson of class 7b, second half year": "Sheet 2"}
    text = "'Lesson of class 7b, second half year'!$A$1*Data!B1&\"'Lesson of class 7b, second half year'!\""
    assert rename_sheets(text, names) == (
        "'Sheet 2'!$A$1*Data!B1&\"'Lesson of class 7b, second half year'!\""
    )
