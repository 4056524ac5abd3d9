"""Google Sheets: calls that fail and are made again."""

from __future__ import annotations

from pathlib import Path

import pytest

import sheetgd as library
from fakes.google import steps
from fakes.google.drive import File
from fakes.google.server import Google
from fakes.google.steps import Naps, run, shown, state
from small_lesson import lesson_cells

drawn, lesson, naps = steps.drawn, steps.lesson, steps.naps


FAULTS = [429, 500, 502, 503, "cut", "reset"]


@pytest.mark.parametrize(
    ("call", "after", "fault"),
    [
        *[(call, False, fault) for call in ("token", "read") for fault in (503, "cut", "reset")],
        *[("write", after, fault) for after in (False, True) for fault in FAULTS],
    ],
)
def test_a_fault_at_any_call_changes_nothing(
    google: Google, drawn: Path, naps: Naps, call: str, fault: int | str, after: bool
) -> None:
    calm, rough = google.add(from_xlsx=drawn), google.add(from_xlsx=drawn)
    expected = run(calm, epochs=3)
    google.fail(call, fault, after=after, times=1 if fault == "cut" else 2)
    history = run(rough, epochs=3)
    assert history.parameters == expected.parameters and history.warnings == []
    assert state(rough) == state(calm)
    assert all(nap < 4 for nap in naps)


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after it"])
@pytest.mark.parametrize("fault", [503, "cut", "reset"])
def test_a_colour_scale_is_never_doubled(google: Google, naps: Naps, fault: int | str, after: bool) -> None:
    grid = {"S8": "m", "U6": "b", "U7": 0, "V7": 10, "W7": 20, "T8": 1, "T9": 2, "T10": 3}
    file = google.add(cells=lesson_cells() | grid)
    google.fail("write", fault, after=after)
    history = run(file, epochs=1)
    assert file.book and len(file.book.tab().rules) == 1 and shown(file, "N10", "N11") == [1, None]
    assert history.warnings == [] and len(file.book.names) == 1
    file.book.tab().rules.clear()  # the teacher removes it
    run(file, epochs=1)
    assert len(file.book.tab().rules) == 1
    run(file, epochs=1)
    assert len(file.book.tab().rules) == 1 and len(file.book.names) == 2


def test_a_mark_whose_cells_were_deleted_blocks_nothing(google: Google) -> None:
    """A name that has become #REF! is no longer listed, and its id stays taken."""
    grid = {"S8": "m", "U6": "b", "U7": 0, "V7": 10, "W7": 20, "T8": 1, "T9": 2, "T10": 3}
    file = google.add(cells=lesson_cells() | grid)
    run(file, epochs=1)
    assert file.book and len(file.book.names) == 1
    file.book.lose_names()
    file.book.tab().rules.clear()
    run(file, epochs=1)
    assert len(file.book.tab().rules) == 1 and len(file.book.names) == 1


def test_waits_as_long_as_google_asks(google: Google, lesson: File, naps: Naps) -> None:
    google.fail("read", 429, retry_after=17)
    google.fail("write", 503, retry_after=100_000)
    run(lesson, epochs=1)
    assert naps == [17, 120]


def test_waits_grow_and_are_never_the_same(google: Google, lesson: File, naps: Naps) -> None:
    google.fail("read", 503, times=7)
    run(lesson, epochs=1)
    assert len(naps) == 7 and len(set(naps)) == 7
    assert all(2**n / 2 <= nap <= 2**n for n, nap in enumerate(naps))


def test_the_quota_of_a_minute(google: Google, lesson: File, naps: Naps) -> None:
    """It is waited for; sixty reads were spent by others."""
    with library.open_book(lesson.url) as book:
        for _ in range(58):
            book.google.read(lesson.id, "properties.title")  # type: ignore[attr-defined]
        assert naps == []
        library.run(book, epochs=1)
        library.run(book, epochs=1)
    assert sum(naps) > 30 and shown(lesson, "O9") == [2]


def test_a_server_that_does_not_answer(
    google: Google, lesson: File, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sheetgd.books.google.client.TIMEOUT", (5.0, 3.0))  # for busy machines
    google.fail("write", "hang", after=True)
    run(lesson, epochs=2)
    assert shown(lesson, "O8", "O9", "O10") == [1, 2, None]
