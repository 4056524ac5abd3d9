"""Workbooks with everything that XlsxWriter, openpyxl and LibreOffice can put into them, each made from a seed.

Every workbook has the lesson of tests/workbooks.py on its sheet "basic", and a few sheets with a feature each, so that
what a change of a cell, or a run of the lesson, must leave alone is all around it. The last step is a twist: the same
parts packed or written as a less usual program would.
"""

from __future__ import annotations

import datetime
import io
import random
import re
import shutil
import struct
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import openpyxl.chart
import openpyxl.comments
import openpyxl.formatting.rule
import openpyxl.styles
import openpyxl.workbook.defined_name
import openpyxl.worksheet.datavalidation
import openpyxl.worksheet.table
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.formula import ArrayFormula

import workbooks
from handmade import HEAD, MAIN, PACKAGE, RELATIONS, TYPES
from parts import read_parts, write_parts
from workbooks import NAMES, STEPS_DONE, TITLES, XS, YS, one_epoch, picture, state_after

Feature = Callable[[Any, Any, random.Random], None]
BY_XLSXWRITER: dict[str, Feature] = {}
BY_OPENPYXL: dict[str, Feature] = {}
TWISTS: dict[str, Callable[[Path, random.Random], None]] = {}


class Made(NamedTuple):
    """A workbook of the corpus and what is in it."""

    path: Path
    maker: str
    features: list[str]
    twist: str

    def __str__(self) -> str:
        return f"{self.path.name} ({self.maker}; {', '.join(self.features)}; {self.twist})"


