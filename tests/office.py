"""A real LibreOffice for the tests: one headless soffice, reused, that opens workbooks and says what is in them.

It owns the process (started on first use, on a pipe and a profile of its own; every call bounded by a timeout;
started again when it has died; ended by `close`) and the comparison of stored results with recalculated ones. The
part that speaks UNO is tests/office_server.py, run by whichever Python has the `uno` module.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

SERVER = Path(__file__).with_name("office_server.py")
START_SECONDS = 90.0
CALL_SECONDS = 60.0

RELATIVE = 1e-12
ABSOLUTE = 1e-9  # of the largest number in the column: LibreOffice rounds near-zero differences to zero


class OfficeError(Exception):
    """LibreOffice could not be started, did not answer in time, or could not do what was asked."""


class OfficeDied(OfficeError):
    """The process ended in the middle of a call."""


class Sheet(dict[str, Any]):
    """A sheet's non-empty cells, A1 to value: a float, a text, or an error's text; `formulas`: those that compute."""

    def __init__(self, values: Mapping[str, Any], formulas: Iterable[str]) -> None:
        super().__init__(values)
        self.formulas = frozenset(formulas)


@lru_cache(maxsize=1)
def find_soffice() -> str | None:
    """The soffice program, or None where LibreOffice is not installed."""
    named = os.environ.get("SHEETGD_SOFFICE")
    if named is not None:
        return named if Path(named).is_file() else None
    usual = [
        Path("/Applications/LibreOffice.app/Contents/MacOS/soffice"),
        Path(os.environ.get("PROGRAMFILES", r"C:\Program Files"), "LibreOffice", "program", "soffice.exe"),
    ]
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((str(path) for path in usual if path.is_file()), None)


@lru_cache(maxsize=1)
def find_uno_python() -> str | None:
    """A Python that can `import uno`: LibreOffice's own, or the system's with python3-uno."""
    soffice = find_soffice()
    if soffice is None:
        return None
    program = Path(soffice).resolve().parent
    candidates = [
        os.environ.get("SHEETGD_UNO_PYTHON", ""),
        str(program / "python"),
        str(program / "python.exe"),
        str(program.parent / "Resources" / "python"),
        "/usr/bin/python3",
        sys.executable,
    ]
    return next(
        (python for python in candidates if python and Path(python).exists() and has_uno(python)), None
    )


def has_uno(python: str) -> bool:
    try:
        tried = subprocess.run(
            [python, "-c", "import uno"], capture_output=True, timeout=60, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def missing() -> str | None:
    """Why there can be no Office here, or None."""
    if find_soffice() is None:
        return "LibreOffice is not installed"
    if find_uno_python() is None:
        return "LibreOffice is not installed with its Python bridge (python3-uno)"
    return None


class Office:
    """One LibreOffice. Files are opened as copies, so neither they nor their folders are touched."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sheetgd-office-"))
        self._soffice: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()

    def __enter__(self) -> Office:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def recalculate(self, path: str | os.PathLike[str], timeout: float = CALL_SECONDS) -> dict[str, Sheet]:
        """Every sheet's cells after LibreOffice has recalculated every formula."""
        return self._cells(path, True, timeout)

    def as_loaded(self, path: str | os.PathLike[str], timeout: float = CALL_SECONDS) -> dict[str, Sheet]:
        """Every sheet's cells as LibreOffice shows them on opening: stored results, not recalculated."""
        return self._cells(path, False, timeout)

    def to_pdf(
        self, path: str | os.PathLike[str], folder: str | os.PathLike[str], timeout: float = CALL_SECONDS
    ) -> Path:
        """The workbook printed, as folder/<its name>.pdf."""
        out = Path(folder).resolve() / (Path(path).stem + ".pdf")
        self._on_copy(path, {"do": "pdf", "out": str(out)}, timeout)
        return out

    def edit(
        self,
        path: str | os.PathLike[str],
        cells: Mapping[str, Any],
        out: str | os.PathLike[str],
        password: str | None = None,
        timeout: float = CALL_SECONDS,
        insert: Iterable[str] = (),
        rename: Mapping[str, str] | None = None,
        delete: Iterable[str] = (),
    ) -> Path:
        """Type into cells ("C1" on the first sheet, or "basic!C1") as a person would, and store as `out`.

        Then rows and columns are inserted ("basic!5" before row 5, "basic!C" before column C), columns deleted
        ("basic!C") and sheets renamed.

        The name of `out` says the format (.xlsx, .xlsm, .xls, .ods); a password encrypts it. None empties a cell; a
        text that begins with = is a formula, in English, with semicolons between arguments.
        """
        typed = []
        for place, value in cells.items():
            sheet, _, address = place.rpartition("!")
            typed.append([sheet.strip("'"), address, value])
        target = Path(out).resolve()
        request = {"do": "edit", "cells": typed, "out": str(target), "password": password}
        request |= {"insert": [place.split("!") for place in insert], "rename": dict(rename or {})}
        request["delete"] = [place.split("!") for place in delete]
        self._on_copy(path, request, timeout)
        return target

    def scroll(
        self,
        path: str | os.PathLike[str],
        sheet: str,
        typed: int,
        dragged: int,
        timeout: float = CALL_SECONDS,
    ) -> Any:
        """A scroll bar: its `limits`, the `bar` once its cell is typed into, the sheet's `values` once it is moved."""
        return self._on_copy(
            path, {"do": "scroll", "sheet": sheet, "typed": typed, "dragged": dragged}, timeout
        )

    def assert_stored_equals_recalculated(
        self, path: str | os.PathLike[str], ignore: Iterable[str] = (), timeout: float = CALL_SECONDS
    ) -> int:
        """Every formula cell's stored result is LibreOffice's own after a hard recalculation; how many were compared.

        `ignore` names cells ("Sheet!C7") and whole sheets ("Sheet"): volatile functions, functions LibreOffice lacks.
        """
        recalculated = self.recalculate(path, timeout)
        stored = read_stored(path)
        ignored = set(ignore)
        wrong: list[str] = []
        compared = 0
        for name, sheet in recalculated.items():
            if name in ignored:
                continue
            largest = largest_in_columns(sheet, stored[name])
            for address in sorted(sheet.formulas, key=row_and_column):
                if f"{name}!{address}" in ignored:
                    continue
                compared += 1
                expected, got = sheet[address], stored[name].get(address)
                if not same(expected, got, largest.get(column_of(address), 0.0)):
                    wrong.append(f"{name}!{address}  expected {shown(expected)}  got {shown(got)}")
        if wrong:
            more = [f"and {len(wrong) - 20} more"] if len(wrong) > 20 else []
            raise AssertionError("\n".join([*wrong[:20], *more]))
        return compared

    def close(self) -> None:
        """End both processes and remove the profile."""
        self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _cells(self, path: str | os.PathLike[str], recalculate: bool, timeout: float) -> dict[str, Sheet]:
        result = self._on_copy(path, {"do": "cells", "recalculate": recalculate}, timeout)
        return {name: Sheet(sheet["values"], sheet["formulas"]) for name, sheet in result.items()}

    def _on_copy(self, path: str | os.PathLike[str], request: dict[str, Any], timeout: float) -> Any:
        with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
            copy = shutil.copyfile(path, Path(folder, Path(path).name))
            request["path"] = str(copy)
            try:
                return self._ask(request, timeout)
            except OfficeDied:
                return self._ask(request, timeout)

    def _ask(self, request: dict[str, Any], timeout: float) -> Any:
        if self._server is None or self._server.poll() is not None:
            self._start()
        self._send(request)
        return self._receive(request, timeout)

    def _send(self, request: dict[str, Any]) -> None:
        assert self._server is not None and self._server.stdin is not None
        try:
            self._server.stdin.write(json.dumps(request).encode() + b"\n")
            self._server.stdin.flush()
        except OSError as error:
            self._stop()
            raise OfficeDied(f"LibreOffice ended: {error}") from error

    def _receive(self, request: dict[str, Any], timeout: float) -> Any:
        try:
            line = self._answers.get(timeout=timeout)
        except queue.Empty:
            self._stop()
            raise OfficeError(f"LibreOffice did not answer within {timeout:g} s: {request}") from None
        answer = json.loads(line) if line else {"error": "the process ended", "trace": "Disposed"}
        if "error" not in answer:
            return answer["result"]
        ended = self._soffice is None or self._soffice.poll() is not None
        if ended or not line or "DisposedException" in answer["trace"]:
            self._stop()
            raise OfficeDied(f"LibreOffice ended during {request}: {answer['error']}")
        raise OfficeError(f"{request.get('path')}: {answer['error']}\n{answer['trace']}")

    def _start(self) -> None:
        reason = missing()
        if reason:
            raise OfficeError(reason)
        self._stop()
        pipe = "sheetgd" + uuid.uuid4().hex
        # A new profile each time: one left by a killed soffice may ask whether to restore documents.
        profile = self.folder / ("profile-" + pipe)
        self._soffice = subprocess.Popen(
            [
                str(find_soffice()),
                f"-env:UserInstallation={profile.as_uri()}",
                "--headless",
                "--invisible",
                "--norestore",
                "--nologo",
                "--nodefault",
                "--nolockcheck",
                f"--accept=pipe,name={pipe};urp;",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **own_group(),
        )
        self._server = subprocess.Popen(
            [str(find_uno_python()), str(SERVER), pipe, str(START_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment_for_uno(),
            **own_group(),
        )
        self._answers = queue.Queue()
        threading.Thread(target=pump, args=(self._server.stdout, self._answers), daemon=True).start()
        self._send({"do": "ping"})
        self._receive({"do": "ping"}, START_SECONDS + 10)

    def _stop(self) -> None:
        for process in (self._server, self._soffice):
            if process is not None:
                end(process)
        self._server = self._soffice = None


def environment_for_uno() -> dict[str, str]:
    """The tests' own Python settings would mislead another Python."""
    hidden = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def own_group() -> dict[str, Any]:
    """soffice is a launcher; in a group of its own the program it starts can be ended with it."""
    return {} if os.name == "nt" else {"start_new_session": True}


def end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait(timeout=30)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def pump(stream: Any, answers: queue.Queue[bytes]) -> None:
    """Lines to the queue; an empty one when the stream ends."""
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            answers.put(line)
    answers.put(b"")


def read_stored(path: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """What the file itself holds, sheet by sheet: numbers, texts, booleans as 1.0 and 0.0, errors as text.

    A formula without a stored result is absent. Read from the XML, so that nothing is converted on the way (openpyxl
    makes dates of numbers).
    """
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
        shared = read_shared_strings(archive)
        stored = {}
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            identity = next(value for name, value in sheet.attrib.items() if name.endswith("}id"))
            target = targets[identity]
            member = target.lstrip("/") if target.startswith("/") else "xl/" + target
            stored[sheet.get("name", "")] = read_part(archive.read(member), shared)
    return stored


def read_shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    return [text_of(item) for item in root]


def text_of(item: ElementTree.Element) -> str:
    """A string item's text, its rich-text runs joined, its phonetic guide left out."""
    direct = [part.text or "" for part in item.iterfind("{*}t")]
    runs = [part.text or "" for part in item.iterfind("{*}r/{*}t")]
    return "".join(direct + runs)


def read_part(xml: bytes, shared: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for cell in ElementTree.fromstring(xml).iterfind("{*}sheetData/{*}row/{*}c"):
        kind, written = cell.get("t", "n"), cell.find("{*}v")
        if kind == "inlineStr":
            inline = cell.find("{*}is")
            value: Any = text_of(inline) if inline is not None else ""
        elif written is None or (not written.text and kind != "str"):
            continue
        else:
            value = stored_value(kind, written.text or "", shared)
        values[cell.get("r", "")] = value
    return values


def stored_value(kind: str, text: str, shared: list[str]) -> Any:
    if kind == "s":
        return shared[int(text)]
    return text if kind in ("str", "e", "d") else float(text)


def largest_in_columns(*sheets: Mapping[str, Any]) -> dict[str, float]:
    """The largest finite magnitude in each column."""
    largest: dict[str, float] = {}
    for sheet in sheets:
        for address, value in sheet.items():
            if isinstance(value, float) and math.isfinite(value):
                column = column_of(address)
                largest[column] = max(largest.get(column, 0.0), abs(value))
    return largest


def same(expected: Any, got: Any, largest: float) -> bool:
    if isinstance(expected, float) and isinstance(got, float):
        return math.isclose(expected, got, rel_tol=RELATIVE, abs_tol=ABSOLUTE * largest)
    if isinstance(expected, str) and expected.startswith("Err:"):
        # LibreOffice's own errors have no name in Excel's language; any error value stands for them.
        return isinstance(got, str) and got.startswith("#")
    return bool(expected == got)


def shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value:.17g}" if isinstance(value, float) else repr(value)


def column_of(address: str) -> str:
    return address.rstrip("0123456789")


def row_and_column(address: str) -> tuple[int, int, str]:
    column = column_of(address)
    return int(re.sub(r"\D", "", address)), len(column), column
