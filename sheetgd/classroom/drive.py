"""A class in Google Drive: each worksheet a Google Sheet in one folder, the key a file on your computer.

Every sheet carries its assignment's id as a mark. A second run asks the folder for the marks and makes what is missing:
nothing is lost when a run stops half-way, and nothing is made twice. Reading takes one call for the folder and one for
each sheet.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..books.google.addresses import google_address
from ..books.google.client import Google
from ..books.google.drive import (
    FOLDERS,
    SHEETS,
    Marked,
    check_folder,
    folder_id,
    is_there,
    list_marked,
    make_folder,
    make_sheet,
    owner,
    share_sheet,
    shared_with,
)
from ..books.google.errors import CallFailed, Refused, Unreachable
from ..books.xlsx.saving import alone
from ..errors import BookError, SheetgdError, UsageError
from ..lessons.points import Points
from ..progress import Progress
from . import key as keys
from .assignment import Assignment, assignments, new_seed
from .exercises import EVERY_ROW
from .folder import aside, chosen_language, files_of, kept_of, publish, why_another
from .folder import check_folder as check_out
from .roster import read_roster

NO_ADDRESSES = "--share needs e-mail addresses, and the roster has none"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Online(NamedTuple):
    """What was made: the folder's address, the key, the assignments, and each sheet's address by assignment.

    `new` counts the sheets that were not there before; `shared` the students who may edit theirs now; `left` are those
    who may not, each with the reason.
    """

    folder: str
    key: Path
    assignments: list[Assignment]
    addresses: dict[str, str]
    new: int
    shared: int
    left: list[tuple[str, str]]


# -- making ----------------------------------------------------------------------------------------------------------
def make_class(
    lesson: str,
    roster: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    folder: str = "",
    share: bool = False,
    notify: bool = False,
    seed: str | None = None,
    blanks: Sequence[str] | None = None,
    blank_rows: int | None = None,
    like: Points | None = None,
    name_column: str | None = None,
    force: bool = False,
    lang: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Online:
    """A Google Sheet for each student of the roster in one Drive folder, and key.xlsx in the folder `out`.

    `folder` is the Drive folder's address; without it one is made. Where `out` holds the key of this class already, its
    seed and folder hold, and only sheets that are missing are made. `share` lets each student edit their sheet, by the
    e-mail address in the roster; `notify` has Google write to them. Needs the login of a person.
    """
    path = Path(out) / "key.xlsx"
    with _alone(Path(out)):
        kept = keys.read_class(path) if os.path.exists(path) else None
        if kept is None:
            check_out(Path(out), force)
        wanted = _wanted_folder(folder, kept, path)
        known = seed or (kept.seed if kept else new_seed())
        students = read_roster(roster, name_column)
        found = assignments(
            students,
            lesson,
            known,
            blanks=blanks,
            blank_rows=EVERY_ROW if blank_rows is None else blank_rows,
            like=like,
            kept=kept_of(kept, lesson, known),
            language=chosen_language(lang, kept.assignments if kept else ()),
        )
        if kept:
            _refuse_another(kept, found, known, path)
        if share and not any(EMAIL.fullmatch(one.contact) for one in found):
            raise UsageError(NO_ADDRESSES, "add a column email, or leave --share out")
        with contextlib.closing(owner(Path(out).name)) as google:
            wanted = _folder(google, wanted, Path(out))
            if not kept or not kept.folder or kept.assignments != found:
                _write_key(path, found, known, wanted, progress)
            sheets = _Sheets(google, path, wanted, found, kept.addresses if kept else {})
            try:
                return sheets.make(share, notify, progress)
            except Refused as error:
                if not kept and not sheets.there and error.status in (400, 403, 404):
                    path.unlink()  # another folder may be tried
                raise


def _folder(google: Google, wanted: str, out: Path) -> str:
    """The id of the folder, which is there or is made."""
    if not wanted:
        return make_folder(google, out.absolute().name)
    check_folder(google, wanted)
    return wanted


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep a second run of the same class from making the same sheets."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(alone(out.absolute()))
        except SheetgdError as error:
            raise error.at(book=str(out)) from None
        yield


def _wanted_folder(text: str, kept: keys.Class | None, path: Path) -> str:
    """The id of the folder to use; empty where one is to be made."""
    there = folder_id(kept.folder) if kept and kept.folder else ""
    wanted = folder_id(text) if text else there
    if there and wanted != there:
        raise BookError(
            f"the Google Sheets of this class are in {FOLDERS}{there}",
            "leave --folder out, or name another -o for another class",
            book=str(path),
        )
    return wanted


def _refuse_another(kept: keys.Class, found: Sequence[Assignment], seed: str, path: Path) -> None:
    """Refuse to go on with another class than that of the key."""
    if why := why_another(kept, found, seed):
        raise BookError(
            f"this key belongs to a class that already exists, and {why}",
            "give the same lesson, roster and options to go on with it, or name another -o for another class",
            book=str(path),
        )


def _write_key(path: Path, found: Sequence[Assignment], seed: str, folder: str, progress: Progress) -> None:
    with aside(path.parent) as temporary:
        keys.write(
            temporary / path.name,
            found,
            seed,
            lambda done, total: progress(done, 2 * total),
            "",
            FOLDERS + folder,
        )
        publish(temporary, path.parent)


class _Sheets:
    """The Google Sheets of a class, in its folder."""

    def __init__(
        self, google: Google, key: Path, folder: str, found: list[Assignment], noted: Mapping[str, str]
    ) -> None:
        """`noted` are the addresses of those that an earlier run made, by the assignments' ids."""
        self.google, self.key, self.folder, self.found, self.noted = google, key, folder, found, noted
        self.there: dict[str, Marked] = {}
        self.old: set[str] = set()  # the assignments whose sheets this run has not made

    def make(self, share: bool, notify: bool, progress: Progress) -> Online:
        """Make those that are missing, and share all; whatever happens, the key has the addresses of those made."""
        try:
            new = self._make_missing(progress)
            left = self._share(notify) if share else []
        except SheetgdError as error:
            raise self._stopped(error) from None
        finally:
            keys.note_addresses(self.key, self._addresses())
        shared = len(self.found) - len(left) if share else 0
        return Online(FOLDERS + self.folder, self.key, self.found, self._addresses(), new, shared, left)

    def _make_missing(self, progress: Progress) -> int:
        """Make the sheets that are not there; returns how many were missing."""
        total = 2 * len(self.found)
        self.there = list_marked(self.google, self.folder)
        for one in self.found:
            address = google_address(self.noted.get(one.id, ""))
            if one.id not in self.there and address and is_there(self.google, address.key):
                self.there[one.id] = Marked(address.key, frozenset())  # which the list does not know yet
        self.old = {*self.there}
        missing = [one for one in self.found if one.id not in self.there]
        for done, (one, content) in enumerate(zip(missing, files_of(missing), strict=True), start=1):
            sheet = make_sheet(self.google, one.file, content, self.folder, one.id)
            self.there[one.id] = Marked(sheet, frozenset())
            progress(total - len(missing) + done, total)
        return len(missing)

    def _addresses(self) -> dict[str, str]:
        return {
            one.id: f"{SHEETS}{self.there[one.id].key}/edit" for one in self.found if one.id in self.there
        }

    def _share(self, notify: bool) -> list[tuple[str, str]]:
        """Let each student edit their sheet; returns who cannot, and why."""
        left: list[tuple[str, str]] = []
        for one in self.found:
            sheet = self.there[one.id]
            if not EMAIL.fullmatch(one.contact):
                left.append((one.name, "the roster has no e-mail address"))
            elif one.contact.lower() not in sheet.shared:
                try:
                    if one.id not in self.old or one.contact.lower() not in shared_with(
                        self.google, sheet.key
                    ):
                        share_sheet(self.google, sheet.key, one.contact, notify=notify)
                except Refused as error:
                    if error.status == 429 or error.status >= 500:
                        raise
                    left.append((one.name, f"{one.contact}: {error.found}"))
        return left

    def _stopped(self, error: SheetgdError) -> SheetgdError:
        """The error, with what is there by now."""
        here = len(self._addresses())
        if isinstance(error, CallFailed) and here:
            error.found = f"{here} of {len(self.found)} Google Sheets are there, but then {error.found}"
        status = error.status if isinstance(error, Refused) else 0
        if isinstance(error, Unreachable) or status == 429 or status >= 500:
            error.todo = "run the same command again later: it makes what is missing, and nothing twice"
        elif here:
            error.todo += ", then run the same command again"
        return error.at(book=FOLDERS + self.folder)
