"""A workbook file as a zip: reading its parts safely, and saving it with some parts replaced.

A part that is not replaced keeps its raw bytes, headers and order; saving.py puts the whole in place. Source of the
record layouts: PKWARE APPNOTE 6.3.10, 4.3.
"""

from __future__ import annotations

import errno
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ...errors import BookError, Hostile, NotAWorkbook

PART_LIMIT = 1 << 30  # bytes of one part once inflated
RATIO_LIMIT = 400  # inflated to deflated, for parts large enough to matter
RATIO_FROM = 16 << 20
LEVEL = 6  # the level of compression that most programs use
LARGE, LARGE_LEVEL = 4 << 20, 4  # bytes from which a lower level is used: half the time, 5 % more bytes
PIECE = 1 << 20  # bytes that are inflated at a time
KEPT = 4 << 20  # bytes of inflated parts that are kept to be read again; those of a large sheet are not
MOST_WAITING = 2  # pieces to compress
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL, _CENTRAL = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L")
_DESCRIPTOR_BIT = 0x08
_WIDE = 0xFFFFFFFF  # stands where a number is in the extra field, in 64 bits


Content = bytes | Iterable[bytes | memoryview]  # of a part: whole, or in pieces


class Package:
    """The parts of a workbook, read whole at one moment.

    `data` are the file's bytes then; saving refuses to replace a file that has other bytes by then.
    """

    def __init__(self, path: str, written: bytes | None = None) -> None:
        """`written` are the bytes that were just saved there, where they need not be read again."""
        self.path = path
        self._status = _mark(path) if written is None else ()
        self.data = _read(path) if written is None else written
        self.archive = _archive(self.data)
        self._infos = self.archive.infolist()
        self._guard()
        self._parts = {_key(info.filename): info for info in self._infos}
        self._kept, self._room = dict[str, bytes](), KEPT

    def _guard(self) -> None:
        """Refuse what no spreadsheet application writes, before anything is inflated."""
        names = [_key(info.filename) for info in self._infos]
        if len(set(names)) < len(names):
            raise BookError(
                "it holds the same part twice", "open it in Excel or LibreOffice and save it again"
            )
        end = 0
        for info in sorted(self._infos, key=lambda info: info.header_offset):
            huge = info.file_size > PART_LIMIT
            bomb = info.file_size > RATIO_FROM and info.file_size > RATIO_LIMIT * info.compress_size
            if huge or bomb:
                raise Hostile(
                    f"its part {info.filename} would unpack to {info.file_size:,} bytes, far more than a worksheet",
                    "do not trust this file",
                )
            if info.header_offset < end or not self.data.startswith(b"PK\3\4", info.header_offset):
                raise Hostile(f"its part {info.filename} overlaps another", "do not trust this file")
            if info.flag_bits & 1:
                raise BookError("it is protected by a password", "save a copy without the password")
            end = info.header_offset + 30 + info.compress_size

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._parts

    def names(self) -> list[str]:
        return [info.filename for info in self._infos]

    def read(self, name: str) -> bytes:
        """A part's bytes, inflated and checked."""
        key = _key(name)
        if key in self._kept:
            return self._kept[key]
        info = self._parts.get(key)
        if info is None:
            raise BookError(
                f"its part {name} is missing", "open it in Excel or LibreOffice and save it again"
            )
        try:
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise NotImplementedError(f"compressed by method {info.compress_type}")
            whole = io.BytesIO()
            with self.archive.open(info) as part:  # not a byte more than it claims, whatever is packed
                while piece := part.read(PIECE):  # zlib would hold the whole twice for a moment
                    whole.write(piece)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error):
            raise BookError(
                f"its part {name} is damaged", "take an older copy, or let Excel or LibreOffice repair it"
            ) from None
        content = whole.getvalue()
        if len(content) <= self._room:
            self._kept[key] = content
            self._room -= len(content)
        return content

    # -- saving ----------------------------------------------------------------------------------------------------
    def replaced(self, parts: Mapping[str, Content]) -> bytes:
        """The whole file with the named parts replaced; all others as they are, to the byte."""
        new = {_key(name): content for name, content in parts.items()}
        start = self.archive.start_dir
        records = _central_records(self.data, start, len(self._infos))
        order = sorted(range(len(self._infos)), key=lambda index: self._infos[index].header_offset)
        begins = [self._infos[index].header_offset for index in order] + [start]
        position = begins[0]
        view = memoryview(self.data)
        pieces: list[bytes | memoryview] = [view[:position]]  # a file may begin with something else
        for index, begin, end in zip(order, begins, begins[1:], strict=False):
            member: list[bytes | memoryview] = [view[begin:end]]
            content = new.pop(_key(self._infos[index].filename), None)
            if content is not None:
                member, records[index] = _packed(self.data, self._infos[index], records[index], content)
            records[index] = _moved(records[index], position)
            pieces += member
            position += sum(map(len, member))
        if new:
            raise BookError(f"its part {next(iter(new))} is missing", "open it in Excel and save it again")
        whole = b"".join([*pieces, *records, _tail(records, position, self.archive.comment)])
        self._refuse_other_members(whole, {_key(name) for name in parts})
        return whole

    def _refuse_other_members(self, content: bytes, replaced: set[str]) -> None:
        """An error if the new file lacks members of the old one: then the old directory was not what it seemed."""

        def members(infos: list[zipfile.ZipInfo]) -> list[tuple[str, int]]:
            return [(info.filename, 0 if _key(info.filename) in replaced else info.CRC) for info in infos]

        try:
            same = members(_archive(content).infolist()) == members(self._infos)
        except BookError:
            same = False
        if not same:
            raise BookError(
                "its zip directory is damaged", "open it in Excel or LibreOffice and save it again"
            )

    def save(self, parts: Mapping[str, Content], target: str, *, overwrite: bool = False) -> bytes:
        """Write the file with the parts replaced to `target`, whole or not at all, and return its bytes.

        A file other than the one that was read is replaced only with `overwrite`.
        """
        from .saving import exists, write_atomically  # which reading does without

        content = self.replaced(parts) if parts else self.data
        in_place = target == self.path or _same_file(target, self.path)

        def still_allowed() -> None:
            if in_place or not overwrite:  # a copy is then one of what was read
                self.refuse_change(thoroughly=True)
            if not in_place and not overwrite and exists(target):
                raise BookError("the file already exists", "name another, or add --force to replace it")

        write_atomically(target, content, still_allowed, self.data if in_place else None)
        return content

    def refuse_change(self, *, thoroughly: bool = False) -> None:
        """An error if the file is no longer the one that was read. Thoroughly, its bytes are compared in any case."""
        mark = _mark(self.path)
        if thoroughly or mark != self._status:  # a new date alone is not a change
            if _read(self.path) != self.data or _mark(self.path) != mark:
                from .saving import CHANGED  # which reading does without

                raise BookError(*CHANGED)
            self._status = mark


