"""A Google Sheet on the page: read and written with the calls of `run`, and what is said when Google refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import CommandLine
from fakes.google.server import Google
from sheetgd.page.desk import Desk, Trouble
from small_lesson import lesson_cells


@pytest.fixture
def file(google: Google) -> Any:
    return google.add("lesson", cells=lesson_cells())


def test_epochs_are_saved_as_run_writes_them(
    google: Google, file: Any, sheetgd: CommandLine, tmp_path: Path
) -> None:
    other = google.add("other", cells=lesson_cells())
    assert sheetgd("run", other.url, "--epochs", 2, env=google.environment).code == 0
    of_run = google.count()
    desk = Desk(tmp_path, file.url, None, {})
    try:
        desk.open()
        before = google.count()
        for action in ("state", "landscape", "sheets", "epoch", "back", "epoch", "epoch", "state"):
            desk.do(action, {})
        assert google.count() == before  # nothing is asked while one steps
        assert not desk.do("save", {})["unsaved"]
        whole = {call: count - of_run[call] for call, count in google.count().items()}
        assert whole == {**of_run, "read": of_run["read"] + 1}  # and once more, to go on from what is there
    finally:
        desk.close()
    for cell in ("B3", "B4", "B5", "N9", "N10", "N11", "O10", "Q10"):
        assert file.book.value(cell) == other.book.value(cell), cell


def test_a_right_that_was_taken_away_is_said_in_words(google: Google, file: Any, tmp_path: Path) -> None:
    desk = Desk(tmp_path, file.url, None, {})
    try:
        desk.open()
        desk.do("epoch", {})
        google.tokens.forget()
        google.tokens.revoked = True
        with pytest.raises(Trouble) as refused:
            desk.do("save", {})
        who, key = "sheetgd@lesson-123.iam.gserviceaccount.com", google.environment["HOME"]
        assert refused.value.kind == "save" and refused.value.words == (
            f"lesson: Google does not accept the key of {who} (invalid_grant); check this computer's clock, or make a "
            f"new key for {who} in the Google Cloud console and save it as {key}/.config/gspread/service_account.json. "
            "What you see is kept here; save again afterwards."
        )
        assert desk.do("state", {})["unsaved"]  # nothing of it is lost
        google.tokens.revoked = False
        desk.do("save", {})
    finally:
        desk.close()
    assert file.book.value("N10") == 1
