"""The report and the students' pages in a real Chromium: on a phone and a screen, light and dark, and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from homework import SLIPS, Planted, answers, by_openpyxl
from returned_work import empty_worksheets, handed_in
from sheetgd.checking import feedback
from sheetgd.checking.check import check
from sheetgd.checking.report import html
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.roster import Student

AXE = ROOT / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A class with every kind of thing to say: a report, and a page for each student."""
    folder = tmp_path_factory.mktemp("class")
    names = [
        "Ada Lovelace",
        "Bartholomew-Maximilian von und zu Hohenstein-Ödenburg the Younger",
        "ليلى أحمد",
        "Cy",
        "Di",
    ]
    key = assignments([Student(name) for name in names], "descent", "pages", blank_rows=12)
    empty = empty_worksheets(folder, key)
    back = folder / "back"
    back.mkdir()
    planted = [Planted(slip, row) for slip, row in zip(SLIPS[:12], range(3, 15), strict=True)]
    by_openpyxl(empty[key[0].id], answers(key[0]), back / "a.xlsx")
    by_openpyxl(empty[key[1].id], answers(key[1], planted) | {"F20": "2,96", "C4": 7}, back / "b.xlsx")
    by_openpyxl(empty[key[2].id], dict(list(answers(key[2]).items())[:50]), back / ("c" * 120 + ".xlsx"))
    [other] = assignments([Student("Eve")], "penguins", "pages", blank_rows=12)
    handed_in(folder, other, {"G17": 1, "F34": None}, "back/penguins.xlsx")
    (back / "d.xlsx").write_bytes(b"")
    results = check([*key, other], [back])
    (folder / "report.html").write_text(html(results, "Worksheets checked: descent"), encoding="utf-8")
    written = feedback.write(results, folder / "pages")
    assert len(written.pages) == 4
    return [folder / "report.html", *(folder / "pages" / name for name in written.pages[1::2])]


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_every_page_fits_and_passes_axe(browser: Any, pages: list[Path], width: int, theme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed")
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=theme, bypass_csp=True
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        headings = page.eval_on_selector_all(
            "h1, h2, h3, th", "every => every.map(one => one.innerText.trim())"
        )
        assert headings and all(headings), path.name
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")["violations"]
        told = [(entry["id"], [node["html"] for node in entry["nodes"]][:3]) for entry in found]
        assert told == [], path.name
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if theme == "light" else "rgb(20, 25, 31)")
    context.close()
    assert all(url.startswith("file:") for url in asked) and len(asked) == len(pages)
