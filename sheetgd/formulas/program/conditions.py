"""What is known before any parameter is: texts that are compared, criteria, and what kind of thing a cell holds."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..tree import Binary, Text, Tree, bare
from .addresses import Addresses
from .operations import CHOOSE, DIVIDE, SUM, Slots

_EMPTY = object()  # what an empty cell holds: equal to 0, and to an empty text
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_CRITERION = re.compile(r"(<=|>=|<>|<|>|=)?(.*)", re.DOTALL)


def text_comparison(reader: Addresses, tree: Binary) -> int | None:
    """The register of = or <> where a side may be a text; None where both are numbers. A number is no text, whatever it
    is, so that this is known without it."""
    sides = [_held(reader, side) for side in (tree.left, tree.right)]
    if not any(isinstance(held, str) for side in sides if side is not None for held in side.flat):
        return None
    if tree.operator not in ("=", "<>"):
        raise reader.fail("texts that are compared by size")
    filled = [np.full((1, 1, 1), None, dtype=object) if side is None else side for side in sides]
    pairs = np.broadcast_arrays(*filled)
    equal = np.empty(pairs[0].shape)
    for at, (one, other) in enumerate(zip(pairs[0].flat, pairs[1].flat, strict=True)):
        if one in (None, _EMPTY) and other in (None, _EMPTY):
            raise reader.fail("texts and numbers in one range")
        equal.flat[at] = (one if isinstance(one, str) else "") == (other if isinstance(other, str) else "")
        if None in (one, other):
            equal.flat[at] = False
    return reader.compiler.constant(equal if tree.operator == "=" else 1 - equal)


def _held(reader: Addresses, tree: Tree) -> Any:
    """What a side holds, as an array of texts, _EMPTY, and None for numbers; None where all are numbers."""
    tree = bare(tree)
    if isinstance(tree, Text):
        return np.full((1, 1, 1), tree.value.casefold(), dtype=object)
    return _kinds(reader, reader.slots(tree)) if reader.refers(tree) else None


def _kinds(reader: Addresses, slots: Slots) -> Any:
    compiler = reader.compiler
    found = np.full(slots.shape, None, dtype=object)
    for at, slot in enumerate(slots.flat):
        if slot in compiler.texts:
            found.flat[at] = compiler.texts[slot].casefold()
        elif slot in compiler.empty:
            found.flat[at] = _EMPTY
        elif slot in compiler.errors:
            raise reader.fail(f"a cell that is not a number ({compiler.errors[slot]})")
    return found


# -- kinds of cells --------------------------------------------------------------------------------------------------
def _is(kind: str) -> Callable[[Addresses, tuple[Tree, ...]], int]:
    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        if len(arguments) != 1 or not reader.refers(arguments[0]):
            raise reader.fail(f"{kind} of what is no cell")
        compiler, slots = reader.compiler, reader.slots(arguments[0])
        members = {
            "ISBLANK": compiler.empty,
            "ISTEXT": compiler.texts.keys(),
            "ISERROR": compiler.errors.keys(),
            "ISNUMBER": compiler.empty | compiler.texts.keys() | compiler.errors.keys() | compiler.truths,
        }[kind]
        found = np.isin(slots, list(members))
        return compiler.constant((~found if kind == "ISNUMBER" else found).astype(float))

    return register


def _size(axis: int) -> Callable[[Addresses, tuple[Tree, ...]], int]:
    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        if len(arguments) != 1 or not reader.refers(arguments[0]):
            raise reader.fail("ROWS or COLUMNS of what is not a range")
        return reader.compiler.number(float(reader.slots(arguments[0]).shape[axis]))

    return register


def _place(axis: int) -> Callable[[Addresses, tuple[Tree, ...]], int]:
    """ROW and COLUMN of the formula itself."""

    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        if arguments:
            raise reader.fail("ROW or COLUMN of another cell")
        own = [float(cell[axis]) for _, cell in reader.form.places]
        return reader.compiler.constant(np.array(own).reshape(-1, 1, 1))

    return register


# -- criteria --------------------------------------------------------------------------------------------------------
def _values(reader: Addresses, slots: Slots, what: str) -> Any:
    """What constant cells hold: numbers, texts in lower case, and _EMPTY."""
    compiler = reader.compiler
    if not compiler.live.isdisjoint(slots.ravel().tolist()):
        raise reader.fail(f"{what} of what changes")
    found = _kinds(reader, slots)
    for at, slot in enumerate(slots.flat):
        if found.flat[at] is None:
            found.flat[at] = compiler.cells[slot]
    return found


def _wanted(reader: Addresses, tree: Tree, what: str) -> Any:
    """Constant values to be looked for, by formula."""
    if isinstance(tree, Text):
        return np.array([tree.value.casefold()], dtype=object)
    if reader.refers(tree):
        return _values(reader, reader.slots(tree), what)[:, 0, 0]
    constant = reader.compiler.constants.get(reader.read(tree))
    if constant is None or constant.shape[1:] != (1, 1):
        raise reader.fail(f"{what} of what changes")
    return constant.ravel().astype(object)


def matches(reader: Addresses, key: Tree, area: Slots, what: str) -> list[int]:
    """Where each formula's key first stands in its area, from 0."""
    keys, held = _wanted(reader, key, what), _values(reader, area, what)
    found = []
    for number in range(max(len(keys), len(held))):
        row = held[number % len(held)].ravel().tolist()
        wanted = keys[number % len(keys)]
        if wanted is _EMPTY or wanted not in row:
            raise reader.fail(f"{what} of what is not there")
        found.append(row.index(wanted))
    return found


