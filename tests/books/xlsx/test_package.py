"""The zip around a workbook's parts, and putting the file in place."""

from __future__ import annotations

import errno
import os
import shutil
import struct
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

import sheetgd
from handmade import hand_made, parts_of, sheet_xml
from parts import change_part, read_parts, write_parts
from patched import ONE, ROWS, SHEET, arrays, edit, edited, refused
from readers import READERS, calamine_values, openpyxl_formulas
from sheetgd.books.xlsx import saving
from sheetgd.books.xlsx.package import Package
from sheetgd.errors import SheetgdError
from workbooks import excel_made


def zipped(path: Path, kind: str) -> Path:
    """The hand-made workbook, packed as a careless or an unusual program would."""
    parts = {
        **parts_of(sheet_xml(ROWS)),
        "xl/media/größe 图.bin": bytes(range(256)) * 20,
        "docProps/empty.xml": b"",
    }
    order = (
        sorted(parts, key=lambda name: (name == "[Content_Types].xml", name))
        if kind == "order"
        else list(parts)
    )
    method = zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED
    target: Any = path.open("wb")
    if kind == "descriptors":
        target = Unseekable(target)
    with target, zipfile.ZipFile(target, "w", method) as archive:
        for number, name in enumerate(order):
            info = zipfile.ZipInfo(name, (1980 + number, 1 + number, 2, 3, 4, 2 * number))
            info.compress_type, info.external_attr, info.create_system = method, 0o644 << 16, number % 4
            info.comment = b"a comment of its own"
            if kind == "extra":
                info.extra = struct.pack("<2HBL", 0x5455, 5, 1, 10**9) + struct.pack(
                    "<2H4s", 0xCAFE, 4, b"java"
                )
            with archive.open(info, "w", force_zip64=kind == "zip64") as member:
                member.write(parts[name])
        archive.comment = b"the whole file's comment"
    data = path.read_bytes()
    if kind == "prefix":  # a program in front; the directory's offsets count from the zip's own beginning
        path.write_bytes(b"#!/bin/sh\nexit 1\n" + data)
    if kind == "wide directory":
        path.write_bytes(widened(data))
    return path


def raw_members(path: Path) -> dict[str, bytes]:
    """Each member from its local header to the next one's."""
    with zipfile.ZipFile(path) as archive:
        begins = {info.header_offset: info.filename for info in archive.infolist()}
        ends = [*sorted(begins)[1:], archive.start_dir]
    return {
        begins[begin]: path.read_bytes()[begin:end] for begin, end in zip(sorted(begins), ends, strict=True)
    }


