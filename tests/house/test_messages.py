"""No code asks what a sentence says: errors are told apart by class or field, reasons by their kind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conftest import ROOT

CODE = sorted((ROOT / "sheetgd").rglob("*.py"))
MESSAGE = {"found", "todo"}  # of a SheetgdError
SAID = {"why", "reason", "warning", "note", "sentence", "problem"}  # variables that hold our words
GOOGLES = "message"  # what Google says, which has no code for everything
ASKING = {"replace", "startswith", "endswith", "find", "partition", "split", "removeprefix", "removesuffix"}
WORDS = 5  # from which on a text is a sentence, not a label or a heading


def is_sentence(node: ast.AST | None) -> bool:
    """Whether it is a text of several words, spelt out in the code."""
    if isinstance(node, ast.JoinedStr):
        return any(is_sentence(part) for part in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value.split()) >= WORDS


def sentence_names() -> set[str]:
    """The constants of all modules that are sentences, and nothing else in any."""
    sentences, others = set(), set()
    for path in CODE:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign):
                names = {target.id for target in node.targets if isinstance(target, ast.Name)}
                (sentences if is_sentence(node.value) else others).update(names)
    return sentences - others


SENTENCES = sentence_names()


def is_known(node: ast.AST) -> bool:
    """Whether it is a sentence that stands in the code, or a collection of such."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return any(map(is_known, node.elts))
    return is_sentence(node) or (isinstance(node, ast.Name) and node.id in SENTENCES)


def is_message(node: ast.AST) -> bool:
    """Whether it is an error's text, a reason's words, or a variable that holds one."""
    if isinstance(node, ast.Attribute):
        of_error = isinstance(node.value, ast.Name) and "error" in node.value.id
        return node.attr == "words" or (node.attr in MESSAGE and of_error)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str":
        names = {one.id for one in node.args if isinstance(one, ast.Name)}
        return any("error" in name or name == "answer" for name in names)
    return isinstance(node, ast.Name) and node.id in SAID


def is_reading(node: ast.AST) -> bool:
    """Whether a message is compared, searched or changed by its text; that it is another's, too, may be asked."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        asks = any(isinstance(op, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) for op in node.ops)
        if not asks or any(isinstance(side, ast.Name) and side.id == GOOGLES for side in sides):
            return False
        return any(map(is_known, sides)) or (any(map(is_message, sides)) and not all(map(is_held, sides)))
    if (
        not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or node.func.attr not in ASKING
    ):
        return False
    begins = node.func.attr in ("startswith", "endswith") and any(map(is_known, node.args))
    return begins or is_message(node.func.value)


def is_held(node: ast.AST) -> bool:
    """Whether it is what was said before, not what stands in the code."""
    return is_message(node) or (isinstance(node, ast.Name) and node.id == "words")


def readings(code: str) -> list[int]:
    return [node.lineno for node in ast.walk(ast.parse(code)) if is_reading(node)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code",
    [
        "if error.todo == X: pass",
        "error.todo.replace('a', 'b')",
        "if 'a' in str(error): pass",
        "if why == CHANGES: pass",
        "if why in (CIRCULAR, ITERATED): pass",
        "why.startswith(CIRCULAR)",
        "if found.words != 'x': pass",
        "str(answer).startswith('PanicException')",
        "if kind == 'it refers to itself, directly': pass",
        "text.startswith('it refers to itself, directly')",
    ],
)
def test_the_search_finds_what_it_looks_for(code: str) -> None:
    assert readings(code) == [1]


@pytest.mark.parametrize(
    "code",
    [
        "raise E(error.found)",
        "if why.kind is X: pass",
        "if why is None: pass",
        "if label == 'new m': pass",
        "if sheet.words == words: pass",
        "if 'has not been used in this project' in message: pass",
    ],
)
def test_the_search_finds_nothing_else(code: str) -> None:
    assert not readings(code)


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_code_depends_on_the_text_of_a_message(path: Path) -> None:
    assert not readings(path.read_text(encoding="utf-8"))
