"""Makes the picture of docs/your-own-sheet.md: python scripts/dev/build_sheet_pictures.py

Three sheets side by side, with what sheetgd sees in each: where a parameter starts, where its next value stands, the
learning rate, the loss, and what is carried. Needs matplotlib (the extra `pictures`).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

X, Y = (1, 2, 3, 4, 5, 6), (3, 4, 7, 8, 12, 12)
COLOURS = {"starts": "#cfe3f5", "next value": "#f8d9b8", "learning rate": "#d5ecd4", "loss": "#e3d6ee"}
ARROW = "#b5481a"
TITLES = {
    "steps": "Each row is a step",
    "batch": "All rows together are one step",
    "trajectory": "Each row is an epoch",
}
WIDE = 0.115  # inches a character


def data(cells: dict[str, Any]) -> dict[str, Any]:
    cells |= {"A1": "hours", "B1": "score"}
    for row, (x, y) in enumerate(zip(X, Y, strict=True), 2):
        cells |= {f"A{row}": x, f"B{row}": y}
    return cells


def steps() -> dict[str, Any]:
    cells = data({"C1": "slope", "D1": "error", "E1": "next slope", "G1": "slope", "H1": 0})
    cells |= {"G2": "learning rate", "H2": 0.01, "G3": "MSE", "H3": "=SUMPRODUCT((H1*A2:A7-B2:B7)^2)/6"}
    for row in range(2, 8):
        cells |= {f"C{row}": "=$H$1" if row == 2 else f"=E{row - 1}", f"D{row}": f"=C{row}*A{row}-B{row}"}
        cells[f"E{row}"] = f"=C{row}-$H$2*2*D{row}*A{row}"
    return cells


def batch() -> dict[str, Any]:
    cells = data({"C1": "predicted", "D1": "error", "F1": "slope", "G1": 0, "F2": "intercept", "G2": 0})
    cells |= {"F3": "learning rate", "G3": 0.01, "F4": "MSE", "G4": "=SUMSQ(D2:D7)/6", "F5": "new slope"}
    cells |= {
        "G5": "=G1-G3*2*SUMPRODUCT(D2:D7,A2:A7)/6",
        "F6": "new intercept",
        "G6": "=G2-G3*2*AVERAGE(D2:D7)",
    }
    for row in range(2, 8):
        cells |= {f"C{row}": f"=$G$1*A{row}+$G$2", f"D{row}": f"=C{row}-B{row}"}
    return cells


def trajectory() -> dict[str, Any]:
    cells = data(
        {"D1": "learning rate", "E1": 0.01, "D3": "epoch", "E3": "slope", "F3": "gradient", "G3": "MSE"}
    )
    for row in range(4, 10):
        line = f"E{row}*$A$2:$A$7-$B$2:$B$7"
        cells |= {f"D{row}": 0 if row == 4 else f"=D{row - 1}+1"}
        cells |= {f"E{row}": 0 if row == 4 else f"=E{row - 1}-$E$1*F{row - 1}"}
        cells |= {f"F{row}": f"=2*SUMPRODUCT({line},$A$2:$A$7)/6", f"G{row}": f"=SUMPRODUCT(({line})^2)/6"}
    return cells


SHEETS = {"steps": steps, "batch": batch, "trajectory": trajectory}


def save(cells: dict[str, Any], path: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return path


def seen(cells: dict[str, Any]) -> tuple[Any, dict[tuple[int, int], str]]:
    """What `look` finds, and what each cell shows."""
    import sheetgd
    from sheetgd.grid.a1 import parse

    with (
        tempfile.TemporaryDirectory() as folder,
        sheetgd.open_book(save(cells, Path(folder, "own.xlsx"))) as book,
        sheetgd.session(book) as lesson,
    ):
        places = list(map(parse, cells))
        shown = zip(places, lesson.values(places), strict=True)
        texts = {cell: value if isinstance(value, str) else f"{value:.4g}" for cell, value in shown}
        return lesson.layout, texts


def draw(axes: Any, layout: Any, texts: dict[tuple[int, int], str]) -> None:
    """The cells as a spreadsheet shows them, those that were found in colour, and what is carried as arrows."""
    from sheetgd.grid.a1 import letters

    rows, columns = max(row for row, _ in texts), max(column for _, column in texts)
    edges = [0.0, 0.3]
    for column in range(1, columns + 1):
        longest = max((len(text) for (_, at), text in texts.items() if at == column), default=0)
        edges.append(edges[-1] + max(longest * WIDE, 0.45))
    colours = {}
    for found in layout.carried.values():
        colours |= {found.start: "starts", found.carry: "next value"}
    colours |= {layout.controls.learn: "learning rate", layout.controls.loss: "loss"}
    for column in range(1, columns + 1):
        axes.text(
            (edges[column] + edges[column + 1]) / 2,
            0.5,
            letters(column),
            ha="center",
            va="center",
            color="#767676",
        )
    for row in range(1, rows + 1):
        axes.text(0.15, row + 0.5, str(row), ha="center", va="center", color="#767676")
        for column in range(1, columns + 1):
            left, right = edges[column], edges[column + 1]
            face = COLOURS.get(colours.get((row, column), ""), "white")
            axes.fill(
                [left, right, right, left],
                [row, row, row + 1, row + 1],
                facecolor=face,
                edgecolor="#d0d0d0",
                lw=0.7,
            )
            text = texts.get((row, column), "")
            number = text.lstrip("-")[:1].isdigit()
            at, side = (right - 0.06, "right") if number else (left + 0.06, "left")
            axes.text(at, row + 0.52, text, ha=side, va="center", fontsize=9.5)
    for found in layout.carried.values():
        draw_carry(axes, edges, found.carry, found.start)
    axes.set(xlim=(0, edges[-1] + 0.35), ylim=(11, 0))
    axes.axis("off")


def draw_carry(axes: Any, edges: list[float], source: tuple[int, int], target: tuple[int, int]) -> None:
    """An arrow along the right edges of the cells; to another column it ends at the left one."""
    same = source[1] == target[1]
    begin = (edges[source[1] + 1] - 0.03, source[0] + (0.35 if same else 0.5))
    end = (edges[target[1] + 1] - 0.03 if same else edges[target[1]] + 0.1, target[0] + 0.6)
    bend = f"arc3,rad={0.45 if same else 0.12}"
    look = {
        "arrowstyle": "-|>",
        "color": ARROW,
        "lw": 1.4,
        "connectionstyle": bend,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", xy=end, xytext=begin, arrowprops=look)


def main() -> int:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure, panels = plt.subplots(1, 3, figsize=(16, 4.3), layout="constrained", width_ratios=[5.7, 5.2, 4.4])
    for axes, (kind, cells) in zip(panels, SHEETS.items(), strict=True):
        layout, texts = seen(cells())
        draw(axes, layout, texts)
        axes.set_title(TITLES[kind], fontsize=13, loc="left")
    keys: list[Any] = [
        Patch(facecolor=colour, edgecolor="#d0d0d0", label=name) for name, colour in COLOURS.items()
    ]
    keys.append(Line2D([], [], color=ARROW, marker=">", label="carried after an epoch"))
    figure.legend(handles=keys, loc="outside lower center", ncols=5, frameon=False, fontsize=11)
    figure.savefig(ROOT / "docs" / "your-own-sheet.png", dpi=100)
    return 0


if __name__ == "__main__":
    sys.exit(main())
