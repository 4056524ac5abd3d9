"""run and reset over several workbooks in one command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import CommandLine, plain_environment
from small_lesson import draw


@pytest.fixture
def lessons(tmp_path: Path) -> list[Path]:
    """Four lessons with a start of their own each."""
    return [draw(tmp_path / f"lesson {number}.xlsx", {"B3": number}) for number in range(4)]


def alone(sheetgd: CommandLine, path: Path, *words: object) -> dict[str, object]:
    """What a run of a copy of its own says, as JSON."""
    copy = path.with_name(f"copy of {path.name}")
    copy.write_bytes(path.read_bytes())
    done = sheetgd("run", copy, "--json", *words)
    assert done.code == 0, done.err
    return {**done.json(), "book": path.name}


def test_each_is_done_as_if_it_were_alone(sheetgd: CommandLine, lessons: list[Path]) -> None:
    expected = [alone(sheetgd, path, "--epochs", 3) for path in lessons]
    done = sheetgd("run", *lessons, "--epochs", 3, "--json")
    assert done.code == 0 and done.err == ""
    assert [json.loads(line) for line in done.out.splitlines()] == expected
    copies = [path.with_name(f"copy of {path.name}") for path in lessons]
    assert [path.read_bytes() for path in lessons] == [path.read_bytes() for path in copies]


def test_a_line_each_in_the_order_given(sheetgd: CommandLine, lessons: list[Path]) -> None:
    names = [path.name for path in reversed(lessons)]
    done = sheetgd("run", *names)
    assert done.code == 0 and done.err == ""
    lines = done.out.splitlines()
    assert [line.partition(", sheet Lesson: 2 epochs, m ")[0] for line in lines] == names
    again = sheetgd("reset", *names)
    begins = [f"{name}, sheet Lesson: reset, m {name[7]}, b 1, rmse " for name in names]  # its own start
    assert all(map(str.startswith, again.out.splitlines(), begins))


def test_a_bad_one_stops_none_of_the_others(
    sheetgd: CommandLine, lessons: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "no.xlsx").write_text("no workbook")
    draw(tmp_path / "text.xlsx", {"B10": "4,8"})
    done = sheetgd("run", lessons[0].name, "no.xlsx", "gone.xlsx", "text.xlsx", lessons[1].name)
    assert done.code == 1
    assert [line.partition(",")[0] for line in done.out.splitlines()] == ["lesson 0.xlsx", "lesson 1.xlsx"]
    assert done.err.splitlines() == [
        "no.xlsx: it is not an .xlsx or .xlsm workbook; save it as .xlsx in Excel or LibreOffice.",
        "gone.xlsx: there is no such file; check the name and the folder.",
        'text.xlsx, Lesson!B10: y is the text "4,8", not a number; type 4.8 as a number.',
    ]


def test_the_highest_exit_code_counts(sheetgd: CommandLine, lessons: list[Path], tmp_path: Path) -> None:
    draw(tmp_path / "steep.xlsx", {"B1": 9})
    done = sheetgd("run", "steep.xlsx", "gone.xlsx", lessons[0].name)
    assert done.code == 3
    assert (
        "steep.xlsx, Lesson!B1: the run diverged in epoch 2 with learn 9" in done.err
        and "gone.xlsx" in done.err
    )
    assert done.out.startswith("lesson 0.xlsx, sheet Lesson: 2 epochs")


def test_patterns_are_filled_in(sheetgd: CommandLine, lessons: list[Path], tmp_path: Path) -> None:
    """As on Windows, where no shell does it. The file that Excel puts beside an open workbook is passed over."""
    (tmp_path / "~$lesson 1.xlsx").write_bytes(b"a lock")
    done = sheetgd("run", "*lesson*.xlsx", "lesson 2.xlsx")
    assert (
        done.code == 1
        and "lesson 1.xlsx: it is open in Excel (its lock file ~$lesson 1.xlsx is there)" in done.err
    )
    assert [line[:13] for line in done.out.splitlines()] == [
        "lesson 0.xlsx",
        "lesson 2.xlsx",
        "lesson 3.xlsx",
    ]
    (tmp_path / "~$lesson 1.xlsx").unlink()
    done = sheetgd("run", "*.xlsx", timeout=60)  # a single word, which may name a single workbook
    assert (done.code, len(done.out.splitlines()), done.err) == (0, len(lessons), "")
    done = sheetgd("run", "nothing*.xlsx")
    assert done.code == 1
    assert done.err == "nothing*.xlsx: no file has such a name; check the name and the folder.\n"


def test_a_pattern_of_one_workbook_is_that_workbook(sheetgd: CommandLine, lessons: list[Path]) -> None:
    done = sheetgd("run", "lesson 3*")
    assert done.code == 0 and done.out.startswith("lesson 3.xlsx, sheet Lesson: 2 epochs, learn 0.0001\n  m ")


def test_a_file_whose_name_looks_like_a_pattern(sheetgd: CommandLine, tmp_path: Path) -> None:
    draw(tmp_path / "lesson [1].xlsx")
    assert sheetgd("run", "lesson [1].xlsx").code == 0


def test_no_single_out_for_several(sheetgd: CommandLine, lessons: list[Path]) -> None:
    before = [path.read_bytes() for path in lessons]
    done = sheetgd("run", *lessons, "-o", "out.xlsx")
    assert done.code == 2
    assert (
        done.err == "-o names one file, but there are 4 workbooks; leave it out, or run one after another.\n"
    )
    assert [path.read_bytes() for path in lessons] == before


def test_several_sheets_of_several_workbooks(sheetgd: CommandLine, tmp_path: Path) -> None:
    for name in "ab":
        draw(tmp_path / f"{name}.xlsx", sheets=("One", "Two"))
    done = sheetgd("run", "a.xlsx", "b.xlsx", "--all")
    assert [line.partition(":")[0] for line in done.out.splitlines()] == [
        f"{book}.xlsx, sheet {sheet}" for book in "ab" for sheet in ("One", "Two")
    ]


def descendants(process: int) -> set[int]:
    """The processes that a process has started, and those that these have."""
    try:
        words = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return set()
    return {int(word) for word in words}.union(*(descendants(int(word)) for word in words))


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_a_killed_command_leaves_no_process(tmp_path: Path) -> None:
    for number in range(40):
        draw(tmp_path / f"{number}.xlsx")
    words = [sys.executable, "-m", "sheetgd", "run", "*.xlsx"]
    process = subprocess.Popen(
        words, cwd=tmp_path, env={**os.environ, **plain_environment()}, stdout=subprocess.DEVNULL
    )
    until, others = time.monotonic() + 20, set[int]()
    while len(others) < 2 and time.monotonic() < until:
        others = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(others) >= 2  # a worker and its engine
    while any(map(runs, others)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(runs, others))
