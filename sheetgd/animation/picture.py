"""The drawing of a frame: two panels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import floor, log10
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from ..lessons.kit.style import BLUE, HAIR, INK, ORANGE, QUIET, WHITE
from .film import Film, FilmStep
from .frames import Frame

SIZE, DOTS = (9.6, 5.4), 100  # inches, and dots per inch
EDGE = "9AA5B1"  # the axes, as in the charts of the lessons
NEARLY_WHITE = 236  # Pillow would take a shade still lighter for white itself
SHADES = 20  # of each colour, down to white: what its edges need on the way


@contextmanager
def _own_looks() -> Iterator[None]:
    """matplotlib as it comes, whatever this computer's settings for it are."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        warnings.simplefilter("ignore")  # a letter that the font lacks is no reason for a warning
        yield


def draw(film: Film, shown: Sequence[Frame]) -> tuple[bytes, bytes]:
    """The moving picture as GIF, and its last frame, larger, as PNG."""
    with _own_looks():
        picture = Picture(film)
        images = [picture.image(frame) for frame in shown]
        large = picture.image(shown[-1], 2 * DOTS)
    palette = _palette()
    flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    moving, still = io.BytesIO(), io.BytesIO()
    times = [frame.milliseconds for frame in shown]
    flat[0].save(moving, "GIF", save_all=True, append_images=flat[1:], duration=times, loop=0)
    large.save(still, "PNG", optimize=True)
    return moving.getvalue(), still.getvalue()


def _palette() -> Image.Image:
    """The colours of the moving picture: those of the lessons, each in steps down to white, so that white is white."""
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

    def image(self, frame: Frame, dots: int = DOTS) -> Image.Image:
        """One frame."""
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
