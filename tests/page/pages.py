"""A page of `sheetgd open` in a real Chromium, and the server behind it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conftest import plain_environment


@dataclass
class Served:
    """A server that is running."""

    process: subprocess.Popen[str]
    address: str

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]


@contextmanager
def served(folder: Path, *words: str, program: tuple[str, ...] = ("-m", "sheetgd")) -> Iterator[Served]:
    """`sheetgd open` in a folder, until the block is left."""
    process = subprocess.Popen(
        [sys.executable, *program, "open", *words, "--no-browser"],
        cwd=folder,
        env={**os.environ, **plain_environment()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, process.communicate()
        yield Served(process, found[0])
    finally:
        process.kill()
        process.communicate()


def go(page: Any, address: str) -> None:
    """Open the address, and wait for the lesson."""
    page.goto(address)
    page.wait_for_selector("#numbers dd.epoch")


def press(page: Any, name: str) -> None:
    """Press a button, and wait until the page shows what came of it."""
    page.get_by_role("button", name=name, exact=False).first.click()
    page.wait_for_selector('#lesson:not([aria-busy="true"])')


def numbers(page: Any) -> dict[str, float]:
    """The numbers that the page shows, with all their digits, by name; what is shown are the first six of them."""
    rows = page.eval_on_selector_all(
        "#numbers dt",
        "all => all.map(t => [t.textContent, t.nextElementSibling.title, t.nextElementSibling.textContent])",
    )
    found = {name: (float(title), text) for name, title, text in rows if title}
    for number, text in found.values():
        assert float(text.replace("\N{MINUS SIGN}", "-")) == float(f"{number:.6g}")
    return {name: number for name, (number, _) in found.items()}


def epoch(page: Any) -> int:
    """The number of the epoch that the page shows."""
    return int(page.inner_text("dd.epoch").replace(",", ""))


def until(page: Any, script: str) -> None:
    """Wait until a script is true; Playwright's own way would have the page evaluate text, which its policy forbids."""
    end = time.monotonic() + 120  # of a busy machine
    while not page.evaluate(script):
        assert time.monotonic() < end, script
        page.wait_for_timeout(20)
