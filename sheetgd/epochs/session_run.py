"""The run of a lesson in memory so far: its epochs one at a time, and back to where the loss began to grow."""

from __future__ import annotations

from copy import copy

from ..errors import Diverged
from ..layout.find import Layout
from .growth import Growth
from .learning_rate import divergence, growth_notes
from .rule import Rule, State
from .run import descend
from .session_log import SessionLog
from .stepping import LOG_ROWS, Trace


class SessionRun:
    """The state that a session has come to, the log of the epochs that led there, and what to say about the last ones.

    The attributes are those that `Session` shows under the same names.
    """

    def __init__(self, log: SessionLog, now: State) -> None:
        self.log, self.now = log, now
        self.leave()

    def leave(self) -> None:
        """The next epoch goes on from somewhere else: what was said about the last ones no longer holds."""
        self._begin()
        self.growth: Growth | None = None

    def _begin(self) -> None:
        self.row_at = 0
        self.diverged: Diverged | None = None
        self.away: list[State] = []
        self.notes: list[str] = []

    def copy(self) -> SessionRun:
        """The same, which stays as it is when this goes on."""
        same = copy(self)
        same.log, same.growth = self.log.copy(), None
        return same

    def run(self, rule: Rule, layout: Layout, count: int) -> None:
        """Run epochs; a run that runs away goes back to the epoch before the growth began."""
        many = count > LOG_ROWS
        (rule.settle if many else rule.stand)(self.now)
        if self.growth is None:
            rule.refuse_errors()
            self.growth = self._followed(layout)
        self._begin()
        if many:
            self._run_many(rule, layout, count)
        else:
            self._run_each(rule, layout, count, self.growth)
        tried = self.diverged or self.notes  # on the workbook, what to do about it
        (rule.settle if tried else rule.stand)(self.now)

    def _followed(self, layout: Layout) -> Growth:
        """The growth of the loss since the last save or reset."""
        fresh = self.log.fresh
        growth = Growth(fresh[0].before if fresh else self.now, layout.parameters)
        for step in fresh:
            growth.runs_away(step.after)
        return growth

    def _run_each(self, rule: Rule, layout: Layout, count: int, growth: Growth) -> None:
        for chunk in rule.steps(count):
            for state in chunk:
                if growth.runs_away(state):
                    self._stop(rule, layout, growth, state)
                    return
                assert state
                self._add(state, 1)
        trace = Trace(growth.epoch, {}, None, growth.lowest)
        self.notes = growth_notes(rule, layout, trace, growth.start, self.now)

    def _add(self, state: State, epochs: int) -> None:
        self.log.add(self.now, state, epochs)
        self.now = state

    def _stop(self, rule: Rule, layout: Layout, growth: Growth, last: State | None) -> None:
        """Go back to the epoch before the growth began."""
        fresh = self.log.fresh
        self.away = [step.after for step in fresh[growth.lowest :]] + ([last] if last else [])
        failed = None if last else self.now
        trace = Trace(growth.lowest, {}, growth.epoch, growth.lowest, failed)
        for _ in fresh[growth.lowest :]:
            self.now = self.log.take_back()
        self.diverged = divergence(rule, layout, trace, growth.start)
        self.growth = None

    def _run_many(self, rule: Rule, layout: Layout, count: int) -> None:
        start, first = self.now, self.log.done
        trace = descend(rule, start, count, None, None)
        for number in sorted(trace.states):
            self._add(trace.states[number], first + number - self.log.done)
        if trace.stopped:
            self.diverged = divergence(rule, layout, trace, start)
        self.growth = None
