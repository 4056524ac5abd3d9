"""ARCHITECTURE.md and CONTRIBUTING.md name nothing that is gone, and stay short."""

from __future__ import annotations

import ast
import re

import pytest

from conftest import ROOT

PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("ARCHITECTURE.md", "CONTRIBUTING.md")}
NAMED = [
    (page, match[1], match[2])
    for page, text in PAGES.items()
    for match in re.finditer(r"`([\w/]+\.py)(?::(\w+))?`", text)
]
TWO_SCREENS = 100  # lines


def defined(path: str) -> set[str]:
    """The names that a module defines at its top."""
    names: set[str] = set()
    for node in ast.parse((ROOT / "sheetgd" / path).read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names.update(
            one.id for target in targets if target for one in ast.walk(target) if isinstance(one, ast.Name)
        )
    return names


@pytest.mark.parametrize(("page", "path", "name"), NAMED)
def test_what_is_named_is_there(page: str, path: str, name: str | None) -> None:
    assert (ROOT / "sheetgd" / path).is_file()
    assert name is None or name in defined(path)


def test_twelve_questions_are_answered() -> None:
    answers = re.findall(r"^\| .*\? \| `[\w/]+\.py:\w+` \|$", PAGES["ARCHITECTURE.md"], flags=re.MULTILINE)
    assert len(answers) >= 12


@pytest.mark.parametrize("page", PAGES)
def test_other_files_that_are_named_are_there(page: str) -> None:
    for path in re.findall(r"(?<![\w/])((?:scripts|tests|docs)/[\w/]+\.\w+)", PAGES[page]):
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("page", PAGES)
def test_each_is_short(page: str) -> None:
    assert len(PAGES[page].splitlines()) <= TWO_SCREENS


def test_the_layers_are_those_of_the_contract() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [listed] = re.findall(r"^layers = \[\n(.*?)^\]", project, flags=re.MULTILINE | re.DOTALL)
    [drawn] = re.findall(r"## The layers\n\n```\n(.*?)```", PAGES["ARCHITECTURE.md"], flags=re.DOTALL)
    contract = [set(re.findall(r"\w+", line)) for line in listed.splitlines()]
    assert [
        layer <= set(re.findall(r"\w+", line))
        for layer, line in zip(contract, drawn.splitlines(), strict=True)
    ] == [True] * len(contract)
