"""What the lesson `batches` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from sheetgd.language import translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.controls import plain
from sheetgd.lessons.kit.style import WHOLE
from sheetgd.lessons.points import Points

SUBTITLE = (
    "The same points, the same start, the same learn. Only how many points a step looks at is different."
)
TITLES = {"Batch": "The whole batch", "Mini": "Mini-batches", "Single": "Single points"}
SUBTITLES = {
    "Batch": "All points are looked at before the only step of the epoch.",
    "Mini": "A step after every few points.",
    "Single": "A step after every point.",
}
STANDINGS = ("", "batch size", "steps", "epochs", "m", "b", "mse")
QUESTION = (
    "Each has a tab of its own. Start, learn and epochs are set here for all three; steps are those of one epoch.",
    "The batch size can be changed on each tab (F3). Guess first: who is fastest, and who gets lowest?",
)
LINES = "Each of the tabs goes through the points in the order of column D, so that neighbours are strangers."
STEPPING = (
    "All rows of a group use the same m and b. de/dm and de/db are each row's own slopes, mean m and mean b their "
    "means in",
    "the group so far. In its last row (shaded) the step is taken:  new_m = m − learn × mean m.  The others hand on "
    "m and b.",
    "The last row is carried up to the guess. Batch size 1 makes every row a group; the number of points makes one "
    "of all.",
    "To think about: type 2, 4, 16 into F3. How many rows are shaded? What becomes of mean m in the last of them?",
)
STORY = {
    8: (
        "# How many opinions before a step?",
        "Each point pulls the line towards itself. The mean of all their pulls is the **gradient** of the **loss**, "
        "here of "
        "mse. To know it exactly one has to ask every point, and then takes one step: **whole-batch** gradient "
        "descent. "
        "That is a safe way down, and a lot of work for one step. The points that are asked before a step are a "
        "**batch**.",
        "One can also ask a single point and go at once. Its slope is wrong, but not wildly, and right on average. In "
        "the time of one careful step one can take as many hasty ones as there are points. Since it is left to chance "
        "which point comes next, this is called **stochastic** gradient descent.",
        "In between are **mini-batches**: ask a few, step, ask the next few. An **epoch** is the same for all "
        "three: every "
        "point has been asked once.",
        "# Look at the charts",
        "Left: how fast does each curve fall, and how low? Right: the ways of m and b, seen from above. Where points "
        "disagree, there is no place at which all single steps are 0: **noise**. Within an epoch the line of Single "
        "is "
        "pulled to and fro (look down the column m of its table), and each epoch ends beside the best line, the "
        "farther "
        "from it the larger **learn**, the **learning rate**, is.",
        "Now: batch [[ROUND(H13,4)]], mini [[ROUND(H14,4)]], single [[ROUND(H15,4)]]; the best line there is has "
        '[[ROUND(K12,4)]]. [[IF(MAX(H13:H15)-MIN(H13:H15)<0.000001,"They stand level.","Lowest: "&'
        'INDEX(B13:B15,MATCH(MIN(H13:H15),H13:H15,0))&".")]]',
        "# Why the order is shuffled",
        "If the points came sorted, the first half of an epoch would pull the line one way and the second half the "
        "other. "
        "So they are gone through in a random order (column D). Programs draw a new one for each epoch; this sheet "
        "keeps its own, because otherwise nobody could follow it.",
        "# Why mini-batches",
        "With millions of points one cannot wait for all of them, and they do not fit into memory at once. With one "
        "at a "
        "time a fast processor is idle most of the time. So one takes as many as it can work on side by side, often "
        "128.",
    ),
    36: (  # on the next page, so that none is cut in two
        "# Questions",
        "? 1.  Give all three a tenth of learn. Who is nearer to the best, and who has not arrived?",
        "? 2.  Type 1, 2, 3 … into column D on this tab after sorting the points by x. What does the way of Single "
        "do?",
        "? 3.  Which of the three would you take for a million points?",
    ),
}
WORDS = (
    ("batch", "the points that are looked at before a step"),
    ("epoch", "once through all the points, however many steps that makes"),
    ("mini-batch", "a batch of a few points"),
    ("noise", "the difference between steps that ask only some of the points and the step of all"),
    ("stochastic", "left to chance: which points a step looks at"),
)
LEAD = "Three batch sizes side by side, what each is good for, the figures to expect, and a slip of one of the sources."
SOURCES = (
    "That the data are cut into random batches when a loss over all of them is too much work follows Josef "
    "Fruehwald, Gradient "
    "Descent (Neural Networks, November 14, 2022). Mini-batches of about 128, and what they spare the processor, "
    "follow the "
    "unsigned post Gradient Descent (pimode, Oregon State University, April 29, 2022), which credits F. Chollet, "
    "Deep Learning "
    "with Python (2nd edition), and Grant Sanderson (3Blue1Brown), Neural networks."
)
SLIP = (
    "The post of April 29, 2022 says that each batch gets random weights and biases of its own. It does not: all "
    "batches work "
    "on the same weights, one after the other, and only the points differ. Starting several times from other random "
    "weights is "
    "another method (see the lesson minima), and what helps a run past a local minimum here is the noise of its "
    "steps."
)


def train(
    data: Points, start: tuple[float, float], learn: float, size: int, order: list[int]
) -> tuple[float, float]:
    """m and b after one epoch with `size` points a step, for points on one scale."""
    (m, b), points = start, [(data.x[index], data.y[index]) for index in order]
    for first in range(0, len(points), size):
        group = points[first : first + size]
        errors = [m * x + b - y for x, y in group]
        slopes = (
            sum(2 * x * error for (x, _), error in zip(group, errors, strict=True)) / len(group),
            sum(2 * error for error in errors) / len(group),
        )
        m, b = m - learn * slopes[0], b - learn * slopes[1]
    return m, b


WHAT_HAPPENS: Part = (
    "What happens here",
    (
        "The points are brought to one scale (columns E and F of the tab Compare), so learn means the same "
        "for all. On "
        "each tab the table goes down the points in the order of column D. Only the batch size (F3) is "
        "different; the "
        "formulas are the same on all three.",
        "A run carries the last new_m and new_b up to the guess (C4, C5). sheetgd run FILE --all runs all "
        "three, "
        "sheetgd run FILE --sheet Mini only one. Start, learn and epochs stand on the tab Compare.",
    ),
)

A_WAY_THROUGH: Part = (
    "A way through it",
    (
        "1. The tab Batch: how many rows are shaded, and what is mean m in the last one? Then Mini, then "
        "Single.",
        "2. Bet: who is lowest after one epoch? sheetgd run FILE --all --epochs 1, and look at Compare. "
        "Save and close "
        "the workbook first.",
        "3. sheetgd run FILE --all, and look again: who is fast, and who comes nearest to the best?",
        "4. Type a tenth of learn into H3 of Compare, reset with sheetgd reset FILE --all, and run again.",
    ),
)

ANSWERS: Part = (
    "Answers",
    (
        "1. Small batches are pulled about less with a small learn; the whole batch has made the least progress. "
        "2. It "
        "swings to and "
        "fro within each epoch. 3. Mini-batches: many steps an epoch, and each a good use of the processor.",
    ),
)

YOUR_OWN_DATA: Part = (
    "Your own data",
    (
        "sheetgd new batches --data FILE.csv --x COLUMN --y COLUMN draws this workbook for two columns of "
        "numbers; "
        "--rows 64 --seed 7 makes other points.",
    ),
)


def figures_to_expect(
    scaled: Points, order: list[int], start: tuple[float, float], learn: float, sizes: tuple[int, ...]
) -> Part:
    """The mse of each batch size after various numbers of epochs."""
    rows: list[tuple[float, ...]] = []
    ways = [start] * len(sizes)
    for epoch in range(101):
        if epoch in (0, 1, 2, 5, 10, 30, 100):
            losses = [
                sum((m * x + b - y) ** 2 for x, y in zip(scaled.x, scaled.y, strict=True)) / len(scaled.x)
                for m, b in ways
            ]
            if max(losses) < 1e9:
                rows.append((epoch, *losses))
        ways = [
            train(scaled, way, learn, size, order) if max(map(abs, way)) < 1e6 else way
            for way, size in zip(ways, sizes, strict=True)
        ]
    titles = ("epochs run", *(translated("size {size}", size=size) for size in sizes))
    return (
        "Figures to expect",
        (
            translated(
                "mse from m = {m:.10g} and b = {b:.10g} with learn {learn}:",
                m=start[0],
                b=start[1],
                learn=plain(learn),
            ),
            Figures(titles, rows, (WHOLE, *["0.0000"] * len(sizes))),
            "The mse of the best line is on Compare (K12). Single points fall fastest and then stay above it, "
            "because the noise does not shrink; a learn that shrinks (a schedule) would bring them down.",
        ),
    )


def notes(
    scaled: Points, order: list[int], start: tuple[float, float], learn: float, sizes: tuple[int, ...]
) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of these points."""
    return (
        WHAT_HAPPENS,
        A_WAY_THROUGH,
        figures_to_expect(scaled, order, start, learn, sizes),
        ("Own weights?", (SLIP,)),
        ANSWERS,
        YOUR_OWN_DATA,
        ("Sources", (SOURCES,)),
    )
