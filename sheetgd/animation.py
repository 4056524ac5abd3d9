"""A descent as a moving picture: the line over the points, epoch by epoch, beside the falling loss.

Every epoch that is drawn stands in the sheet's log, or comes from a run that is not written to the book. First the
film, plain numbers; then its frames; then the drawing, for which matplotlib and Pillow (the extra `pictures`) are
imported.
"""

from __future__ import annotations

import io
import logging
import os
import warnings
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import contextmanager
from itertools import pairwise
from math import ceil, floor, isclose, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .books.book import Book, Progress
from .books.xlsx.saving import exists, write_atomically
from .epochs.choose import look
from .epochs.run import run
from .errors import BookError, Diverged, SheetError, SheetgdError, UsageError
from .grid.sheet import normal
from .layout.find import Layout
from .layout.line import COLUMN_TITLES, SLOPES, points, roles
from .layout.tables import is_x

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

FEWEST, MOST = 30, 60  # frames, however long the log is
FIRST_PAUSE, PACE, LAST_PAUSE = 800, 80, 3000  # milliseconds
SIZE, DOTS = (9.6, 5.4), 100  # inches, and dots per inch
EDGE = "9AA5B1"  # the axes, as in the charts of the lessons
NEARLY_WHITE = 236  # Pillow would take a shade still lighter for white itself
SHADES = 20  # of each colour, down to white: what its edges need on the way
MULTIPLIERS = ("multiplier", "factor", *SLOPES)
PREDICTIONS = (*COLUMN_TITLES["y_pred"], "predicted")


class FilmStep(NamedTuple):
    """The line and the loss after an epoch."""

    epoch: float
    slope: float
    intercept: float
    loss: float


class Film(NamedTuple):
    """What is shown: the points with the titles of their axes, and the line and the loss epoch by epoch."""

    sheet: str
    xs: list[float]
    ys: list[float]
    axes: tuple[str, str]
    loss_name: str
    through_origin: bool  # a multiplier alone
    steps: list[FilmStep]
    warnings: list[str] = []  # noqa: RUF012 - never changed


class Frame(NamedTuple):
    """One picture: the epoch reached last, where line and loss are by now, and how long it stays."""

    reached: FilmStep
    now: FilmStep
    milliseconds: int


class Animated(NamedTuple):
    """What was made."""

    film: Film
    frames: list[Frame]


