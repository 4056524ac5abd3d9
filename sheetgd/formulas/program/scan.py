"""A program as straight-line Python: epoch after epoch of numbers carried from cell to cell, without arrays.

The source comes from the same steps as the arrays, one expression for each number, in the engine's order of operations.
Python raises where a result is no number, but lets infinity pass: what is divided by, compared, or given to a function
with a limit is therefore checked. The engine must be asked about any such number.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from sys import float_info
from typing import Any

import numpy as np

from ...grid.sheet import Place, Value
from ..dialect import LARGEST_ANGLE
from .comparisons import CLOSE, COMPARISONS, LEAST, order
from .operations import (
    ALL,
    ANY,
    CHOOSE,
    CHOOSE_NO_ERROR,
    MAXIMUM,
    MINIMUM,
    MMULT,
    ONES,
    POWER,
    SPREAD,
    SQUARE,
    SUM,
    TRANSPOSE,
    Operation,
)
from .program import Compute, Doubtful, Program, Read

LONGEST = 300  # characters of an expression; longer ones get a name for what they are made of
MOST_TERMS = 50  # of a sum on one line
MOST_NUMBERS = 100_000  # that one epoch computes
_EVERY = float_info.max
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_BESIDE_0 = {
    "<": f"{{0}}<=-{LEAST}",
    ">": f"{{0}}>={LEAST}",
    "<=": f"{{0}}<{LEAST}",
    ">=": f"{{0}}>-{LEAST}",
    "=": f"-{LEAST}<{{0}}<{LEAST}",
    "<>": f"not -{LEAST}<{{0}}<{LEAST}",
}
_COMPARED = {id(operation): sign for sign, operation in COMPARISONS.items()}

Term = Any  # a number, or the source of an expression
EpochRow = tuple[float, ...]


class NotScanned(ValueError):
    """The program has a step that no scan knows, or too many."""


class CompiledEpochs:
    """Epochs of a program: the parameters become the carried cells, again and again.

    >>> from .compile import compile_program
    >>> formulas = {("S", (1, 2)): "A1-0.1*2*A1", ("S", (2, 2)): "A1^2"}
    >>> program = compile_program(formulas, formulas, ("S", (1, 2)), [("S", (1, 1))], {}.get, also=formulas)
    >>> CompiledEpochs(program, [("S", (1, 2))], [("S", (2, 2))]).rows(2, [5.0])
    [(5.0, 25.0), (4.0, 16.0)]
    """

    def __init__(
        self,
        program: Program,
        carried: Sequence[Place],
        shown: Sequence[Place],
        known: Mapping[Place, Value] = {},
    ) -> None:
        """`carried` are the cells that the parameters take their values from, in the parameters' order; `known` holds
        the values of those cells that do not depend on them. Raises NotScanned."""
        source = ScanSource(program, known).of(carried, shown)
        made: dict[str, Any] = {}
        exec(compile(source, "<epochs>", "exec"), scan_names(), made)
        self._epochs: Callable[..., None] = made["epochs"]

    def rows(self, count: int, start: Sequence[float]) -> list[EpochRow]:
        """The carried and the shown numbers at the start and after one epoch, two …: `count` rows, fewer where an
        epoch gives no ordinary number."""
        found: list[EpochRow] = []
        with suppress(ArithmeticError, ValueError):  # the engine is asked about such an epoch
            self._epochs(count, found, *start)
        return found


_MATHS = (
    "exp log log10 sqrt pow sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 floor radians degrees"
).split()


def scan_names() -> dict[str, Any]:
    """What the source of a scan calls."""
    names: dict[str, Any] = {name: getattr(math, name) for name in _MATHS}
    names |= {name: _of_angle(names[name]) for name in ("sin", "cos", "tan")}
    return names | {"power": _power, "sign": _sign, "lost": _lost, "order": order}


def _of_angle(function: Callable[[float], float]) -> Callable[[float], float]:
    def value(angle: float) -> float:
        if abs(angle) >= LARGEST_ANGLE:
            raise Doubtful("a large angle")
        return function(angle)

    return value


def _power(base: float, exponent: float) -> float:
    if base == exponent == 0:
        raise Doubtful("0^0")
    return math.pow(base, exponent)


def _sign(number: float) -> float:
    return math.copysign(1.0, number) if number else 0.0


def _lost() -> float:
    raise Doubtful("an infinity")


class _Test(str):
    """The source of a truth as 1 or 0, and, in `test`, that of the truth itself."""

    test: str

    @classmethod
    def of(cls, test: str) -> _Test:
        made = cls(f"(1.0 if {test} else 0.0)")
        made.test = test
        return made


class ScanSource:
    """Writes the lines of an epoch."""

    def __init__(self, program: Program, known: Mapping[Place, Value]) -> None:
        self.program, self.known = program, known
        self.shapes = program.shapes()
        self.lines: list[str] = []
        self.names = 0
        self.finite: set[str] = set()  # names that were looked at
        self.registers: dict[int, Any] = {}  # arrays of terms
        self.uses = Counter(
            register for step in program.steps if isinstance(step, Compute) for register in step.arguments
        )

    def of(self, carried: Sequence[Place], shown: Sequence[Place]) -> str:
        program = self.program
        if sum(math.prod(shape) for shape in self.shapes.values()) > MOST_NUMBERS:
            raise NotScanned
        cells: Any = program.cells.astype(object)
        starts = [f"p{number}" for number in range(len(program.parameters))]
        cells[program.parameters] = starts
        for step in program.steps:
            if isinstance(step, Read):
                self.registers[step.result] = cells[step.slots]
            elif isinstance(step, Compute):
                self.registers[step.result] = self.step(step.operation, step.arguments)
            else:
                for slot, term in zip(step.slots.tolist(), self.registers[step.register].flat, strict=True):
                    cells[slot] = self.named(term)
        ends = [self.end(cells, place) for place in carried]
        row = [*starts, *(self.end(cells, place) for place in shown)]
        self.check(row)
        body = [*self.lines, f"add(({''.join(f'{term},' for term in row)}))"]
        body.append("".join(f"{name}," for name in starts) + "=" + "".join(f"{end!s}," for end in ends))
        head = f"def epochs(count,rows,{','.join(starts)}):\n add=rows.append\n for _ in range(count):\n  "
        return head + "\n  ".join(body)

    def end(self, cells: Any, place: Place) -> Term:
        """What a carried or shown cell comes to."""
        if place in self.known:
            value = self.known[place]
            if type(value) is not float:
                raise NotScanned
            return value
        return self.named(cells[self.program.slots[place]])

    def check(self, row: Iterable[Term]) -> None:
        """No row with an infinity in it."""
        for term in row:
            self.sure(term)

    # -- terms -----------------------------------------------------------------------------------------------------
    def named(self, term: Term) -> Term:
        """The term itself where it is a name or a number; else a name for it."""
        if not isinstance(term, str) or term.isidentifier():
            return term
        self.names += 1
        self.lines.append(f"v{self.names}={term}")
        return f"v{self.names}"

    def sure(self, term: Term) -> Term:
        """The term, known to be finite."""
        if not isinstance(term, str) or isinstance(term, _Test):
            return term
        if term.isidentifier():
            if term not in self.finite:
                self.finite.add(term)
                self.lines.append(f"if not -{_EVERY}<={term}<={_EVERY}:lost()")
            return term
        self.names += 1
        name = f"v{self.names}"
        return f"({name} if -{_EVERY}<=({name}:={term})<={_EVERY} else lost())"

    def arguments(self, registers: Sequence[int], repeated: bool) -> list[Any]:
        """The arrays of terms of a step's arguments; what is used again gets a name."""
        found = []
        shape = np.broadcast_shapes(*[self.array(one).shape for one in registers]) if repeated else None
        for register in registers:
            terms = self.array(register)
            if self.uses[register] > 1 or (shape and terms.shape != shape):
                terms = self.registers[register] = self.each(terms, self.named)
            found.append(terms if shape is None else np.broadcast_to(terms, shape))
        return found

    def array(self, register: int) -> Any:
        if register not in self.registers:
            self.registers[register] = self.program.constants[register].astype(object)
        return self.registers[register]

    def each(self, terms: Any, change: Callable[[Term], Term]) -> Any:
        found = np.empty(terms.shape, dtype=object)
        for at, term in enumerate(terms.flat):
            found.flat[at] = change(term)
        return found

    # -- steps -----------------------------------------------------------------------------------------------------
    def step(self, operation: Operation, registers: Sequence[int]) -> Any:
        if operation is SPREAD:
            return self.arguments(registers, True)[1]
        if operation in _MOVED:
            return _MOVED[operation](
                *[self.each(one, self.named) for one in self.arguments(registers, False)]
            )
        if operation in _WHOLE:
            return self.whole(_WHOLE[operation], self.arguments(registers, False))
        arrays = self.arguments(registers, True)
        found = np.empty(arrays[0].shape, dtype=object)
        for at, terms in enumerate(zip(*[array.flat for array in arrays], strict=True)):
            found.flat[at] = self.single(operation, terms)
        return found

    def single(self, operation: Operation, terms: tuple[Term, ...]) -> Term:
        if operation in (CHOOSE, CHOOSE_NO_ERROR):
            made = _chosen(*terms)
        elif sign := _COMPARED.get(id(operation)):
            return self.compared(sign, *terms)
        elif operation is SQUARE:
            name = self.named(terms[0])
            made = f"({name}*{name})"
        elif operation is POWER and not isinstance(terms[1], str) and terms[1] > 0:
            made = f"pow({terms[0]},{terms[1]!r})"  # no 0^0, and of infinity infinity
        elif operation is POWER and not isinstance(terms[0], str) and terms[0]:
            made = f"pow({terms[0]!r},{self.sure(terms[1])})"
        elif operation.scalar is None:
            raise NotScanned
        else:
            text, sure = operation.scalar
            given = [self.sure(term) if at in sure else term for at, term in enumerate(terms)]
            made = text.format(*[f"({one!r})" if not isinstance(one, str) else one for one in given])
        return self.named(made) if isinstance(made, str) and len(made) > LONGEST else made

    def compared(self, sign: str, one: Term, other: Term) -> Term:
        """A comparison; what is nearly equal is rounded first, as the engine does."""
        one, other = self.sure(self.named(one)), self.sure(self.named(other))
        if not isinstance(one, str):
            one, other, sign = other, one, _TURNED.get(sign, sign)
        if other == 0.0:
            return _Test.of(_BESIDE_0[sign].format(one))
        python = {"=": "==", "<>": "!="}.get(sign, sign)
        if isinstance(other, str):
            clear = f"abs({one}-{other})>{CLOSE}*(abs({one})+abs({other}))"
        else:
            gap = CLOSE * 2 * abs(other)
            clear = f"not {other - gap!r}<={one}<={other + gap!r}"
        return _Test.of(f"({one}{python}{other} if {clear} else order({one},{other}){python}0)")

    def whole(self, fold: Callable[[ScanSource, list[Term]], Term], arrays: list[Any]) -> Any:
        """For each formula, all numbers of all arguments become one."""
        count = max(array.shape[0] for array in arrays)
        found = np.empty((count, 1, 1), dtype=object)
        for at in range(count):
            terms = [term for array in arrays for term in array[at if array.shape[0] > 1 else 0].flat]
            found[at, 0, 0] = fold(self, terms)
        return found


