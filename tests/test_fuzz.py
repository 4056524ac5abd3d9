"""Over a thousand damaged, hostile and odd workbooks: a right result each, or an error in words (see fuzzing.py)."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz_cases
import fuzzing
from conftest import ROOT
from sheetgd.errors import SheetgdError
from sheetgd.formulas.references import references
from sheetgd.grid.sheet import Sheet
from sheetgd.layout.find import sheet_layout

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")
KINDS = list(fuzz_cases.KINDS)


@pytest.fixture(scope="module")
def arena() -> Iterator[fuzz_cases.Arena]:
    with fuzz_cases.Arena() as ready:
        yield ready


@pytest.mark.parametrize("kind", KINDS)
def test_no_case_of_a_seed_is_broken(kind: str) -> None:
    found = fuzzing.fuzz(seed=1, cases=300, processes=1, kinds=(kind,))
    assert found.broken == []
    assert found.cases == 300


@pytest.mark.parametrize("kind", KINDS)
def test_no_case_that_hypothesis_thinks_of_is_broken(arena: fuzz_cases.Arena, kind: str) -> None:
    """Hypothesis decides every choice of the makers, and shrinks them where a case is broken."""

    @settings(
        max_examples=100,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False))
    def every(dice: random.Random) -> None:
        case = fuzz_cases.KINDS[kind](dice)
        verdict = arena.suffer(case)
        assert not verdict.wrong, f"{case.what} {case.words}"

    every()


def test_the_harness_notices_what_is_wrong(arena: fuzz_cases.Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong number, a traceback, an error without a name, a changed file and something left behind."""
    from sheetgd.maths import line as descent

    sound = next(case for case in map(columns_case, range(99)) if case)
    unknown = sound._replace(expected=None)
    assert arena.suffer(sound) == ("done", "", pytest.approx(0, abs=fuzz_cases.SECONDS))

    def main(words: list[str], found: str = "", new: bytes | None = None, left: str = "") -> int:
        if new is not None:
            Path(words[1]).write_bytes(new)
        if left:
            Path(words[1]).with_name(left).touch()
        print(found, file=sys.stderr)
        return 1

    with monkeypatch.context() as patch:
        patch.setattr(descent, "H", 0.5)
        assert "expected" in arena.suffer(sound).wrong
    for does, wrong in (
        (lambda words: 1 // 0, "ZeroDivisionError"),
        (lambda words: main(words, "no name"), "does not begin with the workbook"),
        (lambda words: main(words, "book.xlsx: bad.", new=b""), "the file was changed"),
        (lambda words: main(words, "book.xlsx: bad.", left="left"), "left behind"),
        (lambda words: main(words, "book.xlsx: bad."), ""),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(fuzz_cases, "main", does)
            assert wrong in arena.suffer(unknown).wrong
            assert wrong or not arena.suffer(unknown).wrong


def columns_case(number: int) -> fuzz_cases.Case | None:
    """A sound lesson of plain columns that has no nudge of its own."""
    case = fuzzing.make("layout", 1, number)
    nudged = b">h<" in case.data or b"nudge" in case.data.lower()
    return None if nudged or (case.expected or {})["rule"] != "columns" else case


def test_the_same_seed_makes_the_same_cases() -> None:
    for kind in KINDS:
        assert fuzzing.make(kind, 7, 3) == fuzzing.make(kind, 7, 3) != fuzzing.make(kind, 8, 3)


if importlib.util.find_spec("atheris"):  # which not every system has a wheel of

    @pytest.mark.parametrize("kind", ["zip", "xml", "harmed"])
    def test_a_few_seconds_guided_by_coverage(tmp_path: Path, kind: str) -> None:
        done = subprocess.run(
            [sys.executable, str(ROOT / "tests" / "fuzzing.py"), "--atheris", kind, "--seconds", "4"],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("text", ["a name", "new", "rmse", "m", "x", "new m", "epoch"])
@pytest.mark.parametrize("batch", [True, False])
def test_thousands_of_labels_take_no_time(text: str, batch: bool) -> None:
    """A list of names, or one label again and again, beside a lesson: once this took half a minute."""
    sheet = Sheet("Lesson")
    titles = ["x", "y"] if batch else ["x", "y", "m", "b", "new_m", "new_b"]
    sheet.values = {(10, column): title for column, title in enumerate(titles, 1)}
    sheet.values |= {(row, column): float(row * column) for row in (11, 12) for column in (1, 2)}
    for row, (label, value) in enumerate([("m", 1.0), ("b", 1.0), ("learn", 0.0001)], 1):
        sheet.values |= {(row, 1): label, (row, 2): value}
    sheet.values |= {(5, 1): "new m", (5, 2): 1.0, (5, 4): "new", (5, 6): "guess"}
    sheet.formulas[5, 2] = "B1"
    sheet.values |= {(20 + row, 5): text for row in range(10_000)}
    began = time.process_time()
    with contextlib.suppress(SheetgdError):
        sheet_layout(sheet)
    assert time.process_time() - began < fuzz_cases.SECONDS


def test_a_formula_of_quotes_takes_no_time() -> None:
    began = time.process_time()
    assert references("'" * 8191, "S").areas == []
    assert time.process_time() - began < 1
