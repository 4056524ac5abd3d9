"""Workbooks for the tests, and the comparison of two workbooks part by part.

`excel_made` writes one as Excel does (through XlsxWriter): the shape of a lesson on gradient descent that many teachers
know, with a form button, a chart, a picture, a comment and the rest, none of which a run may lose. Its data, its titles
and every stored result are made here, by a plain loop.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import xlsxwriter

LEARN = 0.0001
FIRST_ROW, LAST_ROW = 4, 32
XS = [
    41,
    7,
    23,
    58,
    12,
    35,
    3,
    49,
    17,
    28,
    60,
    9,
    44,
    21,
    31,
    54,
    5,
    38,
    15,
    26,
    47,
    11,
    33,
    56,
    19,
    2,
    39,
    24,
    51,
]
YS = [3 * x + 12 for x in XS]
STEPS_DONE = 5  # epochs already in the log

TITLES = [
    *("x", "y", "intercept", "slope", "estimate", "squared error"),
    *("dE/d intercept", "dE/d slope", "new slope", "new intercept"),
]
NAMES = {
    "const": "=basic!$C$1",
    "slope": "=basic!$C$2",
    "lastconst": "=basic!$J$32",
    "lastslope": "=basic!$I$32",
    "rmse": "=basic!$F$33",
    "rmsestart": "=basic!$C$36",
}

# A macro project with one module, "Lesson", written by LibreOffice 7.4: compressed and in base 64.
VBA_PROJECT = (
    "eNrtV91v21QUP7aTNDFLl44ytgoh40pTy+rK33EoRou/mqJ0qdqRPhCo8uF2YYld2Y7WqqoU2knscS9IiKcheEB9QNue+AP2iARv"
    "vMIfQsN1Y6qAECQtD2zqzzq+1/fec86995x77vFPP0788tXTqV/hL1gAAo57KUgMtGGITr8zAHjUdtzr9f5o7l3ghcJvURnaMIbs"
    "F4/sORaVF3i5sQouegKgwAQHlR7swii4ijxmUN4wPMdDjhsWF/rPrj+M32EcJxANnv+QkqieQkQiegXRJUTpgf7MRYx44bFkqPRe"
    "TtFM2TRlRtLNPCMaksTkNNFgJMvMZgWd1XlO2KfT5LLb6LRstWj7vuukydvVtq3SZS2/4rmf2PUAjSjYrW3ddQJ7Jwgls6ipbHt+"
    "03V0t71dDZq1li3wKi3kBJ7nWTYcoC8vqnQum5MUg+MsKctp2aw0SGiMsaKptGzKelYUFEUXFVETc31CvYu6Smf5LCsrgshnBSkk"
    "Q0EdafLDgusHlLkT2E7D9qglZ9P9KE3eKLB9cOqeoAi8IYsso1s5luE43WIUUxQYls2zeo7jWFbK7y+UNXPhlIs9kbzuevf87Wrd"
    "RgL7W6Ly0hwVEicKuTlKDl9p8h/PYp8RimCDjx4XBeGRgH33tIudnFwM2CMcf5QCajJRIODbibCZhElkH4gMFP8Av3MLn0zgpIqT"
    "YzdxD4Nk4koKv/L954+99Thcwul3cRK/int+0HBbNv4eft1Hl0ID0MRaaIppIO/CxMdAvF1Z3AO0ETwrCqzMQDIW0+MpAkQZ9qf5"
    "eXaanQb9ncp602m4cN+vrO3666XMuixWCJufD6BVmy4VTSoPncBtI7dwEw7x9aFZ2txs1icemCXY7EIT6q8dmN90k18+MHnDAsVg"
    "RZ2RNLDyDMdyGvNIM0ypa+bzXX1K7Mb5h2b3iy2vCm3KarZsn4KZHUWerehupt12HSJVWUYiPdd3NwMK1u5WPbtRKYFlLekmJ1Zg"
    "ea00bxSL08RnmcMVZMJ5loqVap8+p4rNmjdT9XYP65cPfsaAfvWA6PWuH9wr2o9D4y2iWnfrwO+eWG/q4fgRf3vsDW2yoGGc5R+9"
    "aeFzz6+9pRE3NQzPaNif7fdD9Xx3Abb6BPJB4DVrnQBsqqxtoFOJKipFI9cCND10DNY6UKNWO87MbDpGUgCrVWfLhhna4ujZ+fK1"
    "aquDPRm/kSbNpNOgwPsXl73AS4T/Mv/DhuQJc41bsX69DBrkzzH/JIp7oW48yl9GzX9W0A6U4H20eh3unEF/BmVPoX4iysOG5atj"
    "f6f/PrRH1D8Z6R8l/wv/4V+P6g0UZr1z7X9ff3yE9Yf/ls+i9W9EHrBxRktMIf2JgRx4GJ7xaA4n9+9ZL95TWaPv/+UTv/9/5P+/"
    "A1xPBCE="
)


class Exact(float):
    """A number that XlsxWriter writes with all its digits, as Excel does; by itself it writes sixteen."""

    def __format__(self, _: str) -> str:
        return repr(float(self))


def one_epoch(const: float, slope: float) -> tuple[list[list[float]], float]:
    """The step table's formula cells, row by row, and the loss, each as its formula computes it."""
    rows = []
    for x, y in zip(XS, YS, strict=True):
        estimate = const + slope * x
        error = (estimate - y) ** 2
        by_const = 2 * (estimate - y)
        by_slope = by_const * x
        new_slope, new_const = slope - by_slope * LEARN, const - by_const * LEARN
        rows.append([const, slope, estimate, error, by_const, by_slope, new_slope, new_const])
        const, slope = new_const, new_slope
    total = 0.0
    for row in rows:
        total += row[3]
    return rows, math.sqrt(total)


