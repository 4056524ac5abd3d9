"""What the lesson `optimizers` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from sheetgd.language import translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.style import THREE, WHOLE

STANDINGS = ("", "learn", "epochs", "m", "b", "rmse")
AHEAD = (
    "Each has a tab of its own, where it goes down the same rows. Start and epochs are set here for all of them.",
    "learn is each one's own: try others on the tabs. Is the race fair?",
)
FOUR_LINES = ("Type over x and y, and all four tabs follow.",)
ONE_EPOCH = (
    "Each row takes over from the row above, looks at one point, and steps. The last row is carried up."
)
LEAD = "Four rules for a step, what each carries on, the figures to expect, and whether the race is fair."
LIVE_QUESTIONS = (
    "Type 1, 10, 100 and 1,000 epochs. What",
    "has happened to m, and what to b?",
    "",
    "Change learn, or beta, on the lesson's",
    "tab. Which part of the way does it",
    "shorten, the beginning or the end?",
)
STORY = {
    8: (
        "# One hill, four ways down",
        "Four walkers start at the same place: the same line, with the same m and b as **parameters**, over the same "
        "points. The height is rmse, the **loss**. Each looks at one point after the other and feels two slopes, "
        "for m "
        "and for b: the **gradient**. What they make of it is their own affair: each is an **optimizer**.",
        "**Plain** takes the slope times **learn**, the **learning rate**, and steps against it. **Momentum** keeps "
        "rolling: it steps by a mean of the last slopes, so what changes its sign cancels out. **RMSprop** divides "
        "each "
        "slope by its usual size, so both parameters move at about the same pace. **Adam** does both. These two are "
        "called **adaptive**.",
        "Now: [[B13]] [[ROUND(G13,3)]], [[B14]] [[ROUND(G14,3)]], [[B15]] [[ROUND(G15,3)]], [[B16]] "
        "[[ROUND(G16,3)]]. "
        '[[IF(MIN(G13:G16)=MAX(G13:G16),"They stand level.",K3&" is ahead.")]]',
        "# Look at the chart",
        "An **epoch** is once through all points. Look for three things: who falls fastest at the beginning, who is "
        "still "
        "falling at the end, and who does not come to rest. A step of fixed size cannot end at a point; it goes "
        "round it.",
        "The remedy is a **schedule**: learn becomes smaller as time goes by, say half of it every twenty epochs. "
        "Run, type "
        "a smaller learn on the tab, and run on: this is a schedule by hand.",
        "# Questions",
        "? 1.  Which of the four would not notice if every y were a hundred times as large?",
        "? 2.  Which have to remember something from one step to the next, and where does it stand in the sheet?",
        "? 3.  Does being ahead after these epochs mean being ahead later?",
    ),
    37: (
        "# Where they meet",
        "The chart shows the four lines over the points. As long as a walker is on the way, the line is off; "
        "the lines of those who have arrived lie on top of each other, because there is one hill, with one "
        "lowest place.",
        "# Questions",
        "? 4.  After a long run the lines are close together. What does that say about the four rules?",
        "? 5.  Type over one y so that it is far off. Which line moves first when you run one epoch?",
    ),
}
WORDS = (
    ("adaptive", "with a scale for each parameter, found from its own slopes: RMSprop and Adam"),
    ("epoch", "once through all the points"),
    ("gradient", "the slopes by all parameters together"),
    ("learn", "the learning rate: what the gradient is multiplied by to make a step"),
    ("loss", "how far off the predictions are, as one number; here rmse, the root of the mean squared error"),
    ("momentum", "stepping by a running mean of the slopes instead of the last one"),
    ("optimizer", "a rule that makes a step out of a gradient"),
    ("schedule", "a plan by which learn becomes smaller as training goes on"),
)
SOURCES = (
    "The four rules and their tabs follow the workbook graddesc of fast.ai (its tabs basic, momentum, rmsprop and "
    "adam); "
    "that optimizers change learn, use momentum, or both, follows Josef Fruehwald, Gradient Descent (Neural "
    "Networks, "
    "November 14, 2022)."
)


def notes(rows: int, known_line: bool, usual: bool) -> tuple[Part, ...]:
    """The teacher's notes; figures of a run only where everything is as usual."""
    known = ("The points are those of the lesson descent, y = 2x + 30.",) if known_line else ()
    happens = (
        "What happens here",
        (
            *known,
            translated(
                "Each row takes one step and hands over to the next, so {rows:,} rows are {rows:,} steps, one epoch. "
                "The derivatives are exact. On each tab the columns before new_m and new_b are what this optimizer "
                "remembers: v the mean of its last slopes, s the mean of their squares, t the number of steps. The "
                "last row of them is carried up and used by the next epoch, like m and b.",
                rows=rows,
            ),
            "Start, epochs and points stand on the tab Race (C4, C5, H3, and the table), learn on each tab (H3). "
            "sheetgd run FILE --all runs all four, sheetgd run FILE --sheet Adam only one.",
        ),
    )
    return (happens, *NOTES[:1], *(ONLY_USUAL if usual else ()), *NOTES[1:], ("Sources", (SOURCES,)))


