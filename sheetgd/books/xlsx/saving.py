"""Putting a file in another's place: after a crash, or with another run at the same moment, one of the two, whole.

The new bytes go to a temporary file beside the target, are flushed to the disk, and take its name at once. From before
the first byte until the name is taken, a lock keeps other runs out; the system lets go of it when its holder ends,
however it ends, so that no crash blocks the next run. What a crash left behind is removed by the next save.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
import time
import zlib
from collections.abc import Callable, Iterator

from ...errors import BookError

if sys.platform == "linux":
    import ctypes

PATIENCE = 10.0  # seconds to wait for another run to finish its writing
TOO_LONG = "the name is too long for a file"
CHANGED = "the file was changed by something else while the epochs ran", "run them again"
LONGEST_NAME = 150  # bytes of the workbook's name that fit into a temporary name
_HERE, _EXCHANGE = -100, 2  # Linux' AT_FDCWD and RENAME_EXCHANGE
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_BUSY = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether there is such a file or folder; a BookError for a name that no file can have."""
    try:
        os.stat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BookError(TOO_LONG, "choose a shorter one", book=os.fspath(path)) from None
        # what else hides it keeps it from being written, too, and is explained then
        return error.errno == errno.ELOOP
    return True


def write_atomically(
    path: str | os.PathLike[str],
    content: bytes,
    before_replace: Callable[[], None] | None = None,
    instead_of: bytes | None = None,
    elsewhere: str = "-o OTHER.xlsx",
) -> None:
    """Put the bytes in the place of `path`: after a crash it is the old file or the new one, whole.

    `before_replace` is called when the new bytes are safe on the disk; what it raises stops the replacement. A file
    that does not hold the bytes `instead_of` keeps its place even if it came there after that, where the system can
    exchange two files. `elsewhere` is the option by which errors advise to write to another file.
    """
    target = os.path.realpath(path)  # a symbolic link stays a link
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise BookError("the file is read-only", f"allow writing to it, or write to another with {elsewhere}")
    temporary = _beside(target, f"{_stem(target)}.{os.urandom(4).hex()}.sheetgd")
    with alone(target) as certain:
        if certain:
            _sweep(target)
        try:
            try:
                _write(temporary, content, target)
                if before_replace:
                    before_replace()
                _take_place(temporary, target, instead_of)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary)
                raise
            _flush_folder(os.path.dirname(target))
        except OSError as error:
            raise _cannot_write(error, target, elsewhere) from None


def _take_place(temporary: str, target: str, instead_of: bytes | None) -> None:
    """Let the temporary file take the target's name, unless a file other than the expected one turns out to have it."""
    ours = os.stat(temporary)
    if instead_of is None or not _exchange(temporary, target):
        os.replace(temporary, target)  # what somebody puts there in these microseconds is lost
        return
    try:
        with open(temporary, "rb") as file:
            if file.read() != instead_of:
                raise BookError(*CHANGED)
    except (BookError, OSError):
        _put_back(temporary, target, ours)
        raise
    with contextlib.suppress(OSError):  # or the next save does it
        os.unlink(temporary)


def _put_back(temporary: str, target: str, ours: os.stat_result) -> None:
    """Give the target's name back to the file that had it, and the temporary name to ours."""
    if not _exchange(temporary, target):
        os.replace(temporary, target)
    elif not os.path.samestat(os.stat(temporary), ours):
        _exchange(temporary, target)  # a third one has been put there since, in the other's place


def _exchange(one: str, other: str) -> bool:
    """Let two files take each other's names at one moment; tells whether the system and the file system could."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError):
        return False  # a C library that does not have it
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _stem(target: str) -> str:
    """What the names of the files beside the target begin with: hidden, its own, and not too long."""
    name = os.fsencode(os.path.basename(target))
    if len(name) > LONGEST_NAME:
        mark = f"{zlib.crc32(name):08x}"
        return f".{name[: LONGEST_NAME - 9].decode('utf-8', 'ignore')}~{mark}"
    return f".{os.path.basename(target)}"


def _beside(target: str, name: str) -> str:
    """Another name in the target's folder."""
    return os.path.join(os.path.dirname(target), name)


