"""Makes templates/LESSON.xlsx, what `sheetgd new LESSON` draws, for all lessons: python scripts/dev/build_templates.py

templates/CODE/LESSON.xlsx are the same in the other languages, as far as their catalogues are complete.

A test fails when one of them is stale. See templates/README.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"


def build(folder: Path, lang: str = "en") -> list[Path]:
    """Draw every lesson into the folder, over what stands there."""
    from sheetgd.lessons import LESSONS
    from sheetgd.lessons.create import new

    folder.mkdir(exist_ok=True)
    return [new(lesson, folder / f"{lesson}.xlsx", force=True, lang=lang) for lesson in LESSONS]


def complete() -> list[str]:
    """The languages whose catalogues lack nothing."""
    from sheetgd.language import CATALOGUES

    return [
        path.stem
        for path in sorted(CATALOGUES.glob("*.po"))
        if not polib.pofile(str(path)).untranslated_entries()
    ]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    made = build(TEMPLATES)
    for code in complete():
        made += build(TEMPLATES / code, code)
    for path in made:
        print(f"{path.relative_to(ROOT)} is up to date.")
