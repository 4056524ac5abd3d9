"""What the lesson `descent` says: its story, its questions, and the sheet for the teacher.

No sentence here holds for some numbers only: what depends on them is a formula ([[…]], see kit.story) or is worked out
when the sheet is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from sheetgd.language import translated
from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.story import digits, rounded_down
from sheetgd.lessons.kit.style import WHOLE
from sheetgd.lessons.line_epoch import Map, line_epoch, root_mean_square
from sheetgd.lessons.points import Points

ONE_LINE = (
    "For every x the guess above predicts y_pred = m * x + b. The miss, squared, is error_sq.",
    "rmse is the root of their mean. Type a guess of your own above and watch the line: how small can rmse "
    "be?",
)
ONE_LINE_SCALED = (
    "x is raw x less its mean, over its deviation; the guess predicts y_pred = m * x + b. The miss, squared, is "
    "error_sq.",
    ONE_LINE[1],
)
VALLEY = (
    "Each cell is the rmse of one line: its m stands at the left, its b above. Blue lines fit well, orange "
    "ones badly.",
)
TO_THINK_ABOUT = (
    "Find your own guess in the table.",
    "Which of these lines is best?",
    "",
    "Take one row. Which b is best for",
    "its m, and why for no other m?",
    "",
    "Stand in a corner. Which way does",
    "the ground fall fastest?",
    "",
    "How many cells would a table for",
    "three parameters need? For ten?",
)
STEP_BY_STEP = (
    "Each row looks at one point, nudges m and b to see which way is down, and takes a small step that way.",
    "1.  Predict:  y_pred = m * x + b.  The miss, squared, is error_sq.",
    "2.  Nudge:  err_m1 is the same error with m + h in place of m, err_b1 with b + h in place of b.",
    "3.  Slope:  de/dm = (err_m1 - error_sq) / h says how steeply the error climbs with m; de/db likewise "
    "with b.",
    "4.  Step:  new_m = m - learn * de/dm and new_b = b - learn * de/db.  The next row goes on from there.",
)
OVER_GUESS = {"y_pred": "mx+b", "error_sq": "(mx+b−y)²"}
OVER_STEPS = {
    **OVER_GUESS,
    "err_m1": "((m+h)x+b−y)²",
    "de/dm": "≈ 2x(mx+b−y)",
    "new_m": "m−learn·de/dm",
    "err_b1": "(mx+b+h−y)²",
    "de/db": "≈ 2(mx+b−y)",
    "new_b": "b−learn·de/db",
}

# -- the story -----------------------------------------------------------------------------------------------------
WANTED = (
    "# What we want",
    "There are points, and there should be a line y = mx + b that runs through them as well as a line can. m says "
    "how steep it is, b where it begins at x = 0. Nobody tells us m and b. So we guess, see how far off the guess "
    "is, "
    "and make a better one, again and again. A neural network learns in just this way: it guesses the numbers in its "
    "function, its **parameters**. Ours has two, m and b.",
    "How far off is a guess? One number has to say it: the **loss**. Ours is called rmse. Let the line predict a y "
    "for each x, take each miss and square it, take the mean of the squares, and then the root. It is the size of a "
    "usual miss, in the units of y. Zero would be a perfect fit.",
    "The line of the guess above misses by [[" + digits("{loss}") + "]]. The best line there is misses by "
    '[[IF({least}<0.000001*{spread},"nothing at all",' + digits("{least}") + ")]].",
    "# Look at the chart of rmse",
    "An **epoch** is one pass through all the points. The log has a row for each, and the chart shows its last "
    "column.",
    "[[IF(ISNUMBER({first loss}),"
    '"The log begins with rmse "&'
    + digits("{zeroth loss}")
    + '&", and its first epoch led to "&'
    + digits("{first loss}")
    + '&". "&IF({loss}<{zeroth loss},'
    "IF({zeroth loss}-{first loss}>({zeroth loss}-{loss})/2,"
    '"So most of the fall came at once. What is left goes slowly: look at the last numbers of m and b in the log, and '
    'at part 2 for the reason.","The fall is spread over the epochs: each takes a share of what is left."),'
    '"The loss is not smaller now. Was learn too large, or is this line the best already?"),'
    '"No epoch has been run yet, so the chart has one point. Save, close, run, open the sheet again, and read on '
    'here.")]]',
    "# Questions",
    "? 1.  Change b alone until rmse falls no further. Then m alone. Then b again. Why does it go on?",
    "? 2.  Double one y by typing over it. Which moves more, rmse or the mean of the misses?",
)
LANDSCAPE = (
    "# A landscape",
    "Think of the table as a landscape seen from above: every guess is a place, m from north to south, b from west "
    "to "
    "east, and its loss is the height. Somewhere is the lowest point. From there the ground rises on all sides, "
    "never falls again, and gets steeper the farther out one goes. So there is one valley only, and whoever "
    "keeps going "
    "down arrives.",
    "Now stand in it blindfolded. You cannot see the valley, but a foot feels which way the ground falls. You take a "
    "step that way, feel again, and go on. Two slopes are enough to know the way: one for m, one for b. The pair is "
    "called the **gradient**. It points where the ground rises most steeply, so you go the other way: that is "
    "**gradient descent**.",
    "At the guess the mean of the squared errors changes by [["
    + digits("{slope m}")
    + "]] for each unit of m and by "
    "[["
    + digits("{slope b}")
    + ']] for each unit of b. So m should [[IF({slope m}<0,"grow","shrink")]] and b '
    'should [[IF({slope b}<0,"grow","shrink")]].',
    "# Why one of them hardly moves",
    "A nudge to m moves a prediction by x times as much, a nudge to b by just as much. For these x that makes m "
    "count "
    "[[" + digits("{reach}", 2) + "]] times as much as b. "
    '[[IF({reach}>2,"So the valley is a gorge, steep across and almost level along. m finds the bottom of the gorge at '
    'once, and then b has to creep along it, for learn must stay small enough for m.",IF({reach}<0.5,"So the valley is '
    'long in the direction of m: b settles at once, and m has to creep.","So the valley is nearly round, and neither '
    'has to wait for the other."))]]',
    "# Questions",
    "? 3.  In which direction does the floor of the valley run, and what do the lines along it have in common?",
    "? 4.  Why is looking at all guesses in a table no way to train a network?",
)
DOWN = (
    "# What a derivative is",
    "How steep is the ground under one foot? Move m by a little, h, and see by how much the error moves: (err_m1 − "
    "error_sq) / h. That ratio is the **derivative** of the error by m, a **finite difference** to be exact: the "
    "smaller h, the nearer it comes to the slope at the very point, 2x(mx+b−y). It is positive where the error grows "
    "with m. Then m should shrink, which is why the step has a minus.",
    "Slopes are for directions, not for lengths of steps. So the slope is multiplied by a small number, **learn**, "
    "the **learning rate**. Large steps arrive sooner, or leap over the valley and land higher up on the other side.",
    "Here learn is [[{learn}]]. In many networks it is about 0.01. What it may be depends on the data: below "
    "[["
    + rounded_down("1/(MAX({x}^2)+1)".replace("MAX({x}^2)", "MAX(MAX({x})^2,MIN({x})^2)"))
    + "]], which is "
    "1 / (x² + 1) for the x farthest from 0, each step is certainly a safe one for its own point.",
    "# One epoch",
    "The first row starts from the guess, the second from what the first has made of it, and so on down the table: "
    "[[COUNT({x})]] points, [[COUNT({x})]] steps. That is one epoch, and a run carries its last new_m and new_b up "
    "to "
    "the guess and begins again.",
    "A step that looks at one point only, and not at all of them, is called **stochastic**: it goes down for its own "
    "point and may go up for the others.",
    "# Questions",
    "? 5.  Set learn to a tenth. What happens to new_m in the first row, and to the whole run?",
    "? 6.  Halve h, then make it ten times as large. Which columns change, and by how much?",
)
WORDS = (
    (
        "derivative",
        "how much the error changes when a parameter changes by a little, divided by that little; a slope",
    ),
    ("epoch", "one pass through all the points"),
    (
        "finite difference",
        "a derivative worked out from two values that are h apart, and so not quite the slope itself",
    ),
    ("gradient", "the derivatives by all parameters together: which way is up, and how steep it is"),
    ("gradient descent", "making the loss smaller by small steps against the gradient"),
    ("learn", "the learning rate: what the slope is multiplied by to make a step"),
    ("loss", "how far off the predictions are, as one number; here rmse, the root of the mean squared error"),
    ("parameter", "a number that is found by learning; here m and b"),
    ("stochastic", "a step that looks at one point, or a few, rather than at all of them"),
)
SCALED = (
    "# One scale",
    "These x are far from 0 or far apart, and with them an epoch would hardly bring the slow parameter forward. So "
    "the lesson works with x less its mean, over its deviation (both are in column F, and the raw numbers stay in "
    "column B). Line, rmse and y are the same; only m and b mean something else: b is the height of the line at the "
    "mean of x, and m its rise over one deviation. What they are in the units of the data is in column F, too.",
)

# -- the tab Live ----------------------------------------------------------------------------------------------------
WHY_LIVE = (
    "1.  A row makes the new m and b from the old: so much of m, so much of b, and a number. So does a whole epoch.",
    "2.  These six numbers are all there is to an epoch. Tried from three places, it gives them away.",
    "3.  Two epochs are again so much of m, so much of b, and a number. So are four. And so on.",
)
LIVE_QUESTIONS = (
    "Type 0, 1, 2 and 3 epochs. What has",
    "happened to m, and what to b?",
    "",
    "After how many epochs does rmse",
    "no longer change? Where has it ended?",
    "In part 3, where is b: × b a half?",
)

# -- for the teacher ---------------------------------------------------------------------------------------------------
LEAD = "What the sheet does, a way through it with a class, the figures to expect, and why it behaves as it does."
RUNS = (0, 1, 2, 5, 25, 100, 1000, 5000, 10000)
SOURCES = (
    "The order of the story, the twenty points on y = 2x + 30 and the step table follow an unsigned worksheet in "
    "Google "
    "Sheets called Gradient Descent, with its parts The Gradient and The Descent; its step table goes back to "
    "graddesc, "
    "the workbook of fast.ai. The remarks on the shape of the loss curve and on automatic differentiation follow "
    "Josef "
    "Fruehwald, Gradient Descent (Neural Networks, November 14, 2022); the remark that learn is often about 0.01 the "
    "unsigned slides Gradient descent of a course on deep learning."
)


def notes(
    data: Points, scaled: bool, m: float, b: float, learn: float, h: float, known: bool
) -> tuple[Part, ...]:
    """The teacher's notes; `data` are the x that the steps use, `known` says whether the line is y = 2x + 30."""
    epoch = line_epoch(data.x, data.y, learn, h)
    parts = [_happens(known), _way(), _figures(data, epoch, m, b, learn, h), _answers(known), _slow(epoch)]
    parts += [_bias(data, h, known, learn), _safe(data)]
    parts += [_questions(known), _live(), _own(scaled), ("Sources", (SOURCES,))]
    return tuple(parts)


