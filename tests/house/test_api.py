"""What `import sheetgd` offers: these names, these signatures, and options that a type checker knows."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import sheetgd as library
from conftest import ROOT

NAMES = {
    "Book",
    "Edits",
    "Fit",
    "History",
    "Layout",
    "Session",
    "SheetgdError",
    "fit",
    "look",
    "new",
    "open_book",
    "reset",
    "run",
    "session",
}
CALLS = [
    library.fit,
    library.look,
    library.new,
    library.open_book,
    library.reset,
    library.run,
    library.session,
]
SIGNATURES = {
    "fit": (
        "(book: Book, *, minimize: str | None = None, maximize: str | None = None, value_of: "
        "tuple[str, float] | None = None, change: str | None = None, at_least: Mapping[str, float] | "
        "None = None, at_most: Mapping[str, float] | None = None, sheet: str | None = None, learn: "
        "float | None = None, epochs: int = 2000, optimizer: str | None = None, difference: str | "
        "None = None, step: float | None = None, until: float = 1e-11, restarts: int = 0, seed: int ="
        " 0, log: str | None = None, rows: str | Sequence[str] | None = None, columns: Mapping[str, "
        "str] | None = None, on: str | None = None, out: str | os.PathLike[str] | None = None, force:"
        " bool = False, progress: Progress | None = None) -> Fit"
    ),
    "new": (
        "(lesson: str = descent, out: str | os.PathLike[str] | None = None, *, force: bool = False, "
        "rows: int | None = None, seed: int | None = None, data: str | os.PathLike[str] | None = "
        "None, x: str | None = None, y: str | None = None, m: float | None = None, b: float | None = "
        "None, learn: float | None = None, epochs: int | None = None, title: str | None = None, "
        "without_teacher: bool = False, hide_actual: bool = False, scroll_bar: bool = True, lang: str"
        " = en) -> Path"
    ),
    "look": "(book: Book, sheet: str | None = None, *, carry: Sequence[tuple[str, str]] = (), "
    "loss: str | None = None, learn_cell: str | None = None, epochs_cell: str | None = None) -> Layout",
    "open_book": "(path: str | os.PathLike[str], *, readonly: bool = False) -> Book",
    "reset": "(book: Book, sheet: str | None = None, *, carry: Sequence[tuple[str, str]] = (), "
    "loss: str | None = None, learn_cell: str | None = None, epochs_cell: str | None = None, remember: bool = False, "
    "out: str | os.PathLike[str] | None = None, force: bool = False) -> History",
    "session": (
        "(book: Book, sheet: str | None = None, *, carry: Sequence[tuple[str, str]] = (), loss: str | None = None, "
        "learn_cell: str | None = None, epochs_cell: str | None = None) -> Session"
    ),
    "run": "(book: Book, sheet: str | None = None, *, epochs: int | None = None, learn: float | None = None, "
    "carry: Sequence[tuple[str, str]] = (), "
    "loss: str | None = None, learn_cell: str | None = None, epochs_cell: str | None = None, remember: bool = False, "
    "log_every: int | None = None, "
    "out: str | os.PathLike[str] | None = None, force: bool = False, write: bool = True, "
    "rows: str | Sequence[str] | None = None, columns: Mapping[str, str] | None = None, on: str | None = None, "
    "progress: Progress | None = None) -> History",
}
MISSPELT = """
import sheetgd

with sheetgd.open_book("lesson.xlsx") as book:
    sheetgd.run(book, epoch=5)
    sheetgd.run(book, epochs="5")
    sheetgd.fit(book, minimise="mse")
    sheetgd.reset(book, True)
"""


def test_the_exported_names() -> None:
    assert set(library.__all__) == NAMES
    assert {name for name in dir(library) if not name.startswith("_")} >= NAMES


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signatures(name: str) -> None:
    found = str(inspect.signature(getattr(library, name))).replace("'", "")
    assert found == SIGNATURES[name]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_options_are_typed_named_and_described(call: Any) -> None:
    signature = inspect.signature(call)
    text = inspect.getdoc(call) or ""
    assert ">>> " in text and signature.return_annotation != inspect.Signature.empty
    assert get_type_hints(call)  # every name in them can be looked up where the call is defined
    for name, parameter in signature.parameters.items():
        assert parameter.annotation not in (inspect.Parameter.empty, "Any"), name
        if parameter.default is not inspect.Parameter.empty and name not in ("sheet", "lesson", "out"):
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, name


def test_a_misspelt_option_is_an_error_to_mypy(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(MISSPELT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", str(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    found = re.findall(rf"^{re.escape(str(script))}:(\d+): error:", done.stdout, flags=re.MULTILINE)
    assert {int(line) for line in found} == {5, 6, 7, 8}
