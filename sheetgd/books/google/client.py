"""Calls to Google Sheets: one place through which every call goes, with patience for faults that pass.

A call is repeated as it is. That does no harm, because what sheetgd writes is the same when it is written twice.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import gspread
import requests
from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from gspread.exceptions import APIError
from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, JSONDecodeError, RequestException
from urllib3 import BaseHTTPResponse
from urllib3.util.retry import Retry

from .credentials import WRITE, find_user
from .errors import Intercepted, is_page, not_accepted, refused, unreachable

Json = dict[str, Any]
log = logging.getLogger(__name__)

DRIVE = "https://www.googleapis.com/drive/"
UPLOADS = "https://www.googleapis.com/upload/"
RETRIES = 7
TOKEN_RETRIES = 2  # for google-auth itself tries three times
SAID_AFTER, SAID_AGAIN = 10.0, 60.0  # seconds of waiting after which a line says so, and says so again
TIMEOUT = (10.0, 90.0)  # seconds to connect, and to wait for an answer
_CUT_OFF = (ChunkedEncodingError, ContentDecodingError, JSONDecodeError)  # answers that began well
LONGEST_WAIT = 120.0  # seconds between two tries, whatever the server asks for


class Patience(Retry):
    """Tries again after faults that pass: later each time, at irregular intervals, and when the server asks for it.

    `before_retry` is called when the wait is over.
    """

    def __init__(self, *words: Any, before_retry: Callable[[], None] = lambda: None, **more: Any) -> None:
        super().__init__(*words, **more)
        self.before_retry = before_retry

    def new(self, **changes: Any) -> Patience:
        return super().new(before_retry=self.before_retry, **changes)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        super().sleep(response)
        self.before_retry()

    def get_backoff_time(self) -> float:
        """Something between half and all of 1, 2, 4 … seconds, from the first retry on."""
        tries = len(self.history)
        return random.uniform(0.5, 1.0) * min(2.0 ** (tries - 1), LONGEST_WAIT) if tries else 0.0

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, LONGEST_WAIT)


def patient(
    session: requests.Session,
    retries: int,
    before_retry: Callable[[], None] = lambda: None,
    *,
    at: str = "https://",
    methods: Collection[str] | None = None,
) -> None:
    """Give the session patience for so many retries, fewer where nothing answers, of some methods or all."""
    patience = Patience(
        total=retries,
        connect=min(retries, 4),
        read=min(retries, 3),
        other=1,
        allowed_methods=methods,
        status_forcelist={429, 500, 502, 503, 504},
        raise_on_status=False,
        before_retry=before_retry,
    )
    session.mount(at, HTTPAdapter(max_retries=patience))


class TokenRequest(Request):
    """A call to the token endpoint: google-auth takes any answer with the status 200 for a token."""

    def __call__(self, url: str, *words: Any, **more: Any) -> Any:
        response = super().__call__(url, *words, **more)  # type: ignore[no-untyped-call]
        if response.status < 500 and (is_page(response.headers.get("Content-Type")) or _is_none(response)):
            raise Intercepted(url)
        return response


def _is_none(response: Any) -> bool:
    """Whether a successful answer is no JSON object."""
    try:
        return response.status == 200 and not isinstance(json.loads(response.data), dict)
    except ValueError:
        return True


class Google:
    """The connection of one user, who has the rights for some scopes; many books can share it.

    `before_call` is called with the kind ("read", "write", "drive") before each call and each retry of one: a caller of
    many calls waits there. A caller that tries again by itself needs fewer `retries`; `timeout` is seconds to connect
    and to wait for an answer.
    """

    def __init__(
        self, *scopes: str, retries: int = RETRIES, timeout: tuple[float, float] | None = None
    ) -> None:
        self.scopes = list(scopes or [WRITE])
        self.user = find_user(self.scopes)
        self.before_call: Callable[[str], None] = lambda kind: None
        self._kind, self._is_said = "", False
        for_tokens = requests.Session()
        patient(for_tokens, min(retries, TOKEN_RETRIES))
        self.session = AuthorizedSession(self.user.credentials, auth_request=TokenRequest(for_tokens))
        patient(self.session, retries, lambda: self.before_call(self._kind))
        # What makes something in Drive is never repeated blindly (see drive.py).
        patient(self.session, retries, lambda: self.before_call(self._kind), at=DRIVE, methods={"GET"})
        self.session.mount(UPLOADS, HTTPAdapter(max_retries=Retry(total=0, connect=3, backoff_factor=1)))
        self._http = gspread.authorize(None, session=self.session).http_client  # type: ignore[arg-type]
        self.timeout = timeout or TIMEOUT
        self._http.set_timeout(self.timeout)

    def read(self, key: str, fields: str) -> Json:
        """A spreadsheet, as far as the field mask reaches."""
        return self.call("read", "get", SPREADSHEET_URL % key, {"fields": fields})

    def read_areas(self, key: str, areas: list[Json], fields: str, sheets: Iterable[str] = ()) -> Json:
        """Areas of a spreadsheet (GridRanges), and whole sheets by their names, as far as the field mask reaches."""
        filters = [*({"gridRange": area} for area in areas), *({"a1Range": name} for name in sheets)]
        body = {"dataFilters": filters}
        return self.call("read", "post", f"{SPREADSHEET_URL % key}:getByDataFilter", {"fields": fields}, body)

    def write(self, key: str, changes: list[Json], fields: str, ranges: Sequence[str] = ()) -> Json:
        """Change a spreadsheet, all or nothing; the answer to it, as far as the field mask and the ranges reach."""
        body: Json = {
            "requests": changes,
            "includeSpreadsheetInResponse": True,
            "responseIncludeGridData": True,
        }
        if ranges:
            body["responseRanges"] = list(ranges)
        return self.call("write", "post", SPREADSHEET_BATCH_UPDATE_URL % key, {"fields": fields}, body)

    def call(
        self, kind: str, method: str, url: str, params: Json, body: Mapping[str, Any] | None = None
    ) -> Json:
        """One call ("read", "write" or "drive") and its answer, or an error in words."""
        try:
            with self.saying_so():
                try:
                    return self._once(kind, method, url, params, body)
                except (RequestException, TransportError) as error:
                    if not isinstance(error.__cause__ or error, _CUT_OFF) or (kind, method) == (
                        "drive",
                        "post",
                    ):
                        raise
                    return self._once(kind, method, url, params, body)
        except APIError as error:
            raise refused(error.response, self.user, writing=kind == "write") from None
        except RefreshError as error:
            raise not_accepted(error, self.user) from None
        except (RequestException, TransportError) as error:
            raise unreachable(error, writing=kind == "write") from None

    def _once(self, kind: str, method: str, url: str, params: Json, body: Mapping[str, Any] | None) -> Json:
        self._kind = kind
        self.before_call(kind)
        response = self._http.request(method, url, params=params, json=body)
        if is_page(response.headers.get("Content-Type")):
            raise Intercepted(url)
        answer: Json = response.json()
        return answer

    @contextmanager
    def saying_so(self) -> Iterator[None]:
        """Say after some seconds that what goes on here waits for Google (as a warning of the logger)."""
        if self._is_said:  # by who calls
            yield
            return
        done, began = threading.Event(), time.monotonic()

        def tell() -> None:
            pause = SAID_AFTER
            while not done.wait(pause):
                log.warning(
                    "Still waiting for Google after %.0f seconds; Ctrl-C stops.", time.monotonic() - began
                )
                pause = SAID_AGAIN

        threading.Thread(target=tell, daemon=True).start()
        self._is_said = True
        try:
            yield
        finally:
            self._is_said = False
            done.set()

    def upload(self, url: str, metadata: Json, content: bytes, kind: str) -> Json:
        """Send a file to Drive, once: a second try could make a second file."""
        mark = secrets.token_hex(16)
        head = f"--{mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(metadata)}\r\n"
        body = (
            f"{head}--{mark}\r\nContent-Type: {kind}\r\n\r\n".encode() + content + f"\r\n--{mark}--".encode()
        )
        try:
            with self.saying_so():
                response = self.session.post(
                    url,
                    params={"uploadType": "multipart", "fields": "id", "supportsAllDrives": "true"},
                    data=body,
                    headers={"Content-Type": f"multipart/related; boundary={mark}"},
                    timeout=self.timeout,
                )
            if not response.ok or is_page(response.headers.get("Content-Type")):
                raise refused(response, self.user, writing=False)
            answer: Json = response.json()
        except RefreshError as error:
            raise not_accepted(error, self.user) from None
        except (RequestException, TransportError) as error:
            raise unreachable(error, writing=False) from None
        return answer

    def close(self) -> None:
        """Close the connections."""
        self.session.close()


WINDOW = 60.0  # seconds
MOST_CALLS = 54  # in these: fewer than are allowed, as calls arrive later than they are sent
REST = 30.0  # seconds without a call after Google has refused one: somebody else uses the same quota


class Quota:
    """Counts the calls of the last minute, each kind ("read", "write") for itself.

    >>> quota = Quota()
    >>> for _ in range(54):
    ...     quota("read")
    >>> quota.delay("read") > 50, quota.delay("write")
    (True, 0.0)
    """

    def __init__(self) -> None:
        self._sent: dict[str, deque[float]] = {}
        self._resting = 0.0  # until then, by time.monotonic

    def rest(self) -> None:
        """Let no call be made for a while."""
        self._resting = time.monotonic() + REST

    def delay(self, kind: str, spare: int = 0) -> float:
        """Seconds until a call may be made that leaves so many others to spare."""
        sent, now = self._sent.setdefault(kind, deque()), time.monotonic()
        while sent and sent[0] <= now - WINDOW:
            sent.popleft()
        room = MOST_CALLS - spare - len(sent)
        free = sent[-room] + WINDOW if room <= 0 and sent else now
        return max(free, self._resting, now) - now

    def __call__(self, kind: str) -> None:
        """Wait until a call may be made, and count it."""
        while delay := self.delay(kind):
            time.sleep(delay)
        self._sent[kind].append(time.monotonic())
