"""What is refused: each with its whole message and its exit code, the folder as it was to the byte.

Most tests break one thing in a small lesson of three points and hand it to the command line.
"""

from __future__ import annotations

import datetime
import errno
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
from typing import Any

import openpyxl
import pytest
import xlsxwriter

import sheetgd as library
from conftest import ROOT, CommandLine, Ended, plain_environment
from sheetgd.errors import BookError, SheetError
from small_lesson import TITLES, Cells, draw, lesson_cells

SHEET = "xl/worksheets/sheet1.xml"
AGAIN = "open it in Excel or LibreOffice and save it again"

Parts = dict[str, bytes]


# -- drawing and breaking ----------------------------------------------------------------------------------------------
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


@pytest.fixture
def refused(sheetgd: CommandLine) -> Callable[..., str]:
    """Runs a command that must fail and change nothing in its folder; returns what it says to the user."""

    def call(*words: object, code: int = 1, **options: Any) -> str:
        before = everything(sheetgd.folder)
        ended = sheetgd(*words, **options)
        assert "Traceback" not in ended.err, ended.err
        assert (ended.code, ended.out) == (code, ""), ended
        assert everything(sheetgd.folder) == before
        return ended.err

    return call


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return draw(tmp_path / "lesson.xlsx")


# -- files that are no workbook ----------------------------------------------------------------------------------------
def compound_file(*streams: str) -> bytes:
    """A compound file (OLE) of version 3 with empty streams, by [MS-CFB]: header, FAT, directory."""
    free, end, fat = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9L", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109L", 0, *[free] * 108)
    table = struct.pack("<128L", fat, end, *[free] * 126)
    entries = [directory_entry("Root Entry", 5, child=1)]
    for index, name in enumerate(streams, 1):
        entries.append(directory_entry(name, 2, right=index + 1 if index < len(streams) else free))
    return header + table + b"".join(entries).ljust(512, b"\0")


def directory_entry(name: str, kind: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<3L", 0xFFFFFFFF, right, child)
    return (
        text.ljust(64, b"\0")
        + struct.pack("<H2B", len(text), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<LQ", 0xFFFFFFFE, 0)
    )


def test_the_compound_file_is_a_real_one(tmp_path: Path) -> None:
    olefile = pytest.importorskip("olefile")
    path = tmp_path / "book.xls"
    path.write_bytes(compound_file("EncryptedPackage", "EncryptionInfo"))
    with olefile.OleFileIO(path) as ole:
        assert ole.listdir() == [["EncryptedPackage"], ["EncryptionInfo"]]


ENCRYPTED = "it is protected by a password; save a copy without the password."
NO_WORKBOOK = "it is not an .xlsx or .xlsm workbook; save it as .xlsx in Excel or LibreOffice."
CONTENTS = {
    "text": (b"x,y\n7,44\n", NO_WORKBOOK),
    "web page": (b"<html><table></table></html>", NO_WORKBOOK),
    "empty": (b"", "it is empty (0 bytes); take an older copy."),
    "old": (
        compound_file("Workbook"),
        "it is an old .xls workbook; save it as .xlsx in Excel or LibreOffice.",
    ),
    "encrypted": (compound_file("EncryptionInfo", "EncryptedPackage"), ENCRYPTED),
    "beginning of a zip": (
        b"PK\3\4" + bytes(40),
        "it is damaged, or its end is missing; copy it again, or take an older copy.",
    ),
}


@pytest.mark.parametrize("command", ["look", "run", "reset"])
@pytest.mark.parametrize("kind", CONTENTS)
def test_a_file_that_is_no_workbook(
    refused: Callable[..., str], tmp_path: Path, kind: str, command: str
) -> None:
    content, sentence = CONTENTS[kind]
    (tmp_path / "lesson.xlsx").write_bytes(content)
    assert refused(command, "lesson.xlsx") == f"lesson.xlsx: {sentence}\n"


ZIPS: dict[str, tuple[Parts, str]] = {
    "binary workbook": (
        {"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\x83\x01\0"},
        "it is an .xlsb workbook; save it as .xlsx or .xlsm.",
    ),
    "open document": (
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"},
        "it is an OpenDocument file; save it as .xlsx in Excel or LibreOffice.",
    ),
    "other zip": (
        {"photo.txt": b"hello"},
        "it is a zip, but not an .xlsx or .xlsm workbook; save it as .xlsx in Excel or LibreOffice.",
    ),
    "letter": (
        {
            "[Content_Types].xml": b"<Types/>",
            "_rels/.rels": b'<Relationships><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/>'
            b"</Relationships>",
            "word/document.xml": b"<document><body/></document>",
        },
        "it has no worksheet; name a workbook that has one.",
    ),
}


@pytest.mark.parametrize("kind", ZIPS)
def test_a_zip_that_is_no_workbook(refused: Callable[..., str], tmp_path: Path, kind: str) -> None:
    parts, sentence = ZIPS[kind]
    pack(tmp_path / "lesson.xlsx", parts)
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx: {sentence}\n"


def test_no_file(refused: Callable[..., str]) -> None:
    assert (
        refused("run", "lesson.xlsx")
        == "lesson.xlsx: there is no such file; check the name and the folder.\n"
    )
    assert (
        refused("look", "no/lesson.xlsx")
        == "lesson.xlsx: there is no such file; check the name and the folder.\n"
    )


def test_a_folder(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "lesson.xlsx").mkdir()
    assert refused("run", "lesson.xlsx") == "lesson.xlsx: it is a folder; name the workbook in it.\n"


@pytest.mark.parametrize("command", ["run", "look", "reset", "fit"])
def test_the_folder_one_is_in(refused: Callable[..., str], command: str) -> None:
    assert refused(command, ".") == ".: it is a folder; name the workbook in it.\n"


LONG = "a" * 260 + ".xlsx"  # no file system takes more than 255


@pytest.mark.parametrize("name", [LONG, "a" * 260])
@pytest.mark.parametrize("command", ["run", "look", "reset", "fit", "animate"])
def test_a_name_too_long_for_a_file(refused: Callable[..., str], book: Path, command: str, name: str) -> None:
    said = f"{name}: the name is too long for a file; check the name and the folder.\n"
    assert refused(command, name) == said


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["new", "descent", "-o", LONG], LONG),
        (["new", "descent", "-o", f"{LONG}/lesson.xlsx"], f"{LONG}/lesson.xlsx"),
        (["run", "lesson.xlsx", "-o", LONG], LONG),
        (["reset", "lesson.xlsx", "-o", LONG], LONG),
        (["run", "lesson.xlsx", "-o", LONG, "--force"], LONG),
        (["fit", "lesson.xlsx", "--minimize", "B5", "--change", "B3:B4", "-o", LONG], LONG),
        (["class", "descent", "--roster", "lesson.xlsx", "-o", LONG], LONG),
        (["class", "descent", "--roster", "lesson.xlsx", "--google", "-o", LONG], LONG),
        (["check", "lesson.xlsx", "--report", f"{LONG}.html"], f"{LONG}.html"),
    ],
)
def test_out_with_a_name_too_long_for_a_file(
    refused: Callable[..., str], book: Path, words: list[str], name: str
) -> None:
    assert refused(*words) == f"{name}: the name is too long for a file; choose a shorter one.\n"


