"""Whom long work tells how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int], None]  # how much is done, how much there is: epochs, or files
