"""A class's folder: every worksheet and the key, made aside and put in place when all are there."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..books.xlsx.saving import exists, umask
from ..errors import BookError, SheetgdError
from ..language import known_language
from ..lessons.points import Points
from ..progress import Progress
from . import key
from .assignment import Assignment, Given, assignments, new_seed
from .exercises import EVERY_ROW
from .office import print_all, printer
from .plan import Plan
from .roster import read_roster
from .template import Template

ENDING = ".sheetgd"  # of the folder in which the files are made
LONG_AGO = 3600.0  # seconds
ELSEWHERE = "name another folder with -o, or remove key.xlsx"


class Made(NamedTuple):
    """What was made: the folder, the key, what each student was given, and the seed."""

    folder: Path
    key: Path
    assignments: Sequence[Given]
    seed: str


def make_class(
    lesson: str,
    roster: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    seed: str | None = None,
    blanks: Sequence[str] | None = None,
    blank_rows: int | None = None,
    like: Points | None = None,
    name_column: str | None = None,
    on_paper: bool = False,
    force: bool = False,
    lang: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Made:
    """A worksheet for each student of the roster, and key.xlsx, in the folder `out`: all of them, or nothing.

    A folder with something in it is refused; with `force` files of the same names are replaced there and others stay.
    A key that is there holds: its seed is taken, and a class whose worksheets differ from its own is refused. Without a
    seed one is made that nobody can guess; it is in the key. `on_paper` makes PDFs instead of workbooks, for which
    LibreOffice is needed. Without `blank_rows` every row is to be filled in, on paper the first five. `lang` is the
    worksheets' language, one of `languages()`: by default that of a key that is there, else English. `progress` is
    called with the steps done and their number.
    """
    folder, ending = Path(out), ".pdf" if on_paper else ".xlsx"
    check_folder(folder, force)
    office = printer() if on_paper else ""
    kept = _kept(folder / "key.xlsx")
    known = seed or (kept.seed if kept else new_seed())
    students = read_roster(roster, name_column)
    found = assignments(
        students,
        lesson,
        known,
        blanks=blanks,
        blank_rows=blank_rows if blank_rows is not None or on_paper else EVERY_ROW,
        like=like,
        kept=kept_of(kept, lesson, known),
        language=chosen_language(lang, kept.assignments if kept else ()),
    )
    if kept:
        _refuse_another(kept, found, known, folder / "key.xlsx")
    count, total = len(found), (3 if on_paper else 2) * len(found)
    with aside(folder) as temporary:
        files = files_of(found, lambda done, _: progress(done, total))
        if on_paper:
            files = print_all(list(files), office, lambda done, _: progress(count + done, total))
        for assignment, content in zip(found, files, strict=True):
            (temporary / f"{assignment.file}{ending}").write_bytes(content)
        path = temporary / "key.xlsx"
        key.write(path, found, known, lambda done, _: progress(total - count + done, total), ending)
        publish(temporary, folder)
    return Made(folder, folder / "key.xlsx", found, known)


def _kept(path: Path) -> key.Class | None:
    """The class whose key is there already; a key that cannot be read is refused, because nothing could make it
    again."""
    if not path.exists():
        return None
    try:
        return key.read_class(path)
    except SheetgdError as error:
        error.book, error.todo = str(path), ELSEWHERE
        raise


def _refuse_another(kept: key.Class, found: Sequence[Assignment], seed: str, path: Path) -> None:
    """Refuse to replace a key whose worksheets would not be made again: what was handed out needs it."""
    if kept.folder:
        todo = "add --google to go on with them, or name another folder with -o"
        raise BookError("this key belongs to Google Sheets that already exist", todo, book=str(path))
    if why := why_another(kept, found, seed):
        raise BookError(
            f"this key belongs to worksheets that already exist, and {why}",
            f"give the same lesson, roster and options to make them again, or {ELSEWHERE}",
            book=str(path),
        )


def language_of(kept: Sequence[Given]) -> str:
    """The language of a class that is there; English where there is none."""
    return kept[0].language if kept else "en"


def chosen_language(lang: str | None, kept: Sequence[Given]) -> str:
    """The language of a class: the one asked for, else that of the class that is there."""
    return known_language(lang or language_of(kept))


def kept_of(kept: key.Class | None, lesson: str, seed: str) -> Sequence[Assignment]:
    """The assignments of a key that hold for a class of this lesson and seed."""
    mine = kept and kept.seed == seed and kept.assignments[:1] and kept.assignments[0].lesson == lesson
    return kept.assignments if kept and mine else ()


def why_another(kept: key.Class, found: Sequence[Assignment], seed: str) -> str:
    """Why the worksheets of a key would not be made again; empty where they would, some more or fewer of them."""
    now = {one.id: one for one in found}
    lost = [
        one
        for one in kept.assignments
        if one.id not in now or one != now[one.id]._replace(contact=one.contact)
    ]
    left = [one for one in lost if one.id not in now]
    if lost and lost[0].lesson != found[0].lesson:
        return f"its lesson is {lost[0].lesson}, not {found[0].lesson}"
    if (there := language_of(kept.assignments)) != (now_in := language_of(found)):
        return f"its language is {there}, not {now_in}"
    if kept.seed != seed:
        return f"its seed is {kept.seed}, not {seed}"
    if len(left) > len(kept.assignments) / 2:
        return f"{len(left)} of its {len(kept.assignments)} students are no longer in the roster"
    changed = [one.name for one in lost if one.id in now]
    return f"{changed[0]}'s worksheet would now be a different one" if changed else ""


def files_of(found: Sequence[Assignment], progress: Progress = lambda done, total: None) -> Iterator[bytes]:
    """The files, one after the other."""
    if not found:
        return
    with Template(Plan(found[0])) as template:
        for done, assignment in enumerate(found, start=1):
            yield template.file(assignment)
            progress(done, len(found))


def check_folder(folder: Path, force: bool) -> None:
    """Refuse a folder that cannot be written, or that holds something already."""
    there = exists(folder)
    if there and not folder.is_dir():
        raise BookError("it is a file, not a folder", "name another with -o", book=str(folder))
    if there and not force and any(folder.iterdir()):
        todo = "name another with -o, or add --force to replace the files in it that have the same names"
        raise BookError("the folder is not empty", todo, book=str(folder))
    if not os.path.isdir(folder.absolute().parent):
        raise BookError(
            f"there is no folder {folder.absolute().parent}",
            "make it first, or name another",
            book=str(folder),
        )


@contextlib.contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A new folder beside this one, removed in the end, whatever happens."""
    parent, prefix = folder.absolute().parent, f".{folder.absolute().name[:40]}."
    _sweep(parent, prefix)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=prefix, suffix=ENDING, dir=parent))
    except OSError as error:
        raise _cannot_write(folder, error) from None
    try:
        yield temporary
    except OSError as error:
        raise _cannot_write(folder, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sweep(parent: Path, prefix: str) -> None:
    """Remove what a killed run left, if it is so old that no other run can be at work there."""
    for path in parent.glob(f"{glob.escape(prefix)}*{ENDING}"):
        with contextlib.suppress(OSError):
            if path.is_dir() and time.time() - path.stat().st_mtime > LONG_AGO:
                shutil.rmtree(path, ignore_errors=True)


def publish(temporary: Path, folder: Path) -> None:
    """Give the finished folder its name; into a folder that is there the files are moved, one by one."""
    for path in (*temporary.iterdir(), temporary):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask())
    if not folder.exists():
        os.replace(temporary, folder)
        return
    for path in sorted(temporary.iterdir()):
        os.replace(path, folder / path.name)


def _cannot_write(folder: Path, error: OSError) -> BookError:
    return BookError(
        f"it cannot be written ({error.strerror})", "name another folder with -o", book=str(folder)
    )
