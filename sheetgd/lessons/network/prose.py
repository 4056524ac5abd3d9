"""What the lesson with the network says: on its tabs, and on the sheet for the teacher."""

from __future__ import annotations

from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.style import WHOLE

SUBTITLE = "Two inputs, three neurons, two neurons, one output: 20 numbers, all found by gradient descent."
NETWORK = (
    "Blue lines are weights below 0, orange ones above; thick is large. A grey neuron is asleep: its ReLU gives 0.",
    "The numbers are those of one point of part 4: choose it in F5.",
)
WEIGHTS = (
    "w21 leads from x2 to h1, u32 from h3 to k2, o1 from k1 to the output. b, c and d are the biases.",
)
NAMES = (
    "  An epoch is four steps, for each takes a",
    "  mini-batch of 4 of the 16 points. Every",
    "  step is in the table to the right of the",
    "  epoch log, one column a value.",
)
MAP = ("Orange: near 1. Blue: near 0. The circles are the points, filled where y is 1.",)
LEARNED = (
    "As drawn, all 16 are right from epoch 11 on, and after 100 epochs every y_pred is within 0.2 of its y.",
)
TO_THINK_ABOUT = (
    "Can one straight line part the filled circles from the empty ones?",
    "",
    "What does the map show before the first epoch, after 5, 20 and 100?",
    "",
    "Which neurons sleep for which points? Does one sleep for all of them?",
    "",
    "Type 0 over all 20 guesses, and run. Why does nothing move but d?",
    "",
    "Batch size 1, 4 or 16: which learns fastest, and which most smoothly?",
)
STEPS = (
    "Each row is one point. Within a mini-batch all rows use the same weights; its last row (shaded) takes the step "
    "with the mean of their derivatives.",
    "The last row's new weights and velocities (blue) are carried up to the guesses, where the next epoch begins.",
)
LINES = "What the lines of the drawing are made from: two ends each, moved together where a line has another look."
PLACES = "Where the points lie: the circles of the map are made from this."
NEURONS_TITLE = "What each neuron sees"
NEURONS_SUBTITLE = (
    "Over the same square as the map on the tab Network: white where a neuron sleeps, green where it fires."
)
THINK_NEURONS = (
    "Each h has one straight edge. Where is it,",
    "and which weights turn it?",
    "",
    "The edges of k1 and k2 have corners. Where",
    "do these come from?",
    "",
    "Lay k1 and k2 on top of each other, times",
    "o1 and o2, plus d: that is the map on the",
    "tab Network. Which parts cancel?",
)
GRAPH_TITLE = "The operation graph of one row"
GRAPH_SUBTITLE = (
    "One box an operation: its value → goes forwards, and the derivative of L by that value ← comes back."
)
GRAPH = (
    "   of the table of steps on the tab Network, with the weights that this row uses. On the way back a product",
    "   gives each factor the derivative times the other factor; a sum passes it on as it is, so does ReLU if awake.",
    "   Along the pale lines nothing comes back. Done by a program for any formula this is automatic differentiation.",
)
SAME = (
    "The same numbers in the table",
    "As the graph finds them, and as they stand in the table of steps.",
)
STORY_SUBTITLE = "From a guess to an answer: what the other tabs show, told from the beginning."
STORY = (
    "# A function made of simple ones",
    "A network is a function with many numbers in it, its **parameters**. Each **neuron** multiplies what comes in "
    "by "
    "**weights**, adds a **bias**, and passes the sum on if it is above 0 (this is **ReLU**, its **activation "
    "function**); "
    "otherwise it passes on 0. The first layer sees the inputs, the second sees the first, the output sees the "
    "second.",
    "What goes in is a list of numbers, a **tensor**. Here these are two numbers. In a picture each dot is three, "
    "for red, "
    "green and blue from 0 to 255, in rows and columns; a film has time as a further direction.",
    "At the beginning all weights are random, so the answers are wrong. The **loss** says how wrong: it is the mean of "
    "the squared "
    "errors. Learning means making it small.",
    "Now the loss is [[ROUND({loss},4)]], and [[{right}]] points are on their right side.",
    "# Back through the network",
    "How does the loss change when one weight moves a little? A nudge to each of them would tell, at the price of "
    "one pass "
    "through the network for each. There is a cheaper way. The network is a chain of small steps, each with a slope "
    "that is easy "
    "to find, and the **chain rule** says: along the chain, multiply. Begin at the loss and go back, step by step, "
    "and every "
    "weight has its **derivative** after a single pass. This is **back-propagation**; done by a program for any "
    "formula it is "
    "called **automatic differentiation**. The tab Graph shows all of it for one point.",
    "All the derivatives together are the **gradient**. The weights go against it, by **learn**, the **learning "
    "rate**, times "
    "it: those that count most for the loss move most.",
    "# A few points at a time",
    "Four points make a **mini-batch**: the mean of their derivatives makes one step. It is a rough guess of the "
    "true gradient, "
    "and four times as many steps for the same work. When all points have been used, that is an **epoch**. Steps "
    "that follow a "
    "running mean of the last gradients have **momentum**: they do not turn at every corner.",
    "# When it does not work",
    "A sleeping neuron passes nothing on and nothing back, so it cannot wake by itself. And the landscape has many "
    "hollows. "
    "Another start, smaller steps or more neurons may help; which start is a lucky one, nobody knows beforehand.",
    "# Questions",
    "? 1.  Why can no network without ReLU do XOR, however many layers it has?",
    "? 2.  On the tab Graph: which derivatives are 0, and what have they in common?",
    "? 3.  All weights 0: why does nothing but d learn?",
)
STORY_WORDS = (
    ("activation function", "what a neuron does to its sum before it passes it on"),
    ("back-propagation", "the chain rule, from the loss back to every weight in one pass"),
    ("mini-batch", "the few points that one step looks at"),
    ("momentum", "following a running mean of gradients, the velocity, and not just the last one"),
    ("ReLU", "what is below 0 becomes 0"),
    ("tensor", "numbers in a list, a table, or a table of tables"),
)
LEAD = "What the tabs show, a way through them with a class, the figures to expect, and the luck in it."
FIGURES = "Figures to expect"


