"""A workbook file as a zip: reading its parts safely, and saving it with some parts replaced.

A part that is not replaced keeps its raw bytes, headers and order. A save is atomic: a temporary file beside the
workbook, flushed to the disk, then put in its place. Source of the record layouts: PKWARE APPNOTE 6.3.10, 4.3.
"""

from __future__ import annotations

import errno
import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

from ..errors import BookError

PART_LIMIT = 1 << 30  # bytes of one part once inflated
RATIO_LIMIT = 400  # inflated to deflated, for parts large enough to matter
RATIO_FROM = 16 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL, _CENTRAL = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L")
_DESCRIPTOR_BIT = 0x08


class Package:
    """The parts of a workbook, read whole at one moment.

    `data` are the file's bytes then; saving refuses to replace a file that has other bytes by that time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = _read(path)
        self.archive = _archive(self.data)
        self._infos = self.archive.infolist()
        self._guard()
        self._parts = {info.filename.lower(): info for info in self._infos}

    def _guard(self) -> None:
        """Refuse what no spreadsheet application writes, before anything is inflated."""
        names = [info.filename.lower() for info in self._infos]
        if len(set(names)) < len(names):
            raise BookError("it holds the same part twice", "open it in Excel or LibreOffice and save it again")
        end = 0
        for info in sorted(self._infos, key=lambda info: info.header_offset):
            huge = info.file_size > PART_LIMIT
            bomb = info.file_size > RATIO_FROM and info.file_size > RATIO_LIMIT * info.compress_size
            if huge or bomb or info.header_offset < end:
                raise BookError(
                    f"its part {info.filename} would unpack to {info.file_size:,} bytes, far more than a worksheet",
                    "do not trust this file",
                )
            if info.flag_bits & 1:
                raise BookError("it is protected by a password", "save a copy without the password")
            end = info.header_offset + 30 + info.compress_size

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def names(self) -> list[str]:
        return [info.filename for info in self._infos]

    def read(self, name: str) -> bytes:
        """A part's bytes, inflated and checked."""
        info = self._parts.get(name.lower())
        if info is None:
            raise BookError(f"its part {name} is missing", "open it in Excel or LibreOffice and save it again")
        try:
            return self.archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise BookError(
                f"its part {name} is damaged ({error})", "take an older copy, or let Excel or LibreOffice repair it"
            ) from None

    # -- saving ----------------------------------------------------------------------------------------------------
    def replaced(self, parts: dict[str, bytes]) -> bytes:
        """The whole file with the named parts replaced; all others as they are, to the byte."""
        new = {name.lower(): content for name, content in parts.items()}
        # Where a file is prefixed by other bytes, zipfile adds their length to each offset it reports.
        start = self.archive.start_dir
        central = _central_records(self.data, start, len(self._infos))
        prefix = min((info.header_offset for info in self._infos), default=0)
        ends = sorted([info.header_offset for info in self._infos] + [start])
        records: dict[int, bytes] = {}
        pieces, position = [self.data[:prefix]], prefix
        order = sorted(range(len(self._infos)), key=lambda i: self._infos[i].header_offset)
        for index in order:
            info, record = self._infos[index], central[index]
            content = new.get(info.filename.lower())
            if content is None:
                member = self.data[info.header_offset : ends[ends.index(info.header_offset) + 1]]
            else:
                member, record = _packed(self.data, info, record, content)
            records[index] = _moved(record, position)
            pieces.append(member)
            position += len(member)
        directory = b"".join(records[index] for index in range(len(self._infos)))
        if position + len(directory) > 0xFFFF0000:
            raise BookError("it is larger than 4 GB", "split the workbook")
        comment = self.archive.comment
        count = len(self._infos)
        tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), position, len(comment))
        return b"".join([*pieces, directory, tail, comment])

    def save(self, parts: dict[str, bytes], target: Path) -> None:
        """Write the file with the parts replaced to `target`, whole or not at all."""
        content = self.replaced(parts) if parts else self.data
        in_place = _same_file(target, self.path)

        def unchanged() -> None:
            if _read(self.path) != self.data:
                raise BookError("the file was changed by something else while the epochs ran", "run them again")

        write_atomically(target, content, before_replace=unchanged if in_place else None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BookError("there is no such file", "check the name and the folder") from None
    except IsADirectoryError:
        raise BookError("it is a folder", "name the workbook in it") from None
    except PermissionError:
        if path.is_dir():  # Windows says so of a folder
            raise BookError("it is a folder", "name the workbook in it") from None
        raise BookError("it may not be read", "ask its owner for permission to read it") from None
    except OSError as error:
        raise BookError(f"it cannot be read ({error.strerror})", "copy it to a local folder and try there") from None


def _archive(data: bytes) -> zipfile.ZipFile:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise BookError("it is protected by a password", "save a copy without the password")
        raise BookError("it is an old .xls workbook", "save it as .xlsx in Excel or LibreOffice")
    if not data:
        raise BookError("it is empty (0 bytes)", "take an older copy")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OverflowError, struct.error, UnicodeDecodeError, NotImplementedError):
        raise BookError("it is not an .xlsx or .xlsm workbook", "save it as .xlsx in Excel or LibreOffice") from None
    names = {name.lower() for name in archive.namelist()}
    if "xl/workbook.bin" in names:
        raise BookError("it is an .xlsb workbook", "save it as .xlsx or .xlsm")
    if "[content_types].xml" not in names:
        kind = "an OpenDocument file" if "mimetype" in names else "a zip, but not an .xlsx or .xlsm workbook"
        raise BookError(f"it is {kind}", "save it as .xlsx in Excel or LibreOffice")
    return archive