def test_a_name_as_long_as_a_file_can_have(sheetgd: CommandLine, book: Path) -> None:
    """The lock files that lie beside an open workbook would have longer ones."""
    long = book.rename(book.with_name("a" * 250 + ".xlsx"))
    done = sheetgd("run", long.name)
    assert (done.code, done.err) == (0, "")


def test_lists_with_names_too_long_for_a_file(refused: Callable[..., str], book: Path) -> None:
    (book.parent / "roster.csv").write_text("name\nAda\n")
    told = "file name too long; check the name after"
    given = ("class", "descent", "-o", "OUT", "--roster")
    assert refused("new", "--data", LONG) == f"{LONG}: {told} --data.\n"
    assert refused(*given, LONG) == f"{LONG}: {told} --roster.\n"
    assert refused(*given, "roster.csv", "--data-like", LONG, code=2) == (
        f"there is no file {LONG}, and no lesson with such data; name a CSV file after --data-like, or one of descent, "
        "belts and penguins.\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_out_is_a_link_to_itself(refused: Callable[..., str], book: Path) -> None:
    book.with_name("loop.xlsx").symlink_to("loop.xlsx")
    assert refused("run", "lesson.xlsx", "-o", "loop.xlsx") == (
        "loop.xlsx: the file exists already; name another, or add --force to replace it.\n"
    )


def test_a_web_address(refused: Callable[..., str]) -> None:
    address = "https://example.org/lesson.xlsx"
    assert refused("run", address, code=2) == (
        f"{address} is neither a file nor the address of a Google Sheet; name an .xlsx or .xlsm workbook, or an "
        "address like https://docs.google.com/spreadsheets/d/KEY/edit.\n"
    )


# -- damaged files ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off(refused: Callable[..., str], book: Path, kept: float) -> None:
    content = book.read_bytes()
    book.write_bytes(content[: int(len(content) * kept)])
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx: it is damaged, or its end is missing; copy it again, or take an older copy.\n"
    )


