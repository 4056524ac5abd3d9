"""sheetgd sync: watching Google Sheets and answering their tick boxes."""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..books import google_address
from ..errors import BookError, SheetgdError, UsageError

if TYPE_CHECKING:
    from ..sync import Sync, Watched

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("urls", metavar="URL", nargs="*", help="the address or key of a Google Sheet")
    parser.add_argument("--folder", metavar="URL", help="watch every Google Sheet in this Drive folder, too")
    parser.add_argument(
        "--every", metavar="2s", type=_seconds, default=2.0, help="how often to look; 2s without it"
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
    from ..books.google_client import Google
    from ..books.google_drive import folder_id
    from ..books.google_login import WATCH, WRITE
    from ..sync import Sync

    folder = folder_id(words.folder) if words.folder else ""
    with contextlib.ExitStack() as stack:
        for key in dict.fromkeys([*dict(sheets), *filter(None, [folder])]):
            stack.enter_context(_only_one(key))
        google = Google(WRITE, *([WATCH] if folder else []))
        stack.callback(google.close)
        sync = Sync(google, sheets, folder=folder, every=words.every)
        if words.once:
            sync.tell = _line
            return 0 if sync.once() else 1
        return _watch(sync)


def _address(url: str) -> tuple[str, int | None]:
    found = google_address(url)
    if found is None:
        raise UsageError(
            f"{url} is not the address of a Google Sheet",
            "copy it from the browser; it looks like https://docs.google.com/spreadsheets/d/KEY/edit",
        )
    return found.key, found.gid


@contextlib.contextmanager
def _only_one(key: str) -> Iterator[None]:
    """Refuse to watch what another sheetgd of this computer watches already."""
    from ..books.saving import alone

    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(alone(Path(tempfile.gettempdir(), f"sheetgd-sync-{key}")))
        except SheetgdError:
            raise BookError(
                f"another sheetgd sync on this computer is watching {key} already",
                "leave it to that, or stop that",
            ) from None
        yield


def _watch(sync: Sync) -> int:
    """Until Ctrl-C, which lets a run under way end."""
    stop = threading.Event()

    def interrupted(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        if sys.stdout.isatty():
            _show_live(sync, stop)
        else:
            sync.tell = _line
            sync.forever(stop.wait)
        print("Stopped; no run was left unfinished.")
    except KeyboardInterrupt:
        print(
            "Stopped at once; a sheet that was being run is as before that run, or as after it.",
            file=sys.stderr,
        )
        return 130
    finally:
        signal.signal(signal.SIGINT, before)
    return 0


def _line(sheet: Watched) -> None:
    print(f"{sheet.at}  {sheet.name}: {sheet.words}", flush=True)


def _show_live(sync: Sync, stop: threading.Event) -> None:
    """A line for each sheet, kept up to date on the terminal."""
    from rich.live import Live

    with Live(_table(sync), auto_refresh=False) as live:

        def wait(seconds: float) -> bool:
            live.update(_table(sync), refresh=True)
            return stop.wait(seconds)

        sync.tell = lambda sheet: live.update(_table(sync), refresh=True)
        sync.forever(wait)


def _table(sync: Sync) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, caption="Ctrl-C stops", caption_justify="left")
    for heading in ("", "sheet", "last"):
        table.add_column(heading)
    for sheet in sync.sheets.values():
        words = Text(sheet.words, style="red" if sheet.failures else "")
        table.add_row(sheet.at, Text(sheet.name), words)
    if sync.trouble:
        table.add_row("", "", Text(sync.trouble, style="red"))
    return table