def _sweep(target: str) -> None:
    """Remove what earlier runs left when they were killed. Only the holder of the lock may: no other run is alive."""
    stem = _stem(target)
    with contextlib.suppress(OSError):
        for name in os.listdir(os.path.dirname(target)):
            ours = name.startswith(stem) and name.endswith(".sheetgd")
            if ours and re.fullmatch(r"\.[0-9a-f]{8}\.sheetgd", name[len(stem) :]):
                os.unlink(_beside(target, name))


def _write(temporary: str, content: bytes, target: str) -> None:
    """A new file with the bytes, flushed to the disk, with the target's owner and permissions."""
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with open(handle, "wb", buffering=0) as file:
        view = memoryview(content)
        while view:
            view = view[file.write(view) or 0 :]
        if os.path.exists(target):
            old = os.stat(target)
            _give(temporary, old)
            os.chmod(temporary, old.st_mode & 0o777)
        else:
            os.chmod(temporary, 0o666 & ~umask())
        os.fsync(file.fileno())


def _give(temporary: str, old: os.stat_result) -> None:
    """Let the owner and the group be those of the old file, as far as the system lets us."""
    new = os.stat(temporary)
    if sys.platform != "win32" and (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with contextlib.suppress(OSError):  # only root may give a file away
            os.chown(temporary, old.st_uid, old.st_gid)


def umask() -> int:
    """The rights that new files do not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush_folder(folder: str) -> None:
    """Make the new name last through a power cut, where the system allows it."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems refuse this; the replacement itself is done
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _cannot_write(error: OSError, target: str, elsewhere: str) -> BookError:
    folder = os.path.dirname(target)
    if error.errno in _FULL:
        return BookError("the disk is full", "free some space and run again; the workbook is as it was")
    if error.errno == errno.ENAMETOOLONG:
        return BookError(TOO_LONG, "choose a shorter one")
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return BookError(f"there is no folder {folder}", "make it first, or name another")
    if isinstance(error, PermissionError) and os.name == "nt" and os.path.exists(target):
        return BookError(
            "another program has it open", f"close it there, or write to another with {elsewhere}"
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return BookError(
            f"the folder {folder} is read-only",
            f"allow writing to it, or write elsewhere with {elsewhere}",
        )
    return BookError(f"it cannot be written ({error.strerror})", f"write to another file with {elsewhere}")


# -- one run at a time -----------------------------------------------------------------------------------------------
@contextlib.contextmanager
def alone(target: str | os.PathLike[str], patience: float | None = None) -> Iterator[bool]:
    """Keep every other run from writing `target`; whether that is certain (not all file systems have locks).

    Another run is waited for so many seconds.
    """
    target = os.fspath(target)
    path = _beside(target, f"{_stem(target)}.sheetgd-lock")
    handle = _take(path, PATIENCE if patience is None else patience)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            _give_back(handle, path)


def _take(path: str, patience: float) -> int | None:
    """The lock's file, open and locked; None where it cannot be had, which the writing itself will explain."""
    until = time.monotonic() + patience
    while True:
        handle = _open_lock(path)
        if handle is None:
            return None
        try:
            locked = _lock(handle)
        except OSError:
            os.close(handle)
            return None
        if locked and _is_still_there(handle, path):
            return handle
        os.close(handle)
        if not locked and time.monotonic() > until:
            raise BookError("another run of sheetgd is writing it", "wait until it is done, then run again")
        time.sleep(0 if locked else 0.02)


def _open_lock(path: str) -> int | None:
    careful = getattr(os, "O_NOFOLLOW", 0)
    for flags in (os.O_RDWR | os.O_CREAT, os.O_RDONLY):  # another user's may only be readable
        with contextlib.suppress(OSError):
            return os.open(path, flags | careful, 0o666)
    return None


def _lock(handle: int) -> bool:
    """Lock the file unless somebody else has; an OSError where there are no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt  # which only Windows has

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # which Windows has not

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        raise
    return True


def _is_still_there(handle: int, path: str) -> bool:
    """Whether the locked file still has its name: its last holder may have removed it in between."""
    if sys.platform == "win32":
        return True  # where no open file can be removed
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except OSError:
        return False


def _give_back(handle: int, path: str) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            os.close(handle)
            os.unlink(path)
        else:
            os.unlink(path)
            os.close(handle)
