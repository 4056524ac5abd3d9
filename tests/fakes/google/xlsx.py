"""An .xlsx as Google Sheets takes it over: cells, formulas, colour scales, validation, names; charts are counted."""

from __future__ import annotations

import datetime
import os
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.formatting.rule import Rule
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from .contract import Json
from .formulas import Place
from .sheets import (
    Box,
    Spreadsheet,
    Tab,
    entered,
    entered_cells,
    grid_range,
    parse_area,
    sheet_properties,
)

OPERATORS = {
    "greaterThan": "NUMBER_GREATER",
    "greaterThanOrEqual": "NUMBER_GREATER_THAN_EQ",
    "lessThan": "NUMBER_LESS",
    "lessThanOrEqual": "NUMBER_LESS_THAN_EQ",
    "equal": "NUMBER_EQ",
    "notEqual": "NUMBER_NOT_EQ",
    "between": "NUMBER_BETWEEN",
    "notBetween": "NUMBER_NOT_BETWEEN",
}
POINTS = {"min": "MIN", "max": "MAX", "num": "NUMBER", "percent": "PERCENT", "percentile": "PERCENTILE"}


def read_xlsx(book: Spreadsheet, source: str | os.PathLike[str] | bytes) -> None:
    """Fill a new spreadsheet with what a workbook holds."""
    loaded = openpyxl.load_workbook(BytesIO(source) if isinstance(source, bytes) else source)
    book.tabs = [read_sheet(sheet, number) for number, sheet in enumerate(loaded.worksheets)]
    for tab in book.tabs:
        for place, cell in entered_cells(tab):
            tab.cells[place] = {**cell, "userEnteredValue": book.localized(cell["userEnteredValue"])}
    titles = {tab.title: tab for tab in book.tabs}
    for number, (name, defined) in enumerate(loaded.defined_names.items()):
        for quoted, area in defined.destinations:
            title = quoted.replace("''", "'")
            if title in titles:
                box = parse_area(area.replace("$", ""), titles[title])
                range_ = grid_range(titles[title].id, box)
                book.names.append({"namedRangeId": f"name{number}", "name": name, "range": range_})
    book.recalculate()


def read_sheet(sheet: Worksheet, number: int) -> Tab:
    """One sheet of a workbook; its grid is at least what Google gives a new one."""
    size = max(sheet.max_row, 1000), max(sheet.max_column, 26)
    tab = Tab(sheet_properties(number * 1001, sheet.title, number, *size))
    if sheet.sheet_state != "visible":
        tab.properties["hidden"] = True
    for row in sheet.iter_rows():
        for cell in row:
            found = read_cell(cell)
            if found:
                tab.cells[cell.row - 1, cell.column - 1] = found
    read_validations(sheet, tab)
    for ranges in sheet.conditional_formatting:
        boxes = [parse_area(str(area), tab) for area in ranges.cells.ranges]
        for rule in ranges.rules:
            converted = read_rule(rule)
            if converted:
                tab.rules.append({"ranges": [grid_range(tab.id, box) for box in boxes], **converted})
    tab.merges = [grid_range(tab.id, parse_area(str(area), tab)) for area in sheet.merged_cells.ranges]
    tab.charts = [read_chart(tab, place) for place in range(len(sheet._charts))]
    return tab


def read_cell(cell: Any) -> Json:
    """A cell's value and number format; dates become serial numbers."""
    value, found = cell.value, {}
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        value = to_excel(value)
    if isinstance(value, ArrayFormula):
        value = value.text if value.text.startswith("=") else "=" + value.text
    if isinstance(value, str) and cell.data_type in "fe":
        value = "=" + value.removeprefix("=").replace("_xlfn.", "").replace("_xlws.", "")
    if value is not None:
        content = (
            {"stringValue": value} if cell.data_type in "sn" and isinstance(value, str) else entered(value)
        )
        found["userEnteredValue"] = content
    if cell.number_format != "General":
        found["userEnteredFormat"] = {"numberFormat": read_format(cell.number_format)}
    return found