def _match(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    what = "MATCH of other than exact matches"
    if (
        len(arguments) != 3
        or not reader.refers(arguments[1])
        or reader.whole_numbers(arguments[2], what) != [0]
    ):
        raise reader.fail(what)
    places = matches(reader, arguments[0], reader.slots(arguments[1]), "MATCH")
    return reader.compiler.constant(np.array([place + 1.0 for place in places]).reshape(-1, 1, 1))


def _fulfilled(held: Any, criterion: Any) -> bool:
    """Whether what a cell holds fulfils a criterion: a number, or a text such as >0."""
    if not isinstance(criterion, str):
        return type(held) is float and held == (0.0 if criterion is _EMPTY else criterion)
    sign, rest = _CRITERION.fullmatch(criterion).groups()  # type: ignore[union-attr]
    if _number(rest):
        return bool(_SIGNS[sign or "="](held, float(rest))) if type(held) is float else sign == "<>"
    equal = held == rest or (held is _EMPTY and not rest)
    return not equal if sign == "<>" else equal


def _mask(reader: Addresses, pairs: tuple[Tree, ...], what: str) -> Any:
    """Which cells of the ranges fulfil all criteria that follow them."""
    mask: Any = True
    for area, criterion in zip(pairs[::2], pairs[1::2], strict=True):
        if not reader.refers(area):
            raise reader.fail(f"{what} of what is not a range")
        held, wanted = _values(reader, reader.slots(area), what), _wanted(reader, criterion, what)
        for one in wanted.tolist():
            text = _CRITERION.fullmatch(one) if isinstance(one, str) else None
            if text and (
                re.search(r"[*?~]", one) or (text[1] not in (None, "=", "<>") and not _number(text[2]))
            ):
                raise reader.fail(f"{what} with such a criterion")
        count = max(len(held), len(wanted))
        found = np.array(
            [
                [_fulfilled(one, wanted[at % len(wanted)]) for one in held[at % len(held)].flat]
                for at in range(count)
            ]
        )
        mask = mask & found.reshape(count, *held.shape[1:])
    return mask


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _total_if(mean: bool, several: bool) -> Callable[[Addresses, tuple[Tree, ...]], int]:
    def register(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
        what = f"{'AVERAGE' if mean else 'SUM'}IF{'S' * several}"
        if len(arguments) % 2 == 0 if several else len(arguments) not in (2, 3):
            raise reader.fail(what)
        total, pairs = (arguments[0], arguments[1:]) if several else (arguments[-1], arguments[:2])
        total = total if several or len(arguments) == 3 else arguments[0]
        mask, (numbers, kept) = _mask(reader, pairs, what), reader.counted(total)
        if kept is None or mask.shape[1:] != kept.shape[1:]:
            raise reader.fail(f"{what} of ranges of several sizes")
        mask = (mask & kept).astype(float)
        compiler = reader.compiler
        found = compiler.apply(CHOOSE, compiler.constant(mask), numbers, compiler.number(0.0))
        found = compiler.apply(SUM, found)
        if not mean:
            return found
        return compiler.apply(DIVIDE, found, compiler.constant(mask.sum(axis=(1, 2), keepdims=True)))

    return register


def _count_if(reader: Addresses, arguments: tuple[Tree, ...]) -> int:
    if not arguments or len(arguments) % 2:
        raise reader.fail("COUNTIF")
    mask = _mask(reader, arguments, "COUNTIF")
    return reader.compiler.constant(mask.sum(axis=(1, 2), keepdims=True).astype(float))


DECIDED: dict[str, Callable[[Addresses, tuple[Tree, ...]], int]] = {
    **{kind: _is(kind) for kind in ("ISNUMBER", "ISTEXT", "ISBLANK", "ISERROR")},
    "ROWS": _size(1),
    "COLUMNS": _size(2),
    "ROW": _place(0),
    "COLUMN": _place(1),
    "MATCH": _match,
    "SUMIF": _total_if(False, False),
    "SUMIFS": _total_if(False, True),
    "AVERAGEIF": _total_if(True, False),
    "AVERAGEIFS": _total_if(True, True),
    "COUNTIF": _count_if,
    "COUNTIFS": _count_if,
}