def test_a_part_with_a_wrong_checksum(refused: Callable[..., str], book: Path) -> None:
    content = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        member = archive.getinfo(SHEET)
    content[member.header_offset + 30 + len(SHEET) + member.compress_size // 2] ^= 0xFF
    book.write_bytes(content)
    assert refused("run", "lesson.xlsx") == (
        f"lesson.xlsx: its part {SHEET} is damaged; take an older copy, or let Excel or LibreOffice repair it.\n"
    )


PARTS = (SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_missing(refused: Callable[..., str], tmp_path: Path, part: str) -> None:
    change_part(with_strings(tmp_path / "lesson.xlsx"), part, None)
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx: its part {part} is missing; {AGAIN}.\n"


@pytest.mark.parametrize("part", [*PARTS, "_rels/.rels", "xl/_rels/workbook.xml.rels"])
def test_xml_that_is_cut_off(refused: Callable[..., str], tmp_path: Path, part: str) -> None:
    change_part(with_strings(tmp_path / "lesson.xlsx"), part, lambda data: data[: len(data) // 2])
    why = r"is damaged \((unclosed token|no element found): line \d+, column \d+\)"
    what = {
        SHEET: r"sheet Lesson is damaged at or after [A-Z]+\d+",
        "xl/sharedStrings.xml": f"its list of shared texts {why}",
    }.get(part, f"a part of it {why}")
    assert re.fullmatch(rf"lesson\.xlsx: {what}; {AGAIN}\.\n", refused("run", "lesson.xlsx"))


def test_a_workbook_without_its_relationships(refused: Callable[..., str], book: Path) -> None:
    change_part(book, "xl/_rels/workbook.xml.rels", None)
    assert (
        refused("run", "lesson.xlsx") == "lesson.xlsx: it has no worksheet; name a workbook that has one.\n"
    )


def test_a_workbook_without_sheets(refused: Callable[..., str], book: Path) -> None:
    change_part(book, "xl/workbook.xml", lambda data: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", data))
    assert (
        refused("look", "lesson.xlsx") == "lesson.xlsx: it has no worksheet; name a workbook that has one.\n"
    )


DAMAGES: dict[str, tuple[bytes, bytes, str]] = {
    "shared text that is not there": (b'<c r="A1" t="s"><v>0<', b'<c r="A1" t="s"><v>9999<', "A1"),
    "shared text below 0": (b'<c r="A1" t="s"><v>0<', b'<c r="A1" t="s"><v>-1<', "A1"),
    "shared text without number": (b'<c r="A1" t="s"><v>0<', b'<c r="A1" t="s"><v>one<', "A1"),
    "number of letters": (b"<v>86</v>", b"<v>eighty-six</v>", "B11"),
    "no number": (b"<v>86</v>", b"<v>NaN</v>", "B11"),
    "infinite number": (b"<v>86</v>", b"<v>1E999</v>", "B11"),
    "address": (b'r="B11"', b'r="11B"', "A11"),
    "row 0": (b'r="B11"', b'r="B0"', "A11"),
    "column too far": (b'r="B11"', b'r="XFE11"', "A11"),
    "row that is not its own": (b'r="B11"', b'r="B12"', "B12"),
    "cells out of order": (b'r="B11"', b'r="A11"', "A11"),
    "row without number": (b'<row r="11"', b'<row r="eleven"', "L10"),
    "rows out of order": (b'<row r="11"', b'<row r="3"', "L10"),
    "row too far": (b'<row r="11"', b'<row r="1048577"', "L10"),
    "merged area": (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A"/></mergeCells>', "L11"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_cell(refused: Callable[..., str], tmp_path: Path, kind: str) -> None:
    old, new, place = DAMAGES[kind]
    change_part(with_strings(tmp_path / "lesson.xlsx"), SHEET, swap(old, new))
    assert (
        refused("run", "lesson.xlsx")
        == f"lesson.xlsx: sheet Lesson is damaged at or after {place}; {AGAIN}.\n"
    )


@pytest.mark.parametrize("empty", [b"<sheetData/>", b"<sheetData></sheetData>"])
def test_cells_in_two_places(refused: Callable[..., str], book: Path, empty: bytes) -> None:
    change_part(book, SHEET, swap(b"<sheetData>", empty + b"<sheetData>"))
    assert refused("run", "lesson.xlsx") == (
        f"lesson.xlsx: sheet Lesson is damaged at its beginning; {AGAIN}.\n"
    )


ATTRIBUTES: dict[str, tuple[str, bytes, bytes, str]] = {
    "sheet without name": ("xl/workbook.xml", b' name="Lesson"', b"", "an element has no name"),
    "relationship without target": (
        "xl/_rels/workbook.xml.rels",
        b" Target=",
        b" Aim=",
        "an element has no Target",
    ),
    "format without number": ("xl/styles.xml", b'numFmtId="0"', b'numFmtId="x"', '"x" is not a number'),
}


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_a_damaged_attribute(refused: Callable[..., str], book: Path, kind: str) -> None:
    part, old, new, what = ATTRIBUTES[kind]
    change_part(book, part, swap(old, new))
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx: a part of it is damaged ({what}); {AGAIN}.\n"


def test_an_encoding_that_nobody_knows(refused: Callable[..., str], book: Path) -> None:
    change_part(book, SHEET, lambda data: b'<?xml version="1.0" encoding="klingon-8"?>' + data)
    assert (
        refused("run", "lesson.xlsx")
        == f"lesson.xlsx: a part of it cannot be read as klingon-8 text; {AGAIN}.\n"
    )


# -- hostile files ---------------------------------------------------------------------------------------------------
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


# -- sheets ----------------------------------------------------------------------------------------------------------
def test_a_sheet_that_is_not_there(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    sentence = "lesson.xlsx: there is no sheet Friday; its sheets are Monday, Tuesday.\n"
    assert refused("run", "lesson.xlsx", "--sheet", "Friday") == sentence
    assert refused("look", "lesson.xlsx", "--sheet", "Friday") == sentence


NO_TABLE = (
    "no step table was found on {}: no row of headings has x, y, a parameter (such as m) and its next value (such as "
    "new_m); add these headings, or draw a lesson that has them with: sheetgd new.\n"
)


def test_no_step_table(refused: Callable[..., str], tmp_path: Path) -> None:
    none = {"A8": "points", "I8": "then m", "L8": "then b"}
    draw(tmp_path / "lesson.xlsx", none, sheets=("Monday", "Tuesday"))
    assert refused("run", "lesson.xlsx") == "lesson.xlsx: " + NO_TABLE.format("Monday, Tuesday")
    said = refused("run", "lesson.xlsx", "--sheet", "Tuesday")
    assert said == "lesson.xlsx, sheet Tuesday: " + NO_TABLE.format("Tuesday")


def test_two_step_tables_on_one_sheet(refused: Callable[..., str], tmp_path: Path) -> None:
    second = {f"{letter}20": title for letter, title in zip("ABCDEFGHIJKL", TITLES, strict=True)}
    draw(tmp_path / "lesson.xlsx", {**second, "A21": 7, "B21": 44})
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, sheet Lesson: it has 2 step tables, whose x stand in A8 and A20; move one to a sheet "
        "of its own.\n"
    )


def test_several_sheets_with_a_step_table(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    for command in ("run", "reset"):
        said = refused(command, "lesson.xlsx")
        assert said == (
            'lesson.xlsx: 2 sheets have a step table: Monday, Tuesday; choose one with --sheet "Monday", or run each '
            "with --all.\n"
        )


@pytest.mark.parametrize("command", ["look", "animate"])
def test_several_sheets_for_what_takes_one(refused: Callable[..., str], tmp_path: Path, command: str) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    assert refused(command, "lesson.xlsx") == (
        'lesson.xlsx: 2 sheets have a step table: Monday, Tuesday; choose one with --sheet "Monday".\n'
    )


def test_all_and_a_sheet(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    assert refused("run", "lesson.xlsx", "--all", "--sheet", "Monday", code=2) == (
        "--all and --sheet were both given; use one of them.\n"
    )


def test_all_runs_each_sheet_or_none(refused: Callable[..., str], tmp_path: Path) -> None:
    """One bad sheet keeps the others from being written too."""
    book = openpyxl.load_workbook(draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday")))
    book["Tuesday"]["A10"] = "nine"
    book.save(tmp_path / "lesson.xlsx")
    assert refused("run", "lesson.xlsx", "--all") == (
        'lesson.xlsx, Tuesday!A10: x is the text "nine", not a number; type a number.\n'
    )


# -- cells -----------------------------------------------------------------------------------------------------------
DAY = datetime.date(2024, 5, 6)
PLAIN = "type a plain number and give the cell a number format"
MEND = "mend its formula, or type a number"
POSITIVE = "type a number above 0, such as 0.0001"
WHOLE = "type a whole number from 1 to 1,000,000"
FIVE = "type a whole number, such as 5"
GOES_ON = "x is empty, but the table goes on in row {}; type the missing x, or move the rows below up"
BELOW = "move it, or reset the log, so that nothing stands below it"
ENGINE = "recalculate and save the workbook in Excel or LibreOffice, or write the formula differently"
BREAK = "break the circle: let no cell need its own result"
OTHERS = "write it with other functions, or type its result as a number"
FIXED = "take what changes out of it, or type a number there instead"
CIRCULAR = "depends on this formula, and it refers to itself, directly or through other cells"
UNKNOWN = "depends on this formula, and the formula engine does not know a function or a name in it"
CHANGES = "depends on this formula, and it changes at every recalculation"

CELLS: dict[str, tuple[Cells, str, str]] = {
    "x: text": ({"A10": "nine"}, "A10", 'x is the text "nine", not a number; type a number'),
    "x: text with digits": ({"A10": "9,5"}, "A10", 'x is the text "9,5", not a number; type 9.5 as a number'),
    "x: boolean": ({"A10": True}, "A10", "x is TRUE, not a number; type a number"),
    "x: date": ({"A10": DAY}, "A10", f"x is the date with the number 45418, not a number; {PLAIN}"),
    "x: error": ({"A10": "#N/A"}, "A10", f"x is the error #N/A, not a number; {MEND}"),
    "x: formula with error": ({"A10": "=1/0"}, "A10", f"x is the error #DIV/0!, not a number; {MEND}"),
    "x: formula with text": ({"A10": '="9"'}, "A10", 'x is the text "9", not a number; type 9 as a number'),
    "x: formula with empty text": ({"A10": '=""'}, "A10", "x is empty, not a number; type a number"),
    "x: empty": ({"A10": None}, "A10", GOES_ON.format(10)),
    "x: blanks": ({"A10": "  "}, "A10", GOES_ON.format(10)),
    "x: empty row": ({f"{letter}10": None for letter in "ABCDEFGHIJKL"}, "A10", GOES_ON.format(11)),
    "x: empty at the end": ({"A11": None}, "A11", GOES_ON.format(11)),
    "x: none at all": ({f"{letter}{row}": None for letter in "AB" for row in (9, 10, 11)}, "A9",
                       "the table has no rows: x is empty; type x and y below their headings"),
    "y: text": ({"B11": "many"}, "B11", 'y is the text "many", not a number; type a number'),
    "y: empty": ({"B10": None}, "B10", "y is empty, not a number; type a number"),
    "y: boolean": ({"B9": False}, "B9", "y is FALSE, not a number; type a number"),
    "y: date": ({"B9": DAY}, "B9", f"y is the date with the number 45418, not a number; {PLAIN}"),
    "y: error": ({"B9": "#REF!"}, "B9", f"y is the error #REF!, not a number; {MEND}"),
    "learn: comma": ({"B1": "0,0001"}, "B1", 'learn is the text "0,0001", not a number; type 0.0001 as a number'),
    "learn: exponent": ({"B1": "1e-4"}, "B1", 'learn is the text "1e-4", not a number; type 0.0001 as a number'),
    "learn: word": ({"B1": "slow"}, "B1", 'learn is the text "slow", not a number; type a number'),
    "learn: formula with empty text": ({"B1": '=""'}, "B1", f"learn is empty, not a number; {POSITIVE}"),
    "learn: formula of an empty cell": ({"B1": "=T1"}, "B1", f"learn is 0; {POSITIVE}"),
    "learn: zero": ({"B1": 0}, "B1", f"learn is 0; {POSITIVE}"),
    "learn: negative": ({"B1": -0.5}, "B1", f"learn is -0.5; {POSITIVE}"),
    "learn: boolean": ({"B1": True}, "B1", f"learn is TRUE, not a number; {POSITIVE}"),
    "learn: error": ({"B1": "=1/0"}, "B1", f"learn is the error #DIV/0!, not a number; {MEND}"),
    "learn: date": ({"B1": DAY}, "B1", f"learn is the date with the number 45418, not a number; {PLAIN}"),
    "learn: empty, but used": ({"B1": None}, "B1", f"learn is empty; {POSITIVE}"),
    "epochs: zero": ({"B2": 0}, "B2", f"epochs is 0; {WHOLE}"),
    "epochs: half": ({"B2": 2.5}, "B2", f"epochs is 2.5; {WHOLE}"),
    "epochs: negative": ({"B2": -3}, "B2", f"epochs is -3; {WHOLE}"),
    "epochs: too many": ({"B2": 1_000_001}, "B2", f"epochs is 1000001; {WHOLE}"),
    "epochs: text": ({"B2": "five"}, "B2", 'epochs is the text "five", not a number; type a number'),
    "epochs: formula with empty text": ({"B2": '=""'}, "B2", f"epochs is empty, not a number; {FIVE}"),
    "epochs: formula of an empty cell": ({"B2": "=T1"}, "B2", f"epochs is 0; {WHOLE}"),
    "epochs: text with digits": ({"B2": "5"}, "B2", 'epochs is the text "5", not a number; type 5 as a number'),
    "epochs: boolean": ({"B2": True}, "B2", f"epochs is TRUE, not a number; {FIVE}"),
    "epochs: error": ({"B2": "=1/0"}, "B2", f"epochs is the error #DIV/0!, not a number; {MEND}"),
    "start: text": ({"B3": "one"}, "B3", 'the start of m is the text "one", not a number; type a number'),
    "start: empty": ({"B4": None}, "B4", "the start of b is empty, not a number; type a number"),
    "start: boolean": ({"B4": True}, "B4", "the start of b is TRUE, not a number; type a number"),
    "start: formula": ({"B3": "=1+1"}, "B3",
                       "m starts from the formula =1+1, which a run would have to overwrite; type a number there"),
    "loss: text": ({"B5": '="low"'}, "B5", 'rmse is the text "low", not a number; mend the formula there'),
    "loss: error": ({"B5": "=1/0"}, "B5", "rmse is the error #DIV/0!, not a number; mend the formula there"),
    "table: error": ({"H10": "=1/0"}, "I11",
        "the next value of m is the error #DIV/0! because of H10, whose formula is =1/0; mend it there"),
    "loss: through an error": ({"B5": "=B3*T1", "T1": "=T2", "T2": "#N/A"}, "B5",
        "rmse is the error #N/A because of T2, where it is typed; type a number there"),
    "loss: circular": ({"B5": "=B5+1"}, "B5", f"rmse {CIRCULAR}; {BREAK}"),
    "table: circular": ({"F10": "=F11", "F11": "=F10"}, "F10", f"m {CIRCULAR}; {BREAK}"),
    "loss: unknown function": ({"B5": '=WEBSERVICE("http://example.org")*B3'}, "B5", f"rmse {UNKNOWN}; {OTHERS}"),
    "table: unknown function": ({"G10": "=NEWTON(A10)"}, "G10", f"m {UNKNOWN}; {OTHERS}"),
    "loss: RAND": ({"B5": "=RAND()"}, "B5", f"rmse {CHANGES}; {FIXED}"),
    "loss: through RAND": ({"B5": "=B3*T1", "T1": "=T2", "T2": "=RAND()"}, "T2", f"rmse {CHANGES}; {FIXED}"),
    "loss: NOW": ({"B5": "=NOW()*B3"}, "B5", f"rmse {CHANGES}; {FIXED}"),
    "table: RANDBETWEEN": ({"L11": "=D11-$B$1*K11+RANDBETWEEN(0,1)"}, "L11", f"b {CHANGES}; {FIXED}"),
    "table: a number among formulas": ({"I10": 2}, "I10",
        "the next value of m is 2 here, but a formula in I9; fill the formula through the whole column"),
    "log: text": ({"P10": "my note"}, "P10", f'the log would run over the text "my note"; {BELOW}'),
    "log: formula": ({"N10": "=1+1"}, "N10", f"the log would run over the formula =1+1; {BELOW}"),
    "log: number beside": ({"O9": 5}, "O9", f"the log would run over 5; {BELOW}"),
    "log: boolean": ({"N9": True}, "N9", f"the log would run over TRUE; {BELOW}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_that_does_not_fit(refused: Callable[..., str], tmp_path: Path, kind: str) -> None:
    changes, cell, sentence = CELLS[kind]
    draw(tmp_path / "lesson.xlsx", changes)
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx, Lesson!{cell}: {sentence}.\n"


def test_the_unbroken_lesson_runs(sheetgd: CommandLine, book: Path) -> None:
    ended = sheetgd("run", "lesson.xlsx")
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("changes", [{"B1": None}, {"A1": None, "B1": None}], ids=["empty", "no label"])
def test_a_table_of_columns_cannot_do_without_learn(
    refused: Callable[..., str], tmp_path: Path, changes: Cells
) -> None:
    draw(tmp_path / "lesson.xlsx", changes, formulas=False)
    place = "Lesson!B1" if "A1" not in changes else "sheet Lesson"
    assert refused("run", "lesson.xlsx") == (
        f"lesson.xlsx, {place}: the sheet has no learning rate: no label learn with a number right of it; "
        f"type learn in a "
        "cell and a number such as 0.0001 right of it.\n"
    )


def test_a_text_inside_the_grid(refused: Callable[..., str], tmp_path: Path) -> None:
    grid: Cells = {"D1": "m", "F1": "b", "E3": 1, "E4": 2, "F2": 0, "G2": 10, "H2": 20, "G3": "best?"}
    draw(tmp_path / "lesson.xlsx", grid)
    assert refused("run", "lesson.xlsx") == (
        'lesson.xlsx, Lesson!G3: the grid of losses holds the text "best?" here; move it out of the grid.\n'
    )


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"A8": "hours"}, "x; call the column of the inputs x"),
        ({"B8": "sales"}, "y; call the column of the targets y"),
        ({"A8": "hours", "B8": "sales"}, "x and no y; call the column of the inputs x"),
    ],
)
@pytest.mark.parametrize("command", ["look", "run", "reset"])
def test_a_step_table_without_x_or_y_is_not_taken_for_something_else(
    refused: Callable[..., str], tmp_path: Path, command: str, changes: Cells, lacks: str
) -> None:
    """Another table of points stands above, and new_m heads a column of formulas."""
    above: Cells = {"S1": "x", "T1": "y", "S2": 1, "T2": 2, "S3": 3, "T3": 4}
    draw(tmp_path / "lesson.xlsx", {**above, **changes})
    assert refused(command, "lesson.xlsx") == (
        f"lesson.xlsx, Lesson!A8: these headings have m and new_m, as a step table's, but no {lacks}.\n"
    )


@pytest.mark.parametrize(
    ("cell", "value", "text"),
    [
        ("C4", "0,5", 'C4: the start of slope is the text "0,5", not a number; type 0.5 as a number'),
        ("C4", "half", 'C4: the start of slope is the text "half", not a number; type a number'),
        ("C5", None, "C5: the start of intercept is empty, not a number; type a number"),
        ("E22", 5, "E22: the next value of slope is 5 here, not a formula; write its formula again"),
    ],
)
def test_no_parameter_of_a_batch_lesson_is_left_out(
    refused: Callable[..., str], sheetgd: CommandLine, tmp_path: Path, cell: str, value: object, text: str
) -> None:
    assert sheetgd("new", "penguins", "-o", "lesson.xlsx").code == 0
    book = openpyxl.load_workbook(tmp_path / "lesson.xlsx")
    book["Penguins"][cell] = value
    book.save(tmp_path / "lesson.xlsx")
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx, Penguins!{text}.\n"


def test_a_number_typed_over_a_formula_of_the_table(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"C10": 5})
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, Lesson!C10: m is 5 here, but a formula in C9; fill the formula through the whole column.\n"
    )


def test_a_grid_for_which_there_is_no_loss(refused: Callable[..., str], tmp_path: Path) -> None:
    """Two weights have no formula of sheetgd's own, as a line has."""
    names = {"A3": "p", "A4": "q", "C8": "p", "D8": "q", "I8": "new_p", "L8": "new_q", "O8": "p", "P8": "q"}
    grid: Cells = {"D1": "p", "F1": "q", "E3": 1, "E4": 2, "F2": 0, "G2": 10, "H2": 20}
    draw(tmp_path / "lesson.xlsx", {**names, **grid, "A5": None, "B5": None, "Q8": None})
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, Lesson!F3: the grid of losses cannot be filled, for no cell is labelled rmse, mse or loss; "
        "type such a label left of the cell with the loss, or write formulas into the grid.\n"
    )


def test_numbers_too_large_to_square(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"A10": 1e200, "B5": None}, formulas=False)
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, Lesson!A8: the numbers are too large to be squared; use smaller x, y and start values.\n"
    )


def test_a_reset_value_that_is_no_number(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"C2": "reset to", "C3": "1,5", "C4": 2})
    assert refused("reset", "lesson.xlsx") == (
        'lesson.xlsx, Lesson!C3: the reset value is the text "1,5", not a number; type 1.5 as a number.\n'
    )


@pytest.mark.parametrize("flag", ["0", "2.5", "1000001", "five", "-1"])
def test_the_flag_epochs(refused: Callable[..., str], book: Path, flag: str) -> None:
    said = refused("run", "lesson.xlsx", f"--epochs={flag}", code=2)
    assert said.endswith(
        f"sheetgd run: error: argument --epochs: {flag} is not a whole number from 1 to 1,000,000\n"
    )


@pytest.mark.parametrize("flag", ["0", "-0.1", "0,0001", "nan", "inf", "slow"])
def test_the_flag_learn(refused: Callable[..., str], book: Path, flag: str) -> None:
    said = refused("run", "lesson.xlsx", f"--learn={flag}", code=2)
    assert said.endswith(
        f"sheetgd run: error: argument --learn: {flag} is not a number above 0, such as 0.0001\n"
    )


def test_the_flag_learn_without_a_cell_for_it(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"A1": None})
    assert refused("run", "lesson.xlsx", "--learn", "0.1", code=2) == (
        "lesson.xlsx: sheet Lesson has no learn cell for --learn; add a label learn left of one.\n"
    )


def test_the_flag_learn_over_a_formula(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"B1": "=1/10000"})
    assert refused("run", "lesson.xlsx", "--learn", "0.1") == (
        "lesson.xlsx, Lesson!B1: learn is the formula =1/10000, which --learn would overwrite; change the "
        "cells that it "
        "refers to, or type a number there.\n"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"epochs": 0}, "epochs is 0; use a whole number from 1 to 1,000,000."),
        ({"epochs": 2.5}, "epochs is 2.5; use a whole number from 1 to 1,000,000."),
        ({"epochs": 1_000_001}, "epochs is 1000001; use a whole number from 1 to 1,000,000."),
        ({"learn": 0.0}, "learn is 0; use a number above 0, such as 0.0001."),
        ({"learn": float("nan")}, "learn is nan; use a number above 0, such as 0.0001."),
    ],
)
def test_the_library_refuses_the_same(book: Path, options: dict[str, Any], sentence: str) -> None:
    before = everything(book.parent)
    with library.open_book(book) as opened, pytest.raises(library.SheetgdError) as caught:
        library.run(opened, **options)
    assert (str(caught.value), caught.value.exit_code) == (f"lesson.xlsx: {sentence}", 2)
    assert everything(book.parent) == before


