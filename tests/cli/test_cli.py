"""The command line itself: usage, versions, the bar, what goes where."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, CommandLine, plain_environment
from sheetgd.cli import lessons
from sheetgd.cli.main import main
from workbooks import curved


def test_version(sheetgd: CommandLine) -> None:
    done = sheetgd("--version")
    assert done.code == 0 and re.fullmatch(r"sheetgd (\d+\.\d+\.\d+|\(not installed\))\n", done.out)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["run"], "the following arguments are required: BOOK"),
        (["run", "a.xlsx", "--epochs", "0"], "0 is not a whole number from 1 to 1,000,000"),
        (["run", "a.xlsx", "--epochs", "2.5"], "2.5 is not a whole number from 1 to 1,000,000"),
        (["run", "a.xlsx", "--epochs", "1000001"], "1000001 is not a whole number from 1 to 1,000,000"),
        (["run", "a.xlsx", "--learn", "0"], "0 is not a number above 0, such as 0.0001"),
        (["run", "a.xlsx", "--learn", "0,1"], "0,1 is not a number above 0, such as 0.0001"),
        (["run", "a.xlsx", "--learn", "nan"], "nan is not a number above 0, such as 0.0001"),
        (["run", "a.xlsx", "--carry", "K30"], "K30 is not a pair of cells like K30=C2"),
        (["run", "a.xlsx", "--epo", "5"], "unrecognized arguments: --epo 5"),
    ],
)
def test_wrong_usage_is_exit_code_2(sheetgd: CommandLine, words: list[str], text: str) -> None:
    done = sheetgd(*words)
    assert done.code == 2 and text in done.err and done.out == ""


def test_both_all_and_sheet(sheetgd: CommandLine) -> None:
    done = sheetgd("run", "a.xlsx", "--all", "--sheet", "One")
    assert (done.code, done.err) == (2, "--all and --sheet were both given; use one of them.\n")


def test_carry_must_name_cells(sheetgd: CommandLine) -> None:
    sheetgd("new", "--epochs", 5, "-o", "d.xlsx")
    done = sheetgd("run", "d.xlsx", "--carry", "J94=here")
    assert done.code == 2
    assert done.err == (
        "d.xlsx: --carry J94=here: 'here' is not a cell address like C7; write it like --carry K30=C2.\n"
    )


def test_carry_is_obeyed(sheetgd: CommandLine) -> None:
    """Carried to its own start cell, a parameter stays where it is."""
    sheetgd("new", "--epochs", 5, "-o", "d.xlsx")
    result = sheetgd("run", "d.xlsx", "--carry", "D75=D4", "--json").json()
    assert result["parameters"]["m"] == {"cell": "D4", "before": 1.0, "after": 1.0}
    assert result["parameters"]["b"]["after"] != 1.0


def test_every_exit_code_is_explained(sheetgd: CommandLine) -> None:
    text = sheetgd("--help").out
    assert [line.split()[0] for line in text.split("exit codes:")[1].strip().splitlines()] == [
        "0",
        "1",
        "2",
        "3",
    ]


def test_json_is_one_line_with_all_digits(sheetgd: CommandLine) -> None:
    sheetgd("new", "--epochs", 5, "-o", "d.xlsx")
    done = sheetgd("run", "d.xlsx", "--json")
    assert done.out.count("\n") == 1 and done.err == ""
    result = json.loads(done.out)
    assert list(result) == [
        *("book", "sheet", "rule", "epochs", "learn", "parameters", "loss", "log", "warnings"),
    ]
    assert repr(result["parameters"]["m"]["after"]) in done.out
    assert set(result["log"][0]) == {"epoch", "m", "b", "rmse"}


def test_look_json(sheetgd: CommandLine) -> None:
    sheetgd("new", "--epochs", 5, "-o", "d.xlsx")
    found = sheetgd("look", "d.xlsx", "--json").json()
    assert list(found) == ["sheet", "rule", "table", "parameters", "controls", "log", "grid", "missing"]
    assert list(found["table"]) == ["area", "rows", "columns"] and found["table"]["rows"] == 20
    assert list(found["controls"]) == ["learn", "epochs", "loss"]
    assert found["grid"] == {"area": "C39:M46", "down": "m", "across": "b"}


def in_a_terminal(folder: Path, *words: str) -> str:
    """What a command shows where its output is a terminal."""
    import pty

    leader, follower = pty.openpty()
    environment = {**os.environ, **plain_environment(), "TERM": "xterm", "NO_COLOR": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "sheetgd", *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env=environment,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # Linux says so when the other end is closed
            piece = b""
        if not piece:
            break
        shown += piece
    assert process.wait(timeout=60) == 0
    os.close(leader)
    return shown.decode()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pty") if os.name == "nt" else lambda test: test
def test_a_long_run_shows_a_bar_on_a_terminal_only(sheetgd: CommandLine, tmp_path: Path) -> None:
    curved(tmp_path / "d.xlsx")
    assert "Epochs" not in in_a_terminal(tmp_path, "run", "d.xlsx")
    assert "Epochs" in in_a_terminal(tmp_path, "run", "d.xlsx", "--epochs", "200000")
    done = sheetgd("run", "d.xlsx", "--epochs", 200000)
    assert done.code == 0 and "Epochs" not in done.out + done.err


def test_ctrl_c_stops_in_words_and_writes_nothing(tmp_path: Path) -> None:
    import signal
    import time

    curved(tmp_path / "d.xlsx")
    before = (tmp_path / "d.xlsx").read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "sheetgd", "run", "d.xlsx", "--epochs", "900000"],
        cwd=tmp_path,
        env={**os.environ, **plain_environment()},
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "Stopped; nothing was written.\n")
    assert (tmp_path / "d.xlsx").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.xlsx"]


def test_an_error_of_the_system_about_a_file_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the library does not foresee; an error that names no file is a bug, and stays one."""
    raised = [
        OSError("a bug"),
        OSError(errno.EIO, "Error"),
        OSError(errno.EIO, "Input/output error", "a/b.xlsx"),
    ]

    def command(words: object) -> int:
        raise raised.pop()

    monkeypatch.setattr(lessons, "command", command)
    assert main(["lessons"]) == 1
    assert capsys.readouterr() == ("", "a/b.xlsx: input/output error; check the name and the folder.\n")
    for text in ("Error", "a bug"):
        with pytest.raises(OSError, match=text):
            main(["lessons"])


def test_the_package_is_typed() -> None:
    assert (ROOT / "sheetgd" / "py.typed").is_file()
