"""Makes docs/class.png, docs/check.png and docs/feedback.png: python scripts/dev/build_class_pictures.py

A student's worksheet as it is printed, the report of a class of 24, and a student's page on a phone. Needs LibreOffice
(soffice), pdftoppm (poppler-utils), Chromium, and the packages of the extra `test`.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from build_pictures import ROOT, photographed

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
NAMES = """Ada Lovelace, Alan Turing, Grace Hopper, Emmy Noether, Leonhard Euler, Katherine Johnson, Carl Gauß,
Mary Cartwright, Sofja Kowalewskaja, Srinivasa Ramanujan, Hypatia, Évariste Galois, Maryam Mirzakhani, Pierre de Fermat,
Sophie Germain, George Boole, Dorothy Vaughan, Andrei Kolmogorow, Julia Robinson, David Blackwell, Hedy Lamarr,
Henri Poincaré, Rózsa Péter, Zoë Ångström""".replace("\n", " ").split(", ")
DONE = {"Ada Lovelace": 0, "Grace Hopper": 2, "Hypatia": 0, "Sophie Germain": 0}  # slips; one of the others
HALF = {"Emmy Noether", "George Boole", "Rózsa Péter"}


def worksheet(folder: Path) -> Path:
    """Print and photograph a student's worksheet."""
    from sheetgd.classroom.assignment import assignments
    from sheetgd.classroom.exercises import EVERY_ROW
    from sheetgd.classroom.roster import Student
    from sheetgd.classroom.template import student

    book = folder / "class.xlsx"
    student(assignments([Student("Ada Lovelace")], "descent", "a picture", blank_rows=EVERY_ROW)[0], book)
    return photographed(book, folder, "class", 1)


def returned(folder: Path) -> Any:
    """A class's results: slips, half-done work, a copy, a changed given, what is no worksheet, and nothing at all."""
    from homework import answers, by_openpyxl
    from returned_work import empty_worksheets, plant
    from sheetgd.checking.check import check
    from sheetgd.classroom.assignment import assignments
    from sheetgd.classroom.exercises import EVERY_ROW
    from sheetgd.classroom.roster import Student

    chance = random.Random(7)
    key = assignments([Student(name) for name in NAMES], "descent", "a picture", blank_rows=EVERY_ROW)
    empty, back = empty_worksheets(folder, key), folder / "back"
    back.mkdir()
    for one in key[:-1]:
        written = answers(one, plant(chance, one, DONE.get(one.name, 1)))
        if one.name in HALF:
            written = dict(list(written.items())[:66])
        if one.name == "Leonhard Euler":
            written = answers(key[0])
        if one.name == "Pierre de Fermat":
            written["H3"] = 0
        by_openpyxl(empty[one.id], written, back / f"{one.file}.xlsx")
    (back / "homework.pdf").write_bytes(b"%PDF-1.7")
    return check(key, [back])


def pages(folder: Path) -> list[Path]:
    """Photograph the report, and Grace Hopper's page."""
    from playwright.sync_api import sync_playwright

    from sheetgd.checking import feedback, report

    results = returned(folder)
    (folder / "report.html").write_text(
        report.html(results, report.page_title(["descent"])), encoding="utf-8"
    )
    feedback.write(results, folder / "pages")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    made = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for name, path, width, height in (
            ("check", folder / "report.html", 1040, 1560),
            ("feedback", folder / "pages" / "Grace Hopper.html", 390, 720),
        ):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(path.as_uri())
            made.append(ROOT / "docs" / f"{name}.png")
            page.screenshot(path=made[-1])
        browser.close()
    return made


def main() -> None:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    with tempfile.TemporaryDirectory() as folder:
        for made in (worksheet(Path(folder)), *pages(Path(folder))):
            print(made.relative_to(ROOT))


if __name__ == "__main__":
    main()
