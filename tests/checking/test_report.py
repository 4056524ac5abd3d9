"""The report: one page that needs nothing and believes nobody."""

from __future__ import annotations

import re
from pathlib import Path

from homework import SLIPS, Planted, answers, by_openpyxl
from returned_work import (
    Page,
    empty_worksheets,
)
from sheetgd.checking.check import check
from sheetgd.checking.report import html
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.roster import Student


def test_the_report_is_one_page_that_needs_nothing_and_believes_nobody(tmp_path: Path) -> None:
    """Names, file names, sheet texts and formulas full of markup stay texts."""
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    key = assignments([Student(evil), Student("Bo & Co"), Student("\u202eZoë")], "descent", "seed")
    empty = empty_worksheets(tmp_path, key)
    back = tmp_path / "back"
    back.mkdir()
    formula = '=IF("<script>"<"b",1,"<b>&")'
    by_openpyxl(empty[key[0].id], {**answers(key[0]), "F17": formula, "G17": evil}, back / "<b>&'.xlsx")
    by_openpyxl(empty[key[1].id], answers(key[1], [Planted(SLIPS[0], 2)]), back / "bo.xlsx")
    (back / "<i>.xlsx").write_bytes(b"")
    results = check(key, [back])
    page = html(results, "Worksheets <b>")
    parsed = Page(page)
    allowed = "html head meta title style body main h1 h2 h3 div section article header p b i s u span small"
    assert (
        set(parsed.tags) <= {*allowed.split(), *"ul li dl dt dd table tr th td".split()}
        and parsed.tags["article"] == 2
    )
    assert parsed.attributes <= {
        "lang",
        "charset",
        "content",
        "http-equiv",
        "name",
        "class",
        "style",
        "role",
        "aria-label",
        "tabindex",
    }
    assert "default-src 'none'" in page and not re.search(r"https?:|url\(|@import|src=[\"']|href=", page)
    text = "\n".join(parsed.texts)
    assert (
        evil in text and formula in text and "Bo & Co" in text and "<i>.xlsx" in text and "\u202e" not in page
    )
    assert "break-inside:avoid" in page and "@media print" in page
    assert "Look at J18 (new_m, row 2)" in text and "Your number is m + learn * de/dm" in text
    assert "Not handed in" in text and "Zoë" in text


def test_a_class_of_which_nothing_came_back_has_a_report_too(tmp_path: Path) -> None:
    key = assignments([Student("Ada")], "descent", "seed")
    (tmp_path / "back").mkdir()
    results = check(key, [tmp_path / "back"])
    assert [one.problem for one in results.checked] == [
        "it is a folder without files; check the name and the folder"
    ]
    text = "".join(Page(html(results, "Nothing")).texts)
    assert "0 of 1" in text and "it is a folder without files" in text
