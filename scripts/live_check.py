"""A check of sheetgd with the real Google, for somebody who has an account: python scripts/live_check.py

Log in first (docs/google.md): sheetgd login --create --folder. In one new folder of your Drive it makes, looks at,
runs, resets and syncs sheets, types into them meanwhile, protects cells, makes and checks a class, and asks Google what
its descriptions leave open. Then it does the same with the tests' stand-in for Google, and prints where the two differ.
Every answer is recorded, without keys, tokens, names, addresses and ids, in live-check.json beside the report: please
send both. The folder is put into the bin at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _environment import PROJECT, VENV, ready_python

if TYPE_CHECKING:
    from _recording import Recording
    from sheetgd.books.google.client import Google

Json = dict[str, Any]
LOCALE = {"updateSpreadsheetProperties": {"properties": {"locale": "de_DE"}, "fields": "locale"}}


@dataclass
class World:
    """What the steps work in: a connection, the folder, the sheets made so far, and what is to be reported."""

    google: Google
    recording: Recording
    here: Path
    shared_drive: str = ""
    folder: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def make(self, name: str, lesson: str = "descent") -> str:
        """A new sheet in the folder; its key."""
        import sheetgd
        from sheetgd.books.google.drive import make_sheet

        path = sheetgd.new(lesson, self.here / f"{name}.xlsx", force=True)
        self.keys[name] = make_sheet(self.google, name, path.read_bytes(), self.folder)
        return self.keys[name]

    def write(self, key: str, *changes: Json) -> Json:
        """Change a sheet by requests of Google's own."""
        return self.google.write(
            key, list(changes), "replies,updatedSpreadsheet(properties,sheets.properties)"
        )

    def type(self, key: str, cell: str, value: Json) -> None:
        """Type into a cell of the first sheet, as somebody else would."""
        from sheetgd.grid.a1 import parse

        row, column = parse(cell)
        start = {"sheetId": first_gid(self, key), "rowIndex": row - 1, "columnIndex": column - 1}
        rows = [{"values": [{"userEnteredValue": value}]}]
        self.write(key, {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}})

    def meanwhile(self, moment: Callable[[str, Json], bool], action: Callable[[], None]) -> None:
        """Do something once, just before the call that marks the moment."""

        def before(asked: str, query: Json) -> None:
            if moment(asked, query):
                self.recording.before = lambda asked, query: None
                action()

        self.recording.before = before

    def expect(self, what: str, found: object, expected: object) -> None:
        """Note what is not as it should be."""
        if found != expected:
            self.said.append(f"{self.recording.step}: {what} is {found!r}, not {expected!r}")


def first_gid(world: World, key: str) -> int:
    """The gid of the first sheet, which an upload chooses as it likes."""
    answer = world.google.read(key, "sheets.properties(sheetId,title)")
    return int(answer["sheets"][0]["properties"].get("sheetId", 0))


# -- the steps ---------------------------------------------------------------------------------------------------------
def new(world: World) -> None:
    """A folder, a sheet and its check boxes."""
    from sheetgd.books.google.book import GoogleBook
    from sheetgd.books.google.drive import make_folder
    from sheetgd.online.publish import add_boxes

    world.folder = make_folder(world.google, time.strftime("sheetgd live check %Y-%m-%d %H:%M"))
    key = world.make("English")
    with GoogleBook(key, None, world.google) as book:
        assert isinstance(book, GoogleBook)
        world.expect("the box of Run", add_boxes(book), {"Descent": "P2"})


def look(world: World) -> None:
    import sheetgd

    with sheetgd.open_book(world.keys["English"], readonly=True) as book:
        world.expect("the rule", sheetgd.look(book, "Descent").rule, "formulas")


def run(world: World, name: str = "English") -> None:
    """Five epochs, with the numbers that the same lesson has as a file."""
    import sheetgd

    with sheetgd.open_book(world.here / f"{name}.xlsx") as book:
        expected = sheetgd.run(book, epochs=5, write=False)
    with sheetgd.open_book(world.keys[name]) as book:
        found = sheetgd.run(book, "Descent", epochs=5)
    for parameter, change in expected.parameters.items():
        after = found.parameters[parameter].after
        same = after is not None and change.after is not None and abs(after - change.after) < 1e-9
        world.expect(f"{parameter} after five epochs as in a file", same, True)
    world.expect("what was warned of", found.warnings, [])


def run_german(world: World) -> None:
    """The same in a spreadsheet whose formulas have ; and 0,01."""
    world.write(world.make("German"), LOCALE)
    run(world, "German")


def reset(world: World) -> None:
    import sheetgd

    with sheetgd.open_book(world.keys["English"]) as book:
        world.expect("m after the reset", sheetgd.reset(book, "Descent").parameters["m"].after, 1.0)


