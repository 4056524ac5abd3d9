"""What tests of refusals share: a small lesson to break, and the whole message and exit code of a command."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

from small_lesson import lesson_cells

SHEET = "xl/worksheets/sheet1.xml"


AGAIN = "open it in Excel or LibreOffice and save it again"


Parts = dict[str, bytes]


def with_strings(path: Path) -> Path:
    """The lesson as Excel keeps it: texts in a part of their own, formulas with results (all of them 0)."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Lesson")
        for address, value in lesson_cells().items():
            sheet.write(address, value)
    return path


def change_part(path: Path, part: str, change: Callable[[bytes], bytes] | None) -> Path:
    """Rewrite one part of a workbook, or leave it out."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    old = parts.pop(part)
    if change:
        parts[part] = change(old)
        assert parts[part] != old
    pack(path, parts)
    return path


def pack(path: Path, parts: Parts, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new)


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of the folder with its bytes and the time of its last change."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


PARTS = (SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml")
