"""Tall worksheets for tests and benchmarks, written as plain XML: drawing them cell by cell would take minutes."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

from handmade import STYLES

LEARN, H = 0.0001, 0.01
TITLES = "x y m b y_pred error_sq err_m1 de/dm new_m err_b1 de/db new_b".split()
CONTROLS = {"m_guess": 1.0, "b_guess": 1.0, "learn": LEARN, "epochs": 5.0, "h": H}  # in N1:O5
SHORT = "x y m b new_m new_b".split()
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"


def points(rows: int) -> list[tuple[float, float]]:
    """Points near y = 2x + 30."""
    made = random.Random(rows)
    xs = [made.randint(0, 500) / 10 for _ in range(rows)]
    return [(x, round(2 * x + 30 + made.uniform(-3, 3), 2)) for x in xs]


def write_tall(path: Path, rows: int, *, formulas: bool) -> Path:
    """A worksheet with a step table of so many rows: headings in row 1, x and y below, controls and log beside them.

    With formulas each row holds the lesson's ten, with their results; without them x and y alone, and the headings are
    those of the parameters and their next values.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _content_types())
        archive.writestr("_rels/.rels", _relations(officeDocument="xl/workbook.xml"))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets><sheet name="Tall" sheetId="1" r:id="rId1"/>'
            "</sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", _relations(worksheet="worksheets/sheet1.xml", styles="styles.xml")
        )
        archive.writestr("xl/styles.xml", STYLES)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{_MAIN}"><dimension ref="A1:T{rows + 1}"/><sheetData>'.encode())
            for row in _rows(rows, formulas):
                part.write(row)
            part.write(b"</sheetData></worksheet>")
    return path


def _rows(rows: int, formulas: bool) -> Iterator[bytes]:
    titles = zip("ABCDEFGHIJKL" if formulas else "ABCDEF", TITLES if formulas else SHORT, strict=True)
    beside = _beside(rows, formulas)
    yield _row(1, [_text(f"{letter}1", title) for letter, title in titles], beside)
    m = b = 1.0
    for row, (x, y) in enumerate(points(rows), 2):
        cells = [_number(f"A{row}", x), _number(f"B{row}", y)]
        if formulas:
            results = _step(x, y, m, b)
            cells += [
                _number(f"{letter}{row}", result, formula)
                for letter, formula, result in zip("CDEFGHIJKL", _formulas(row), results, strict=True)
            ]
            m, b = results[6], results[9]
        yield _row(row, cells, beside)


def _row(row: int, cells: list[str], beside: dict[int, list[str]]) -> bytes:
    return f'<row r="{row}">{"".join(cells + beside.get(row, []))}</row>'.encode()


def _beside(rows: int, formulas: bool) -> dict[int, list[str]]:
    """Controls and the log's headings, by row."""
    cells = {
        row: [_text(f"N{row}", label), _number(f"O{row}", value)]
        for row, (label, value) in enumerate(CONTROLS.items(), 1)
    }
    loss = f"SQRT(SUM(F2:F{rows + 1})/{rows})"
    cells[6] = [_text("N6", "rmse"), f'<c r="O6"><f>{loss}</f></c>' if formulas else ""]
    cells[1] += [
        _text(f"{letter}1", title) for letter, title in zip("QRST", ("epoch", "m", "b", "rmse"), strict=True)
    ]
    return cells


def _step(x: float, y: float, m: float, b: float) -> list[float]:
    guess = m * x + b
    error, more_m, more_b = (guess - y) ** 2, ((m + H) * x + b - y) ** 2, (m * x + b + H - y) ** 2
    by_m, by_b = (more_m - error) / H, (more_b - error) / H
    return [m, b, guess, error, more_m, by_m, m - LEARN * by_m, more_b, by_b, b - LEARN * by_b]


def _formulas(row: int) -> list[str]:
    m, b = ("$O$1", "$O$2") if row == 2 else (f"I{row - 1}", f"L{row - 1}")
    return [
        m,
        b,
        f"C{row}*A{row}+D{row}",
        f"(E{row}-B{row})^2",
        f"((C{row}+$O$5)*A{row}+D{row}-B{row})^2",
        f"(G{row}-F{row})/$O$5",
        f"C{row}-$O$3*H{row}",
        f"(C{row}*A{row}+D{row}+$O$5-B{row})^2",
        f"(J{row}-F{row})/$O$5",
        f"D{row}-$O$3*K{row}",
    ]


def _number(address: str, value: float, formula: str = "") -> str:
    return f'<c r="{address}">{formula and f"<f>{formula}</f>"}<v>{value!r}</v></c>'


def _text(address: str, text: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def _relations(**targets: str) -> str:
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}relationships">{links}</Relationships>'


def _content_types() -> str:
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet", "styles": "styles"}
    overrides = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{kinds}.{kind}+xml"/>'
        for part, kind in parts.items()
    )
    return (
        f'<Types xmlns="{_PACKAGE}content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>'
    )