class Unseekable:
    """A file that zipfile cannot go back in, so that it writes data descriptors."""

    def __init__(self, file: Any) -> None:
        self.write, self.flush, self.close = file.write, file.flush, file.close

    def __enter__(self) -> Unseekable:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def widened(data: bytes) -> bytes:
    """The same zip with 64-bit sizes and offsets in its directory."""
    end = data.rindex(b"PK\5\6")
    count, _, start = struct.unpack_from("<H2L", data, end + 10)
    records, at = [], start
    for _ in range(count):
        fields = list(struct.unpack_from("<4s6H3L5H2L", data, at))
        name, extra, comment = (fields[i] for i in (10, 11, 12))
        texts = data[at + 46 : at + 46 + name + extra + comment]
        wide = struct.pack("<2H3Q", 1, 24, fields[9], fields[8], fields[16])
        fields[8] = fields[9] = fields[16] = 0xFFFFFFFF
        fields[2], fields[11] = 45, extra + len(wide)
        head, tail = texts[: name + extra], texts[name + extra :]
        records.append(struct.pack("<4s6H3L5H2L", *fields) + head + wide + tail)
        at += 46 + name + extra + comment
    directory = b"".join(records)
    place = start + len(directory)
    zip64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)
    tail = struct.pack("<4s4H2L", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + data[end + 20 :]
    return data[:start] + directory + zip64 + locator + tail


@pytest.mark.parametrize(
    "kind", ["plain", "order", "stored", "descriptors", "zip64", "wide directory", "extra", "prefix"]
)
def test_unusual_zips_keep_every_other_byte(tmp_path: Path, office: Any, kind: str) -> None:
    path = zipped(tmp_path / "zipped.xlsx", kind)
    before = raw_members(path)
    # Behind a changed part, an entry of a wide directory differs: its extra field holds the offset.
    moved = {"xl/media/größe 图.bin", "docProps/empty.xml"} if kind == "wide directory" else set()
    edited(path, {"S!A1": 2.5}, parts={SHEET, *moved}, readers=[] if kind == "prefix" else list(READERS))
    after = raw_members(path)
    assert {name for name in before if before[name] != after[name]} == {SHEET}
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(tmp_path / "before zipped.xlsx") as old:
        assert archive.testzip() is None
        assert archive.comment == b"the whole file's comment"
        for new, was in zip(archive.infolist(), old.infolist(), strict=True):
            kept = ("filename", "date_time", "comment", "external_attr", "create_system", "compress_type")
            assert [getattr(new, name) for name in kept] == [getattr(was, name) for name in kept]
            if kind == "extra":
                assert new.extra == was.extra
    if kind not in ("prefix", "wide directory"):  # LibreOffice opens neither, before or after
        assert office.as_loaded(path)["S"] == {"A1": 2.5, "B1": "é😀"}
    assert path.read_bytes()[:2] == (b"#!" if kind == "prefix" else b"PK")


def test_the_patched_zip_is_sound_to_a_strict_reader(tmp_path: Path) -> None:
    """Local headers, directory and end record agree in every field, without gaps (read by hand)."""
    path = zipped(tmp_path / "zipped.xlsx", "descriptors")
    edit(path, {"S!A1": 2.5})
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    count, total, size, start, _ = struct.unpack_from("<2H2LH", data, end + 8)
    assert (count, start + size) == (total, end)
    at = start
    for _ in range(count):
        central = struct.unpack_from("<4s6H3L5H2L", data, at)
        name = data[at + 46 : at + 46 + central[10]]
        local = struct.unpack_from("<4s5H3L2H", data, central[16])
        assert local[0] == b"PK\3\4" and data[central[16] + 30 :].startswith(name)
        assert (local[2], local[3], local[4], local[5]) == (central[3], central[4], central[5], central[6])
        if not local[2] & 8:
            assert local[6:9] == central[7:10]
            assert name.decode() in (SHEET,)
        at += 46 + sum(central[10:13])
    assert at == end


def test_only_named_parts_can_be_replaced(tmp_path: Path) -> None:
    package = Package(hand_made(tmp_path / "book.xlsx", ROWS))
    with pytest.raises(SheetgdError, match=r"its part xl/nothing\.xml is missing"):
        package.replaced({"xl/nothing.xml": b""})
    assert package.replaced({}) == package.data


@pytest.mark.parametrize("name", ["XL/Worksheets/SHEET1.xml", "xl\\worksheets\\sheet1.xml"])
def test_names_of_parts_are_compared_as_excel_does(tmp_path: Path, name: str) -> None:
    parts = parts_of(sheet_xml(ROWS))
    parts[name] = parts.pop(SHEET)
    path = write_parts(tmp_path / "odd.xlsx", parts)
    edit(path, {"S!A1": 9.0})
    assert b"<v>9</v>" in read_parts(path)[name]


def test_formulas_stay_to_the_letter(tmp_path: Path) -> None:
    path = excel_made(tmp_path / "excel.xlsx")
    before = openpyxl_formulas(path)
    edit(path, {"basic!F1": 0.0002})
    after = openpyxl_formulas(path)
    before["basic"].pop("F1"), after["basic"].pop("F1")
    assert after == before
    assert sum(str(value).startswith("=") for cells in after.values() for value in cells.values()) == 238


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    parts = parts_of(sheet_xml(ROWS))
    del parts[SHEET]
    path = write_parts(tmp_path / "missing.xlsx", parts)
    assert refused(path, {"S!A1": 1.0}).startswith(f"missing.xlsx: its part {SHEET} is missing; open it in")


def test_the_other_sheet_of_a_damaged_one_can_be_read(tmp_path: Path) -> None:
    path = excel_made(tmp_path / "excel.xlsx")
    change_part(path, "xl/worksheets/sheet3.xml", lambda xml: xml.replace(b"</sheetData>", b""))
    with sheetgd.open_book(path) as book, pytest.raises(SheetgdError, match="sheet marks is damaged"):
        book.cells("marks")


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "sheetgd" in path.name)


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    ours = [".book.xlsx.0123abcd.sheetgd", ".book.xlsx.sheetgd-lock"]
    others = [
        ".other.xlsx.0123abcd.sheetgd",
        ".book.xlsx.notes.sheetgd",
        "book.xlsx.0123abcd.sheetgd",
        "sheetgd.txt",
    ]
    for name in [*ours, *others]:
        (tmp_path / name).write_text("half of a workbook")
    edit(path, {"S!A1": 2.0})
    assert leftovers(tmp_path) == sorted(others)
    assert calamine_values(path)["S"]["A1"] == 2


