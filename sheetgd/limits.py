"""How much a run may be asked to do; here, for the command line knows it before it imports what runs."""

from __future__ import annotations

MOST_EPOCHS = 1_000_000
MOST_RESTARTS = 1000
