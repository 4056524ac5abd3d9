"""Hostile workbooks: refused in words, within bounds of time and memory."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from bad_input import AGAIN, PARTS, SHEET, change_part, with_strings
from conftest import CommandLine, Ended, plain_environment
from small_lesson import lesson_cells


def measured(folder: Path, *words: object) -> tuple[Ended, float, int]:
    """A command with the seconds that it took and the most memory (KB) that it or the engine held."""
    code = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run([sys.executable, '-m', 'sheetgd', *sys.argv[1:]]).returncode\n"
        "print('KB', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.exit(code)"
    )
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=folder,
        env={**os.environ, **plain_environment()},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    seconds = time.monotonic() - begun
    out, _, peak = done.stdout.rpartition("KB ")
    return (
        Ended(done.returncode, out, done.stderr),
        seconds,
        int(peak) // (1024 if sys.platform == "darwin" else 1),
    )


def assert_cheap(path: Path, sentence: str) -> None:
    pytest.importorskip("resource")
    before = path.read_bytes()
    ended, seconds, peak = measured(path.parent, "run", path.name)
    assert (ended.code, ended.out, ended.err) == (1, "", f"{path.name}: {sentence}\n")
    assert seconds < 5
    assert peak < 120_000
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def billion_laughs(data: bytes) -> bytes:
    """A part in which one entity stands for 10^9 others."""
    entities = b'<!ENTITY e0 "ha">' + b"".join(
        b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    root = re.sub(rb"^\s*<\?xml[^>]*\?>\s*", b"", data)
    return b'<?xml version="1.0"?><!DOCTYPE laughs [' + entities + b"]>" + root.replace(b"</", b"&e9;</", 1)


@pytest.mark.parametrize("part", PARTS)
def test_a_billion_laughs(tmp_path: Path, part: str) -> None:
    path = change_part(with_strings(tmp_path / "lesson.xlsx"), part, billion_laughs)
    assert_cheap(
        path, "it holds an XML document type, which no spreadsheet application writes; do not trust it."
    )


def test_a_billion_laughs_where_only_the_engine_looks(sheetgd: CommandLine, book: Path) -> None:
    """Parts that sheetgd does not read are no way in either: the engine refuses them, or does not read them."""
    for part in ("xl/theme/theme1.xml", "docProps/core.xml"):
        change_part(book, part, billion_laughs)
    ended, seconds, peak = measured(book.parent, "run", book.name)
    assert ended.code in (0, 1) and "Traceback" not in ended.err
    assert seconds < 5 and peak < 120_000


def inflated(path: Path, part: str, size: int) -> None:
    change_part(path, part, lambda data: data.replace(b"<sheetData>", b"<sheetData>" + b" " * size))


def lie(path: Path, part: str, size: int, checksum: int | None = None) -> None:
    """Let both of the zip's headers say that the part has this many bytes."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member, start = archive.getinfo(part), archive.start_dir
    central = content.index(part.encode(), start) - 46
    for checksum_at, size_at in (
        (member.header_offset + 14, member.header_offset + 22),
        (central + 16, central + 24),
    ):
        struct.pack_into("<L", content, size_at, size)
        if checksum is not None:
            struct.pack_into("<L", content, checksum_at, checksum)
    path.write_bytes(content)


def test_a_zip_bomb(book: Path) -> None:
    inflated(book, SHEET, 300_000_000)
    with zipfile.ZipFile(book) as archive:
        size = archive.getinfo(SHEET).file_size
    assert book.stat().st_size < 1_000_000
    assert_cheap(
        book,
        f"its part {SHEET} would unpack to {size:,} bytes, far more than a worksheet; do not trust this file.",
    )


def test_a_zip_bomb_that_lies_about_its_size(book: Path) -> None:
    inflated(book, SHEET, 300_000_000)
    lie(book, SHEET, 5000)
    assert_cheap(
        book, f"its part {SHEET} is damaged; take an older copy, or let Excel or LibreOffice repair it."
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb_packed_in_an_unusual_way(book: Path, method: int) -> None:
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] += b" " * 100_000_000
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, method if name == "xl/workbook.xml" else None)
    lie(book, "xl/workbook.xml", 5000)
    assert_cheap(
        book,
        "its part xl/workbook.xml is damaged; take an older copy, or let Excel or LibreOffice repair it.",
    )


def test_a_lying_part_that_only_the_engine_reads(tmp_path: Path) -> None:
    path = tmp_path / "lesson.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("Lesson")
        for address, value in lesson_cells().items():
            sheet.write(address, value)
        sheet.write_comment("A1", "How far each step goes")
    change_part(path, SHEET, lambda data: data.replace(b"</f><v>0</v>", b"</f>"))
    with zipfile.ZipFile(path) as archive:
        honest = archive.read("xl/comments1.xml")
    change_part(path, "xl/comments1.xml", lambda data: data + b" " * 300_000_000)
    lie(path, "xl/comments1.xml", len(honest), zlib.crc32(honest))
    ended, seconds, peak = measured(tmp_path, "run", path.name)
    assert "Traceback" not in ended.err
    assert seconds < 5 and peak < 120_000


def test_members_that_overlap(book: Path) -> None:
    """The sheet stands, whole, inside another member, as in bombs that use their bytes many times."""
    with zipfile.ZipFile(book) as archive:
        member = archive.getinfo(SHEET)
    whole = book.read_bytes()[member.header_offset :][: 30 + len(SHEET) + member.compress_size]
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("photo.bin", whole)
        begin = archive.getinfo("photo.bin").header_offset + 30 + len("photo.bin")
    content = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        start = archive.start_dir
    struct.pack_into("<L", content, content.index(SHEET.encode(), start) - 46 + 42, begin)
    book.write_bytes(content)
    assert_cheap(book, f"its part {SHEET} overlaps another; do not trust this file.")


def test_a_member_that_is_none(book: Path) -> None:
    content = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        first = min(archive.infolist(), key=lambda member: member.header_offset)
        start = archive.start_dir
    struct.pack_into("<L", content, content.index(first.filename.encode(), start) - 46 + 42, 8)
    book.write_bytes(content)
    assert_cheap(book, f"its part {first.filename} overlaps another; do not trust this file.")


def test_a_part_that_is_there_twice(refused: Callable[..., str], book: Path) -> None:
    with zipfile.ZipFile(book, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, b"<worksheet/>")
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx: it holds the same part twice; {AGAIN}.\n"
