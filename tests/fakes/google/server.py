"""A Google for the tests: Sheets v4, Drive v3 and the token endpoint, over real HTTPS, judged by Google's own contract.

The real gspread and google-auth speak to it, in the tests' process and in the command line's. This module owns what
happens to a call: whose it is, scopes, quota, faults, counting, and that answer and question keep to the discovery
documents. The fixture `google` starts one for a test:

    def test_look(google, sheetgd, lesson):
        file = google.add("lesson", from_xlsx=lesson)
        sheetgd("run", file.url)
        assert google.count() == {"token": 1, "read": 1, "write": 1}
        assert file.book.value("C7") == ...

    google.type(file, "C7", True)                 as the teacher in the browser
    google.meanwhile("write", lambda: google.type(file, "C7", 1))   between sheetgd's read and its write
    google.add(share="reader"), google.add(share=None), google.add(locale="de_DE", cells={"A1": "=0.5"})
    google.sign_in()                              the teacher's own OAuth instead of the service account
    google.fail("write", 503, after=True)         the effect takes place, the answer is lost
    google.fail("read", "cut"), ("*", "reset"), ("token", "hang"), ("read", 429, retry_after=1, times=3)
    google.leave_out("write", "updatedSpreadsheet"), ("read", "sheets.data")    an answer without a part
    google.offline(2)                             two look-ups of a name fail, the third succeeds
    google.tokens.forget()                        access tokens no longer count: 401, new ones can be had
    google.tokens.revoked = True                  invalid_grant
    google.drive.lag = 3                          seconds until files.list knows of a new file
    google.drive.add(…, shared_drive=True)        a folder of a shared drive: supportsAllDrives, or it is not there
    google.disabled.add("sheets.googleapis.com")  403 SERVICE_DISABLED
    google.clock.advance(61)                      quota counts by this clock, and so do tokens and modifiedTime
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from .answers import as_json, disabled, quota_detail, quota_message, scope_missing
from .contract import ApiError, Json, Method, contract, unimplemented
from .drive import SPREADSHEET, Drive, File
from .http import Listener, Reply, Request, install
from .methods import METHODS
from .sheets import Spreadsheet
from .tokens import (
    ROBOT,
    TEACHER,
    Granted,
    OAuthError,
    Tokens,
    authorized_user,
    service_account,
    write_json,
)
from .xlsx import read_xlsx

PER_USER, PER_PROJECT, WINDOW = 60, 300, 60.0
READS = {"sheets.spreadsheets.get", "sheets.spreadsheets.getByDataFilter"}
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Clock:
    """The server's time: the real one, moved on as a test says."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += seconds


@dataclass(frozen=True)
class Call:
    """A call that was made: the method's id, its kind (read, write, drive, token), whose it was, and the answer."""

    id: str
    kind: str
    user: str
    status: int | str
    query: dict[str, list[str]]
    body: Any
    answer: bytes

    @property
    def size(self) -> int:
        """The bytes of the answer."""
        return len(self.answer)

    @property
    def tabs(self) -> list[str]:
        """The titles of the sheets that the answer shows."""
        shown = json.loads(self.answer)
        return [sheet["properties"]["title"] for sheet in shown.get("updatedSpreadsheet", shown)["sheets"]]


@dataclass
class Fault:
    """A fault to come: at calls of a method, before or after its effect."""

    call: str
    what: int | str
    after: bool
    times: int
    skip: int
    retry_after: str | None

    def meets(self, id: str, kind: str) -> bool:
        """Whether it strikes at this call; counts down."""
        if self.times <= 0 or not matches(self.call, id, kind):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    def reply(self, whole: Reply | None) -> Reply:
        """What the client gets instead of the answer."""
        if self.what in ("filter", "portal"):
            status, words = (
                (403, b"Blocked by the school's web filter") if self.what == "filter" else (200, b"Welcome")
            )
            page = b"<!DOCTYPE html><html><title>" + words + b"</title></html>"
            return Reply(status, page, {"Content-Type": "text/html"})
        if isinstance(self.what, str) and self.what not in ("cut", "reset", "hang"):
            error = ApiError(403, f"Drive says {self.what}", reason=self.what)
            return as_json(403, error.body())
        if isinstance(self.what, str):
            reply = whole or Reply(200, b'{"spreadsheetId": "cut before its end"}')
            return Reply(reply.status, reply.body, reply.headers, self.what)
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        if self.what == 502:
            page = (
                b"<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p>That's an error."
            )
            return Reply(502, page, {**headers, "Content-Type": "text/html; charset=UTF-8"})
        if self.what == 403:
            error = ApiError(403, "User Rate Limit Exceeded", reason="userRateLimitExceeded")
            return as_json(403, error.body(), headers)
        said = {429: quota_message("Read", "per minute per user"), 500: "Internal error encountered."}
        error = ApiError(self.what, said.get(self.what, "The service is currently unavailable."))
        return as_json(self.what, error.body(), headers)


