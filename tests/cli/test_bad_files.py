"""What is refused of files that are no workbook, or a damaged one: the whole message, the folder as it was."""

from __future__ import annotations

import os
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bad_input import AGAIN, PARTS, SHEET, Parts, change_part, pack, swap, with_strings
from conftest import CommandLine


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
        "loop.xlsx: the file already exists; name another, or add --force to replace it.\n"
    )


def test_a_web_address(refused: Callable[..., str]) -> None:
    address = "https://example.org/lesson.xlsx"
    assert refused("run", address, code=2) == (
        f"{address} is neither a file nor the address of a Google Sheet; name an .xlsx or .xlsm workbook, or an "
        "address like https://docs.google.com/spreadsheets/d/KEY/edit.\n"
    )


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
    }.get(part, f"one of its parts {why}")
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
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx: one of its parts is damaged ({what}); {AGAIN}.\n"


def test_an_encoding_that_nobody_knows(refused: Callable[..., str], book: Path) -> None:
    change_part(book, SHEET, lambda data: b'<?xml version="1.0" encoding="klingon-8"?>' + data)
    assert (
        refused("run", "lesson.xlsx")
        == f"lesson.xlsx: one of its parts cannot be read as klingon-8 text; {AGAIN}.\n"
    )