def _central_records(data: bytes, start: int, count: int) -> list[bytes]:
    """The raw records of the central directory, in its order."""
    records = []
    for _ in range(count):
        fields = _CENTRAL.unpack_from(data, start)
        length = _CENTRAL.size + sum(fields[10:13])
        records.append(data[start : start + length])
        start += length
    return records


def _packed(data: bytes, info: zipfile.ZipInfo, record: bytes, content: bytes) -> tuple[bytes, bytes]:
    """A replaced member with its local header, and its central record; name, date and attributes stay."""
    body = content
    if info.compress_type != zipfile.ZIP_STORED:
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = deflate.compress(content) + deflate.flush()
    sizes = (zlib.crc32(content), len(body), len(content))
    method = zipfile.ZIP_STORED if body is content else zipfile.ZIP_DEFLATED
    flags = info.flag_bits & ~_DESCRIPTOR_BIT
    local = _LOCAL.unpack_from(data, info.header_offset)
    name = data[info.header_offset + 30 :][: local[9]]
    header = _LOCAL.pack(local[0], 20, flags, method, *local[4:6], *sizes, len(name), 0) + name
    old = _CENTRAL.unpack_from(record)
    name, comment = record[46 : 46 + old[10]], record[46 + old[10] + old[11] :]
    fields = (*old[:3], flags, method, *old[5:7], *sizes, len(name), 0, len(comment), 0, *old[14:])
    return header + body, _CENTRAL.pack(*fields) + name + comment


def _moved(record: bytes, offset: int) -> bytes:
    """A central record that points at the member's new place."""
    fields = list(_CENTRAL.unpack_from(record))
    extra = record[46 + fields[10] :][: fields[11]]
    if 0xFFFFFFFF in (fields[8], fields[9], fields[16]):  # zip64: the true numbers are in the extra field
        wide = [i for i in (9, 8, 16) if fields[i] == 0xFFFFFFFF]
        numbers = _zip64(extra, len(wide))
        for i, number in zip(wide, numbers):
            fields[i] = number
        extra = b""
    fields[11], fields[16] = len(extra), offset
    name, comment = record[46 : 46 + fields[10]], record[len(record) - fields[12] :] if fields[12] else b""
    return _CENTRAL.pack(*fields) + name + extra + comment


def _zip64(extra: bytes, count: int) -> tuple[int, ...]:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        if kind == 1 and size >= 8 * count:
            return struct.unpack_from(f"<{count}Q", extra, 4)
        extra = extra[4 + size :]
    raise BookError("its zip directory is damaged", "open it in Excel or LibreOffice and save it again")


def _same_file(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def write_atomically(target: Path, content: bytes, before_replace=None) -> None:  # type: ignore[no-untyped-def]
    """Put the bytes in the place of `target`: after a crash it is the old file or the new one, whole.

    `before_replace` is called when the new bytes are safe on the disk; what it raises stops the replacement.
    """
    target = Path(os.path.realpath(target))  # a link stays a link
    if target.exists() and not os.access(target, os.W_OK):
        raise BookError("the file is read-only", "allow writing to it, or write to another with -o OTHER.xlsx")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.sheetgd")
    try:
        mode = os.stat(target).st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        _write(temporary, content, mode)
        if before_replace:
            before_replace()
        os.replace(temporary, target)
        _flush_folder(target.parent)
    except OSError as error:
        raise _cannot_write(error, target) from None
    finally:
        temporary.unlink(missing_ok=True)


def _write(temporary: Path, content: bytes, mode: int) -> None:
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with open(handle, "wb", buffering=0) as file:
        view = memoryview(content)
        while view:
            view = view[file.write(view) or 0 :]
        os.chmod(temporary, mode)
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system allows it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network file systems refuse it; the replacement itself is done
    finally:
        os.close(handle)


def _cannot_write(error: OSError, target: Path) -> BookError:
    if error.errno in _FULL:
        return BookError("the disk is full", "free some space and run again; the workbook is as it was")
    if isinstance(error, FileNotFoundError):
        return BookError(f"there is no folder {target.parent}", "make it first, or name another")
    if isinstance(error, PermissionError) and os.name == "nt" and target.exists():
        return BookError("another program has it open", "close it there, or write to another with -o OTHER.xlsx")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return BookError(
            f"the folder {target.parent} is read-only", "allow writing to it, or write elsewhere with -o OTHER.xlsx"
        )
    return BookError(f"it cannot be written ({error.strerror})", "write to another file with -o OTHER.xlsx")
