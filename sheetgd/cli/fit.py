"""sheetgd fit."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import errors
from ..books.opening import open_book
from .options import add_rows, add_writing, count, integer, positive, whole
from .output import Bar, before_after, number, print_json, say

if TYPE_CHECKING:
    from ..epochs.history import History
    from ..fitting.fit import Fit

DIGITS = 6  # a descent on differences may know no more of a parameter
SHOWN = 40  # parameters; --json has all
SHOWN_VALLEYS = 5
SHOWN_NAMES = 6
ROUNDING = 1e-8  # of a parameter's scale: what differences tell of a parameter ends there
SAME = 1e-6  # of a loss: two that differ by less are of one valley
STOPPED = {
    "flat": "the loss no longer falls",
    "epochs": "all the allowed epochs were used; run it again to go on, or add --epochs",
    "interrupted": "Ctrl-C; the best so far was kept",
    "diverged": "it diverged",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "book", metavar="BOOK", help="an .xlsx or .xlsm workbook, or the address (URL) of a Google Sheet"
    )
    objective = parser.add_mutually_exclusive_group()
    objective.add_argument(
        "--minimize",
        metavar="CELL",
        help="the cell whose formula is the loss, such as Sheet1!F33, its name or its label; without cells, the model "
        "that Excel's Solver saved in the workbook is taken",
    )
    objective.add_argument("--maximize", metavar="CELL", help="a cell to make as large as possible instead")
    objective.add_argument(
        "--value-of", metavar="CELL=NUMBER", type=_assigned, help="a cell to bring to this number instead"
    )
    parser.add_argument(
        "--change", metavar="CELLS", help="the parameters: cells with numbers, such as Sheet1!C1:C2,E4"
    )
    for option, word in (("--at-least", "least"), ("--at-most", "largest")):
        parser.add_argument(
            option,
            metavar="CELLS=NUMBER",
            type=_assigned,
            action="append",
            default=[],
            help=f"the {word} value that cells of --change may take, such as C1:C2=0; may be given several times",
        )
    parser.add_argument(
        "--sheet",
        metavar="NAME",
        help="the sheet of cells that name none, or whose saved Solver model is meant",
    )
    _add_descent(parser)
    parser.add_argument(
        "--log", metavar="CELL", help="write a log of epoch and loss into the empty cells below this one"
    )
    add_rows(parser)
    add_writing(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object with all digits")


def _add_descent(parser: argparse.ArgumentParser) -> None:
    """How to descend."""
    parser.add_argument(
        "--learn",
        metavar="L",
        type=positive,
        help="a fixed learning rate (default: one is found, in units of each parameter's scale, "
        "and made smaller as the loss stalls)",
    )
    parser.add_argument(
        "--epochs", metavar="N", type=whole, help="the most epochs for each descent (default: 2,000)"
    )
    parser.add_argument(
        "--optimizer",
        choices=("sgd", "momentum", "rmsprop", "adam", "bfgs"),
        help="use this one alone (default: bfgs, and adam polished by bfgs; the lower loss is kept)",
    )
    parser.add_argument(
        "--difference",
        choices=("forward", "central"),
        help="find the gradient by this finite difference; bfgs always takes central ones (default: exact, as far as "
        "the formulas can be compiled)",
    )
    parser.add_argument(
        "--step",
        metavar="H",
        type=positive,
        help="use differences with this step (default: a millionth of each parameter's scale)",
    )
    parser.add_argument(
        "--until",
        metavar="RELATIVE",
        type=positive,
        help="stop when an epoch lowers the loss by less than this fraction (default: 0.00000000001)",
    )
    parser.add_argument(
        "--restarts",
        metavar="N",
        type=count,
        default=0,
        help="fit from N more random starts around the first, and keep the lowest loss",
    )
    parser.add_argument("--seed", metavar="S", type=integer, default=0, help="draw other starts (default: 0)")


def _assigned(text: str) -> tuple[str, float]:
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
        from ..maths.loss import EPOCHS, UNTIL

        found = fit(
            book,
            minimize=words.minimize,
            maximize=words.maximize,
            value_of=words.value_of,
            change=words.change,
            sheet=words.sheet,
            learn=words.learn,
            epochs=words.epochs or EPOCHS,
            optimizer=words.optimizer,
            difference=words.difference,
            step=words.step,
            until=words.until or UNTIL,
            log=words.log,
            at_least=dict(words.at_least),
            at_most=dict(words.at_most),
            restarts=words.restarts,
            seed=words.seed,
            rows=words.rows,
            columns=dict(words.map),
            on=words.on,
            out=words.out,
            force=words.force,
            progress=bar,
        )
    if words.json:
        print_json(found.as_json())
    elif not found.history.diverged or found.history.epochs:
        say(_summary(found, words.out or words.book))
        for warning in found.history.warnings:
            say(f"Note: {warning}.", aside=True)
    if found.history.diverged:
        sys.stdout.flush()
        say(str(found.history.diverged.at(book=found.history.book)), aside=True)
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
    if found.rows:
        lines.append(f"Over {found.rows}.")
    if found.problem.solver:
        lines.append(
            f"The objective and the cells to change are those that Solver saved on sheet {found.problem.solver}."
        )
    rows = _rows(found)
    left_out = [f"  … and {len(rows) - 1 - SHOWN} more"] if len(rows) - 1 > SHOWN else []
    lines += [*rows[:-1][:SHOWN], *left_out, rows[-1]]
    if history.epochs:
        lines += [_chosen(found), f"Stopped: {STOPPED[found.stopped]}."]
        lines += _told(found)
    else:
        lines.append("No small step of these cells improves it; nothing was changed.")
    if found.reached is False and found.stopped == "flat":
        lines.append(
            f"{_value(found)} was not reached: this is the nearest that was found, perhaps a local minimum of the "
            "distance. Try other start values, or more cells in --change."
        )
    if len(found.ends) > 1:
        lines.append(_starts(found))
    if history.log_area and history.epochs:
        lines.append(f"The log is in {history.log_area}.")
    return "\n".join(lines)


def _rows(found: Fit) -> list[str]:
    """A line for each parameter, with its standard error, and one for the objective."""
    rows = before_after(_rounded(found), DIGITS)
    errors = found.findings.errors if found.findings else {}
    for i, error in enumerate(errors.values()):
        rows[i] += f"  ± {error:.2g}" if error is not None else ""
    return rows


def _told(found: Fit) -> list[str]:
    """Sentences on the end that was found."""
    end, lines = found.findings, []
    if end is None:
        return []
    if any(error is not None for error in end.errors.values()):
        lines.append(f"± is the standard error, from the slopes of the {end.rows:,} residuals.")
    idle = [group[0] for group in end.groups if len(group) == 1]
    if idle:
        lines.append(f"At that point the loss does not change with {listed(idle)}.")
    for group in end.groups:
        if len(group) > 1:
            lines.append(f"{listed(group)} can stand in for one another: other values of them fit as well.")
    if end.bound:
        lines.append(f"At a bound: {listed(end.bound)}.")
    if end.kinked:
        lines.append(
            f"The loss has a kink there, in {listed(end.kinked)}: the minimum may be a little lower still."
        )
    if end.sloped and found.stopped == "flat":
        lines.append(
            f"The slope is not 0 there, in {listed(end.sloped)}: go on from here, or try --restarts 5."
        )
    elif found.stopped == "flat" and not end.kinked:
        lines.append("The slope there is 0.")
    return lines


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them, the first of many."""
    shown = list(names[:SHOWN_NAMES])
    if len(names) > SHOWN_NAMES:
        shown.append(f"{len(names) - SHOWN_NAMES} more")
    return errors.listed(shown)


