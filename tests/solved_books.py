"""Solved workbooks of other subjects, drawn for tests, with their answers worked out by plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Protection

Numbers = Mapping[str, float]  # what stands in the cells that vary, by address


class Subject(NamedTuple):
    """A solved workbook: how it is drawn, what is blank, what varies, and its answers from the numbers."""

    draw: Callable[[Path], Any]
    blanks: str
    vary: str
    answers: Callable[[Numbers], dict[str, Any]]


def half_up(value: float, digits: int = 2) -> float:
    """A number rounded as spreadsheets round it."""
    return math.floor(value * 10**digits + 0.5 + 1e-9) / 10**digits


# -- an invoice with VAT -----------------------------------------------------------------------------------------------
ITEMS = [
    ("Paper", 12, 4.5, 0.19),
    ("Pens", 40, 0.85, 0.19),
    ("Books", 3, 24.9, 0.07),
    ("Chairs", 2, 79.25, 0.19),
]


def invoice(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Invoice"
    sheet["A1"], sheet["E1"] = "Invoice of {name}", "{assignment}"
    sheet.append([])
    sheet.append(["item", "quantity", "unit price", "net", "VAT rate", "VAT", "gross"])
    for row, (item, quantity, price, rate) in enumerate(ITEMS, start=4):
        sheet.append(
            [item, quantity, price, f"=B{row}*C{row}", rate, f"=ROUND(D{row}*E{row},2)", f"=D{row}+F{row}"]
        )
    sheet["F9"], sheet["G9"] = "total", "=SUM(G4:G7)"
    sheet["F10"], sheet["G10"] = "size", '=IF(G9>250,"a large order","a small order")'
    sheet["F11"], sheet["G11"] = "check", "=G9-SUM(D4:D7)-SUM(F4:F7)"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=7, min_row=3, max_row=7), titles_from_data=True)
    sheet.add_chart(chart, "I3")
    marking = book.create_sheet("Marking")
    marking.append(["cell", "points", "tolerance", "accept", "formula"])
    marking.append(["Invoice!G9", 3, 0.001, None, "yes"])
    marking.append(["Invoice!G10", 2, None, "large; small order"])
    book.save(path)


def invoice_answers(numbers: Numbers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row, (_, _, _, rate) in enumerate(ITEMS, start=4):
        net = numbers[f"B{row}"] * numbers[f"C{row}"]
        found |= {f"D{row}": net, f"F{row}": half_up(net * rate), f"G{row}": net + half_up(net * rate)}
    found["G9"] = sum(found[f"G{row}"] for row in range(4, 8))
    found["G10"] = "a large order" if found["G9"] > 250 else "a small order"
    return found


# -- a plan with compound interest, on a protected sheet ---------------------------------------------------------------
def savings(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Plan"
    sheet["A1"], sheet["A2"], sheet["A3"] = "capital", "rate", "years to double"
    sheet["B1"], sheet["B2"], sheet["B3"] = 1500, 0.035, "=LN(2)/LN(1+B2)"
    for column, words in enumerate(["year", "interest", "capital after it"], start=1):
        sheet.cell(5, column, words)
    for row in range(6, 12):
        sheet.append([row - 5, f"=ROUND({'C' + str(row - 1) if row > 6 else '$B$1'}*$B$2,2)"])
        sheet[f"C{row}"] = f"={'C' + str(row - 1) if row > 6 else '$B$1'}+B{row}"
    for cells in (("B3",), *((f"B{row}", f"C{row}") for row in range(6, 12))):
        for cell in cells:
            sheet[cell].protection = Protection(locked=False)
    sheet.protection.sheet = True
    book.save(path)


def savings_answers(numbers: Numbers) -> dict[str, Any]:
    capital, rate = numbers["B1"], numbers["B2"]
    found = {"B3": math.log(2) / math.log(1 + rate)}
    for row in range(6, 12):
        interest = half_up(capital * rate)
        capital += interest
        found |= {f"B{row}": interest, f"C{row}": capital}
    return found


# -- a titration with a logarithm, its data on a sheet of their own ----------------------------------------------------
VOLUMES = [0.0, 5.0, 10.0, 15.0, 20.0, 24.0]


def titration(path: Path) -> None:
    book = openpyxl.Workbook()
    data = book.active
    data.title = "Readings"
    data.append(["volume of base in mL"])
    for volume in VOLUMES:
        data.append([volume])
    sheet = book.create_sheet("pH")
    for row, (label, value) in enumerate((("acid in mL", 25.0), ("c in mol/L", 0.1)), start=1):
        sheet[f"A{row}"], sheet[f"B{row}"] = label, value
    sheet.append([])
    sheet.append(["volume", "acid left in mmol", "concentration", "pH"])
    for row in range(5, 11):
        sheet[f"A{row}"] = f"=Readings!A{row - 3}"
        sheet[f"B{row}"] = f"=($B$1-A{row})*$B$2"
        sheet[f"C{row}"] = f"=B{row}/($B$1+A{row})"
        sheet[f"D{row}"] = f"=-LOG10(C{row})"
    book.save(path)


def titration_answers(numbers: Numbers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in range(5, 11):
        volume = numbers[f"A{row - 3}"]
        acid = (25.0 - volume) * 0.1
        found |= {
            f"B{row}": acid,
            f"C{row}": acid / (25.0 + volume),
            f"D{row}": -math.log10(acid / (25.0 + volume)),
        }
    return found


# -- words as answers --------------------------------------------------------------------------------------------------
CAPITALS = [("France", "Paris"), ("Austria", "Wien"), ("Peru", "Lima"), ("Nepal", "Kathmandu")]


def capitals(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Capitals"
    sheet.append(["country", "capital", "letters"])
    for row, (country, capital) in enumerate(CAPITALS, start=2):
        sheet.append([country, capital, f"=LEN(B{row})"])
    marking = book.create_sheet("Marking")
    marking.append(["cell", "accept"])
    marking.append(["Capitals!B3", "Vienna; Vienne"])
    book.save(path)


def capitals_answers(_: Numbers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row, (_, capital) in enumerate(CAPITALS, start=2):
        found |= {f"B{row}": capital, f"C{row}": float(len(capital))}
    return found


SUBJECTS = {
    "invoice": Subject(invoice, "Invoice!D4:D7,F4:G7,G9,G10", "Invoice!B4:C7", invoice_answers),
    "savings": Subject(savings, "", "Plan!B1:B2", savings_answers),
    "titration": Subject(titration, "pH!B5:D10", "Readings!A2:A7", titration_answers),
    "capitals": Subject(capitals, "Capitals!B2:C5", "", capitals_answers),
}
