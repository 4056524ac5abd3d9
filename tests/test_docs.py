"""Every command, number and Python line of the README runs as it stands there; docs/cli.md is what the commands say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from conftest import ROOT, CommandLine

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def test_every_command_prints_what_the_readme_says(sheetgd: CommandLine) -> None:
    ran = 0
    for block in blocks("console"):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            program, *words = shlex.split(command)
            assert program == "sheetgd"
            done = sheetgd(*words)
            assert done.out + done.err == expected, command
            ran += 1
    assert ran >= 7


def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    [code] = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == "3.097 15.7\n"


def test_the_two_commands_are_there() -> None:
    commands, install, *others = blocks("")
    assert [line.split()[0] for line in commands.splitlines()] == ["python", "python"]
    assert all(line.split()[0] == "sheetgd" for block in others for line in block.splitlines())
    for line in commands.splitlines():
        assert (ROOT / line.split()[1]).is_file()
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.*)"$', project, flags=re.MULTILINE)
    assert version and install == f"pipx install sheetgd-{version[1]}-py3-none-any.whl\n"


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links and all((ROOT / link).is_file() for link in links), links


def test_the_commands_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import build_docs

    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == build_docs.text(), (
        "run python scripts/build_docs.py"
    )
