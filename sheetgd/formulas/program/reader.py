"""The tree of a form to a program's steps: what each of its operators and functions means."""

from __future__ import annotations

from math import nan, pi

import numpy as np
from numpy.typing import NDArray

from ..tree import (
    Array,
    Binary,
    Bracket,
    Call,
    Error,
    Number,
    Sign,
    Suffix,
    Text,
    Tree,
    Truth,
    bare,
    function_name,
)
from .addresses import Addresses
from .builder import Divided
from .comparisons import COMPARISONS
from .composed import COMPOSED
from .conditions import DECIDED, matches, text_comparison
from .functions import FUNCTIONS
from .operations import CHOOSE, CHOOSE_NO_ERROR, DIVIDE, NEGATE, OPERATORS, Slots

_BINARY = {**OPERATORS, **COMPARISONS}
_TRUTHS = frozenset(("AND", "OR", "NOT", "XOR", "ISNUMBER", "ISTEXT", "ISBLANK", "ISERROR"))


class Reader(Addresses):
    """Turns the tree of a form into steps."""

    def result(self, tree: Tree) -> int | str:
        """The register of a formula's value, or the text that it comes to."""
        if isinstance(tree, Bracket):
            return self.result(tree.inner)
        if isinstance(tree, Text):
            return tree.value
        if isinstance(tree, Call) and function_name(tree) == "IF":
            register, chosen = self.decided(tree.arguments[0])
            if chosen is not None:
                return self.result(_branch(chosen, tree.arguments))
            return self.choice(register, tree.arguments)
        if isinstance(tree, Call) and function_name(tree) == "IFERROR" and len(tree.arguments) == 2:
            return self.result(tree.arguments[0])  # where it is an error, the numbers are doubtful
        if self.refers(tree):
            slots = self.slots(tree)
            texts = [self.compiler.texts.get(slot) for slot in slots[:, 0, 0].tolist()]
            if len(set(texts)) > 1:
                raise Divided(np.array([text == texts[0] for text in texts]))
            if texts[0] is not None and slots.shape[1:] == (1, 1):
                return texts[0]
        return self.read(tree)

    def read(self, tree: Tree) -> int:
        """The register of a tree's value, which must be a number or numbers."""
        compiler = self.compiler
        if isinstance(tree, (Number, Truth)):
            return compiler.number(float(tree.text if isinstance(tree, Number) else tree.value))
        if isinstance(tree, Bracket):
            return self.read(tree.inner)
        if self.refers(tree):
            return compiler.load(self.numbers(self.slots(tree)))
        if isinstance(tree, Sign) and tree.sign != "@":
            operand = self.read(tree.operand)
            return compiler.apply(NEGATE, operand) if tree.sign == "-" else operand
        if isinstance(tree, Suffix) and tree.sign == "%":
            return compiler.apply(DIVIDE, self.read(tree.operand), compiler.number(100.0))
        if isinstance(tree, Binary) and tree.operator in _BINARY:
            return self.binary(tree)
        if isinstance(tree, Array):
            rows = [[self.literal(one) for one in row] for row in tree.rows]
            return compiler.constant(np.array([rows]))
        if isinstance(tree, Call) and isinstance(tree.function, str):
            return self.call(function_name(tree), tree.arguments)
        raise self.fail(f"a {type(tree).__name__.lower()}")

    def binary(self, tree: Binary) -> int:
        decided = text_comparison(self, tree) if tree.operator in COMPARISONS else None
        if decided is not None:
            return decided
        return self.compiler.apply(_BINARY[tree.operator], self.read(tree.left), self.read(tree.right))

    def literal(self, tree: Tree) -> float:
        constant = self.compiler.constants.get(self.read(tree))
        if constant is None or constant.size > 1:
            raise self.fail("an array that is none of numbers")
        return float(constant.flat[0])

    def numbers(self, slots: Slots) -> Slots:
        """The slots, if numbers stand in them; empty cells count as 0."""
        compiler = self.compiler
        if compiler.texts or compiler.errors:
            for slot in slots.ravel().tolist():
                what = compiler.texts.get(slot, compiler.errors.get(slot))
                if what is not None:
                    raise self.fail(f"a cell that is not a number ({what})")
        return slots

    def call(self, name: str, arguments: tuple[Tree, ...]) -> int:
        compiler = self.compiler
        if name == "IF" and arguments:
            register, chosen = self.decided(arguments[0])
            if chosen is not None:
                return self.read(_branch(chosen, arguments))
            return self.choice(register, arguments)
        if (name, len(arguments)) in FUNCTIONS:
            return compiler.apply(FUNCTIONS[name, len(arguments)], *map(self.read, arguments))
        if name == "PI" and not arguments:
            return compiler.number(pi)
        if name == "IFERROR" and len(arguments) == 2:
            return self.read(arguments[0])  # where it is an error, the numbers are doubtful
        if name in DECIDED:
            return DECIDED[name](self, arguments)
        if name in COMPOSED and arguments:
            return COMPOSED[name](self, arguments)
        raise self.fail(name)

    # -- branches --------------------------------------------------------------------------------------------------
    def choice(self, condition: int, arguments: tuple[Tree, ...]) -> int:
        """IF, both branches of which are computed."""
        if len(arguments) != 3:
            raise self.fail("IF without a second branch")
        has_error = any(isinstance(one, Error) for one in arguments[1:])
        operation = CHOOSE_NO_ERROR if has_error else CHOOSE
        return self.compiler.apply(operation, condition, *map(self.either, arguments[1:]))

    def either(self, tree: Tree) -> int:
        """The register of a branch; an error is no number, and the engine is asked if it is chosen."""
        return self.compiler.number(nan) if isinstance(tree, Error) else self.read(tree)

    def decided(self, condition: Tree) -> tuple[int, bool | None]:
        """The register of a condition, and whether it holds if that does not depend on the parameters; Divided where it
        holds for some formulas alone."""
        register = self.read(condition)
        found = self.compiler.constants.get(register)
        if found is None or found.shape[1:] != (1, 1):
            return register, None
        holds = found.ravel() != 0
        if holds.all() or not holds.any():
            return register, bool(holds[0])
        raise Divided(holds == holds[0])

    def matches(self, key: Tree, area: Slots, what: str) -> list[int]:
        return matches(self, key, area, what)

    # -- truths ----------------------------------------------------------------------------------------------------
    def is_truth(self, tree: Tree) -> bool:
        """Whether the value is TRUE or FALSE, which sums leave out."""
        tree = bare(tree)
        if isinstance(tree, Call) and not self.refers(tree):
            name = function_name(tree)
            branches = tree.arguments[1:] if name == "IF" else tree.arguments[:1]
            missing = name == "IF" and len(tree.arguments) < 3
            return name in _TRUTHS or (
                name in ("IF", "IFERROR") and (missing or any(map(self.is_truth, branches)))
            )
        if self.compiler.truths and self.refers(tree):
            return not self.compiler.truths.isdisjoint(self.slots(tree).ravel().tolist())
        return isinstance(tree, Truth) or (isinstance(tree, Binary) and tree.operator in COMPARISONS)

    def counted(self, tree: Tree, neutral: float = 0.0) -> tuple[int, NDArray[np.bool_] | None]:
        if not self.refers(tree):
            if self.is_truth(tree):
                raise self.fail("TRUE or FALSE among numbers")
            return self.read(tree), None
        compiler = self.compiler
        slots = self.slots(tree)
        bad = [compiler.errors[slot] for slot in slots.ravel().tolist() if slot in compiler.errors]
        if bad:
            raise self.fail(f"a cell that is not a number ({bad[0]})")
        out = compiler.empty | compiler.texts.keys() | compiler.truths
        keep = ~np.isin(slots, list(out)) if out else np.ones(slots.shape, dtype=bool)
        register = compiler.load(slots)
        if keep.all():
            return register, keep
        mask = compiler.constant(keep.astype(float))
        return compiler.apply(CHOOSE, mask, register, compiler.number(neutral)), keep


def _branch(chosen: bool, arguments: tuple[Tree, ...]) -> Tree:
    """The branch of an IF; FALSE where it has no second one."""
    return arguments[1] if chosen else arguments[2] if len(arguments) > 2 else Truth(False)
