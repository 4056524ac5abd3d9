"""What LibreOffice does for a class: it prints worksheets, and makes workbooks of OpenDocument files.

It is given many files at a time, and a profile of its own, in which no macro is run and no link followed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..errors import BookError

AT_ONCE = 40  # files in one call: few enough for every command line, enough to start it rarely
STARTING, EACH = 60.0, 15.0  # seconds that LibreOffice may take to start, and for a file
PLACES = {
    "darwin": ("/Applications/LibreOffice.app/Contents/MacOS/soffice",),
    "win32": (
        r"C:\Program Files\LibreOffice\program\soffice.exe",
        r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
    ),
}
MISSING = "install it from libreoffice.org, or leave out --as pdf and print the worksheets from Excel"
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution"
 oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"
 oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value>
</prop></item>
</oor:items>
"""  # Link 2: what a sheet refers to outside is never fetched


def find_office() -> str | None:
    """The program of LibreOffice, where there is one."""
    names = (shutil.which(name) for name in ("soffice", "libreoffice"))
    places = (place for place in PLACES.get(sys.platform, ()) if os.path.exists(place))
    return next(filter(None, (*names, *places)), None)


def printer() -> str:
    """The program of LibreOffice; BookError where there is none."""
    if found := find_office():
        return found
    raise BookError("LibreOffice, which prints the worksheets, is not installed", MISSING)


def names_without_font(names: Sequence[str]) -> list[str]:
    """The names with a letter that no font of this computer has, and that paper would show as a box.

    Known where there is fontconfig, as on Linux; none on Windows and macOS, which have fonts for most of the world.
    """
    program = shutil.which("fc-list")
    letters = sorted({sign for name in names for sign in name if unicodedata.category(sign)[0] in "LM"})
    if program is None or not letters:
        return []
    listed = subprocess.run(
        [program, "--format", "%{charset} "], capture_output=True, encoding="utf-8", check=False
    ).stdout
    codes = [ord(letter) for letter in letters]
    found: set[str] = set()
    for area in set(listed.split()):
        first, _, last = area.partition("-")
        begin, end = int(first, 16), int(last or first, 16)
        found |= set(letters[bisect_left(codes, begin) : bisect_right(codes, end)])
    return [name for name in names if found and not {each for each in name if each in letters} <= found]


def print_all(
    files: Sequence[bytes],
    office: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[bytes]:
    """A PDF of each workbook, in their order."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for begin in range(0, len(files), AT_ONCE):
            part = Path(folder) / str(begin)
            part.mkdir()
            books = []  # their names are plain, because not every system hands LibreOffice every name as it is
            for index, content in enumerate(files[begin : begin + AT_ONCE]):
                books.append(part / f"{index}.xlsx")
                books[-1].write_bytes(content)
            convert(office, books, "pdf:calc_pdf_Export", Path(folder) / "profile")
            for done, book in enumerate(books, start=begin + 1):
                yield _printed(book)
                progress(done, len(files))
            shutil.rmtree(part, ignore_errors=True)


def convert(office: str, books: Sequence[Path], kind: str, profile: Path) -> None:
    """Make a file of another kind beside each, all in one folder; there is none where LibreOffice cannot read one."""
    settings = profile / "user" / "registrymodifications.xcu"
    if not settings.exists():
        settings.parent.mkdir(parents=True)
        settings.write_text(SETTINGS, encoding="utf-8")
    command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"]
    command += ["--convert-to", kind, "--outdir", str(books[0].parent), *map(str, books)]
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
        raise BookError("LibreOffice did not finish", "close it if it is open, and try again") from None
    except OSError as error:
        raise BookError(f"LibreOffice cannot be started ({error.strerror})", MISSING) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End LibreOffice, whose launcher has started another process."""
    if os.name == "nt":
        process.kill()
        return
    os.killpg(process.pid, signal.SIGKILL)


def _printed(book: Path) -> bytes:
    try:
        content = book.with_suffix(".pdf").read_bytes()
    except OSError:
        content = b""
    if not content.startswith(b"%PDF"):
        raise BookError(
            "LibreOffice made no PDF", "open LibreOffice once to see whether it works, and try again"
        )
    return content