# -- circles that the workbook allows, and results that cannot be trusted --------------------------------------------
def test_iterative_calculation(refused: Callable[..., str], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"B5": "=B5+1"})
    change_part(book, "xl/workbook.xml", swap(b"<calcPr ", b'<calcPr iterate="1" '))
    assert refused("run", "lesson.xlsx") == (
        f"lesson.xlsx, Lesson!B5: rmse {CIRCULAR}, which the workbook allows (iterative calculation) and "
        f"sheetgd does not; {BREAK}.\n"
    )


def test_a_stored_result_that_is_wrong(sheetgd: CommandLine, refused: Callable[..., str], book: Path) -> None:
    assert sheetgd("run", "lesson.xlsx").code == 0
    change_part(
        book, SHEET, lambda data: re.sub(rb"(<c r=\"F10\"[^>]*><f>[^<]*</f>)<v>[^<]*", rb"\1<v>12", data)
    )
    said = refused("run", "lesson.xlsx")
    assert re.fullmatch(
        r"lesson\.xlsx, Lesson!F10: m depends on this formula, and the formula engine finds [\d.]+ where the workbook "
        rf"holds 12; {ENGINE}\.\n",
        said,
    )


def test_a_long_chain_of_wrong_results_costs_no_time(sheetgd: CommandLine, tmp_path: Path) -> None:
    """20,000 formulas, each of the one above, with the zeros that XlsxWriter stores where it knows no result."""
    path = tmp_path / "lesson.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet, other = made.add_worksheet("Lesson"), made.add_worksheet("Other")
        for address, value in lesson_cells().items():
            sheet.write(address, value)
        other.write("A1", 1)
        other.write_formula("B1", "=1+1", None, 2)  # a result among the zeros, so that they are results, too
        for row in range(2, 20_001):
            other.write_formula(f"A{row}", f"=A{row - 1}+Lesson!$B$1")
    change_part(path, SHEET, swap(b"</f><v>0</v>", b"</f>"))
    begun = time.monotonic()
    ended = sheetgd("run", "lesson.xlsx")
    assert time.monotonic() - begun < 10
    assert ended.code == 0
    assert ended.err.endswith(" more formulas left as they are.\n")