def read_format(pattern: str) -> Json:
    """A number format with the type that Google gives it."""
    times = {"date": "DATE", "time": "TIME", "datetime": "DATE_TIME", None: "NUMBER"}
    kind = times[is_datetime(pattern)]
    for mark, other in (("%", "PERCENT"), ("@", "TEXT"), ("E+", "SCIENTIFIC")):
        kind = other if kind == "NUMBER" and mark in pattern else kind
    return {"type": kind, "pattern": pattern}


def read_validations(sheet: Worksheet, tab: Tab) -> None:
    """The data validation of each cell."""
    for rule in sheet.data_validations.dataValidation:
        condition = read_condition(rule)
        if condition is None:
            continue
        converted = {
            "condition": condition,
            "strict": rule.errorStyle in (None, "stop"),
            "showCustomUi": True,
        }
        for area in rule.sqref.ranges:
            for place in places(parse_area(str(area), tab)):
                tab.cells[place] = {**tab.cells.get(place, {}), "dataValidation": converted}


def read_condition(rule: Any) -> Json | None:
    """A validation's condition, None for kinds that Google drops."""
    if rule.type == "list":
        text = rule.formula1 or ""
        if text.startswith('"'):
            values = [{"userEnteredValue": item} for item in text.strip('"').split(",")]
            return {"type": "ONE_OF_LIST", "values": values}
        return {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": "=" + text}]}
    if rule.type == "custom":
        return {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": "=" + rule.formula1}]}
    if rule.type not in ("whole", "decimal"):
        return None
    texts = [text for text in (rule.formula1, rule.formula2) if text]
    return {
        "type": OPERATORS[rule.operator or "between"],
        "values": [{"userEnteredValue": text} for text in texts],
    }


def read_rule(rule: Rule) -> Json | None:
    """A conditional format, None for kinds that Google drops."""
    if rule.type == "colorScale":
        scale = rule.colorScale
        points = [read_point(point, color) for point, color in zip(scale.cfvo, scale.color, strict=True)]
        names = ["minpoint", "maxpoint"] if len(points) == 2 else ["minpoint", "midpoint", "maxpoint"]
        return {"gradientRule": dict(zip(names, points, strict=True))}
    kinds = {
        "expression": "CUSTOM_FORMULA",
        **({"cellIs": OPERATORS[rule.operator]} if rule.operator else {}),
    }
    if rule.type not in kinds:
        return None
    prefix = "=" if rule.type == "expression" else ""
    values = [{"userEnteredValue": prefix + text} for text in rule.formula]
    return {"booleanRule": {"condition": {"type": kinds[rule.type], "values": values}, "format": fill(rule)}}


def read_point(point: Any, color: Any) -> Json:
    """A point of a colour scale."""
    kind = POINTS.get(point.type, "NUMBER")
    value = {} if kind in ("MIN", "MAX") else {"value": f"{float(point.val):g}"}
    return {"type": kind, **value, "colorStyle": {"rgbColor": rgb(color)}}


def fill(rule: Rule) -> Json:
    """The background of a boolean rule's format."""
    pattern = rule.dxf.fill if rule.dxf is not None else None
    color = pattern.bgColor if pattern is not None else None
    return {"backgroundColorStyle": {"rgbColor": rgb(color)}} if color is not None else {}


def rgb(color: Any) -> Json:
    """A colour of a workbook as shares; a theme's colours as white."""
    text = color.rgb if isinstance(color.rgb, str) else "FFFFFFFF"
    return {name: int(text[at : at + 2], 16) / 255 for name, at in (("red", 2), ("green", 4), ("blue", 6))}


def read_chart(tab: Tab, number: int) -> Json:
    """A place-holder that counts a chart; what it draws is not taken over."""
    anchor = {"sheetId": tab.id, "rowIndex": 0, "columnIndex": 0}
    spec = {"basicChart": {"chartType": "SCATTER"}}
    return {
        "chartId": 9000 + tab.id + number,
        "spec": spec,
        "position": {"overlayPosition": {"anchorCell": anchor}},
    }


def places(box: Box) -> list[Place]:
    """The cells of a box."""
    return [(row, column) for row in range(box.top, box.bottom) for column in range(box.left, box.right)]
