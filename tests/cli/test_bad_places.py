"""Files beside the workbook, and the disk: what a command refuses, and what it leaves as it was."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import sheetgd as library
from bad_input import everything
from conftest import CommandLine, plain_environment
from sheetgd.errors import BookError
from small_lesson import draw

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
        "other.xlsx: the file already exists; name another, or add --force to replace it.\n"
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
        "out.xlsx: the file already exists; name another, or add --force to replace it.\n"
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
    assert (
        ended.err == "lesson.xlsx: you are not allowed to read it; ask its owner for permission to read it.\n"
    )


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
    draw(book, {"I11": "=MEDIAN(C11-$B$1*H11+SIN(C11)/1E6)"})
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
