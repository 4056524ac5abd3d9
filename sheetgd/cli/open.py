"""sheetgd open.

What takes long to import is imported in the functions: --help and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse
import secrets
import webbrowser
from importlib.util import find_spec
from pathlib import Path

from ..books.google.addresses import google_address
from ..errors import UsageError
from ..language import known_language
from ..lessons import LESSONS
from ..page.address import address, listen
from .options import BOOK, add_language

MISSING = (
    "the page needs Starlette and uvicorn, which are not installed",
    'run: pip install "sheetgd[page]", or, where pipx installed sheetgd: pipx inject sheetgd starlette uvicorn',
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", metavar="BOOK", nargs="?", help=f"{BOOK} (default: choose on the page)")
    parser.add_argument("--sheet", metavar="NAME", help="the sheet (default: the first with a step table)")
    add_language(parser, "the language of the page, if it is not that of the sheet or the browser")
    parser.add_argument("--port", metavar="N", type=port, default=0, help="serve the page on this port")
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")


def port(text: str) -> int:
    if text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port, a whole number from 1 to 65535")


def command(words: argparse.Namespace) -> int:
    if not all(map(find_spec, ("starlette", "uvicorn"))):
        raise UsageError(*MISSING)
    from ..page.desk import Desk

    try:
        listening = listen(words.port)
    except OSError:
        raise UsageError(
            f"port {words.port} is taken by another program", "name another, or leave --port out"
        ) from None
    google = words.book is not None and google_address(words.book) is not None
    folder = Path(words.book).parent if words.book and not google else Path()
    named = words.book if google or words.book is None else str(Path(words.book).resolve())
    desk = Desk(folder, named, words.sheet, LESSONS, words.lang and known_language(words.lang))
    with listening:
        if named:
            desk.open(sheet=words.sheet)
        token = secrets.token_urlsafe(24)
        try:
            _show(address(listening, token), words.no_browser)
            from ..page.server import serve  # while the browser comes

            serve(desk, listening, token)
        except KeyboardInterrupt:
            pass
        finally:
            unsaved = desk.unsaved
            desk.close()
    print("Closed; the last epochs were not saved." if unsaved else "Closed.")
    return 0


def _show(address: str, no_browser: bool) -> None:
    print(f"The page is at {address}\nClose it, or press Ctrl-C here, to end.", flush=True)
    if not no_browser:
        webbrowser.open(address)
