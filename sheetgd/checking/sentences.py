"""What is said to a student, and of one: plain sentences, the first wrong cell first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from math import ceil, floor, log10

from ..language import Written, counted, localized, translated
from .results import Altered, Checked, Results, Wrong

DIGITS = (6, 9, 12, 15)  # significant ones: as few as tell two numbers apart
FEW = 6  # addresses that are listed one by one


def sentence(one: Checked, answers: bool = True) -> str:
    """What to say to the student: one thing, the first that went wrong; with `answers` also what belongs there."""
    if one.problem:
        return translated("This file could not be checked: {problem}.", problem=one.problem)
    if one.gone:
        gone = begun(missing(one.gone))
        return translated("{gone}. Put your numbers into a new copy of the worksheet.", gone=gone)
    if one.first:
        return look(one.first, answers)
    if one.unfit:
        return unfit(*one.unfit[0])
    if one.texts:
        return no_number(*one.texts[0])
    if len(one.empty) == one.cells:
        return translated("Nothing is filled in yet.")
    if one.empty:
        return translated("What you filled in is right. {empty}", empty=still_empty(one))
    return translated("Everything is right.")


def unfit(address: str, shown: str, why: str) -> str:
    """That another text or a formula belongs in a cell."""
    return translated("{cell} holds {shown}: {why}.", cell=address, shown=shown, why=why)


def no_number(address: str, shown: str, todo: str) -> str:
    """That a cell does not hold a number, and what to do."""
    return translated(
        "{cell} holds {shown}, which is not a number: {todo}.", cell=address, shown=shown, todo=todo
    )


def still_empty(one: Checked) -> str:
    """How many cells are empty, and from which one on."""
    return counted(
        "{count} cell is still empty, from {cell} on.",
        "{count} cells are still empty, from {cell} on.",
        len(one.empty),
        cell=one.empty[0],
    )


def score(one: Checked) -> str:
    """How many cells are right."""
    return counted(
        "{right} of {count} cell is right.",
        "{right} of {count} cells are right.",
        one.cells,
        right=one.right,
    )


def feedback(one: Checked, answers: bool = False) -> str:
    """What goes into a gradebook beside the grade."""
    return f"{score(one)} {sentence(one, answers)}"


def note(one: Checked) -> str:
    """What goes into a gradebook where there is no grade yet: nothing that names another student."""
    if one.told:
        why = "; ".join(one.told)
        return translated("No grade yet: your teacher will look at this worksheet first ({why}).", why=why)
    return translated("No grade yet: your teacher will look at this worksheet first.")


def look(wrong: Wrong, answers: bool = True) -> str:
    """Where a wrong number stands, and how it may have come about."""
    found, expected = numbers_apart(wrong.found, wrong.expected)
    at = {"cell": wrong.address, "place": place(wrong), "found": found}
    if wrong.cause and not wrong.cause.instead:
        return translated(
            "Look at {cell} ({place}): it holds {found}. That is the right number, but {cause}: keep all digits.",
            **at,
            cause=wrong.cause.words,
        )
    if answers:
        first = translated(
            "Look at {cell} ({place}): it holds {found}, but from your own numbers it should be {expected}.",
            **at,
            expected=expected,
        )
    else:
        first = translated(
            "Look at {cell} ({place}): it holds {found}, which does not follow from your own numbers before it.",
            **at,
        )
    return f"{first} {_further(wrong, answers)}"


def _further(wrong: Wrong, answers: bool) -> str:
    """How a wrong number may have come about, or what to do."""
    if wrong.cause:
        instead, cause = wrong.cause.instead, wrong.cause.words
        return translated("Your number is {instead}: {cause}.", instead=instead, cause=cause)
    if answers:
        return translated("Work this cell out again: it is {formula}.", formula=wrong.asked)
    return translated("Work this cell out again.")


def missing(columns: tuple[str, ...]) -> str:
    """That columns were deleted, by their headings.

    >>> missing(("de/dm",))
    'the column de/dm is gone: its heading is no longer there'
    >>> missing(("de/dm", "new_m"))
    'the columns de/dm, new_m are gone: their headings are no longer there'
    """
    return counted(
        "the column {columns} is gone: its heading is no longer there",
        "the columns {columns} are gone: their headings are no longer there",
        len(columns),
        columns=listed(columns),
    )


def begun(words: str) -> Written:
    """Words that begin a sentence."""
    return Written(words[:1].upper() + words[1:])


def place(wrong: Wrong) -> str:
    """The title of a wrong cell, and its row of the table if it is in one."""
    return translated("{title}, row {row}", title=wrong.title, row=wrong.row) if wrong.row else wrong.title


def numbers_apart(found: float, expected: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ.

    >>> numbers_apart(0.870480999999991, 1.1295190000000093)
    ('0.870481', '1.12952')
    >>> numbers_apart(1.13, 1.1299999)
    ('1.13', '1.1299999')
    """
    for digits in DIGITS:
        shown = f"{found:.{digits}g}", f"{expected:.{digits}g}"
        if shown[0] != shown[1]:
            break
    else:
        shown = repr(float(found)).removesuffix(".0"), repr(float(expected)).removesuffix(".0")
    return localized(shown[0]), localized(shown[1])


