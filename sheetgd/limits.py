"""How much a run may be asked to do. It stands here so that the command line need not import what runs."""

from __future__ import annotations

MOST_EPOCHS = 1_000_000
MOST_RESTARTS = 1000
