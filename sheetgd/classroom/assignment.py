"""One student's assignment: numbers of their own, made from the roster and the seed, and nothing else.

The same roster, lesson and seed give the same assignments, on every machine. Without the seed nobody can tell them:
both the numbers and the id come from a keyed hash of the student's name.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import secrets
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from ..errors import UsageError
from ..language import speaking
from ..lessons.points import Points
from .catalogue import exercise
from .exercises import Exercise, Numbers
from .roster import Student

SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # of an id: none that is easily mistaken for another
NEIGHBOURS = 2  # before a student in the roster, all with other true parameters
PLAIN, LAST = (
    40,
    390,
)  # of these tries: with plain numbers; and before numbers may be another's, in a class of thousands
TRIES, FAILURES = 400, 25  # of numbers for one student: how many are made, and how many may not converge


class Assignment(NamedTuple):
    """What one student is given, and the true parameters that only the teacher sees.

    `x` and `y` are the typed numbers (of the lesson weights, x has the two inputs and y the target), `true` and `start`
    are by parameter, `blanks` the titles that the student fills in, on the first `blank_rows` rows of the table.
    `grid` has the numbers down and across of the table of losses (none where the lesson has no such table), `axes` what
    x and y are called. `file` is the file's name without its ending, `language` the code of the worksheet's language.
    """

    id: str
    name: str
    contact: str
    file: str
    lesson: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    true: Mapping[str, float]
    start: Mapping[str, float]
    learn: float
    epochs: int
    blanks: tuple[str, ...]
    blank_rows: int
    grid: tuple[tuple[float, ...], tuple[float, ...]]
    axes: tuple[str, str]
    language: str = "en"

    @property
    def numbers(self) -> tuple[float, ...]:
        """All that is the student's own."""
        return *self.x, *self.y