def listed(addresses: tuple[str, ...]) -> str:
    """Addresses in words, the first few of many.

    >>> listed(("F17", "G17")), listed(tuple("ABCDEFGH"))
    ('F17, G17', 'A, B, C, D, E, F and 2 more')
    """
    few = ", ".join(addresses[:FEW])
    more = len(addresses) - FEW
    return counted("{few} and {count} more", "{few} and {count} more", more, few=few) if more > 0 else few


def both(parts: Sequence[str]) -> str:
    """Parts with an "and" between them.

    >>> both(["E17", "Copy!E17"]), both(["E17"])
    ('E17 and Copy!E17', 'E17')
    """
    return reduce(lambda one, other: translated("{one} and {other}", one=one, other=other), parts)


def remarks(one: Checked) -> list[str]:
    """What the teacher should know of a file besides its numbers, each in a sentence."""
    said: list[str] = []
    if one.typed and one.formulas and len(one.typed) <= len(one.formulas):
        said.append(translated("typed numbers among formulas, in {cells}", cells=listed(one.typed)))
    elif one.typed and one.formulas:
        said.append(translated("formulas among typed numbers, in {cells}", cells=listed(one.formulas)))
    elif one.typed:
        said.append(translated("all answers are typed numbers"))
    elif one.formulas:
        said.append(translated("all answers are formulas"))
    if one.empty and len(one.empty) < one.cells:
        said.append(
            counted(
                "{count} cell is empty: {cells}",
                "{count} cells are empty: {cells}",
                len(one.empty),
                cells=listed(one.empty),
            )
        )
    if one.rounded:
        said.append(only_rounded(one.rounded))
    for address, shown, _ in one.texts:
        said.append(translated("{cell} holds {shown}, which is not a number", cell=address, shown=shown))
    for address, shown, why in one.unfit:
        said.append(translated("{cell} holds {shown}: {why}", cell=address, shown=shown, why=why))
    return [*said, *_changed(one.altered), *one.notes]


def _changed(altered: Sequence[Altered]) -> Iterator[str]:
    """What was printed and is no longer there."""
    for each in altered[:FEW]:
        yield translated(
            "{cell} ({title}) was {printed} and is now {found}",
            cell=each.address,
            title=each.title,
            printed=localized(f"{each.printed:.9g}"),
            found=each.found,
        )
    if more := len(altered[FEW:]):
        yield counted(
            "{count} more of the printed numbers has changed",
            "{count} more of the printed numbers have changed",
            more,
        )


def only_rounded(least: Sequence[float]) -> str:
    """That this many cells are wrong by rounding alone, and what takes them; nothing where there are none.

    >>> only_rounded([0.00021, 0.0034])
    '2 cells are only rounded; --tolerance 0.004 would take them'
    """
    if not least:
        return ""
    return counted(
        "{count} cell is only rounded; --tolerance {tolerance} would take it",
        "{count} cells are only rounded; --tolerance {tolerance} would take them",
        len(least),
        tolerance=least_tolerance(least),
    )


def least_tolerance(least: Sequence[float]) -> str:
    """The tolerance with the fewest digits that takes them all.

    >>> least_tolerance([0.00021]), least_tolerance([0.0034, 0.00021]), least_tolerance([0.01])
    ('0.0003', '0.004', '0.01')
    """
    most = max(least)
    decimals = max(-floor(log10(most)), 1)
    shown = f"{ceil(round(most * 10**decimals, 9)) / 10**decimals:.{decimals}f}"
    return shown.rstrip("0") if float(shown) else shown


def not_in(results: Results) -> str:
    """That somebody handed in nothing, with the files that might be theirs."""
    if not results.unread:
        return translated("Not handed in")
    return counted(
        "Not handed in, unless the file that could not be read is theirs",
        "Not handed in, unless one of the {count} files that could not be read is theirs",
        results.unread,
    )