def _happens(known: bool) -> Part:
    answer = (
        "The points lie on y = 2x + 30, so the answer is known: m = 2 and b = 30."
        if known
        else "SLOPE and INTERCEPT in C4 and C5 say what the best m and b are."
    )
    return (
        "What happens here",
        (
            answer,
            "In part 3 each row looks at one point, measures how its squared error changes when m or b grows "
            "by h, and moves both a little the other way; the next row goes on from there. All rows are one epoch.",
            "A run carries the last new_m and new_b up to the guess (D4, D5), writes a line into the epoch log, and "
            "goes down the table again. Every number comes from the sheet's own formulas, so what you change in them "
            "is what is run. An epoch by hand: note both last values down, then type them into D4 and D5. (Both "
            "first, "
            "for as soon as one is typed the table has moved on.)",
        ),
    )


def _way() -> Part:
    return (
        "A way through it",
        (
            "1. Part 1 alone: the class looks for m and b by hand. The rmse at the top is the score. When does one "
            "change m, when b?",
            "2. Part 2: all guesses at once. Where is the valley, and which way does its floor run?",
            "3. Part 3: check the first row with a pocket calculator, then ask where the second row's m comes from.",
            "4. Predict, then run: sheetgd run FILE does as many epochs as H4 says, sheetgd run FILE --epochs 5 only "
            "five; sheetgd reset FILE goes back to E4 and E5. Save and close the workbook first, and open it again "
            "to "
            "see the log, the line and the curve.",
            "5. Change one thing, learn or h or the start or the data, and explain the new curve.",
        ),
    )


