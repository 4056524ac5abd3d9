"""The commands: read the words, call the library, print. The only place that turns an error into an exit code."""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from .errors import SheetgdError, UsageError

if TYPE_CHECKING:
    from .epochs import History
    from .layout import Layout

EXIT_CODES = """exit codes:
  0  done
  1  something in the workbook or the sheet must be mended first; it was not changed
  2  the command was given words that do not fit
  3  the run diverged and stopped; the sheet holds the last good epoch
"""
BAR_AFTER = 1.0  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a name that the terminal cannot show is no reason to stop
    parser = make_parser()
    words = parser.parse_args(arguments)
    try:
        return int(words.command(words))
    except SheetgdError as error:
        sys.stdout.flush()
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130


# -- the words -------------------------------------------------------------------------------------------------------
def make_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        "sheetgd",
        description="Gradient descent in a teacher's spreadsheet.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and stop")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_lessons(commands)
    _add_new(commands)
    _add_look(commands)
    _add_run(commands)
    _add_reset(commands)
    _add_animate(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version; looking it up takes time, so it is done only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from . import __version__

        print(f"sheetgd {__version__}")
        parser.exit()


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )
    parser.set_defaults(command=run)
    return parser


def _add_lessons(commands: Any) -> None:
    _command(commands, "lessons", _lessons, "list the lessons, a line each")


def _add_new(commands: Any) -> None:
    parser = _command(commands, "new", _new, "draw a lesson's worksheet")
    parser.add_argument(
        "lesson",
        metavar="LESSON",
        nargs="?",
        default="descent",
        help="its name (descent without it); sheetgd lessons lists them",
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="the file to write; LESSON.xlsx without it")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    parser.add_argument("--title", metavar="WORDS", help="the title at the top of the sheet")
    parser.add_argument("--data", metavar="FILE.csv", help="your own points, two columns of a CSV file")
    parser.add_argument(
        "--x", metavar="COLUMN", help="its column with x; it may be left out if there are two"
    )
    parser.add_argument("--y", metavar="COLUMN", help="its column with y")
    parser.add_argument("--rows", metavar="N", type=_integer, help="so many points, chosen or made at random")
    parser.add_argument("--seed", metavar="S", type=_integer, help="which points: the same for the same S")
    parser.add_argument("--m", metavar="M", type=_finite, help="the slope (or multiplier) to start from")
    parser.add_argument("--b", metavar="B", type=_finite, help="the intercept to start from")
    parser.add_argument("--learn", metavar="L", type=_positive, help="the learning rate")
    parser.add_argument("--epochs", metavar="N", type=_whole, help="how many epochs a run is to have")


