"""kill -9 of the formula engine: a session goes on with another, and shows and saves what it would have anyway."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import sheetgd as library
from engines import kill_engines
from sheetgd.errors import BookError
from small_lesson import draw

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")


def shown(session: library.Session) -> object:
    """All that a page asks a session for."""
    curve = session.prediction()
    return session.log, session.now, curve, session.landscape("m", "b", steps=3), session.row_at


STEPS: dict[str, Callable[[library.Session], object]] = {
    "run": lambda session: session.run(3),
    "row": lambda session: session.row(),
    "back": lambda session: session.back(),
    "put": lambda session: session.put("B1", 0.0002),
    "reset": lambda session: session.reset(),
    "explain": lambda session: session.explain("C9"),
    "save": lambda session: session.save(),
}


def walked(path: Path, before_each: Callable[[], object]) -> list[object]:
    """What is shown after each step."""
    found: list[object] = []
    with library.open_book(path) as book, library.session(book) as session:
        session.run(2)
        for step in STEPS.values():
            found.append(shown(session))
            before_each()
            step(session)
        return [*found, shown(session)]


def test_every_step_after_it_is_what_it_would_have_been(tmp_path: Path) -> None:
    spared = draw(tmp_path / "a.xlsx")
    killed = Path(shutil.copy(spared, tmp_path / "b.xlsx"))
    ended: list[int] = []
    after = walked(killed, lambda: ended.append(kill_engines(os.getpid())))
    assert all(ended) and after == walked(spared, lambda: None)
    assert killed.read_bytes() == spared.read_bytes()


def test_without_the_file_it_says_so_and_loses_nothing(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.xlsx")
    with library.open_book(path) as book, library.session(book) as session:
        session.run(2)
        good = path.rename(tmp_path / "elsewhere.xlsx")
        kill_engines(os.getpid())
        with pytest.raises(BookError) as refused:
            session.epoch()
        assert str(refused.value) == "a.xlsx: there is no such file; check the name and the folder."
        assert len(session.steps) == 2
        good.rename(path)
        session.epoch()
        session.save()
    with library.open_book(path) as book, library.session(book) as session:
        assert session.epoch_number == 3
