"""sheetgd fit."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..books.opening import open_book
from .options import add_writing, positive, whole
from .output import Bar, before_after, number, print_json

if TYPE_CHECKING:
    from ..fitting.fit import Fit

DIGITS = 6  # a descent on differences knows no more of a parameter
SHOWN = 40  # parameters; --json has all
STOPPED = {
    "flat": "the loss no longer falls",
    "epochs": "these were all the epochs allowed; run it again to go on, or add --epochs",
    "interrupted": "Ctrl-C; the best so far was kept",
    "diverged": "it diverged",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "book", metavar="BOOK", help="an .xlsx or .xlsm workbook, or the address (URL) of a Google Sheet"
    )
    objective = parser.add_mutually_exclusive_group()
    objective.add_argument(
        "--minimize", metavar="CELL",
        help="the cell whose formula is the loss, such as Sheet1!F33, its name or its label; without cells, the model "
        "that Excel's Solver saved in the workbook is taken",
    )  # fmt: skip
    objective.add_argument("--maximize", metavar="CELL", help="a cell to make as large as possible instead")
    objective.add_argument(
        "--value-of", metavar="CELL=NUMBER", type=_value_of, help="a cell to bring to this number instead"
    )
    parser.add_argument(
        "--change", metavar="CELLS", help="the parameters: cells with numbers, such as Sheet1!C1:C2,E4"
    )
    parser.add_argument(
        "--sheet",
        metavar="NAME",
        help="the sheet of cells that name none, or whose saved Solver model is meant",
    )
    parser.add_argument(
        "--learn", metavar="L", type=positive,
        help="a learning rate to keep throughout; without it one is looked for, in units of each parameter's scale, "
        "and made smaller as the loss stalls",
    )  # fmt: skip
    parser.add_argument("--epochs", metavar="N", type=whole, help="how many epochs at most; 2,000 without it")
    parser.add_argument(
        "--optimizer", choices=("sgd", "momentum", "rmsprop", "adam"), default="adam", help="adam without it"
    )
    parser.add_argument(
        "--difference", choices=("forward", "central"), default="forward",
        help="the finite difference; forward without it",
    )  # fmt: skip
    parser.add_argument(
        "--step",
        metavar="H",
        type=positive,
        help="its step; without it a millionth of each parameter's scale",
    )
    parser.add_argument(
        "--until", metavar="RELATIVE", type=positive,
        help="stop when the loss falls by less than this part of it; 0.00000000001 without it",
    )  # fmt: skip
    parser.add_argument(
        "--log", metavar="CELL", help="write a log, epoch and loss, below this cell, into empty cells"
    )
    add_writing(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, all digits")


def _value_of(text: str) -> tuple[str, float]:
    cell, found, value = text.rpartition("=")
    try:
        wanted = float(value)
    except ValueError:
        wanted = float("nan")
    if not found or not cell or wanted - wanted != 0:
        raise argparse.ArgumentTypeError(f"{text} is not a cell and a number like Sheet1!F33=100")
    return cell, wanted


def command(words: argparse.Namespace) -> int:
    with open_book(words.book) as book, Bar(words.json) as bar:
        from ..fitting.fit import fit  # while the engine starts
        from ..maths.minimize import EPOCHS, UNTIL

        found = fit(
            book, minimize=words.minimize, maximize=words.maximize, value_of=words.value_of, change=words.change,
            sheet=words.sheet, learn=words.learn, epochs=words.epochs or EPOCHS, optimizer=words.optimizer,
            difference=words.difference, step=words.step, until=words.until or UNTIL, log=words.log,
            out=words.out, force=words.force, progress=bar,
        )  # fmt: skip
    if words.json:
        print_json(found.as_json())
    elif not found.history.diverged or found.history.epochs:
        print(_summary(found, words.out or words.book))
        for warning in found.history.warnings:
            print(f"Note: {warning}.", file=sys.stderr)
    if found.history.diverged:
        sys.stdout.flush()
        print(found.history.diverged.at(book=found.history.book), file=sys.stderr)
        return found.history.diverged.exit_code
    return 0


def _summary(found: Fit, path: str) -> str:
    """What was asked, each parameter and the objective before and after, and what was chosen on the way."""
    history, objective = found.history, found.problem.objective
    epochs = "1 epoch" if history.epochs == 1 else f"{history.epochs:,} epochs"
    assert history.loss
    done = {"minimize": "minimized", "maximize": "maximized"}.get(
        objective.kind, f"brought to {_value(found)}"
    )
    done = f"{done} in {epochs}" if found.reached is not False else f"{_missed(found)}, after {epochs}"
    lines = [f"{path}, sheet {history.sheet}: {history.loss_name} ({history.loss.cell}) {done}"]
    if found.problem.solver:
        lines.append(
            f"The objective and the cells to change are those that Solver saved on sheet {found.problem.solver}."
        )
    rows = before_after(history, DIGITS)
    left_out = [f"  … and {len(rows) - 1 - SHOWN} more"] if len(rows) - 1 > SHOWN else []
    lines += [*rows[:-1][:SHOWN], *left_out, rows[-1]]
    if history.epochs:
        lines += [_chosen(found), f"Stopped: {STOPPED[found.stopped]}."]
    else:
        lines.append("No small step of these cells leads further; nothing was changed.")
    if found.reached is False and found.stopped == "flat":
        lines.append(
            f"{_value(found)} was not reached: this is the nearest that was found, perhaps a local minimum of the "
            "distance. Try other start values, or more cells in --change."
        )
    if history.log_area and history.epochs:
        lines.append(f"The log is in {history.log_area}.")
    return "\n".join(lines)


def _value(found: Fit) -> str:
    return f"{found.problem.objective.value:.15g}"


def _missed(found: Fit) -> str:
    """What the objective is instead of the value: with all digits where fewer would look the same."""
    assert found.history.loss
    short, value = number(found.history.loss.after, DIGITS), found.problem.objective.value
    same = short == number(value, DIGITS)
    return f"is {number(found.history.loss.after, 15) if same else short}, not {value:.15g}"


def _chosen(found: Fit) -> str:
    """The optimizer, learn and differences that were used."""
    how = f"{found.optimizer}, {found.difference} differences"
    if found.learn_given:
        return f"Used: {how}, learn {number(found.history.learn)}."
    first, last = found.history.learn, found.last_learn
    return f"Chosen: {how}, learn {first:.3g} of each parameter's scale, {last:.3g} at the end."
