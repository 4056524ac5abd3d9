"""The same job by LibreOffice itself: start it, load the worksheet, run the epochs through its API, store, end it.

python benchmark_office.py SOFFICE PROFILE BOOK LAYOUT EPOCHS   (LAYOUT: what `sheetgd look BOOK --json` printed;
0 epochs: reset)

Runs in a Python that has `uno`. An epoch carries the new parameters to the start cells, which recalculates the
sheet, and appends a line to the log.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import time

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]


def connect(pipe):
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    while True:
        try:
            remote = resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
            return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
        except Exception:
            time.sleep(0.005)


def prop(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def run_epochs(document, layout, epochs):
    sheet = document.getSheets().getByName(layout["sheet"])
    parameters = layout["parameters"]
    starts = [sheet.getCellRangeByName(parameter["start"]) for parameter in parameters.values()]
    carried = [sheet.getCellRangeByName(parameter["carry"]) for parameter in parameters.values()]
    loss = sheet.getCellRangeByName(layout["controls"]["loss"])
    # The log may hold lines already: go on below the last.
    titles = sheet.getCellRangeByName(layout["log"].replace("$", "")).getDataArray()[0]
    corner = re.match("[A-Z]+[0-9]+", layout["log"]).group()
    place = sheet.getCellRangeByName(corner).getCellAddress()
    row = place.Row + 1
    while sheet.getCellByPosition(place.Column, row).getString():
        row += 1
    number = sheet.getCellByPosition(place.Column, row - 1).getValue()
    if epochs == 0:  # reset
        for start in starts:
            start.setValue(1.0)
        for line in range(place.Row + 1, row):
            for column in range(len(titles)):
                sheet.getCellByPosition(place.Column + column, line).setString("")
    for _ in range(epochs):
        values = [cell.getValue() for cell in carried]
        for cell, value in zip(starts, values):
            cell.setValue(value)
        number += 1
        line = dict(zip(parameters, values), epoch=number)
        for column, title in enumerate(titles):
            value = line.get(title.strip().lower())
            sheet.getCellByPosition(place.Column + column, row).setValue(
                loss.getValue() if value is None else value
            )
        row += 1


def main():
    soffice, profile, path, layout_file, epochs = sys.argv[1:]
    with open(layout_file, encoding="utf-8") as file:
        layout = json.load(file)
    pipe = "sheetgdbenchmark" + str(os.getpid())
    options = ["--headless", "--norestore", "--nologo", "--nodefault", "--accept=pipe,name=" + pipe + ";urp;"]
    process = subprocess.Popen([soffice, "-env:UserInstallation=" + profile, *options])
    desktop = connect(pipe)
    url = uno.systemPathToFileUrl(path)
    document = desktop.loadComponentFromURL(url, "_blank", 0, (prop("Hidden", True),))
    run_epochs(document, layout, int(epochs))
    document.storeToURL(url + ".new.xlsx", (prop("FilterName", "Calc MS Excel 2007 XML"),))
    document.close(True)
    os.replace(path + ".new.xlsx", path)
    with contextlib.suppress(Exception):  # the connection breaks as it ends
        desktop.terminate()
    process.wait()


main()
