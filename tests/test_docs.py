"""Every command, number and Python line of the README runs as it stands there; docs/cli.md is what the commands say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from conftest import ROOT, CommandLine
from own_lessons import draw_scores
from sheetgd.errors import UsageError
from sheetgd.lessons import LESSONS
from sheetgd.lessons.create import new

COMMANDS = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def assert_said(said: str, expected: str, command: str) -> None:
    """The same words and figures, but for what may differ between machines: how many epochs a fit took, and the digits
    of a figure from the sixth one on."""
    ours, theirs = (re.split(r"(\d+\.\d+)", _without_epochs(text)) for text in (said, expected))
    assert ours[::2] == theirs[::2], command
    for one, other in zip(ours[1::2], theirs[1::2], strict=True):
        assert float(one) == pytest.approx(float(other), rel=1e-5, abs=0), command


def _without_epochs(said: str) -> str:
    return re.sub(r"(minimized in|after) \d+ epochs", r"\1 … epochs", said)


def test_every_command_prints_what_the_readme_says(sheetgd: CommandLine, tmp_path: Path) -> None:
    ran = 0
    draw_scores(tmp_path / "scores.xlsx")
    for block in blocks("console"):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = step.partition("\n")
            program, *words = shlex.split(command)
            assert program == "sheetgd"
            done = sheetgd(*words)
            assert_said(done.out + done.err, expected, command)
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
    assert version and install == f'pipx install "sheetgd-{version[1]}-py3-none-any.whl[page]"\n'


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links and all((ROOT / link).is_file() for link in links), links


def usage(name: str) -> str:
    [found] = re.findall(rf"^sheetgd {name} .*$", COMMANDS, flags=re.MULTILINE)
    return str(found)


def test_the_commands_page_has_no_brackets_around_what_must_be_said() -> None:
    assert usage("class").startswith("sheetgd class [LESSON] --roster ROSTER.csv -o OUT [--name COLUMN] ")
    assert usage("new").startswith("sheetgd new [LESSON] [-o FILE] ")
    assert usage("check").startswith("sheetgd check KEY [FILE …] ")


def test_the_commands_page_shows_what_there_is_to_choose_from() -> None:
    assert "[--optimizer {sgd,momentum,rmsprop,adam,bfgs}] [--difference {forward,central}]" in usage("fit")
    assert "[--as {xlsx,pdf}]" in usage("class")
    assert "| `--optimizer {sgd,momentum,rmsprop,adam,bfgs}` | use this one alone (default: bfgs," in COMMANDS
    assert "None" not in COMMANDS


GIVEN = {
    "title": "T",
    "data": "d.csv",
    "x": "a",
    "y": "b",
    "rows": 5,
    "seed": 1,
    "m": 1,
    "b": 1,
    "learn": 1,
    "epochs": 1,
    "without-teacher": True,
    "hide-actual": True,
}


def test_the_commands_page_says_what_each_lesson_takes(tmp_path: Path) -> None:
    """Each cell of its table against what `new` says of that option alone."""
    table = COMMANDS.partition("### Which lesson takes what\n\n")[2].partition("\n\n")[0]
    heading, _, *lines = (
        [cell.strip(" `-") for cell in line.split("|")[1:-1]] for line in table.splitlines()
    )
    assert sorted(heading[1:]) == sorted(GIVEN)
    assert [line[0] for line in lines] == list(LESSONS)
    for lesson, *cells in lines:
        for option, cell in zip(heading[1:], cells, strict=True):
            said = {
                "": f"the lesson {lesson} takes no --{option}; ",
                "yes": "drawn.txt does not end in .xlsx; ",  # which is looked at next
                "with `--rows": "--seed chooses rows at random, but --rows is missing; ",
                "with `--data": "--x and --y name columns of a file, but --data is missing; ",
            }[cell]
            name = "drawn.txt" if cell in ("", "yes") else "drawn.xlsx"
            with pytest.raises(UsageError, match="^" + re.escape(said)):
                new(lesson, tmp_path / name, **{option.replace("-", "_"): GIVEN[option]})


def test_the_commands_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "dev"))
    import build_docs

    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == build_docs.text(), (
        "run python scripts/dev/build_docs.py"
    )
