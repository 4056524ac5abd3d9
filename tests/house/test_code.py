"""What a reviewer would have to look for: long functions, long test files, formatting switched off for no reason."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from conftest import ROOT

CODE = sorted([*(ROOT / "sheetgd").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PAGE = sorted(
    path for path in (ROOT / "sheetgd" / "page").rglob("*") if path.suffix in {".py", ".js", ".css", ".html"}
)
LONGEST_FUNCTION, LONGEST_TEST_FILE, LONGEST_OF_THE_PAGE = 50, 500, 400
MOST_PARAMETERS = 8
PUBLIC_OPTIONS = {  # what may take more, and whose options it takes; each has a name of its own there, and a type
    "sheetgd/classroom/assignment.py:assignments": "sheetgd class",
    "sheetgd/classroom/drive.py:make_class": "sheetgd class --google",
    "sheetgd/classroom/folder.py:make_class": "sheetgd class",
    "sheetgd/classroom/model_class.py:make_model_class": "sheetgd class --model",
    "sheetgd/epochs/run.py:reset": "sheetgd.reset",
    "sheetgd/epochs/run.py:run": "sheetgd.run",
    "sheetgd/epochs/run.py:run_sheets": "sheetgd run --all",
    "sheetgd/fitting/fit.py:fit": "sheetgd.fit",
    "sheetgd/lessons/create.py:new": "sheetgd.new",
}


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CODE, ids=short)
def test_functions_can_be_seen_at_once(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert [node.name for node in functions if lines_of(node) > LONGEST_FUNCTION] == []


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[list[str], list[str]]:
    """The parameters by place and those by name only, without self."""
    given = node.args
    by_place = [one.arg for one in (*given.posonlyargs, *given.args, *filter(None, [given.vararg]))]
    by_name = [one.arg for one in (*given.kwonlyargs, *filter(None, [given.kwarg]))]
    return by_place[1:] if by_place[:1] in (["self"], ["cls"]) else by_place, by_name


def test_only_public_options_make_a_function_take_many_parameters() -> None:
    found = {}
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                by_place, by_name = parameters_of(node)
                if len(by_place) + len(by_name) > MOST_PARAMETERS:
                    found[f"{short(path)}:{node.name}"] = by_place
    assert sorted(found) == sorted(PUBLIC_OPTIONS)
    assert {name: places for name, places in found.items() if len(places) > 3} == {}  # options have names


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


def imports_without_a_reason(code: str) -> list[int]:
    """The lines of imports inside functions for which nothing says why they stand there.

    A comment says it, on the import's lines or on the one above, for the imports that follow it at once, too; or the
    module's docstring, which then says what is imported in functions.
    """
    tree = ast.parse(code)
    if re.search(r"\bimport(s|ed)?\b", ast.get_docstring(tree) or ""):
        return []
    reasons, found, given = comments(code), {}, set()
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found[node.lineno] = node.end_lineno or node.lineno
    lines = ["", *code.splitlines()]
    for first, last in sorted(found.items()):
        above = next(line for line in range(first - 1, -1, -1) if lines[line].strip() or not line)
        if above in given or reasons & set(range(first - 1, last + 1)):
            given.add(last)
    return [first for first, last in sorted(found.items()) if last not in given]


def comments(code: str) -> set[int]:
    """The lines with a comment of two words or more, apart from what it tells a linter."""
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            words = re.sub(r"# (noqa|type): ?[\w, ]+", "", token.string).split()
            if len(words) > 2:
                found.add(token.start[0])
    return found


def test_imports_stand_at_the_top_or_say_why() -> None:
    ours = [path for path in CODE if short(path).startswith("sheetgd/")]
    found = {short(path): imports_without_a_reason(path.read_text(encoding="utf-8")) for path in ours}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_search_for_imports_finds_what_it_looks_for() -> None:
    plain = "import os\n\n\ndef run():\n    import json\n\n    from a import b  # noqa: F401\n    b()\n    import c\n"
    assert imports_without_a_reason(plain) == [5, 7, 9]
    assert imports_without_a_reason(plain.replace("json", "json  # only --json needs it")) == [9]
    assert imports_without_a_reason(plain.replace("b()", "# few need it")) == [5, 7]
    assert imports_without_a_reason(plain.replace("F401", "F401 - while the engine starts")) == [5, 9]
    assert imports_without_a_reason(f'"""b is imported where it is used."""\n{plain}') == []


def test_there_is_one_kind_of_record() -> None:
    ours = [path for path in CODE if short(path).startswith("sheetgd/")]
    assert [short(path) for path in ours if "dataclass" in path.read_text(encoding="utf-8")] == []