ONLY_USUAL: tuple[Part, ...] = (
    (
        "Figures to expect",
        (
            "rmse from m = 1 and b = 1. Plain and Momentum have learn 0.0003, RMSprop and Adam 0.1.",
            Figures(
                ("epochs run", "Plain", "Momentum", "RMSprop", "Adam"),
                (
                    (0, 50.782, 50.782, 50.782, 50.782),
                    (1, 17.998, 27.683, 14.603, 17.815),
                    (2, 17.933, 19.265, 14.784, 14.654),
                    (5, 17.740, 15.439, 13.348, 13.147),
                    (10, 17.423, 15.180, 11.063, 11.154),
                    (25, 16.507, 14.361, 4.350, 5.818),
                    (50, 15.085, 13.093, 0.086, 1.147),
                    (100, 12.598, 10.884, "below 0.2", 0.003),
                ),
                (WHOLE, THREE, THREE, THREE, THREE),
            ),
        ),
    ),
    (
        "Why plain is slow",
        (
            "The slope for m is x times the slope for b, up to fifty times as large. learn has to be small enough "
            "for m: below 1 / (50² + 1) = 0.0004 a step is certainly safe. For b that is far too little. Momentum "
            "has the same problem, but while plain chases every single point, it follows the mean of the last ten, "
            "and ends up lower with the same learn.",
            "RMSprop and Adam divide each slope by its own usual size. Steps for m and b become equally long, about "
            "learn each, and b walks from 1 to 30 in some thirty epochs.",
        ),
    ),
    (
        "Near the end",
        (
            "RMSprop arrives first, but its steps stay about learn long, so it goes round the answer, in the end on "
            "the "
            "same way again and again. Adam comes very close, and then is thrown out again: its s remembers a "
            "thousand "
            "steps, becomes tiny while all is well, and then the first slopes that are not tiny make long steps. "
            "Run on "
            "to 150 epochs and see rmse climb to about 10. A learn that shrinks as time goes by, a schedule, "
            "fixes both.",
        ),
    ),
)
NOTES: tuple[Part, ...] = (
    (
        "A way through it",
        (
            "1. Plain first: sheetgd run FILE --sheet Plain. Which of m and b is quicker, and why?",
            "2. Each of the others: read part 1 of its tab aloud, find each line of it as a column in part 2, and "
            "check one row with a pocket calculator.",
            "3. Bet on the winner. Then sheetgd run FILE --all, and look at the chart on Race. Save and close the "
            "workbook first.",
            "4. sheetgd reset FILE --all; then let each group look for the best learn for its own tab.",
        ),
    ),
    (
        "Bias correction",
        (
            "v and s begin at 0, so after the first step v is only a tenth of the slope, and s a thousandth of its "
            "square. Divided by 1 - beta1^t and 1 - beta2^t both are right from the first step on. Without it the "
            "first step would be 0.1 / √0.001, that is three times as long. t is carried too, for after an epoch it "
            "goes on from where it was.",
        ),
    ),
    (
        "Is the race fair?",
        (
            "No: each has a learn that suits it, roughly, and more could be gained by tuning. Give Plain the learn "
            "of Adam "
            "and see. And with the trick of the lesson penguins, normalised data, plain descent would need no "
            "optimizer "
            "at all: a good scale for the data helps more than a good rule for the step.",
        ),
    ),
    (
        "Answers",
        (
            "1. RMSprop and Adam, but for epsilon: they divide by the usual size. 2. All but Plain: v and s, and t, "
            "in the "
            "block carried on each tab. 3. No: run on and look. 4. They differ in the way, not in where it leads. 5. "
            "That "
            "of the rule that steps farthest at once; compare m and b on Race before and after.",
            "On the tabs. Plain: rows with a negative de/dm push m up. Momentum: beta 0 is the plain step; with 0.99 "
            "it "
            "starts slowly and then rolls on for long. RMSprop: its steps would be the same, those of Plain a hundred "
            "times as long. Adam: V is de/dm in the first row; after 1,000 steps beta1^t is next to nothing, and 1 - "
            "beta2^t is 0.63.",
        ),
    ),
    (
        "Your own data",
        (
            "Type over x and y on Race, or draw the sheet anew: sheetgd new optimizers --data FILE.csv --x COLUMN "
            "--y "
            "COLUMN, or --rows 30 --seed 7 for other points on the line. --m and --b choose the start.",
        ),
    ),
)
