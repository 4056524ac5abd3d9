"""sheetgd: gradient descent that lives in a teacher's spreadsheet."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing for it would take time
if TYPE_CHECKING:
    from typing import Any

    from .books.book import Book as Book
    from .books.opening import open_book as open_book
    from .epochs.choose import look as look
    from .epochs.history import History as History
    from .epochs.run import reset as reset
    from .epochs.run import run as run
    from .epochs.session import Session as Session
    from .epochs.session import session as session
    from .errors import SheetgdError as SheetgdError
    from .fitting.fit import Fit as Fit
    from .fitting.fit import fit as fit
    from .grid.edits import Edits as Edits
    from .layout.find import Layout as Layout
    from .lessons.create import new as new

_HOMES = {
    "Book": ".books.book",
    "Edits": ".grid.edits",
    "Fit": ".fitting.fit",
    "History": ".epochs.history",
    "Layout": ".layout.find",
    "Session": ".epochs.session",
    "SheetgdError": ".errors",
    "fit": ".fitting.fit",
    "look": ".epochs.choose",
    "new": ".lessons.create",
    "open_book": ".books.opening",
    "reset": ".epochs.run",
    "run": ".epochs.run",
    "session": ".epochs.session",
}
__all__ = [
    "Book",
    "Edits",
    "Fit",
    "History",
    "Layout",
    "Session",
    "SheetgdError",
    "fit",
    "look",
    "new",
    "open_book",
    "reset",
    "run",
    "session",
]


def __getattr__(name: str) -> Any:
    """Names are imported when they are first used, so that a command can begin with what takes longest."""
    from importlib import import_module  # which `import sheetgd` alone does without

    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version  # only --version needs it

        try:
            return version("sheetgd")
        except PackageNotFoundError:
            return "(not installed)"
    raise AttributeError(f"module 'sheetgd' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
