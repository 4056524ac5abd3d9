"""`sheetgd animate`: what is drawn is what the log says, where it is drawn, the files, and every refusal."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image, ImageSequence

import sheetgd as library
from conftest import ROOT, CommandLine
from sheetgd.animation.animate import animate
from sheetgd.animation.film import Film, FilmStep, make_film
from sheetgd.animation.frames import chosen, frames
from sheetgd.animation.picture import draw, equation, plain
from sheetgd.books.opening import open_book
from sheetgd.errors import SheetgdError
from sheetgd.grid.edits import Edits
from sheetgd.lessons.create import new
from workbooks import curved

INK, ORANGE, BLUE = (0x1F, 0x29, 0x33), (0xC6, 0x5D, 0x07), (0x2B, 0x6C, 0xB0)


@pytest.fixture(scope="module")
def descent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson after five epochs; copy it before you change it."""
    path = new("descent", tmp_path_factory.mktemp("made") / "lesson.xlsx", epochs=5)
    with open_book(path) as book:
        library.run(book, epochs=5)
    return path


@pytest.fixture
def lesson(descent: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(descent, tmp_path / "lesson.xlsx"))


def film_of(path: Path, sheet: str | None = None, epochs: int | None = None) -> Film:
    with open_book(path) as book:
        return make_film(book, sheet, epochs)


def steps(count: int) -> list[FilmStep]:
    """A line that settles in so many epochs after epoch 0."""
    return [FilmStep(epoch, 2 - 0.5**epoch, 1.0, 0.5**epoch) for epoch in range(count + 1)]


def two_points() -> Film:
    """Points in two corners, and a line that passes neither."""
    return Film(
        "S",
        [0.0, 10.0],
        [0.0, 10.0],
        ("x", "y"),
        "mse",
        False,
        [FilmStep(0, 0, 9, 4.0), FilmStep(8, 0.5, 2, 1.0)],
    )


# ------------------------------------------------------------------------------------------------- what is shown


def test_the_film_is_the_sheets_own_log(lesson: Path) -> None:
    sheet = openpyxl.load_workbook(lesson, data_only=True)["Descent"]
    logged = [tuple(cell.value for cell in row) for row in sheet["O7:R12"]]
    film = film_of(lesson)
    assert [tuple(step) for step in film.steps] == logged
    assert [step.epoch for step in film.steps] == [0, 1, 2, 3, 4, 5]
    data = [(row[0].value, row[1].value) for row in sheet["B75:C94"]]
    assert list(zip(film.xs, film.ys, strict=True)) == data
    assert (film.sheet, film.axes, film.loss_name) == ("Descent", ("x", "y"), "rmse")


def test_a_run_for_the_picture_is_not_written(lesson: Path) -> None:
    before = lesson.read_bytes()
    film = film_of(lesson, epochs=40)
    assert lesson.read_bytes() == before
    with open_book(lesson) as book:
        library.run(book, epochs=40)
    assert film.steps == film_of(lesson).steps[5:]  # it goes on from where the sheet stands


def test_one_multiplier(tmp_path: Path) -> None:
    film = film_of(new("belts", tmp_path / "belts.xlsx"), epochs=1000)
    assert film.through_origin and {step.intercept for step in film.steps} == {0}
    assert film.steps[-1].slope == pytest.approx(2.5414718343009355, rel=1e-12)
    assert film.axes == ("x (inches)", "y (cm)") and film.loss_name == "mse"


def test_slope_and_intercept_by_other_names(tmp_path: Path) -> None:
    film = film_of(new("penguins", tmp_path / "penguins.xlsx"), epochs=50)
    slope, intercept = np.polyfit(film.xs, film.ys, 1)
    assert (film.steps[0].slope, film.steps[0].intercept) == (0, -2)
    gone = 1 - 0.98**50
    assert film.steps[-1].slope == pytest.approx(slope * gone, abs=1e-9)
    assert film.steps[-1].intercept == pytest.approx(-2 + 2 * gone + intercept, abs=1e-9)