def notes(usual: bool) -> tuple[Part, ...]:
    """The teacher's notes; the figures are true only with the usual learn."""
    return NOTES if usual else tuple(part for part in NOTES if part[0] != FIGURES)


NOTES: tuple[Part, ...] = (
    (
        "What happens here",
        (
            "The task is XOR: y is 1 where x1 and x2 have different signs. No straight line can do it. The best one "
            "by "
            "least squares has a loss of 0.248, hardly better than always answering 0.5 (0.25), and no line whatever "
            "puts more than 12 of the 16 points on their right side.",
            "The network bends. Three neurons h each take a weighted sum of x1 and x2 and cut it off at 0 (ReLU), "
            "two "
            "neurons k do the same with the three h, and y_pred is a weighted sum of the two k. That makes 20 "
            "numbers. They start at random; sheetgd carries them on from epoch to epoch, with a velocity for each.",
        ),
    ),
    (
        "The tabs",
        (
            "Network: the drawing, all weights, the map, the loss, the points, and right of the log the table of "
            "steps. Type 1 to 16 into F5 to send another point through the drawing. Neurons: a map for each "
            "neuron. Graph: one row of the table as boxes and lines, with every derivative; C4 chooses the row.",
        ),
    ),
    (
        "A way through it",
        (
            "1. Before the first run: which points are right, and by what luck? Let the class find a line through "
            "the "
            "map that parts the circles. There is none.",
            "2. sheetgd run FILE --epochs 5, three or four times, and look at the map in between: with seed 3 the "
            "lower right corner turns orange first, then the upper left. Save and close the workbook each time.",
            "3. sheetgd run FILE --epochs 80: the loss creeps now. Then the tab Neurons: which neuron does what?",
            "4. The tab Graph, from the right: L is the square of the error, so its derivative is twice the error. "
            "Follow it back box by box. In which boxes does it die, and why there?",
            "5. Find the same numbers in the table, and how four rows become one mean, one velocity, one step.",
        ),
    ),
    (
        FIGURES,
        (
            "The loss with learn 0.3, beta 0.9 and batches of 4, for three seeds; all 16 points are right with seed "
            "3 "
            "from epoch 11 on. 100 epochs take about a second.",
            Figures(
                ("epochs run", "seed 3", "right", "seed 4", "seed 5"),
                (
                    (0, 0.6015, 9, 3.2456, 0.516),
                    (1, 0.3043, 10, 0.2269, 0.2969),
                    (2, 0.1901, 10, 0.4307, 0.2338),
                    (5, 0.1334, 13, 0.2888, 0.1954),
                    (10, 0.0543, 15, 0.2521, 0.1495),
                    (20, 0.015, 16, 0.25, 0.1308),
                    (50, 0.01, 16, 0.25, 0.1288),
                    (100, 0.0071, 16, 0.25, 0.1288),
                    (200, 0.0025, 16, 0.25, 0.1288),
                ),
                (WHOLE, "0.0000", WHOLE, "0.0000", "0.0000"),
            ),
        ),
    ),
    (
        "The luck in it",
        (
            "sheetgd new network --seed 4 -o four.xlsx draws the same sheet with other random weights. Seed 4 gets "
            "stuck: its first steps are so long that after two epochs k1 and k2 sleep for all points. Nothing comes "
            "back through a sleeping neuron, so nothing can wake it; y_pred is d, which goes to 0.5. Seed 5 gets "
            "stuck on 12 points. More epochs help neither.",
            "Of the seeds 1 to 20 these have all 16 points right after 100 epochs: 1, 2, 3, 9, 11, 16, 17, 18. A "
            "seed "
            "for every pupil makes a good lottery. Larger networks depend less on luck, for some of "
            "their neurons are always awake.",
        ),
    ),
    (
        "Backwards",
        (
            "Every column dL/d... is the chain rule for one value: L by that value is L by what comes next, times "
            "what "
            "comes next by that value. For a weight that is dL/dz of its neuron times what it multiplies; for a "
            "bias dL/dz itself; for h1 it is a sum, since both k1 and k2 use it. ReLU lets the derivative through "
            "where its z is above 0, and stops it elsewhere.",
            "Check one by a nudge: type 16 into F4 (one batch), note mean dL/dw11 in the last row, add 0.001 to w11, "
            "and see how much the loss changes, times 1,000. Write down more digits than are shown.",
        ),
    ),
    (
        "Mini-batches",
        (
            "Rows of one mini-batch use the same weights. Their derivatives are averaged, and in its last row (step "
            "= "
            "1) each velocity becomes beta times the old one plus (1 - beta) times the mean, and each weight goes "
            "learn times its velocity down. Batch size 1 is a step for every point, 16 one step an epoch. The "
            "points are ordered so that four in a row are one of each quarter. With batch size 1 the sheet as drawn "
            "gets stuck: "
            "hasty steps put neurons to sleep.",
        ),
    ),
    (
        "What to try",
        (
            "learn 0.03 is safe and slow; with 1 only 12 points come right, and with 2 everything falls asleep. "
            "beta 0 "
            "is descent without momentum: with batch size 1 it fails here, with 4 it does well.",
            "Type other points over those of part 4, a ring for example: y = 1 inside, 0 outside. What is beyond 0.8 "
            "is learned too, but has no cell in the map. sheetgd reset FILE puts the first weights back (column "
            "reset to) and all velocities to 0.",
        ),
    ),
    (
        "Answers",
        (
            "1. Without ReLU every layer is a weighted sum, and a weighted sum of weighted sums is one: a straight "
            "line. 2. Those "
            "behind a sleeping ReLU, and those of weights whose input is 0. 3. Every derivative of a weight has "
            "another weight "
            "or a neuron's value as a factor, and these are all 0; that of d has not.",
        ),
    ),
    (
        "Sources",
        (
            "The layers, ReLU, mini-batches and the operation graph follow the unsigned post Gradient Descent "
            "(pimode, Oregon "
            "State University, April 29, 2022), which credits F. Chollet, Deep Learning with Python (2nd edition), "
            "and Grant "
            "Sanderson (3Blue1Brown), Neural networks. Its text gives each batch random weights of its own: that is "
            "a slip, for "
            "all batches work on the same weights.",
        ),
    ),
)
