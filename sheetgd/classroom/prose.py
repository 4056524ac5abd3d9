"""What the worksheets of a class say, where it is not the lesson's own prose."""

from __future__ import annotations

DESCENT = (
    "Which of the lines in the table above fits your points best?",
    "Where does the second row get its m and b from?",
    "In which rows does m change most? What have their points in common?",
)
WEIGHT_STEPS = (
    "One input x, one weight w, one output. Each row is one step: it sees how wrong w is, and corrects it a little.",
    "1.  Predict:  prediction = w * x.",
    "2.  Compare:  error = prediction - y.  The loss is its square.",
    "3.  Slope:  slope = 2 * error * x says how steeply the loss climbs with w.",
    "4.  Step:  new_w = w - learn * slope.  The next row goes on from there.",
)
WEIGHT_VALLEY = ("Each number below is the loss of the weight above it.",)
WEIGHT = (
    "Between which two of these weights is the best one?",
    "Why do the steps get smaller from row to row?",
    "What would happen with a learn ten times as large?",
)
WEIGHTS_STEPS = (
    "Two inputs, two weights, one sum. Each row is one step, which changes both weights at once.",
    "1.  Predict:  prediction = x1 * w1 + x2 * w2.",
    "2.  Compare:  miss = prediction - y.  The loss is its square.",
    "3.  Slopes:  slope 1 = 2 * miss * x1 and slope 2 = 2 * miss * x2.",
    "4.  Step:  new_w1 = w1 - learn * slope 1 and new_w2 = w2 - learn * slope 2.  The next row goes on from there.",
)
WEIGHTS_VALLEY = (
    "Each cell is the loss of one pair: its w1 stands at the left, its w2 above. Blue is good.",
)
WEIGHTS = (
    "Which of the two weights moves further, and why?",
    "Find two pairs in the table that are nearly right. Is there a best pair?",
    "By what number does the miss shrink from row to row?",
)
BELTS_STEPS = (
    "Which number turns every x into its y? All points together say how the guess must change.",
    "1.  Predict:  prediction = multiplier * x, with the guess above, the same in every row.",
    "2.  Compare:  error = prediction - y.  Its square is error_sq.",
    "3.  Slope:  2·x·error in each row; the gradient is the mean of all of them.",
    "4.  Step:  new multiplier = multiplier - learn * gradient.  It is the guess of the next epoch.",
)
BELTS_VALLEY = ("Each number below is the mse of the multiplier above it.",)
BELTS = (
    "Between which two of these multipliers is the best one?",
    "Which points have the largest say in the gradient?",
    "Type the new multiplier as the guess. What has become of mse?",
)
PENGUINS_STEPS = (
    "x and y get one scale: (value - mean) / deviation. A line is fitted to all of them at once.",
    "1.  Predict:  y_pred = slope * x + intercept, with the guess above, the same in every row.",
    "2.  Compare:  error = y_pred - y.",
    "3.  Gradients:  the mean of 2·error·x for the slope, the mean of 2·error·1 for the intercept.",
    "4.  Step:  new = guess - learn * gradient, both at once. They are the guesses of the next epoch.",
)
PENGUINS_VALLEY = (
    "Each cell is the mse of one line: its slope stands at the left, its intercept above. Blue is good.",
)
PENGUINS = (
    "What do all the x add up to? And all the y?",
    "What will the intercept be in the end, and why?",
    "Why can mse not become 0 with these points?",
)
