"""A workbook from anywhere is read as data: nothing in it is fetched, followed, run, or turned into a formula."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import sheetgd
import workbooks
from conftest import ROOT, CommandLine, plain_environment
from handmade import RELATIONS
from parts import change_part, read_parts, write_parts
from readers import calamine_values
from sheetgd.errors import BookError

PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **options: object) -> None:
        raise AssertionError(f"a socket was opened: {words} {options}")

    class NoSocket(socket.socket):
        def __init__(self, *words: object, **options: object) -> None:
            refuse(*words, **options)

    monkeypatch.setattr(socket, "socket", NoSocket)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A lesson with every kind of link out of the file, each to a port of this machine where nothing listens."""
    path = workbooks.excel_made(tmp_path / "linked.xlsm")
    book = openpyxl.load_workbook(path, keep_vba=True)
    book["marks"]["F1"].hyperlink = "http://127.0.0.1:9/hyperlink"
    book["marks"]["F2"] = '=HYPERLINK("http://127.0.0.1:9/function","x")'
    book["marks"]["F3"] = '=WEBSERVICE("http://127.0.0.1:9/webservice")'
    book["marks"]["F4"] = "=[1]Sheet1!A1"
    book["marks"]["F5"] = '=_xlfn.IMAGE("http://127.0.0.1:9/image.png")'
    book.save(path)
    parts = read_parts(path)
    external = f'{RELATIONS}/externalLinkPath" Target="http://127.0.0.1:9/other.xlsx" TargetMode="External'
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    new = {
        "xl/externalLinks/externalLink1.xml": f'{head}<externalLink {main} xmlns:r="{RELATIONS}">'
        '<externalBook r:id="rId1"><sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": f"{head}<Relationships {package}>"
        f'<Relationship Id="rId1" Type="{external}"/></Relationships>',
        "xl/connections.xml": f'{head}<connections {main}><connection id="1" name="web" type="4" refreshOnLoad="1">'
        '<webPr url="http://127.0.0.1:9/query"/></connection></connections>',
    }
    parts |= {name: text.encode() for name, text in new.items()}
    relations = (
        f'<Relationship Id="rId901" Type="{RELATIONS}/externalLink" Target="externalLinks/externalLink1.xml"/>'
        f'<Relationship Id="rId902" Type="{RELATIONS}/connections" Target="connections.xml"/></Relationships>'
    )
    name = "xl/_rels/workbook.xml.rels"
    parts[name] = parts[name].replace(b"</Relationships>", relations.encode())
    references = (
        f'<externalReferences xmlns:r="{RELATIONS}"><externalReference r:id="rId901"/></externalReferences>'
    )
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        b"</sheets>", f"</sheets>{references}".encode()
    )
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = (
        f'<Override PartName="/xl/externalLinks/externalLink1.xml" ContentType="{types}.externalLink+xml"/>'
        f'<Override PartName="/xl/connections.xml" ContentType="{types}.connections+xml"/></Types>'
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", overrides.encode())
    return write_parts(path, parts)


# -- nothing is fetched ----------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("no_network")
def test_no_link_is_followed(linked: Path) -> None:
    before = read_parts(linked)
    with sheetgd.open_book(linked) as book:
        sheetgd.look(book, sheet="basic")
        history = sheetgd.run(book, sheet="basic", epochs=1)
        with pytest.raises(sheetgd.SheetgdError, match="nothing says what intercept, slope"):
            sheetgd.reset(book, sheet="basic")  # its log goes on from epochs that somebody else ran
    assert history.epochs == 1
    after = read_parts(linked)
    kept = [name for name in before if "worksheets/sheet" not in name and name != "xl/workbook.xml"]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_no_process_of_ours_opens_a_socket(linked: Path) -> None:
    """The engine's process too, as the system sees it."""
    if not traceable():
        pytest.skip("strace is not installed, or may not trace here")
    log = linked.with_name("log")
    command = [sys.executable, "-m", "sheetgd", "run", str(linked), "--sheet", "basic"]
    done = subprocess.run(
        ["strace", "-f", "-o", str(log), "-e", "trace=network,execve", *command],
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    calls = re.findall(r"^\d+ +(\w+)\((.*)", log.read_text(errors="replace"), flags=re.MULTILINE)
    programs = [words for name, words in calls if name == "execve"]
    assert all("python" in words for words in programs) and programs, programs
    sockets = [words for name, words in calls if name in ("socket", "connect", "sendto", "bind", "listen")]
    # Looking up the user's name asks a service of this machine, where it has one.
    assert [words for words in sockets if "AF_UNIX" not in words and "nscd" not in words] == []


def traceable() -> bool:
    tried = ["strace", "-o", "/dev/null", "true"]
    return bool(shutil.which("strace")) and subprocess.run(tried, capture_output=True).returncode == 0


ENTITIES = [
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file://%s">]>',
    b'<!DOCTYPE x [<!ENTITY %% e SYSTEM "file://%s"> %%e;]>',
    b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><!-- %s -->',
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><!-- %s -->',
]
PARTS = ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("doctype", ENTITIES, ids=["file", "parameter", "address", "bomb"])
@pytest.mark.parametrize("part", [*PARTS, "xl/_rels/workbook.xml.rels", "_rels/.rels"])
def test_no_entity_is_resolved(excel_book: Path, tmp_path: Path, doctype: bytes, part: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")

    def add(data: bytes) -> bytes:
        head, mark, rest = data.partition(b"?>")
        named = doctype % str(secret).encode() + rest.replace(b"rmse", b"&e;").replace(b"</t>", b"&e;</t>", 1)
        return head + mark + named

    change_part(excel_book, part, add)
    before = excel_book.read_bytes()
    with (
        pytest.raises(BookError, match="it holds an XML document type") as caught,
        sheetgd.open_book(excel_book) as book,
    ):
        sheetgd.run(book, sheet="basic")
    assert "secret" not in str(caught.value)
    assert excel_book.read_bytes() == before


def test_no_path_leads_out_of_the_file(excel_book: Path, tmp_path: Path) -> None:
    """A part named outside the zip is a part that is missing, not a file of this computer."""
    secret = tmp_path / "secret.xml"
    secret.write_text("<sst><si><t>the secret</t></si></sst>")
    for target in (f"../../../..{secret}", str(secret), f"file://{secret}"):
        copy = Path(shutil.copy(excel_book, tmp_path / "copy.xlsx"))
        change_part(
            copy,
            "xl/_rels/workbook.xml.rels",
            lambda data, target=target: data.replace(b'"sharedStrings.xml"', f'"{target}"'.encode()),
        )
        with pytest.raises(BookError, match="is missing") as caught, sheetgd.open_book(copy) as book:
            sheetgd.look(book, sheet="basic")
        assert "the secret" not in str(caught.value)


# -- nothing is run --------------------------------------------------------------------------------------------------
def test_no_macro_is_run(tmp_path: Path, sheetgd: CommandLine) -> None:
    """The macro project is never unpacked: one of nonsense changes nothing, and stays as it is."""
    path = workbooks.excel_made(tmp_path / "macro.xlsm")
    nonsense = b"no macro project at all"
    change_part(path, "xl/vbaProject.bin", lambda _: nonsense)
    done = sheetgd("run", path, "--sheet", "basic")
    assert (done.code, done.err) == (0, "")
    assert read_parts(path)["xl/vbaProject.bin"] == nonsense


# What these run is made of numbers, operators and names of their own.
OWN_SOURCE = ("program", "scan.py"), ("scale", "walking.py")


def test_nothing_in_the_package_evaluates_or_opens_a_shell() -> None:
    forbidden = re.compile(
        r"\b(eval|exec|pickle|shelve|os\.system|shell=True|urllib|http\.client|yaml\.load)\b(?!_)"
    )
    for path in sorted((ROOT / "sheetgd").rglob("*.py")):
        found = [line for line in path.read_text(encoding="utf-8").splitlines() if forbidden.search(line)]
        if path.parts[-2:] in OWN_SOURCE:
            assert len(found) == 1 and "scan_names()" in found[0]
            continue
        assert not found, f"{path}: {found}"


# -- a text stays a text ---------------------------------------------------------------------------------------------
TEXTS = [
    *(
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "=cmd|' /C calc'!A0",
        "'=1+1",
        "=",
        "-",
        "+",
    ),
    *(
        '=HYPERLINK("http://127.0.0.1:9/","x")',
        "{=1+1}",
        "=_xlfn.LET(a,1,a)",
        "#REF!",
        "TRUE",
        "1",
        " =1",
        "\uff1d1+1",
    ),
]


@pytest.fixture
def typed(excel_book: Path) -> Path:
    edits = sheetgd.Edits()
    for row, text in enumerate(TEXTS, 1):
        edits.set(f"marks!H{row}", text)
    with sheetgd.open_book(excel_book) as book:
        book.apply(edits)
    return excel_book


def test_a_text_stays_one_in_openpyxl(typed: Path) -> None:
    sheet = openpyxl.load_workbook(typed)["marks"]
    cells = [sheet[f"H{row}"] for row in range(1, len(TEXTS) + 1)]
    assert [openpyxl.utils.escape.unescape(cell.value) for cell in cells] == TEXTS
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "f"}
    values = openpyxl.load_workbook(typed, data_only=True)["marks"]
    assert all(isinstance(values[f"H{row}"].value, str) for row in range(1, len(TEXTS) + 1))


def test_a_text_stays_one_in_the_file(typed: Path) -> None:
    """No formula element, whatever a reader makes of a text that begins with an equals sign."""
    xml = read_parts(typed)["xl/worksheets/sheet3.xml"]
    cells = re.findall(rb'<c r="H\d+"([^>]*)>(.*?)</c>', xml, flags=re.DOTALL)
    assert len(cells) == len(TEXTS)
    assert all(b't="inlineStr"' in attributes and b"<f" not in inner for attributes, inner in cells)


def test_a_text_stays_one_in_calamine(typed: Path) -> None:
    shown = calamine_values(typed)["marks"]
    assert [shown[f"H{row}"] for row in range(1, len(TEXTS) + 1)] == TEXTS


def test_a_text_stays_one_in_libreoffice(typed: Path, office: Any) -> None:
    shown = office.recalculate(typed)["marks"]
    got = [shown[f"H{row}"] for row in range(1, len(TEXTS) + 1)]
    assert [text.replace("\r", "\n") for text in got] == [text.replace("\r", "\n") for text in TEXTS]
    assert not any(f"H{row}" in shown.formulas for row in range(1, len(TEXTS) + 1))


def test_a_text_stays_one_in_the_model(typed: Path) -> None:
    """And so do texts that go through the engine: a formula that repeats one shows it, and computes nothing."""
    change = sheetgd.Edits()
    change.set("marks!A1", "=1+1")
    with sheetgd.open_book(typed) as book:
        book.apply(change)
        assert book.cells("marks").values[1, 1] == "=1+1"
        assert (1, 1) not in book.cells("marks").formulas


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_a_title_is_no_formula(tmp_path: Path, title: str) -> None:
    path = sheetgd.new("descent", tmp_path / "titled.xlsx", title=title)
    texts = [value for sheet in calamine_values(path).values() for value in sheet.values()]
    assert title.strip() in [text.strip() for text in texts if isinstance(text, str)]
    for sheet in openpyxl.load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            assert not any(cell.data_type == "f" and cell.value == title for cell in row)


# -- dependencies ----------------------------------------------------------------------------------------------------
def requirements() -> list[str]:
    """Every line of pyproject.toml's lists of packages."""
    lists = re.findall(
        r"^(?:dependencies|page|scale|pictures|benchmark|test|requires) = \[(.*?)\]$",
        PROJECT,
        flags=re.MULTILINE | re.DOTALL,
    )
    names = [line for found in lists for line in re.findall(r'"([^"]+)"', found)]
    return [name for name in names if not name.startswith("sheetgd")]  # an extra that takes in another


@pytest.mark.parametrize("requirement", requirements())
def test_each_dependency_is_justified_and_bounded(requirement: str) -> None:
    name = re.match(r"[\w.-]+", requirement)
    assert name
    lines = [line for line in PAGE.splitlines() if line.startswith(f"| {name[0]} |")]
    assert len(lines) == 1, f"docs/dependencies.md has no line for {name[0]}"
    assert all(cell.strip() for cell in lines[0].strip("|").split("|"))
    assert ">=" in requirement and (name[0] == "hatchling" or "<" in requirement)


FROM_NPM = set(re.findall(r"[\w-]+(?=@\d)", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))


def test_the_page_names_no_dependency_that_is_gone() -> None:
    known = {re.split(r"[<>=]", requirement)[0] for requirement in requirements()}
    listed = re.findall(r"^\| (\w[\w.-]*) \|", PAGE, flags=re.MULTILINE)
    assert set(listed) - {"package", *FROM_NPM} == known
