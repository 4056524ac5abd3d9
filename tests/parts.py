"""Workbooks taken apart and put together again by Python's own zipfile."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path


def read_parts(path: str | os.PathLike[str]) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(
    path: str | os.PathLike[str], parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return Path(path)


def change_part(path: str | os.PathLike[str], name: str, change: Callable[[bytes], bytes]) -> Path:
    """Replace a part by what the function makes of it."""
    parts = read_parts(path)
    changed = change(parts[name])
    assert changed != parts[name], f"{name} has nothing to change"
    return write_parts(path, {**parts, name: changed})