def _mark(path: str) -> tuple[int, ...]:
    """What changes with a file's bytes, or when another file takes its place; nothing where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _key(name: str) -> str:
    """A part's name as it is compared: without case; a few programs write backslashes."""
    return name.replace("\\", "/").lstrip("/").lower()


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except FileNotFoundError:
        raise BookError("there is no such file", "check the name and the folder") from None
    except IsADirectoryError:
        raise BookError("it is a folder", "name the workbook in it") from None
    except PermissionError:
        if os.path.isdir(path):  # Windows says so for a folder
            raise BookError("it is a folder", "name the workbook in it") from None
        raise BookError("you are not allowed to read it", "ask its owner for permission to read it") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            from .saving import TOO_LONG  # few names are too long

            raise BookError(TOO_LONG, "check the name and the folder") from None
        raise BookError(
            f"it cannot be read ({error.strerror})", "copy it to a local folder and try again"
        ) from None


def _archive(data: bytes) -> zipfile.ZipFile:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise BookError("it is protected by a password", "save a copy without the password")
        raise NotAWorkbook("it is an old .xls workbook", "save it as .xlsx in Excel or LibreOffice")
    if not data:
        raise BookError("it is empty (0 bytes)", "take an older copy")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (
        zipfile.BadZipFile,
        ValueError,
        OverflowError,
        struct.error,
        UnicodeDecodeError,
        NotImplementedError,
    ):
        if data.startswith(b"PK"):
            raise BookError(
                "it is damaged, or its end is missing", "copy it again, or take an older copy"
            ) from None
        raise NotAWorkbook(
            "it is not an .xlsx or .xlsm workbook", "save it as .xlsx in Excel or LibreOffice"
        ) from None
    names = {name.lower() for name in archive.namelist()}
    if "xl/workbook.bin" in names:
        raise NotAWorkbook("it is an .xlsb workbook", "save it as .xlsx or .xlsm")
    if "[content_types].xml" not in names:
        kind = "an OpenDocument file" if "mimetype" in names else "a zip, but not an .xlsx or .xlsm workbook"
        raise NotAWorkbook(f"it is {kind}", "save it as .xlsx in Excel or LibreOffice")
    return archive


# -- records of the zip ----------------------------------------------------------------------------------------------
def _central_records(data: bytes, start: int, count: int) -> list[bytes]:
    """The raw records of the central directory, in its order."""
    records = []
    for _ in range(count):
        fields = _CENTRAL.unpack_from(data, start)
        length = _CENTRAL.size + sum(fields[10:13])
        records.append(data[start : start + length])
        start += length
    return records


