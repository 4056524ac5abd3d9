"""The methods of Sheets and Drive that the test server does; any other is a 501."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .contract import ApiError, Json, Mask, Method, parse_mask, select, unimplemented
from .drive import SPREADSHEET, split_upload
from .http import Request
from .requests import batch_update
from .sheets import Box, Spreadsheet, Tab, as_google, parse_range, refuse_absent, wants_cells
from .tokens import ROBOT, Granted

if TYPE_CHECKING:
    from .server import Google


def sheets_get(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """spreadsheets.get"""
    mask = checked_mask(method, query)
    _, book = google.book(parameters["spreadsheetId"], who, write=False)
    areas = [parse_range(book, text) for text in request.query.get("ranges", [])] or None
    grid = wants_cells(mask) if mask else query.get("includeGridData", "").lower() == "true"
    return finished(method, mask, book.read(areas, who.user, grid))


def sheets_by_filter(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """spreadsheets.getByDataFilter"""
    mask, body = checked_mask(method, query), checked_body(method, request)
    _, book = google.book(parameters["spreadsheetId"], who, write=False)
    areas = [filtered(book, wanted) for wanted in body.get("dataFilters", [])] or None
    grid = wants_cells(mask) if mask else body.get("includeGridData", False)
    return finished(method, mask, book.read(areas, who.user, grid))


def sheets_batch_update(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """spreadsheets.batchUpdate"""
    mask, body = checked_mask(method, query), checked_body(method, request)
    file, book = google.book(parameters["spreadsheetId"], who, write=True)
    for text in body.get("responseRanges", []):
        parse_range(book, text)  # a range that is none is refused before anything is done
    replies = batch_update(book, body, who.user)
    google.drive.touch(file, who.user)
    file.name = book.title
    answer: Json = {"spreadsheetId": book.id, "replies": replies}
    if body.get("includeSpreadsheetInResponse"):
        areas = [parse_range(book, text) for text in body.get("responseRanges", [])] or None
        below = mask.get("updatedSpreadsheet", {})
        grid = wants_cells(below) if below else body.get("responseIncludeGridData", False)
        answer["updatedSpreadsheet"] = book.read(areas, who.user, grid)
    return finished(method, mask, answer)


def sheets_create(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """spreadsheets.create, of an empty one with a title and a locale"""
    mask, body = checked_mask(method, query), checked_body(method, request)
    given = body.get("properties", {})
    if set(body) - {"properties"} or set(given) - {"title", "locale", "timeZone"}:
        raise unimplemented(f"creating a spreadsheet with {sorted({*body, *given})}")
    if who.user == ROBOT:  # it owns no storage
        raise ApiError(403, "The caller does not have permission")
    title = given.get("title", "Untitled spreadsheet")
    file = google.drive.add(title, SPREADSHEET, who.user, client=who.client)
    assert file.book is not None
    file.book.locale = given.get("locale", "en_US")
    file.book.time_zone = given.get("timeZone", "Etc/GMT")
    return finished(method, mask, file.book.read(None, who.user, grid=False))


def drive_get(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """files.get"""
    return google.drive.get(parameters["fileId"], query, who)


def drive_list(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """files.list"""
    return google.drive.list(query, who)


def drive_create(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """files.create, with content or without"""
    if not request.path.startswith("/upload/"):
        return google.drive.create(query, checked_body(method, request), None, who)
    if query.get("uploadType") != "multipart":
        raise unimplemented(f"an upload of the type {query.get('uploadType')}")
    metadata, kind, content = split_upload(request.headers.get("content-type", ""), request.body)
    return google.drive.create(query, checked_body(method, request, metadata), (kind, content), who)


def drive_update(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """files.update, of nothing but where a file lies"""
    return google.drive.update(parameters["fileId"], query, checked_body(method, request), who)


def drive_share(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """permissions.create"""
    return google.drive.share(parameters["fileId"], query, checked_body(method, request), who)


def drive_shares(
    google: Google, method: Method, parameters: Json, query: Json, request: Request, who: Granted
) -> Json:
    """permissions.list"""
    return google.drive.shares(parameters["fileId"], query, who)


METHODS = {
    "sheets.spreadsheets.get": sheets_get,
    "sheets.spreadsheets.getByDataFilter": sheets_by_filter,
    "sheets.spreadsheets.batchUpdate": sheets_batch_update,
    "sheets.spreadsheets.create": sheets_create,
    "drive.files.get": drive_get,
    "drive.files.list": drive_list,
    "drive.files.create": drive_create,
    "drive.files.update": drive_update,
    "drive.permissions.create": drive_share,
    "drive.permissions.list": drive_shares,
}


def filtered(book: Spreadsheet, wanted: Json) -> tuple[Tab, Box]:
    """The area that a data filter names."""
    if set(wanted) == {"gridRange"}:
        return book.box(wanted["gridRange"], "Invalid dataFilter: ")
    if set(wanted) == {"a1Range"}:
        return parse_range(book, wanted["a1Range"])
    raise unimplemented(f"a data filter by {sorted(wanted)}")


def checked_mask(method: Method, query: Json) -> Mask:
    """The query's field mask, checked against the answer's schema."""
    if "fields" not in query:
        return {}
    mask = parse_mask(query["fields"])
    method.contract.check_mask(mask, {"$ref": method.answers})
    refuse_absent(mask)
    return mask


def checked_body(method: Method, request: Request, text: bytes | None = None) -> Json:
    """The request's JSON, checked against its schema."""
    text = request.body if text is None else text
    try:
        body = json.loads(text or b"{}", parse_constant=refuse_constant)
    except ValueError as error:
        raise ApiError(400, f"Invalid JSON payload received. {error}") from None
    method.check_body(body)
    return dict(body)


def refuse_constant(text: str) -> None:
    raise ValueError(f"Unexpected token. {text}")


def finished(method: Method, mask: Mask, answer: Json) -> Json:
    """An answer of Sheets in Google's spelling and through the mask."""
    return dict(select(as_google(answer, {"$ref": method.answers}, method.contract), mask))
