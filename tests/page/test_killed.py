"""kill -9 of the server, and of the browser, at any moment: nothing that was saved is lost."""

from __future__ import annotations

import http.client
import os
import random
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from pages import epoch, go, press, served
from visitors import Visitor

import sheetgd as library
from browsers import FLAGS, chromium
from engines import kill_engines
from office import read_stored
from small_lesson import draw

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")


CHANCE = random.Random(22)
MOMENTS = [0.0, *(CHANCE.uniform(0.01, 0.6) for _ in range(3))]  # seconds


def last_epoch(path: Path) -> int:
    """The last epoch of the log, whose row must be what the start cells hold."""
    with library.open_book(path) as book, library.session(book) as lesson:
        number = lesson.epoch_number
    stored = read_stored(path)["Lesson"]
    assert [stored[f"N{row}"] for row in range(9, 10 + number)] == list(range(number + 1))
    assert stored[f"O{9 + number}"] == stored["B3"]
    return number


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_server_leaves_what_was_saved(tmp_path: Path, moment: float) -> None:
    path, saved = draw(tmp_path / "a.xlsx"), 0
    with served(tmp_path, "a.xlsx") as server:
        visitor = Visitor(server)
        visitor.come_in()
        visitor.do("epoch")
        visitor.do("save")
        saved = 1
        killer = threading.Timer(moment, server.process.kill)
        killer.start()
        try:
            while visitor.do("epoch")[0] == 200 and visitor.do("save")[0] == 200:
                saved += 1
        except (OSError, http.client.HTTPException):
            pass  # it is gone
        killer.join()
        assert server.process.wait(20) == -signal.SIGKILL
    assert last_epoch(path) in (saved, saved + 1)  # the last one may have been saved, and nobody told


def test_a_killed_engine_is_followed_by_another(tmp_path: Path) -> None:
    paths = [draw(tmp_path / "a.xlsx")]
    paths.append(Path(shutil.copy(paths[0], tmp_path / "b.xlsx")))
    with served(tmp_path, "a.xlsx") as server:
        visitor = Visitor(server)
        visitor.come_in()
        told = []
        for action in ("state", "landscape", "epoch", "row", "back", "run", "landscape", "save"):
            assert kill_engines(server.process.pid) > 0, action
            status, answer = visitor.do(action)
            assert status == 200, answer
            told.append(answer)
    with library.open_book(paths[1]) as book:
        history = library.run(book, epochs=1 + told[0]["epochs"])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert {one["name"]: one["value"] for one in told[-1]["parameters"]} == {
        name: change.after for name, change in history.parameters.items()
    }


def test_a_killed_browser_loses_nothing_at_all(tmp_path: Path) -> None:
    program = chromium()
    if program is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    path = draw(tmp_path / "a.xlsx")
    command = [
        program,
        *FLAGS,
        "--headless",
        "--remote-debugging-port=0",
        f"--user-data-dir={tmp_path}/profile",
    ]
    with served(tmp_path, "a.xlsx") as server, sync_playwright() as playwright:
        killed = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        assert killed.stderr
        found = next(filter(None, (re.search(r"ws://\S+", line) for line in killed.stderr)))
        page = playwright.chromium.connect_over_cdp(found[0]).contexts[0].new_page()
        go(page, server.address)
        press(page, "One epoch")
        press(page, "Save")
        page.wait_for_selector("#unsaved", state="hidden")
        press(page, "One epoch")
        page.keyboard.press("p")
        while epoch(page) < 4:
            page.wait_for_timeout(20)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate()
        assert last_epoch(path) == 1
        visitor = Visitor(server)
        visitor.come_in()  # as the next browser does, by the same address
        state = visitor.do("state")[1]
        assert state["unsaved"] and state["epoch"] >= 4
        visitor.do("save")
    assert last_epoch(path) == state["epoch"]
