"""What the lesson `minima` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.style import THREE, WHOLE

ONE_STEP = (
    "loss = (w − 4)² / 5 − dent × e^(−1.5 w²): a wide bowl, lowest at w = 4, and a narrow dent beside w = 0.",
    "There is one parameter and no data to go through, so one epoch is one step. The black points are the log.",
)
HOW = (
    "new velocity = beta × velocity + (1 − beta) × slope",
    "new w = w − learn × new velocity",
    "With beta 0 the velocity is the slope: plain descent.",
    "With 0.9 it is the mean of the last slopes, and rolls on.",
)
TO_THINK_ABOUT = (
    "The descent stops where the slope is 0.",
    "Is that the lowest point there is?",
    "",
    "Can w itself tell that it is caught?",
    "",
    "Make the dent 1. What is different now?",
    "And 4? Which minimum is the global one?",
)
THREE_WAYS = (
    "All begin at the w under reset to. These are live: change learn, beta, the dent or the start, and watch.",
)
WAYS_QUESTIONS = (
    "Which beta is just enough to roll out? (0.75, 0.8?)",
    "Larger step: try 0.35, then 0.45, then 0.5. Why",
    "does the narrow dent not hold it any more?",
)
EVERY_STEP = "Each row starts from the row above: what the chart shows."
TEN_STARTS = (
    "Plain descent with the learn above, sixty steps from each. Those that find the global minimum are blue.",
)
START_QUESTIONS = ("Where is the watershed? How many starts", "are enough? And with a hundred parameters?")
GOES_ON = ("The curve goes on. From left to right: x (w), y (loss),", "by nudging, exact, too high.")
NUDGED = "by nudging: (loss at w + h − loss at w) / h. exact: 2 (w − 4) / 5 + 3 dent × w × e^(−1.5 w²). Try another h."

STORY = {
    8: (
        "# A landscape with two hollows",
        "Here the model is as small as can be: one **parameter**, w, and a **loss** that is a curve. As drawn it "
        "has two "
        "lowest "
        "places. The deeper one is the **global minimum**, the other a **local minimum**: lower than everything "
        "near it, but "
        "not the lowest there is.",
        "**Gradient descent** knows only the slope where it stands, the **gradient**: nudge w by h and see how much "
        "the loss "
        "moves. Then it takes a step against it, **learn** (the **learning rate**) times as long. Where the slope "
        "is 0 it "
        "stays, in whichever hollow that is.",
        "At the guess the loss is [[ROUND({here},4)]] and the slope [[ROUND({slope},4)]], so w should "
        '[[IF(ABS({slope})<0.00005,"stay.",IF({slope}<0,"grow.","shrink."))]]',
        "One step is one **epoch** here, for there are no data to go through.",
        "# Questions",
        "? 1.  As drawn, type w = 1 and then w = 1.3. They are neighbours: why do runs from them end far apart?",
    ),
    37: (
        "# Ways out",
        "**Momentum** remembers: the step follows a **velocity**, a running mean of the last slopes, and rolls on "
        "where the "
        "slope has already turned. A **larger step** does not fit into a narrow hollow: it leaps to and fro in it "
        "and is "
        "thrown out. Wide hollows hold larger steps than narrow ones.",
        "Networks with many parameters have many hollows. There it helps, too, that steps look at a few points only "
        "(see the "
        "lesson batches): what is a hollow for some points is not one for the others.",
        "# Questions",
        "? 2.  Why does a larger step not simply find the deeper hollow, but the wider one?",
        "? 3.  Which of the three ways has to remember something, and where does it stand?",
    ),
    67: (
        "# Many starts",
        "Whoever begins elsewhere may arrive elsewhere. The crest between the hollows is a watershed. So one starts "
        "several times "
        "and keeps the best; with many parameters that is all the more a matter of luck.",
        "# Questions",
        "? 4.  How could one notice, without the curve, that a minimum is only a local one?",
    ),
}
WORDS = (
    ("epoch", "once through the data; here there are none, and it is one step"),
    ("global minimum", "the lowest place of all"),
    ("gradient", "the slope of the loss where one stands"),
    ("learn", "the learning rate: what the slope is multiplied by to make a step"),
    ("local minimum", "a place that is lower than everything near it"),
    ("loss", "the height of the curve, which is to become small"),
    ("momentum", "stepping by a running mean of the slopes, the velocity, instead of the last one"),
    ("parameter", "a number that is found by learning; here w"),
)

LEAD = "What the sheet does, a way through it with a class, the figures to expect, and why it behaves as it does."
ONLY_USUAL = ("Figures to expect", "Ten starts")
NOTES: tuple[Part, ...] = (
    (
        "What happens here",
        (
            "A line has a loss with one valley, so descent finds it from everywhere. Most models are not so kind. "
            "Here "
            "the loss is a curve one can draw: a wide bowl with its lowest point at w = 4 (the global minimum, loss "
            "0), and a narrow dent near w = 0 (a local one, loss 0.533). Descent only knows the slope where it "
            "stands. "
            "From the left it runs into the dent, where the slope is 0, and stays there.",
            "An epoch is a single step here. A run carries new w and new velocity up to the guess (C4, C5) and "
            "writes "
            "a line into the log, which the black points on the curve show. The slope is found by nudging, as in the "
            "lesson descent; the exact one stands beside it.",
        ),
    ),
    (
        "A way through it",
        (
            "1. Cover the chart. Type w = -2, -1, 0, 1 into C4 and read loss and slope: which way would you go?",
            "2. sheetgd run FILE does as many steps as H4 says. Save and close the workbook first, and open it "
            "again: where "
            "did it stop, and is there nothing lower?",
            "3. sheetgd reset FILE, type 0.9 for beta (F3), and run again. Then beta 0 and learn 0.5 (H3).",
            "4. Part 2 shows the three ways at once, live. Find the smallest beta and the smallest learn that get "
            "out.",
            "5. Part 3: ten starts. Type your own; where is the watershed? (Near 1.17, the crest.)",
        ),
    ),
    (
        "Figures to expect",
        (
            "w after so many steps from -2, with h 0.01 and the dent 2.5; the losses at the end are 0.533, 0.007, 0.",
            Figures(
                ("epochs run", "plain", "momentum", "larger step"),
                (
                    (0, -2, -2, -2),
                    (1, -1.635, -1.963, -0.782),
                    (2, -1.263, -1.894, 1.352),
                    (5, 0.259, -1.520, 2.284),
                    (10, 0.211, -0.355, 3.433),
                    (15, 0.211, 1.023, 3.811),
                    (20, 0.211, 1.784, 3.935),
                    (30, 0.211, 3.022, 3.989),
                    (40, 0.211, 3.814, 3.994),
                ),
                (WHOLE, THREE, THREE, THREE),
            ),
        ),
    ),
    (
        "Why they get out",
        (
            "From -2, with the dent 2.5. Momentum: the mean of the last ten slopes still points to the right when "
            "the slope itself has turned, and "
            "carries w over the crest (w = 1.17, loss 1.281). With beta 0.75 it does not suffice, with 0.8 it does. "
            "What carries it is the velocity gathered on the way, and that takes room: from -0.7 it still gets over "
            "the crest, "
            "from -0.6 it does not, though it starts higher than the crest in both cases. Part of the height is "
            "lost on the "
            "way, as a ball loses it by friction.",
            "A larger step: a minimum holds a step only while learn is below 2 / curvature. In the dent that is "
            "about "
            "0.3, in the bowl 5. So with 0.35 w jumps to and fro in the dent for ever, with 0.5 it is thrown "
            "out, and the wide bowl keeps it. Large steps prefer wide valleys; beyond 5 nothing holds them.",
        ),
    ),
    (
        "Ten starts",
        (
            "Of these ten starts six lie right of the crest and end in the bowl. The best of several runs is a "
            "method: "
            "simple, and honest about luck. --seed 2 draws the sheet with ten others. With one parameter one could "
            "try them all (as the lesson belts does); with many parameters one cannot.",
        ),
    ),
    (
        "Slopes by nudging",
        (
            "The nudged slope is the slope half a nudge further on, very nearly. So descent stops half a nudge too "
            "low: at 0.2115 instead of 0.2165, and at 3.995 instead of 4. Part 4 shows how much too high it is: "
            "half of h times the curvature, so most where the curve bends most, and too low on the crest.",
        ),
    ),
    (
        "Questions for a class",
        (
            "Make the dent 1. Does anything still get caught? (No: the dent no longer has a minimum. There is a flat "
            "stretch, and w is slow there.)",
            "Make it 4. Where is the global minimum now? (In the dent: the loss there is -0.9.)",
            "Momentum overshoots in the bowl: let it run on. (It goes past 4, to 4.22, and comes back.)",
            "Does a lucky start beat a clever rule? (Here yes. Only afterwards does one know which start is lucky.)",
        ),
    ),
    (
        "Answers",
        (
            "1. The crest lies between them, near 1.17: the slopes on its two sides lead to two hollows. 2. How large "
            "a "
            "step a hollow holds depends on how sharply it bends, not on how deep it is. Here the wide one is also the "
            "deeper one. 3. Momentum: its velocity (C5 for the run, and a column in part 5). 4. Not from the place "
            "itself: the slope is 0 in both. Only by going elsewhere.",
        ),
    ),
    (
        "Sources",
        (
            "The two pictures of a local and a global minimum, and momentum as a way past the first, follow the "
            "unsigned post "
            "Gradient Descent (pimode, Oregon State University, April 29, 2022), which credits F. Chollet, Deep "
            "Learning with "
            "Python (2nd edition), and Grant Sanderson (3Blue1Brown), Neural networks.",
        ),
    ),
)
