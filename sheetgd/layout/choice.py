"""What a teacher says about a sheet beyond what it holds: which cells are carried, and which is the loss."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..errors import UsageError
from ..grid.a1 import Cell, a1, parse, sheet_word, split
from ..grid.sheet import Sheet, normal
from .labels import beside, labelled

PREFIX = "sheetgd_"  # of the defined names that remember a choice


class Choice(NamedTuple):
    """Cells of the sheet, in (row, column): pairs that are carried (from, to), the loss, learn and epochs.

    `typed` holds them as they were typed, if they were.
    """

    carry: Sequence[tuple[Cell, Cell]] = ()
    loss: Cell | None = None
    learn: Cell | None = None
    epochs: Cell | None = None
    typed: Mapping[Cell, str] = {}

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

    def over(self, names: Mapping[str, Cell]) -> "Choice":
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
            self.typed,
        )

    def meant(self, sheet: Sheet, known: Mapping[Cell, str]) -> "Choice":
        """The choice on a sheet, where a word such as w1 may be an address and a name: what is `known` by it wins.

        A UsageError where it is another name or label there, or an address on another sheet.
        """
        cells = {cell: _meant(sheet, known, cell, text) for cell, text in self.typed.items()}

        def at(cell: Cell) -> Cell:
            return cells.get(cell, cell)

        return Choice(
            [(at(source), at(to)) for source, to in self.carry],
            self.loss and at(self.loss),
            self.learn and at(self.learn),
            self.epochs and at(self.epochs),
        )


def choose(
    carry: Sequence[tuple[str, str]] = (),
    loss: str | None = None,
    learn_cell: str | None = None,
    epochs_cell: str | None = None,
) -> Choice:
    """The choice that is typed as A1 addresses; a UsageError names what is no address."""
    options = ("--loss", loss), ("--learn-cell", learn_cell), ("--epochs-cell", epochs_cell)
    pairs = [_pair(pair) for pair in carry]
    found, learn, number = (_cell(option, text) for option, text in options)
    texts = [*(text for pair in carry for text in pair), *(text for _, text in options if text)]
    cells = [*(cell for pair in pairs for cell in pair), *filter(None, (found, learn, number))]
    return Choice(pairs, found, learn, number, dict(zip(cells, texts, strict=True)))


def _cell(option: str, text: str | None) -> Cell | None:
    try:
        return parse(split(text)[1]) if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}", f"write it like {option} C7") from None


def _pair(addresses: tuple[str, str]) -> tuple[Cell, Cell]:
    try:
        source, target = (parse(split(text)[1]) for text in addresses)
    except ValueError as error:
        raise UsageError(f"--carry {'='.join(addresses)}: {error}", "write it like --carry K30=C2") from None
    return source, target


def _meant(sheet: Sheet, known: Mapping[Cell, str], cell: Cell, text: str) -> Cell:
    name, word = split(text)
    if name and name.casefold() != sheet.name.casefold():
        raise UsageError(f"{text} is not on {sheet.name}", "name a cell of it")
    if name or "$" in word:
        return cell
    if called := [place for place, what in known.items() if normal(what) == normal(word)]:
        return called[0]
    others = [
        sheet.names.get(word.casefold()),
        *(beside(sheet, label) for label in labelled(sheet, normal(word))),
    ]
    other = next((place for place in others if place and place != cell), None)
    if other is None:
        return cell
    own, place = (f"{sheet_word(sheet.name)}!{a1(one)}" for one in (cell, other))
    raise UsageError(
        f"{text} is the cell {own}, and the name or label of {place}",
        f"write {own} for the one, {place} for the other",
    )
