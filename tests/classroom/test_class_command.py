"""The whole command: a worksheet a student, and the key."""

from __future__ import annotations

import os
import re
from pathlib import Path

from classwork import HURT, SEED, roster, tab
from conftest import ROOT, CommandLine
from office import read_stored
from sheetgd.classroom import key
from sheetgd.classroom.folder import make_class


def test_class_makes_a_worksheet_a_student_and_a_key(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, HURT)
    done = sheetgd("class", "descent", "--roster", "roster.csv", "-o", "OUT", "--seed", SEED)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"OUT{os.sep}: 22 worksheets, HYPERLINKhttp example org x.xlsx to gnp exe.xlsx\n"
        f"For you alone: {Path('OUT', 'key.xlsx')}, with every answer.\n"
    )
    given = key.read(tmp_path / "OUT/key.xlsx")
    assert {path.name for path in (tmp_path / "OUT").iterdir()} == {
        "key.xlsx",
        *(f"{one.file}.xlsx" for one in given),
    }
    assert sorted(os.listdir(tmp_path)) == ["OUT", "roster.csv"]
    for one, name in zip(given, HURT, strict=True):
        sheet = tab(tmp_path / f"OUT/{one.file}.xlsx")
        assert sheet["B2"] == one.name == " ".join(re.sub(r"[\t\u202e]", " ", name).split())
        assert sheet["M2"] == f"Assignment {one.id}"


def test_same_roster_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    path = roster(tmp_path, HURT)
    for out in ("one", "two"):
        make_class("descent", path, tmp_path / out, seed=SEED)
    names = sorted(os.listdir(tmp_path / "one"))
    assert names == sorted(os.listdir(tmp_path / "two")) and len(names) == len(HURT) + 1
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_without_a_seed_one_is_made_and_written_into_the_key(tmp_path: Path) -> None:
    path = roster(tmp_path, ["Ada", "Alan"])
    one, two = (make_class("weight", path, tmp_path / out) for out in ("one", "two"))
    assert one.seed != two.seed and len(one.seed) == 16
    assert not {a.id for a in one.assignments} & {a.id for a in two.assignments}
    settings = read_stored(one.key)["Settings"]
    [cell] = [cell for cell, value in settings.items() if value == "seed"]
    again = make_class("weight", path, tmp_path / "again", seed=settings["C" + cell[1:]])
    assert again.assignments == one.assignments
    assert (tmp_path / "again/Ada.xlsx").read_bytes() == (tmp_path / "one/Ada.xlsx").read_bytes()


def test_the_page_for_teachers_does_what_it_says(sheetgd: CommandLine, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "class.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```\n(name,email.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "roster.csv").write_text(example, encoding="utf-8")
    command, expected = re.findall(r"^\$ sheetgd (class .*)\n((?:.+\n)*?)```$", page, flags=re.MULTILINE)[0]
    done = sheetgd(*command.split())
    assert (done.code, done.out.replace("\\", "/")) == (0, expected)
    assert all((ROOT / "docs" / link).is_file() for link in re.findall(r"\]\(([^)#:]+)\)", page))