def ticks(world: World) -> None:
    """Run ticked, then both boxes."""
    for boxes in (["P2"], ["P2", "P3"]):
        for box in boxes:
            world.type(world.keys["English"], box, {"boolValue": True})
        sync(world)
        values = shown(world, "P2:Q3")
        world.expect("the boxes afterwards", [values[0], values[2]], [False, False])


def sync(world: World) -> None:
    from sheetgd.online.sync import Sync

    watched = Sync(world.google, [(world.keys["English"], None)])
    world.expect("whether sync could answer", watched.once(), True)


def shown(world: World, area: str) -> list[Any]:
    """What the cells of an area show."""
    from sheetgd.books.google.snapshot import POLLED, polled
    from sheetgd.grid.a1 import Area, parse

    answer = world.google.read_areas(world.keys["English"], [], POLLED, [f"Descent!{area}"])
    [cells] = polled(answer).values()
    first, last = area.split(":")
    return [cells.get(cell) for cell in Area(*parse(first), *parse(last)).cells]


def typed_meanwhile(world: World) -> None:
    """Into a start cell before the second look, and into the learning rate between that and the write."""
    from sheetgd.books.google.snapshot import OWN

    key = world.keys["English"]
    for cell, number, moment in (
        ("D4", 1.5, lambda asked, query: query.get("fields") == OWN),
        ("H3", 0.00005, lambda asked, query: asked.endswith(":batchUpdate")),
    ):
        world.meanwhile(
            moment, lambda cell=cell, number=number: world.type(key, cell, {"numberValue": number})
        )
        import sheetgd

        with sheetgd.open_book(key) as book:
            found = sheetgd.run(book, "Descent", epochs=2)
        again = f"the sheet changed during the run (Descent!{cell}); run again from its new values"
        world.expect("what was warned of", found.warnings, [again])


def protected(world: World) -> None:
    """A range that the owner may still change, and one that only warns."""
    import sheetgd

    key = world.keys["English"]
    area = {"sheetId": first_gid(world, key), "startRowIndex": 3, "endRowIndex": 5}
    for warning in (False, True):
        protection = {"range": area, "warningOnly": warning}
        world.write(key, {"addProtectedRange": {"protectedRange": protection}})
    with sheetgd.open_book(key) as book:
        world.expect("epochs beside protected cells", sheetgd.run(book, "Descent", epochs=1).epochs, 1)


def a_class(world: World) -> None:
    """Two students' sheets, made, asked for again, and checked."""
    from sheetgd.checking.check import check
    from sheetgd.checking.returned_sheets import Returns
    from sheetgd.classroom.drive import make_class

    roster = world.here / "roster.csv"
    roster.write_text("name\nAda Lovelace\nAlan Turing\n", encoding="utf-8")
    for new_ones in (2, 0):
        made = make_class("weight", roster, world.here / "class", folder=world.folder, seed="live")
        world.expect("new sheets", made.new, new_ones)
    online = Returns(world.folder)
    found = check(made.assignments, [], online=online)
    online.close()
    world.expect("worksheets that came back", len(found.good), 2)


