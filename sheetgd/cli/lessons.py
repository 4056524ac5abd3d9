"""sheetgd lessons."""

from __future__ import annotations

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def command(words: argparse.Namespace) -> int:
    from ..lessons import LESSONS

    width = max(map(len, LESSONS))
    for name, line in LESSONS.items():
        print(f"{name:<{width}}  {line}")
    return 0
