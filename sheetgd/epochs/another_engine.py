"""Going on when the formula engine's process has ended: it ran out of memory, or somebody ended it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from ..formulas.model import EngineError, EngineFailed, EngineStuck


class Resumable(Protocol):
    """What can go back to where it stood, and go on with another engine."""

    def _mark(self) -> Any:
        """Where it stands."""

    def _return_to(self, mark: Any) -> None:
        """Stand where it stood, whatever was begun since."""

    def _resume(self) -> None:
        """Start another engine, and stand there in it, too."""


S = TypeVar("S", bound=Resumable)
P = ParamSpec("P")
R = TypeVar("R")


def with_another_engine(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method that is done once more, from the beginning and with another engine, where the engine has ended.

    An engine that cannot compute the workbook, or took too long, would do so again: the error is raised, and what the
    method had begun is undone.
    """

    @wraps(method)
    def done(self: S, /, *words: P.args, **options: P.kwargs) -> R:
        mark = self._mark()
        try:
            return method(self, *words, **options)
        except (EngineError, EngineStuck):
            self._return_to(mark)
            raise
        except EngineFailed:
            self._return_to(mark)
            self._resume()
            return method(self, *words, **options)

    return done