def open_questions(world: World) -> None:
    """What Google's descriptions leave open: the record says it."""
    from sheetgd.books.google.errors import Refused
    from sheetgd.books.google.snapshot import READ, WRITTEN

    key, google = world.keys["German"], world.google
    added = world.write(key, {"addSheet": {"properties": {"title": "Empty"}}})
    gid = added["replies"][0]["addSheet"]["properties"]["sheetId"]
    area = {"sheetId": gid, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    name = {"namedRangeId": "sheetgd_live", "name": "sheetgd_live", "range": area}
    world.write(key, {"addNamedRange": {"namedRange": name}})
    google.read_areas(
        key, [{"sheetId": gid}], READ
    )  # is there data of an empty sheet, are there names of others?
    google.read_areas(key, [{"sheetId": first_gid(world, key)}], READ)
    touch = {
        "updateCells": {"start": {"sheetId": gid}, "rows": [{"values": [{}]}], "fields": "userEnteredValue"}
    }
    for asked in (
        lambda: google.write(
            key, [touch], WRITTEN, ["'No such sheet'"]
        ),  # refused before the effect, or after it?
        lambda: google.read_areas(key, [{"sheetId": 987654}], READ),
        lambda: google.write(key, [{"addNamedRange": {"namedRange": name}}], WRITTEN),  # an id that is taken
        lambda: google.write(key, [{"deleteSheet": {"sheetId": gid}}], WRITTEN),  # its name becomes #REF!
        lambda: google.read(key, "namedRanges"),
        lambda: google.read("1" * 44, "properties.title"),
    ):
        try:
            asked()
        except Refused:
            continue  # the record has it


def a_shared_drive(world: World) -> None:
    """A class in a folder of a shared drive, where one was given."""
    from sheetgd.classroom.drive import make_class

    roster = world.here / "roster.csv"
    make_class("weight", roster, world.here / "shared", folder=world.shared_drive, seed="live")


def tidy(world: World) -> None:
    """The folder goes into the bin."""
    from sheetgd.books.google.drive import ALL_DRIVES, FILES

    asked = {"fields": "id,trashed", **ALL_DRIVES}
    world.google.call("drive", "patch", f"{FILES}/{world.folder}", asked, {"trashed": True})


STEPS = (
    new,
    look,
    run,
    run_german,
    reset,
    ticks,
    typed_meanwhile,
    protected,
    a_class,
    a_shared_drive,
    open_questions,
    tidy,
)


def survey(here: Path, only: list[str], shared_drive: str = "", tell: Callable[[str], None] = print) -> World:
    """Do the steps, one after another even where one fails, and record them: all, or `only` some between the first,
    which makes what they need, and the last, which takes it away."""
    from _recording import Recording
    from sheetgd.books.google.client import Quota
    from sheetgd.books.google.drive import owner

    here.mkdir(parents=True, exist_ok=True)
    world = World(owner("live check"), Recording(), here, shared_drive)
    world.google.before_call = Quota()
    with world.recording.running():
        for step in STEPS:
            if (step is a_shared_drive and not shared_drive) or (step is not new and not world.folder):
                continue
            if only and step.__name__ not in {*only, "new", "tidy"}:
                continue
            world.recording.step, begun, before = step.__name__, time.monotonic(), len(world.said)
            try:
                step(world)
            except Exception as error:  # what went wrong is what is looked for
                world.said.append(f"{step.__name__}: {type(error).__name__}: {error}")
                if not getattr(error, "found", ""):
                    world.said.append(traceback.format_exc())
            well = "as it should be" if len(world.said) == before else "NOT as it should be"
            tell(f"{step.__name__.replace('_', ' ')}: {well} ({time.monotonic() - begun:.0f} s)")
    world.google.close()
    return world


def stand_in(here: Path, only: list[str], shared_drive: bool) -> World:
    """The same steps with the tests' stand-in, signed in as a person."""
    import pytest

    from fakes.google.drive import FOLDER
    from fakes.google.server import Google as Server
    from fakes.google.tokens import CLIENT, TEACHER

    server = Server(here / "server")
    with pytest.MonkeyPatch.context() as patch:
        server.patch(patch)
        server.sign_in("spreadsheets", "drive.file", "drive.metadata.readonly")
        folder = server.drive.add("shared", FOLDER, TEACHER, client=CLIENT, shared_drive=True)
        try:
            return survey(here, only, folder.id if shared_drive else "", tell=lambda line: None)
        finally:
            server.close()


def report(google: World, ours: World) -> list[str]:
    """What went wrong, how long calls take, and where Google and the stand-in differ."""
    from _recording import differences

    calls = google.recording.calls
    lines = [f"With Google: {said}" for said in google.said] + [
        f"With the stand-in: {said}" for said in ours.said
    ]
    moments = [
        write.begun + write.seconds / 2 - look.begun - look.seconds
        for look, write in pairwise(calls)
        if look.asked.endswith(":getByDataFilter") and write.asked.endswith(":batchUpdate")
    ]
    if moments:
        middle = sorted(moments)[len(moments) // 2]
        lines.append(
            f"From a second look to the write's arrival: about {1000 * middle:.0f} ms ({len(moments)} times)"
        )
    found = differences(calls, ours.recording.calls)
    lines += found or [f"{len(calls)} calls, and the stand-in would have answered each in the same form."]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shared-drive", default="", metavar="URL", help="a folder of a shared drive, made by sheetgd"
    )
    parser.add_argument(
        "-o", "--out", default="live-check", help="where the record and the report go, without an ending"
    )
    parser.add_argument(
        "--only", nargs="*", default=[], choices=[step.__name__ for step in STEPS], help="these steps alone"
    )
    words = parser.parse_args()
    if Path(sys.prefix).resolve() != VENV.resolve():  # the project's packages are needed here
        return subprocess.run([str(ready_python("test")), *sys.argv]).returncode
    sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]
    from sheetgd.errors import SheetgdError

    with tempfile.TemporaryDirectory(prefix="sheetgd-live-") as folder:
        try:
            google = survey(Path(folder, "google"), words.only, words.shared_drive)
        except SheetgdError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        ours = stand_in(Path(folder, "stand-in"), words.only, bool(words.shared_drive))
        lines = report(google, ours)
    calls = [asdict(call) for call in google.recording.calls]
    Path(f"{words.out}.json").write_text(json.dumps(calls, indent=1, ensure_ascii=False), encoding="utf-8")
    Path(f"{words.out}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(
        "\n".join(["", *lines, "", f"{words.out}.txt and {words.out}.json have all of it; please send both."])
    )
    return 0 if not google.said else 1


if __name__ == "__main__":
    raise SystemExit(main())
