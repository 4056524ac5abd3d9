"""templates/ holds what `sheetgd new` draws today: each file is rebuilt and compared part by part."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree.ElementTree import canonicalize

import pytest

from conftest import ROOT, CommandLine
from parts import read_parts
from sheetgd import new
from sheetgd.language import languages
from sheetgd.lessons import LESSONS

TEMPLATES = ROOT / "templates"


def alike(name: str, part: bytes) -> str:
    """A part's XML without what depends on the libraries that wrote it: how it is spelt, and openpyxl's version."""
    text = canonicalize(part, rewrite_prefixes=True)
    if name == "docProps/app.xml":
        return re.sub(r"Openpyxl [\d.]+|(?<=AppVersion>)[\d.]+", "", text)
    return text


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts" / "dev"))
        import build_templates

        made = build_templates.build(folder)
    assert [path.name for path in made] == [f"{lesson}.xlsx" for lesson in LESSONS]
    return folder


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_template_is_what_the_lesson_draws(rebuilt: Path, lesson: str) -> None:
    assert stale_parts(TEMPLATES / f"{lesson}.xlsx", rebuilt / f"{lesson}.xlsx") == []


def stale_parts(template: Path, drawn: Path) -> list[str]:
    """The parts that differ; to mend them: python scripts/dev/build_templates.py"""
    there, fresh = read_parts(template), read_parts(drawn)
    assert list(there) == list(fresh)
    return [name for name in fresh if alike(name, there[name]) != alike(name, fresh[name])]


def test_every_lesson_has_a_template_and_a_line_in_the_readme() -> None:
    files, others = {f"{name}.xlsx" for name in LESSONS}, languages()[1:]
    assert {path.name for path in TEMPLATES.iterdir()} == {"README.md", *others} | files
    assert all({path.name for path in (TEMPLATES / code).iterdir()} == files for code in others)
    text = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    lines = [f"| [{name}.xlsx]({name}.xlsx) | {words} |" for name, words in LESSONS.items()]
    assert [line for line in text.splitlines() if line.startswith("| [")] == lines


def test_those_in_other_languages_are_what_is_drawn(tmp_path: Path) -> None:
    """One that is quickly drawn; tests/languages draws all."""
    for code in languages()[1:]:
        drawn = new("weight", tmp_path / f"{code}.xlsx", lang=code)
        assert stale_parts(TEMPLATES / code / "weight.xlsx", drawn) == []


def test_the_command_draws_the_same_file_at_another_time(rebuilt: Path, sheetgd: CommandLine) -> None:
    """To the byte: another process, another moment, another time zone."""
    sheetgd("new", "weight", "-o", "again.xlsx", env={"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"})
    assert (sheetgd.folder / "again.xlsx").read_bytes() == (rebuilt / "weight.xlsx").read_bytes()


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_time_is_stamped_into_a_template(lesson: str) -> None:
    with zipfile.ZipFile(TEMPLATES / f"{lesson}.xlsx") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        stamps = re.findall(r">([^<]*Z)</dcterms:", archive.read("docProps/core.xml").decode())
    assert stamps == ["2026-01-01T00:00:00Z"] * 2
