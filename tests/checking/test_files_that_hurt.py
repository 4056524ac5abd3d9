"""Files that hurt are a line each, and the others are checked."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

from conftest import CommandLine
from homework import answers, by_openpyxl
from parts import read_parts, write_parts
from returned_work import (
    SHEET,
    empty_worksheets,
    handed_in,
)
from sheetgd.checking.check import check
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.drawing import IDENTITY, NAME
from sheetgd.classroom.roster import Student


def hostile(folder: Path, good: Path) -> dict[str, str]:
    """Files of all kinds in the folder, and the sentence that each must get."""
    said: dict[str, str] = {}
    parts = read_parts(good)
    xml = parts[SHEET]

    def put(name: str, data: bytes, sentence: str) -> None:
        (folder / name).write_bytes(data)
        said[name] = sentence

    workbook, again = good.read_bytes(), "ask for it again, saved as .xlsx"
    put("empty.xlsx", b"", "it is empty (0 bytes); ask for it again, saved as .xlsx")
    put(
        "cut.xlsx",
        workbook[: len(workbook) // 2],
        "it is damaged, or its end is missing; ask for it again, saved as .xlsx",
    )
    put("paper.xlsx", b"%PDF-1.7 ...", "it is a PDF, not a workbook; ask for the worksheet as .xlsx")
    put(
        "photo.xlsx",
        b"\xff\xd8\xff\xe0 JFIF",
        "it is a picture, not a workbook; ask for the worksheet as .xlsx",
    )
    put("list.xlsx", b"x;y\n1;2\n", f"it is not an .xlsx or .xlsm workbook; {again}")
    put(
        "old.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "it is an old .xls workbook; ask for it again, saved as .xlsx",
    )
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    put("locked.xlsx", locked, "it is protected by a password; ask for it again, without the password")
    with zipfile.ZipFile(folder / "numbers.xlsx", "w") as archive:
        archive.writestr("Index/Document.iwa", b"...")
    said["numbers.xlsx"] = f"it is a zip, but not an .xlsx or .xlsm workbook; {again}"
    huge = xml.replace(b"<sheetData>", b"<sheetData>" + b" " * (20 << 20))
    write_parts(folder / "bomb.xlsx", {**parts, SHEET: huge})
    said["bomb.xlsx"] = f"{len(huge):,} bytes, far more than a worksheet; do not trust this file"
    rows = [
        b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n * 7919 % 10007) for n in range(1, 1_000_001)
    ]
    data = b"<sheetData>" + b"".join(rows) + b"</sheetData>"
    million = re.sub(rb"<sheetData>.*</sheetData>", data, xml, flags=re.DOTALL)
    write_parts(folder / "million.xlsx", {**parts, SHEET: million})
    said["million.xlsx"] = "bytes, far more than a worksheet; ask for the worksheet itself"
    write_parts(folder / "torn.xlsx", {**parts, SHEET: xml[:5000]})
    said["torn.xlsx"] = ""
    (folder / "nobody.xlsx").symlink_to(folder / "not there.xlsx")
    said["nobody.xlsx"] = "there is no such file; check the name and the folder"
    return said


def test_files_that_hurt_are_a_line_each_and_the_others_are_checked(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    back = tmp_path / "back"
    back.mkdir()
    good = handed_in(tmp_path, pair[0], {})
    said = hostile(back, good)
    shutil.copy(good, back / "zz good.xlsx")
    [stranger] = assignments([Student("Eve")], "descent", "other seed")
    handed_in(tmp_path, stranger, {}, "back/stranger.xlsx")
    said["stranger.xlsx"] = (
        f"its assignment {stranger.id} is not in the key; it may belong to another class or lesson"
    )
    handed_in(tmp_path, pair[1], {IDENTITY: None, NAME: None, "B17": 0.5}, "back/nameless.xlsx")
    said["nameless.xlsx"] = (
        'there is no assignment id in it; ask whose it is, and say so with --owner "nameless.xlsx=NAME"'
    )
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    done = sheetgd("check", "key.xlsx", *sorted(back.iterdir()), "nowhere.xlsx", "--json")
    assert (done.code, done.err) == (0, "")
    files = {each["file"]: each for each in done.json()["files"]}
    assert len(files) == len(said) + 2
    for name, words in said.items():
        assert words in files[name]["problem"], (name, files[name]["problem"])
        assert "Traceback" not in files[name]["problem"] and "Error" not in files[name]["problem"]
    assert files["zz good.xlsx"]["right"] == 30
    assert [each["name"] for each in done.json()["missing"]] == ["Alan Turing"]


def test_macros_and_links_are_not_followed_and_said(tmp_path: Path, pair: list[Assignment]) -> None:
    good = handed_in(tmp_path, pair[0], {})
    with zipfile.ZipFile(good) as before, zipfile.ZipFile(tmp_path / "macros.xlsm", "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
        after.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub Workbook_Open()")
        after.writestr("xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    [checked] = check(pair, [tmp_path / "macros.xlsm"]).checked
    assert checked.right == 30 and checked.notes[:2] == (
        "it holds macros, which were not run",
        "it refers to other workbooks, which were not opened",
    )


def test_a_circular_reference_is_named_cell_by_cell(tmp_path: Path, pair: list[Assignment]) -> None:
    path = handed_in(tmp_path, pair[0], {"AZ1": "=AZ2+1", "AZ2": "=2*BA1", "BA1": "=AZ1"})
    [checked] = check(pair, [path]).checked
    assert checked.right == 30 and any(
        note.endswith("it refers to itself: AZ1 → AZ2 → BA1 → AZ1") for note in checked.notes
    )


def test_nobodys_file_is_lost(tmp_path: Path) -> None:
    """A folder for each student, as learning platforms pack them; a retyped id, none at all, and a text document."""
    key = assignments(
        [Student(name) for name in ("Ada Lovelace", "Alan Turing", "Emmy Noether")], "descent", "s"
    )
    empty = empty_worksheets(tmp_path, key)
    for one in key:
        (tmp_path / "back" / one.name).mkdir(parents=True)
    ada, alan, emmy = (tmp_path / "back" / one.name / "sheet.xlsx" for one in key)
    retyped = f"assignment {key[0].id.replace('-', ' – ').lower()}"
    by_openpyxl(empty[key[0].id], {**answers(key[0]), IDENTITY: retyped}, ada)
    by_openpyxl(empty[key[1].id], {**answers(key[1]), IDENTITY: None}, alan)
    with zipfile.ZipFile(emmy, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    results = check(key, [tmp_path / "back"])
    assert [(one.file, one.right, one.problem) for one in results.checked] == [
        ("Ada Lovelace/sheet.xlsx", 30, ""),
        (
            "Alan Turing/sheet.xlsx",
            30,
            "",
        ),
        (
            "Emmy Noether/sheet.xlsx",
            0,
            "it is a Word document, not a workbook; ask for the worksheet as .xlsx",
        ),
    ]
    assert results.checked[1].held == (
        "there is no assignment id in it; the name on it and the numbers in it are those of Alan Turing: if it is "
        'theirs, say so with --owner "Alan Turing/sheet.xlsx=Alan Turing"',
    )
    assert results.missing == []
