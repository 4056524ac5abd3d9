"""The same fit by LibreOffice's own solvers: start it, load the workbook, let each solver that it has minimize a cell.

python benchmark_fit_office.py SOFFICE PROFILE BOOK SHEET OBJECTIVE CELLS SECONDS

Runs in a Python that has `uno`. Prints a JSON list with each solver's name, its seconds and the loss that it found;
one that LibreOffice does not have is left out. A solver may take so many seconds.
"""

import contextlib
import json
import os
import subprocess
import sys
import time

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.sheet import SolverConstraint  # type: ignore[import-not-found]
from com.sun.star.sheet.SolverConstraintOperator import GREATER_EQUAL, LESS_EQUAL  # type: ignore[import-not-found]

SOLVERS = {
    "NLPSolver, DEPS": "com.sun.star.comp.Calc.NLPSolver.DEPSSolverImpl",
    "NLPSolver, SCO": "com.sun.star.comp.Calc.NLPSolver.SCOSolverImpl",
    "Swarm": "com.sun.star.comp.Calc.SwarmSolver",
}


BOUNDS = ((GREATER_EQUAL, -10.0), (LESS_EQUAL, 10.0))


def bound(cell, operator, value):
    made = SolverConstraint()
    made.Left, made.Operator, made.Right = cell, operator, value
    return made


def connect(pipe):
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    while True:
        try:
            return resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.02)


def addresses(sheet, area):
    place = sheet.getCellRangeByName(area).getRangeAddress()
    return [
        sheet.getCellByPosition(column, row).getCellAddress()
        for row in range(place.StartRow, place.EndRow + 1)
        for column in range(place.StartColumn, place.EndColumn + 1)
    ]


def solve(solver, document, sheet, objective, cells, seconds):
    """The seconds that a solver takes and the loss at its solution; the sheet is put back."""
    solver.Document = document
    solver.Objective = sheet.getCellRangeByName(objective).getCellAddress()
    solver.Variables = addresses(sheet, cells)
    # A swarm starts at random: without bounds, from numbers of any size.
    solver.Constraints = tuple(bound(cell, *side) for cell in solver.Variables for side in BOUNDS)
    solver.Maximize = False
    for name, value in (
        ("Timeout", seconds * 1000),
        ("ShowEnhancedSolverStatus", False),
        ("EnhancedSolverStatus", False),
    ):
        with contextlib.suppress(Exception):  # not every solver has every setting
            solver.setPropertyValue(name, value)
    begin = time.time()
    solver.solve()
    took = time.time() - begin
    range_ = sheet.getCellRangeByName(cells)
    before = range_.getDataArray()
    found, width = list(solver.Solution), len(before[0])
    range_.setDataArray(tuple(tuple(found[first : first + width]) for first in range(0, len(found), width)))
    loss = sheet.getCellRangeByName(objective).getValue()
    range_.setDataArray(before)
    return took, loss


def main():
    soffice, profile, path, sheet_name, objective, cells, seconds = sys.argv[1:]
    pipe = "sheetgdfit" + str(os.getpid())
    options = ["--headless", "--norestore", "--nologo", "--nodefault", "--accept=pipe,name=" + pipe + ";urp;"]
    process = subprocess.Popen(
        [soffice, "-env:UserInstallation=" + profile, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    context = connect(pipe)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    hidden = PropertyValue()
    hidden.Name, hidden.Value = "Hidden", True
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (hidden,))
    sheet = document.getSheets().getByName(sheet_name)
    found = []
    for name, service in SOLVERS.items():
        solver = context.ServiceManager.createInstanceWithContext(service, context)
        if solver:
            took, loss = solve(solver, document, sheet, objective, cells, int(seconds))
            found.append({"solver": name, "seconds": took, "loss": loss})
    print(json.dumps(found))
    document.close(True)
    with contextlib.suppress(Exception):  # the connection breaks as it ends
        desktop.terminate()
    process.wait()


main()
