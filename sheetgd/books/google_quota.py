"""Google's quota: 60 reads and 60 writes a minute for each user, kept by waiting before a call that would exceed it.

Source: developers.google.com/sheets/api/limits. The calls that are repeated after a fault are counted, too.
"""

from __future__ import annotations

import time
from collections import deque

WINDOW = 60.0  # seconds
MOST_CALLS = 54  # in these: fewer than are allowed, as calls arrive later than they are sent
REST = 30.0  # seconds without a call after Google has refused one: somebody else uses the same quota


class Quota:
    """Counts the calls of the last minute, each kind ("read", "write") for itself.

    >>> quota = Quota()
    >>> for _ in range(54):
    ...     quota("read")
    >>> quota.delay("read") > 50, quota.delay("write")
    (True, 0.0)
    """

    def __init__(self) -> None:
        self._sent: dict[str, deque[float]] = {}
        self._resting = 0.0  # until then, by time.monotonic

    def rest(self) -> None:
        """Let no call be made for a while."""
        self._resting = time.monotonic() + REST

    def delay(self, kind: str, spare: int = 0) -> float:
        """Seconds until a call may be made that leaves so many others to spare."""
        sent, now = self._sent.setdefault(kind, deque()), time.monotonic()
        while sent and sent[0] <= now - WINDOW:
            sent.popleft()
        room = MOST_CALLS - spare - len(sent)
        free = sent[-room] + WINDOW if room <= 0 and sent else now
        return max(free, self._resting, now) - now

    def __call__(self, kind: str) -> None:
        """Wait until a call may be made, and count it."""
        while delay := self.delay(kind):
            time.sleep(delay)
        self._sent[kind].append(time.monotonic())
