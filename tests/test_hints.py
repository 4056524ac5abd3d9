"""Hints against typing's NamedTuple."""

from __future__ import annotations

import pickle
import subprocess
import sys
import typing

import pytest

from sheetgd.hints import NamedTuple


class Ours(NamedTuple):
    """A record."""

    sheet: str
    row: int = 7
    cells: tuple[int, ...] = ()

    def below(self) -> Ours:
        return self._replace(row=self.row + 1)

    @property
    def place(self) -> tuple[str, int]:
        return self.sheet, self.row


class Theirs(typing.NamedTuple):
    """A record."""

    sheet: str
    row: int = 7
    cells: tuple[int, ...] = ()


def test_it_is_like_typings() -> None:
    ours, theirs = Ours("Lesson", cells=(1, 2)), Theirs("Lesson", cells=(1, 2))
    assert ours == theirs == ("Lesson", 7, (1, 2))
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    for what in ("_fields", "_field_defaults", "__doc__", "__module__", "__match_args__"):
        assert getattr(Ours, what) == getattr(Theirs, what)
    assert typing.get_type_hints(Ours) == typing.get_type_hints(Theirs)
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        ours.row = 8  # type: ignore[misc]


def test_methods_and_properties_stay() -> None:
    assert Ours("Lesson").below().place == ("Lesson", 8)
    assert pickle.loads(pickle.dumps(Ours("Lesson"))) == Ours("Lesson")


def test_one_without_annotations_that_are_texts_is_refused() -> None:
    """Python 3.14 has no annotations in a class's body but for `from __future__ import annotations`."""
    code = "from sheetgd.hints import NamedTuple\nclass Empty(NamedTuple):\n    pass"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "TypeError: Empty has no fields" in done.stderr
