"""What would make every small run start later, and nobody would see in the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tall_sheets import write_tall

PROGRAM = """
import sys, typing
from sheetgd.cli.main import main
main(["run", sys.argv[1]])
modules = [module for name, module in sys.modules.items() if name.startswith("sheetgd.")]
found = {one for module in modules for one in vars(module).values() if type(one) is type and hasattr(one, "_fields")}
texts = [one.__name__ for one in found if typing.ForwardRef in map(type, one.__annotations__.values())]
print(len(found), sorted(texts))
print([name for name in ("numpy", "openpyxl", "dataclasses", "inspect", "asyncio") if name in sys.modules])
"""


def test_a_small_run_compiles_no_annotations_and_imports_nothing_large(tmp_path: Path) -> None:
    """NamedTuple compiles each annotation that is a text, as `from __future__ import annotations` makes them all: four
    hundredths of such a run."""
    path = write_tall(tmp_path / "lesson.xlsx", 20, formulas=True)
    done = subprocess.run([sys.executable, "-c", PROGRAM, path], capture_output=True, text=True, check=True)
    *_, records, large = done.stdout.splitlines()
    count, _, texts = records.partition(" ")
    assert int(count) > 10 and texts == "[]"
    assert large == "[]"
