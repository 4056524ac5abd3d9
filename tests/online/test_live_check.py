"""scripts/live_check.py: somebody with an account lets it run. Here the Google of that account is the stand-in, too."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, plain_environment
from fakes.google.drive import FOLDER
from fakes.google.server import Google
from fakes.google.tokens import CLIENT, TEACHER


def live_check(google: Google, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the script as its user does."""
    command = [sys.executable, str(ROOT / "scripts" / "live_check.py"), *words]
    environment = {**os.environ, **plain_environment(), **google.environment, "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=280,
    )


def test_a_google_like_the_stand_in_differs_in_nothing(google: Google, tmp_path: Path) -> None:
    """Every step is as it should be, the folder ends in the bin, and the record holds no secret."""
    stored = json.loads(google.sign_in("spreadsheets", "drive.file", "drive.metadata.readonly").read_text())
    shared = google.drive.add("shared", FOLDER, TEACHER, client=CLIENT, shared_drive=True)
    done = live_check(
        google, tmp_path, "--shared-drive", f"https://drive.google.com/drive/folders/{shared.id}"
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    lines = done.stdout.splitlines()
    steps = [
        "new",
        "look",
        "run",
        "run german",
        "reset",
        "ticks",
        "typed meanwhile",
        "protected",
        "a class",
        "a shared drive",
        "open questions",
        "tidy",
    ]
    assert [line.partition(" (")[0] for line in lines[: len(steps)]] == [
        f"{step}: as it should be" for step in steps
    ]
    assert "calls, and the stand-in would have answered each in the same form." in done.stdout
    [folder] = [file for file in google.drive.files.values() if file.name.startswith("sheetgd live check")]
    assert folder.trashed and len([file for file in google.drive.files.values() if file.book]) == 6
    record = (tmp_path / "live-check.json").read_text(encoding="utf-8")
    calls = json.loads(record)
    assert {call["step"] for call in calls} == {step.replace(" ", "_") for step in steps}
    assert [
        call["status"] for call in calls if call["step"] == "open_questions" and call["status"] != 200
    ] == [
        400,
        400,
        400,
        404,
    ]
    secrets = [
        stored["refresh_token"],
        stored["client_secret"],
        CLIENT,
        TEACHER,
        "ya29",
        folder.id,
        shared.id,
    ]
    assert not [secret for secret in secrets if secret in record]


def test_what_google_says_otherwise_is_printed(google: Google, tmp_path: Path) -> None:
    google.sign_in("spreadsheets", "drive.file", "drive.metadata.readonly")
    google.meanwhile("getByDataFilter", lambda: google.leave_out("batchUpdate", "updatedSpreadsheet"))
    google.meanwhile(
        "drive.files.update", lambda: google.fail("drive.files.update", "insufficientFilePermissions")
    )
    done = live_check(google, tmp_path, "--only", "run")
    assert done.returncode == 1
    record = json.loads((tmp_path / "live-check.json").read_text(encoding="utf-8"))
    assert {call["step"] for call in record} == {"new", "run", "tidy"}
    said = (tmp_path / "live-check.txt").read_text(encoding="utf-8").splitlines()
    assert said[0] == (
        "With Google: tidy: Refused: the account that you are logged in with may not do this with that file or folder; "
        "ask its owner to make you an Editor of it."
    )
    [counts] = [
        re.fullmatch(r"run: (\d) calls to Google, (\d) to the stand-in, in this order:", line)
        for line in said
        if line.startswith("run: ")
    ]
    assert counts and int(counts[1]) == int(counts[2]) + 1  # it had to be read again
    [tidied] = [line for line in said if line.startswith("tidy: ") and "the stand-in" in line]
    assert tidied == (
        "tidy: PATCH www.googleapis.com/drive/v3/files/ID: Google said 403 (application/json), the stand-in 200 "
        "(application/json)"
    )


def test_nobody_is_logged_in(google: Google, tmp_path: Path) -> None:
    google.key.unlink()
    done = live_check(google, tmp_path)
    assert done.returncode == 1 and done.stdout == "" and "nobody is logged in to Google" in done.stderr
