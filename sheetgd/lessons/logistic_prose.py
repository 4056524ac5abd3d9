"""What the lesson `logistic` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

import math
from typing import NamedTuple

from sheetgd.language import translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.controls import plain
from sheetgd.lessons.kit.style import THREE, WHOLE
from sheetgd.lessons.points import Points

SUBTITLE = "Not how much, but whether: a line becomes a chance between 0 and 1."
BY_POINTS = "The same model, with a step after every point and the chain rule written out."
BENT = (
    "z = w·x + b is a line, with x brought to one scale. The sigmoid bends it: p = 1 / (1 + e^(−z)) is the chance "
    "of a yes.",
)
ONE_STEP = (
    "Each row is a point; y is 1 for yes and 0 for no. The means of the two slopes make one step for all."
)
OVER = {
    "x": "(raw−mean)/dev.",
    "z": "w·x+b",
    "p": "1/(1+e^−z)",
    "log loss": "−ln p, −ln(1−p)",
    "p − y": "dL/dz",
    "(p − y)·x": "dL/dw",
}
BOUNDARY = ("At the boundary z is 0 and p a half:", "below it the answer is the one, above it the other.")
TO_THINK_ABOUT = (
    "Which points are on the wrong side?",
    "Which of them cost most, and why?",
    "Can accuracy stay while loss falls?",
)
CHAIN = (
    "L is the log loss of one point. The chain rule goes from L to w link by link, and multiplies:",
    "dL/dp = (p − y) / (p(1 − p))   ×   dp/dz = p(1 − p), the slope of the sigmoid   ×   dz/dw = x.",
    "The middle cancels: dL/dz = p − y. So the step is as simple as that of a line:  new_w = w − learn × (p − y) × "
    "x.",
    "Multiply dL/dp by dp/dz in one row and compare.",
)
STORY = (
    "# Yes or no",
    "Some questions have only two answers. A line that says 1.3 or −0.4 is of no use there. But its value can be "
    "bent into "
    "a chance: far below 0 becomes nearly 0, far above nearly 1, and 0 becomes a half. The curve that does it is the "
    "**sigmoid**, and a line with a sigmoid behind it is **logistic regression**. It is also what a single neuron "
    "does.",
    "How wrong is a chance? If the answer is yes and p is near 1, hardly; if p is near 0, very. The **log loss** "
    "says −ln p "
    "for a yes and −ln(1 − p) for a no: 0 for a sure and right answer, without limit for a sure and wrong one. The "
    "mean over "
    "all points is the **loss**. With p a half everywhere it would be ln 2 = 0.6931.",
    "Now the loss is [[ROUND({loss},4)]], and [[ROUND(100*{accuracy},1)]] % are on the right side.",
    "That share is the **accuracy**. People ask for it, but descent needs the loss: accuracy is made of jumps and "
    "has no "
    "slope.",
    "# The boundary",
    "Where the answer turns from no to yes is the **boundary**: z is 0 there, and p a half. A large w makes the curve "
    "steep, the sign of w says on which side is yes, and b moves the boundary.",
    '[[IF({start w}=0,"With w = 0 there is no such place yet: p is the same for all.","Here it is at x = "&'
    'ROUND({boundary},3)&" in the units of the data.")]]',
    "# A step",
    "Nudge w a little: how much does the loss change? By the **chain rule** the slopes of all links are multiplied, "
    "and "
    "what is left is short: (p − y)·x for w and p − y for b. Their means are the **gradient**, and one step against "
    "it, "
    "times **learn**, the **learning rate**, is one **epoch** for the whole batch.",
    "The slopes are [[ROUND({slope w},5)]] for w and [[ROUND({slope b},5)]] for b, so w should "
    '[[IF({slope w}<0,"grow","shrink")]] and b should [[IF({slope b}<0,"grow","shrink")]].',
)
STEPPING = (
    "# When all is right",
    '[[IF({accuracy}=1,"All points are on their right side now: a boundary can separate them. Then there is no best w. '
    "Doubling w and b leaves the boundary where it is and makes every p surer, so the loss falls a little, and "
    "again, and w "
    'grows without end.","Some points are on the wrong side now. If no boundary can separate them, there is a best w: '
    'a steeper curve would be surer about the wrong ones, too, and that costs more than it gains.")]]',
    "Points that a boundary can part without a mistake are **separable**. A w that grows without end is no mistake; "
    "one only has to stop somewhere. In practice a small penalty on large "
    "weights holds them back.",
    "# Questions",
    "? 1.  Why does one bad point cost so much more here than in mse?",
    "? 2.  Change one y from 0 to 1 far on the wrong side. What happens to w?",
    "? 3.  Make the points separable (change some y). What do w and the loss do after 1,000 epochs, and after "
    "10,000?",
)
WORDS = (
    ("accuracy", "the share of points that are on their right side"),
    ("boundary", "where the answer turns from no to yes: p is a half there"),
    ("log loss", "−ln of the chance that was given to what really happened"),
    ("logistic regression", "a line with a sigmoid behind it"),
    ("separable", "with a boundary that has all yes on one side and all no on the other"),
    ("sigmoid", "the curve 1 / (1 + e^(−z)), from 0 to 1"),
)
LEAD = "What the tabs show, a way through them with a class, the figures to expect, and what happens when all is right."


class About(NamedTuple):
    """The points (x on one scale), the start and the settings that the notes are about."""

    data: Points
    start: tuple[float, float]
    learn: float
    epochs: int

    def chances(self, w: float, b: float) -> list[float]:
        """p of every point."""
        return [0.5 + 0.5 * math.tanh((w * x + b) / 2) for x in self.data.x]

    def step(self, w: float, b: float) -> tuple[float, float]:
        """w and b after one epoch of the whole batch."""
        misses = [p - y for p, y in zip(self.chances(w, b), self.data.y, strict=True)]
        count = len(misses)
        slope = sum(miss * x for miss, x in zip(misses, self.data.x, strict=True)) / count
        return w - self.learn * slope, b - self.learn * sum(misses) / count

    def loss(self, w: float, b: float) -> float:
        """The mean log loss."""
        zs = [(w * x + b, y) for x, y in zip(self.data.x, self.data.y, strict=True)]
        return sum(max(z, 0) - z * y + math.log1p(math.exp(-abs(z))) for z, y in zs) / len(zs)

    def figures(self) -> Figures:
        """w, b, the number of right answers and the loss after various numbers of epochs."""
        rows: list[tuple[float, ...]] = []
        w, b = self.start
        for epoch in range(1001):
            if epoch in (0, 1, 2, 5, 10, 50, 100, 1000):
                pairs = zip(self.chances(w, b), self.data.y, strict=True)
                rows.append((epoch, w, b, sum((p > 0.5) == (y > 0.5) for p, y in pairs), self.loss(w, b)))
            w, b = self.step(w, b)
        return Figures(
            ("epochs run", "w", "b", "right", "loss"), rows, (WHOLE, THREE, THREE, WHOLE, "0.0000")
        )


WHAT_HAPPENS: Part = (
    "What happens here",
    (
        "x is brought to one scale (E12, E13), z = w·x + b is a line, p = sigmoid(z) a chance. The loss of "
        "a point is -ln "
        "p if y is 1 and -ln(1 - p) if it is 0, written as max(z, 0) - z·y + ln(1 + e^(-|z|)), which is the "
        "same and "
        "cannot overflow. p is written in two ways for the same reason, one for z below 0 and one for the "
        "rest.",
        "On the tab Logistic an epoch is one step for the whole batch: the two slopes are means (E15, E16), "
        "and new w and "
        "new b (E18, E19) are carried to C4 and C5. On the tab By points each row makes a step of its own. "
        "sheetgd run "
        "FILE --all runs both, sheetgd run FILE --sheet Logistic only the first.",
    ),
)

WHY_THE_LOG: Part = (
    "Why the log?",
    (
        "Squared misses of p have slopes (p - y)·p(1 - p): where the sigmoid is level, a sure and wrong "
        "answer hardly "
        "learns. The logarithm undoes that, for p(1 - p) cancels. The log loss is also what makes the given "
        "answers "
        "most likely (maximum likelihood), and it has only one valley.",
    ),
)

ANSWERS: Part = (
    "Answers",
    (
        "1. A miss of p is never more than 1, so its square is not either; -ln p has no limit. 2. It "
        "becomes smaller: "
        "being sure is expensive now. 3. w goes on growing, ever more slowly, and the loss goes to 0.",
    ),
)

YOUR_OWN_DATA: Part = (
    "Your own data",
    (
        "sheetgd new logistic --data FILE.csv --x COLUMN --y COLUMN draws these tabs for a column of "
        "numbers and one of 0 "
        "and 1. --m and --b choose where w and b start. --rows 40 --seed 7 makes other points.",
    ),
)

SOURCES: Part = (
    "Sources",
    (
        "The points are made by chance. The product of slopes through an activation function follows the "
        "unsigned slides "
        "Gradient descent of a course on deep learning with Keras.",
    ),
)


def a_way_through(epochs: int) -> Part:
    """How to go through the tabs with a class."""
    return (
        "A way through it",
        (
            "1. Type values for w and b into C4 and C5. What does each do to the curve, what to the boundary "
            "(E21)?",
            "2. Part 2: find a point on the wrong side, and its log loss. Work out one row with a pocket "
            "calculator.",
            "3. The tab By points: follow the chain rule in one row, dL/dp × dp/dz × x.",
            translated(
                "4. sheetgd run FILE --all does {epochs:,} epochs (H4) on both tabs. Save and close the workbook "
                "first. Compare loss and accuracy in the chart: which of them moves in jumps?",
                epochs=epochs,
            ),
            "5. Change y until a boundary separates all points, reset, and run for long. Watch w.",
        ),
    )


def notes(about: About) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of these points."""
    return (
        WHAT_HAPPENS,
        a_way_through(about.epochs),
        (
            "Figures to expect",
            (
                translated(
                    "The tab Logistic from w = {w:.10g} and b = {b:.10g} with learn {learn}:",
                    w=about.start[0],
                    b=about.start[1],
                    learn=plain(about.learn),
                ),
                about.figures(),
            ),
        ),
        WHY_THE_LOG,
        ANSWERS,
        YOUR_OWN_DATA,
        SOURCES,
    )
