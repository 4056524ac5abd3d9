"""What a reviewer would have to look for: long functions and long test files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conftest import ROOT

CODE = sorted((ROOT / "sheetgd").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FUNCTION, LONGEST_TEST_FILE = 50, 500


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


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
