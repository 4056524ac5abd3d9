"""The command `sheetgd sync`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import CommandLine, plain_environment
from fakes.google import watching as fixtures
from fakes.google.server import Google
from fakes.google.soak import (
    RUN,
    Lesson,
    Small,
    close,
    states,
)

pytestmark = pytest.mark.usefixtures("quick")
quick, drawn, small = fixtures.quick, fixtures.drawn, fixtures.small
lesson, expected = fixtures.lesson, fixtures.expected


def test_once_from_the_command_line(
    google: Google, lesson: Lesson, sheetgd: CommandLine, expected: list[tuple[Any, ...]]
) -> None:
    lesson.tick(RUN)
    done = sheetgd("sync", lesson.file.url, "--once", env=google.environment)
    assert (done.code, done.err) == (0, "")
    last = done.out.splitlines()[-1]
    assert re.fullmatch(r"\d\d:\d\d  lesson: 5 epochs, rmse 15\.7208", last)
    assert lesson.state == close(expected[1])


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "no sheet is named; give the address of a Google Sheet, or --folder and that of a folder."),
        (["lesson.xlsx"], "lesson.xlsx is not the address of a Google Sheet; copy it from the browser"),
        (
            ["--folder", "class"],
            "class is not the address of a Google Drive folder; copy it from the browser",
        ),
        (["KEY", "--every", "0.1s"], "0.1s is not a time from 0.5s to 60m, such as 2s"),
    ],
)
def test_words_that_do_not_fit(sheetgd: CommandLine, google: Google, words: list[str], text: str) -> None:
    done = sheetgd("sync", *words, env=google.environment)
    assert done.code == 2 and text in done.err


@pytest.fixture
def started(google: Google, lesson: Lesson, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sheetgd", "sync", lesson.file.url, "--every", "0.5s"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, **plain_environment(), **google.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="a process is told to stop otherwise on Windows")
def test_it_watches_until_ctrl_c(
    google: Google,
    lesson: Lesson,
    started: subprocess.Popen[str],
    expected: list[tuple[Any, ...]],
    sheetgd: CommandLine,
) -> None:
    assert started.stdout
    assert started.stdout.readline()[7:] == "lesson: found Run (U2) and Reset (U3) on Descent\n"
    second = sheetgd("sync", lesson.file.url, "--once", env=google.environment)
    assert second.code == 1 and second.err == (
        f"another sheetgd sync on this computer is already watching {lesson.file.id}; "
        "leave it to that one, or stop that one.\n"
    )
    lesson.tick(RUN)
    assert "5 epochs, rmse 15.7208" in started.stdout.readline()
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert (started.returncode, out) == (0, "Stopped; no run was left unfinished.\n")
    assert err in ("", "Stopping when this sheet is done; Ctrl-C once more stops at once.\n")
    assert lesson.state == close(expected[1])


@pytest.mark.skipif(os.name == "nt", reason="a process is told to stop otherwise on Windows")
def test_stopping_says_what_could_not_be_taken_back(
    google: Google, lesson: Lesson, started: subprocess.Popen[str]
) -> None:
    assert started.stdout and started.stdout.readline()
    google.meanwhile("write", lambda: lesson.type("H3", 0.0002))
    google.fail("write", 503, skip=1, times=99)
    lesson.tick(RUN)
    assert "could not be taken back" in started.stdout.readline()
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate(timeout=60)
    assert out.splitlines()[-1] == (
        "Stopped; lesson still shows the results of old values, which could not be taken back: go back with File > "
        "Version history, and run again."
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_on_a_terminal_each_sheet_has_a_line(google: Google, small: Path, tmp_path: Path) -> None:
    import pty

    lesson, shown = Small(google, small), b""
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "sheetgd", "sync", lesson.file.url, "--every", "0.5s"]
    environment = {**os.environ, **plain_environment(), **google.environment, "TERM": "xterm"}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)

    def read_until(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            shown += os.read(keyboard, 10_000)  # an OSError at its end

    try:
        read_until(b"found Run (U2) and Reset (U3) on Lesson")
        lesson.tick(RUN)
        read_until(b"5 epochs, rmse 22.5446")
        process.send_signal(signal.SIGTERM)
        read_until(b"Stopped; no run was left unfinished.")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
    assert b"Traceback" not in shown and lesson.state == close(states(small)[1])
