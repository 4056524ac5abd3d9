"""What is drawn on the page's pictures, mark by mark, against the lesson as a plain loop."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from pages import press, until
from visitors import Visitor, open_lesson
from visitors import folder as folder  # fixtures
from visitors import guest as guest
from visitors import page as page

from conftest import ROOT
from loops import X, Y, stepping
from own_lessons import PLANE, draw_plane
from sheetgd.lessons.kit.style import BLUE
from small_lesson import draw

# Notes what is drawn on each picture since it was cleared: lines with their corners, and discs by their centres.
NOTED = """
window.drawn = {};
const kept = CanvasRenderingContext2D.prototype;
const instead = (name, note) => {
  const plain = kept[name];
  kept[name] = function (...words) {
    note.call(this, ...words);
    return plain.apply(this, words);
  };
};
const note = (pen, kind) => window.drawn[pen.canvas.closest("figure").id].push({
  kind, places: pen.noted, opacity: pen.globalAlpha, dashed: pen.getLineDash().length > 0, width: pen.lineWidth,
  colour: kind === "line" ? pen.strokeStyle : pen.fillStyle });
instead("clearRect", function () { window.drawn[this.canvas.closest("figure").id] = []; });
instead("beginPath", function () { this.noted = []; });
for (const name of ["moveTo", "lineTo", "arc"]) instead(name, function (x, y) { this.noted.push([x, y]); });
instead("stroke", function () { note(this, "line"); });
instead("fill", function () { note(this, "disc"); });
"""
ORANGE, GREEN, INK = "#b45309", "#276749", "#1f2933"  # of the light page


class Mark(NamedTuple):
    """A line or a disc of a picture."""

    kind: str
    places: np.ndarray
    opacity: float
    dashed: bool
    width: float
    colour: str


def drawn(page: Any, figure: str) -> list[Mark]:
    """What a picture shows now."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found = page.evaluate("figure => window.drawn[figure]", figure)
    return [Mark(**{**mark, "places": np.array(mark["places"], dtype=float)}) for mark in found]


def lines(marks: list[Mark], colour: str, width: float) -> list[np.ndarray]:
    return [
        mark.places
        for mark in marks
        if (mark.kind, mark.colour, mark.width, mark.dashed) == ("line", colour, width, False)
        and mark.opacity == 1
    ]


class Scale:
    """Where values stand on a picture, found from places whose values are known."""

    def __init__(self, places: np.ndarray, values: Sequence[Sequence[float]]) -> None:
        known = np.array(values, dtype=float)
        assert len(places) == len(known) > 2
        self.fits = [np.polyfit(known[:, axis], places[:, axis], 1) for axis in (0, 1)]
        assert self.fits[0][0] > 0 > self.fits[1][0]  # to the right, and upwards
        self.check(places, known)

    def check(self, places: np.ndarray, values: Any) -> None:
        """That values stand there, to half a pixel."""
        expected = [
            np.polyval(fit, np.array(values, dtype=float)[:, axis]) for axis, fit in enumerate(self.fits)
        ]
        assert places == pytest.approx(np.array(expected).T, abs=0.5)

    def values(self, places: np.ndarray) -> np.ndarray:
        """What stands at these places."""
        return np.array([(places[:, axis] - fit[1]) / fit[0] for axis, fit in enumerate(self.fits)]).T


@pytest.fixture
def seen(page: Any) -> Any:
    """A page whose pictures are noted."""
    page.add_init_script(NOTED)
    return page


def test_each_picture_shows_the_lesson_and_moves_with_each_epoch(
    seen: Any, guest: Visitor, folder: Path
) -> None:
    open_lesson(seen, guest, shutil.copy(ROOT / "templates" / "descent.xlsx", folder / "marks.xlsx"))
    until(seen, "document.querySelector('#map canvas').title === '' && drawn.map?.length > 0")
    walked = [stepping(epochs) for epochs in range(4)]
    for epochs, (m, b, _) in enumerate(walked):
        if epochs:
            press(seen, "One epoch")
        guess = drawn(seen, "fit")
        discs = np.array([mark.places[0] for mark in guess if mark.colour == f"#{BLUE.lower()}"])
        scale = Scale(discs, list(zip(X, Y, strict=True)))
        [ends] = [scale.values(line) for line in lines(guess, ORANGE, 4)]
        assert ends[:, 1] == pytest.approx(m * ends[:, 0] + b, abs=0.5)
    path = lines(drawn(seen, "map"), INK, 3)
    Scale(path[-1], [(b, m) for m, b, _ in walked])
    losses = [(epoch, loss) for epoch, (_, _, loss) in enumerate(walked)]
    Scale(lines(drawn(seen, "loss"), ORANGE, 3)[0], losses)
    press(seen, "log scale")
    Scale(lines(drawn(seen, "loss"), ORANGE, 3)[0], [(epoch, math.log(loss)) for epoch, loss in losses])
    press(seen, "log scale")
    Scale(lines(drawn(seen, "loss"), ORANGE, 3)[0], losses)


