"""Makes templates/LESSON.xlsx, what `sheetgd new LESSON` draws, for all lessons: python scripts/dev/build_templates.py

A test fails when one of them is stale. See templates/README.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"


def build(folder: Path) -> list[Path]:
    """Draw every lesson into the folder, over what stands there."""
    from sheetgd.lessons import LESSONS
    from sheetgd.lessons.create import new

    return [new(lesson, folder / f"{lesson}.xlsx", force=True) for lesson in LESSONS]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    TEMPLATES.mkdir(exist_ok=True)
    for path in build(TEMPLATES):
        print(f"{path.relative_to(ROOT)} is up to date.")
