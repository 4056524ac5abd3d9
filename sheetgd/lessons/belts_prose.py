"""What the lesson `belts` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from typing import NamedTuple

from sheetgd.language import translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.controls import plain
from sheetgd.lessons.kit.story import shown
from sheetgd.lessons.kit.style import WHOLE
from sheetgd.lessons.line_epoch import power
from sheetgd.lessons.points import Points

ONE_EPOCH = (
    "Every row uses the guess above. The mean of error_sq is mse; the mean of 2·x·error is its slope, the gradient.",
    "One step for the whole table:  new multiplier = multiplier − learn × gradient.",
)
TO_THINK_ABOUT = (
    "Look at the sign of the gradient. Which way",
    "will the step go?",
    "How large is learn beside the gradient?",
    "Compare the first steps in the log with the",
    "last ones: learn is the same all the time.",
)
GRID_SEARCH = (
    "No slopes, no steps: just try. The best of the fifty is marked. Type other limits to look more closely.",
)
STEEP = (
    "The slope says which way to go and how far the loss falls.",
    "Type other multipliers: where is the slope 0?",
)
BY_NUDGING = (
    "its slope is exact: the mean of 2·x·(multiplier·x − y). slope by h",
    "is the growth of mse over a nudge h: too high by h × mean of x²,",
    "so descent by it would end half a nudge too low.",
)

LIVE_QUESTIONS = (
    "In part 3, which column goes to 0, and",
    "which to the best multiplier?",
    "",
    "Type 0, 20, 40, 60 epochs. By which",
    "factor does the distance to the best",
    "multiplier change each time?",
)

STORY = (
    (
        "# What is asked",
        "One number should turn the first column into the second: prediction = multiplier × x. The multiplier is "
        "the only "
        "**parameter** of this model. How wrong is a guess? Square the misses and take their mean: that is mse, the "
        "**loss**.",
        "With the multiplier [[ROUND({start multiplier},6)]] it is [[ROUND({loss},4)]]; the best multiplier, "
        "[[ROUND({best},6)]], has [[ROUND({least},4)]].",
        "# One step for all",
        "How does the loss change when the multiplier grows by a little? That is the **slope**; as a guide for a "
        "step it is "
        "called the **gradient**. Each row has its own, 2·x·error, and the mean over all of them is that of mse.",
        'Here it is [[ROUND({gradient},4)]]: [[IF({gradient}<0,"the loss falls as the multiplier grows, so it should '
        'grow.",IF({gradient}>0,"the loss grows with the multiplier, so it should shrink.","level ground."))]] One '
        "step is learn × gradient = [[ROUND({learn}*{gradient},9)]], taken away.",
        "**learn**, the **learning rate**, keeps steps short. Slopes here are in units of mse, and those may be "
        "large; so "
        "learn has to be small. Going once through all rows is an **epoch**, and this one, with a single step at "
        "its end, "
        "is **whole-batch** gradient descent.",
        "After each epoch [[ROUND(100*ABS(1-2*{learn}*SUMSQ({x})/COUNT({x})),3)]] % of the distance to the best "
        "multiplier "
        'is left[[IF(ABS(1-2*{learn}*SUMSQ({x})/COUNT({x}))<1,".",": the steps grow, for learn is too large.")]]',
        "# Questions",
        "? 1.  Where does the 2 in 2·x·error come from, and where the x?",
    ),
    (
        "# The shape of the loss",
        "The curve of all multipliers has one lowest place. On both sides the loss rises, never falls again, "
        "and gets steeper the farther out one goes. So whoever knows only the slope underfoot knows which way "
        "to go, and "
        "by "
        "how much the ground still falls.",
        "A **grid search** needs no slope. With one parameter it is a good method. With two, fifty guesses each are "
        "2,500; "
        "with ten nobody lives long enough.",
        "# Who works out the slopes?",
        "Once people did it with calculus. Today a program does: **automatic differentiation** follows every "
        "operation of a "
        "formula and applies the chain rule to it (JAX, TensorFlow and PyTorch do). The table of slopes shows the "
        "third "
        "way: nudge the multiplier by h and look.",
        "# Questions",
        "? 2.  At which multiplier is the slope 0? And which side of it is which sign?",
        "? 3.  Why is the chart of the slopes a straight line?",
        "? 4.  Halve the nudge. What becomes of the gap between its slope and slope by h?",
    ),
)
WORDS = (
    ("automatic differentiation", "a program follows every operation and applies the chain rule to it"),
    ("epoch", "once through all the rows"),
    ("gradient", "the slope of the loss, as a guide for a step"),
    ("grid search", "trying many values, evenly apart, and keeping the best"),
    ("learn", "the learning rate: what the gradient is multiplied by to make a step"),
    ("loss", "how far off the predictions are, as one number; here mse, the mean of the squared errors"),
    ("parameter", "a number that is found by learning; here the multiplier"),
    ("whole-batch", "with one step for all the rows of an epoch together"),
)
LEAD = "What the sheet does, a way through it with a class, the figures to expect, and why it behaves as it does."
SOURCES = (
    "The belts, their numbers, the grid search, learn 0.00001 and a thousand epochs follow Josef Fruehwald, "
    "Gradient Descent "
    "(Neural Networks, November 14, 2022), where a thousand epochs from 0 end at 2.541. His comment says that the "
    "guesses "
    "run from 0 to 50; his program, like this sheet, goes from 0 to 5."
)


class Shown(NamedTuple):
    """What the teacher's notes are about: the points (ten belts or others), the settings, and part 3's two tries."""

    data: Points
    start: float
    learn: float
    epochs: int
    tried: tuple[float, float]
    ten: bool

    @property
    def squares(self) -> float:
        """The mean of x²."""
        return sum(x * x for x in self.data.x) / len(self.data.x)

    @property
    def best(self) -> float:
        """The multiplier with the least loss."""
        return (
            sum(x * y for x, y in zip(self.data.x, self.data.y, strict=True))
            / len(self.data.x)
            / self.squares
        )

    def loss(self, multiplier: float) -> float:
        """Its mse."""
        pairs = zip(self.data.x, self.data.y, strict=True)
        return sum((multiplier * x - y) ** 2 for x, y in pairs) / len(self.data.x)

    def figures(self) -> Figures:
        """Multiplier, mse and gradient after various numbers of epochs."""
        rows: list[tuple[float, ...]] = []
        for count in (0, 1, 10, 50, 100, 200, 500, 1000):
            now = self.best + (self.start - self.best) * power(1 - 2 * self.learn * self.squares, count)
            if abs(now) < 1e6 * max(1, abs(self.best)):
                rows.append((count, now, self.loss(now), 2 * self.squares * (now - self.best)))
        formats = (WHOLE, *(shown(max(abs(row[column]) for row in rows), 7) for column in (1, 2, 3)))
        return Figures(("epochs run", "multiplier", "mse", "gradient"), rows, formats)


WHAT_HAPPENS: Part = (
    "What happens here",
    (
        "The model is a single multiplication: prediction = multiplier × x. Part 1 is one epoch of "
        "whole-batch "
        "descent. Every row uses the same multiplier, each has its own slope 2·x·error, and their mean, the "
        "gradient, moves the multiplier once. (In the lesson descent every row makes a step of its own.)",
        "A run carries new multiplier back to the guess (C4) and writes one line into the log: epoch, "
        "multiplier, "
        "mse and gradient, all read from the sheet after that epoch. So any number of epochs needs no more "
        "than "
        "this one table. The derivatives are exact; part 3 compares them with nudging.",
    ),
)

THE_TAB_LIVE: Part = (
    "The tab Live",
    (
        "Type a number of epochs there, and the multiplier after them is there at once: in Excel, "
        "LibreOffice and "
        "Google Sheets alike, with no run and no script. An epoch makes new multiplier = a × multiplier + "
        "c, two "
        "epochs make a² × multiplier + (a + 1) × c, and so on by doubling. Part 2 of the tab compares it "
        "with the "
        "table and with the log. Its start is the value under reset to (D4).",
    ),
)

YOUR_OWN_DATA: Part = (
    "Your own data",
    (
        "sheetgd new belts --data FILE.csv --x COLUMN --y COLUMN draws this sheet for any two columns that "
        "are in "
        "proportion; sheetgd new belts --rows 30 --seed 7 makes thirty other belts. For points on a line "
        "that "
        "does not go through zero, see the lessons descent and penguins.",
    ),
)


def a_way_through(about: Shown) -> Part:
    """How to go through the sheet with a class, with the two multipliers of part 3."""
    low, high = about.tried
    return (
        "A way through it",
        (
            "1. Type multipliers into C4 by hand. Who gets the smallest mse?",
            "2. Part 2: fifty guesses at once, evenly spaced, the best one marked. How does one get closer? "
            "(Type "
            "narrower limits. Each round of fifty gains more than a digit.) And with ten parameters? (50 to the "
            "power of 10 guesses.)",
            translated(
                "3. Part 3: at {low:.10g} and {high:.10g}, without seeing the curve, which way is down, and how do "
                "you know?",
                low=low,
                high=high,
            ),
            translated(
                "4. sheetgd run FILE does {epochs:,} epochs (H4), sheetgd run FILE --epochs 10 only ten. Save and "
                "close the workbook first; open it again to see the log and the curves.",
                epochs=about.epochs,
            ),
        ),
    )


def largest_learn(about: Shown) -> Part:
    """Why learn has a limit, and where it is for these points."""
    size = about.squares
    factor, limit = 1 - 2 * about.learn * size, 1 / size
    return (
        "How large may learn be?",
        (
            translated(
                "An epoch multiplies the distance to the answer by 1 - 2 × learn × mean of x². For these points the "
                "mean of x² is {size:.6g}, and with learn {learn} the factor is {factor:.4g}. Above 1 / {size:.6g} = "
                "{limit:.3g} the steps grow, and sheetgd stops the run.",
                size=size,
                learn=plain(about.learn),
                factor=factor,
                limit=limit,
            ),
            "Half of that limit would arrive in one epoch. Nobody knows it beforehand, for it depends on the "
            "data: so one "
            "tries.",
        ),
    )


def slopes_by_nudging(about: Shown) -> Part:
    """By how much a nudge is wrong, at the second multiplier of part 3."""
    _, high = about.tried
    size = about.squares
    slope = 2 * size * (high - about.best)
    return (
        "Slopes by nudging",
        (
            translated(
                "mse is a parabola in the multiplier, so the nudged slope is too high by the nudge times the mean "
                "of x², everywhere: at {high:.10g} with a nudge of 0.01 it says {nudged:.6g} instead of "
                "{slope:.6g}. Descent by it stops half a nudge too low.",
                high=high,
                nudged=slope + 0.01 * size,
                slope=slope,
            ),
        ),
    )


def questions(ten: bool) -> list[str]:
    """Questions for a class; one of them is about the ten belts."""
    asked = [
        "1. From the square, and from the multiplier's place beside x. 2. At the best one; negative below it. 3. "
        "mse is a "
        "parabola in the multiplier, and the slope of a parabola is a straight line. 4. It halves, too: it is h times "
        "the "
        "mean of x²."
    ]
    if ten:
        asked.append(
            "Why not 2.54? (An inch is 2.54 cm exactly, but the measured centimetres are whole numbers, and those "
            "of this "
            "table were rounded up a little more than down. 2.5415 fits them better than 2.54 does: mse 0.0722 "
            "against "
            "0.0757.)"
        )
    return asked


def notes(about: Shown) -> tuple[Part, ...]:
    """The teacher's notes."""
    return (
        WHAT_HAPPENS,
        a_way_through(about),
        (
            "Figures to expect",
            (
                translated(
                    "From {start:.10g} with learn {learn}; the best multiplier is {best:.10g}, with mse {loss:.4g}.",
                    start=about.start,
                    learn=plain(about.learn),
                    best=about.best,
                    loss=about.loss(about.best),
                ),
                about.figures(),
            ),
        ),
        largest_learn(about),
        slopes_by_nudging(about),
        ("Answers", questions(about.ten)),
        THE_TAB_LIVE,
        YOUR_OWN_DATA,
        ("Sources", (SOURCES,)),
    )
