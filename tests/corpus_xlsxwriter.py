"""The corpus's features that XlsxWriter makes."""

from __future__ import annotations

import datetime
import io
import random
from typing import Any

from corpus_features import BY_XLSXWRITER, feature, numbers
from workbooks import XS, picture

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
