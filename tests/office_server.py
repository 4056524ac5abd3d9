"""The half of the LibreOffice harness that runs inside a Python that has `uno`.

It knows UNO and nothing of pytest: it connects to an soffice that tests/office.py has started, reads one request a
line (JSON) from stdin and answers each with one line on stdout. When stdin ends it ends LibreOffice too. It keeps to
Python 3.8, which LibreOffice ships on some systems.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from typing import Any, Dict, List

import uno  # type: ignore[import-not-found]  # only LibreOffice's own Python has it
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]

VALUE, DATETIME, STRING, FORMULA = 1, 2, 4, 16  # com.sun.star.sheet.CellFlags
ERROR_RESULT = 4  # com.sun.star.sheet.FormulaResult

FILTERS = {
    ".xlsx": "Calc MS Excel 2007 XML",
    ".xlsm": "Calc MS Excel 2007 VBA XML",
    ".xls": "MS Excel 97",
    ".ods": "calc8",
    ".pdf": "calc_pdf_Export",
    ".csv": "Text - txt - csv (StarCalc)",
}


def properties(**values: Any) -> tuple:
    made = []
    for name, value in values.items():
        item = PropertyValue()
        item.Name, item.Value = name, value
        made.append(item)
    return tuple(made)


def ending(path: str) -> str:
    dot = path.rfind(".")
    return path[dot:].lower()


def connect(pipe: str, seconds: float) -> Any:
    """The desktop of the soffice that listens on the pipe, which may still be starting."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    url = "uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe
    end = time.monotonic() + seconds
    while True:
        try:
            remote = resolver.resolve(url)
            return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def load(desktop: Any, path: str) -> Any:
    # The filter is named, or LibreOffice would open a damaged workbook as a text document.
    options = properties(Hidden=True, FilterName=FILTERS[ending(path)], MacroExecutionMode=0, UpdateDocMode=0)
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, options)
    if document is None or not document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
        raise ValueError("LibreOffice does not open it as a spreadsheet")
    return document


def column_letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def addresses(area: Any) -> List[str]:
    return [
        column_letters(column) + str(row + 1)
        for row in range(area.StartRow, area.EndRow + 1)
        for column in range(area.StartColumn, area.EndColumn + 1)
    ]


def error_text(cell: Any) -> str:
    """What LibreOffice shows in an error cell, unless a text came out that does not look like an error."""
    shown = cell.getString()
    return shown if shown.startswith(("#", "Err:")) else "Err:%d" % cell.getError()


def read_sheet(sheet: Any) -> Dict[str, Any]:
    values: Dict[str, Any] = {}
    for area in sheet.queryContentCells(VALUE | DATETIME | STRING | FORMULA).getRangeAddresses():
        block = sheet.getCellRangeByPosition(area.StartColumn, area.StartRow, area.EndColumn, area.EndRow)
        flat = [value for row in block.getDataArray() for value in row]
        values.update(zip(addresses(area), flat))
    formulas: List[str] = []
    for area in sheet.queryContentCells(FORMULA).getRangeAddresses():
        formulas.extend(addresses(area))
    for area in sheet.queryFormulaCells(ERROR_RESULT).getRangeAddresses():
        for address in addresses(area):
            values[address] = error_text(sheet.getCellRangeByName(address))
    return {"values": values, "formulas": formulas}


def read_cells(desktop: Any, request: Dict[str, Any]) -> Dict[str, Any]:
    document = load(desktop, request["path"])
    try:
        if request["recalculate"]:
            document.calculateAll()
        sheets = document.getSheets()
        return {name: read_sheet(sheets.getByName(name)) for name in sheets.getElementNames()}
    finally:
        document.close(True)


def set_cell(document: Any, sheet_name: str, address: str, value: Any) -> None:
    sheets = document.getSheets()
    sheet = sheets.getByName(sheet_name) if sheet_name else sheets.getByIndex(0)
    cell = sheet.getCellRangeByName(address)
    if value is None:
        cell.clearContents(VALUE | DATETIME | STRING | FORMULA)
    elif isinstance(value, bool):
        cell.setFormula("=TRUE()" if value else "=FALSE()")
    elif isinstance(value, (int, float)):
        cell.setValue(float(value))
    elif value.startswith("="):
        cell.setFormula(value)
    else:
        cell.setString(value)


