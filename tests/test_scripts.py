"""scripts/test.py counts what it is told; what was left out never counts as passed."""

from __future__ import annotations

import importlib.util
import inspect
import runpy
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
PASSES = "def test_passes(): pass\n"
LEFT_OUT = (
    "import pytest\n@pytest.mark.skip(reason='LibreOffice is not installed')\ndef test_left_out(): pass\n"
)
FAILS = "def test_fails(): assert 1 == 2\n"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """scripts/test.py, to run the tests of a folder of its own."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("script_under_test", SCRIPTS / "test.py")
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    monkeypatch.setattr(loaded, "PROJECT", tmp_path)
    return loaded


@pytest.mark.parametrize(
    ("tests", "require_all", "code", "last"),
    [
        (PASSES, True, 0, "1 passed, 0 failed, 0 not run"),
        (PASSES + LEFT_OUT, False, 0, "1 passed, 0 failed, 1 not run"),
        (PASSES + LEFT_OUT, True, 1, "--require-all: a test that was not run counts as a failure."),
        (PASSES + FAILS, False, 1, "1 passed, 1 failed, 0 not run"),
        (LEFT_OUT, False, 1, "No test was run."),
        ("", False, 5, "0 passed, 0 failed, 0 not run"),
        ("syntax error", False, 1, "0 passed, 1 failed, 0 not run"),
    ],
)
def test_counts_and_exit_codes(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tests: str,
    require_all: bool,
    code: int,
    last: str,
) -> None:
    (tmp_path / "test_some.py").write_text(tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    if tests not in (PASSES + FAILS, "syntax error"):  # of all cores these two are enough
        monkeypatch.setattr(script, "ON_ALL_CORES", ())
    assert script.run_tests(Path(sys.executable), ["-q"], require_all) == code
    assert capsys.readouterr().out.strip().splitlines()[-1] == last


def test_what_was_left_out_is_named_by_reason(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_some.py").write_text(PASSES + LEFT_OUT)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    script.run_tests(Path(sys.executable), ["-q"], False)
    wanted = [
        "Tests that were not run (1):",
        "  LibreOffice is not installed:",
        "    test_some.py::test_left_out",
    ]
    assert "\n".join(wanted) in capsys.readouterr().out


@pytest.mark.parametrize("script_name", ["demo.py", "test.py"])
def test_help_needs_no_environment(script_name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(SCRIPTS / script_name), "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"python scripts/{script_name}" in done.stdout


def test_the_profile_of_a_run_times_functions_that_exist() -> None:
    script = runpy.run_path(str(SCRIPTS / "dev" / "benchmark_profile.py"))
    for modules in script["WORK"].values():
        for module, paths in modules.items():
            for path in paths:
                owner, name = script["found"](import_module(module), path)
                assert inspect.isfunction(getattr(owner, name, None)), f"{module} has no {path}"
