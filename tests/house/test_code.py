"""What a reviewer would have to look for: long functions and test files, and code that reads its own messages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT

CODE = sorted((ROOT / "sheetgd").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FUNCTION, LONGEST_TEST_FILE = 50, 500
MESSAGE = {"found", "todo"}  # of a SheetgdError
ASKING = {"replace", "startswith", "endswith", "find", "partition", "split", "removeprefix", "removesuffix"}


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_message(node: ast.AST) -> bool:
    """Whether it is error.found, error.todo or str(error)."""
    if isinstance(node, ast.Attribute):
        return node.attr in MESSAGE and isinstance(node.value, ast.Name) and "error" in node.value.id
    asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str"
    return asks and any(isinstance(one, ast.Name) and "error" in one.id for one in node.args)


def readings(tree: ast.AST) -> Iterator[int]:
    """The lines in which a message is compared, searched or changed by its text."""
    for node in ast.walk(tree):
        compares = isinstance(node, ast.Compare) and any(map(is_message, [node.left, *node.comparators]))
        if compares or (isinstance(node, ast.Attribute) and node.attr in ASKING and is_message(node.value)):
            yield node.lineno  # type: ignore[attr-defined]


def test_the_search_finds_what_it_looks_for() -> None:
    code = (
        "if error.todo == X: error.todo.replace('a', 'b')\nif 'a' in str(error): pass\nraise E(error.found)"
    )
    assert sorted(readings(ast.parse(code))) == [1, 1, 2]


@pytest.mark.parametrize("path", CODE, ids=short)
def test_no_code_depends_on_the_text_of_a_message(path: Path) -> None:
    assert not list(readings(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", CODE, ids=short)
def test_functions_can_be_seen_at_once(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    lines = {node.name: lines_of(node) for node in functions}
    assert {name: count for name, count in lines.items() if count > LONGEST_FUNCTION} == {}


def lines_of(node: ast.FunctionDef) -> int:
    """How long a function is without its docstring, which may be as long as it likes."""
    text = node.body[0] if ast.get_docstring(node) else None
    return (
        (node.end_lineno or 0) - node.lineno + 1 - ((text.end_lineno or 0) - text.lineno + 1 if text else 0)
    )


@pytest.mark.parametrize("path", TESTS, ids=short)
def test_test_files_have_one_subject_each(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_TEST_FILE
