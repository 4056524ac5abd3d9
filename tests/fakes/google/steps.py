"""A lesson as a teacher's Google Sheet, and what tests do with one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from sheetgd.epochs.history import History
from sheetgd.errors import SheetgdError

from .drive import File
from .server import Google

Naps = list[float]
KEY = "1" + "aB3_-" * 9


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson, drawn once."""
    return library.new("descent", tmp_path_factory.mktemp("drawn") / "lesson.xlsx", epochs=5)


@pytest.fixture
def lesson(google: Google, drawn: Path) -> File:
    """The lesson as a teacher's Google Sheet."""
    return google.add("Class 7b", from_xlsx=drawn)


@pytest.fixture
def naps(google: Google, monkeypatch: pytest.MonkeyPatch) -> Naps:
    """Time passes for the server instead of for the test; how long each wait was."""
    slept: Naps = []
    really = time.sleep

    def sleep(seconds: float) -> None:
        if seconds < 0.05:  # the server's own
            really(seconds)
            return
        slept.append(seconds)
        google.clock.advance(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    return slept


def run(file: File, **options: Any) -> History:
    with library.open_book(file.url) as book:
        return library.run(book, **options)


def error_of(call: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(SheetgdError) as caught:
        call(*arguments)
    return str(caught.value)


def shown(file: File, *cells: str, sheet: str | None = None) -> list[Any]:
    assert file.book
    return [file.book.value(cell, sheet) for cell in cells]


def state(file: File) -> dict[str, Any]:
    """All that a run may change."""
    assert file.book
    tab = file.book.tab()
    typed = {place: cell.get("userEnteredValue") for place, cell in tab.cells.items()}
    return {"typed": typed, "rules": tab.rules, "size": (tab.rows, tab.columns)}


def before_each_write(google: Google, *actions: Callable[[], None]) -> None:
    """Let somebody else do something just before each of the next batches takes effect."""
    if actions:

        def act() -> None:
            actions[0]()
            before_each_write(google, *actions[1:])

        google.meanwhile("write", act)