def test_a_derivative_is_shown_as_a_nudge(seen: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(seen, guest, shutil.copy(ROOT / "templates" / "descent.xlsx", folder / "nudged.xlsx"))
    for title, (m, b) in (("m", (1.1, 1)), ("b", (1, 11))):  # 0.01, ten times and a thousand times as wide
        seen.locator("td.derivative button").nth("mb".index(title)).click()
        times = "10" if title == "m" else "1,000"
        seen.wait_for_selector(f"text={title} nudged by 0.01, drawn {times} times as wide")
        guess = drawn(seen, "fit")
        discs = np.array([mark.places[0] for mark in guess if mark.colour == f"#{BLUE.lower()}"])
        scale = Scale(discs, list(zip(X, Y, strict=True)))
        [ends] = [scale.values(mark.places) for mark in guess if mark.dashed and mark.colour == GREEN]
        assert ends[:, 1] == pytest.approx(m * ends[:, 0] + b, abs=0.5)


def test_the_surface_is_turned_by_hand(seen: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(seen, guest, draw(folder / "turned.xlsx"))
    press(seen, "One epoch")
    seen.get_by_role("button", name="Surface").click()
    until(seen, "drawn.map.length > 100")
    canvas = seen.locator("#map canvas")
    assert "Drag, or use the arrow keys, to turn it" in canvas.get_attribute("aria-label")

    def tiles() -> np.ndarray:
        return np.array([mark.places for mark in drawn(seen, "map") if mark.places.shape == (4, 2)])

    def ground(found: np.ndarray) -> float:
        return float(np.ptp(found[..., 1]))

    first = tiles()
    canvas.focus()
    for there, back in (("ArrowRight", "ArrowLeft"), ("ArrowUp", "ArrowDown")):
        seen.keyboard.press(there)
        turned = tiles()
        assert turned.shape == first.shape and np.abs(turned - first).max() > 3
        seen.keyboard.press(back)
        assert tiles() == pytest.approx(first)
    box = canvas.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    seen.mouse.move(*middle)
    seen.mouse.down()
    seen.mouse.move(middle[0] + 60, middle[1])
    aside = tiles()
    assert np.abs(aside - first).max() > 3
    seen.mouse.move(*middle)
    assert tiles() == pytest.approx(first)
    seen.mouse.move(middle[0], middle[1] + 200)  # seen from above, as the map
    seen.mouse.up()
    above = tiles()
    seen.mouse.move(middle[0] - 90, middle[1])  # the button is up
    assert tiles() == pytest.approx(above) and ground(above) > ground(first)


def plane(epochs: int) -> list[tuple[float, float]]:
    """The bias and the first weight at the start and after each epoch, with NumPy."""
    x1, x2, y = np.array(PLANE, dtype=float).T
    inputs, walked = np.array([x1, x2, np.ones(len(y))]), [np.ones(3)]
    for _ in range(epochs):
        walked.append(walked[-1] - 0.02 * 2 * inputs @ (walked[-1] @ inputs - y) / len(y))
    return [(w1, bias) for w1, _, bias in walked]


def test_with_many_parameters_two_are_chosen_and_predicted_stands_against_actual(
    seen: Any, guest: Visitor, folder: Path
) -> None:
    open_lesson(seen, guest, draw_plane(folder / "many.xlsx"))
    blue = [mark for mark in drawn(seen, "fit") if mark.colour == f"#{BLUE.lower()}"]
    assert seen.inner_text("#fit figcaption") == "Predicted against actual"
    Scale(np.array([mark.places[0] for mark in blue]), [(y, x1 + x2 + 1) for x1, x2, y in PLANE])
    first, second = seen.get_by_label("Axis 1"), seen.get_by_label("Axis 2")
    assert (first.input_value(), second.input_value()) == ("w1", "w2")
    second.select_option("bias")
    until(seen, "document.querySelector('#map canvas').getAttribute('aria-label').includes('bias')")
    first.select_option("bias")  # which the other axis has: they change places
    until(seen, "document.querySelectorAll('#map select')[1].value === 'w1'")
    assert (first.input_value(), second.input_value()) == ("bias", "w1")
    for _ in range(3):
        press(seen, "One epoch")
    until(seen, "drawn.map.length > 0")
    path = lines(drawn(seen, "map"), INK, 3)[-1]
    Scale(path, plane(3))


def test_guesses_fade_and_a_divergence_is_seen(seen: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(seen, guest, draw(folder / "fading.xlsx"))
    for _ in range(4):
        press(seen, "One epoch")
    ghosts = [mark.opacity for mark in drawn(seen, "fit") if mark.opacity < 1]
    assert len(ghosts) == 4 and ghosts == sorted(set(ghosts))  # the older, the paler
    until(seen, "document.querySelector('#map canvas').title === ''")
    assert not any(mark.dashed for mark in drawn(seen, "map"))
    seen.fill("#in-B1", "10")
    seen.keyboard.press("Enter")
    seen.wait_for_selector("#slider:not([disabled])")
    seen.keyboard.press("r")
    seen.wait_for_selector("#trouble:has-text('The path has left the map')")
    words = seen.inner_text("#trouble")
    assert "diverged in epoch" in words and "with learn 10" in words and "is certainly safe" in words
    [away] = [mark for mark in drawn(seen, "map") if mark.dashed]
    low, high = away.places.min(axis=0), away.places.max(axis=0)
    box = seen.locator("#map canvas").bounding_box()
    assert away.colour == ORANGE
    assert min(*low) < 0 or high[0] > box["width"] or high[1] > box["height"]