def insert(document: Any, sheet_name: str, line: str) -> None:
    """Insert an empty row before a row ("5"), or a column before a column ("C")."""
    sheet = document.getSheets().getByName(sheet_name)
    if line.isdigit():
        sheet.getRows().insertByIndex(int(line) - 1, 1)
    else:
        sheet.getColumns().insertByIndex(ord(line) - ord("A"), 1)


def delete(document: Any, sheet_name: str, column: str) -> None:
    """Delete a column ("C"); those to its right move to the left."""
    document.getSheets().getByName(sheet_name).getColumns().removeByIndex(ord(column) - ord("A"), 1)


def edit(desktop: Any, request: Dict[str, Any]) -> None:
    document = load(desktop, request["path"])
    try:
        for sheet_name, address, value in request["cells"]:
            set_cell(document, sheet_name, address, value)
        for sheet_name, line in request.get("insert", []):
            insert(document, sheet_name, line)
        for sheet_name, column in request.get("delete", []):
            delete(document, sheet_name, column)
        for old, new in request.get("rename", {}).items():
            document.getSheets().getByName(old).setName(new)
        store(document, request["out"], request.get("password"))
    finally:
        document.close(True)


def store(document: Any, out: str, password: Any = None) -> None:
    options = {"FilterName": FILTERS[ending(out)], "Overwrite": True}
    if ending(out) == ".csv":
        options["FilterOptions"] = "44,34,76,1,,0,false,true"  # commas, UTF-8, cells as they are shown
    if password:
        options["Password"] = password
    document.storeToURL(uno.systemPathToFileUrl(out), properties(**options))


def to_pdf(desktop: Any, request: Dict[str, Any]) -> None:
    document = load(desktop, request["path"])
    try:
        store(document, request["out"])
    finally:
        document.close(True)


def scroll(desktop: Any, request: Dict[str, Any]) -> Any:
    """The limits of a sheet's only scroll bar; the bar after a number is typed into its cell, the sheet after a drag.

    A document without a window has no bar to drag, so that what LibreOffice calls its value binding is given the value
    that a drag would give it.
    """
    document = load(desktop, request["path"])
    try:
        sheet = document.getSheets().getByName(request["sheet"])
        page = sheet.getDrawPage()
        shapes = [page.getByIndex(index) for index in range(page.getCount())]
        shapes = [shape for shape in shapes if shape.supportsService("com.sun.star.drawing.ControlShape")]
        controls = [shape.getControl() for shape in shapes]
        [bar] = [one for one in controls if one.supportsService("com.sun.star.form.component.ScrollBar")]
        linked = bar.getValueBinding().BoundCell
        sheet.getCellByPosition(linked.Column, linked.Row).setValue(request["typed"])
        told = {
            "where": [linked.Sheet, linked.Column, linked.Row],
            "limits": [bar.ScrollValueMin, bar.ScrollValueMax],
            "bar": bar.ScrollValue,
        }
        bar.getValueBinding().setValue(float(request["dragged"]))
        return {**told, "values": read_sheet(sheet)["values"]}
    finally:
        document.close(True)


def ping(desktop: Any, request: Dict[str, Any]) -> None:
    desktop.getComponents()


def main() -> None:
    # Bytes, so that the machine's own encoding has no say in a sheet's name.
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    desktop = connect(sys.argv[1], float(sys.argv[2]))
    actions = {"cells": read_cells, "edit": edit, "pdf": to_pdf, "ping": ping, "scroll": scroll}
    for line in requests:
        request = json.loads(line.decode("utf-8"))
        try:
            answer = {"result": actions[request["do"]](desktop, request)}
        except Exception as error:
            answer = {"error": str(error) or type(error).__name__, "trace": traceback.format_exc()}
        answers.write(json.dumps(answer).encode("utf-8") + b"\n")
        answers.flush()
    desktop.terminate()


if __name__ == "__main__":
    main()