def _rounded(found: Fit) -> History:
    """The history, parameters that are 0 to rounding, measured in their scales, being 0."""
    parameters = {
        name: change._replace(after=0.0)
        if abs(change.after or 0.0) < ROUNDING * found.scales[name]
        else change
        for name, change in found.history.parameters.items()
    }
    return found.history._replace(parameters=parameters)


def _value(found: Fit) -> str:
    return f"{found.problem.objective.value:.15g}"


def _missed(found: Fit) -> str:
    """How the objective misses the value, with all digits where fewer would look the same."""
    assert found.history.loss
    short, value = number(found.history.loss.after, DIGITS), found.problem.objective.value
    same = short == number(value, DIGITS)
    return f"is {number(found.history.loss.after, 15) if same else short}, not {value:.15g}"


def _chosen(found: Fit) -> str:
    """The optimizers, learn and differences that were used, and where the others ended."""
    return f"{'Used' if found.learn_given else 'Chosen'}: {_how(found)}.{_others(found)}"


def _how(found: Fit) -> str:
    first, *then = found.optimizer.split(", ")
    how = f"{first}, {_gradient(found, found.difference)}"
    if first == "bfgs":
        return how
    if found.learn_given:
        return f"{how}, learn {number(found.history.learn)}"
    how += f", learn {found.history.learn:.3g} of each parameter's scale"
    polish = "exact gradients" if found.gradient == "exact" else "central differences"
    return f"{how}; then bfgs, {polish}" if then else f"{how}, {found.last_learn:.3g} at the end"


def _gradient(found: Fit, difference: str | None) -> str:
    """How the gradient was found, and what kept it from being exact."""
    if found.gradient == "exact":
        return "exact gradients"
    return f"{difference} differences" + (f" ({found.inexact})" if found.inexact else "")


def _others(found: Fit) -> str:
    """What the descents came to that were not kept, and the other starts."""
    objective, kept = found.problem.objective, min(found.ends)
    said = []
    for other in found.others:
        name = other.optimizer.partition(", ")[0]  # rounding decides whether bfgs went a little further
        near = abs(other.loss - kept) <= SAME * abs(kept)
        said.append(
            f" With {name} it ended {'there, too' if near else f'at {number(objective.logged(other.loss), DIGITS)}'}."
        )
    return "".join(said)


def _starts(found: Fit) -> str:
    """The valleys that the starts led to."""
    valleys: list[list[float]] = []
    for end in sorted(found.ends):
        if valleys and abs(end - valleys[-1][0]) <= SAME * abs(end):
            valleys[-1].append(end)
        else:
            valleys.append([end])
    words = [number(found.problem.objective.logged(valley[0]), DIGITS) for valley in valleys]
    words = [
        f"{end} ({len(valley)} times)" if len(valley) > 1 else end
        for end, valley in zip(words, valleys, strict=True)
    ]
    if len(words) > SHOWN_VALLEYS:
        words[SHOWN_VALLEYS:] = [f"{len(words) - SHOWN_VALLEYS} more"]
    which = "one valley" if len(valleys) == 1 else f"{len(valleys)} valleys"
    return f"{len(found.ends)} starts led to {which}: {', '.join(words)}."
