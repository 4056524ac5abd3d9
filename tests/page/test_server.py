"""Who is let in by the page's server, and what it says when something is wrong."""

from __future__ import annotations

import http.client
import shutil
import socket
from argparse import Namespace
from pathlib import Path

import pytest
from pages import served
from visitors import Visitor
from visitors import folder as folder  # fixtures
from visitors import guest as guest

from conftest import ROOT, CommandLine
from sheetgd.cli.open import command
from sheetgd.errors import UsageError


@pytest.fixture
def visitor(guest: Visitor, folder: Path) -> Visitor:
    """One that was let in, to a.xlsx as it is new."""
    for path in folder.glob("*a*.xlsx"):
        path.unlink()
    shutil.copy(ROOT / "templates" / "descent.xlsx", folder / "a.xlsx")
    guest.do("open", book="a.xlsx")
    return guest


def test_only_the_browser_with_the_token_is_let_in(visitor: Visitor) -> None:
    stranger = Visitor(visitor.server)
    own = f"http://{stranger.home}"
    for path in ("/", "/main.js", "/?token=wrong", "/api/events"):
        assert stranger.ask("GET", path)[0] == 403
    assert stranger.ask("POST", "/api/state", {}, Origin=own)[0] == 403
    stranger.come_in()
    assert "HttpOnly" in stranger.headers["Set-Cookie"] and "strict" in stranger.headers["Set-Cookie"].lower()
    assert stranger.ask("GET", "/")[0] == 200
    assert "default-src 'none'" in stranger.headers["Content-Security-Policy"]
    for host in ("evil.example", f"evil.example:{stranger.server.port}", "127.0.0.1"):  # DNS rebinding
        assert stranger.ask("GET", "/", Host=host)[0] == 403
        assert stranger.ask("POST", "/api/epoch", {}, Host=host, Origin=f"http://{host}")[0] == 403
    for headers in (
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": own, "Sec_Fetch_Site": "cross-site"},
    ):  # another site's page
        assert stranger.ask("POST", "/api/epoch", {}, **headers)[0] == 403
    status, state = stranger.do("state")
    assert (status, state["epoch"]) == (200, 0)  # none of them took a step


def test_only_what_is_new_is_sent(visitor: Visitor) -> None:
    whole = visitor.do("state")[1]
    news = visitor.do("epoch", since=whole["version"])[1]
    assert news["since"] == whole["version"] and not {"points", "table", "names"} & news["changed"].keys()
    longer = {key: whole[key] + more for key, more in news["grown"].items()}
    assert longer["path"] == [[1, 1], longer["path"][-1]]
    seen = {**whole, **news["changed"], **longer}
    assert seen == visitor.do("state")[1]  # another page, which knows nothing yet
    assert "since" not in visitor.do("epoch", since=whole["version"])[1]  # nor does one that fell behind


def test_only_the_folder_of_the_workbook_is_open(visitor: Visitor, folder: Path) -> None:
    shutil.copy(folder / "a.xlsx", folder.parent / f"{folder.name}.xlsx")
    for name in (
        f"../{folder.name}.xlsx",
        f"{folder.parent}/{folder.name}.xlsx",
        "/etc/passwd",
        "missing.xlsx",
    ):
        status, answer = visitor.do("open", book=name)
        assert status == 409 and answer["error"] == f"There is no workbook {name} in {folder}."
    for path in ("/../view.py", "/%2e%2e/view.py", "/..%2fview.py"):
        assert visitor.ask("GET", path)[0] == 404
    assert visitor.ask("POST", "/api/epoch", [1], Origin=f"http://{visitor.home}")[0] == 400
    assert visitor.do("format", disk="c")[1]["error"] == "There is no button format."


def test_it_listens_on_this_computer_only(visitor: Visitor) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.settimeout(5)
        with pytest.raises(OSError):
            other.connect(("127.0.0.2", visitor.server.port))  # as every address but 127.0.0.1


def test_a_port_that_is_taken(sheetgd: CommandLine, visitor: Visitor) -> None:
    port = visitor.server.port
    done = sheetgd("open", "a.xlsx", "--port", port, "--no-browser")
    assert done.code == 2
    assert done.err == f"port {port} is taken by another program; name another, or leave --port out.\n"


def test_without_the_extra_it_is_said_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sheetgd.cli.open.find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(UsageError) as refused:
        command(Namespace())
    assert str(refused.value) == (
        'the page needs Starlette and uvicorn, which are not installed; run: pip install "sheetgd[page]", or, where '
        "pipx installed sheetgd: pipx inject sheetgd starlette uvicorn."
    )


# The server, but less patient.
IMPATIENT = """
import runpy, sheetgd.page.server
sheetgd.page.server.PATIENCE = 0.5
runpy.run_module("sheetgd", run_name="__main__")
"""


def test_the_server_on_the_port_asked_for_ends_when_its_last_page_is_closed(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with served(tmp_path, "--port", str(port), program=("-c", IMPATIENT)) as server:
        assert server.port == port
        visitor = Visitor(server)
        visitor.come_in()
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        page.request("GET", "/api/events", headers={"Host": visitor.home, "Cookie": visitor.cookie})
        assert page.getresponse().readline().startswith(b"data: ")
        assert visitor.do("choice")[0] == 200 and server.process.poll() is None  # while it is open
        page.close()
        assert server.process.wait(20) == 0


def test_the_server_ends_with_its_last_page(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    from sheetgd.page.server import PATIENCE, OpenPages

    pages, now = OpenPages(), [100.0]
    monkeypatch.setattr("sheetgd.page.server.time.monotonic", lambda: now[0])
    assert not pages.are_gone()  # before the first has come
    pages.come()
    pages.come()
    pages.go()
    now[0] += 2 * PATIENCE
    assert not pages.are_gone()
    pages.go()
    assert not pages.are_gone()
    now[0] += 2 * PATIENCE
    assert pages.are_gone()
