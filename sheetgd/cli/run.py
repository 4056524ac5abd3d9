"""sheetgd run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .batch import each_book, opened
from .options import add_books, add_choice_and_output, add_rows, choice_of, positive, whole
from .output import before_after

if TYPE_CHECKING:
    from ..epochs.history import History
    from .output import Bar


def arguments(parser: argparse.ArgumentParser) -> None:
    add_books(parser)
    parser.add_argument("--all", action="store_true", help="run every sheet that has a step table")
    parser.add_argument(
        "--epochs", metavar="N", type=whole, help="how many epochs (default: what the sheet says, else 5)"
    )
    parser.add_argument(
        "--learn", metavar="L", type=positive, help="type this learning rate into the sheet first"
    )
    parser.add_argument(
        "--log-every",
        metavar="K",
        type=whole,
        help="log every K-th epoch (default: all up to 1,000; of more, 1,000, dense at the beginning)",
    )
    add_rows(parser)
    add_choice_and_output(parser)


def command(words: argparse.Namespace) -> int:
    return each_book(words, _run, _summary)


def _run(words: argparse.Namespace, path: str, bar: Bar | None) -> list[History]:
    with opened(path) as book:
        from ..epochs.run import run_sheets, source_of  # while the engine loads it

        return run_sheets(
            book,
            words.sheet,
            every=words.all,
            epochs=words.epochs,
            learn=words.learn,
            choice=choice_of(words),
            remember=words.remember,
            log_every=words.log_every,
            out=words.out,
            force=words.force,
            source=source_of(words.rows, dict(words.map), words.on),
            progress=bar,
        )


def _summary(history: History, path: str) -> str:
    """A short table: each parameter and the loss, before and after."""
    epochs = "1 epoch" if history.epochs == 1 else f"{history.epochs:,} epochs"
    learn = "" if history.learn is None else f", learn {history.learn:.15g}"
    lines = [f"{path}, sheet {history.sheet}: {epochs}{learn}", *before_after(history)]
    if history.epochs_assumed:
        lines.append(f"{epochs}: no cell is labelled epochs.")
    if history.log_area:
        shown = len(history.log)
        part = "" if shown == history.epochs else f" ({shown:,} of these {history.epochs:,} epochs)"
        lines.append(f"The log is in {history.log_area}{part}.")
    else:
        lines.append("The sheet has no log (sheetgd look says how to add one).")
    return "\n".join(lines)
