"""From a book to a moving picture in a file."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..books.book import Book
from ..books.xlsx.saving import exists, write_atomically
from ..errors import BookError, SheetgdError, UsageError
from ..progress import Progress
from .film import Film, make_film
from .frames import Frame, frames


class Animated(NamedTuple):
    """What was made."""

    film: Film
    frames: list[Frame]


def animate(
    book: Book,
    out: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    png: str | os.PathLike[str] | None = None,
    epochs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Animated:
    """Write the sheet's log as a moving picture (.gif) to `out`, and its last frame to `png`.

    With `epochs`, that many are run from where the sheet stands, and nothing is written to the book. A file that exists
    is replaced only with `force`.
    """
    draw = _drawing()
    files = [(Path(out), ".gif", "-o")] + ([(Path(png), ".png", "--png")] if png is not None else [])
    for path, suffix, option in files:
        if path.suffix.lower() != suffix:
            raise UsageError(
                f"{path.name or path} does not end in {suffix}", f"name it like this: {option} fit{suffix}"
            )
        if not os.path.isdir(path.parent):
            raise BookError(
                f"there is no folder {path.parent}", "make it first, or name another", book=path.name
            )
        _refuse_existing(path, option, force)
    with book.naming_errors():
        film = make_film(book, sheet, epochs, progress)
    shown = frames(film.steps)
    moving, still = draw(film, shown)
    for (path, _, option), content in zip(files, (moving, still), strict=False):
        _write(path, content, option, force)
    return Animated(film, shown)


def _drawing() -> Callable[[Film, Sequence[Frame]], tuple[bytes, bytes]]:
    """What draws the pictures; an error where the libraries for it (the extra `pictures`) are missing."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it says when it makes its font cache
    try:
        from .picture import draw  # which needs matplotlib and Pillow
    except ImportError:
        raise SheetgdError(
            "pictures need matplotlib and Pillow, which are not installed",
            'run: pip install "sheetgd[pictures]"',
        ) from None
    return draw


def _refuse_existing(path: Path, option: str, force: bool) -> None:
    if exists(path) and not force:
        raise BookError(
            "the file already exists",
            f"name another with {option}, or add --force to replace it",
            book=path.name,
        )


def _write(path: Path, content: bytes, option: str, force: bool) -> None:
    try:
        write_atomically(
            path,
            content,
            lambda: _refuse_existing(path, option, force),
            elsewhere=f"{option} OTHER{path.suffix}",
        )
    except SheetgdError as error:
        raise error.at(book=path.name) from None