def test_a_live_run_is_waited_for_and_its_files_are_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    monkeypatch.setattr(saving, "PATIENCE", 0.2)
    (tmp_path / ".book.xlsx.0123abcd.sheetgd").write_text("being written")
    before = path.read_bytes()
    with saving.alone(path) as certain, pytest.raises(SheetgdError) as caught:
        assert certain
        edit(path, {"S!A1": 2.0})
    assert str(caught.value) == (
        "book.xlsx: another run of sheetgd is writing it; wait until it is done, then run again."
    )
    assert path.read_bytes() == before
    assert leftovers(tmp_path) == [".book.xlsx.0123abcd.sheetgd"]
    edit(path, {"S!A1": 2.0})
    assert leftovers(tmp_path) == []


def test_many_writers_at_once_take_turns(tmp_path: Path) -> None:
    """Each adds one to the number in the file, under the lock; none is lost, none waits for ever."""
    path = tmp_path / "number"
    path.write_text("0")

    def add_one() -> None:
        for _ in range(20):
            with saving.alone(path):
                number = int(path.read_text())
                path.write_text(str(number + 1))

    threads = [threading.Thread(target=add_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "160"
    assert leftovers(tmp_path) == []


def test_a_file_changed_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    other = hand_made(tmp_path / "other.xlsx", ONE)
    edits = sheetgd.Edits()
    edits.set("S!A1", 2.0)
    with sheetgd.open_book(path) as book:
        shutil.copy(other, path)
        with pytest.raises(SheetgdError) as caught:
            book.apply(edits)
    assert "the file was changed by something else" in str(caught.value)
    assert path.read_bytes() == other.read_bytes()
    assert leftovers(tmp_path) == []


def test_a_new_date_alone_is_no_change(tmp_path: Path) -> None:
    path = arrays(tmp_path / "book.xlsx")
    edits = sheetgd.Edits()
    edits.set("S!A1", 2.0)
    with sheetgd.open_book(path) as book:
        os.utime(path, (10**9, 10**9))
        book.model()
        os.utime(path, (2 * 10**9, 10**9))
        book.apply(edits)
    assert calamine_values(path)["S"]["C1"] == 4


def test_the_engine_may_not_read_another_file(tmp_path: Path) -> None:
    """The sheets were read from the one, the engine would read the other: neither result could be trusted."""
    path, other = arrays(tmp_path / "book.xlsx"), arrays(tmp_path / "other.xlsx")
    edit(other, {"S!A1": 50.0})
    with sheetgd.open_book(path) as book:
        shutil.copy(other, path)
        with pytest.raises(SheetgdError, match="the file was changed by something else"):
            book.model()


def test_another_file_is_not_replaced_without_force(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    package = Package(path)
    other = tmp_path / "other.xlsx"
    package.save({}, other)
    assert other.read_bytes() == path.read_bytes()
    with pytest.raises(
        SheetgdError, match="the file already exists; name another, or add --force to replace it"
    ):
        package.save({SHEET: b"<worksheet/>"}, other)
    package.save({SHEET: b"<worksheet/>"}, other, overwrite=True)
    assert read_parts(other)[SHEET] == b"<worksheet/>"


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither these permissions nor plain links")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    path.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to("book.xlsx")
    edit(link, {"S!A1": 2.0})
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640
    assert calamine_values(path)["S"]["A1"] == 2


@pytest.mark.parametrize("name", ["x" * 240 + ".xlsx", "é" * 120 + ".xlsx", "a b'c.xlsx", "-o.xlsx"])
def test_long_and_odd_names(tmp_path: Path, name: str) -> None:
    path = hand_made(tmp_path / name, ROWS)
    edit(path, {"S!A1": 2.0})
    assert calamine_values(path)["S"]["A1"] == 2
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")
def test_without_locks_the_save_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> bool:
        raise OSError(errno.ENOLCK, "no locks available")

    path = hand_made(tmp_path / "book.xlsx", ROWS)
    (tmp_path / ".book.xlsx.0123abcd.sheetgd").write_text("perhaps another run's")
    monkeypatch.setattr(saving, "_lock", none)
    edit(path, {"S!A1": 2.0})
    assert calamine_values(path)["S"]["A1"] == 2
    assert ".book.xlsx.0123abcd.sheetgd" in leftovers(tmp_path)


def replaced_late(path: Path, content: bytes) -> None:
    """Another program that puts a file in the place when the last look at it is over."""
    theirs = path.with_name("theirs")
    theirs.write_bytes(content)
    os.replace(theirs, path)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, which can exchange two files")
def test_a_file_that_came_after_the_last_look_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "book"
    path.write_bytes(b"old")
    with pytest.raises(SheetgdError, match="changed by something else while the epochs ran; run them again"):
        saving.write_atomically(path, b"ours", lambda: replaced_late(path, b"theirs"), b"old")
    assert path.read_bytes() == b"theirs" and os.listdir(tmp_path) == ["book"]
    saving.write_atomically(path, b"ours", None, b"theirs")
    assert path.read_bytes() == b"ours" and os.listdir(tmp_path) == ["book"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, which can exchange two files")
def test_of_two_files_that_came_late_the_last_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book"
    path.write_bytes(b"old")
    exchange, done = saving._exchange, list[str]()

    def and_then_a_third(one: str, other: str) -> bool:
        done.append(one)
        exchanged = exchange(one, other)
        if len(done) == 1:
            replaced_late(path, b"third")
        return exchanged

    monkeypatch.setattr(saving, "_exchange", and_then_a_third)
    with pytest.raises(SheetgdError):
        saving.write_atomically(path, b"ours", lambda: replaced_late(path, b"theirs"), b"old")
    assert path.read_bytes() == b"third" and os.listdir(tmp_path) == ["book"] and len(done) == 3


def test_where_files_cannot_be_exchanged_they_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_exchange", lambda *_: False)
    path = tmp_path / "book"
    path.write_bytes(b"old")
    saving.write_atomically(path, b"ours", None, b"old")
    assert path.read_bytes() == b"ours" and os.listdir(tmp_path) == ["book"]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failing_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = hand_made(tmp_path / "book.xlsx", ROWS)
    monkeypatch.setattr(saving if step == "write" else saving.os, {"write": "_write"}.get(step, step), fail)
    monkeypatch.setattr(saving, "_exchange", lambda *_: False)  # as on most systems
    assert refused(path, {"S!A1": 2.0}) == (
        "book.xlsx: the disk is full; free some space and run again; the workbook is as it was."
    )
