"""One meaning a word: no two public classes or types share a name, and what begins with _ stays in its module; and the
family of errors."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT

CODE = sorted((ROOT / "sheetgd").rglob("*.py"))
OF_TUPLES = {
    "_replace",
    "_asdict",
    "_fields",
    "_exit",
}  # public in the standard library, in spite of their names


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def types(module: ast.Module) -> Iterator[str]:
    """The public classes of a module, and its names for types, such as Place = tuple[str, Cell]."""
    checked = [
        one for node in module.body if isinstance(node, ast.If) for one in node.body
    ]  # if TYPE_CHECKING
    for node in [*module.body, *checked]:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and not target.id.isupper() and target.id[0].isupper():
                    yield target.id


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private(module: ast.Module) -> Iterator[str]:
    """What a module takes from another one of sheetgd although its name begins with _."""
    modules = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("sheetgd")):
            modules |= {alias.asname or alias.name for alias in node.names}
            yield from (alias.name for alias in node.names if is_private(alias.name))
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            hidden = is_private(node.attr) and node.attr not in OF_TUPLES
            if hidden and node.value.id in modules:
                yield f"{node.value.id}.{node.attr}"


def test_the_search_finds_what_it_looks_for() -> None:
    code = "from .kit import style, _fill\nPlace = tuple[str, int]\nclass Run: pass\nMOST = 3\nstyle._font()\nself._x"
    assert list(types(ast.parse(code))) == ["Place", "Run"]
    assert list(private(ast.parse(code))) == ["_fill", "style._font"]


def test_no_two_types_share_a_name() -> None:
    found = defaultdict(list)
    for path in CODE:
        for name in types(tree(path)):
            if not name.startswith("_"):
                found[name].append(short(path))
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


@pytest.mark.parametrize("path", CODE, ids=short)
def test_what_is_private_stays_in_its_module(path: Path) -> None:
    assert list(private(tree(path))) == []


def test_the_family_of_errors_is_drawn_as_it_is() -> None:
    module = tree(ROOT / "sheetgd" / "errors.py")
    drawn = re.findall(r"^([ │├└─]*)([A-Z]\w+)  ", ast.get_docstring(module) or "", flags=re.MULTILINE)
    parents: dict[int, str] = {}
    found = {}
    for indent, name in drawn:
        found[name] = parents.get(len(indent) - 3, "Exception")
        parents[len(indent)] = name
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    assert found == {node.name: ast.unparse(node.bases[0]) for node in classes}
