"""docs/fit.md: every command prints what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import sheetgd as library
from conftest import ROOT, CommandLine
from fit_sheets import regression
from test_docs import assert_said

PAGE = (ROOT / "docs" / "fit.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_prints_what_it_says(sheetgd: CommandLine, tmp_path: Path) -> None:
    regression(tmp_path / "passengers.xlsx")
    ran = 0
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            program, *words = shlex.split(command)
            assert program == "sheetgd"
            done = sheetgd(*words)
            assert_said(done.out + done.err, expected, command)
            ran += 1
    assert ran >= 4


def test_the_python_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    library.new("penguins", "penguins.xlsx")
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    exec(compile(code, "fit.md", "exec"), {})
    said = [line.partition("  # ")[2] for line in code.splitlines() if line.startswith("print(")]
    assert capsys.readouterr().out.splitlines() == said
