"""What an LMS's zip holds is read where it lies; bombs are refused; OpenDocument files go through LibreOffice."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from conftest import CommandLine
from homework import answers
from office import Office
from returned_work import by_formulas, handed_in
from sheetgd.checking.check import check
from sheetgd.checking.files import MOST_FILES
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.template import student


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_moodles_zip_has_a_folder_for_each_student(tmp_path: Path, pair: list[Assignment]) -> None:
    one = handed_in(tmp_path, pair[0], {}, "one.xlsx").read_bytes()
    two = handed_in(tmp_path, pair[1], {"J17": 1}, "two.xlsx").read_bytes()
    members = {
        "Ada Lovelace_101_assignsubmission_file_/sheet.xlsx": one,
        "Alan Turing_102_assignsubmission_file_/sheet.xlsx": two,
        "__MACOSX/Ada Lovelace_101_assignsubmission_file_/._sheet.xlsx": b"x",
        "Alan Turing_102_assignsubmission_file_/.DS_Store": b"x",
        "Thumbs.db": b"x",
    }
    results = check(pair, [zipped(tmp_path / "Class-7b.zip", members)])
    assert [(one.file, one.right, one.problem) for one in results.checked] == [
        ("Ada Lovelace_101_assignsubmission_file_/sheet.xlsx", 30, ""),
        ("Alan Turing_102_assignsubmission_file_/sheet.xlsx", 29, ""),
    ]
    assert results.missing == [] and sorted(os.listdir(tmp_path)) == [
        "Class-7b.zip",
        "empty.xlsx",
        "one.xlsx",
        "two.xlsx",
    ]


def test_canvass_zip_is_flat_and_nothing_leads_out_of_a_zip(tmp_path: Path, pair: list[Assignment]) -> None:
    one = handed_in(tmp_path, pair[0], {}, "one.xlsx").read_bytes()
    members = {
        "lovelaceada_101_2001_Ada Lovelace.xlsx": one,
        "turingalan_102_2002_scan.pdf": b"%PDF-1.7",
        "../../outside.xlsx": b"",
        "C:\\windows\\x.xlsx": b"no workbook",
    }
    results = check(pair, [zipped(tmp_path / "submissions.zip", members)])
    told = {one.file: one.problem for one in results.checked}
    assert told["lovelaceada_101_2001_Ada Lovelace.xlsx"] == ""
    assert told["turingalan_102_2002_scan.pdf"].startswith("it is a PDF")
    assert len(told) == 4 and not (tmp_path.parent.parent / "outside.xlsx").exists()
    assert results.missing == []  # what cannot be read came all the same
    assert results.unread == 2  # that of Alan has his name


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({f"{number}.xlsx": b"" for number in range(MOST_FILES + 1)}, "it unpacks to 5,001 files of 0 bytes"),
        ({}, "it is a zip without files; check the name"),
        ({"again.zip": b"PK\5\6" + b"\0" * 18}, "it is a zip inside another; unpack it, and name the folder"),
        ({"large.xlsx": b"\0" * (60 << 20)}, "it has 62,914,560 bytes, far more than a worksheet"),
        ({"papers.rar": b"Rar!\x1a\7\1\0"}, "it is a packed folder (.rar), not a workbook"),
    ],
)
def test_zips_that_hurt_are_a_line(
    tmp_path: Path, pair: list[Assignment], members: dict[str, bytes], said: str
) -> None:
    [one] = check(pair, [zipped(tmp_path / "back.zip", members)]).checked
    assert one.problem.startswith(said)


def test_bombs_locked_and_torn_zips(tmp_path: Path, pair: list[Assignment]) -> None:
    """A zip of 2 GB of zeros, whose directory says so; one that asks for a password; one whose bytes were changed."""
    good = handed_in(tmp_path, pair[0], {}, "one.xlsx").read_bytes()
    bomb = zipped(tmp_path / "bomb.zip", {f"{number}.xlsx": b"\0" * 1000 for number in range(40)})
    data = bytearray(bomb.read_bytes())
    at = -1
    while (at := data.find(b"PK\1\2", at + 1)) >= 0:
        data[at + 24 : at + 28] = (50 << 20).to_bytes(4, "little")
    bomb.write_bytes(data)
    locked = zipped(tmp_path / "locked.zip", {"a.xlsx": good})
    data = bytearray(locked.read_bytes())
    data[data.find(b"PK\1\2") + 8] |= 1
    locked.write_bytes(data)
    torn = zipped(tmp_path / "torn.zip", {"a.xlsx": good})
    data = bytearray(torn.read_bytes())
    data[200:220] = b"\0" * 20
    torn.write_bytes(data)
    told = {each.file: each.problem for each in check(pair, [bomb, locked, torn]).checked}
    assert told["bomb.zip"] == (
        "it unpacks to 40 files of 2,097,152,000 bytes, far more than a class's worksheets; check where it comes from"
    )
    assert [each.problem for each in check(pair, [locked]).checked] == [
        "it is locked by a password in the zip; unpack it, and name the folder"
    ]
    assert [each.problem for each in check(pair, [torn]).checked] == [
        "it is damaged in the zip; ask for it again, saved as .xlsx"
    ]


def test_a_workbook_called_zip_is_a_workbook(tmp_path: Path, pair: list[Assignment]) -> None:
    path = handed_in(tmp_path, pair[0], {}).rename(tmp_path / "back.zip")
    assert [one.right for one in check(pair, [path]).checked] == [30]


def test_opendocument_files_are_read_through_libreoffice(
    tmp_path: Path, pair: list[Assignment], office: Office
) -> None:
    student(pair[0], tmp_path / "empty.xlsx")
    formulas = {cell: str(text).replace(",", ";") for cell, text in by_formulas(pair[0]).items()}
    office.edit(tmp_path / "empty.xlsx", formulas, tmp_path / "formulas.ods")
    student(pair[1], tmp_path / "empty.xlsx")
    office.edit(tmp_path / "empty.xlsx", answers(pair[1]) | {"J18": 1}, tmp_path / "typed.ods")
    packed = zipped(
        tmp_path / "back.zip",
        {f"{n}/a.ods": (tmp_path / n).read_bytes() for n in ("formulas.ods", "typed.ods")},
    )
    results = check(pair, [packed])
    note = "it is an OpenDocument file (.ods), and was read through LibreOffice"
    assert [(one.file, one.right, one.problem, one.notes) for one in results.checked] == [
        ("formulas.ods/a.ods", 30, "", (note,)),
        ("typed.ods/a.ods", 29, "", (note,)),
    ]


def test_opendocument_files_without_libreoffice(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine, office: Office
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    student(pair[0], tmp_path / "empty.xlsx")
    office.edit(tmp_path / "empty.xlsx", {}, tmp_path / "a.ods")
    done = sheetgd("check", "key.xlsx", "a.ods", env={"PATH": str(tmp_path)})
    assert done.out.splitlines()[0] == (
        "a.ods          -  it is an OpenDocument file (.ods), and LibreOffice, which would read it, is not installed; "
        "ask for it again, saved as .xlsx"
    )