def _add_look(commands: Any) -> None:
    parser = _command(
        commands, "look", _look, "show what was found in a workbook, where, and what is missing"
    )
    _add_book(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_run(commands: Any) -> None:
    parser = _command(commands, "run", _run, "run epochs and write them into the workbook")
    _add_book(parser)
    parser.add_argument("--all", action="store_true", help="run every sheet that has a step table")
    parser.add_argument(
        "--epochs", metavar="N", type=_whole, help="how many epochs; what the sheet says without it, else 5"
    )
    parser.add_argument(
        "--learn", metavar="L", type=_positive, help="type this learning rate into the sheet first"
    )
    parser.add_argument(
        "--log-every", metavar="K", type=_whole,
        help="log every K-th epoch; without it all up to 1,000, and 1,000 of more, dense at the beginning",
    )  # fmt: skip
    _add_carry(parser)
    _add_writing(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, all digits")


def _add_reset(commands: Any) -> None:
    parser = _command(commands, "reset", _reset, "put the start cells back and empty the log")
    _add_book(parser)
    parser.add_argument("--all", action="store_true", help="reset every sheet that has a step table")
    _add_carry(parser)
    _add_writing(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, all digits")


def _add_animate(commands: Any) -> None:
    text = "make a moving picture of the log: the line over the points, the falling loss"
    parser = _command(commands, "animate", _animate, text)
    _add_book(parser)
    parser.add_argument(
        "-o", "--out", metavar="FILE.gif", help="the file to write; BOOK's name with .gif without it"
    )
    parser.add_argument("--png", metavar="FILE.png", help="write the last picture to this file, too")
    parser.add_argument(
        "--epochs", metavar="N", type=_whole,
        help="show a run of so many epochs that is not written to the workbook",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")


def _add_carry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--carry", metavar="FROM=TO", type=_pair, action="append", default=[],
        help="carry this cell to that one after each epoch, whatever the sheet says; may be given several times",
    )  # fmt: skip


def _add_book(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", metavar="BOOK", help="an .xlsx or .xlsm workbook")
    parser.add_argument(
        "--sheet", metavar="NAME", help="the sheet; the only one with a step table without it"
    )


def _add_writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", metavar="OUT", help="write to this file instead; the workbook stays as it is"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="write although a lock file, a signature or an existing OUT forbids it",
    )


def _whole(text: str) -> int:
    from .epochs import MOST_EPOCHS

    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= MOST_EPOCHS:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to {MOST_EPOCHS:,}")
    return number


def _pair(text: str) -> tuple[str, str]:
    source, found, target = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is not a pair of cells like K30=C2")
    return source, target


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number") from None


def _finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number - number != 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number, such as 1.5")
    return number


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0, such as 0.0001")
    return number


# -- the commands ----------------------------------------------------------------------------------------------------
def _lessons(words: argparse.Namespace) -> int:
    from .lessons import LESSONS

    width = max(map(len, LESSONS))
    for name, line in LESSONS.items():
        print(f"{name:<{width}}  {line}")
    return 0


def _new(words: argparse.Namespace) -> int:
    from .create import new
    from .lessons import SEVERAL_TABS

    path = new(
        words.lesson, words.out, force=words.force, rows=words.rows, seed=words.seed, data=words.data, x=words.x,
        y=words.y, m=words.m, b=words.b, learn=words.learn, epochs=words.epochs, title=words.title,
    )  # fmt: skip
    run = f"sheetgd run {_quoted(str(path))}" + " --all" * (words.lesson in SEVERAL_TABS)
    print(f"{path} is ready. Open it in Excel or LibreOffice, close it, and run: {run}")
    return 0


def _look(words: argparse.Namespace) -> int:
    from .books import open_book

    with open_book(words.book) as book:
        layout = book.look(words.sheet)
        if words.json:
            _print_json(layout.as_json())
        else:
            print(_found(book.name, layout))
    return 0


def _run(words: argparse.Namespace) -> int:
    from .books import open_book

    _refuse_both(words)
    with open_book(words.book) as book, _Bar(words.json) as bar:
        from .epochs import run  # while the engine starts

        histories = book.named(
            run, book, words.sheet, every=words.all, epochs=words.epochs, learn=words.learn, carry=words.carry,
            log_every=words.log_every,
            out=words.out, force=words.force, progress=bar,
        )  # fmt: skip
    return _report(histories, words, _summary)


def _reset(words: argparse.Namespace) -> int:
    from .books import open_book

    _refuse_both(words)
    with open_book(words.book) as book:
        from .epochs import reset  # while the engine starts

        histories = book.named(
            reset, book, words.sheet, every=words.all, carry=words.carry, out=words.out, force=words.force
        )
    return _report(histories, words, _reset_summary)


def _animate(words: argparse.Namespace) -> int:
    from pathlib import Path

    from .animate import animate
    from .books import open_book

    out = words.out or Path(words.book).with_suffix(".gif")
    with open_book(words.book) as book, _Bar(silent=False) as bar:
        film, frames = animate(
            book, out, sheet=words.sheet, png=words.png, epochs=words.epochs, force=words.force, progress=bar
        )
    first, last = film.steps[0], film.steps[-1]
    also = f", and {words.png}" if words.png else ""
    epochs = f"epochs {first.epoch:,.15g} to {last.epoch:,.15g}"
    print(f"{out}{also}: sheet {film.sheet}, {epochs}, {len(frames)} pictures")
    print(f"  {film.loss_name}  {_number(first.loss)}  ->  {_number(last.loss)}")
    for warning in film.warnings:
        print(f"Note: {warning}.", file=sys.stderr)
    return 0


def _refuse_both(words: argparse.Namespace) -> None:
    if words.all and words.sheet:
        raise UsageError("--all and --sheet were both given", "use one of them")


def _report(
    histories: list[History], words: argparse.Namespace, summary: Callable[[History, str], str]
) -> int:
    code = 0
    for history in histories:
        if words.json:
            _print_json(history.as_json())
        elif history.epochs or not history.diverged:
            print(summary(history, words.out or words.book))
            for warning in history.warnings:
                print(f"Note: {warning}.", file=sys.stderr)
        if history.diverged:
            sys.stdout.flush()
            print(history.diverged.at(book=history.book), file=sys.stderr)
            code = history.diverged.exit_code
    return code


# -- what is printed -------------------------------------------------------------------------------------------------
def _print_json(thing: Any) -> None:
    import json

    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(thing, ensure_ascii=not unicode))


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.9g}"


def _summary(history: History, path: str) -> str:
    """A short table: each parameter and the loss, before and after."""
    epochs = "1 epoch" if history.epochs == 1 else f"{history.epochs:,} epochs"
    learn = "" if history.learn is None else f", learn {history.learn:.15g}"
    lines = [f"{path}, sheet {history.sheet}: {epochs}{learn}", *_before_after(history)]
    if history.log_area:
        shown = len(history.log)
        part = "" if shown == history.epochs else f" ({shown:,} of these {history.epochs:,} epochs)"
        lines.append(f"The log is in {history.log_area}{part}.")
    else:
        lines.append("The sheet has no log (sheetgd look says how to add one).")
    return "\n".join(lines)


def _reset_summary(history: History, path: str) -> str:
    return "\n".join([f"{path}, sheet {history.sheet}: reset", *_before_after(history)])


def _before_after(history: History) -> list[str]:
    rows = [(name, change) for name, change in history.parameters.items()]
    rows += [(history.loss_name, history.loss)] if history.loss else []
    width = max(len(name) for name, _ in rows)
    return [
        f"  {name:<{width}}  {change.cell:<5} {_number(change.before):>14}  ->  {_number(change.after)}"
        for name, change in rows
    ]


def _found(book: str, layout: Layout) -> str:
    """What was found and what is missing, a line each."""
    found = layout.as_json()
    kind = {
        "formulas": "by its own formulas",
        "columns": "by columns: sheetgd computes the steps and fills the table in",
    }[layout.rule]
    table = found["table"]
    lines = [
        f"{book}, sheet {layout.sheet.name}",
        f"  table      {table['area']}, {table['rows']} rows, run {kind}",
        f"  columns    {', '.join(f'{title} {letter}' for title, letter in table['columns'].items())}",
    ]
    for name, places in found["parameters"].items():
        lines.append(f"  parameter  {name} starts in {places['start']}, carried from {places['carry']}")
    for name, places in found.get("states", {}).items():
        lines.append(f"  state      {name} starts in {places['start']}, carried from {places['carry']}")
    for name, cell in found["controls"].items():
        label = layout.controls.loss_name if name == "loss" else name
        lines += [f"  {name:<9}  {cell}" + (f" ({label})" if label != name else "")] if cell else []
    lines += [f"  log        {found['log']}"] if layout.log else []
    if layout.grid:
        lines.append(
            f"  grid       {layout.grid.area.a1}, {layout.grid.down} down, {layout.grid.across} across"
        )
    lines += [f"  missing    {what}" for what in layout.missing]
    return "\n".join(lines)


class _Bar(AbstractContextManager["_Bar"]):
    """A progress bar on a terminal, once a run has taken a second."""

    def __init__(self, silent: bool) -> None:
        self.silent = silent or not sys.stderr.isatty()
        self.begun = time.monotonic()
        self.bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self.silent or (self.bar is None and time.monotonic() - self.begun < BAR_AFTER):
            return
        if self.bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task("Epochs", total=total)
        self.bar.update(self.task, completed=done)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()
