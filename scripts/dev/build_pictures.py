"""Makes docs/LESSON.png, the first printed page of each lesson after some epochs: python scripts/dev/build_pictures.py

docs/live.png is the first page of the live tab of the lesson descent.

Names of lessons after it limit it to these. Needs LibreOffice (soffice) and pdftoppm (poppler-utils).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = {  # so many that the page shows a descent under way
    "descent": 15,
    "original": 15,
    "weight": 5,
    "weights": 3,
    "belts": 60,
    "penguins": 80,
    "optimizers": 100,
    "minima": 40,
    "network": 100,
}
OTHER_PAGES = {
    "live": ("descent", 10)
}  # pictures that are not the first page of the lesson they are called by
DOTS_PER_INCH = 110


def picture(name: str, folder: Path) -> Path:
    """Draw, run, print and photograph one lesson."""
    import sheetgd

    lesson, page = OTHER_PAGES.get(name, (name, 1))
    book = folder / f"{lesson}.xlsx"
    sheetgd.new(lesson, book, force=True)
    with sheetgd.open_book(book) as opened:
        from sheetgd.epochs.run import run_sheets

        run_sheets(opened, every=True, epochs=EPOCHS[lesson])
    return photographed(book, folder, name, page)


def photographed(book: Path, folder: Path, name: str, page: int) -> Path:
    """A printed page of a workbook as docs/NAME.png."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    target = ROOT / "docs" / name
    photograph = [
        "pdftoppm",
        "-png",
        "-r",
        str(DOTS_PER_INCH),
        "-singlefile",
        "-f",
        str(page),
        "-l",
        str(page),
    ]
    subprocess.run([*photograph, str(book.with_suffix(".pdf")), str(target)], check=True, timeout=60)
    return target.with_suffix(".png")


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from sheetgd.lessons import LESSONS

    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or [*LESSONS, *OTHER_PAGES]:
            made = picture(name, Path(folder))
            print(made.relative_to(ROOT))


if __name__ == "__main__":
    main()
