"""Worksheets of a class as they are handed out, and as they come back."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from homework import CARRIED, SLIPS, Planted, by_openpyxl, matters
from sheetgd.checking.results import Results
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.plan import Plan
from sheetgd.classroom.template import Template, blank_cells, student

SHEET = "xl/worksheets/sheet1.xml"


class Homework(NamedTuple):
    """One student of the simulated class: the assignment, the slips, and the file that was handed in."""

    assignment: Assignment
    planted: tuple[Planted, ...]
    file: Path


class Class(NamedTuple):
    students: list[Homework]
    results: Results


def empty_worksheets(folder: Path, key: Sequence[Assignment]) -> dict[str, Path]:
    """The worksheets of a class as they are handed out."""
    paths = {}
    with Template(Plan(key[0])) as press:
        for one in key:
            paths[one.id] = folder / f"{one.file}.xlsx"
            paths[one.id].write_bytes(press.file(one))
    return paths


def plant(chance: random.Random, one: Assignment, count: int) -> tuple[Planted, ...]:
    """So many slips of a student, in different rows, none of them without effect."""
    found: list[Planted] = []
    pool = SLIPS + (CARRIED if "m" in one.blanks else [])
    while len(found) < count:
        planted = Planted(chance.choice(pool), chance.randint(2, one.blank_rows))
        fresh = planted.row not in [each.row for each in found] and planted.slip not in [
            each.slip for each in found
        ]
        if fresh and matters(one, planted):
            found.append(planted)
    return tuple(sorted(found, key=lambda each: each.row))


def solved(assignment: Assignment) -> dict[tuple[str, int], str]:
    """The right formula of every cell of the worksheet, as the solved sheet has it."""
    return {(each.column.title, each.row): each.formula for each in Plan(assignment, ()).written}


def handed_in(folder: Path, one: Assignment, changes: dict[str, object], name: str = "back.xlsx") -> Path:
    """A worksheet with every blank solved by a formula, but for the changes."""
    student(one, folder / "empty.xlsx")
    by_openpyxl(folder / "empty.xlsx", {**by_formulas(one), **changes}, folder / name)
    return folder / name


def by_formulas(one: Assignment) -> dict[str, object]:
    """The right formula for each blank."""
    formulas = solved(one)
    return {blank.cell: formulas[blank.title, blank.row] for blank in blank_cells(one)}


class Page(HTMLParser):
    """A page taken apart: every tag that is opened is closed in order; texts and attributes are collected."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
