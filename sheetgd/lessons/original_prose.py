"""What the lesson `original` says: its story, its questions, and the sheet for the teacher."""

from __future__ import annotations

from sheetgd.lessons.kit.book import Figures, Part
from sheetgd.lessons.kit.style import THREE, WHOLE

FIVE_POINTS = (
    "With my m and my b, every x gives a prediction y_pred = m * x + b. The miss, squared, is error_sq.",
    "Type into the yellow cells below the table until the orange line goes through all the points.",
)
MANY_LINES = (
    "Each cell is the rmse of one line over the five points: its m stands at the left, its b above. Blue is "
    "good.",
)
TO_THINK_ABOUT = (
    "Find your own line in the table.",
    "Which of these lines is best?",
    "",
    "In the row m = 3, which b is best?",
    "Why is it not 30?",
    "",
    "Work out one cell with a pocket",
    "calculator. Is it what its name says,",
    "the root of the mean of the squares?",
)
STEP_BY_STEP = (
    "Each row takes m and b from the row above, looks at one point, and hands a new m and b to the row "
    "below.",
    "1.  Predict:  y_pred = m * x + b.  The miss, squared, is error_sq.",
    "2.  err_m1 is the same error with m + 0.01 in place of m, err_b1 with b + 0.01 in place of b.",
    "3.  de/dm and de/db are to say how steeply the error climbs with m and with b. Compare them with step "
    "2.",
    "4.  Step:  new_m = m - learn * de/dm and new_b = b - learn * de/db.",
)

