"""What a reviewer would have to look for: long functions, long test files, formatting switched off for no reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from conftest import ROOT

CODE = sorted([*(ROOT / "sheetgd").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PAGE = sorted(
    path for path in (ROOT / "sheetgd" / "page").rglob("*") if path.suffix in {".py", ".js", ".css", ".html"}
)
LONGEST_FUNCTION, LONGEST_TEST_FILE, LONGEST_OF_THE_PAGE = 50, 500, 400


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CODE, ids=short)
def test_functions_can_be_seen_at_once(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert [node.name for node in functions if lines_of(node) > LONGEST_FUNCTION] == []


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How long a function is without its docstring, which may be as long as it likes."""
    text = node.body[0] if ast.get_docstring(node) else None
    return (
        (node.end_lineno or 0) - node.lineno + 1 - ((text.end_lineno or 0) - text.lineno + 1 if text else 0)
    )


@pytest.mark.parametrize("path", TESTS, ids=short)
def test_test_files_have_one_subject_each(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_TEST_FILE


def test_the_pages_files_are_short() -> None:
    long = [path for path in PAGE if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_OF_THE_PAGE]
    assert len(PAGE) > 15 and long == []


def test_formatting_is_switched_off_only_with_a_reason() -> None:
    lines = [line for path in [*CODE, *TESTS] for line in path.read_text(encoding="utf-8").splitlines()]
    found = [re.search(r"# fmt: (?:skip|off)\b(.*)", line) for line in lines]
    assert [one.string for one in found if one and len(one[1].split()) < 2] == []


def test_there_is_one_kind_of_record() -> None:
    ours = [path for path in CODE if short(path).startswith("sheetgd/")]
    assert [short(path) for path in ours if "dataclass" in path.read_text(encoding="utf-8")] == []