# -- files beside it, and the disk -----------------------------------------------------------------------------------
LOCKS = {"Excel": "~$lesson.xlsx", "LibreOffice": ".~lock.lesson.xlsx#"}


@pytest.mark.parametrize("application", LOCKS)
def test_a_workbook_that_is_open_elsewhere(
    sheetgd: CommandLine, refused: Callable[..., str], book: Path, application: str
) -> None:
    lock = book.with_name(LOCKS[application])
    lock.write_bytes(b"\5Teach")
    said = (
        f"lesson.xlsx: it is open in {application} (its lock file {lock.name} is there); close it there, or "
        f"write to another "
        "file with -o OTHER.xlsx, or add --force if the lock was left over from a crash.\n"
    )
    assert refused("run", "lesson.xlsx") == said
    assert refused("reset", "lesson.xlsx") == said
    assert sheetgd("look", "lesson.xlsx").code == 0
    before = book.read_bytes()
    assert sheetgd("run", "lesson.xlsx", "-o", "other.xlsx").code == 0
    assert book.read_bytes() == before
    assert sheetgd("run", "lesson.xlsx", "--force").code == 0
    assert book.read_bytes() != before and lock.exists()
    assert stored_cells(book) == stored_cells(book.with_name("other.xlsx"))


def stored_cells(path: Path) -> dict[str, Any]:
    found = openpyxl.load_workbook(path, data_only=True)["Lesson"]
    return {cell.coordinate: cell.value for row in found for cell in row if cell.value is not None}


