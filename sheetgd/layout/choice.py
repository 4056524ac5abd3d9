"""What a teacher says of a sheet beyond what stands in it: which cells are carried, and which is the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..errors import UsageError
from ..grid.a1 import Cell, a1, parse

PREFIX = "sheetgd_"  # of the defined names that remember a choice


class Choice(NamedTuple):
    """Cells of the sheet, in (row, column): pairs that are carried (from, to), the loss, learn and epochs."""

    carry: Sequence[tuple[Cell, Cell]] = ()
    loss: Cell | None = None
    learn: Cell | None = None
    epochs: Cell | None = None

    def options(self) -> str:
        """As they are typed after a command.

        >>> choose([("K30", "C2")], loss="H5").options()
        '--carry K30=C2 --loss H5'
        """
        found = [f"--carry {a1(source)}={a1(to)}" for source, to in self.carry]
        named = (("--loss", self.loss), ("--learn-cell", self.learn), ("--epochs-cell", self.epochs))
        return " ".join([*found, *(f"{option} {a1(cell)}" for option, cell in named if cell)])

    def remembered(self) -> dict[str, Cell]:
        """The defined names under which a workbook keeps the choice.

        >>> choose([("K30", "C2")], loss="H5").remembered()
        {'sheetgd_from_1': (30, 11), 'sheetgd_to_1': (2, 3), 'sheetgd_loss': (5, 8)}
        """
        found: dict[str, Cell] = {}
        for number, (source, to) in enumerate(self.carry, 1):
            found |= {f"{PREFIX}from_{number}": source, f"{PREFIX}to_{number}": to}
        named = {"loss": self.loss, "learn": self.learn, "epochs": self.epochs}
        return found | {f"{PREFIX}{what}": cell for what, cell in named.items() if cell}

    def over(self, names: Mapping[str, Cell]) -> Choice:
        """This choice, and what it leaves open as a sheet's defined names remember it."""
        kept = []
        for number in range(1, len(names)):
            source, to = (names.get(f"{PREFIX}{end}_{number}") for end in ("from", "to"))
            if source and to:
                kept.append((source, to))
        given = {to for _, to in self.carry}
        return Choice(
            [*self.carry, *(pair for pair in kept if pair[1] not in given)],
            self.loss or names.get(f"{PREFIX}loss"),
            self.learn or names.get(f"{PREFIX}learn"),
            self.epochs or names.get(f"{PREFIX}epochs"),
        )


def choose(
    carry: Sequence[tuple[str, str]] = (),
    loss: str | None = None,
    learn_cell: str | None = None,
    epochs_cell: str | None = None,
) -> Choice:
    """The choice that is typed as A1 addresses; a UsageError says what is none."""
    return Choice(
        [_pair(pair) for pair in carry],
        _cell("--loss", loss),
        _cell("--learn-cell", learn_cell),
        _cell("--epochs-cell", epochs_cell),
    )


def _cell(option: str, text: str | None) -> Cell | None:
    try:
        return parse(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}", f"write it like {option} C7") from None


def _pair(addresses: tuple[str, str]) -> tuple[Cell, Cell]:
    try:
        source, target = map(parse, addresses)
    except ValueError as error:
        raise UsageError(f"--carry {'='.join(addresses)}: {error}", "write it like --carry K30=C2") from None
    return source, target
