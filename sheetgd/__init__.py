"""sheetgd: gradient descent that lives in a teacher's spreadsheet."""

from __future__ import annotations

from .hints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .books import Book as Book
    from .books import open_book as open_book
    from .create import new as new
    from .edits import Edits as Edits
    from .errors import SheetgdError as SheetgdError

_HOMES = {
    "Book": ".books",
    "Edits": ".edits",
    "SheetgdError": ".errors",
    "new": ".create",
    "open_book": ".books",
}
__all__ = ["Book", "Edits", "SheetgdError", "new", "open_book"]


def __getattr__(name: str) -> Any:
    """What is asked for is imported then, so that a command can begin with what takes longest."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    if f".{name}" in _HOMES.values():
        return import_module(f".{name}", __name__)
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("sheetgd")
        except PackageNotFoundError:
            return "(not installed)"
    raise AttributeError(f"module 'sheetgd' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
