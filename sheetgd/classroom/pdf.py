"""Worksheets on paper: LibreOffice makes a PDF of each, many at a time, with a profile of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..errors import BookError

AT_ONCE = 40  # files in one call: few enough for every command line, many enough to start seldom
STARTING, EACH = 60.0, 15.0  # seconds that LibreOffice may take to start, and for a file
PLACES = {
    "darwin": ("/Applications/LibreOffice.app/Contents/MacOS/soffice",),
    "win32": (
        r"C:\Program Files\LibreOffice\program\soffice.exe",
        r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
    ),
}
MISSING = "install it from libreoffice.org, or leave out --as pdf and print the worksheets from Excel"


def find_office() -> str:
    """The program of LibreOffice; BookError where there is none."""
    names = (shutil.which(name) for name in ("soffice", "libreoffice"))
    places = (place for place in PLACES.get(sys.platform, ()) if os.path.exists(place))
    found = next(filter(None, (*names, *places)), None)
    if found is None:
        raise BookError("LibreOffice, which prints the worksheets, is not installed", MISSING)
    return found


def print_all(
    files: Sequence[bytes],
    office: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[bytes]:
    """A PDF of each workbook, in their order."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder) / "profile"
        for begin in range(0, len(files), AT_ONCE):
            part = Path(folder) / str(begin)
            part.mkdir()
            books = []  # their names are plain, for not every system hands LibreOffice every name as it is
            for index, content in enumerate(files[begin : begin + AT_ONCE]):
                books.append(part / f"{index}.xlsx")
                books[-1].write_bytes(content)
            _convert(office, profile, part, books)
            for done, book in enumerate(books, start=begin + 1):
                yield _printed(book)
                progress(done, len(files))
            shutil.rmtree(part, ignore_errors=True)


def _convert(office: str, profile: Path, folder: Path, books: Sequence[Path]) -> None:
    command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"]
    command += ["--convert-to", "pdf:calc_pdf_Export", "--outdir", str(folder), *map(str, books)]
    nothing = subprocess.DEVNULL
    try:
        with subprocess.Popen(
            command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=os.name != "nt"
        ) as process:
            try:
                process.wait(STARTING + EACH * len(books))
            except BaseException:
                _end(process)
                raise
    except subprocess.TimeoutExpired:
        raise BookError(
            "LibreOffice did not finish printing", "close it if it is open, and try again"
        ) from None
    except OSError as error:
        raise BookError(f"LibreOffice cannot be started ({error.strerror})", MISSING) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End LibreOffice, whose launcher has started another process."""
    if os.name == "nt":
        process.kill()
        return
    import signal

    os.killpg(process.pid, signal.SIGKILL)


def _printed(book: Path) -> bytes:
    try:
        content = book.with_suffix(".pdf").read_bytes()
    except OSError:
        content = b""
    if not content.startswith(b"%PDF"):
        raise BookError(
            "LibreOffice printed no PDF", "open LibreOffice once to see whether it works, and try again"
        )
    return content
