"""What is said to a student, and of one: plain sentences, the first wrong cell first."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from .results import Checked, Results, Wrong

DIGITS = (6, 9, 12, 15)  # significant ones: as few as tell two numbers apart
FEW = 6  # addresses that are listed one by one


def sentence(one: Checked, answers: bool = True) -> str:
    """What to say to the student: one thing, the first that went wrong; with `answers` also what belongs there."""
    if one.problem:
        return f"This file could not be checked: {one.problem}."
    if one.gone:
        return f"{_begin(missing(one.gone))}. Put your numbers into a new copy of the worksheet."
    if one.first:
        return look(one.first, answers)
    if one.unfit:
        return "{} holds {}: {}.".format(*one.unfit[0])
    if one.texts:
        address, shown, todo = one.texts[0]
        return f"{address} holds {shown}, which is not a number: {todo}."
    if len(one.empty) == one.cells:
        return "Nothing is filled in yet."
    if one.empty:
        return f"What is there is right. {cells(len(one.empty))} still empty, from {one.empty[0]} on."
    return "Everything is right."


def feedback(one: Checked, answers: bool = False) -> str:
    """What goes into a gradebook beside the grade."""
    return f"{one.right} of {one.cells} cells are right. {sentence(one, answers)}"


def note(one: Checked) -> str:
    """What goes into a gradebook where there is no grade yet: nothing that names another student."""
    why = f" ({'; '.join(one.told)})" if one.told else ""
    return f"No grade yet: your teacher looks at this worksheet first{why}."


def look(wrong: Wrong, answers: bool = True) -> str:
    """Where a wrong number stands, and how it may have come about."""
    found, expected = numbers_apart(wrong.found, wrong.expected)
    said = f"Look at {wrong.address} ({place(wrong)}): {found} stands there"
    if wrong.cause and not wrong.cause.instead:
        return f"{said}. That is the right number, but {wrong.cause.words}: keep all digits."
    if answers:
        said += f", and from your own numbers it should be {expected}."
    else:
        said += ", which does not follow from your own numbers before it."
    if wrong.cause:
        return f"{said} Your number is {wrong.cause.instead}: {wrong.cause.words}."
    return f"{said} Work this cell out again{f': it is {wrong.asked}' if answers else ''}."


def missing(columns: tuple[str, ...]) -> str:
    """That columns were deleted, by their headings.

    >>> missing(("de/dm",))
    'the column de/dm is gone: its heading is no longer there'
    >>> missing(("de/dm", "new_m"))
    'the columns de/dm, new_m are gone: their headings are no longer there'
    """
    if len(columns) == 1:
        return f"the column {columns[0]} is gone: its heading is no longer there"
    return f"the columns {listed(columns)} are gone: their headings are no longer there"


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]


def place(wrong: Wrong) -> str:
    """The title of a wrong cell, and its row of the table if it is in one."""
    return f"{wrong.title}, row {wrong.row}" if wrong.row else wrong.title


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
            return shown
    return f"{found:.17g}", f"{expected:.17g}"


def listed(addresses: tuple[str, ...]) -> str:
    """Addresses in words, the first few of many.

    >>> listed(("F17", "G17")), listed(tuple("ABCDEFGH"))
    ('F17, G17', 'A, B, C, D, E, F and 2 more')
    """
    more = f" and {len(addresses) - FEW} more" if len(addresses) > FEW else ""
    return ", ".join(addresses[:FEW]) + more


def remarks(one: Checked) -> list[str]:
    """What the teacher should know of a file besides its numbers, each in a sentence."""
    said = []
    if one.typed and one.formulas:
        few, many = sorted(
            ((one.typed, "typed numbers"), (one.formulas, "formulas")), key=lambda each: len(each[0])
        )
        said.append(f"{few[1]} among {many[1]}, in {listed(few[0])}")
    elif one.typed or one.formulas:
        said.append(f"all answers are {'typed numbers' if one.typed else 'formulas'}")
    if one.empty and len(one.empty) < one.cells:
        said.append(f"{cells(len(one.empty))} empty: {listed(one.empty)}")
    if one.rounded:
        said.append(only_rounded(one.rounded))
    said += [f"{address} holds {shown}, which is not a number" for address, shown, _ in one.texts]
    said += [f"{address} holds {shown}: {why}" for address, shown, why in one.unfit]
    for each in one.altered[:FEW]:
        said.append(f"{each.address} ({each.title}) was {each.printed:.9g} and is {each.found} now")
    if len(one.altered) > FEW:
        said.append(f"{len(one.altered) - FEW} more of the printed numbers have changed")
    return said + list(one.notes)


def only_rounded(least: Sequence[float]) -> str:
    """That this many cells are wrong by rounding alone, and what takes them; nothing where there are none.

    >>> only_rounded([0.00021, 0.0034])
    '2 cells are only rounded; --tolerance 0.004 would take them'
    """
    if not least:
        return ""
    what, them = ("1 cell is", "it") if len(least) == 1 else (f"{len(least)} cells are", "them")
    return f"{what} only rounded; --tolerance {least_tolerance(least)} would take {them}"


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
        return "Not handed in"
    many = f"one of the {results.unread} files that could not be read is"
    files = "the file that could not be read is" if results.unread == 1 else many
    return f"Not handed in, unless {files} theirs"


def cells(count: int) -> str:
    """How many cells, with the verb."""
    return "1 cell is" if count == 1 else f"{count} cells are"