def state_after(epochs: int) -> tuple[float, float, list[float]]:
    """The intercept, the slope and the loss after each epoch, from 1 and 1."""
    const, slope, log = 1.0, 1.0, []
    for _ in range(epochs):
        rows, _ = one_epoch(const, slope)
        slope, const = rows[-1][6], rows[-1][7]
        log.append(one_epoch(const, slope)[1])
    return const, slope, log


def excel_made(path: str | os.PathLike[str]) -> Path:
    """Sheets: basic (the lesson), report (depends on its loss), marks (depends on nothing of it).

    A path that ends in .xlsm gives a workbook with a macro.
    """
    with xlsxwriter.Workbook(os.fspath(path)) as book:
        if Path(path).suffix == ".xlsm":
            book.add_vba_project(io.BytesIO(zlib.decompress(base64.b64decode(VBA_PROJECT))), is_stream=True)
        for sheet in ("basic", "report", "marks"):
            book.add_worksheet(sheet)
        for name, place in NAMES.items():
            book.define_name(name, place)
        const, slope, log = state_after(STEPS_DONE)
        rows, loss = one_epoch(const, slope)
        draw_lesson(book, const, slope, rows, loss, log)
        draw_extras(book)
        draw_report(book, slope, loss)
        draw_marks(book)
    return Path(path)


def draw_lesson(
    book: Any, const: float, slope: float, rows: list[list[float]], loss: float, log: list[float]
) -> None:
    basic = book.get_worksheet_by_name("basic")
    number = book.add_format({"num_format": "0.000"})
    bold = book.add_format({"bold": True, "bottom": 1})
    basic.write("B1", "intercept")
    basic.write_number("C1", Exact(const), number)
    basic.write("B2", "slope")
    basic.write_number("C2", Exact(slope), number)
    basic.write("E1", "learn")
    basic.write("F1", LEARN)
    basic.write_row("A3", TITLES, bold)
    for index, results in enumerate(rows):
        row = FIRST_ROW + index
        basic.write(f"A{row}", XS[index])
        basic.write(f"B{row}", YS[index])
        for column, formula, result in zip("CDEFGHIJ", formulas(row), results, strict=True):
            basic.write_formula(f"{column}{row}", formula, number, result)
    basic.write("E33", "rmse")
    basic.write_formula("F33", f"=SQRT(SUM(F{FIRST_ROW}:F{LAST_ROW}))", number, loss)
    basic.write("C36", "One line an epoch:")
    basic.write("C37", "rmse", bold)
    for row, logged in enumerate(log, 38):
        basic.write_number(f"C{row}", Exact(logged))


def formulas(row: int) -> list[str]:
    start = ["=C1", "=C2"] if row == FIRST_ROW else [f"=J{row - 1}", f"=I{row - 1}"]
    return [
        *start,
        f"=C{row}+D{row}*A{row}",
        f"=(E{row}-B{row})^2",
        f"=2*(E{row}-B{row})",
        f"=G{row}*A{row}",
        f"=D{row}-H{row}*$F$1",
        f"=C{row}-G{row}*$F$1",
    ]


