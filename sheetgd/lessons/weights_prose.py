"""What the lesson `weights` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from sheetgd.language import counted, translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.style import THREE, WHOLE
from sheetgd.lessons.line_epoch import power

FORWARD = (
    "Each input is multiplied by its weight, and the products are added up: as drawn, 3 × 1 + 4 × 2 = 11."
)
BACKWARD = "The error is shared out by the inputs: the larger its input, the more a weight had to do with it."
STEP = "Both slopes belong to the same two weights, so both weights move at the same moment."
AT_ONCE = (
    "Above, both slopes are taken before either weight moves. In the second line w1 moves first, and w2 gets its "
    "slope",
    "from the new w1, when the error is another one already. That is another method, with another result.",
)
ONE_ROW = (
    "Everything above, side by side. A run carries new_w1 and new_w2 up to the guesses, and the boxes follow.",
)
TO_THINK_ABOUT = (
    "By what is the error multiplied in",
    "one epoch? And in the next one?",
    "",
    "Which weight moves further, and why?",
    "",
    "Give x1 the value 0. Which weight",
    "learns nothing any more?",
)
VALLEY = ("Each cell is the loss of one pair: its w1 stands at the left, its w2 above. Blue is good.",)
IN_THE_VALLEY = (
    "Four cells are 0. Find a fifth pair",
    "that is right, between them.",
    "",
    "Is there a best pair?",
    "",
    "Start from w1 = 4, w2 = 3. Where in",
    "the valley will it end, and why not",
    "where it ends from 1 and 2?",
)
LIVE_QUESTIONS = (
    "Drag. Along which line does the orange",
    "point move, and where does it stop?",
    "",
    "Type another start under reset to. On",
    "which side of the blue line must it be",
    "for w1 to grow?",
)
STORY = {
    8: (
        "# Two weights at once",
        "Two numbers come in, each is multiplied by its own **weight**, and the sum is the **prediction**. "
        "Multiplying in "
        "pairs and adding up is called a **dot product**. The error is what the prediction misses the target by, and "
        "the **loss** is its square.",
        "Now: [[ROUND({box x1},6)]] × [[ROUND({box w1},6)]] + [[ROUND({box x2},6)]] × [[ROUND({box w2},6)]] = "
        "[[ROUND({box prediction},6)]], the target is [[{box y}]], the loss [[ROUND(({box prediction}-{box "
        "y})^2,6)]].",
        "# The gradient",
        "Nudge one weight and leave the other: how much the loss moves is the **slope** for that weight, 2 × error × "
        "its input. All slopes together, as one list, are the **gradient**. It points to where the loss grows "
        "fastest, so the weights go the other way, by **learn**, the **learning rate**, times it: **gradient "
        "descent**.",
        "# The same in Python",
        "` import numpy as np",
        "` x = np.array([ [[{box x1}]], [[{box x2}]] ])",
        "` w = np.array([ [[ROUND({box w1},9)]], [[ROUND({box w2},9)]] ])",
        "` error = (x * w).sum() - [[{box y}]]",
        "` slopes = 2 * error * x",
        "` w = w - [[{learn}]] * slopes",
        "An array is multiplied in one go, number by number. That gives slopes [[ROUND({box slope1},6)]] and "
        "[[ROUND({box slope2},6)]], and weights [[ROUND({box new1},6)]] and [[ROUND({box new2},6)]], as in the "
        "boxes.",
        "# Questions",
        "? 1.  Which of the two slopes is larger, and what decides that?",
        "? 2.  What would the gradient be if x1 were 0?",
        "? 3.  In which Python line would a loop over the weights have stood?",
    ),
    31: (
        "# An epoch",
        "Once through all the data is an **epoch**. With one point it is one step. Each brings the error nearer to "
        "0 or, "
        "if learn is too large, throws it to the other side.",
        "The next error is [[ROUND({left},6)]], after [[ROUND({box prediction}-{box y},6)]] now.",
        "# Questions",
        "? 4.  In which line of the table of part 4 does w2 use an error that is another one already?",
    ),
    64: (
        "# A valley without a lowest point",
        "One point and two weights: many pairs are exactly right, and in the table they lie on a line, the floor of "
        "the "
        "valley. Each step goes straight across it. Where a run arrives depends on where it began.",
        "# Questions",
        "? 5.  Two runs start from two places and arrive at two pairs. Is one of the pairs better?",
    ),
}
WORDS = (
    ("dot product", "two lists multiplied number by number, and the products added up"),
    ("epoch", "once through all the data; with one point, one step"),
    ("gradient", "the slopes for all weights, as one list"),
    ("gradient descent", "making the loss smaller by small steps against the gradient"),
    ("learn", "the learning rate: what the gradient is multiplied by to make a step"),
    ("loss", "how wrong the prediction is, as one number; here the square of the error"),
    ("slope", "how much the loss moves when one weight moves by a little, divided by that little"),
    ("weight", "the number that an input is multiplied by, and that is found by learning"),
)
LEAD = "What the sheet shows, a way through it with a class, the figures to expect, and why there is no single answer."
SOURCE = (
    "The example with inputs 3 and 4, weights 1 and 2, target 6 and errors 5 and 2.5, and the idea of doing it in "
    "NumPy, "
    "follow the unsigned slides Gradient descent of a course on deep learning with Keras."
)


HOW_THE_ERROR_GOES: Part = (
    "How the error goes",
    (
        "One epoch multiplies the error by 1 - 2 × learn × (x1² + x2²). With learn 0.01 and these inputs "
        "that is "
        "1 - 0.02 × 25 = 0.5: it halves. With learn 0.02 one step would do; above 0.04 the error grows from "
        "step "
        "to step, and sheetgd stops the run.",
    ),
)

NO_SINGLE_ANSWER: Part = (
    "No single answer",
    (
        "One point and two weights: every pair with 3 × w1 + 4 × w2 = 6 is right, a whole line of them, the "
        "floor of the valley in part 6. Each step goes straight across the valley, in the direction (3, 4), "
        "so "
        "a run that converges ends at the point of the floor nearest to its start. From (1, 2) that is (0.4, "
        "1.2), from (4, 3) it is (1.84, 0.12). A second point would be needed to choose between them.",
    ),
)

BOTH_AT_ONCE: Part = (
    "Both at once",
    (
        "Part 4 compares two methods. Both at once is gradient descent: the slopes belong to one place, and "
        "the "
        "step is taken from there. One after the other (coordinate descent) goes downhill too, but ends "
        "elsewhere. A common slip in programs is the second while the first is meant: w1 is overwritten "
        "before "
        "the slope for w2 is taken.",
    ),
)

ANSWERS: Part = (
    "Answers",
    (
        "1. The one with the larger input, for the rest is the same for both. 2. Its first number would be "
        "0, and "
        "w1 would not learn. 3. In slopes = 2 * error * x and in the line below it: both work on whole "
        "arrays. 4. In the second: w1 has moved by then, and the error with it. 5. No: without error is without "
        "error. One "
        "point cannot decide between them.",
    ),
)


def what_happens(learn: float) -> Part:
    """Forward, backward and a step, number by number."""
    left = 1 - 50 * learn
    return (
        "What happens here",
        (
            "Inputs 3 and 4, weights 1 and 2, one output without an activation function. Forward: the dot "
            "product 3 "
            "× 1 + 4 × 2 = 11, which SUMPRODUCT forms from the two columns of boxes (H11). The target is 6, so "
            "the "
            "error is 5 and the loss 25.",
            translated(
                "Backward: each weight's slope is 2 × error × its own input, 10 × 3 = 30 and 10 × 4 = 40. Step: 1 - "
                "{learn:.10g} × 30 = {w1:.10g} and 2 - {learn:.10g} × 40 = {w2:.10g}. The prediction is then "
                "{prediction:.10g} and the error {error:.10g}.",
                learn=learn,
                w1=1 - 30 * learn,
                w2=2 - 40 * learn,
                prediction=6 + 5 * left,
                error=5 * left,
            ),
        ),
    )


def a_way_through(epochs: int) -> Part:
    """How to go through the sheet with a class."""
    run = counted(
        "4. sheetgd run FILE does one epoch (H4). Save and close the workbook first; open it again to see the log and "
        "the curve. Predict the next error each time.",
        "4. sheetgd run FILE does {count:,} epochs (H4). Save and close the workbook first; open it again to see the "
        "log and the curve. Predict the next error each time.",
        epochs,
    )
    return (
        "A way through it",
        (
            "1. Part 1: the class writes the sum out in full, then finds it again in the formula of H11. Longer "
            "vectors need no longer formula.",
            "2. Part 2: before the slopes are shown, which weight is more to blame? Check one by nudging: type "
            "1.001 "
            "into C4 and see the loss grow by 0.03.",
            "3. Part 3, then part 4: the order matters. Let a pair work out both lines by hand.",
            run,
            "5. Part 6: find the present weights in the table, then the line of zeros that they walk towards.",
        ),
    )


def figures_to_expect(learn: float) -> Part:
    """Both weights, the error and the loss after various numbers of epochs."""
    left = 1 - 50 * learn
    rows: list[tuple[float, ...]] = []
    for count in (0, 1, 2, 3, 5, 10):
        error = 5 * power(left, count)
        gone = (5 - error) / 25
        rows.append((count, 1 - 3 * gone, 2 - 4 * gone, error, error * error))
    rows = [row for row in rows if abs(row[1]) < 1e9]
    return (
        "Figures to expect",
        (
            translated(
                "From w1 = 1 and w2 = 2 with learn {learn:.10g}, inputs 3 and 4 and target 6:", learn=learn
            ),
            Figures(
                ("epochs run", "w1", "w2", "error", "loss"),
                rows,
                (WHOLE, THREE, THREE, THREE, "#,##0.0000"),
            ),
        ),
    )


def notes(learn: float, epochs: int) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of this learn."""
    return (
        what_happens(learn),
        a_way_through(epochs),
        figures_to_expect(learn),
        HOW_THE_ERROR_GOES,
        NO_SINGLE_ANSWER,
        BOTH_AT_ONCE,
        ANSWERS,
        ("Sources", (SOURCE,)),
    )
