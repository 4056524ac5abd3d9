"""What the lesson `penguins` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from sheetgd.language import translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.style import WHOLE
from sheetgd.lessons.line_epoch import power
from sheetgd.lessons.points import Points

SUBTITLE = "A line from {x_name} to {y_name}, both brought to one scale."
ONE_SCALE = (
    "Numbers of different size need steps of different size. So from each its mean is taken, and the rest is",
    "divided by the standard deviation (of all rows, STDEVP). Now both columns have mean 0 and deviation 1.",
)
HOW_IT_STEPS = (
    "The gradient is the mean over all rows.",
    "new = guess − learn × gradient, both at once.",
    "",
    "What should the intercept become, and why?",
)
BEST = "best is what SLOPE and INTERCEPT find."
VALLEY = (
    "Each cell is the mse of one line: its slope stands at the left, its intercept above. Blue is good.",
)
TO_THINK_ABOUT = (
    "Find the cell of your guess, and the",
    "cell that is lowest.",
    "",
    "This valley is round. Why is that",
    "good for gradient descent?",
    "",
    "Without normalising it would be",
    "another valley. Which, and why?",
)
DOT_PRODUCT = (
    "y_pred is the dot product of a row (x, 1) with the weights above it (slope, intercept): SUMPRODUCT.",
    "On paper only the first rows are shown.",
)
STORY = {
    8: (
        "# A line through a cloud",
        "Each row is a point of two measurements. We look for the line that predicts the second from the first, "
        "with a "
        "slope and an intercept as its **parameters**. Square what a line misses each point by and take the "
        "mean: that "
        "is mse, the **loss**. It becomes 0 only if one line goes through all the points.",
        "With the guess above it is [[ROUND({loss},6)]]; the best line there is has [[ROUND({least},6)]].",
        "# One scale",
        "Numbers of different size make trouble: a step that is right for one parameter is too long or too short for "
        "the other. So both columns are **normalised**: less their mean, over their deviation. Then the mean of x "
        "is 0 "
        "and the mean of x² is 1, slope and intercept do not disturb each other, and one learn suits both.",
        "# A step for all rows",
        "Each row has an opinion on the slope, 2 × error × x, and one on the intercept, 2 × error × 1. Their means "
        "over "
        "all rows are the **gradient**.",
        "Here it is [[ROUND({gradient slope},6)]] for the slope and [[ROUND({gradient intercept},6)]] for the "
        "intercept, "
        'so the slope should [[IF({gradient slope}<0,"grow","shrink")]] and the intercept '
        '[[IF({gradient intercept}<0,"grow","shrink")]].',
        "Both go against the gradient, by **learn**, the **learning rate**, times it, once for all rows: the **whole "
        "batch**. That is one **epoch**.",
        "With this learn an epoch leaves [[ROUND(100*ABS(1-2*{learn}),4)]] % of the distance to the best line"
        '[[IF(ABS(1-2*{learn})<1,".",": it does not shrink, for learn is too large.")]]',
        "Where do slopes come from in larger models? Libraries such as JAX work them out from the program itself: "
        "they "
        "follow each operation and apply the chain rule, **automatic differentiation**.",
        "# Questions",
        "? 1.  Which raw number becomes 0, and which becomes 1?",
        "? 2.  Why does the intercept of the best line come out as 0?",
    ),
    37: (
        "# Seen from above",
        "Each cell of the table is a line, and its loss the height. Whoever stands in it blindfolded can still feel "
        "which "
        "way is down, and go. The valley is as wide as it is long, so the way down is a straight one.",
        "# Questions",
        "? 3.  Start from another corner of the table. Does the way lead to another place?",
    ),
    68: (
        "# The dot product",
        "A row is a list (x, 1), the parameters are a list (slope, intercept). Multiply in pairs and add up: that "
        "is the "
        "**dot product**, and it is the prediction. All rows together are a table, a **matrix**, and one **matrix "
        "product** predicts them all: in Python np.dot(rows, parameters), in a spreadsheet MMULT.",
        "For example, with the parameters (2, 4) in this order the second row of the matrix gives 2 × 1 + 4 × "
        "[[ROUND({second x},5)]] = [[ROUND(2+4*{second x},4)]], if the column of ones comes first.",
        "# Questions",
        "? 4.  Work out y_pred of one row by hand. Which two products are added?",
        "? 5.  Type learn 0.5 and run one epoch. Why is that enough?",
        "? 6.  What would change if only x were normalised?",
    ),
}
WORDS = (
    ("automatic differentiation", "a program follows every operation and applies the chain rule to it"),
    ("dot product", "two lists multiplied number by number, and the products added up"),
    ("epoch", "once through all the rows"),
    ("gradient", "the slopes of the loss for all parameters, as one list"),
    ("learn", "the learning rate: what the gradient is multiplied by to make a step"),
    ("loss", "how far off the predictions are, as one number; here mse, the mean of the squared errors"),
    ("matrix", "numbers in rows and columns; a matrix product makes a dot product with each row"),
    ("normalised", "less the mean, over the standard deviation: with mean 0 and deviation 1"),
    ("parameter", "a number that is found by learning; here slope and intercept"),
    ("whole batch", "all the rows, which together make one step"),
)
LEAD = "What the sheet does, a way through it with a class, the figures to expect, and why it behaves as it does."
SOURCES = (
    "Normalising, the dot product, the start at slope 0 and intercept -2, learn 0.01 and a thousand epochs, and the "
    "example "
    "with the parameters (2, 4), which is -1.2912 for the second penguin, follow Josef Fruehwald, Gradient Descent "
    "(Neural "
    "Networks, November 14, 2022). His text prints 4.4573799e-08 and 0.58944976 after a thousand epochs and names "
    "the two "
    "in the wrong order: with both means taken away the best line goes through the origin, so the tiny number is the "
    "intercept. (Its digits differ from these after the fifth since it was computed in single precision.)"
)


WHAT_HAPPENS: Part = (
    "What happens here",
    (
        "Each row of part 3 is brought to one scale: x and y less their means, over their standard "
        "deviations "
        "(population, D13:E14). The model is a line, written as a dot product: (x, 1) times (slope, "
        "intercept). "
        "The column of ones makes the intercept a weight like any other.",
        "One epoch is one step for the whole batch. The two gradients are the means of 2·error·x and "
        "2·error·1 "
        "(E19, E20), both weights move at once (E22, E23), and a run carries them back to C4 and C5 and "
        "writes "
        "one line into the log.",
    ),
)

YOUR_OWN_DATA: Part = (
    "Your own data",
    (
        "sheetgd new penguins --data FILE.csv --x COLUMN --y COLUMN draws this sheet for any two columns of "
        "numbers; learn 0.01 suits them all, for they are normalised. With --rows 50 it takes fifty rows at "
        "random, and --seed chooses which.",
    ),
)


def a_way_through(epochs: int) -> Part:
    """How to go through the sheet with a class."""
    return (
        "A way through it",
        (
            "1. Part 1: what do mean and deviation do to the points? Type the two means (D13, D14) for the "
            "first row "
            "(B74, C74) and look at its x and y.",
            "2. Type slopes and intercepts by hand (C4, C5): how small can mse be? Does it reach 0? Why not?",
            "3. Part 3: check one row with a pocket calculator, then part 2: find the start and the best line.",
            translated(
                "4. sheetgd run FILE does {epochs:,} epochs (H4), sheetgd run FILE --epochs 20 only twenty. Save and "
                "close the workbook first; open it again to see the line and the curve.",
                epochs=epochs,
            ),
            "5. Compare with what SLOPE and INTERCEPT find in one go: best (E4, E5), unless the sheet was drawn with "
            "--hide-actual.",
        ),
    )


def figures_to_expect(data: Points, m: float, b: float, learn: float) -> Part:
    """Slope, intercept and mse after various numbers of epochs."""
    slope = correlation(data)
    rows: list[tuple[float, ...]] = []
    for count in (0, 1, 10, 50, 100, 200, 500, 1000):
        left = power(1 - 2 * learn, count)
        now = slope + (m - slope) * left, b * left
        far = now[0] - slope, now[1]
        loss = 1 - slope * slope + far[0] * far[0] + far[1] * far[1]
        if loss < 1e12:
            rows.append((count, *now, loss))
    start = translated(
        "From slope {m:.10g} and intercept {b:.10g} with learn {learn:.10g}:", m=m, b=b, learn=learn
    )
    six = "0.000000"
    return (
        "Figures to expect",
        (
            start,
            Figures(("epochs run", "slope", "intercept", "mse"), rows, (WHOLE, six, six, six)),
            translated(
                "Both distances to the end, slope {slope:.9f} and intercept 0, are multiplied by 1 - 2 × learn in "
                "each epoch, here by {factor:.10g}.",
                slope=slope,
                factor=1 - 2 * learn,
            ),
        ),
    )


def questions(ours: bool) -> list[str]:
    """Questions for a class, with one about the species where the points are penguins."""
    asked = [
        "1. The mean, and the mean plus one deviation. 2. Both means are 0, and the best line goes through the middle "
        "of "
        "the points. 3. No: there is one valley. 4. x × slope and 1 × intercept. 5. The distance is multiplied by 1 - "
        "2 × learn, which is 0. 6. Slope, intercept and loss would be in the units of y; learn would be the same.",
        "What does the line say in the units of the data? (E16 and E17.)",
        "Does a larger learn help? (0.1 brings the distance below a billionth in a hundred epochs, 0.5 in one; "
        "above 1 the "
        "steps grow, and sheetgd stops the run.)",
    ]
    if ours:
        asked.insert(
            2,
            "Below the line at the right there is a cloud of its own. What could it be? (Three species were "
            "measured, and "
            "chinstraps have long bills and are light. Each species has a line of its own.)",
        )
    return asked


def notes(data: Points, m: float, b: float, learn: float, epochs: int, ours: bool) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of these points."""
    return (
        WHAT_HAPPENS,
        a_way_through(epochs),
        figures_to_expect(data, m, b, learn),
        ("Why normalise?", (WHY,)),
        ("Answers", questions(ours)),
        YOUR_OWN_DATA,
        ("Sources", (SOURCES, *((DATA,) if ours else ()))),
    )


WHY = (
    "In raw units the mean of x² may be thousands of times that of 1², and then the valley is a gorge, thousands of "
    "times "
    "steeper in one direction than in the other: a learn that is safe for the slope is far too small for the "
    "intercept. "
    "Normalised, the valley is round (part 2). The best slope is then the correlation of the two columns, and 1 - "
    "slope² "
    "the mse that is left."
)
DATA = (
    "Bill length and body mass of the 333 penguins in palmerpenguins 0.1.6 of which every measurement is "
    "known, in the order of its file. Horst A. M., Hill A. P., Gorman K. B. (2020), palmerpenguins: Palmer "
    "Archipelago (Antarctica) penguin data, doi:10.5281/zenodo.3960218. Public domain (CC0)."
)


def correlation(data: Points) -> float:
    """Pearson's correlation of x and y."""
    x, y = data.scaled().x, Points(data.y, data.x).scaled().x
    return sum(a * b for a, b in zip(x, y, strict=True)) / len(x)