def _figures(data: Points, epoch: Map, m: float, b: float, learn: float, h: float) -> Part:
    rows: list[Sequence[float]] = []
    for count in RUNS:
        now = epoch.times(count)(m, b)
        loss = root_mean_square(data.x, data.y, *now) if max(map(abs, now)) < 1e12 else float("inf")
        if loss < 1e12:
            rows.append((count, *now, loss))
    said = translated(
        "From m = {m:.10g} and b = {b:.10g} with learn {learn:.10g} and h {h:.10g}:",
        m=m,
        b=b,
        learn=learn,
        h=h,
    )
    more = (
        ()
        if epoch.slowest() < 1
        else ("With this learn the run diverges; sheetgd stops it and says which learn is safe.",)
    )
    figures = Figures(
        ("epochs run", "slope", "intercept", "error"), rows, (WHOLE, "0.0000", "0.0000", "0.0000")
    )
    return "Figures to expect", (said, figures, *more)


def _answers(known: bool) -> Part:
    return (
        "Answers",
        (
            "1. Each of the two is best for the present value of the other only; changing one moves the best place "
            "of "
            "the other. Going round by turns is a descent as well, and a slow one in a narrow valley.",
            "2. rmse: squares count a large miss for more than many small ones.",
            "3. Along it the lines pass through the middle of the points and differ in their slope: with b = 1, "
            "m = 3.1 is best; with b = 30, m = 2."
            if known
            else "3. Along it the lines pass through the middle of the points and differ in their slope.",
            "4. Fifty values each for two parameters are 2,500 cells, for ten parameters 50 to the power of 10.",
            "5. The step in the first row is a tenth as long. The run takes about ten times as many epochs.",
            "6. err_m1, err_b1 and what follows from them. de/dm moves by x² times the change of h, de/db by the "
            "change of h.",
        ),
    )