def make(seed: int, folder: Path, office: Any = None) -> Made:
    """The workbook of this seed. Every feature, maker and twist comes round again and again as the seed counts up."""
    dice = random.Random(seed)
    makers = ["XlsxWriter", "openpyxl", "XlsxWriter", *(["LibreOffice"] if office else [])]
    maker = makers[seed % len(makers)]
    known = BY_OPENPYXL if maker == "openpyxl" else BY_XLSXWRITER
    names = list(known)
    features = list(
        dict.fromkeys([names[seed // len(makers) % len(names)], *dice.sample(names, dice.randint(1, 5))])
    )
    ending = "xlsm" if "a macro" in features and maker != "LibreOffice" else "xlsx"
    path = folder / f"corpus{seed}.{ending}"
    (by_openpyxl if maker == "openpyxl" else by_xlsxwriter)(path, features, dice)
    if maker == "LibreOffice":
        office.edit(path, {}, folder / f"office{seed}.xlsx")
        shutil.move(folder / f"office{seed}.xlsx", path)
    twist = list(TWISTS)[seed // 3 % len(TWISTS)]
    TWISTS[twist](path, dice)
    return Made(path, maker, features, twist)


def feature(registry: dict[str, Any], name: str) -> Callable[[Any], Any]:
    def register(function: Any) -> Any:
        registry[name] = function
        return function

    return register


# -- by XlsxWriter ---------------------------------------------------------------------------------------------------
def by_xlsxwriter(path: Path, features: list[str], dice: random.Random) -> None:
    options = {
        "date_1904": "dates from 1904" in features,
        "constant_memory": "texts in their cells" in features,
        "use_future_functions": True,
    }
    with xlsxwriter.Workbook(path, options) as book:
        if "a macro" in features and path.suffix == ".xlsm":
            book.add_vba_project(
                io.BytesIO(zlib.decompress(b64decode(workbooks.VBA_PROJECT))), is_stream=True
            )
        if "64-bit zip" in features:
            book.use_zip64()
        book.add_worksheet("basic")
        for name, place in NAMES.items():
            book.define_name(name, place)
        const, slope, log = state_after(STEPS_DONE)
        rows, loss = one_epoch(const, slope)
        if options["constant_memory"]:
            draw_by_rows(book.get_worksheet_by_name("basic"), const, slope, rows, loss, log)
        else:
            workbooks.draw_lesson(book, const, slope, rows, loss, log)
        for name in features:
            sheet = book.add_worksheet(name[:31])
            BY_XLSXWRITER[name](book, sheet, dice)


def draw_by_rows(sheet: Any, const: float, slope: float, rows: Any, loss: float, log: Any) -> None:
    """The lesson row by row: what is written in constant memory cannot go back up."""
    sheet.write_row("A1", ["", "intercept", workbooks.Exact(const), "", "learn", workbooks.LEARN])
    sheet.write_row("B2", ["slope", workbooks.Exact(slope)])
    sheet.write_row("A3", TITLES)
    for index, results in enumerate(rows):
        row = workbooks.FIRST_ROW + index
        sheet.write(f"A{row}", XS[index])
        sheet.write(f"B{row}", YS[index])
        for column, formula, result in zip("CDEFGHIJ", workbooks.formulas(row), results, strict=True):
            sheet.write_formula(f"{column}{row}", formula, None, result)
    sheet.write("E33", "rmse")
    sheet.write_formula("F33", f"=SQRT(SUM(F{workbooks.FIRST_ROW}:F{workbooks.LAST_ROW}))", None, loss)
    sheet.write("C37", "rmse")
    for row, logged in enumerate(log, 38):
        sheet.write_number(f"C{row}", workbooks.Exact(logged))


def numbers(sheet: Any, dice: random.Random, count: int = 5) -> list[int]:
    """Two columns of numbers, A and B, and the sum of each below."""
    columns = [[dice.randint(1, 99) for _ in range(count)] for _ in "AB"]
    for row in range(count):
        sheet.write_row(row, 0, [columns[0][row], columns[1][row]])
    for column, values in enumerate(columns):
        letter = "AB"[column]
        sheet.write_formula(count, column, f"=SUM({letter}1:{letter}{count})", None, sum(values))
    return columns[0]


CHARTS = [
    *(("area", None), ("area", "stacked"), ("bar", None), ("bar", "percent_stacked"), ("column", "stacked")),
    *(("line", None), ("line", "stacked"), ("pie", None), ("doughnut", None), ("scatter", None)),
    *(("scatter", "smooth_with_markers"), ("stock", None), ("radar", None), ("radar", "filled")),
]


@feature(BY_XLSXWRITER, "charts of every kind")
def charts(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    for row, (kind, subtype) in enumerate(CHARTS):
        chart = book.add_chart({"type": kind, "subtype": subtype} if subtype else {"type": kind})
        for column in "ABA" if kind == "stock" else "AB":
            area = f"='{sheet.name}'!${column}$1:${column}$5"
            chart.add_series({"values": area, "categories": area, "trendline": None})
        chart.set_title({"name": f"{kind} & <{subtype}>"})
        chart.set_style(dice.randint(1, 48))
        sheet.insert_chart(row * 15, 3, chart)


@feature(BY_XLSXWRITER, "a combined chart on a sheet of its own")
def chartsheet(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    chart, line = book.add_chart({"type": "column"}), book.add_chart({"type": "line"})
    chart.add_series({"values": f"='{sheet.name}'!$A$1:$A$5", "data_labels": {"value": True}})
    line.add_series({"values": f"='{sheet.name}'!$B$1:$B$5", "y2_axis": True})
    chart.combine(line)
    book.add_chartsheet("chart").set_chart(chart)


@feature(BY_XLSXWRITER, "pictures")
def pictures(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    data = {
        "image_data": io.BytesIO(picture()),
        "x_scale": 3,
        "url": "https://example.org/",
        "description": "dots",
    }
    sheet.insert_image("D2", "dots.png", data)
    sheet.embed_image("G9", "dots.png", {"image_data": io.BytesIO(picture())})
    sheet.set_background(io.BytesIO(picture()), is_byte_stream=True)
    sheet.set_header("&L&G&Cpage &P of &N", {"image_left": "d.png", "image_data_left": io.BytesIO(picture())})


@feature(BY_XLSXWRITER, "comments")
def comments(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    for row in range(dice.randint(1, 30)):
        sheet.write_comment(row, 2, f"note {row} <&>", {"author": "Ana", "visible": row % 3 == 0})


@feature(BY_XLSXWRITER, "tables")
def tables(book: Any, sheet: Any, dice: random.Random) -> None:
    rows = [[dice.randint(1, 9), dice.randint(1, 9)] for _ in range(4)]
    columns = [
        {"header": "x", "total_string": "all"},
        {"header": "y", "total_function": "sum", "total_value": sum(row[1] for row in rows)},
        {"header": "twice"},
    ]
    name = f"Marks{dice.randint(1, 999)}"
    sheet.add_table("B3:D8", {"name": name, "data": rows, "columns": columns, "total_row": True})
    sheet.write_formula("G3", f"=SUM({name}[x])", None, sum(row[0] for row in rows))


@feature(BY_XLSXWRITER, "sparklines")
def sparklines(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    for row, kind in enumerate(["line", "column", "win_loss"]):
        sheet.add_sparkline(row, 3, {"range": f"'{sheet.name}'!A1:A5", "type": kind, "markers": True})


@feature(BY_XLSXWRITER, "buttons, boxes and shapes")
def controls(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    sheet.insert_button("D1", {"macro": "run", "caption": "Run"})
    sheet.insert_checkbox("D4", True)
    sheet.insert_textbox("D6", "a box\nof two lines", {"fill": {"color": "#FFCC00"}, "textlink": "=$A$1"})


@feature(BY_XLSXWRITER, "a macro")
def macro(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)


@feature(BY_XLSXWRITER, "validation")
def validation(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    sheet.data_validation(
        "A1:A5", {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": 100}
    )
    sheet.data_validation("D1", {"validate": "list", "source": ["yes", "no & never"]})
    sheet.data_validation("D2", {"validate": "custom", "value": "=AND(A1>0,B1<100)", "input_title": "hm"})


@feature(BY_XLSXWRITER, "conditional formats")
def conditional(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    red = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006"})
    for rule in (
        {"type": "cell", "criteria": ">", "value": 50, "format": red},
        {"type": "3_color_scale"},
        {"type": "2_color_scale"},
        {"type": "data_bar", "data_bar_2010": True, "bar_negative_color_same": True},
        {"type": "icon_set", "icon_style": "5_ratings"},
        {"type": "formula", "criteria": "=$A1>$B1", "format": red, "stop_if_true": True},
        {"type": "top", "value": 2, "format": red},
        {"type": "duplicate", "format": red},
        {"type": "text", "criteria": "containing", "value": "<&>", "format": red},
    ):
        sheet.conditional_format(f"A{dice.randint(1, 3)}:B5", rule)


@feature(BY_XLSXWRITER, "a protected sheet")
def protected(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    sheet.protect("secret", {"format_cells": True})
    sheet.unprotect_range("A1:A3", "marks")


@feature(BY_XLSXWRITER, "dates from 1904")
def dates(book: Any, sheet: Any, dice: random.Random) -> None:
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for row in range(4):
        sheet.write_datetime(row, 0, datetime.datetime(2020 + row, 5, 17, 12, 30), day)
        sheet.write(row, 1, row)
    sheet.write_formula("B5", "=SUM(B1:B4)", None, 6)


@feature(BY_XLSXWRITER, "arrays and spills")
def arrays(book: Any, sheet: Any, dice: random.Random) -> None:
    values = numbers(sheet, dice)
    sheet.write_array_formula("D1:D5", "{=A1:A5*2}", None, values[0] * 2)
    sheet.write_dynamic_array_formula("F1:F5", "=A1:A5+1", None, values[0] + 1)
    for row, value in enumerate(values[1:], 1):
        sheet.write_number(row, 3, value * 2)
        sheet.write_number(row, 5, value + 1)


@feature(BY_XLSXWRITER, "rich texts")
def rich(book: Any, sheet: Any, dice: random.Random) -> None:
    bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red"})
    for row in range(4):
        sheet.write_rich_string(row, 0, "plain ", bold, f" bold {row} ", red, " red\nline <&>")
    for column, text in enumerate(
        ["  blanks  ", "two\nlines", "é😀", "_x0041_", "\x07", "=no formula", "x" * 3000]
    ):
        sheet.write_string(0, 1 + column, text)


@feature(BY_XLSXWRITER, "texts in their cells")
def inline(book: Any, sheet: Any, dice: random.Random) -> None:
    for row in range(6):
        sheet.write_row(row, 0, [f" text {row} ", row, "<&>", True])


@feature(BY_XLSXWRITER, "defined names")
def names(book: Any, sheet: Any, dice: random.Random) -> None:
    values = numbers(sheet, dice)
    number = dice.randint(1, 999)
    book.define_name(f"total_{number}", f"='{sheet.name}'!$A$1:$A$5")
    book.define_name(f"'{sheet.name}'!own", f"='{sheet.name}'!$A$1")
    book.define_name("rate_of_all", "=0.25")
    sheet.write_formula("D1", f"=SUM(total_{number})*rate_of_all", None, sum(values) * 0.25)


@feature(BY_XLSXWRITER, "links")
def links(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    sheet.write_url("D1", "https://example.org/?a=1&b=2#c", string="a link", tip="tip")
    sheet.write_url("D2", "internal:'basic'!A1", string="the lesson")
    sheet.write_url("D3", "external:other book.xlsx#Sheet1!A1")


@feature(BY_XLSXWRITER, "filters, groups and hidden rows")
def outline(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice, 12)
    sheet.autofilter("A1:B12")
    sheet.filter_column("A", "x > 10")
    sheet.set_row(3, None, None, {"hidden": True})
    for row in range(5, 9):
        sheet.set_row(row, 18, book.add_format({"italic": True}), {"level": 1, "hidden": row == 6})
    sheet.set_column("B:C", 20, book.add_format({"num_format": "0.00"}), {"level": 2})


@feature(BY_XLSXWRITER, "the printed page")
def page(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    sheet.set_landscape()
    sheet.set_footer("&D &T &F &A 'quotes' <&>")
    sheet.print_area("A1:C9")
    sheet.repeat_rows(0, 1)
    sheet.set_h_pagebreaks([3, 8])
    sheet.fit_to_pages(1, 2)
    sheet.ignore_errors({"number_stored_as_text": "A1:A9"})
    sheet.freeze_panes(1, 1)
    sheet.right_to_left()
    sheet.set_tab_color("green")


@feature(BY_XLSXWRITER, "merged cells and borders")
def merged(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    style = book.add_format(
        {"border": 2, "diag_type": 3, "bg_color": "#EEEEEE", "align": "center", "rotation": 30}
    )
    sheet.merge_range("D1:F3", "merged", style)
    sheet.merge_range("D5:D9", 42, style)


@feature(BY_XLSXWRITER, "hidden sheets and properties")
def hidden(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice)
    sheet.hide() if dice.random() < 0.5 else sheet.very_hidden()
    book.set_properties({"title": "Título <&>", "comments": "made for tests"})
    book.set_custom_property("checked", datetime.date(2024, 1, 2), "date")
    book.set_size(1200, 800)


@feature(BY_XLSXWRITER, "formulas across sheets")
def formulas(book: Any, sheet: Any, dice: random.Random) -> None:
    values = numbers(sheet, dice)
    first = min(values)
    sheet.write_formula("D1", "=MIN(A1:A5)", None, first)
    sheet.write_formula("D2", '=IF(D1>10,"much","little")', None, "much" if first > 10 else "little")
    sheet.write_formula("D3", "=1/0", None, "#DIV/0!")
    sheet.write_formula("D4", "=A1>=A2", None, values[0] >= values[1])
    sheet.write_formula("D5", "=basic!A4*2", None, XS[0] * 2)
    sheet.write_formula("D6", '=CONCAT(A1+1,"")', None, str(values[0] + 1))
    sheet.write_formula("D7", "=VLOOKUP(A2,A1:B5,1,FALSE)", None, values[1])


@feature(BY_XLSXWRITER, "64-bit zip")
def zip64(book: Any, sheet: Any, dice: random.Random) -> None:
    numbers(sheet, dice, 60)


@feature(BY_XLSXWRITER, "many rows")
def many(book: Any, sheet: Any, dice: random.Random) -> None:
    for row in range(2000):
        sheet.write_row(row, 0, [row, dice.random(), f"text {row % 50}"])


# -- by openpyxl -----------------------------------------------------------------------------------------------------
def by_openpyxl(path: Path, features: list[str], dice: random.Random) -> None:
    book = openpyxl.Workbook()
    basic = book.active
    assert basic is not None
    basic.title = "basic"
    const, slope, log = state_after(STEPS_DONE)
    for address, value in {"B1": "intercept", "C1": const, "B2": "slope", "C2": slope, "E33": "rmse"}.items():
        basic[address] = value
    basic["E1"], basic["F1"], basic["C37"], basic["F33"] = (
        "learn",
        workbooks.LEARN,
        "rmse",
        "=SQRT(SUM(F4:F32))",
    )
    for column, title in enumerate(TITLES, 1):
        basic.cell(3, column, title)
    for row, (x, y) in enumerate(zip(XS, YS, strict=True), workbooks.FIRST_ROW):
        for column, value in enumerate([x, y, *workbooks.formulas(row)], 1):
            basic.cell(row, column, value)
    for row, logged in enumerate(log, 38):
        basic.cell(row, 3, logged)
    for name, place in NAMES.items():
        book.defined_names[name] = openpyxl.workbook.defined_name.DefinedName(name, attr_text=place[1:])
    for name in features:
        BY_OPENPYXL[name](book, book.create_sheet(name[:31]), dice)
    book.save(path)


def fill(sheet: Any, dice: random.Random) -> None:
    for _ in range(5):
        sheet.append([dice.randint(1, 99), dice.randint(1, 99), "text"])
    sheet["A6"] = "=SUM(A1:A5)"


@feature(BY_OPENPYXL, "charts by openpyxl")
def more_charts(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    data = openpyxl.chart.Reference(sheet, min_col=1, max_col=2, min_row=1, max_row=5)
    kinds = ["Area", "Bar", "Line", "Pie", "Surface"]
    for row, kind in enumerate([*(f"{kind}Chart3D" for kind in kinds), "ProjectedPieChart", "SurfaceChart"]):
        chart = getattr(openpyxl.chart, kind)()
        chart.add_data(data)
        sheet.add_chart(chart, f"E{1 + 15 * row}")
    bubble = openpyxl.chart.BubbleChart()
    xs, ys = (openpyxl.chart.Reference(sheet, min_col=c, min_row=1, max_row=5) for c in (1, 2))
    bubble.series.append(openpyxl.chart.Series(ys, xvalues=xs, zvalues=ys))
    sheet.add_chart(bubble, "P1")
    book.create_chartsheet("chart").add_chart(openpyxl.chart.LineChart())


@feature(BY_OPENPYXL, "comments and rich texts")
def more_comments(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    sheet["A1"].comment = openpyxl.comments.Comment("a note\nof two lines", "Ana")
    sheet["D1"] = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"), " again")


@feature(BY_OPENPYXL, "a table and validation")
def more_tables(book: Any, sheet: Any, dice: random.Random) -> None:
    sheet.append(["x", "y"])
    fill(sheet, dice)
    sheet["C1"] = "z"
    sheet["A6"] = 5
    sheet["A7"] = None
    sheet.add_table(openpyxl.worksheet.table.Table(displayName=f"T_{dice.randint(1, 999)}", ref="A1:C6"))
    rule = openpyxl.worksheet.datavalidation.DataValidation(type="list", formula1='"a,b"')
    rule.add("E1:E9")
    sheet.add_data_validation(rule)


@feature(BY_OPENPYXL, "formats, protection and views")
def more_formats(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    rules = openpyxl.formatting.rule
    scale = rules.ColorScaleRule("min", None, "FFAA00", "max", None, "00AAFF")
    sheet.conditional_formatting.add("A1:A5", scale)
    sheet.conditional_formatting.add("B1:B5", rules.IconSetRule("3Arrows", "percent", [0, 33, 67]))
    sheet.protection.sheet = True
    sheet.merge_cells("E1:F3")
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:2"
    sheet.column_dimensions.group("G", "J", hidden=True)
    sheet["B2"].style = "Note"


@feature(BY_OPENPYXL, "an array and dates")
def more_arrays(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    sheet["E1"] = ArrayFormula("E1:E5", "=A1:A5*B1:B5")
    sheet["G1"] = datetime.datetime(2024, 2, 29, 12)
    sheet["G2"] = datetime.time(6, 30)


@feature(BY_OPENPYXL, "an external link")
def external(book: Any, sheet: Any, dice: random.Random) -> None:
    from openpyxl.packaging.relationship import Relationship
    from openpyxl.workbook.external_link.external import ExternalBook, ExternalLink, ExternalSheetNames

    fill(sheet, dice)
    link = ExternalLink(externalBook=ExternalBook(sheetNames=ExternalSheetNames(["Sheet1"])))
    link.file_link = Relationship(
        type="externalLinkPath", Target="other.xlsx", TargetMode="External", Id="rId1"
    )
    link.externalBook.id = "rId1"
    book._external_links.append(link)


# -- twists ----------------------------------------------------------------------------------------------------------
def rewritten(path: Path, order: list[str] | None = None, method: int = zipfile.ZIP_DEFLATED) -> None:
    parts = read_parts(path)
    write_parts(path, {name: parts[name] for name in order or parts}, method)


@feature(TWISTS, "as it was made")
def as_made(path: Path, dice: random.Random) -> None:
    pass


@feature(TWISTS, "members in another order")
def shuffled(path: Path, dice: random.Random) -> None:
    names = list(read_parts(path))
    dice.shuffle(names)
    rewritten(path, names)


@feature(TWISTS, "not compressed")
def stored(path: Path, dice: random.Random) -> None:
    rewritten(path, method=zipfile.ZIP_STORED)


@feature(TWISTS, "with data descriptors")
def described(path: Path, dice: random.Random) -> None:
    parts = read_parts(path)
    with path.open("wb") as file, zipfile.ZipFile(Stream(file), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


class Stream:
    """A file that zipfile cannot go back in."""

    def __init__(self, file: Any) -> None:
        self.write, self.flush = file.write, file.flush


@feature(TWISTS, "with extra fields and old dates")
def extra(path: Path, dice: random.Random) -> None:
    parts = read_parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (dice.randint(1980, 2030), 1, 31, 23, 59, 58))
            info.extra = struct.pack("<2HBL", 0x5455, 5, 1, dice.randint(0, 2**31))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        archive.comment = b"made for tests"


def each_sheet(path: Path, change: Callable[[str], str], encoding: str = "utf-8") -> None:
    parts = read_parts(path)
    for name, data in parts.items():
        if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            parts[name] = change(data.decode()).encode(encoding)
    write_parts(path, parts)


@feature(TWISTS, "sheets in UTF-16")
def utf16(path: Path, dice: random.Random) -> None:
    each_sheet(
        path, lambda xml: re.sub(r'^(<\?xml[^>]*encoding=")UTF-8', r"\1UTF-16", xml, flags=re.I), "utf-16"
    )


@feature(TWISTS, "comments between the rows")
def commented(path: Path, dice: random.Random) -> None:
    between = ["", "<!-- <row> -->", "<?go on?>", "\n"]
    each_sheet(path, lambda xml: re.sub(r"(?=<row )", lambda _: dice.choice(between), xml))


@feature(TWISTS, "rows and cells without addresses")
def unaddressed(path: Path, dice: random.Random) -> None:
    """Only where no row is left out, in the first rows: there the address says nothing new."""

    def drop(xml: str) -> str:
        rows = re.findall(r'<row r="(\d+)"', xml)
        plain = next((n for n, row in enumerate(rows) if row != str(n + 1)), len(rows))
        return re.sub(r'<row r="(\d+)"', lambda m: "<row" if int(m[1]) <= plain else m[0], xml)

    each_sheet(path, drop)


@feature(TWISTS, "shared formulas")
def shared(path: Path, dice: random.Random) -> None:
    """The lesson's estimates as one shared formula, as Excel writes what was filled down."""

    def share(xml: str) -> str:
        if "C4+D4*A4" not in xml:
            return xml
        xml = re.sub(r"<f[^>]*>C4\+D4\*A4</f>", '<f t="shared" ref="E4:E32" si="900">C4+D4*A4</f>', xml)
        return re.sub(r"<f>C(\d+)\+D\1\*A\1</f>", '<f t="shared" si="900"/>', xml)

    each_sheet(path, share)


@feature(TWISTS, "with parts of other programs")
def unknown(path: Path, dice: random.Random) -> None:
    parts = read_parts(path)
    parts["customXml/item1.xml"] = b"<?xml version='1.0'?><made by='somebody'/>"
    parts["xl/printerSettings/printerSettings1.bin"] = dice.randbytes(700)
    parts["größe/图.dat"] = b""
    kinds = b'<Default Extension="dat" ContentType="a/b"/><Default Extension="bin" ContentType="a/c"/>'
    types = parts["[Content_Types].xml"]
    missing = re.sub(rb'<Default Extension="bin"[^>]*>', b"", kinds) if b'Extension="bin"' in types else kinds
    parts["[Content_Types].xml"] = types.replace(b"</Types>", missing + b"</Types>")
    write_parts(path, parts)


@feature(TWISTS, "with a pivot table")
def pivot(path: Path, dice: random.Random) -> None:
    """A pivot table of the lesson's first two points, on the last sheet, with its cache."""
    parts = read_parts(path)
    sheet = max(
        (n for n in parts if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)), key=lambda n: (len(n), n)
    )
    rels = f"xl/worksheets/_rels/{sheet.rpartition('/')[2]}.rels"
    main, relation = f'xmlns="{MAIN}"', f'xmlns:r="{RELATIONS}"'
    parts |= {name: (HEAD + text.format(main=main, r=relation)).encode() for name, text in PIVOT.items()}
    empty = f'<Relationships xmlns="{PACKAGE}"></Relationships>'.encode()
    for part, kind, target in (
        (rels, "pivotTable", "../pivotTables/pivotTable1.xml"),
        ("xl/_rels/workbook.xml.rels", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"),
        (
            "xl/pivotTables/_rels/pivotTable1.xml.rels",
            "pivotCacheDefinition",
            "../pivotCache/pivotCacheDefinition1.xml",
        ),
        ("xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels", "pivotCacheRecords", "pivotCacheRecords1.xml"),
    ):
        line = f'<Relationship Id="rIdP" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'
        parts[part] = parts.get(part, empty).replace(b"</Relationships>", line.encode())
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{TYPES}.{re.sub("[0-9].*", "", name.rpartition("/")[2])}+xml"/>'
        for name in PIVOT
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>", f"{types}</Types>".encode()
    )
    caches = f'<pivotCaches><pivotCache cacheId="1" {relation} r:id="rIdP"/></pivotCaches>'
    parts["xl/workbook.xml"] = re.sub(
        rb"(<calcPr[^>]*/>)", rb"\1" + caches.encode(), parts["xl/workbook.xml"]
    )
    write_parts(path, parts)


PIVOT = {
    "xl/pivotCache/pivotCacheDefinition1.xml": f"""<pivotCacheDefinition {{main}} {{r}} r:id="rIdP" refreshedBy="x"
 refreshedDate="45000" createdVersion="3" refreshedVersion="3" recordCount="2"><cacheSource type="worksheet">
<worksheetSource ref="A3:B5" sheet="basic"/></cacheSource><cacheFields count="2"><cacheField name="x" numFmtId="0">
<sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1" containsInteger="1" minValue="{XS[1]}"
 maxValue="{XS[0]}" count="2"><n v="{XS[0]}"/><n v="{XS[1]}"/></sharedItems></cacheField>
<cacheField name="y" numFmtId="0"><sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1"
 containsInteger="1" minValue="{YS[1]}" maxValue="{YS[0]}"/></cacheField></cacheFields></pivotCacheDefinition>""",
    "xl/pivotCache/pivotCacheRecords1.xml": f"""<pivotCacheRecords {{main}} {{r}} count="2"><r><x v="0"/>
<n v="{YS[0]}"/></r><r><x v="1"/><n v="{YS[1]}"/></r></pivotCacheRecords>""",
    "xl/pivotTables/pivotTable1.xml": """<pivotTableDefinition {main} name="P" cacheId="1" dataCaption="Values">
<location ref="T40:U43" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2">
<pivotField axis="axisRow" showAll="0"><items count="3"><item x="0"/><item x="1"/><item t="default"/></items>
</pivotField><pivotField dataField="1" showAll="0"/></pivotFields><rowFields count="1"><field x="0"/></rowFields>
<rowItems count="3"><i><x/></i><i><x v="1"/></i><i t="grand"><x/></i></rowItems><colItems count="1"><i/></colItems>
<dataFields count="1"><dataField name="Sum of y" fld="1" baseField="0" baseItem="0"/></dataFields>
</pivotTableDefinition>""",
}
