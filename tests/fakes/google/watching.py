"""Lessons with tick boxes, watched by sync, for its tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from sheetgd.books.google.credentials import WRITE
from sheetgd.online.sync import Sync

from .server import Google
from .soak import (
    Lesson,
    draw_small,
    hasten,
    impatient,
    states,
)


@pytest.fixture
def quick(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(google, monkeypatch)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(library.new("descent", tmp_path_factory.mktemp("sync") / "lesson.xlsx", epochs=5))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_small(tmp_path_factory.mktemp("sync") / "small.xlsx")


@pytest.fixture
def lesson(google: Google, drawn: Path) -> Lesson:
    return Lesson(google, drawn)


@pytest.fixture
def expected(drawn: Path) -> list[tuple[Any, ...]]:
    """The state after 0, 1, 2, 3 … runs of five epochs, by the same worksheet as a file."""
    return states(drawn)


def watching(lesson: Lesson, *others: Lesson, **options: Any) -> Sync:
    keys = [(each.file.id, None) for each in (lesson, *others)]
    return Sync(impatient(WRITE), keys, **options)


def kinds(server: Google) -> dict[str, int]:
    """Reads and writes since the last time, tokens apart."""
    counted = server.count()
    server.calls.clear()
    return {kind: counted[kind] for kind in ("read", "write") if kind in counted}
