"""The script a teacher would write: load the worksheet with openpyxl, compute the epochs, write them in, save.

python benchmark_openpyxl.py BOOK LAYOUT EPOCHS   (LAYOUT: what `sheetgd look BOOK --json` printed; 0 epochs: reset)
"""

import json
import sys

import openpyxl

H = 0.01

path, layout_file, epochs = sys.argv[1:]
with open(layout_file, encoding="utf-8") as file:
    layout = json.load(file)
book = openpyxl.load_workbook(path)
sheet = book[layout["sheet"]]

rows = list(sheet[layout["table"]["area"]])[1:]
column = {
    title: openpyxl.utils.column_index_from_string(letter)
    for title, letter in layout["table"]["columns"].items()
}
first = rows[0][0].column
points = [(row[column["x"] - first].value, row[column["y"] - first].value) for row in rows]
starts = {name: parameter["start"] for name, parameter in layout["parameters"].items()}
m, b = sheet[starts["m"]].value, sheet[starts["b"]].value
learn = sheet[layout["controls"]["learn"]].value

header = sheet[layout["log"]][0]
log_row = header[0].row + 1
while sheet.cell(log_row, header[0].column).value is not None:
    log_row += 1
last = sheet.cell(log_row - 1, header[0].column).value
epoch = last if isinstance(last, (int, float)) else 0

if epochs == "0":
    for row in range(header[0].row + 1, log_row):
        for cell in header:
            sheet.cell(row, cell.column).value = None
    m = b = 1.0

for _ in range(int(epochs)):
    for x, y in points:
        error = (m * x + b - y) ** 2
        by_m = (((m + H) * x + b - y) ** 2 - error) / H
        by_b = ((m * x + (b + H) - y) ** 2 - error) / H
        m, b = m - learn * by_m, b - learn * by_b
    epoch += 1
    loss = (sum((m * x + b - y) ** 2 for x, y in points) / len(points)) ** 0.5
    line = {"epoch": epoch, "m": m, "b": b}
    for cell in header:
        sheet.cell(log_row, cell.column).value = line.get(str(cell.value).strip().lower(), loss)
    log_row += 1

sheet[starts["m"]].value, sheet[starts["b"]].value = m, b
book.save(path)
