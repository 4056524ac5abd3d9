"""What references in a table's formulas mean: names, columns of tables with titles, whole columns, rows above."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from ..books.book import ModelledBook
from ..errors import SheetError
from ..formulas.grammar import NotAFormula, parse, text
from ..formulas.program.functions import FUNCTIONS
from ..formulas.structured import frames, meant
from ..formulas.tree import Call, Name, Reference, TableField, Tree, children, function_name, held
from ..grid.a1 import Area, a1
from ..grid.sheet import Place

EACH = frozenset(name for name, _ in FUNCTIONS) - {"MMULT", "TRANSPOSE"} | {
    "IF",
    "IFERROR",
}  # made for each row
WITHOUT = "or run it on the sheet's own rows, without --rows"


class RowBlocks:
    """Areas of a workbook whose rows belong together, one by one: equally many in each, from its top row on."""

    def __init__(self, book: ModelledBook, rows: int, blocks: Iterable[tuple[str, Area]]) -> None:
        self.book, self.rows, self.blocks = book, rows, list(blocks)
        self.tables = frames(map(book.cells, book.sheet_names))
        self.tops: dict[str, set[int]] = {}
        for sheet, area in self.blocks:
            self.tops.setdefault(sheet, set()).add(area.top)

    def refuse(self, place: Place, what: str, todo: str) -> NoReturn:
        raise SheetError(what, todo, sheet=place[0], cell=a1(place[1]))

    def formula(self, place: Place) -> Tree:
        try:
            return parse(self.book.formulas[place])
        except NotAFormula:
            self.refuse(
                place, f"the formula ={self.book.formulas[place]} cannot be read", "write it in another way"
            )

    def above(self, reference: Reference, first: Place) -> Place | None:
        """The first row of the column that a reference in the first row reads one row above."""
        sheet, (row, at) = self.place_of(reference, first)
        fixed = reference.first.fixed_row or reference.last is not None
        tops = self.tops.get(sheet, set())
        return (sheet, (row + 1, at)) if not fixed and row + 1 in tops and row not in tops else None

    def place_of(self, reference: Reference, at: Place) -> Place:
        return self.sheet_of(reference, at), reference.area[:2]

    def sheet_of(self, reference: Reference, at: Place) -> str:
        wanted = reference.sheet_name or at[0]
        found = next((name for name in self.book.sheet_names if name.casefold() == wanted.casefold()), None)
        if found is None:
            self.refuse(at, f"the sheet {wanted} is not in this workbook", "fix the formula")
        return found

    def meant(self, node: Tree, at: Place) -> Tree:
        """The reference that a defined name or a table's column stands for."""
        if isinstance(node, Name):
            texts = self.book.precedents.names.get(node.text.casefold(), ())
            named = parse(texts[0].lstrip("=")) if len(texts) == 1 else node
            if not isinstance(named, Reference) or not named.sheet:
                self.refuse(at, f"the name {node.text} is not a range of cells", "write the cells instead")
            return held(named)
        if isinstance(node, TableField):
            return self._field(node, at)
        return node

    def _field(self, node: TableField, at: Place) -> Reference:
        found = meant(node, at, self.tables)
        if found:
            return found
        self.refuse(at, f"{text(node)} means no cells here", f"write the cells instead, {WITHOUT}")

    def is_whole(self, reference: Reference, at: Place) -> bool:
        area = reference.area
        tops = self.tops.get(self.sheet_of(reference, at), ())
        return area.bottom - area.top + 1 == self.rows and area.top in tops

    def reads_whole(self, trees: Iterable[Tree], at: Place) -> bool:
        """Whether one of a call's arguments is a whole column, or made of whole columns row by row."""
        for tree in trees:
            node = self.meant(tree, at)
            if isinstance(node, Reference):
                if self.is_whole(node, at):
                    return True
            elif isinstance(node, Call) and function_name(node) not in EACH:
                continue
            elif self.reads_whole(children(node), at):
                return True
        return False
