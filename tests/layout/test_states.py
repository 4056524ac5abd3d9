"""State beside the parameters is carried without a word for it, as a NumPy loop says, or its cell is asked for."""

from __future__ import annotations

import shlex
from pathlib import Path

import own_states
import pytest
from own_sheets import Cells, Drawn

import sheetgd as library
from fakes.google.server import Google
from sheetgd.cli.main import main

SHEETS: dict[str, Drawn] = {
    **{f"batch-{name}": own_states.batch(name) for name in own_states.OPTIMIZERS},
    **{f"batch-one-{name}": own_states.batch(name, count=1) for name in own_states.OPTIMIZERS},
    **{
        f"batch-no-words-{name}": own_states.batch(name, words=False)
        for name in ("momentum", "rmsprop", "adam")
    },
    **{f"trajectory-{name}": own_states.trajectory(name) for name in ("momentum", "adagrad", "adam")},
    **{f"steps-{name}": own_states.steps(name) for name in ("directly", "column", "product")},
}


@pytest.mark.parametrize("name", SHEETS)
def test_state_without_a_label_is_carried(name: str, tmp_path: Path) -> None:
    drawn = SHEETS[name]
    path = drawn.save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        history = library.run(book, epochs=4)
    parameters, loss = drawn.loop(4)
    assert [change.after for change in history.parameters.values()] == pytest.approx(parameters, rel=1e-9)
    assert history.loss and history.loss.after == pytest.approx(loss, rel=1e-9)
    with library.open_book(path) as book:
        library.reset(book)
        states = library.look(book).states.values()
        assert states and {book.cells("Lesson").number(found.start) for found in states} == {0}


def test_a_google_sheet_likewise(google: Google) -> None:
    drawn = SHEETS["batch-adam"]
    file = google.add(title="Own", cells=drawn.sheets["Lesson"])
    with library.open_book(f"https://docs.google.com/spreadsheets/d/{file.id}/edit") as book:
        history = library.run(book, epochs=4)
    assert [change.after for change in history.parameters.values()] == pytest.approx(
        drawn.loop(4)[0], rel=1e-9
    )


def headed(cells: Cells) -> Cells:
    """The table with the headings that sheetgd has always known, for which words would do without formulas."""
    cells = {address: value for address, value in cells.items() if address not in ("L1", "M1", "A1", "A2")}
    return cells | {
        "L1": "x",
        "M1": "y",
        "A1": "m",
        "A2": "b",
        "J1": "new m",
        "K1": "=I1",
        "J2": "new b",
        "K2": "=I2",
    }


def test_beside_headings_that_say_the_rest(tmp_path: Path) -> None:
    drawn = own_states.batch("adam")
    path = drawn._replace(sheets={"Lesson": headed(drawn.sheets["Lesson"])}).save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        history = library.run(book, epochs=4)
    assert [change.after for change in history.parameters.values()] == pytest.approx(
        drawn.loop(4)[0], rel=1e-9
    )


def test_a_rate_that_decays_is_state(tmp_path: Path) -> None:
    """The learning rate goes on from its label, new learning rate."""
    drawn = own_states.batch("momentum", count=1)
    cells = drawn.sheets["Lesson"] | {"A10": "new learning rate", "B10": "=B5*0.5"}
    path = drawn._replace(sheets={"Lesson": cells}).save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        library.run(book, epochs=3)
        assert book.cells("Lesson").number((5, 2)) == own_states.RATE / 8
        with pytest.raises(library.SheetgdError) as refused:
            library.run(book, epochs=3, learn=0.1)
    assert str(refused.value) == (
        "own.xlsx: the learning rate of sheet Lesson changes after each epoch, to what B10 shows; type its start into "
        "B5."
    )


def one_word_less() -> Cells:
    return own_states.batch("momentum", count=1, words=False).sheets["Lesson"]


def forgotten() -> Cells:
    cells = own_states.batch("momentum", count=1).sheets["Lesson"]
    return cells | {"G1": None, "I1": "=B1-(B6*E1+B5*D1)"}


def by_hand() -> Cells:
    cells = own_states.batch("adam", count=1).sheets["Lesson"]
    return cells | {"A9": "t", "B9": 1, "C9": "=B9"}