@pytest.mark.parametrize("lock", ["~$lesson.xlsx", "~$link.xlsx", "real/~$link.xlsx", "real/~$lesson.xlsx"])
def test_a_lock_by_either_name_in_either_folder(
    refused: Callable[..., str], tmp_path: Path, lock: str
) -> None:
    (tmp_path / "real").mkdir()
    draw(tmp_path / "real" / "lesson.xlsx")
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "real" / "lesson.xlsx")
    (tmp_path / lock).write_bytes(b"\5Teach")
    assert "it is open in Excel" in refused("run", "link.xlsx")


def test_a_slash_behind_a_name(sheetgd: CommandLine, refused: Callable[..., str], book: Path) -> None:
    assert sheetgd("run", "lesson.xlsx/", "-o", "out.xlsx/").code == 0
    assert book.with_name("out.xlsx").is_file()
    folder = ".: it is a folder; name the workbook in it.\n"
    assert (refused("run", "./"), refused("run", "")) == (folder, folder)


def test_a_lock_beside_the_file_that_a_link_points_to(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    draw(tmp_path / "real" / "lesson.xlsx")
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "real" / "lesson.xlsx")
    (tmp_path / "real" / ".~lock.lesson.xlsx#").write_text("teacher")
    assert refused("run", "link.xlsx") == (
        "link.xlsx: it is open in LibreOffice (its lock file .~lock.lesson.xlsx# is there); close it there, "
        "or write to "
        "another file with -o OTHER.xlsx, or add --force if the lock was left over from a crash.\n"
    )


