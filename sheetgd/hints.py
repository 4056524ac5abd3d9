"""What annotations and records take from typing, without importing it.

A short run spends most of its time on imports, and its annotations are never evaluated. `NamedTuple` is typing's but
for its checks: these compile every annotation of every record, to throw the result away.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False  # which type checkers take for true, wherever it comes from
if TYPE_CHECKING:
    from typing import Any as Any
    from typing import NamedTuple as NamedTuple
    from typing import NoReturn as NoReturn
    from typing import TypeVar as TypeVar
    from typing import overload as overload
else:
    Any = NoReturn = object

    def TypeVar(name):
        return name

    def overload(function):
        return function

    class _Record(type):
        """Makes a named tuple of a class's annotations, in their order; values are defaults, and methods stay."""

        def __new__(cls, name, bases, body):
            fields = body.get("__annotations__")
            if not fields:
                raise TypeError(f"{name} has no fields; does its module import annotations from __future__?")
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key in body.keys() - {"__module__", "__qualname__"}:
                setattr(made, key, body[key])
            return made

    NamedTuple = type.__new__(_Record, "NamedTuple", (), {})