LIVE_QUESTIONS = (
    "Drag slowly. After how many epochs is",
    "rmse smallest? And what comes then?",
    "",
    "In part 3, look down the columns m: × m",
    "and b: × b. What tells you that the line",
    "cannot come to rest?",
)
STORY = {
    8: (
        "# What it wants to show",
        "There are points and a line y = mx + b whose m and b, the **parameters**, nobody tells us. A guess is "
        "judged by one "
        "number, the **loss**, here called rmse: the misses, squared, added up, and the root of that. Smaller is "
        "better.",
        "# Questions",
        "? 1.  With my m = 1 and my b = 1 all five misses have the same sign. Which, and what follows from it?",
    ),
    34: (
        "# A landscape",
        "Every pair of m and b is a place, and its loss the height. Whoever stands in it blindfolded can feel with "
        "a foot which "
        "way the ground falls, take a step, and feel again: **gradient descent**.",
        "# Questions",
        "? 2.  One cell of the table is 0. Which, and why can there be no second one?",
    ),
    67: (
        "# Down the table",
        "How much does the error change when m grows by 0.01? The ratio of the two is meant to be the "
        "**derivative**, and a "
        "step against it, **learn** (the **learning rate**) times as long, makes a better m. With b likewise. All "
        "rows together "
        "are an **epoch**.",
        "# Questions",
        "? 3.  Which columns say what that text says, and which do not?",
        "? 4.  After many epochs, does the line stay where it should?",
    ),
}
WORDS = (
    ("derivative", "how much the error changes when a parameter changes by a little, divided by that little"),
    ("epoch", "once down the table, through all its rows"),
    ("gradient descent", "making the loss smaller by small steps downhill"),
    ("learn", "the learning rate: what the derivative is multiplied by to make a step"),
    ("loss", "how far off the predictions are, as one number; here the root of the sum of the squares"),
    ("parameters", "the numbers that are found by learning; here m and b"),
)
LEAD = (
    "This is the published worksheet with its figures unchanged, slips included. Each is explained here, "
    "with its place. The lesson called descent is the same worksheet put right."
)
NOTES: tuple[Part, ...] = (
    (
        "How to use it",
        (
            "As a detective story: a result that looks right need not be. Run five epochs three times (sheetgd "
            "run FILE --epochs 5): m = 2.051, b = 25.075 and an rmse of 17, as in print, on the way to 2 and 30. "
            "Then go "
            "on to a hundred epochs, and let the class find out why the line leaves again.",
            Figures(
                ("epochs run", "slope", "intercept", "error"),
                (
                    (0, 1, 1, 210),
                    (5, 1.656, 16.413, 87),
                    (15, 2.051, 25.075, 17),
                    (25, 2.137, 26.118, 9),
                    (50, 2.220, 24.768, 13),
                    (100, 2.473, 18.751, 29),
                    (200, 4.190, -22.077, 133),
                    (500, 219.251, -5136.283, 13242),
                ),
                (WHOLE, THREE, THREE, WHOLE),
            ),
        ),
    ),
    (
        "Swapped derivatives",
        (
            "The derivative of (mx + b - y)² for m is 2x(mx + b - y), and for b it is 2(mx + b - y). The column "
            "de/dm (I75:I94) holds the second, de/db (L75:L94) the first. With x = 7, m = 2.051 and b = 25.075 "
            "the slope for m is -64 and for b -9; the printed table has them the other way round. All 132 "
            "printed cells of its eleven rows come out with the two swapped, and not otherwise. (For that, type "
            "2.051 and "
            "25.075 into D4 and D5. After three runs of the sheet's own, m and b have more digits, and 18 of the 132 "
            "cells differ in the last digit that is shown.)",
            "Both derivatives have the same sign wherever x is positive, so every step still goes downhill for "
            "its own point, and that is why the sheet seems to work. The error is smallest after 25 epochs "
            "(9.44); then it grows, by 1.54 % an epoch in the end, and doubles about every 45. Near 2 and 30 "
            "one direction shrinks to 0.838 an epoch, the other grows to 1.015. A smaller learn does not help, "
            "it only takes longer: unless all x are equal, one direction grows.",
        ),
    ),
    (
        "Shown, never used",
        (
            "err_m1 (H75:H94) and err_b1 (K75:K94) are the errors after m or b has been made larger by 0.01. "
            "The text explains slopes by them, (err_m1 - error_sq) / 0.01, but no formula refers to them. From "
            "2.051 and 25.075 the first row gives -63.5 that way; the column de/dm says -9. A class that tries "
            "it has found the swap.",
        ),
    ),
    (
        "Root of the sum",
        (
            "What is called rmse is the root of the sum of the squared errors, not of their mean: in part 1 "
            "(D22), in all 88 cells of part 2 (C39:M46), and at the top (K3). Part 1 shows 125; the root of the "
            "mean is 56. The best line stays the best, but a table with more points looks worse.",
        ),
    ),
    (
        "Rows and columns",
        (
            "The published text has the two sides of part 2 the other way round. The printed numbers fit only "
            "with m running down (B39:B46) and b across (C38:M38): m = 1 and b = 0 give 127, m = 2 and b = 30 "
            "give 0.",
        ),
    ),
    (
        "Whose error is it?",
        (
            "The rmse at the top adds up error_sq down the table of part 3, where every row has an m and b of "
            "its own. So it belongs to no single line. After 15 epochs it shows 16.6, while the line of the "
            "guess itself has 17.7; at the start it shows 210 instead of 227.",
        ),
    ),
    (
        "Nine rows are ours",
        (
            "Only the first eleven of the twenty rows are in print. The other nine (B86:C94) lie on the same "
            "line and were chosen so that fifteen epochs from 1 and 1 end at the printed 2.051, 25.075 and 17.",
        ),
    ),
    (
        "Questions for a class",
        (
            "After fifteen epochs all looks well. How could one have known? (By looking at where it goes: m "
            "passes 2 and keeps growing.)",
            "Repair the sheet: which two columns must change places? (Swap the formulas of I75:I94 and L75:L94, "
            "reset, and run again. The last epochs now go towards 2 and 30, slowly.)",
            "Why was the slip not noticed? What check would have found it? (Comparing de/dm with the nudge in "
            "err_m1.)",
        ),
    ),
    (
        "Answers",
        (
            "1. All five predictions are too small, so m or b should grow. 2. m = 2 with b = 30: the five points lie "
            "on "
            "one line, and two lines cannot run through the same five points. 3. y_pred, error_sq, err_m1, err_b1, "
            "new_m "
            "and new_b do. de/dm and de/db do not: they are not made from the nudged errors, and each is the other's. "
            "4. "
            "No: it comes close to 2 and 30 and then leaves.",
        ),
    ),
    (
        "Sources",
        (
            "An unsigned worksheet in Google Sheets called Gradient Descent, with its parts The Gradient and The "
            "Descent; its "
            "step table goes back to graddesc, the workbook of fast.ai.",
        ),
    ),
)
