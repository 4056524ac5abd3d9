"""A class's folder from a solved workbook: a file for each student, the key, and a copy of the workbook."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..books.xlsx.cell_change import CellChange
from ..books.xlsx.contents import Contents
from ..books.xlsx.handout import handout
from ..books.xlsx.package import Package
from ..books.xlsx.splice import splice
from ..books.xlsx.workbook_part import ask_recalculation, with_hidden_name
from ..errors import BookError
from ..formulas.references import references
from ..grid.a1 import Cell
from ..grid.sheet import Place, Value
from ..progress import Progress
from . import key, model_key
from .assignment import new_seed
from .drawing import labelled
from .folder import ELSEWHERE, Made, aside, check_folder, chosen_language, publish
from .office import print_all, printer
from .roster import read_roster
from .solved import SolvedWorkbook
from .variants import Drawing, Variant

IDENTITY = "_sheetgd_assignment"  # the hidden name of the first sheet that holds the student's id
PLACES = {"{name}": "name", "{assignment}": "id"}  # texts that stand for them where the teacher wrote them


def make_model_class(
    model: str | os.PathLike[str],
    roster: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    blank_cells: str = "",
    vary: str = "",
    seed: str | None = None,
    name_column: str | None = None,
    on_paper: bool = False,
    force: bool = False,
    lang: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Made:
    """A worksheet for each student of the roster from a solved workbook, key.xlsx and a copy of the solved workbook, in
    the folder `out`: all of them, or nothing.

    `blank_cells` are emptied (without it, the open cells of protected sheets), results that depend on them are those of
    the empty cells, and every other part of the file stays as it is. Each student has their own numbers in the cells
    that `vary`. The other options are those of `make_class`.
    """
    folder, ending = Path(out), ".pdf" if on_paper else ".xlsx"
    check_folder(folder, force)
    office = printer() if on_paper else ""
    students = read_roster(roster, name_column)
    with SolvedWorkbook(model, blank_cells, vary) as solved, solved.book.naming_errors():
        kept = _kept(folder / "key.xlsx", solved)
        known = seed or (kept.seed if kept else new_seed())
        drawing = Drawing(solved)
        title = Path(model).stem
        before = kept.assignments if kept else ()
        variants = drawing.variants(students, title, known, before, chosen_language(lang, before))
        answers: list[dict[Place, Value]] = []
        for one in variants:
            drawing.put(one.numbers)
            answers.append(drawing.answers())
        with aside(folder) as temporary:
            count, total = len(variants), (2 if on_paper else 1) * len(variants)
            files: Iterator[bytes] = Worksheets(solved, drawing).files(
                variants, lambda n, _: progress(n, total)
            )
            if on_paper:
                files = print_all(list(files), office, lambda done, _: progress(count + done, total))
            for one, content in zip(variants, files, strict=True):
                (temporary / f"{one.file}{ending}").write_bytes(content)
            (temporary / model_key.FILE).write_bytes(solved.book.contents.package.data)
            model_key.write(temporary / "key.xlsx", variants, answers, known, solved, ending)
            publish(temporary, folder)
    return Made(folder, folder / "key.xlsx", variants, known)


def _kept(path: Path, solved: SolvedWorkbook) -> model_key.ModelClass | None:
    """The class whose key is there already: its students keep their numbers."""
    if not path.exists():
        return None
    kept = key.read_any(path)
    same = isinstance(kept, model_key.ModelClass) and (
        kept.solved.read_bytes() == solved.book.contents.package.data
        and list(solved.places(kept.blank_cells, "--blank-cells")) == solved.blanks
        and list(solved.places(kept.vary, "--vary")) == solved.varied
    )
    if not isinstance(kept, model_key.ModelClass) or not same:
        raise BookError(
            "this key belongs to worksheets that already exist, from another workbook or with other cells",
            f"give the same workbook and options to make them again, or {ELSEWHERE}",
            book=str(path),
        )
    return kept


class Worksheets:
    """The students' files of a solved workbook: one is made, and each student's numbers are spliced into it."""

    def __init__(self, solved: SolvedWorkbook, drawing: Drawing) -> None:
        self.solved, self.drawing = solved, drawing
        book, blanks = solved.book, set(solved.blanks)
        cone = book.precedents.cone(book.formulas, [*solved.blanks, *solved.varied])
        self._moving = sorted((set(book.formulas) if cone is None else cone.active) - blanks)
        self._uncertain = [place for place in self._moving if place in solved.model.frozen]
        self._refuse_marking()
        drawing.put(drawing.printed)
        solved.model.put((place, None) for place in solved.blanks)
        changes = self._results()
        for sheet, cell in solved.blanks:
            changes.setdefault(sheet, {})[cell] = CellChange(None)
        changes.pop(solved.marking, None)
        secret = {*blanks, *self._moving, *solved.varied}
        data = handout(book.contents, changes, secret, solved.marking)
        self._package = Package(book.path, data)
        self._contents = Contents(self._package)
        self._words = [
            ((name, cell), value)
            for name in self._contents.sheet_names
            for cell, value in solved.sheets[name].values.items()
            if isinstance(value, str) and any(mark in value for mark in PLACES)
        ]

    def files(self, variants: Sequence[Variant], progress: Progress) -> Iterator[bytes]:
        """Each student's file, one after the other."""
        for done, one in enumerate(variants, start=1):
            self.drawing.put(one.numbers)
            yield self._file(one)
            progress(done, len(variants))

    def _file(self, one: Variant) -> bytes:
        changes = self._results()
        for (sheet, cell), number in zip(self.solved.varied, one.numbers, strict=True):
            changes.setdefault(sheet, {})[cell] = CellChange(number)
        for (sheet, cell), text in self._words:
            written = text.replace("{name}", one.name).replace("{assignment}", labelled(one))
            changes.setdefault(sheet, {})[cell] = CellChange(written)
        parts = {}
        for sheet, cells in changes.items():
            if sheet in self._contents.parts:
                path = self._contents.parts[sheet].path
                parts[path] = splice(self._package.read(path), cells)
        main = self._contents.main_part
        parts[main] = with_hidden_name(self._package.read(main), IDENTITY, 0, f'"{one.id}"')
        if self._uncertain:
            parts[main] = ask_recalculation(parts[main])
        return self._package.replaced(parts)

    def _results(self) -> dict[str, dict[Cell, CellChange]]:
        """What the formulas that depend on blanks or on varying numbers show now; nothing where that is not known."""
        shown = [place for place in self._moving if place not in self.solved.model.frozen]
        values: dict[Place, Value] = dict(zip(shown, self.solved.book.shown(shown), strict=True))
        changes: dict[str, dict[Cell, CellChange]] = {}
        for sheet, cell in self._moving:
            changes.setdefault(sheet, {})[cell] = CellChange(values.get((sheet, cell)), is_result=True)
        return changes

    def _refuse_marking(self) -> None:
        """An error where a formula of another sheet reads the sheet Marking, which the students do not get."""
        marking = self.solved.marking.casefold()
        for place, formula in self.solved.book.formulas.items() if marking else ():
            read = {sheet.casefold() for sheet, _ in references(formula, place[0]).areas}
            if marking in read and place[0].casefold() != marking:
                raise self.solved.error(
                    place,
                    f"it reads the sheet {self.solved.marking}, which students do not get",
                    "let it read another",
                )