@dataclass
class Google:
    """The server; see the module's text for its use."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    disabled: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    waiting: list[tuple[str, Callable[[], None]]] = field(default_factory=list)
    gaps: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.clock)
        self.drive = Drive(self.clock)
        self.lock = threading.RLock()
        self.spent: dict[tuple[str, str], deque[float]] = {}
        self.listener = Listener(self.answer)
        self.site, self.resolver = install(self.folder, self.listener.port)
        self.config = self.folder / "home" / ".config" / "gspread"
        if os.name == "nt":
            self.config = self.folder / "home" / "gspread"
        self.key = write_json(self.config / "service_account.json", service_account())

    # -- for tests -----------------------------------------------------------------------------------------------------
    def add(
        self,
        title: str = "lesson",
        from_xlsx: str | os.PathLike[str] | None = None,
        *,
        cells: dict[str, Any] | None = None,
        share: str | None = "writer",
        locale: str = "en_US",
        parents: list[str] | None = None,
    ) -> File:
        """A teacher's spreadsheet, shared with the service account as `share` (None: not at all)."""
        file = self.drive.add(title, SPREADSHEET, TEACHER, parents)
        assert file.book is not None
        file.book.locale = locale
        if share:
            file.roles[ROBOT] = share
        if from_xlsx is not None:
            read_xlsx(file.book, from_xlsx)
        for address, value in (cells or {}).items():
            file.book.put(address, value)
        return file

    def type(
        self, file: File, address: str, value: Any, sheet: str | None = None, user: str = TEACHER
    ) -> None:
        """Type into a cell as a person does in the browser; Drive's modifiedTime moves on."""
        assert file.book is not None
        with self.lock:
            file.book.put(address, value, sheet)
            self.drive.touch(file, user)

    def sign_in(self, *scopes: str) -> Path:
        """Take the service account's key away and let the teacher be signed in; the path of authorized_user.json."""
        self.key.unlink(missing_ok=True)
        granted = scopes or ("spreadsheets", "drive")
        return write_json(self.config / "authorized_user.json", authorized_user(self.tokens, granted))

    def fail(
        self,
        call: str,
        what: int | str,
        *,
        after: bool = False,
        times: int = 1,
        skip: int = 0,
        retry_after: int | str | None = None,
    ) -> None:
        """Let the next calls of a method ("get", "batchUpdate"), of a kind ("read", "write", "token") or "*" fail.

        `what` is a status (429, 500, 502, 503, and 403 as Drive says it), "cut", "reset", "hang", the page of a web
        "filter" (403) or of a network to sign in to, a "portal" (200), or a reason for Drive's 403 such as
        "domainPolicy"; `after` means that the effect takes place.
        """
        assert isinstance(what, str) or what in (403, 429, 500, 502, 503), what
        self.faults.append(
            Fault(call, what, after, times, skip, None if retry_after is None else str(retry_after))
        )

    def leave_out(self, call: str, path: str, times: int = 1) -> None:
        """Let the next answers to a method or kind of call lack a part, such as "updatedSpreadsheet.sheets.data"."""
        self.gaps += [(call, path)] * times

    def meanwhile(self, call: str, action: Callable[[], None]) -> None:
        """Let something happen just before the next call of a method or kind takes effect."""
        self.waiting.append((call, action))

    def offline(self, lookups: int) -> None:
        """Let the network be gone until so many look-ups of a name have failed."""
        (self.folder / "offline").write_text(str(lookups), encoding="utf-8")
        self.listener.hang_up()

    def count(self) -> dict[str, int]:
        """How many calls of each kind there were: token, read, write, drive."""
        return dict(Counter(call.kind for call in self.calls))

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find this Google and the credentials."""
        paths = [str(self.site), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        home = str(self.folder / "home")
        return {
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
            "REQUESTS_CA_BUNDLE": str(self.folder / "ca.pem"),
            "NO_PROXY": "*",
            "HOME": home,
            "USERPROFILE": home,
            "APPDATA": home,
            "XDG_CONFIG_HOME": str(self.folder / "home" / ".config"),
        }

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        """Let this process, and those that it starts, find this Google."""
        for name, value in self.environment.items():
            patch.setenv(name, value)
        patch.setattr(socket, "getaddrinfo", socket.getaddrinfo)  # so that it is put back
        exec(self.resolver, {})

    # -- a call --------------------------------------------------------------------------------------------------------
    def answer(self, request: Request) -> Reply:
        """Answer one request, with the faults that are due."""
        if (
            request.host == "iamcredentials.googleapis.com"
        ):  # google-auth's own, in the background: no call of ours
            return as_json(404, ApiError(404, "Requested entity was not found.").body())
        with self.lock:
            id, kind = self.name(request)
            for waits in [waits for waits in self.waiting if matches(waits[0], id, kind)]:
                self.waiting.remove(waits)
                waits[1]()
            due = [fault for fault in self.faults if fault.meets(id, kind)][:1]
            if due and not due[0].after:
                reply, user = due[0].reply(None), ""
            else:
                whole, user = self.whole(request, id)
                reply = due[0].reply(whole) if due else whole
            status = reply.status if reply.how == "whole" else reply.how
            self.calls.append(Call(id, kind, user, status, request.query, shown_body(request), reply.body))
            return reply

    def name(self, request: Request) -> tuple[str, str]:
        """The method's id and the kind of call."""
        if request.host == "oauth2.googleapis.com":
            return "token", "token"
        found = self.find(request)
        if found is None:
            return f"{request.verb} {request.host}{request.path}", "unknown"
        if found[0].contract.name == "drive":
            return found[0].id, "drive"
        return found[0].id, "read" if request.verb == "GET" or found[0].id in READS else "write"

    def find(self, request: Request) -> tuple[Method, dict[str, str]] | None:
        for name, hosts in (
            ("sheets.v4", ["sheets.googleapis.com"]),
            ("drive.v3", ["www.googleapis.com", "drive.googleapis.com"]),
        ):
            if request.host in hosts:
                return contract(name).find(request.verb, request.path)
        return None

    def whole(self, request: Request, id: str) -> tuple[Reply, str]:
        """The answer without any fault, and whose call it was."""
        user = ""
        try:
            if id == "token":
                form = parse_form(request.body)
                return as_json(200, self.tokens.exchange(form)), self.tokens.asked[-1][0]
            who = self.tokens.who(request.headers.get("authorization"))
            user = who.user
            answer = self.call(request, who)
            for gap in [gap for gap in self.gaps if matches(gap[0], *self.name(request))][:1]:
                self.gaps.remove(gap)
                answer = without(answer, gap[1].split("."))
            return as_json(200, answer), user
        except OAuthError as error:
            return as_json(400, {"error": error.error, "error_description": error.description}), user
        except ApiError as error:
            if error.code == 501:
                self.problems.append(error.message)
            return as_json(error.code, error.body()), user
        except Exception:  # a fault of the test server's own must fail the test
            self.problems.append(traceback.format_exc())
            return as_json(500, ApiError(500, "the test server has a bug").body()), user

    def call(self, request: Request, who: Granted) -> Json:
        """Judge a call, carry it out, and judge the answer."""
        found = self.find(request)
        if found is None:
            raise ApiError(404, f"The requested URL {request.path} was not found on this server.")
        method, parameters = found
        service = f"{method.contract.name}.googleapis.com"
        if service in self.disabled:
            raise disabled(service)
        if not method.allows(set(who.scopes)):
            raise scope_missing(service, method.id)
        if method.contract.name == "sheets":
            self.spend(who.user, "Read" if request.verb == "GET" or method.id in READS else "Write")
        method.check_query(request.query)
        query = {name: values[-1] for name, values in request.query.items()}
        do = METHODS.get(method.id)
        if do is None:
            raise unimplemented(method.id)
        answer = do(self, method, parameters, query, request, who)
        method.check_answer(answer)
        return answer

    def spend(self, user: str, kind: str) -> None:
        """Count a call against the quota of the user and of the project; a 429 where it is used up."""
        now = self.clock()
        for holder, limit, words in (
            (user, PER_USER, "per minute per user"),
            ("", PER_PROJECT, "per minute"),
        ):
            times = self.spent.setdefault((holder, kind), deque())
            while times and times[0] <= now - WINDOW:
                times.popleft()
            if len(times) >= limit:
                raise ApiError(429, quota_message(kind, words), [quota_detail(kind, words, limit)])
        for holder in (user, ""):
            self.spent[holder, kind].append(now)

    def book(self, id: str, who: Granted, write: bool) -> tuple[File, Spreadsheet]:
        """A spreadsheet that the user may read, or write, or the error that Sheets gives."""
        file = self.drive.files.get(id)
        if file is None or file.trashed:
            raise ApiError(404, "Requested entity was not found.")
        role = self.drive.role(file, who.user)
        if role is None or (write and role in ("reader", "commenter")):
            raise ApiError(403, "The caller does not have permission")
        if all(scope.endswith("/drive.file") for scope in who.scopes) and file.client != who.client:
            raise ApiError(404, "Requested entity was not found.")
        if file.book is None:
            said = "This operation is not supported for this document"
            raise ApiError(400, said, status="FAILED_PRECONDITION")
        return file, file.book

    def close(self) -> None:
        """End the server."""
        self.listener.close()


def matches(call: str, id: str, kind: str) -> bool:
    """Whether a call's id or kind is meant."""
    return call in ("*", kind, id, id.rpartition(".")[2])


def without(answer: Any, path: list[str]) -> Any:
    """An answer without the part at a path, in each item of a list on the way."""
    if isinstance(answer, list):
        return [without(item, path) for item in answer]
    first, *rest = path
    kept = {name: item for name, item in answer.items() if name != first}
    return {**kept, first: without(answer[first], rest)} if rest and first in answer else kept


def parse_form(body: bytes) -> dict[str, str]:
    """A form as name and value."""
    return dict(parse_qsl(body.decode()))


def shown_body(request: Request) -> Any:
    """A request's JSON for the list of calls; None for anything else."""
    try:
        return json.loads(request.body)
    except ValueError:
        return None


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """A Google of its own for the test, found by this process and by those it starts."""
    started = Google(tmp_path / "google")
    started.patch(monkeypatch)
    try:
        yield started
    finally:
        started.close()
    assert not started.problems, "\n".join(started.problems)