def animate(
    book: Book,
    out: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    png: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Animated:
    """Write the sheet's log as a moving picture (.gif) to `out`, and its last frame to `png`.

    With `epochs` so many are run from where the sheet stands, and nothing is written to the book. A file that exists
    is replaced only with `force`.
    """
    _require_libraries()
    files = [(Path(out), ".gif", "-o")] + ([(Path(png), ".png", "--png")] if png is not None else [])
    for path, suffix, option in files:
        if path.suffix.lower() != suffix:
            raise UsageError(
                f"{path.name or path} does not end in {suffix}", f"name it so: {option} fit{suffix}"
            )
        if not os.path.isdir(path.parent):
            raise BookError(
                f"there is no folder {path.parent}", "make it first, or name another", book=path.name
            )
        _refuse_existing(path, option, force)
    with book.naming_errors():
        film = make_film(book, sheet, epochs, progress)
    shown = frames(film.steps)
    moving, still = draw(film, shown)
    for (path, _, option), content in zip(files, (moving, still), strict=False):
        _write(path, content, option, force)
    return Animated(film, shown)


def _refuse_existing(path: Path, option: str, force: bool) -> None:
    if exists(path) and not force:
        raise BookError(
            "the file exists already",
            f"name another with {option}, or add --force to replace it",
            book=path.name,
        )


def _write(path: Path, content: bytes, option: str, force: bool) -> None:
    try:
        write_atomically(
            path,
            content,
            lambda: _refuse_existing(path, option, force),
            elsewhere=f"{option} OTHER{path.suffix}",
        )
    except SheetgdError as error:
        raise error.at(book=path.name) from None


# -- the film --------------------------------------------------------------------------------------------------------
def make_film(
    book: Book, sheet: str | None = None, epochs: int | None = None, progress: Progress | None = None
) -> Film:
    """The points, and the steps from the log or from a run of so many epochs."""
    layout = look(book, sheet)
    slope, intercept = _line(layout)
    if layout.controls.loss is None:
        raise SheetError(
            "the sheet has no loss to draw",
            "write rmse in a cell, and a formula for it right of it",
            sheet=layout.sheet.name,
        )
    xs, ys = points(layout)
    titles = {column: title for title, column in layout.table.columns.items()}
    axes = titles[layout.table.x], titles[layout.table.y]
    told = len(book.warnings)
    rows = _run(book, layout, epochs, progress) if epochs else _logged(layout, slope, intercept, book.name)
    steps = [
        FilmStep(row["epoch"], row[slope], row[intercept] if intercept else 0.0, row["loss"]) for row in rows
    ]
    name = layout.controls.loss_name
    return Film(
        layout.sheet.name, list(xs), list(ys), axes, name, intercept is None, steps, book.warnings[told:]
    )


def _line(layout: Layout) -> tuple[str, str | None]:
    """The parameters that are the line's slope and intercept, or a multiplier alone."""
    place = layout.sheet.place((layout.table.heading, layout.table.x))
    inputs = [title for title in layout.table.columns if is_x(normal(title))]
    if len(inputs) > 1:
        raise SheetError(
            f"the table has {len(inputs)} inputs, {', '.join(inputs)}",
            "animate draws a line over one x; for this sheet look at its charts",
            **place,
        )
    names = list(layout.parameters)
    if len(names) == 1 and normal(names[0]) in MULTIPLIERS:
        slope, intercept = names[0], None
    else:
        try:
            slope, intercept = roles(layout)
        except SheetError:
            raise SheetError(
                f"the table's parameters {', '.join(names)} are not a slope (m, slope, a, w) and an intercept "
                "(b, intercept, c)",
                "animate draws straight lines; use these titles if they are one",
                **place,
            ) from None
    _refuse_curves(layout, slope, intercept)
    return slope, intercept


def _refuse_curves(layout: Layout, slope: str, intercept: str | None) -> None:
    """An error if the table's own predictions are not on the line of these parameters."""
    column = next((at for title, at in layout.table.columns.items() if normal(title) in PREDICTIONS), None)
    sheet, size = layout.sheet, max(map(abs, points(layout)[1]), default=1.0)
    for row in layout.rows if column else ():
        found = sheet.number((row, column or 0)) if (row, column) in sheet.formulas else None
        x = sheet.number((row, layout.table.x))
        m, b = (_in_row(layout, name, row) if name else 0.0 for name in (slope, intercept))
        if None in (found, x, m, b):
            continue
        line = (m or 0.0) * (x or 0.0) + (b or 0.0)
        if not isclose(found or 0.0, line, rel_tol=1e-6, abs_tol=1e-6 * size):
            expected = f"{slope} · x + {intercept}" if intercept else f"{slope} · x"
            raise SheetError(
                f"the prediction is {found:.9g} here, and {expected} is {line:.9g}",
                "animate draws straight lines; for this sheet look at its charts",
                **sheet.place((row, column or 0)),
            )


def _in_row(layout: Layout, name: str, row: int) -> float | None:
    """A parameter as a row of the table uses it."""
    found = layout.parameters[name]
    return layout.sheet.number((row, found.column) if found.column else found.start)


def _logged(layout: Layout, slope: str, intercept: str | None, book: str) -> list[dict[str, float]]:
    """The rows of the sheet's log."""
    sheet, log = layout.sheet, layout.log
    instead = "add --epochs 100 for a run that is not written to the workbook"
    wanted = ["epoch", slope, *([intercept] if intercept else []), "loss"]
    if log is None or not log.columns.keys() >= set(wanted):
        titles = ", ".join([*wanted[:-1], layout.controls.loss_name])
        raise SheetError(f"the sheet has no log with the headings {titles}", instead, sheet=sheet.name)
    rows = [
        {name: sheet.require((row, log.columns[name]), f"the log's {name}") for name in wanted}
        for row in range(log.heading + 1, log.last + 1)
    ]
    if len(rows) < 2:
        found = f"the log holds only epoch {rows[0]['epoch']:.15g}" if rows else "the log is empty"
        todo = f"run first (sheetgd run {book}), or {instead}"
        raise SheetError(found, todo, **sheet.place((log.heading, log.columns["epoch"])))
    for row, (one, two) in enumerate(pairwise(rows), log.heading + 2):
        if two["epoch"] <= one["epoch"]:
            raise SheetError(
                f"epoch {two['epoch']:.15g} follows epoch {one['epoch']:.15g} in the log",
                "reset the sheet and run it again",
                **sheet.place((row, log.columns["epoch"])),
            )
    return rows


def _run(book: Book, layout: Layout, epochs: int, progress: Progress | None) -> list[dict[str, float]]:
    """The log of a run that is not written, with the epoch before it."""
    history = run(book, layout.sheet.name, epochs=epochs, write=False, progress=progress)
    if history.diverged:
        rate = "" if history.learn is None else f" with learn {history.learn:.15g}"
        raise Diverged(
            f"the run diverged{rate}; there is no picture of it",
            history.diverged.todo,
            sheet=history.sheet,
            cell=history.diverged.cell,
        )
    assert history.loss
    before = {name: change.before or 0.0 for name, change in history.parameters.items()}
    rows = [{**row, "loss": row[history.loss_name]} for row in history.log]
    return [{"epoch": rows[0]["epoch"] - 1, **before, "loss": history.loss.before or 0.0}, *rows]


# -- the frames ------------------------------------------------------------------------------------------------------
def chosen(epochs: Sequence[float], most: int = MOST) -> list[int]:
    """Which of the rising epochs are shown, by their places: all, or so many, dense at the beginning.

    >>> chosen(range(5)), chosen(range(1001), 12)
    ([0, 1, 2, 3, 4], [0, 1, 2, 4, 8, 16, 32, 64, 128, 254, 504, 1000])
    """
    last = len(epochs) - 1
    if last < most:
        return list(range(len(epochs)))
    picks = [0, 1]
    while picks[-1] < last and len(picks) < most:
        gone, whole = (epochs[place] - epochs[0] for place in (picks[-1], last))
        wanted = epochs[0] + gone * (whole / gone) ** (1 / (most - len(picks)))
        picks.append(max(picks[-1] + 1, bisect_left(epochs, wanted, hi=last)))
    return [*picks[:-1], last]


def frames(steps: Sequence[FilmStep]) -> list[Frame]:
    """The pictures: an epoch each, and of a few epochs also the way from one to the next."""
    shown = [steps[place] for place in chosen([step.epoch for step in steps])]
    parts = 1 if len(shown) >= FEWEST else ceil((FEWEST - 1) / (len(shown) - 1))
    found = [Frame(shown[0], shown[0], FIRST_PAUSE)]
    for one, two in pairwise(shown):
        found += [
            Frame(
                one,
                FilmStep(*(a + (b - a) * _eased(part / parts) for a, b in zip(one, two, strict=True))),
                PACE,
            )
            for part in range(1, parts)
        ]
        found.append(Frame(two, two, PACE))
    return [*found[:-1], found[-1]._replace(milliseconds=LAST_PAUSE)]


def _eased(share: float) -> float:
    """A way that begins and ends slowly."""
    return share * share * (3 - 2 * share)


# -- the picture -----------------------------------------------------------------------------------------------------
def _require_libraries() -> None:
    try:
        import matplotlib
        import PIL  # noqa: F401
    except ImportError:
        raise SheetgdError(
            "pictures need matplotlib and Pillow, which are not installed",
            'run: pip install "sheetgd[pictures]"',
        ) from None
    logging.getLogger(matplotlib.__name__).setLevel(logging.ERROR)  # it says when it makes its font cache


@contextmanager
def _own_looks() -> Iterator[None]:
    """matplotlib as it comes, whatever this computer's settings for it are."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        warnings.simplefilter("ignore")  # a letter that the font lacks is no reason to speak
        yield


def draw(film: Film, shown: Sequence[Frame]) -> tuple[bytes, bytes]:
    """The moving picture as GIF, and its last frame, larger, as PNG."""
    from PIL.Image import Dither

    with _own_looks():
        picture = Picture(film)
        images = [picture.image(frame) for frame in shown]
        large = picture.image(shown[-1], 2 * DOTS)
    palette = _palette()
    flat = [image.quantize(palette=palette, dither=Dither.NONE) for image in images]
    moving, still = io.BytesIO(), io.BytesIO()
    times = [frame.milliseconds for frame in shown]
    flat[0].save(moving, "GIF", save_all=True, append_images=flat[1:], duration=times, loop=0)
    large.save(still, "PNG", optimize=True)
    return moving.getvalue(), still.getvalue()


def _palette() -> Image:
    """The colours of the moving picture: those of the lessons, each in steps down to white, so that white is white."""
    from PIL import Image

    from .lessons.kit.style import BLUE, HAIR, INK, ORANGE, QUIET

    found = [255, 255, 255]
    for colour in (BLUE, ORANGE, INK, QUIET, EDGE, HAIR):
        for step in range(SHADES):
            share = 1 - step / SHADES
            shade = [round(255 - share * (255 - part)) for part in bytes.fromhex(colour)]
            found += shade if min(shade) < NEARLY_WHITE else []
    palette = Image.new("P", (1, 1))
    palette.putpalette(found)
    return palette


class Picture:
    """The two panels of a film, drawn once; each frame moves the line, the curve and the words."""

    def __init__(self, film: Film) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        from .lessons.kit.style import BLUE, INK, ORANGE, QUIET, WHITE

        self.film = film
        self.blue, self.orange, self.quiet = (f"#{colour}" for colour in (BLUE, ORANGE, QUIET))
        figure = Figure(SIZE, DOTS, facecolor=f"#{WHITE}")
        self.canvas: Any = FigureCanvasAgg(figure)
        self.left = figure.add_axes((0.09, 0.13, 0.48, 0.68))
        self.right = figure.add_axes((0.685, 0.13, 0.275, 0.68))
        self.ends, heights = limits(film)
        self._panel(self.left, film.axes, self.ends, heights)
        self._panel(self.right, ("epoch", film.loss_name), *loss_limits(film))
        few = len(film.xs) <= 40
        self.left.scatter(
            film.xs, film.ys, 56 if few else 22, f"#{INK}", linewidths=0, alpha=1 if few else 0.55
        )
        self.left.plot(
            self.ends, self._heights(film.steps[0]), "--", color=self.quiet, alpha=0.55, linewidth=1.5
        )
        [self.line] = self.left.plot([], [], color=self.orange, linewidth=4, zorder=3)
        [self.curve] = self.right.plot([], [], color=self.blue, linewidth=3)
        [self.dot] = self.right.plot([], [], "o", color=self.blue, markersize=10, clip_on=False)
        self.equation = self._words(self.left, (0, 1.09), "left", 21, self.orange)
        self.epoch = self._words(self.right, (1, 1.16), "right", 19, self.quiet)
        self.loss = self._words(self.right, (1, 1.05), "right", 19, self.blue)

    def _panel(
        self, axes: Any, titles: tuple[str, str], across: tuple[float, float], up: tuple[float, float]
    ) -> None:
        """One panel with fixed axes."""
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        from .lessons.kit.style import HAIR

        axes.set_xlim(across)
        axes.set_ylim(up)
        axes.set_xlabel(titles[0], color=self.quiet, size=14, parse_math=False)
        axes.set_ylabel(titles[1], color=self.quiet, size=14, parse_math=False)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(f"#{EDGE}")
        axes.tick_params(colors=self.quiet, labelsize=12, color=f"#{EDGE}")
        axes.grid(axis="y", color=f"#{HAIR}", linewidth=0.8)
        axes.set_axisbelow(True)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(
                MaxNLocator(6, steps=[1, 2, 5, 10], integer=titles[0] == "epoch" and axis is axes.xaxis)
            )
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\u2212")))

    def _words(self, axes: Any, at: tuple[float, float], side: str, size: int, colour: str) -> Any:
        """A line of words above a panel."""
        return axes.text(
            *at,
            "",
            transform=axes.transAxes,
            ha=side,
            size=size,
            color=colour,
            weight="bold",
            parse_math=False,
        )

    def _heights(self, step: FilmStep) -> list[float]:
        return [step.slope * x + step.intercept for x in self.ends]

    def image(self, frame: Frame, dots: int = DOTS) -> Image:
        """One frame."""
        from PIL import Image

        now, reached = frame.now, frame.reached
        self.line.set_data(self.ends, self._heights(now))
        past = [step for step in self.film.steps if step.epoch <= reached.epoch] + [now]
        self.curve.set_data([step.epoch for step in past], [step.loss for step in past])
        self.dot.set_data([now.epoch], [now.loss])
        self.epoch.set_text(f"epoch {reached.epoch:,.15g}")
        self.equation.set_text(equation(self.film, reached))
        self.loss.set_text(f"{self.film.loss_name} {plain(reached.loss)}")
        self.canvas.figure.set_dpi(dots)
        self.canvas.draw()
        size = self.canvas.get_width_height()
        return Image.frombuffer("RGBA", size, self.canvas.buffer_rgba()).convert("RGB")


# -- words and limits ------------------------------------------------------------------------------------------------
def equation(film: Film, step: FilmStep) -> str:
    """The line as one would write it, always with as many decimals."""
    m = _fixed(step.slope, max(abs(other.slope) for other in film.steps))
    if film.through_origin:
        return f"y = {m} \u00b7 x"
    b = _fixed(abs(step.intercept), max(abs(other.intercept) for other in film.steps))
    sign = "\u2212" if step.intercept < 0 and b.strip("0.") else "+"
    return f"y = {m} \u00b7 x {sign} {b}"


def plain(value: float) -> str:
    """Four digits of a number, more of a large one.

    >>> plain(10291), plain(15.72082), plain(0.0721893), plain(0), plain(2.5e-12)
    ('10,291', '15.72', '0.07219', '0', '2.5e-12')
    """
    return f"{value:.2g}" if 0 < abs(value) < 1e-6 else _fixed(value, abs(value))


def _fixed(value: float, largest: float) -> str:
    """A number with as many decimals as show four digits of the largest."""
    decimals = min(max(3 - floor(log10(largest)), 0), 9) if largest else 0
    return f"{value:,.{decimals}f}".replace("-", "\u2212")


def limits(film: Film) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the panel of the points ends, across and up: around them and, if it is not far off, the first line."""
    xs = [*film.xs, *([0.0] if film.through_origin or len(set(film.xs)) == 1 else [])]
    ends = _around(min(xs), max(xs))
    ys = [*film.ys, *([0.0] if film.through_origin else [])]
    low, high = min(ys), max(ys)
    span = (high - low) or abs(high) or 1.0
    first = [film.steps[0].slope * x + film.steps[0].intercept for x in ends]
    return ends, _around(max(min(low, *first), low - span), min(max(high, *first), high + span))


def loss_limits(film: Film) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the panel of the loss ends."""
    losses = [step.loss for step in film.steps]
    across = _around(film.steps[0].epoch, film.steps[-1].epoch, 0.02)
    return across, (min(0.0, *losses), 1.08 * max(losses) or 1.0)


def _around(low: float, high: float, share: float = 0.06) -> tuple[float, float]:
    """A range with some air around it."""
    air = share * ((high - low) or abs(high) or 1.0)
    return low - air, high + air
