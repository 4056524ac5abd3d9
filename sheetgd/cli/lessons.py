"""sheetgd lessons."""

from __future__ import annotations

import argparse

from ..lessons import LESSONS


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def command(words: argparse.Namespace) -> int:
    width = max(map(len, LESSONS))
    for name, line in LESSONS.items():
        print(f"{name:<{width}}  {line}")
    return 0