def _slow(epoch: Map) -> Part:
    left = epoch.slowest()
    if left >= 1:
        words = "The numbers grow with this learn. Choose a smaller one before the class sees it, or let them find out."
    else:
        words = translated(
            "Measured from where the run ends, an epoch leaves {left:.4g} of the slowest part of the distance. "
            "That part decides how long a run takes. Where it is close to 1, one direction of the valley is nearly "
            "level, and the parameter that counts less in the predictions has to creep along it.",
            left=left,
        )
    return (
        "Fast, then slow",
        (
            words,
            "The cure is a better scale: x less its mean, over its deviation, and a larger learn. sheetgd new --data "
            "draws the sheet that way where your numbers need it, and the lesson penguins explains it.",
        ),
    )


def _bias(data: Points, h: float, known: bool, learn: float) -> Part:
    ends: tuple[str, ...] = ()
    if known:
        m, b = line_epoch(data.x, data.y, learn, h).times(1 << 40)(0, 0)
        ends = (
            (
                translated(
                    "That is why this sheet settles at m = {m:.4f} and b = {b:.4f}, not at 2 and 30. Type other "
                    "values of h into H5 and see.",
                    m=m,
                    b=b,
                ),
            )
            if abs(m) < 1e6
            else ()
        )
    return (
        "Not quite at the best line",
        (
            "The squared error is a parabola in m. Its slope at m is 2x(mx + b - y), and the line through m and m + "
            "h "
            "rises by h·x² more. So de/dm comes out h·x² too high and de/db h, and where the true slopes have "
            "balanced, "
            "the steps still push down. This is the bias of forward differences, and no mistake of the sheet.",
            *ends,
            "Nudging to both sides (the error at m + h less that at m - h, over 2h) cancels the bias. Nor is the "
            "smallest h the best: with h = 1E-16 nothing moves any more, for to the computer 1 + h is 1.",
            "Libraries such as JAX, TensorFlow and PyTorch do not nudge: they follow every operation and apply the "
            "chain "
            "rule to it, which is called automatic differentiation. The lesson network shows how.",
        ),
    )


