"""The command line: find the command, call it. The only place that turns an error into an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ..errors import BookError, SheetgdError
from ..grid.sheet import printable

EXIT_CODES = """exit codes:
  0  done
  1  something in the workbook or the sheet must be fixed first; nothing was changed
  2  the command was given options that make no sense
  3  the run diverged (the sheet holds the epochs before the loss grew), or a fit has no limit (nothing was changed)
"""
COMMANDS = {  # each is a module beside this one, imported when it is asked for
    "lessons": "list the lessons, one per line",
    "new": "draw a lesson's worksheet",
    "look": "show what was found in a workbook, where, and what is missing",
    "run": "run epochs and write them into the workbook",
    "open": "open a page with buttons in the browser: run, step, look and save",
    "fit": "descend on any loss of any sheet: what Solver does, by gradient descent",
    "reset": "put the start cells back and empty the log",
    "sync": "watch Google Sheets and answer their tick boxes Run and Reset",
    "login": "log in to Google, once, for Google Sheets",
    "animate": "make a moving picture of the log: the line over the points, the falling loss",
    "class": "make a worksheet for each student of a roster, with numbers of their own, and the teacher's key",
    "check": "check the worksheets that came back: scores, first wrong cells and their causes, a report, grades",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a name that the terminal cannot show is not a reason to stop
    arguments = sys.argv[1:] if arguments is None else arguments
    words = make_parser(tuple(arguments[:1])).parse_args(arguments)
    try:
        return int(words.command(words))
    except SheetgdError as error:
        print(end="", flush=True)
        print(printable(str(error)), file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # nobody is reading the output any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno is None or not isinstance(error.filename, (str, bytes)):
            raise  # not the fault of any file
        reason = (error.strerror or "it cannot be used").lower()
        print(
            BookError(reason, "check the name and the folder", book=os.fsdecode(error.filename)),
            file=sys.stderr,
        )
        return BookError.exit_code
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130


def make_parser(wanted: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The named commands with their options; all commands where a name is unknown."""
    parser = argparse.ArgumentParser(
        "sheetgd",
        description="Gradient descent in a teacher's spreadsheet.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(prog="sheetgd", metavar="COMMAND", required=True)
    named = wanted if wanted and COMMANDS.keys() >= set(wanted) else COMMANDS
    for name in named:
        text = COMMANDS[name]
        description = text[0].upper() + text[1:] + "."
        command = commands.add_parser(name, help=text, description=description, allow_abbrev=False)
        if name in wanted:
            module = import_module(f".{'class_' if name == 'class' else name}", __package__)
            module.arguments(command)
            command.set_defaults(command=module.command)
    return parser


class _Version(argparse.Action):
    """Prints the version; looking it up takes time, so it is done only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from .. import __version__  # only --version needs it

        print(f"sheetgd {__version__}")
        parser.exit()
