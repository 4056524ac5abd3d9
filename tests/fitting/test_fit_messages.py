"""What is said of a fit: notes, divergence, an objective without limit."""

from __future__ import annotations

import math
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import CommandLine
from fit_sheets import LINE_M, line
from office import read_stored
from sheetgd.maths.loss import Settings
from sheetgd.maths.minimize import minimize

OWN = ("--minimize", "Lesson!B3", "--change", "Lesson!B1:B2")


def test_rand_beside_the_way_is_left_at_its_result(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B8": "=10+RAND()"})
    done = sheetgd("fit", "line.xlsx", *OWN)
    assert done.code == 0
    assert done.err == "Note: Lesson!B8 left at the stored result: it changes at every recalculation.\n"
    last = read_stored(tmp_path / "line.xlsx")["Lesson"]["B8"]
    expected = np.polyfit([1, 2, 3], [5, 6, last], 1)
    stored = read_stored(tmp_path / "line.xlsx")["Lesson"]
    assert [stored["B1"], stored["B2"]] == pytest.approx(list(expected), abs=1e-4)


def test_another_workbook_beside_the_way(sheetgd: CommandLine, tmp_path: Path) -> None:
    """A link whose stored result is there is a number like any other."""
    book = line(tmp_path / "line.xlsx", {"B8": "=[1]Other!A1"})
    put_result(book, "B8", "10")
    done = sheetgd("fit", book.name, *OWN)
    assert done.err == (
        "Note: Lesson!B8 left at the stored result: the formula engine does not know a function or a name in it.\n"
    )
    assert read_stored(book)["Lesson"]["B1"] == pytest.approx(LINE_M, abs=1e-5)


def put_result(book: Path, cell: str, value: str) -> None:
    """Store a formula's result, as an application does; openpyxl stores none."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet, count = re.subn(rf'(<c r="{cell}"[^>]*><f>[^<]*</f>)<v\s*/>', rf"\1<v>{value}</v>", sheet)
    sheet, more = (
        (sheet, 0)
        if count
        else re.subn(rf'(<c r="{cell}"[^>]*><f>[^<]*</f>)<v></v>', rf"\1<v>{value}</v>", sheet)
    )
    assert count + more == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(book, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_offset_makes_every_step_recalculate_the_whole_workbook(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B3": "=SUMPRODUCT((OFFSET(A6,B2*0,0,3,1)*B1+B2-B6:B8)^2)/3"})
    done = sheetgd("fit", "line.xlsx", *OWN)
    assert done.err == (
        "Note: formulas with OFFSET or INDIRECT may refer to any cell, so every step recalculates the whole workbook.\n"
    )
    assert read_stored(tmp_path / "line.xlsx")["Lesson"]["B1"] == pytest.approx(LINE_M, abs=1e-5)


def test_a_loss_that_becomes_an_error_on_the_way(sheetgd: CommandLine, tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B1": 4, "B3": "=(SQRT(B1)-0.001)^2"})
    done = sheetgd("fit", "line.xlsx", "--minimize", "B3", "--change", "B1", "--optimizer", "adam")
    assert re.fullmatch(
        r"Note: the loss was not a number in epoch \d+, at m = -0\.\d+ \(\d+ times in all\): the fit went back "
        r"to the best so far, and on from there with a smaller learn\.\n",
        done.err,
    )
    assert read_stored(tmp_path / "line.xlsx")["Lesson"]["B1"] == pytest.approx(1e-6, rel=0.01)


def test_a_learn_that_is_too_large(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = line(tmp_path / "line.xlsx")
    before = book.read_bytes()
    done = sheetgd("fit", book.name, *OWN, "--optimizer", "sgd", "--learn", 10)
    assert (done.code, done.out, book.read_bytes()) == (3, "", before)
    assert done.err == (
        "line.xlsx, Lesson!B3: the fit diverged in epoch 2 with learn 10; the sheet is as it was; try a learn ten "
        "times smaller, or leave --learn out: then one is found.\n"
    )


ENDLESS = {
    "the largest mean square": (
        {},
        ("--maximize", "loss"),
        r"loss grows without limit: in epoch \d+ it was \d\.?\d*e\+\d+, at m = -?\S+e\+\d\d, b = \S+; it has no "
        r"largest value, and the workbook is as it was; use --minimize if the smallest is meant, or fix the formulas",
    ),
    "errors that were not squared": (
        {"B3": "=SUMPRODUCT(B6:B8-A6:A8*B1-B2)/3"},
        ("--minimize", "loss"),
        r"loss falls without limit: in epoch \d+ it was -\d\.?\d*e\+\d+, at m = \S+e\+\d\d, b = \S+; it has no "
        r"smallest value, and the workbook is as it was; use --maximize if the largest is meant, or fix the formulas",
    ),
    "an exponential": (
        {"B3": "=EXP(B1)-B2^2"},
        ("--maximize", "loss"),
        r"loss grows without limit: in epoch \d+ it was \S+e\+[123]\d\d, at m = \S+, b = \S+; it has no "
        r"largest value, and the workbook is as it was; use --minimize if the smallest is meant, or fix the formulas",
    ),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_an_objective_without_limit_changes_nothing(sheetgd: CommandLine, tmp_path: Path, what: str) -> None:
    changes, words, sentence = ENDLESS[what]
    book = line(tmp_path / "line.xlsx", changes)
    before = book.read_bytes()
    done = sheetgd("fit", book.name, *words, "--change", "m,b", "--log", "D1", "-o", "fitted.xlsx")
    assert re.fullmatch(rf"line\.xlsx, Lesson!B3: {sentence}\.\n", done.err)
    assert (done.code, done.out, book.read_bytes()) == (3, "", before)
    assert os.listdir(tmp_path) == [book.name]


@pytest.mark.parametrize(
    "optimizer, learn",
    [
        ("sgd", None),
        ("momentum", None),
        ("rmsprop", None),
        ("adam", None),
        ("sgd", 0.1),
        ("momentum", 0.1),
    ],
)
def test_a_loss_without_limit_is_seen_by_each_optimizer(optimizer: str, learn: float | None) -> None:
    """Well before the epochs are over. (With a given learn, the steps of RMSprop and Adam do not grow.)"""
    found = minimize(lambda points: [-(x**2) - y for x, y in points], [1.0, 1.0], Settings(optimizer, learn))
    assert found.stopped == "endless" and 10 < len(found.log) < 500


FAR: dict[
    str, tuple[Callable[[float], float], float, float]
] = {  # a loss, its start, and its minimum: far away, far below the start, or both
    "from 1e20 to 0": (lambda x: (x - 1e10) ** 2, 0.0, 1e10),
    "from 1e20 to below 0": (lambda x: (x - 1e10) ** 2 - 1e5, 0.0, 1e10),
    "a profit of 5e11": (lambda x: x**2 / 2e12 - x, 0.0, 1e12),
    "a profit of 5e19": (lambda x: x**2 / 2 - 1e10 * x, 0.0, 1e10),
    "a profit of 5e14": (lambda x: x**2 / 2e15 - x, 0.0, 1e15),
    "a likelihood from 1e-36": (lambda x: -math.exp(-((x - 13) ** 2) / 2), 0.0, 13),
    "a step of 1e12": (lambda x: -1e12 * math.exp(-((x - 3) ** 2)), 1.0, 3),
}


@pytest.mark.parametrize("what", FAR)
def test_a_minimum_however_far_is_not_taken_for_none(what: str) -> None:
    loss, start, least = FAR[what]
    found = minimize(lambda points: [loss(x) for (x,) in points], [start], Settings())
    assert (found.stopped, found.best.values[0]) == ("flat", pytest.approx(least, rel=1e-4))


def test_a_loss_that_falls_far_with_a_given_learn_has_not_diverged() -> None:
    found = minimize(lambda points: [x * x / 2 - 1e6 * x for (x,) in points], [0.0], Settings("sgd", 0.5))
    assert (found.stopped, found.best.values[0]) == ("flat", pytest.approx(1e6, rel=1e-4))
