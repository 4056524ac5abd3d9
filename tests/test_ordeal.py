"""A few cases of each of scripts/dev/ordeal.py's rows about kills, failing system calls and others at the same time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT

ROWS = [
    "SIGKILL at random moments",
    "SIGKILL at each system call of the save",
    "each system call of the save fails",
    "two runs on one file",
    "two runs to one output",
    "another program replaces the file",
]

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the ordeal needs Linux")


@pytest.fixture(scope="module")
def script() -> Iterator[Any]:
    sys.path.insert(0, str(ROOT / "scripts" / "dev"))
    import ordeal

    yield ordeal
    sys.path.remove(str(ROOT / "scripts" / "dev"))


@pytest.fixture(scope="module")
def ordeal(script: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = script.Ordeal(
        seed=1, quick=True, folder=tmp_path_factory.mktemp("ordeal"), python=Path(sys.executable)
    )
    made.prepare()
    return made


@pytest.mark.parametrize("name", ROWS)
def test_no_promise_is_broken(script: Any, ordeal: Any, name: str) -> None:
    row = script.Row(name)
    script.ROWS[name](ordeal, row)
    if row.left_out:
        pytest.skip(row.left_out)
    assert row.cases and row.broken == []


def test_the_old_and_the_new_workbook_differ(ordeal: Any) -> None:
    assert len({ordeal.old, ordeal.new, ordeal.twice}) == 3
    assert ordeal.whole(ordeal.new[:-1]) == ""


def test_the_table(script: Any) -> None:
    row = script.Row("a row", seconds=1.4)
    row.add("kept")
    row.add("broken", "it broke")
    left_out = script.Row("another", left_out="strace is not installed")
    assert script.table([row, left_out]).splitlines()[2:] == [
        "| a row | 2 | 1 kept, 1 broken | 1 | 1 s |",
        "| another | - | strace is not installed | 0 | 0 s |",
    ]