def _chosen(condition: Term, yes: Term, no: Term) -> Term:
    if not isinstance(condition, str):
        return yes if condition else no
    yes, no = (one if isinstance(one, str) or math.isfinite(one) else "lost()" for one in (yes, no))
    test = condition.test if isinstance(condition, _Test) else f"{condition}!=0"
    return f"({yes} if {test} else {no})"


def _total(source: ScanSource, terms: list[Term]) -> Term:
    terms = [term for term in terms if isinstance(term, str) or term] or [0.0]
    made: Term = ""
    for at in range(0, len(terms), MOST_TERMS):
        part = [*([made] if made else []), *terms[at : at + MOST_TERMS]]
        made = source.named(f"({'+'.join(_signed(term) for term in part)})")
    return made


def _signed(term: Term) -> str:
    return term if isinstance(term, str) else f"({term!r})"


def _extreme(sign: str) -> Callable[[ScanSource, list[Term]], Term]:
    def fold(source: ScanSource, terms: list[Term]) -> Term:
        some = [term for term in terms if isinstance(term, str) or math.isfinite(term)]  # infinite: left out
        names = [source.sure(source.named(term)) for term in some]
        if len(names) == 1:
            return names[0]
        if len(names) == 2:
            one, other = names
            return f"({one} if {one}{sign}{other} else {other})"
        return f"{'max' if sign == '>' else 'min'}({','.join(map(str, names))})"

    return fold


