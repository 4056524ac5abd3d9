"""Every example in a docstring of the package runs, in a folder of its own."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import sheetgd

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(sheetgd.__path__, "sheetgd.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", ["sheetgd", *MODULES])
def test_docstring_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_are_found() -> None:
    """The test above could pass by finding nothing."""
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(name) for name in MODULES]
    found = sum(len(test.examples) for module in modules for test in finder.find(module))
    assert found > 40
