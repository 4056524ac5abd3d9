"""The files that came back, each read once: those that are named, those in folders, those in an LMS's zip.

A zip is not unpacked beside itself. Its files are read one by one into a temporary folder, under names of their own,
and none of them may be larger than a worksheet can be.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from ..classroom.office import convert, find_office
from ..errors import BookError, SheetgdError, UsageError
from ..language import speaking, spoken, translated
from .returned import AGAIN, LARGEST, MOST_XML, ForStudent, Returned, read_returned

MOST_FILES = 5_000
MOST_UNPACKED = 1 << 30  # bytes of all files in a zip
AT_ONCE = 3  # files that are read at the same time: their formulas are computed in processes of their own
BATCH = 12  # files that are held in memory
UNPACK = "unpack it, and name the folder"
ODS = b"opendocument.spreadsheet"
AS_WORKBOOK = "xlsx:Calc MS Excel 2007 XML"


class Found(NamedTuple):
    """A file: its place among the others, where a zip counts as a folder, and where its bytes are.

    `member` is its name in the zip at the path, `refused` why the zip is not opened.
    """

    place: PurePath
    path: Path
    member: str = ""
    refused: SheetgdError | None = None


def every_file(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """The files named, and those in the folders named; what programs leave beside them is passed over."""
    for path in map(Path, paths):
        if os.path.isdir(path):
            found = sorted(each for each in path.rglob("*") if each.is_file() and not _is_litter(each.name))
            if len(found) > MOST_FILES:
                todo = "name a folder that holds only the worksheets"
                raise UsageError(f"{path} holds {len(found):,} files", todo)
            yield from found or [path]
        elif not _is_lock(path.name):  # which a pattern such as *.xlsx names, too
            yield path


def _is_litter(name: str) -> bool:
    return name.startswith(".") or _is_lock(name)


def _is_lock(name: str) -> bool:
    """Whether Excel, LibreOffice, macOS or Windows put the file there, beside another: a lock, properties, previews."""
    return name.startswith(("~$", ".~lock.", "._")) or name.lower() in ("thumbs.db", "desktop.ini")


def find_files(paths: Iterable[str | os.PathLike[str]]) -> list[Found]:
    """Every file, with those in archives."""
    found: list[Found] = []
    for path in every_file(paths):
        found += _inside(path) if _is_archive(path) else [Found(path, path)]
    return found


def names_of(found: Sequence[Found]) -> list[str]:
    """What each file is called; with its folder where there are several folders, perhaps one for each student."""
    folders = Counter(folder.parent for folder in {each.place.parent for each in found})
    return [
        f"{place.parent.name}/{place.name}" if folders[place.parent.parent] > 1 else place.name
        for place in (each.place for each in found)
    ]


# -- archives --------------------------------------------------------------------------------------------------------
def _is_archive(path: Path) -> bool:
    """Whether it is a zip of files, not a workbook or another document that was renamed."""
    if path.suffix.lower() != ".zip" or not os.path.isfile(path) or not zipfile.is_zipfile(path):
        return False
    with contextlib.suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        return not {"[Content_Types].xml", "content.xml"} & set(archive.namelist())
    return False


def _inside(path: Path) -> list[Found]:
    """The files in a zip; the zip itself, refused, where no LMS makes such a zip."""
    with zipfile.ZipFile(path) as archive:
        members = [
            each
            for each in archive.infolist()
            if not each.is_dir() and not any(_is_litter(part) or part == "__MACOSX" for part in _parts(each))
        ]
    size = sum(each.file_size for each in members)
    if len(members) > MOST_FILES or size > MOST_UNPACKED:
        found = f"it unpacks to {len(members):,} files of {size:,} bytes, far more than a class's worksheets"
        return [Found(path, path, refused=BookError(found, "check where it comes from"))]
    if not members:
        return [Found(path, path, refused=BookError("it is a zip without files", "check the name"))]
    found_there = [Found(Path(path, *_parts(each)), path, each.filename) for each in members]
    return sorted(found_there, key=lambda each: each.place)


def _parts(member: zipfile.ZipInfo) -> list[str]:
    """The folders and the name, without anything that would lead out of the archive."""
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    return [part for part in parts if part not in ("/", "..", ".")] or ["nameless"]


def _unpacked(found: Found, target: Path) -> Path | SheetgdError:
    """The file on this computer; one in a zip is read into the target."""
    if found.refused or not found.member:
        return found.refused or found.path
    try:
        with zipfile.ZipFile(found.path) as archive:
            member = archive.getinfo(found.member)
            if member.flag_bits & 1:
                return ForStudent("it is locked by a password in the zip", UNPACK)
            if member.file_size > LARGEST:
                return ForStudent(f"it has {member.file_size:,} bytes, far more than a worksheet", AGAIN)
            target.write_bytes(archive.read(member))
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return BookError("it is damaged in the zip", AGAIN)
    return target


# -- reading ---------------------------------------------------------------------------------------------------------
def read_files(found: Sequence[Found], names: Sequence[str]) -> Iterator[tuple[str, Returned | SheetgdError]]:
    """Each file's name, with what it holds or why it cannot be read."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        ThreadPoolExecutor(AT_ONCE) as readers,
    ):
        for start in range(0, len(found), BATCH):
            batch = range(start, min(start + BATCH, len(found)))
            places = [Path(folder, f"{number}{found[number].place.suffix}") for number in batch]
            files = list(map(_unpacked, (found[number] for number in batch), places))
            books = _workbooks(files, Path(folder))
            for number, returned in zip(batch, readers.map(_in_this_language(), files, books), strict=True):
                name = names[number]
                yield name, returned if isinstance(returned, SheetgdError) else returned._replace(name=name)
            for path in Path(folder).glob("*.*"):
                path.unlink()


