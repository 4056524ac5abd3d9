"""Asks the page's server as a browser would."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pages import Served, go, served

import sheetgd as library


class Visitor:
    """Asks a server as a browser would, with the headers that are wanted."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.home = f"127.0.0.1:{server.port}"
        self.cookie = ""

    def ask(self, method: str, path: str, words: Any = None, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"Host": self.home, "Cookie": self.cookie, **named}
        connection.request(method, path, None if words is None else json.dumps(words), named)
        answer = connection.getresponse()
        self.headers = answer.headers
        return answer.status, answer.read().decode("utf-8", "replace")

    def come_in(self) -> None:
        status, _ = self.ask("GET", f"/?token={self.server.token}")
        assert status == 303 and self.headers["Location"] == "/"
        self.cookie = self.headers["Set-Cookie"].partition(";")[0]

    def do(self, action: str, **words: Any) -> Any:
        status, text = self.ask("POST", f"/api/{action}", words, Origin=f"http://{self.home}")
        return status, json.loads(text)


@contextmanager
def let_in(folder: Path) -> Iterator[Visitor]:
    """Whom a new server in a folder has let in."""
    with served(folder, "--lang", "en") as server:
        visitor = Visitor(server)
        visitor.come_in()
        yield visitor


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the server that all tests of a file ask."""
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def guest(folder: Path) -> Iterator[Visitor]:
    with let_in(folder) as visitor:
        yield visitor


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that may ask no other host, and that must not fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(120_000)  # of a busy machine
    found, wrong = context.new_page(), list[str]()
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("request", lambda asked: wrong.append(asked.url) if "//127.0.0.1:" not in asked.url else None)
    yield found
    context.close()
    assert wrong == []


def open_lesson(page: Any, guest: Visitor, book: Path | str, sheet: str | None = None) -> None:
    """A workbook of the server's folder, on the page."""
    status, answer = guest.do("open", book=Path(book).name, sheet=sheet)
    assert status == 200, answer
    go(page, guest.server.address)


def after(found: Any) -> dict[str, float]:
    """The numbers at the end of a run, from its JSON."""
    return {key: change["after"] for key, change in found["parameters"].items()} | {
        found["loss"]["name"]: found["loss"]["after"]
    }


def stepped(path: Path, epochs: int, sheet: str | None = None) -> dict[str, float]:
    """The numbers after some epochs of `run`."""
    with library.open_book(path) as book:
        return after(library.run(book, sheet, epochs=epochs, write=False).as_json())
