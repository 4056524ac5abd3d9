"""Whose a file is: by the assignment in it, by the teacher's word, or, until that is given, by name and numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from ..classroom import template
from ..classroom.assignment import Given
from ..classroom.model_key import CLASS, NUMBERS
from ..errors import UsageError
from ..grid.sheet import Sheet
from .judging import as_number
from .results import Checked


class Owner(NamedTuple):
    """Whose a file is; `problem` says why nobody knows, `doubt` why it is only likely."""

    assignment: Given | None
    problem: str = ""
    doubt: str = ""
    is_sworn: bool = False  # the teacher said so
    is_foreign: bool = False  # nobody's in this class


class Owners:
    """A class's key, asked whose a file is; `said` is what the teacher says of that, by the files' names."""

    def __init__(
        self, key: Sequence[Given], said: Mapping[str, str] | None = None, names: Sequence[str] = ()
    ) -> None:
        self.key = {assignment.id: assignment for assignment in key}
        self._language = key[0].language if key else "en"
        self._said = dict(self._sworn(file, who, names) for file, who in (said or {}).items())

    def _sworn(self, file: str, who: str, names: Sequence[str]) -> tuple[str, Given]:
        files = [name for name in names if name == file] or [
            name for name in names if PurePosixPath(name).name == file
        ]
        found = [self.key[who.upper()]] if who.upper() in self.key else self._called(who)
        if len(files) != 1:
            what = f"{len(files)} files are called {file}" if files else f"no file is called {file}"
            todo = f"name it as {files[0]}" if files else "name it as it is printed without --owner"
            raise UsageError(f'--owner "{file}={who}": {what}', todo)
        if len(found) != 1:
            what = f"{len(found)} students are called {who}" if found else f"{who} is not in the key"
            todo = (
                f"name the assignment: {', '.join(each.id for each in found)}" if found else "check the name"
            )
            raise UsageError(f'--owner "{file}={who}": {what}', todo)
        return files[0], found[0]

    def _called(self, name: str) -> list[Given]:
        return [one for one in self.key.values() if plain(one.name) == plain(name)]

    def of(self, name: str, sheets: Mapping[str, Sheet], hidden: str = "") -> Owner:
        """Whose a file of this name is, by its sheets and the id that is hidden in it."""
        if name in self._said:
            return Owner(self._said[name], is_sworn=True)
        labelled = {
            identity
            for sheet in sheets.values()
            for identity in template.assignment_ids(sheet, self._language)
        }
        one = next(iter(labelled)) if len(labelled) == 1 else ""
        identity = one or hidden or self._bare_id(sheets.values())
        if identity in self.key:
            return Owner(self.key[identity])
        if identity:
            found = f"its assignment {identity} is not in the key; it may belong to another class or lesson"
            return Owner(None, found, is_foreign=True)
        if {CLASS, NUMBERS} <= set(sheets):
            return Owner(None, "it is a key, not a worksheet", is_foreign=True)
        several = f"there are {len(labelled)} assignments in it, {' and '.join(sorted(labelled))}"
        return self._likely(name, sheets.values(), several if labelled else "there is no assignment id in it")

    def _bare_id(self, sheets: Iterable[Sheet]) -> str | None:
        """An id of the key that stands alone in a cell, without the word before it."""
        texts = {re.sub(r"\W|_", "", each.upper()) for each in _texts(sheets)}
        found = [identity for identity in self.key if identity.replace("-", "") in texts]
        return found[0] if len(found) == 1 else None

    def _likely(self, name: str, sheets: Collection[Sheet], found: str) -> Owner:
        """Whose a file is by the name on it or the numbers in it, where its id does not tell; `found` says why."""
        texts = {plain(each) for each in _texts(sheets)}
        numbers = {
            number for sheet in sheets for value in sheet.values.values() if (number := as_number(value))
        }
        named = [one for one in self.key.values() if plain(one.name) in texts]
        given = [one for one in self.key.values() if {*one.numbers} - {0} and {*one.numbers} - {0} <= numbers]
        both = [one for one in named if one in given]
        for what, mine in (
            ("the name on it and the numbers in it are those of", both),
            ("the name on it is that of", [] if given else named),
            ("the numbers in it are those of", [] if named else given),
        ):
            if len(mine) == 1:
                who = mine[0].name if len(self._called(mine[0].name)) == 1 else mine[0].id
                sure = f'if it is theirs, say so with --owner "{name}={who}"'
                return Owner(mine[0], doubt=f"{found}; {what} {mine[0].name}: {sure}")
        if len(named) == len(given) == 1:
            found += f"; the name on it is {named[0].name}, and its numbers are those of {given[0].name}"
        return Owner(None, f'{found}; ask whose it is, and say so with --owner "{name}=NAME"')


def _texts(sheets: Iterable[Sheet]) -> Iterable[str]:
    return (value for sheet in sheets for value in sheet.values.values() if isinstance(value, str))


def without_rivals(checked: Sequence[Checked]) -> list[Checked]:
    """The same files; one that only may be a student's is nobody's if that student's own came, too."""
    own = {one.assignment.id: one.file for one in checked if one.assignment and not one.is_doubtful}
    return [
        Checked(
            one.file,
            f"there is no assignment id in it; it may be a second worksheet of {one.assignment.name}, "
            f"whose {own[one.assignment.id]} also came",
            digest=one.digest,
        )
        if one.is_doubtful and one.assignment and one.assignment.id in own
        else one
        for one in checked
    ]


def not_handed_in(key: Sequence[Given], checked: Sequence[Checked]) -> tuple[list[Given], int]:
    """Those from whom nothing came, not even an unreadable file with their name; and how many files are nobody's.

    The latter cannot be read, have no name of the class, and may be theirs.
    """
    here = {one.assignment.id for one in checked if one.assignment}
    unread = [one for one in checked if one.problem and not one.assignment and not one.is_foreign]
    files = ["/".join([*PurePosixPath(one.path).parts[-2:], one.file]) for one in unread]
    named = [{one.id for one in key if _is_in(one, file)} for file in files]
    here |= set().union(*named)
    return [one for one in key if one.id not in here], sum(not ids for ids in named)


def _is_in(one: Given, file: str) -> bool:
    """Whether a file's name has the student's, as it is written or as Canvas writes it: lovelaceada_…"""
    if any(
        name and re.search(rf"(?<![^\W_]){re.escape(plain(name))}(?![^\W_])", plain(file))
        for name in (one.name, one.file)
    ):
        return True
    words = re.findall(r"\w+", plain(one.name))
    begins = re.split(r"[/_]", plain(file))
    return len(words) > 1 and "".join([words[-1], *words[:-1]]) in begins


def plain(name: str) -> str:
    """A name as it is compared: without case and outer or double blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