@pytest.mark.parametrize("tab", ["Plain", "Momentum", "RMSprop", "Adam"])
def test_state_beside_the_parameters_does_not_matter(tmp_path: Path, tab: str) -> None:
    film = film_of(new("optimizers", tmp_path / "o.xlsx"), tab, 3)
    assert film.sheet == tab and len(film.steps) == 4


# ------------------------------------------------------------------------------------------------- frames


@pytest.mark.parametrize("count", [1, 2, 5, 14, 28, 29, 30, 59, 60, 61, 100, 1000, 5000])
def test_thirty_to_sixty_frames_however_long_the_log_is(count: int) -> None:
    made = steps(count)
    shown = frames(made)
    assert 30 <= len(shown) <= 60
    assert shown[0].now == shown[0].reached == made[0]
    assert shown[-1].now == shown[-1].reached == made[-1]
    times = [frame.now.epoch for frame in shown]
    assert all(one < two for one, two in pairwise(times))
    assert {frame.reached for frame in shown} <= set(made)  # the words are the log's, always
    assert all(frame.reached.epoch <= frame.now.epoch for frame in shown)
    assert shown[-1].milliseconds >= 2000


def test_every_epoch_of_a_short_log_is_shown() -> None:
    shown = frames(steps(7))
    assert [step for step in steps(7) if not any(frame.now == step for frame in shown)] == []


@pytest.mark.parametrize("epochs", [range(1001), [*range(101), *range(200, 1_000_001, 999)]])
def test_frames_are_dense_at_the_beginning(epochs: range | list[int]) -> None:
    picks = [epochs[place] for place in chosen(epochs)]
    gaps = np.diff(picks)
    assert picks[:4] == [0, 1, 2, 3] and picks[-1] == epochs[-1] and len(picks) <= 60
    assert gaps[:10].max() < gaps[-10:].min() / 10


# ------------------------------------------------------------------------------------------------- the picture


def centre(pixels: np.ndarray, colour: tuple[int, int, int], columns: slice) -> tuple[float, float]:
    """The middle of all pixels of just this colour in some columns, as (across, down)."""
    rows, across = np.nonzero((pixels[:, columns] == colour).all(axis=2))
    assert rows.size, colour
    return columns.start + float(across.mean()), float(rows.mean())


