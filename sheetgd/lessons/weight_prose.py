"""What the lesson `weight` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from sheetgd.language import counted, translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.style import THREE, WHOLE
from sheetgd.lessons.line_epoch import power

FORWARD = (
    "The input times the weight is the prediction. It should be the target; error = prediction − target."
)
BACKWARD = (
    "The loss is error². Its slope for the weight is a product of three factors, read from the output back."
)
STEP = "The slope says where the loss grows. So go the other way, and only a little: learn says how little."
TO_THINK_ABOUT = (
    "Look at the sign of the slope. Should the weight grow or shrink?",
    "Which of the three factors changes with every step, and which never does?",
    "How far is the prediction off after one step? Type other values of learn and look.",
)
ONE_ROW = ("Everything above, side by side. A run carries new_w up to the guess of w, and the boxes follow.",)
VALLEY = (
    "Every weight has its loss. The black point is the guess above, the orange line has its slope. Type other "
    "weights.",
)
SIGMOID = (
    "An activation function bends the sum before it becomes the prediction; its slope is the third factor, and not 1 "
    "any more.",
    "sigmoid(z) = 1 / (1 + e^(−z)) lies between 0 and 1, and its slope is sigmoid × (1 − sigmoid). The target is 1.",
)
LIVE_QUESTIONS = (
    "Type 0, 1, 2, 3 epochs. By what is the",
    "distance of w to its end multiplied?",
    "",
    "Find that number in part 3. Then type",
    "another learn into H3 of the lesson:",
    "for which learn is it 0?",
)
STORY = {
    8: (
        "# The smallest network",
        "One number comes in, is multiplied by one **weight**, and comes out as the **prediction**. What it misses "
        "the "
        "target by is the error, and the square of that is the **loss**: one number for how wrong the network is. "
        "Learning is finding the weight with the smallest loss.",
        "With the weight [[ROUND({start w},6)]] the prediction is [[ROUND({box prediction},6)]] and the target "
        "[[{box y}]], so the error is [[ROUND({box error},6)]] and the loss [[ROUND({box error}^2,6)]].",
        "# Which way, and how far",
        "How does the loss change when the weight grows by a little? That is the **slope**, or **derivative**, of "
        "the "
        "loss by the weight. Three links lie between the two, and the **chain rule** says: multiply their slopes. "
        "From "
        "the loss to the output: 2 × error. Through the **activation function**: 1, for there is none. From the sum "
        "to "
        "the weight: the value that comes in.",
        'The product is [[ROUND({box slope},6)]][[IF({box slope}<0,": the loss falls as the weight grows, so the '
        'weight should grow.",IF({box slope}>0,": the loss grows with the weight, so the weight should shrink.",": '
        'the ground is level, and no step is taken."))]]',
        "So the step goes against the slope, and it is a short one: the slope times **learn**, the **learning "
        "rate**. "
        "For the slope holds where we stand; further on there is another one. In many networks learn is about 0.01.",
        "Here learn is [[{learn}]], and after the step the loss is [[ROUND(({box x}*{box new}-{box y})^2,6)]], "
        '[[IF(({box x}*{box new}-{box y})^2<{box error}^2,"less than before.",IF({box error}=0,"as before: it cannot '
        'be less.","not less than before: this learn is too large."))]]',
        "# Questions",
        "? 1.  Double the target. Which of the three factors changes, and does the slope change its sign?",
        "? 2.  Take the step by hand, type the new weight as the guess, and step again. Is the second step longer or "
        "shorter?",
    ),
    31: (
        "# An epoch",
        "Going once through all the data is an **epoch**. There is one point here, so one step is one epoch. Doing "
        "it "
        "again from the new weight, and again, is **gradient descent**.",
        "# Questions",
        "? 3.  Why is one row enough here, and what would a second one be?",
    ),
    38: (
        "# The shape of the loss",
        "The curve has one lowest place. To both sides of it the loss rises, never falls again, and rises more "
        "steeply the farther out one goes. So far from the answer the steps are long, and they become shorter "
        "by "
        "themselves; learn stays the same.",
        "# Questions",
        "? 4.  Where on the curve is the slope 0, and what is the prediction there?",
        "? 5.  The target is 10 and the input 3: why can the weight never be exactly right in decimals?",
    ),
    65: (
        "# A bend in the chain",
        "As long as the output was the sum itself, the third factor was 1. With a **sigmoid** it is the slope of the "
        "sigmoid, p × (1 − p) for the output p: a quarter where z is 0, and next to nothing far out. There the weight "
        "hardly learns, however wrong the answer is: its slope has **vanished**.",
        "# Questions",
        "? 6.  Where is the sigmoid steepest? What happens to the slope for w far away from there?",
        "? 7.  The last column nudges the weight by 0.001 and looks. Why is it not quite the product?",
    ),
}
WORDS = (
    (
        "activation function",
        "what a node does to its sum before it passes it on; here nothing, in part 6 a sigmoid",
    ),
    ("chain rule", "along a chain of numbers that depend on each other, the slopes are multiplied"),
    (
        "derivative",
        "how much one number changes when another changes by a little, divided by that little: a slope",
    ),
    ("epoch", "once through all the data; with one point, one step"),
    ("gradient descent", "making the loss smaller by small steps against the slope"),
    ("learn", "the learning rate: what the slope is multiplied by to make a step"),
    ("loss", "how wrong the prediction is, as one number; here the square of the error"),
    ("sigmoid", "the curve 1 / (1 + e^(−z)), which bends any number into one between 0 and 1"),
    ("weight", "the number that an input is multiplied by, and that is found by learning"),
)
LEAD = "What the sheet shows, a way through it with a class, the figures to expect, and what can go wrong."
SOURCE = (
    "The slope as a product of three, with input 3, weight 2 and target 10, follows the unsigned slides Gradient "
    "descent "
    "of a course on deep learning with Keras (author not named). The remarks on the shape of the loss follow Josef "
    "Fruehwald, Gradient "
    "Descent (Neural Networks, November 14, 2022)."
)


TOO_LARGE_A_STEP: Part = (
    "Too large a step",
    (
        "One epoch multiplies the distance to the answer by 1 - 2 × learn × x². With x = 3 and learn 0.01 "
        "that "
        "is 0.82. With 1 / 18 = 0.0556 it is zero, and one step is enough; beyond that the weight jumps over "
        "the valley, and above 1 / 9 = 0.111 it lands further away each time. sheetgd stops such a run and "
        "keeps the epochs before the loss began to grow.",
    ),
)

ANSWERS: Part = (
    "Answers",
    (
        "1. The first, 2 × error: it is -28 then, and the slope -84, still negative. 2. The second step is the first "
        "times 1 - 18 × learn: shorter, unless learn is above 1 / 9. 3. There is one point. A second one would be a "
        "row "
        "that begins with the new_w of the first.",
        "4. At the weight target / input, where the prediction is right. 5. 10 / 3 has no end as a decimal. 6. At z = "
        "0, with slope 0.25; far out it is nearly 0 (a vanishing gradient). 7. A nudge measures the slope half a nudge "
        "further on, very nearly, and the curve bends.",
    ),
)
QUESTIONS: Part = (
    "Questions for a class",
    (
        "Where does the 2 in 2 × (prediction - target) come from? (From the square.)",
        "Double the input to 6, with weight 2. What is the slope now, and why has it changed its sign? (The "
        "prediction is 12 and the error 2, so the slope is 2 × 2 × 6 = 24: the weight is too large now.)",
        "With input 0 the weight never learns. Why? (The second factor is 0: the weight had no part in the "
        "error.)",
        "Why not go all the way in one step? (Here one could. With two points that want different weights, "
        "each "
        "would undo the other's step.)",
    ),
)


def what_happens(learn: float) -> Part:
    """The slope as a product of three, and the step that follows from it."""
    new = 2 + 24 * learn
    return (
        "What happens here",
        (
            "One input, 3, goes through one weight, 2, and gives 6. It should have given 10. How must the weight "
            "change? The loss is the squared error, (6 - 10)² = 16, and its slope for the weight is found by the "
            "chain rule, one factor a link: the slope of the loss at the node that the weight feeds into, 2 × "
            "(6 - "
            "10) = -8; the value of the node that it is fed from, 3; and the slope of the activation function at "
            "the node fed into, which is 1 here, for there is none. The product is -24.",
            translated(
                "The step is learn times the slope, against it: 2 - {learn:.10g} × -24 = {new:.10g}. Larger networks "
                "do nothing else. Each of their weights has these three factors, only that the first is itself "
                "handed back from the layer behind it.",
                learn=learn,
                new=new,
            ),
        ),
    )


def a_way_through(epochs: int) -> Part:
    """How to go through the sheet with a class."""
    run = counted(
        "4. Now sheetgd run FILE does the same, one epoch at a time (H4), and sheetgd run FILE --epochs 50 goes on "
        "for fifty. Save and close the workbook first; open it again to see the log and the curve.",
        "4. Now sheetgd run FILE does the same, {count:,} epochs at a time (H4), and sheetgd run FILE --epochs 50 "
        "goes on for fifty. Save and close the workbook first; open it again to see the log and the curve.",
        epochs,
    )
    return (
        "A way through it",
        (
            "1. Part 1 with x, w and the target on the board: the class finds the weight that would be right "
            "(10 / "
            "3).",
            "2. Part 2: cover the boxes, let the class fill them in. Check -24 by nudging: type 2.001 as the "
            "guess "
            "(C4) and see by how much the loss falls: 0.024, which is 24 times 0.001.",
            "3. Part 3: work out the new weight by hand, type it into C4, and do the next step by hand too.",
            run,
            "5. Other numbers: type into the yellow boxes B11 (input) and K11 (target).",
        ),
    )


def figures_to_expect(learn: float) -> Part:
    """The weight, its slope and the loss after various numbers of epochs."""
    left = 1 - 18 * learn
    rows = []
    for count in (0, 1, 2, 5, 10, 20, 50):
        w = 10 / 3 + (2 - 10 / 3) * power(left, count)
        miss = 3 * w - 10
        rows.append((count, w, 6 * miss, miss * miss))
    rows = [row for row in rows if abs(row[1]) < 1e9]
    return (
        "Figures to expect",
        (
            translated("From w = 2 with learn {learn:.10g}, input 3 and target 10:", learn=learn),
            Figures(("epochs run", "weight", "slope", "loss"), rows, (WHOLE, THREE, THREE, THREE)),
        ),
    )


def notes(learn: float, epochs: int) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of this learn."""
    return (
        what_happens(learn),
        a_way_through(epochs),
        figures_to_expect(learn),
        TOO_LARGE_A_STEP,
        ANSWERS,
        QUESTIONS,
        ("Sources", (SOURCE,)),
    )
