"""The four rules of the lesson `optimizers`: what each carries from step to step, its formulas and its words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sheetgd.lessons.kit.style import BLUE, GREEN, INK, ONE, ORANGE, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column

STEP = (
    Column("x", "={data x}"),
    Column("y", "={data y}"),
    Column("m", "={above new_m}", THREE, first="={start m}", colour=BLUE),
    Column("b", "={above new_b}", THREE, first="={start b}", colour=ORANGE),
    Column("error", "={m}*{x}+{b}-{y}", ONE),
    Column("de/dm", "=2*{x}*{error}", WHOLE, colour=BLUE),
    Column("de/db", "=2*{error}", WHOLE, colour=ORANGE),
)
SLOPE_M, SLOPE_B = "2*{x}*({m}*{x}+{b}-{y})", "2*({m}*{x}+{b}-{y})"


class OptimizerTab(NamedTuple):
    """One way of stepping: its constants, what it carries beside m and b, and its formulas.

    Formulas are written for m; for b every m in a name is a b, and de/dm is de/db.
    """

    tab: str
    colour: str
    idea: str
    controls: tuple[tuple[str, float], ...]
    states: tuple[tuple[str, str], ...]  # a name that ends in m, and its formula, where OLD is the row above
    step: str
    notes: tuple[str, ...]
    questions: tuple[str, ...]
    counts: bool = False
    affine: Mapping[str, str] = MappingProxyType({})  # a row in one formula for each, where they are linear

    def columns(self) -> tuple[Column, ...]:
        """The columns of the step table."""
        count = (Column("t", "={above t}+1", WHOLE, first="={start t}+1"),) if self.counts else ()
        carried = [
            Column(
                self._for(name, letter),
                self._for(formula, letter).replace("OLD", f"{{above {name[:-1]}{letter}}}"),
                THREE,
                first=self._for(formula, letter).replace("OLD", f"{{start {name[:-1]}{letter}}}"),
                colour=colour,
            )
            for name, formula in self.states
            for letter, colour in (("m", BLUE), ("b", ORANGE))
        ]
        new = [
            Column(f"new_{letter}", self._for(self.step, letter), THREE, colour=colour)
            for letter, colour in (("m", BLUE), ("b", ORANGE))
        ]
        return (*STEP, *count, *carried, *new)

    def carried(self) -> list[str]:
        """What is carried from epoch to epoch beside m and b."""
        names = [f"{name[:-1]}{letter}" for name, _ in self.states for letter in "mb"]
        return names + ["t"] * self.counts

    def _for(self, formula: str, letter: str) -> str:
        return formula.replace("m}", letter + "}") if "{" in formula else formula[:-1] + letter


OPTIMIZERS = (
    OptimizerTab(
        "Plain",
        INK,
        "one step against the slope, again and again",
        (),
        (),
        "={m}-{learn}*{de/dm}",
        (
            "Each row takes the slopes of its own point, and one step against them:",
            "new_m = m − learn × de/dm",
            "new_b = b − learn × de/db",
            "",
            "Where x is far from 0 the steps for m are large, and learn must be small",
            "enough for them. Then the steps for b are very small.",
        ),
        (
            "Near the end of the log, how much does b",
            "gain in an epoch? How long until it is there?",
            "",
            "Which rows push m up, and which down?",
        ),
        affine={"m": f"={{m}}-{{learn}}*{SLOPE_M}", "b": f"={{b}}-{{learn}}*{SLOPE_B}"},
    ),
    OptimizerTab(
        "Momentum",
        BLUE,
        "rolls on: the step follows the mean of the last slopes",
        (("beta", 0.9),),
        (("v_m", "={beta}*OLD+(1-{beta})*{de/dm}"),),
        "={m}-{learn}*{v_m}",
        (
            "Slopes that disagree cancel out, slopes that agree keep the ball rolling:",
            "v_m = beta × the v_m above + (1 − beta) × de/dm",
            "new_m = m − learn × v_m      (and the same for b)",
            "",
            "v is the mean of the last slopes, about 1 / (1 − beta) of them.",
            "It is carried from epoch to epoch, like m and b.",
        ),
        (
            "Which beta makes this the plain step?",
            "",
            "Type beta 0.99. What happens first, and",
            "what later?",
        ),
        affine={
            "m": f"={{m}}-{{learn}}*({{beta}}*{{v_m}}+(1-{{beta}})*{SLOPE_M})",
            "b": f"={{b}}-{{learn}}*({{beta}}*{{v_b}}+(1-{{beta}})*{SLOPE_B})",
            "v_m": f"={{beta}}*{{v_m}}+(1-{{beta}})*{SLOPE_M}",
            "v_b": f"={{beta}}*{{v_b}}+(1-{{beta}})*{SLOPE_B}",
        },
    ),
    OptimizerTab(
        "RMSprop",
        ORANGE,
        "each slope divided by its usual size: steep or flat, equal steps",
        (("beta", 0.9), ("epsilon", 1e-8)),
        (("s_m", "={beta}*OLD+(1-{beta})*{de/dm}^2"),),
        "={m}-{learn}*{de/dm}/(SQRT({s_m})+{epsilon})",
        (
            "Each parameter gets a scale of its own, the usual size of its slope:",
            "s_m = beta × the s_m above + (1 − beta) × (de/dm)²",
            "new_m = m − learn × de/dm / (√s_m + epsilon)      (and the same for b)",
            "",
            "A step is about as long as learn, so learn can be much larger.",
            "epsilon only keeps the division from failing when s is 0.",
        ),
        (
            "Were every y a hundred times as large,",
            "what would happen to these steps, and",
            "what to those on the tab Plain?",
        ),
    ),
    OptimizerTab(
        "Adam",
        GREEN,
        "both at once, and the first steps corrected",
        (("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8)),
        (
            ("v_m", "={beta1}*OLD+(1-{beta1})*{de/dm}"),
            ("s_m", "={beta2}*OLD+(1-{beta2})*{de/dm}^2"),
        ),
        "={m}-{learn}*({v_m}/(1-{beta1}^{t}))/(SQRT({s_m}/(1-{beta2}^{t}))+{epsilon})",
        (
            "Momentum for the direction, RMSprop for the size:",
            "v_m = beta1 × the v_m above + (1 − beta1) × de/dm",
            "s_m = beta2 × the s_m above + (1 − beta2) × (de/dm)²",
            "V = v_m / (1 − beta1^t)      S = s_m / (1 − beta2^t)      the bias correction",
            "new_m = m − learn × V / (√S + epsilon)      (and the same for b)",
            "t counts the steps. v and s begin at 0, too small; the correction fixes that.",
        ),
        (
            "After a reset t is 0. Work out V in the",
            "first row and compare it with de/dm.",
            "",
            "And after 1,000 steps, what does the",
            "correction change?",
        ),
        counts=True,
    ),
)