def test_the_line_is_where_its_numbers_say() -> None:
    """The scale is read off the two dots; the line must cross the middle at its height there."""
    film = two_points()
    _, still = draw(film, frames(film.steps))
    pixels = np.asarray(Image.open(io.BytesIO(still)))
    half = int(0.57 * pixels.shape[1])
    low, high = centre(pixels, INK, slice(0, half // 2)), centre(pixels, INK, slice(half // 2, half))
    for x in (2.0, 5.0, 8.0):
        at = round(low[0] + x / 10 * (high[0] - low[0]))
        body = pixels[int(high[1]) - 40 :]  # below the words
        rows = np.nonzero((body[:, at] == ORANGE).all(axis=1))[0] + int(high[1]) - 40
        y = (rows.mean() - low[1]) / (high[1] - low[1]) * 10
        assert y == pytest.approx(0.5 * x + 2, abs=0.06), x


def test_the_loss_falls_in_the_right_panel() -> None:
    film = two_points()
    moving, _ = draw(film, frames(film.steps))
    places = []
    for image in ImageSequence.Iterator(Image.open(io.BytesIO(moving))):
        pixels = np.asarray(image.convert("RGB"))[100:]
        rows, across = np.nonzero((np.abs(pixels[:, 600:].astype(int) - BLUE) < 12).all(axis=2))
        places.append((across.max(), rows.max()))
    assert (
        places == sorted(places) and places[-1][0] - places[0][0] > 200 and places[-1][1] > places[0][1] + 100
    )


def test_the_gif_opens_and_has_the_frames_and_pauses(lesson: Path) -> None:
    with open_book(lesson) as book:
        made = animate(book, lesson.with_name("fit.gif"), png=lesson.with_name("last.png"))
    with Image.open(lesson.with_name("fit.gif")) as image:
        assert image.format == "GIF" and image.size == (960, 540) and image.info["loop"] == 0
        assert image.n_frames == len(made.frames) == 31
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
        assert times == [800] + [80] * 29 + [3000]
        image.seek(0)
        assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    with Image.open(lesson.with_name("last.png")) as image:
        assert image.format == "PNG" and image.size == (1920, 1080)
    assert lesson.with_name("fit.gif").stat().st_size < 1_000_000


def test_the_last_frame_of_the_gif_is_the_png() -> None:
    film = two_points()
    moving, still = draw(film, frames(film.steps))
    gif = Image.open(io.BytesIO(moving))
    gif.seek(gif.n_frames - 1)
    small = Image.open(io.BytesIO(still)).resize(gif.size, Image.Resampling.BOX)
    difference = np.abs(np.asarray(gif.convert("RGB")).astype(int) - np.asarray(small))
    assert difference.mean() < 2


def test_the_same_file_again(sheetgd: CommandLine, lesson: Path) -> None:
    """Whatever this computer's settings for matplotlib are."""
    (lesson.parent / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: red\n", encoding="utf-8")
    assert sheetgd("animate", lesson, "-o", "one.gif", "--png", "one.png").code == 0
    (lesson.parent / "matplotlibrc").unlink()
    assert sheetgd("animate", lesson, "-o", "two.gif", "--png", "two.png", env={"TZ": "Asia/Tokyo"}).code == 0
    for suffix in ("gif", "png"):
        one, two = (lesson.with_name(f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two


def test_headings_that_mean_something_to_matplotlib() -> None:
    film = two_points()._replace(axes=("price in $x_{$", "\u91cd\u91cf %s"), loss_name="$\\loss$")
    moving, _ = draw(film, frames(film.steps))
    assert moving[:3] == b"GIF"


@pytest.mark.parametrize(
    ("xs", "ys", "only"),
    [
        ([3.0], [10.0], [FilmStep(0, 2, 0, 16), FilmStep(1, 2.24, 0, 10)]),
        ([1.0, 1.0], [5.0, 5.0], [FilmStep(0, 0, 5, 0), FilmStep(1, 0, 5, 0)]),
        ([-1e12, 1e12], [-1e-9, 1e-9], [FilmStep(0, 1e300, -1e300, 1e300), FilmStep(1, 0, 0, 1e-300)]),
        ([0.0, 1.0], [0.0, 1.0], [FilmStep(3, 1, 0, -5), FilmStep(9, 1, 0, -7)]),
    ],
)
def test_odd_numbers_are_drawn(xs: list[float], ys: list[float], only: list[FilmStep]) -> None:
    film = Film("S", xs, ys, ("x", "y"), "loss", False, only)
    moving, still = draw(film, [frames(only)[0], frames(only)[-1]])
    assert moving[:3] == b"GIF" and still[1:4] == b"PNG"


def test_the_words_in_the_picture() -> None:
    film = two_points()
    assert equation(film, film.steps[1]) == "y = 0.5000 \u00b7 x + 2.000"
    low = film._replace(steps=[FilmStep(0, -1.5, -20, 1), FilmStep(1, -0.25, -1e-9, 1)])
    assert [equation(low, step) for step in low.steps] == [
        "y = \u22121.500 \u00b7 x \u2212 20.00",
        "y = \u22120.250 \u00b7 x + 0.00",
    ]
    belts = film._replace(through_origin=True, steps=[FilmStep(0, 2.54147, 0, 1)])
    assert equation(belts, belts.steps[0]) == "y = 2.541 \u00b7 x"
    assert [plain(value) for value in (1234567, 999.96, 1, 0.05)] == [
        "1,234,567",
        "1,000.0",
        "1.000",
        "0.05000",
    ]


# ------------------------------------------------------------------------------------------------- the command


def test_the_command(sheetgd: CommandLine, lesson: Path) -> None:
    done = sheetgd("animate", "lesson.xlsx", "-o", "fit.gif", "--png", "last.png")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "fit.gif, and last.png: sheet Descent, epochs 0 to 5, 31 pictures\n  rmse  50.7818865  ->  15.7208033\n"
    )
    assert {path.name for path in lesson.parent.iterdir()} == {"lesson.xlsx", "fit.gif", "last.png"}


def test_the_picture_stands_beside_the_workbook(sheetgd: CommandLine, lesson: Path) -> None:
    (lesson.parent / "class").mkdir()
    lesson.rename(lesson.parent / "class" / "lesson.xlsx")
    done = sheetgd("animate", "class/lesson.xlsx", "--epochs", "1")
    name = Path("class", "lesson.gif")
    assert done.out.startswith(f"{name}: sheet Descent, epochs 5 to 6, 30 pictures\n")
    assert (lesson.parent / name).is_file()


def test_a_file_that_exists_is_replaced_only_with_force(sheetgd: CommandLine, lesson: Path) -> None:
    for name, option in (("fit.gif", "-o"), ("last.png", "--png")):
        (lesson.parent / name).write_bytes(b"mine")
        done = sheetgd("animate", "lesson.xlsx", "-o", "fit.gif", "--png", "last.png")
        assert (done.code, done.out) == (1, "")
        assert done.err == (
            f"{name}: the file already exists; name another with {option}, or add --force to replace it.\n"
        )
        assert (lesson.parent / name).read_bytes() == b"mine"
        if option == "-o":
            (lesson.parent / name).unlink()
    assert sheetgd("animate", "lesson.xlsx", "-o", "fit.gif", "--png", "last.png", "--force").code == 0
    assert (lesson.parent / "last.png").read_bytes() != b"mine"


def test_the_picture_takes_its_place_whole_or_not_at_all(
    lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = lesson.with_name("fit.gif")
    out.write_bytes(b"the old one")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with (
        open_book(lesson) as book,
        pytest.raises(SheetgdError, match=r"^fit\.gif: the disk is full; "),
    ):
        animate(book, out, force=True)
    assert out.read_bytes() == b"the old one"
    assert {path.name for path in lesson.parent.iterdir()} == {"lesson.xlsx", "fit.gif"}


def test_a_read_only_folder(sheetgd: CommandLine, lesson: Path) -> None:
    folder = lesson.parent / "shut"
    folder.mkdir(mode=0o555)
    done = sheetgd("animate", "lesson.xlsx", "-o", "shut/fit.gif", without_root=True)
    assert done.code == 1 and done.err == (
        f"fit.gif: the folder {folder} is read-only; allow writing to it, or write elsewhere with -o OTHER.gif.\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["-o", "fit.mp4"], 2, "fit.mp4 does not end in .gif; name it like this: -o fit.gif."),
        (["--png", "last.jpg"], 2, "last.jpg does not end in .png; name it like this: --png fit.png."),
        (["-o", "no/fit.gif"], 1, "fit.gif: there is no folder no; make it first, or name another."),
        (["--png", "no/last.png"], 1, "last.png: there is no folder no; make it first, or name another."),
        (
            ["--sheet", "Nought"],
            1,
            "lesson.xlsx: there is no sheet Nought; its sheets are Descent, Valley, Live, For the teacher.",
        ),
    ],
)
def test_words_that_do_not_fit(
    sheetgd: CommandLine, lesson: Path, words: list[str], code: int, text: str
) -> None:
    done = sheetgd("animate", "lesson.xlsx", *words)
    assert (done.code, done.out, done.err) == (code, "", f"{text}\n")
    assert [path.name for path in lesson.parent.iterdir()] == ["lesson.xlsx"]


INSTEAD = "add --epochs 100 for a run that is not written to the workbook"


def test_a_log_that_has_not_been_run(sheetgd: CommandLine) -> None:
    sheetgd("new", "--epochs", 5, "-o", "d.xlsx")
    done = sheetgd("animate", "d.xlsx")
    assert (done.code, done.out) == (1, "") and done.err == (
        f"d.xlsx, Descent!O6: the log holds only epoch 0; run first (sheetgd run d.xlsx), or {INSTEAD}.\n"
    )


def test_an_empty_log(lesson: Path) -> None:
    with open_book(lesson) as book:
        edits = Edits()
        for row in range(7, 13):
            for column in "OPQR":
                edits.set(f"Descent!{column}{row}", None)
        book.apply(edits)
    with pytest.raises(SheetgdError) as error:
        film_of(lesson)
    assert str(error.value) == (
        f"Descent!O6: the log is empty; run first (sheetgd run lesson.xlsx), or {INSTEAD}."
    )


@pytest.mark.parametrize(
    ("cell", "value", "text"),
    [
        ("O9", 1.0, "Descent!O9: epoch 1 follows epoch 1 in the log; reset the sheet and run it again."),
        (
            "P9",
            "3,09",
            'Descent!P9: the log\'s m is the text "3,09", not a number; type 3.09 as a number.',
        ),
        (
            "P6",
            "slope",
            f"sheet Descent: the sheet has no log with the headings epoch, m, b, rmse; {INSTEAD}.",
        ),
    ],
)
def test_a_log_that_cannot_be_drawn(lesson: Path, cell: str, value: float | str, text: str) -> None:
    with open_book(lesson) as book:
        edits = Edits()
        edits.set(f"Descent!{cell}", value)
        book.apply(edits)
    with pytest.raises(SheetgdError) as error:
        film_of(lesson)
    assert str(error.value) == text


def test_two_inputs_are_no_line(sheetgd: CommandLine) -> None:
    sheetgd("new", "weights", "-o", "w.xlsx")
    done = sheetgd("animate", "w.xlsx", "--epochs", "5")
    assert (done.code, done.err) == (
        1,
        "w.xlsx, Weights!B43: the table has 2 inputs, x1, x2; animate draws a line over one x; for this sheet look "
        "at its charts.\n",
    )


def test_a_curve_is_no_line(sheetgd: CommandLine, tmp_path: Path) -> None:
    """y = x · w² is a line by its titles only."""
    with open_book(curved(tmp_path / "c.xlsx")) as book:
        edits = Edits()
        edits.set("curved!B1", 2.0)
        book.apply(edits)
    done = sheetgd("animate", "c.xlsx", "--epochs", "5")
    assert done.code == 1
    assert done.err == (
        "c.xlsx, curved!D6: the prediction here is 4, but w \u00b7 x is 2; animate draws straight lines; "
        "for this sheet look at its charts.\n"
    )


def test_other_parameters_are_no_line(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows = [
        ["p", 1],
        ["q", 1],
        ["learn", 0.1],
        [],
        ["x", "y", "p", "q", "new_p", "new_q"],
        [1, 2, None, None, 1, 1],
    ]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "o.xlsx")
    done = sheetgd("animate", "o.xlsx")
    assert (done.code, done.err) == (
        1,
        "o.xlsx, Sheet!A5: the table's parameters p, q are not a slope (m, slope, a, w) and an intercept "
        "(b, intercept, c); animate draws straight lines; if this is one, use these titles.\n",
    )


def test_a_sheet_without_a_loss(sheetgd: CommandLine, tmp_path: Path) -> None:
    curved(tmp_path / "c.xlsx")
    done = sheetgd("animate", "c.xlsx", "--epochs", "5")
    assert (done.code, done.err) == (
        1,
        "c.xlsx, sheet curved: the sheet has no loss to draw; type rmse in a cell, and its formula in the cell "
        "to its right.\n",
    )


def test_a_run_that_diverges_has_no_picture(sheetgd: CommandLine) -> None:
    sheetgd("new", "--epochs", 5, "-o", "d.xlsx", "--learn", "0.1")
    done = sheetgd("animate", "d.xlsx", "--epochs", "5")
    assert (done.code, done.out) == (3, "") and done.err == (
        "d.xlsx, Descent!H3: the run diverged with learn 0.1, so there is no picture of it; for these x, every "
        "learn below 0.000399 (1 / (max x\u00b2 + 1)) is certainly safe.\n"
    )


def test_without_the_extra(sheetgd: CommandLine, lesson: Path) -> None:
    (lesson.parent / "matplotlib.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    paths = os.pathsep.join([str(lesson.parent), str(ROOT)])
    done = sheetgd("animate", "lesson.xlsx", env={"PYTHONPATH": paths})
    assert (done.code, done.out) == (1, "") and done.err == (
        'pictures need matplotlib and Pillow, which are not installed; run: pip install "sheetgd[pictures]".\n'
    )


def test_the_libraries_are_imported_only_to_draw() -> None:
    imported = "import sys, sheetgd.cli.main, sheetgd.animation.animate"
    check = f"{imported}; sys.exit(not {{'matplotlib', 'PIL'}}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT).returncode == 0