def test_out_is_a_file_that_exists(sheetgd: CommandLine, refused: Callable[..., str], book: Path) -> None:
    other = book.with_name("other.xlsx")
    other.write_text("precious")
    assert refused("run", "lesson.xlsx", "-o", "other.xlsx") == (
        "other.xlsx: the file exists already; name another, or add --force to replace it.\n"
    )
    before = book.read_bytes()
    assert sheetgd("run", "lesson.xlsx", "-o", "other.xlsx", "--force").code == 0
    assert zipfile.is_zipfile(other) and book.read_bytes() == before


@pytest.mark.parametrize("name", ["out.csv", "out.xlsm", "out", "."])
def test_out_with_another_ending(refused: Callable[..., str], book: Path, name: str) -> None:
    """Excel opens no workbook whose name ends as another kind's does."""
    assert refused("run", "lesson.xlsx", "-o", name, code=2) == (
        f"{name}: it does not end in .xlsx; name it so that Excel opens it.\n"
    )


def test_out_in_a_folder_that_is_not_there(refused: Callable[..., str], book: Path) -> None:
    folder = book.parent / "class" / "9b"
    assert refused("run", "lesson.xlsx", "-o", folder / "out.xlsx") == (
        f"out.xlsx: there is no folder {folder}; make it first, or name another.\n"
    )


def test_out_in_a_folder_that_is_a_file(refused: Callable[..., str], book: Path) -> None:
    said = refused("run", "lesson.xlsx", "-o", "lesson.xlsx/out.xlsx")
    assert said == f"out.xlsx: there is no folder {book}; make it first, or name another.\n"