def _safe(data: Points) -> Part:
    limit = 1 / (max(x * x for x in data.x) + 1)
    return (
        "Which learn is safe?",
        (
            translated(
                "With exact slopes a step cannot lead away from a line that fits all points while learn is below 1 / "
                "(x² + 1) for every x, whatever the order of the rows. For these x that is {limit:.3g}. The nudge "
                "adds a push of learn × h × x², so close to the end a step may lead away by that much.",
                limit=limit,
            ),
            "More can go well by luck, and far too much makes the numbers explode. sheetgd stops such a run and "
            "keeps the epochs before the loss began to grow. That learn is about 0.01 in many networks is because "
            "their inputs have been scaled.",
        ),
    )


def _questions(known: bool) -> Part:
    return (
        "Questions for a class",
        (
            "Every step goes downhill, and yet rmse may grow from one epoch to the next. How? (A step goes downhill "
            "for "
            "its own point, and may go uphill for the others.)",
            "Does the order of the rows matter? (Yes, a little: sort them and compare the first epochs.)",
            "Does it matter where one starts? (Not for the end: there is only one valley. For the time it takes, "
            "yes.)",
            "Make one y wrong, such as 13 for 130. Which points does the line listen to most? (Those that miss by "
            "most, and those with a large x: squares and products.)"
            if known
            else "Make one y wrong. Which points does the line listen to most? (Those that miss by most, and those "
            "with a large x: squares and products.)",
            "SLOPE and INTERCEPT give the answer in one step. Why descend? (Because it still works for models that "
            "have "
            "no such formula, and for millions of parameters.)",
        ),
    )


def _live() -> Part:
    return (
        "The tab Live",
        (
            "Type a number of epochs there, and m, b, rmse and the line after them are there at once, in Excel, "
            "LibreOffice and Google Sheets alike, with no run and no script. It begins from the values under reset "
            "to "
            "(E4 and E5), and its part 2 compares it with the table and with the log. A formula that you change in "
            "the table is not changed there; part 2 says so. (In part 4 of the tab the nudged slopes are multiplied "
            "out: de/dm is 2x(mx + b - y) + h·x², and de/db 2(mx + b - y) + h. This also shows the bias.)",
        ),
    )


def _own(scaled: bool) -> Part:
    return (
        "Your own data",
        (
            "sheetgd new --data FILE.csv --x COLUMN --y COLUMN draws this sheet for your own points, and sheetgd "
            "new --rows 30 for other points on the line y = 2x + 30.",
            "Or type over raw x and y in part 1; the tables, the valley and the charts follow."
            if scaled
            else "Or type over x and y in part 3; the tables, the valley and the charts follow.",
            "Keep all rows filled: with fewer points, use some of them twice. Larger x want a smaller learn. The "
            "numbers at the left of the valley and above it can be typed over too.",
            "On paper the lesson takes a page a part, with the log down the right-hand side of each; the story "
            "follows on "
            "pages of its own, and the tab Live on three more. The curve draws the first thousand epochs of the log.",
        ),
    )