def _joined(word: str) -> Callable[[ScanSource, list[Term]], Term]:
    def fold(source: ScanSource, terms: list[Term]) -> Term:
        tests = [term.test if isinstance(term, _Test) else f"{term}!=0" for term in terms]
        return _Test.of("(" + f" {word} ".join(tests) + ")")

    return fold


def _multiplied(left: Any, right: Any) -> Any:
    count = max(left.shape[0], right.shape[0])
    found = np.empty((count, left.shape[1], right.shape[2]), dtype=object)
    for at, row, column in np.ndindex(found.shape):
        pairs = zip(left[at % len(left), row], right[at % len(right), :, column], strict=True)
        found[at, row, column] = f"({'+'.join(f'{_signed(one)}*{_signed(other)}' for one, other in pairs)})"
    return found


_WHOLE: dict[Operation, Callable[[ScanSource, list[Term]], Term]] = {
    SUM: _total,
    MINIMUM: _extreme("<"),
    MAXIMUM: _extreme(">"),
    ALL: _joined("and"),
    ANY: _joined("or"),
}
_MOVED: dict[Operation, Callable[..., Any]] = {
    TRANSPOSE: lambda terms: terms.swapaxes(1, 2),
    ONES: lambda terms: np.full(terms.shape, 1.0, dtype=object),
    MMULT: _multiplied,
}