def test_out_is_a_folder(refused: Callable[..., str], book: Path) -> None:
    (book.parent / "out.xlsx").mkdir()
    assert refused("run", "lesson.xlsx", "-o", "out.xlsx") == (
        "out.xlsx: the file exists already; name another, or add --force to replace it.\n"
    )
    said = refused("run", "lesson.xlsx", "-o", "out.xlsx", "--force")
    assert said.startswith("out.xlsx: ") and said.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_file_that_is_read_only(refused: Callable[..., str], book: Path) -> None:
    book.chmod(0o444)
    assert refused("run", "lesson.xlsx", without_root=True) == (
        "lesson.xlsx: the file is read-only; allow writing to it, or write to another with -o OTHER.xlsx.\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_file_that_may_not_be_read(refused: Callable[..., str], sheetgd: CommandLine, book: Path) -> None:
    book.chmod(0o000)
    ended = sheetgd("run", "lesson.xlsx", without_root=True)
    book.chmod(0o644)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "lesson.xlsx: it may not be read; ask its owner for permission to read it.\n"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_folder_that_is_read_only(refused: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    draw(folder / "lesson.xlsx")
    folder.chmod(0o555)
    try:
        assert refused("run", "class/lesson.xlsx", without_root=True) == (
            f"lesson.xlsx: the folder {folder} is read-only; allow writing to it, or write elsewhere with -o "
            f"OTHER.xlsx.\n"
        )
    finally:
        folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_disk_that_is_full(book: Path) -> None:
    """The system lets no file grow beyond half the workbook's size."""
    before = everything(book.parent)
    code = (
        "import resource, runpy, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({book.stat().st_size // 2},) * 2)\n"
        "runpy.run_module('sheetgd', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, "run", "lesson.xlsx"],
        cwd=book.parent,
        env={**os.environ, **plain_environment()},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "lesson.xlsx: the disk is full; free some space and run again; the workbook is as it was.\n"
    )
    assert everything(book.parent) == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_at_the_last_moment(
    book: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    before = everything(book.parent)
    monkeypatch.setattr(os, "fsync", full)
    with library.open_book(book) as opened, pytest.raises(BookError) as caught:
        library.run(opened)
    assert (
        str(caught.value)
        == "lesson.xlsx: the disk is full; free some space and run again; the workbook is as it was."
    )
    assert everything(book.parent) == before


CHANGED = "lesson.xlsx: the file was changed by something else while the epochs ran; run them again.\n"


def test_a_file_that_changes_during_the_run(book: Path) -> None:
    def save_elsewhere(done: int, total: int) -> None:
        draw(book, {"A20": "typed in Excel at the same time"})

    with library.open_book(book) as opened, pytest.raises(BookError) as caught:
        library.run(opened, progress=save_elsewhere)
    assert str(caught.value) == CHANGED.strip()
    assert openpyxl.load_workbook(book)["Lesson"]["A20"].value == "typed in Excel at the same time"
    assert os.listdir(book.parent) == [book.name]


def test_a_file_that_vanishes_during_the_run(book: Path) -> None:
    with library.open_book(book) as opened, pytest.raises(library.SheetgdError) as caught:
        library.run(opened, progress=lambda *_: book.unlink(missing_ok=True))
    assert str(caught.value).startswith("lesson.xlsx: ")
    assert os.listdir(book.parent) == []


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_a_file_that_changes_while_the_command_runs(book: Path) -> None:
    """The change comes when the engine has computed for a while; its epochs are such that each must be computed."""
    draw(book, {"I11": "=C11-$B$1*H11+SIN(C11)/1E6"})
    process = subprocess.Popen(
        [sys.executable, "-m", "sheetgd", "run", "lesson.xlsx", "--epochs", "60000"],
        cwd=book.parent,
        env={**os.environ, **plain_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    until = time.monotonic() + 20
    while not engine_is_busy(process.pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert process.poll() is None, "the run was over too early"
    draw(book, {"A20": "typed in Excel at the same time"})
    out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err) == (1, "", CHANGED)
    assert openpyxl.load_workbook(book)["Lesson"]["A20"].value == "typed in Excel at the same time"
    assert os.listdir(book.parent) == [book.name]


def engine_is_busy(pid: int) -> bool:
    """Whether the process has a child that has computed for half a second."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text().split() if children.exists() else ():
        stat = Path(f"/proc/{child}/stat")
        if stat.exists() and int(stat.read_text().rpartition(")")[2].split()[11]) > 0.5 * os.sysconf(
            "SC_CLK_TCK"
        ):
            return True
    return False


# -- divergence ------------------------------------------------------------------------------------------------------
def log_rows(path: Path, sheet: str, first: str) -> list[list[float]]:
    """The rows of the log below its heading, as they are stored."""
    found = openpyxl.load_workbook(path, data_only=True)[sheet]
    heading = found[first]
    rows = []
    for row in found.iter_rows(
        heading.row + 1, heading.row + 3000, heading.column, heading.column + 3, values_only=True
    ):
        if row[0] is None:
            break
        rows.append(list(row))
    return rows


def test_a_learn_far_too_large(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "-o", "lesson.xlsx").code == 0
    ended = sheetgd("run", "lesson.xlsx", "--epochs", "50", "--learn", "0.002")
    assert ended.code == 3
    match = re.fullmatch(
        r"lesson\.xlsx, Descent!H3: the run diverged in epoch (\d+) with learn 0\.002; the sheet holds epoch "
        r"(\d+), before the growth began; for these x, every learn below 0\.000399 \(1 / \(max x² \+ 1\)\) is "
        r"certainly safe\.\n",
        ended.err,
    )
    assert match and (int(match[1]), int(match[2])) == (11, 1)  # as a plain loop does: see test_at_once
    rows = log_rows(tmp_path / "lesson.xlsx", "Descent", "O6")
    assert [row[0] for row in rows] == list(range(int(match[2]) + 1))
    sheet = openpyxl.load_workbook(tmp_path / "lesson.xlsx", data_only=True)["Descent"]
    assert (sheet["H3"].value, sheet["D4"].value, sheet["D5"].value, sheet["K3"].value) == (
        0.002,
        *rows[-1][1:],
    )
    assert rows[-1][3] < rows[0][3]
    assert "Descent: 1 epoch, learn 0.002" in ended.out


def test_a_learn_that_diverges_at_once_changes_nothing(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "-o", "lesson.xlsx").code == 0
    before = everything(tmp_path)
    ended = sheetgd("run", "lesson.xlsx", "--learn", "0.5", "--json")
    assert ended.code == 3
    assert ended.err == (
        "lesson.xlsx, Descent!H3: the run diverged in epoch 1 with learn 0.5; the sheet is as it was; for "
        "these x, every learn "
        "below 0.000399 (1 / (max x² + 1)) is certainly safe.\n"
    )
    answer = ended.json()
    assert (answer["epochs"], answer["log"]) == (0, [])
    assert all(change["before"] == change["after"] for change in answer["parameters"].values())
    assert everything(tmp_path) == before


def test_the_named_learn_is_safe(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "-o", "lesson.xlsx").code == 0
    ended = sheetgd("run", "lesson.xlsx", "--learn", "0.00039", "--epochs", "3000", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json()["loss"]["after"] < 1


def test_no_learn_is_safe_for_the_published_rule(sheetgd: CommandLine, tmp_path: Path) -> None:
    assert sheetgd("new", "original", "-o", "lesson.xlsx").code == 0
    ended = sheetgd("run", "lesson.xlsx", "--epochs", "2000", "--json")
    assert ended.code == 3
    stopped = int(re.findall(r"in epoch (\d+)", ended.err)[0])  # as a plain loop says: see test_at_once
    epochs = ended.json()["epochs"]
    assert 0 < epochs < stopped - 10
    assert ended.err == (
        f"lesson.xlsx, Original!H3: the run diverged in epoch {stopped} with learn 0.0001; the sheet holds "
        f"epoch {epochs}, before the growth began; no learn is safe: each derivative is used for the other "
        "parameter, so this rule diverges sooner or later with any.\n"
    )
    rows = log_rows(tmp_path / "lesson.xlsx", "Original", "O6")
    last = ended.json()["log"][-1]
    assert rows[-1] == [last["epoch"], last["m"], last["b"], last["rmse"]]


def test_a_table_of_columns_that_diverges(sheetgd: CommandLine, tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"B5": None, "B1": 0.05, "B2": 100}, formulas=False)
    before = everything(tmp_path)
    ended = sheetgd("run", "lesson.xlsx", "--json")
    assert (ended.code, ended.json()["epochs"]) == (3, 0)
    assert ended.err == (
        "lesson.xlsx, Lesson!B1: the run diverged in epoch 4 with learn 0.05; the sheet is as it was; for these x, "
        "every learn below 0.00127 (1 / (max x² + 1)) is certainly safe.\n"
    )
    assert everything(tmp_path) == before


# -- an engine that is not there -------------------------------------------------------------------------------------
def test_the_folder_of_the_project_is_the_one_tested() -> None:
    assert Path(library.__file__).is_relative_to(ROOT)
    assert issubclass(SheetError, library.SheetgdError)