class Given(Protocol):
    """Whose a worksheet is: what all kinds of assignments have in common."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def contact(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def lesson(self) -> str: ...
    @property
    def numbers(self) -> tuple[float, ...]: ...
    @property
    def language(self) -> str: ...


AGiven = TypeVar("AGiven", bound=Given)


def new_seed() -> str:
    """A seed that nobody can guess."""
    return secrets.token_hex(8)


def assignments(
    roster: Sequence[Student],
    lesson: str = "descent",
    seed: str = "",
    *,
    blanks: Sequence[str] | None = None,
    blank_rows: int | None = None,
    like: Points | None = None,
    learn: float | None = None,
    epochs: int | None = None,
    kept: Sequence[Assignment] = (),
    language: str = "en",
) -> list[Assignment]:
    """An assignment for each student, in the roster's order; no two have the same numbers.

    A student among `kept`, the assignments of an earlier run, gets the same numbers again. Neighbours have other true
    parameters.

    `blanks` are the titles of the cells to fill in (the lesson's usual ones without it), on the first `blank_rows`
    rows; `like` are points whose spread and scale the students' points are to have, `language` one of `languages()` for
    the worksheets. UsageError for a lesson that no
    class can be given, a title that it does not have, and numbers with which it does not converge.

    >>> ada, alan = assignments([Student("Ada"), Student("Alan")], "descent", "a seed")
    >>> ada.id != alan.id, ada.true["m"] != alan.true["m"], assignments([Student("Ada")], "descent", "a seed") == [ada]
    (True, True, True)
    """
    with speaking(language):
        task = exercise(lesson, like)
        chosen = task.check_blanks(blanks)
    learn, epochs = learn or task.learn, epochs or task.epochs
    rows = task.check_rows(blank_rows)
    grid = task.grid_heads()
    common = Assignment(
        "", "", "", "", lesson, (), (), {}, task.start, learn, epochs, chosen, rows, grid, task.axes, language
    )
    before = given_before(roster, kept)
    fresh = [student.name for number, student in enumerate(roster) if number not in before]
    files = iter(file_names(fresh, [one.file for one in kept]))
    found: list[Assignment] = []
    seen: dict[Student, int] = {}
    ids = {one.id for one in kept}
    taken = {(one.x, one.y) for one in kept}
    for number, student in enumerate(roster):
        seen[student] = seen.get(student, 0) + 1
        one = common._replace(name=student.name, contact=student.contact)
        if number in before:
            old = before[number]
            one = one._replace(id=old.id, name=old.name, file=old.file)
            found.append(one._replace(x=old.x, y=old.y, true=old.true))
            continue
        secret = secret_of(seed, lesson, *student, str(seen[student]))
        near = [other.true for other in found[-NEIGHBOURS:]]
        numbers = _numbers(task, random.Random(secret), near, learn, epochs, taken)
        identity = identity_of(secret, ids)
        ids.add(identity)
        taken.add((numbers.x, numbers.y))
        one = one._replace(id=identity, file=next(files))
        found.append(one._replace(x=numbers.x, y=numbers.y, true=numbers.true))
    return found


def given_before(roster: Sequence[Student], kept: Sequence[AGiven]) -> dict[int, AGiven]:
    """Who has a worksheet already, by number in the roster: by name and contact, or by a name of their own."""
    pool: dict[tuple[str, ...], list[AGiven]] = {}
    for one in kept:
        pool.setdefault((one.name, one.contact), []).append(one)
    found = {
        number: pool[tuple(student)].pop(0)
        for number, student in enumerate(roster)
        if pool.get(tuple(student))
    }
    rest = [one for ones in pool.values() for one in ones]
    names = [student.name for number, student in enumerate(roster) if number not in found]
    for number, student in enumerate(roster):
        same = [one for one in rest if one.name == student.name]
        if number not in found and len(same) == names.count(student.name) == 1:
            found[number] = same[0]
    return found


def secret_of(seed: str, *words: str) -> str:
    """Digits that follow from the seed and the words, and from which neither can be told."""
    return hmac.new(seed.encode(), "\0".join(words).encode(), hashlib.sha256).hexdigest()


def identity_of(secret: str, taken: set[str]) -> str:
    """An id such as 7KQ2-M9XD that no other student has."""
    number = int(hashlib.sha256(f"id {secret}".encode()).hexdigest(), 16)
    while True:
        signs = []
        for _ in range(8):
            number, sign = divmod(number, len(SIGNS))
            signs.append(SIGNS[sign])
        identity = "".join(signs[:4]) + "-" + "".join(signs[4:])
        if identity not in taken:
            return identity


def _numbers(
    task: Exercise,
    chance: random.Random,
    near: Sequence[Mapping[str, float]],
    learn: float,
    epochs: int,
    taken: Collection[tuple[tuple[float, ...], tuple[float, ...]]],
) -> Numbers:
    """Numbers with which the lesson converges, that nobody has yet, and whose true parameters no neighbour has."""
    failures = 0
    for attempt in range(TRIES):
        numbers = task.numbers(chance, crowded=attempt >= PLAIN)
        if (numbers.x, numbers.y) in taken and attempt < LAST:
            continue
        # Where there are not enough for all, those nearest count; points exactly on lines all normalise to slope 1.
        others = near if attempt < TRIES // 2 else near[-1:] if attempt < TRIES * 3 // 4 else ()
        if any(other[name] == value for other in others for name, value in numbers.true.items()):
            continue
        if task.converges(numbers, learn, epochs):
            return numbers
        failures += 1
        if failures == FAILURES:
            break
    raise UsageError(
        f"with such numbers the lesson {task.lesson} does not converge in {epochs} epochs",
        "name other data after --data-like",
    )


LONGEST = 80  # bytes of a name in UTF-8, so that folders, archives and old file systems take it
RESERVED = frozenset(  # on Windows, whatever ending follows
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"]
)
TAKEN = frozenset({"key"})  # the teacher's own file


def file_names(names: Iterable[str], used_before: Iterable[str] = ()) -> list[str]:
    """A file name without its ending for each name, in their order; of two alike the second gets a (2).

    None of them is one that was `used_before`.

    >>> file_names(["Ada Lovelace", "Ada Lovelace", "../../etc/passwd", "CON", "O'Neil, Zoë", "🙂"])
    ['Ada Lovelace', 'Ada Lovelace (2)', 'etc passwd', 'CON (student)', 'ONeil Zoë', 'student']
    """
    found: list[str] = []
    used = {*TAKEN, *map(_folded, used_before)}
    for name in names:
        stem = plain = _plain(name)
        count = 1
        while _folded(stem) in used:
            count += 1
            ending = f" ({count})"
            stem = _cut(plain, LONGEST - len(ending)) + ending
        used.add(_folded(stem))
        found.append(stem)
    return found


def _plain(name: str) -> str:
    """The letters and digits of a name, in words with one blank between them."""
    kept = []
    for sign in unicodedata.normalize("NFC", name):
        kind = unicodedata.category(sign)[0]
        if kind in "LMN" and ord(sign) <= 0xFFFF:
            kept.append(sign)
        elif sign == "-" or kind == "Z" or sign in "/\\_.,;:\t":
            kept.append("-" if sign == "-" else " ")
    words = (word.strip("-") for word in "".join(kept).split())
    plain = _cut(" ".join(filter(None, words)), LONGEST)
    if not any(unicodedata.category(sign)[0] in "LN" for sign in plain):
        return "student"
    return f"{plain} (student)" if plain.lower() in RESERVED else plain


def _cut(text: str, size: int) -> str:
    """The text's beginning that takes no more than this many bytes."""
    return text.encode()[:size].decode("utf-8", "ignore").strip()


def _folded(name: str) -> str:
    """A name as it is compared by file systems that ignore case and composition."""
    return unicodedata.normalize("NFKD", name).casefold()