def _packed(
    data: bytes, info: zipfile.ZipInfo, record: bytes, content: Content
) -> tuple[list[bytes | memoryview], bytes]:
    """A member with new content, in pieces, and its central record; name, date, attributes and extra fields stay."""
    method = info.compress_type if info.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
    body, *sizes = _deflated(content, method, large=info.file_size > LARGE)
    flags = info.flag_bits & ~_DESCRIPTOR_BIT
    old = _LOCAL.unpack_from(data, info.header_offset)
    name, extra = _cut(data, info.header_offset + _LOCAL.size, old[9], old[10])
    extra = _without_zip64(extra)
    local = _LOCAL.pack(old[0], 20, flags, method, *old[4:6], *sizes, len(name), len(extra)) + name + extra
    old = _CENTRAL.unpack_from(record)
    name, extra, comment = _cut(record, _CENTRAL.size, *old[10:13])
    extra = _without_zip64(extra)
    lengths = (len(name), len(extra), len(comment))
    fields = (*old[:3], flags, method, *old[5:7], *sizes, *lengths, 0, *old[14:16], 0)
    return [local, *body], _CENTRAL.pack(*fields) + name + extra + comment


def _deflated(content: Content, method: int, large: bool) -> tuple[list[bytes], int, int, int]:
    """The content as it is stored, in pieces, its checksum, and its sizes then and before.

    A large content is never whole in memory.
    """
    pieces = [content] if isinstance(content, bytes) else content if large else [b"".join(content)]
    pack = zlib.compressobj(LARGE_LEVEL if large else LEVEL, zlib.DEFLATED, -15)
    compress = bytes if method == zipfile.ZIP_STORED else pack.compress
    check = size = 0

    def counted() -> Iterator[bytes | memoryview]:
        nonlocal check, size
        for piece in pieces:
            check, size = zlib.crc32(piece, check), size + len(piece)
            yield piece

    body = list(_beside(compress, counted()) if large else map(compress, counted()))
    body += [] if method == zipfile.ZIP_STORED else [pack.flush()]
    return body, check, sum(map(len, body)), size


def _beside(
    compress: Callable[[bytes | memoryview], bytes], pieces: Iterable[bytes | memoryview]
) -> Iterator[bytes]:
    """The pieces compressed in a thread of its own, while the next are made."""
    from concurrent.futures import Future, ThreadPoolExecutor  # only large parts need it

    waiting: list[Future[bytes]] = []
    with ThreadPoolExecutor(1) as worker:
        for piece in pieces:
            waiting.append(worker.submit(compress, piece))
            if len(waiting) > MOST_WAITING:
                yield waiting.pop(0).result()
        for done in waiting:
            yield done.result()


def _moved(record: bytes, offset: int) -> bytes:
    """A central record that points at the member's new place; nothing else of it changes."""
    fields = list(_CENTRAL.unpack_from(record))
    if fields[16] != _WIDE:
        fields[16] = min(offset, _WIDE)  # a file that large is refused in the end
        return _CENTRAL.pack(*fields) + record[_CENTRAL.size :]
    name, extra, comment = _cut(record, _CENTRAL.size, *fields[10:13])
    sizes_before = 8 * [fields[9], fields[8]].count(_WIDE)
    at = _zip64_field(extra) + 4 + sizes_before
    extra = extra[:at] + struct.pack("<Q", offset) + extra[at + 8 :]
    return record[: _CENTRAL.size] + name + extra + comment


def _cut(data: bytes, begin: int, *lengths: int) -> list[bytes]:
    """Pieces of these lengths, one after the other."""
    pieces = []
    for length in lengths:
        pieces.append(data[begin : begin + length])
        begin += length
    return pieces


def _zip64_field(extra: bytes) -> int:
    """Where the field of 64-bit numbers begins."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            return at
        at += 4 + size
    raise BookError("its zip directory is damaged", "open it in Excel or LibreOffice and save it again")


def _without_zip64(extra: bytes) -> bytes:
    try:
        at = _zip64_field(extra)
    except BookError:
        return extra
    return extra[:at] + extra[at + 4 + int.from_bytes(extra[at + 2 : at + 4], "little") :]


def _tail(records: list[bytes], position: int, comment: bytes) -> bytes:
    """The record that ends a zip file whose directory stands at the position."""
    count, length = len(records), sum(map(len, records))
    if position + length > 0xFFFF0000 or count > 0xFFFE:
        raise BookError("it is larger than 4 GB or has more than 65,534 parts", "split the workbook")
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, position, len(comment)) + comment


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


if TYPE_CHECKING:
    pass


def plain_path(path: str | os.PathLike[str]) -> str:
    """A path without slashes at its end.

    >>> plain_path("lesson.xlsx/"), plain_path("./"), plain_path("")
    ('lesson.xlsx', '.', '.')
    """
    text = os.fspath(path)
    return text.rstrip("/" + os.sep) or text[:1] or "."
