"""The function that long work calls to say how far it has come."""

from collections.abc import Callable

Progress = Callable[[int, int], None]  # how many are done, how many there are: epochs, or files
