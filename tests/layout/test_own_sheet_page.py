"""docs/your-own-sheet.md draws three sheets and says what `look` prints of them; its picture is made of the same."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from sheetgd.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts" / "dev"))
import build_sheet_pictures  # noqa: E402

PAGE = (ROOT / "docs" / "your-own-sheet.md").read_text(encoding="utf-8")
PARTS = dict(
    zip(build_sheet_pictures.SHEETS, PAGE.split("\n**Each row is a step.**")[1].split("\n\n**"), strict=False)
)


def table(text: str) -> dict[str, str]:
    """The cells of the sheet that the page draws."""
    lines = [
        [cell.strip().replace("\\*", "*") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    columns = lines[0]
    return {
        f"{columns[at]}{line[0]}": cell for line in lines[1:] for at, cell in enumerate(line) if at and cell
    }


@pytest.mark.parametrize("kind", build_sheet_pictures.SHEETS)
def test_the_page_says_what_look_prints(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = build_sheet_pictures.SHEETS[kind]()
    drawn = table(PARTS[kind])
    assert len(drawn) > 20 and drawn == {address: str(cells[address]) for address in drawn}
    said = re.search(r"```\n(.*?)```", PARTS[kind], re.DOTALL)
    assert main(["look", str(build_sheet_pictures.save(cells, tmp_path / "own.xlsx"))]) == 0
    shown = capsys.readouterr().out.splitlines()
    lines = said[1].splitlines() if said else []
    assert len(lines) > 3 and [line for line in shown if line in lines] == lines