def _in_this_language() -> Callable[[Path | SheetgdError, Path | SheetgdError], Returned | SheetgdError]:
    """`_try_to_read` for other threads, which speak English unless they are told."""
    code = spoken()

    def read(file: Path | SheetgdError, book: Path | SheetgdError) -> Returned | SheetgdError:
        with speaking(code):
            return _try_to_read(file, book)

    return read


def _try_to_read(file: Path | SheetgdError, book: Path | SheetgdError) -> Returned | SheetgdError:
    """A file, or what is wrong with it; `book` is the workbook that was made of it."""
    if isinstance(file, SheetgdError):
        return file
    if isinstance(book, SheetgdError):
        return book
    try:
        returned = read_returned(book)
    except SheetgdError as error:
        return error
    if book == file:
        return returned
    note = translated("it is an OpenDocument file (.ods), and was read through LibreOffice")
    notes = [note, *returned.notes]
    return returned._replace(notes=notes, digest=hashlib.sha256(file.read_bytes()).hexdigest())


def _workbooks(files: Sequence[Path | SheetgdError], folder: Path) -> list[Path | SheetgdError]:
    """The files, with a workbook in the place of each OpenDocument spreadsheet, all made in one go."""
    sheets = [each for each in files if isinstance(each, Path) and _is_ods(each)]
    if not sheets:
        return list(files)
    office = find_office()
    if office is None:
        missing = "it is an OpenDocument file (.ods), and LibreOffice, which would read it, is not installed"
        why: Path | SheetgdError = ForStudent(missing, AGAIN)
        return [why if each in sheets else each for each in files]
    copies = {file: folder / f"ods{number}.ods" for number, file in enumerate(sheets)}
    for file, copy in copies.items():
        shutil.copyfile(file, copy)
    try:
        convert(office, list(copies.values()), AS_WORKBOOK, folder / "profile")
    except BookError as error:
        return [error if each in sheets else each for each in files]
    unread = ForStudent("it is an OpenDocument file (.ods) that LibreOffice cannot read", AGAIN)
    made = {file: copy.with_suffix(".xlsx") for file, copy in copies.items()}
    return [
        (made[each] if made[each].exists() else unread) if isinstance(each, Path) and each in made else each
        for each in files
    ]


def _is_ods(path: Path) -> bool:
    """Whether a file is an OpenDocument spreadsheet, and of a size that a worksheet may have."""
    try:
        with path.open("rb") as file:
            if ODS not in file.read(120) or path.stat().st_size > LARGEST:
                return False
        with zipfile.ZipFile(path) as archive:
            return sum(each.file_size for each in archive.infolist()) <= MOST_XML
    except (OSError, zipfile.BadZipFile):
        return False
