"""What was asked of Google and what it answered, without secrets, and how two such records differ."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import requests

Json = dict[str, Any]
HIDDEN = frozenset(
    "emailAddress displayName photoLink permissionId owners lastModifyingUser user users editors "
    "spreadsheetUrl webViewLink access_token refresh_token iconLink thumbnailLink".split()
)
# What differs from call to call without meaning anything, as far as its kind goes.
NAMED = re.compile(
    r"(?P<ID>\b[A-Za-z0-9_-]{25,}\b)|(?P<ADDRESS>[^\s@\"']+@[^\s@\"']+)|(?P<NUMBER>\b\d{9,}\b)"
    r"|(?P<TIME>\d{4}-\d\d-\d\dT[\d:.]+Z)|(?P<TOKEN>ya29\.\S+|sheetgd_grid_[0-9a-f]+)"
)


@dataclass
class Call:
    """One call: what was asked, the status, the kind of the answer, the answer, and how long it took."""

    step: str
    asked: str
    body: Any
    status: int
    kind: str
    answer: Any
    seconds: float
    begun: float


@dataclass
class Recording:
    """All calls that go through requests; `before` is called with what is about to be asked."""

    calls: list[Call] = field(default_factory=list)
    step: str = ""
    before: Callable[[str, Json], None] = lambda asked, query: None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Record what this process sends."""
        send = requests.Session.send

        def recorded(session: requests.Session, request: Any, **more: Any) -> Any:
            host, _, rest = request.url.partition("://")[2].partition("/")
            path, _, query = rest.partition("?")
            asked = f"{request.method} {host}/{path}"
            fields = dict(parse_qsl(query))
            self.before(asked, fields)
            response = send(session, request, **more)
            if "iamcredentials" not in host and host.endswith("googleapis.com"):
                self.calls.append(self._call(asked, request, response))
            return response

        requests.Session.send = recorded  # type: ignore[method-assign]
        try:
            yield
        finally:
            requests.Session.send = send  # type: ignore[method-assign]

    def _call(self, asked: str, request: Any, response: Any) -> Call:
        took = response.elapsed.total_seconds()
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if "oauth2" in asked:  # of which nothing but the outcome is kept
            return Call(self.step, asked, None, response.status_code, kind, None, took, 0.0)
        return Call(
            self.step,
            without_names(asked),
            clean(parsed(request.body)),
            response.status_code,
            kind,
            clean(parsed(response.content)),
            took,
            time.monotonic() - took,
        )


def parsed(body: Any) -> Any:
    """JSON, or nothing of anything else: an upload, a page."""
    try:
        return json.loads(body or "null")
    except (ValueError, UnicodeDecodeError):
        return None


def clean(value: Any) -> Any:
    """An answer without names, addresses, tokens and ids."""
    if isinstance(value, dict):
        return {name: "…" if name in HIDDEN else clean(item) for name, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return without_names(value) if isinstance(value, str) else value


def without_names(text: str) -> str:
    """
    >>> without_names("GET sheets.googleapis.com/v4/spreadsheets/1aB3_-1aB3_-1aB3_-1aB3_-1aB3_-")
    'GET sheets.googleapis.com/v4/spreadsheets/ID'
    """
    return NAMED.sub(lambda found: str(found.lastgroup), text)


# -- comparing ---------------------------------------------------------------------------------------------------------
def shape(value: Any, path: str = "") -> set[str]:
    """Which fields an answer has, whatever is in them; for a list, what any of its items has.

    >>> sorted(shape({"a": [{"b": 1}, {"c": "x"}]}))
    ['a[]', 'a[].b: number', 'a[].c: text']
    """
    if isinstance(value, dict):
        found = {name: shape(item, f"{path}.{name}".lstrip(".")) for name, item in value.items()}
        return set().union(*found.values()) if found else {f"{path}: {{}}"}
    if isinstance(value, list):
        return {f"{path}[]"}.union(*(shape(item, f"{path}[]") for item in value))
    kind = {bool: "truth", int: "number", float: "number", str: "text"}.get(type(value), "nothing")
    return {f"{path}: {kind}"}


def numbers(value: Any) -> list[float]:
    """All numbers that cells show, in order."""
    if isinstance(value, dict):
        if "numberValue" in value:
            return [float(value["numberValue"])]
        return [number for name, item in sorted(value.items()) for number in numbers(item)]
    return [number for item in value for number in numbers(item)] if isinstance(value, list) else []


def differences(google: list[Call], stand_in: list[Call]) -> list[str]:
    """In which calls the stand-in would have said something else, step by step."""
    found: list[str] = []
    for step in dict.fromkeys(call.step for call in [*google, *stand_in]):
        theirs, ours = ([call for call in calls if call.step == step] for calls in (google, stand_in))
        if [call.asked for call in theirs] != [call.asked for call in ours]:
            found.append(
                f"{step}: {len(theirs)} calls to Google, {len(ours)} to the stand-in, in this order:"
            )
            found += [f"    Google: {call.asked} ({call.status})" for call in theirs]
            found += [f"    stand-in: {call.asked} ({call.status})" for call in ours]
            continue
        for one, other in zip(theirs, ours, strict=True):
            found += [f"{step}: {one.asked}: {why}" for why in _differ(one, other)]
    return list(dict.fromkeys(found))


def _differ(google: Call, stand_in: Call) -> Iterator[str]:
    if (google.status, google.kind) != (stand_in.status, stand_in.kind):
        yield f"Google said {google.status} ({google.kind}), the stand-in {stand_in.status} ({stand_in.kind})"
        if google.status >= 400:
            yield f"Google said {json.dumps(google.answer)[:300]}"
        return
    more, less = (
        sorted(shape(google.answer) - shape(stand_in.answer)),
        sorted(shape(stand_in.answer) - shape(google.answer)),
    )
    if more:
        yield f"only Google says {', '.join(more[:8])}" + f" and {len(more) - 8} more" * (len(more) > 8)
    if less:
        yield f"only the stand-in says {', '.join(less[:8])}" + f" and {len(less) - 8} more" * (len(less) > 8)
    theirs, ours = numbers(google.answer), numbers(stand_in.answer)
    if len(theirs) == len(ours):
        apart = [pair for pair in zip(theirs, ours, strict=True) if not _near(*pair)]
        if apart:
            yield f"{len(apart)} numbers differ, the first: Google {apart[0][0]!r}, the stand-in {apart[0][1]!r}"


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))