def draw_extras(book: Any) -> None:
    """What is easily lost: a button, a chart, a picture, a comment, validation, formats, a merged area, a sparkline."""
    basic = book.get_worksheet_by_name("basic")
    basic.insert_button("L1", {"macro": "run", "caption": "Run", "width": 80, "height": 30})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"name": "Loss", "values": "=basic!$C$38:$C$106"})
    basic.insert_chart("L4", chart)
    basic.insert_image("L22", "picture.png", {"image_data": io.BytesIO(picture())})
    basic.write_comment("F1", "How far each step goes")
    basic.data_validation("F1", {"validate": "decimal", "criteria": ">", "value": 0})
    basic.conditional_format("F4:F32", {"type": "3_color_scale"})
    basic.conditional_format("G4:H32", {"type": "data_bar", "data_bar_2010": True})
    basic.merge_range("H1:J1", "dE/d slope = x · 2 · (estimate − y)", book.add_format({"align": "center"}))
    basic.add_sparkline("E38", {"range": "basic!C38:C106"})
    basic.freeze_panes(3, 0)


def draw_report(book: Any, slope: float, loss: float) -> None:
    report = book.get_worksheet_by_name("report")
    report.write("A1", "loss")
    report.write_formula("B1", "=basic!F33", None, loss)
    report.write("A2", "twice the slope")
    report.write_formula("B2", "=2*slope", None, 2 * slope)
    report.write("A3", "is it good?")
    report.write_formula("B3", '=IF(B1<0.01,"good","not yet")', None, "good" if loss < 0.01 else "not yet")
    report.write("A4", "above ten?")
    report.write_formula("B4", "=B1>10", None, loss > 10)


def draw_marks(book: Any) -> None:
    marks = book.get_worksheet_by_name("marks")
    marks.write_row("A1", ["Ana", "Ben", "Cleo", "sum"])
    marks.write_row("A2", [4, 5, 6])
    marks.write_formula("D2", "=SUM(A2:C2)", None, 15)
    marks.merge_range("A4:D4", "Nothing here depends on the lesson", book.add_format({"italic": True}))


def picture() -> bytes:
    """A small PNG: eight by eight orange dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = (b"\0" + b"\xe6\x8a\x00" * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def hash_parts(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Each member of a zip file, in the file's order, to a digest of its raw bytes: local header (date, flags, sizes,
    checksum) and compressed data as they stand in the file, and its entry in the directory but for the offset."""
    parts = {}
    with zipfile.ZipFile(path) as archive, Path(path).open("rb") as raw:
        for member in archive.infolist():
            raw.seek(member.header_offset)
            header = raw.read(30)
            name_length, extra_length = struct.unpack("<HH", header[26:30])
            data = raw.read(name_length + extra_length + member.compress_size)
            entry = (
                member.date_time,
                member.flag_bits,
                member.create_system,
                member.external_attr,
                member.extra,
            )
            parts[member.filename] = hashlib.sha256(header + data + repr(entry).encode()).digest()
    return parts


def changed_parts(before: str | os.PathLike[str], after: str | os.PathLike[str]) -> set[str]:
    """The members that differ in any raw byte, came or went; "(order)" and "(date) NAME" where those differ."""
    old, new = hash_parts(before), hash_parts(after)
    changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    if [name for name in old if name in new] != [name for name in new if name in old]:
        changed.add("(order)")
    old_dates, new_dates = dates(before), dates(after)
    return changed | {
        f"(date) {name}" for name in old_dates.keys() & new_dates if old_dates[name] != new_dates[name]
    }


def dates(path: str | os.PathLike[str]) -> dict[str, tuple[int, ...]]:
    with zipfile.ZipFile(path) as archive:
        return {member.filename: member.date_time for member in archive.infolist()}


def curved(path: str | os.PathLike[str]) -> Path:
    """A lesson whose epochs the engine has to run one by one, for they are no affine map and MEDIAN is not compiled:
    y = x·w², w = 3, learn w in B1."""
    with xlsxwriter.Workbook(os.fspath(path)) as book:
        sheet = book.add_worksheet("curved")
        for row, (label, value) in enumerate([("w", 1.0), ("learn", 1e-7)]):
            sheet.write(row, 0, label)
            sheet.write(row, 1, value)
        sheet.write_row("A5", ["x", "y", "w", "pred", "new_w"])
        sheet.write_row("A6", [1, 9])
        for cell, formula, value in (
            ("C6", "=B1", 1),
            ("D6", "=A6*C6*C6", 1),
            ("E6", "=MEDIAN(C6-B2*4*C6*(D6-B6))", 1.0000032),
        ):
            sheet.write_formula(cell, formula, None, value)
    return Path(path)
