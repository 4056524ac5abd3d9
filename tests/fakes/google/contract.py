"""Google's own description of its interfaces, as the judge of what crosses the wire.

The discovery documents of Sheets v4 and Drive v3 ship in google-api-python-client. This module finds the method that
a request calls, checks query, body and field masks as Google does (an unknown field is a 400 in Google's words) and
checks that the test server's own answers are ones that Google could give.
"""

from __future__ import annotations

import importlib.util
import json
import math
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

PASSED_OVER = {"withLink", "includeItemsFromAllDrives"}  # gspread sends them and Drive does not mind

Json = dict[str, Any]
Mask = dict[str, Any]  # a field's name to the mask below it; an empty one takes everything

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """An error as Google answers it: a `reason` and the like make it one in Drive's older shape."""

    def __init__(
        self, code: int, message: str, details: list[Json] | None = None, status: str = "", **drive: str
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.details, self.drive = code, message, details or [], drive
        self.status = status or STATUS[code]

    def body(self) -> Json:
        """The JSON that Google sends with it."""
        if self.drive:
            first = {"message": self.message, "domain": "global", **self.drive}
            return {"error": {"code": self.code, "message": self.message, "errors": [first]}}
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        return {"error": {**error, "details": self.details} if self.details else error}


class NotGoogles(AssertionError):
    """The test server was about to answer something that Google's description does not allow."""


def unimplemented(what: str) -> ApiError:
    """What the test server cannot do is said, never silently passed over."""
    return ApiError(501, f"the test server does not do this: {what}")


@dataclass(frozen=True)
class Method:
    """One method of an interface, as the discovery document describes it."""

    contract: Contract
    id: str
    description: Json = field(hash=False)

    @property
    def answers(self) -> str | None:
        """The name of the answer's schema."""
        return self.description.get("response", {}).get("$ref")

    def allows(self, scopes: set[str]) -> bool:
        """Whether one of the scopes is enough for it."""
        return bool(scopes & set(self.description["scopes"]))

    def check_query(self, query: dict[str, list[str]]) -> None:
        """Unknown and ill-typed query parameters are a 400."""
        known = {**self.contract.document["parameters"], **self.description.get("parameters", {})}
        for name, values in query.items():
            if name in PASSED_OVER:
                continue
            if name not in known:
                raise invalid_json(f"Unknown name \"{name}\": Cannot bind query parameter. Field '{name}'")
            for value in values:
                check_text(value, known[name], name)
            if len(values) > 1 and not known[name].get("repeated"):
                raise ApiError(400, f"Invalid value at '{name}' (TYPE_STRING), repeated")

    def check_body(self, body: Any) -> None:
        """The request's JSON against its schema."""
        wanted = self.description.get("request", {}).get("$ref")
        if wanted is None:
            if body:
                raise ApiError(400, "this method takes no body")
            return
        self.contract.check(body, {"$ref": wanted}, "")

    def check_answer(self, answer: Any) -> None:
        """The server's own JSON against its schema."""
        try:
            if self.answers:
                self.contract.check(answer, {"$ref": self.answers}, "")
        except ApiError as error:
            raise NotGoogles(f"answer of {self.id}: {error.message}") from error


class Contract:
    """A discovery document: `sheets.v4` or `drive.v3`."""

    def __init__(self, name: str) -> None:
        self.document = json.loads((documents() / f"{name}.json").read_text(encoding="utf-8"))
        self.name = name.partition(".")[0]
        self.host = self.document["rootUrl"].split("/")[2]
        self.methods = [
            (description["httpMethod"], pattern(path), Method(self, description["id"], description))
            for description in every_method(self.document)
            for path in paths_of(self.document, description)
        ]

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that a request's verb and path name, with the path's parameters."""
        for method_verb, form, method in self.methods:
            found = form.fullmatch(path) if verb == method_verb else None
            if found:
                return method, {name: unquote(text) for name, text in found.groupdict().items()}
        return None

    def schema(self, description: Json) -> Json:
        """What a description refers to, or itself."""
        reference = description.get("$ref")
        return self.document["schemas"][reference] if reference else description

    def check(self, value: Any, description: Json, where: str) -> None:
        """A JSON value against its schema; an ApiError in Google's words says what does not fit."""
        schema = self.schema(description)
        kind = schema.get("type")
        if value is None or kind == "any":
            return  # null leaves a field unset
        if kind == "object":
            self.check_object(value, schema, where)
        elif kind == "array":
            if not isinstance(value, list):
                raise bad_value(where, "list", value)
            for number, item in enumerate(value):
                self.check(item, schema["items"], f"{where}[{number}]")
        else:
            check_scalar(value, schema, where)

    def check_object(self, value: Any, schema: Json, where: str) -> None:
        if not isinstance(value, dict):
            raise bad_value(where, schema.get("id", "object"), value)
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            inner = properties.get(name, others)
            if inner is None and name in PASSED_OVER:
                continue
            if inner is None:
                raise unknown_name(name, where)
            self.check(item, inner, f"{where}.{snake(name)}" if where else snake(name))

    def check_mask(self, mask: Mask, description: Json, path: str = "") -> None:
        """Every name of a field mask is one of the schema's."""
        schema = self.schema(description)
        while schema.get("type") == "array":
            schema = self.schema(schema["items"])
        for name, below in mask.items():
            if name == "*":
                continue
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if inner is None:
                raise self.unknown_mask(f"{path}.{name}" if path else name)
            self.check_mask(below, inner, f"{path}.{name}" if path else name)

    def unknown_mask(self, path: str) -> ApiError:
        """What Google says of a mask with a field that is none."""
        if self.name == "drive":
            where = {"reason": "invalidParameter", "locationType": "parameter", "location": "fields"}
            return ApiError(400, f"Invalid field selection {path.rpartition('.')[2]}", **where)
        reason = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        return ApiError(400, "Request contains an invalid argument.", [violation(path, reason)])


@cache
def contract(name: str) -> Contract:
    """The contract of that name, read once."""
    return Contract(name)


def documents() -> Path:
    """Where google-api-python-client keeps the discovery documents; found without importing it."""
    found = importlib.util.find_spec("googleapiclient")
    assert found is not None and found.origin is not None, "google-api-python-client is not installed"
    return Path(found.origin).parent / "discovery_cache" / "documents"


def every_method(node: Json) -> list[Json]:
    """All methods of a document, those with a longer path first."""
    here = list(node.get("methods", {}).values())
    below = [method for inner in node.get("resources", {}).values() for method in every_method(inner)]
    return sorted(here + below, key=lambda method: -len(method["path"]))


def paths_of(document: Json, description: Json) -> list[str]:
    """The method's path, and the one that takes an upload."""
    upload = description.get("mediaUpload", {}).get("protocols", {}).get("simple")
    return ["/" + document["servicePath"] + description["path"], *([upload["path"]] if upload else [])]


def pattern(path: str) -> re.Pattern[str]:
    """A path with {parameters} as a regular expression."""
    pieces = re.split(r"\{\+?(\w+)\}", path)
    named = [f"(?P<{piece}>[^/:]+)" if odd % 2 else re.escape(piece) for odd, piece in enumerate(pieces)]
    return re.compile("".join(named))


# -- values ------------------------------------------------------------------------------------------------------------
def check_scalar(value: Any, schema: Json, where: str) -> None:
    """A text, number or truth value of JSON."""
    kind = schema["type"]
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = {
        "string": isinstance(value, str) or (whole and schema.get("format") == "int64"),
        "boolean": isinstance(value, bool),
        "integer": re.fullmatch(r"-?\d{1,10}", str(value)) and -(2**31) <= int(value) < 2**31,
        "number": whole or (isinstance(value, float) and math.isfinite(value)),
    }
    if not fits[kind]:
        raise bad_value(where, f"TYPE_{kind.upper()}", value)
    if "enum" in schema and value not in schema["enum"]:
        raise bad_value(where, "enum", value)


def check_text(text: str, schema: Json, where: str) -> None:
    """A query parameter, which is always text."""
    kind = schema["type"]
    forms = {"boolean": r"true|false", "integer": r"-?\d+", "number": r"-?\d+(\.\d+)?"}
    if not re.fullmatch(forms.get(kind, r"[\s\S]*"), text) or text not in schema.get("enum", [text]):
        raise bad_value(where, f"TYPE_{kind.upper()}", text)


def invalid_json(reason: str, place: str = "") -> ApiError:
    """A request that Google's parser refuses."""
    message = f"Invalid JSON payload received. {reason}"
    return ApiError(400, message, [violation(place, message)])


def unknown_name(name: str, where: str) -> ApiError:
    """A field that Google does not know."""
    at = f" at '{where}'" if where else ""
    return invalid_json(f'Unknown name "{name}"{at}: Cannot find field.', where)


def bad_value(where: str, kind: str, value: Any) -> ApiError:
    """A value that does not fit its field."""
    message = f"Invalid value at '{where}' ({kind}), {json.dumps(value)[:200]}"
    return ApiError(400, message, [violation(where, message)])


def violation(place: str, reason: str) -> Json:
    """The detail that Google adds to a 400."""
    found = {"field": place, "description": reason} if place else {"description": reason}
    return {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [found]}


def snake(name: str) -> str:
    """A field's name as Google's messages spell it."""
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


# -- field masks -------------------------------------------------------------------------------------------------------
def parse_mask(text: str) -> Mask:
    """A field mask as nested names.

    >>> parse_mask("properties(title,locale),sheets.data.rowData(values)")
    {'properties': {'title': {}, 'locale': {}}, 'sheets': {'data': {'rowData': {'values': {}}}}}
    """
    tokens = re.findall(r"[^,()./\s]+|[,()./]", text)
    mask, rest = _masks(tokens)
    if rest or not mask:
        raise ApiError(400, f"Invalid field mask {text!r}", [violation("fields", "cannot be parsed")])
    return mask


def _masks(tokens: list[str]) -> tuple[Mask, list[str]]:
    """A list of masks with commas between."""
    mask: Mask = {}
    while tokens:
        tokens = _path(mask, tokens)
        if not tokens or tokens[0] != ",":
            break
        tokens = tokens[1:]
    return mask, tokens


def _path(mask: Mask, tokens: list[str]) -> list[str]:
    """One path (a.b/c, or a(b,c)) into the mask; what follows it."""
    while True:
        if not tokens or tokens[0] in ",()./":
            raise ApiError(400, "Invalid field mask", [violation("fields", "a name is missing")])
        whole_already = tokens[0] in mask and not mask[tokens[0]]
        below = mask.setdefault(tokens[0], {})
        tokens = tokens[1:]
        inner: Mask = {}
        if tokens and tokens[0] in "./":
            tokens = tokens[1:]
            mask = below if not whole_already else inner
            continue
        if tokens and tokens[0] == "(":
            inner, tokens = _masks(tokens[1:])
            if not tokens or tokens[0] != ")":
                raise ApiError(400, "Invalid field mask", [violation("fields", "a parenthesis is missing")])
            if not whole_already:
                below.update(inner)
            return tokens[1:]
        below.clear()  # the whole field
        return tokens


def select(value: Any, mask: Mask) -> Any:
    """What a mask takes of an answer."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [select(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: select(item, mask[name]) for name, item in value.items() if name in mask}


def merge(old: Json, new: Json, mask: Mask) -> Json:
    """An update mask at work: the masked fields become the new ones, or go where the new ones lack them."""
    if "*" in mask:
        return dict(new)
    result = dict(old)
    for name, below in mask.items():
        value = merge(old.get(name, {}), new.get(name, {}), below) if below else new.get(name)
        if value in (None, {}) and (below or name not in new):
            result.pop(name, None)
        else:
            result[name] = value
    return result