def decaying() -> Cells:
    return own_states.batch("average", count=1).sheets["Lesson"] | {"D9": "=B5*0.9"}


def shared() -> Cells:
    cells = own_states.steps("directly").sheets["Lesson"] | {"A2": "b", "B2": 0}
    for row in range(2, 8):
        past, now = ("$B$9", "$B$1") if row == 2 else (f"T{row - 1}", f"S{row - 1}")
        cells[f"T{row}"] = f"=$B$6*{past}+$B$5*2*({now}*L{row}-M{row})"
    return cells


def begun_anew() -> Cells:
    cells = own_states.trajectory("momentum").sheets["Lesson"]
    return cells | {"G13": "=$B$5*E12", "H13": "=$B$5*F12"}


QUESTIONS: dict[str, tuple[Cells, str, str]] = {
    "which of two factors": (
        one_word_less(),
        "Lesson!E1: both E1 and B6 could go on as G1 after an epoch, as a velocity does; say which, as in: ",
        "sheetgd run BOOK --carry G1=E1.",
    ),
    "a velocity that nothing renews": (
        forgotten(),
        "Lesson!E1: the step reads E1 as if it came from the epoch before, but no formula gives its next value; write "
        "that formula into a cell, and next value to its left; if it stays as it is, say so: ",
        "sheetgd run BOOK --carry I1=B1.",
    ),
    "a counter that is typed by hand": (
        by_hand(),
        "Lesson!B9: the step reads B9 (t) as if it came from the epoch before, but no formula gives its next value; "
        "write that formula into a cell, and next t to its left; if it stays as it is, say so: ",
        "sheetgd run BOOK --carry I1=B1.",
    ),
    "a rate beside its part": (
        decaying(),
        "Lesson!B5: B5 (learning rate) may go on as D9 after an epoch; if it does, say so: sheetgd run BOOK --carry "
        "D9=B5; if it stays as it is: ",
        "sheetgd run BOOK --carry I1=B1.",
    ),
    "a velocity that begins anew": (
        begun_anew(),
        "Lesson!G13: the next row goes on from G13, but G13 itself goes on from no cell, so a run would start "
        "it afresh in every epoch; type its start (such as 0) into G12, and let G13 go on from there, as the "
        "rows below do.",
        "",
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_the_sheet_leaves_open_is_asked(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells, text, command = QUESTIONS[name]
    path = Drawn({"Lesson": cells}, own_states.loop("momentum", 1)).save(tmp_path / "own.xlsx")
    before = path.read_bytes()
    for verb in ("run", "look", "reset"):
        assert main([verb, str(path)]) == 1
        assert capsys.readouterr().err == f"own.xlsx, {text}{command}\n".replace("BOOK", str(path))
    assert path.read_bytes() == before
    if command:
        assert (
            main([*shlex.split(command.replace("BOOK", str(path)))[1:-1], command.split()[-1].rstrip(".")])
            == 0
        )


def test_the_answer_carries_the_velocity(tmp_path: Path) -> None:
    """The command of the message says of one cell; what is clear is carried as before."""
    drawn = own_states.batch("momentum", count=1, words=False)
    path = drawn.save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        history = library.run(book, epochs=4, carry=[("G1", "E1")])
    assert [change.after for change in history.parameters.values()] == pytest.approx(
        drawn.loop(4)[0], rel=1e-9
    )
    assert list(history.parameters) == ["w"]


def heavy_ball() -> Cells:
    cells = own_states.batch("momentum", count=1).sheets["Lesson"]
    return cells | {"E1": None, "G1": None, "A9": "previous w", "B9": 0, "I1": "=B1-B5*D1+B6*(B1-B9)"}


def test_a_step_from_the_last_two_values_asks_for_the_earlier_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The heavy ball is momentum in another form."""
    drawn = Drawn({"Lesson": heavy_ball()}, own_states.loop("momentum", 1))
    path = drawn.save(tmp_path / "own.xlsx")
    assert main(["run", str(path)]) == 1
    assert (
        "Lesson!B9: the step reads B9 (previous w) as if it came from the epoch before"
        in capsys.readouterr().err
    )
    cells = heavy_ball() | {"A10": "next previous w", "B10": "=B1"}
    path = drawn._replace(sheets={"Lesson": cells}).save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        layout, history = library.look(book), library.run(book, epochs=4)
    assert layout.controls.learn == (5, 2) and list(layout.states) == ["previous w"]
    assert [change.after for change in history.parameters.values()] == pytest.approx(
        drawn.loop(4)[0], rel=1e-9
    )


def test_a_table_of_steps_with_headings_and_a_velocity_without(tmp_path: Path) -> None:
    """Headings name x, y, m and new m; the velocity goes on by way of a product, neither of which has a heading."""
    drawn = own_states.steps("product")
    cells = {
        address: value for address, value in drawn.sheets["Lesson"].items() if address not in ("A1", "A4")
    }
    cells |= {"L1": "x", "M1": "y", "N1": "m", "O1": "gradient", "P1": "new m", "A1": "m", "A4": "mse"}
    for row in range(2, 8):
        cells |= {
            f"N{row}": "=$B$1" if row == 2 else f"=P{row - 1}",
            f"P{row}": f"=N{row}-R{row}",
            f"S{row}": None,
        }
        cells[f"O{row}"] = f"=2*(N{row}*L{row}-M{row})*L{row}"
    path = drawn._replace(sheets={"Lesson": cells}).save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        layout, history = library.look(book), library.run(book, epochs=4)
    assert (layout.kind, layout.parameters["m"].successor) == ("", 16)
    assert [change.after for change in history.parameters.values()] == pytest.approx(
        drawn.loop(4)[0], rel=1e-9
    )


def test_one_start_of_two_states(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Drawn({"Lesson": shared()}, own_states.loop("momentum", 1)).save(tmp_path / "own.xlsx")
    assert main(["run", str(path)]) == 1
    assert capsys.readouterr().err == (
        "own.xlsx, Lesson!B9: R2 and T2 both start from B9, and after an epoch only one of them can be carried to it; "
        "give each a start cell of its own.\n"
    )


# The next value of B1, with B10 and C10 beside it: constants that no epoch changes.
CONSTANTS: dict[str, tuple[str, Cells]] = {
    "finite difference": (
        "B1-B5*(C10-B4)/B10",
        {"B10": 0.01, "C10": "=SUMPRODUCT(((B1+B10)*L2:L7-M2:M7)^2)/6"},
    ),
    "central difference": (
        "B1-B5*(C10-D10)/(2*B10)",
        {
            "B10": 0.01,
            "C10": "=SUMPRODUCT(((B1+B10)*L2:L7-M2:M7)^2)/6",
            "D10": "=SUMPRODUCT(((B1-B10)*L2:L7-M2:M7)^2)/6",
        },
    ),
    "gradient in two parts": ("B1-B5*2*SUMPRODUCT(B1*L2:L7,L2:L7)/6+B5*2*SUMPRODUCT(L2:L7,M2:M7)/6", {}),
    "weight decay": ("B1-B5*(D1+B10*B1)", {"B10": 0.1}),
    "schedule": ("B1-B5/(1+B10*C10)*D1", {"B10": 0.1, "C10": 3}),
    "sample size": ("B1-B5*SUMPRODUCT(2*(B1*L2:L7-M2:M7),L2:L7)/B10", {"B10": 6}),
    "clipped": ("B1-B5*MAX(-B10,MIN(B10,D1))", {"A10": "clip", "B10": 5}),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_no_state_and_nothing_is_asked(name: str, tmp_path: Path) -> None:
    formula, beside = CONSTANTS[name]
    cells = {
        address: value
        for address, value in own_states.batch("momentum", count=1).sheets["Lesson"].items()
        if address in ("A1", "B1", "A4", "B4", "A5", "B5", "D1") or address[0] in "LM"
    }
    path = Drawn({"Lesson": cells | beside | {"I1": f"={formula}"}}, own_states.loop("momentum", 1))
    with library.open_book(path.save(tmp_path / "own.xlsx")) as book:
        layout = library.look(book)
        assert layout.states == {} and layout.parameters["w"].carry == (1, 9)
        assert layout.controls.learn == (5, 2)
        library.run(book, epochs=2)
