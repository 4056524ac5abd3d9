"""sheetgd: gradient descent that lives in a teacher's spreadsheet."""

from __future__ import annotations

from .books import Book, open_book
from .edits import Edits
from .errors import SheetgdError
from .hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .create import new as new

__all__ = ["Book", "Edits", "SheetgdError", "new", "open_book"]


def __getattr__(name: str) -> Any:
    """What costs time to import is imported when it is asked for."""
    if name == "new":
        from .create import new

        return new
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("sheetgd")
        except PackageNotFoundError:
            return "(not installed)"
    raise AttributeError(f"module 'sheetgd' has no attribute {name!r}")
