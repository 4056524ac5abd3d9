"""sheetgd sync: watching Google Sheets and answering their tick boxes.

What takes long to import is imported in the functions: --help and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..books.google.addresses import EXAMPLE, google_address
from ..books.xlsx.saving import alone
from ..errors import BookError, SheetgdError, UsageError
from .output import say

if TYPE_CHECKING:
    from ..online.sync import Sync, Watched

LONGEST_WAIT = 1.0  # seconds in which Ctrl-C may not be heard, on Windows
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("urls", metavar="URL", nargs="*", help="the address or key of a Google Sheet")
    parser.add_argument("--folder", metavar="URL", help="also watch every Google Sheet in this Drive folder")
    parser.add_argument(
        "--every", metavar="2s", type=_seconds, default=2.0, help="how often to look (default: 2s)"
    )
    parser.add_argument("--once", action="store_true", help="answer the ticks that are there now, and stop")


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|m|min|)", text.strip())
    seconds = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not 0.5 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not a time from 0.5s to 60m, such as 2s")
    return seconds


def command(words: argparse.Namespace) -> int:
    sheets = [_address(url) for url in words.urls]
    if not sheets and not words.folder:
        raise UsageError(
            "no sheet is named", "give the address of a Google Sheet, or --folder and that of a folder"
        )
    from ..books.google.client import Google
    from ..books.google.credentials import WATCH, WRITE
    from ..books.google.drive import folder_id
    from ..online.sync import RETRIES, TIMEOUT, Sync

    folder = folder_id(words.folder) if words.folder else ""
    with contextlib.ExitStack() as stack:
        for key in dict.fromkeys([*dict(sheets), *filter(None, [folder])]):
            stack.enter_context(_only_one(key))
        google = Google(WRITE, *([WATCH] if folder else []), retries=RETRIES, timeout=TIMEOUT)
        stack.callback(google.close)
        return _watch(Sync(google, sheets, folder=folder, every=words.every), words.once)


def _address(url: str) -> tuple[str, int | None]:
    found = google_address(url)
    if found is None:
        raise UsageError(
            f"{url} is not the address of a Google Sheet",
            f"copy it from the browser; it looks like {EXAMPLE}",
        )
    return found.key, found.gid


@contextlib.contextmanager
def _only_one(key: str) -> Iterator[None]:
    """Refuse to watch what another sheetgd of this computer watches already."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(alone(Path(tempfile.gettempdir(), f"sheetgd-sync-{key}"), patience=0))
        except SheetgdError:
            raise BookError(
                f"another sheetgd sync on this computer is already watching {key}",
                "leave it to that one, or stop that one",
            ) from None
        yield


def _watch(sync: Sync, once: bool) -> int:
    """Once, or until Ctrl-C, which lets a run under way end."""
    stop = threading.Event()

    def interrupted(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        if sync.at_work:
            print("Stopping when this sheet is done; Ctrl-C once more stops at once.", file=sys.stderr)

    def wait(seconds: float) -> bool:
        return stop.wait(min(seconds, LONGEST_WAIT))

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    done = True
    try:
        if once:
            sync.tell = _line
            done = sync.once(stop.is_set)
        elif sys.stdout.isatty():
            _show_live(sync, wait)
        else:
            sync.tell = _line
            sync.forever(wait)
        if stop.is_set() and not _say_what_is_left(sync):
            print("Stopped; no run was left unfinished.")
    except KeyboardInterrupt:
        say(
            "Stopped at once; a sheet that was being run is as it was before that run, or as it is after it.",
            aside=True,
        )
        _say_what_is_left(sync)
        return 130
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0 if done else 1


def _say_what_is_left(sync: Sync) -> bool:
    """Name the sheets that a run could not be taken back from; whether there are any."""
    left = [sheet.name for sheet in sync.sheets.values() if sheet.left]
    for name in left:
        say(
            f"Stopped; {name} still shows the results of old values, which could not be taken back: go back with File "
            "> Version history, and run again."
        )
    return bool(left)


def _line(sheet: Watched) -> None:
    say(f"{sheet.at}  {sheet.name}: {sheet.words}")


def _show_live(sync: Sync, wait: Callable[[float], bool]) -> None:
    """A line for each sheet, kept up to date on the terminal."""
    from rich.live import Live

    with Live(_table(sync), auto_refresh=False) as live:
        sync.tell = lambda sheet: live.update(_table(sync), refresh=True)
        sync.forever(wait)


def _table(sync: Sync) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, caption="Ctrl-C stops", caption_justify="left")
    for heading in ("", "sheet", "last"):
        table.add_column(heading)
    sheets = [*filter(None, [sync.folder]), *sync.sheets.values()]
    for sheet in sorted(sheets, key=lambda sheet: not sheet.failures):  # what is wrong must be in sight
        words = Text(sheet.words, style="red" if sheet.failures else "")
        table.add_row(sheet.at, Text(sheet.name), words)
    return table
