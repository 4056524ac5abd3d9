"""The tests' own Google: that the real clients get from it what Google would give them."""

from __future__ import annotations

import datetime
import doctest
import json
import os
import socket
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

import gspread
import openpyxl
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as ServiceAccount
from gspread.auth import get_config_dir
from gspread.exceptions import APIError
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

import google_contract
import google_drive
import google_formulas
import google_sheets
import sheetgd
from google_contract import ApiError, NotGoogles, contract, merge, parse_mask, select
from google_server import Google
from google_tokens import ROBOT, SCOPE, TEACHER, service_account
from office import Office

URL = "https://sheets.googleapis.com/v4/spreadsheets/"
FILES = "https://www.googleapis.com/drive/v3/files"
UPLOAD = "https://www.googleapis.com/upload/drive/v3/files?uploadType=multipart"
SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
WHITE = {"rgbColor": {"red": 1, "green": 1, "blue": 1}}
RED = {"red": 1.0, "green": 0.0, "blue": 0.0}
SCALE = {
    "minpoint": {"type": "MIN", "colorStyle": {"rgbColor": {"green": 0.5}}},
    "midpoint": {"type": "PERCENTILE", "value": "50", "colorStyle": WHITE},
    "maxpoint": {"type": "MAX", "color": {"red": 0.973}},
}


@cache
def robot() -> ServiceAccount:
    """The service account with its key, which takes long to load."""
    return ServiceAccount.from_service_account_info(service_account())


def client() -> gspread.http_client.HTTPClient:
    """gspread's, logged in as the service account."""
    return gspread.authorize(robot().with_scopes(gspread.auth.DEFAULT_SCOPES)).http_client


def session(*scopes: str) -> AuthorizedSession:
    """google-auth with the service account and scopes by their last word."""
    return AuthorizedSession(robot().with_scopes([SCOPE + scope for scope in scopes]))


def teacher(google: Google, *scopes: str) -> AuthorizedSession:
    """google-auth with the teacher's authorized_user.json."""
    return AuthorizedSession(Credentials.from_authorized_user_file(str(google.sign_in(*scopes))))


def cells(*values: Any, **place: int) -> dict[str, Any]:
    """An updateCells of one row of entered values at a place."""
    row = [{"userEnteredValue": value} if value else {} for value in values]
    return {"updateCells": {"start": place, "rows": [{"values": row}], "fields": "userEnteredValue"}}


def area(*corners: int) -> dict[str, int]:
    names = ("startRowIndex", "startColumnIndex", "endRowIndex", "endColumnIndex")
    return {"sheetId": 0, **dict(zip(names, corners, strict=True))}


def batch(id: str, *requests_: Any, **more: Any) -> Any:
    """What a batchUpdate of these requests answers."""
    return client().batch_update(id, {"requests": list(requests_), **more})


def refused(id: str, *requests_: Any) -> str:
    """What Google says of a batch that it refuses."""
    with pytest.raises(APIError) as caught:
        batch(id, *requests_)
    assert caught.value.code == 400 and caught.value.error["status"] == "INVALID_ARGUMENT"
    return str(caught.value.error["message"])


def rule(kind: dict[str, Any], *ranges: dict[str, int]) -> dict[str, Any]:
    """An addConditionalFormatRule."""
    return {"addConditionalFormatRule": {"rule": {"ranges": list(ranges), **kind}}}


def test_a_run_is_one_read_and_one_write(google: Google) -> None:
    file = google.add(cells={"A1": 2, "B1": "=A1*21", "C1": "text"})
    http = gspread.service_account(filename=get_config_dir() / "service_account.json").http_client
    fields = "sheets.data.rowData.values(userEnteredValue,effectiveValue)"
    read = http.fetch_sheet_metadata(file.id, {"fields": fields})
    [row] = read["sheets"][0]["data"][0]["rowData"]
    assert row["values"][1] == {
        "userEnteredValue": {"formulaValue": "=A1*21"},
        "effectiveValue": {"numberValue": 42},
    }
    http.batch_update(file.id, {"requests": [cells({"numberValue": 3})]})
    assert (file.book.value("A1"), file.book.value("B1"), file.book.value("C1")) == (3, 63, "text")
    assert google.count() == {"token": 1, "read": 1, "write": 1}
    assert google.tokens.asked == [(ROBOT, frozenset({SCOPE + "spreadsheets", SCOPE + "drive"}))]


@pytest.mark.parametrize("module", [google_contract, google_formulas, google_sheets, google_drive])
def test_the_examples_run(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


# -- reading -----------------------------------------------------------------------------------------------------------
def test_what_is_empty_is_left_out_as_google_leaves_it_out(google: Google) -> None:
    file = google.add(cells={"A1": 0, "C1": False, "B3": "", "B5": 1})
    file.book.put("B5", None)
    http = client()
    read = http.fetch_sheet_metadata(file.id, {"includeGridData": "true"})
    [sheet] = read["sheets"]
    assert sheet["properties"]["sheetId"] == 0 and sheet["properties"]["index"] == 0
    zero, false = {"numberValue": 0}, {"boolValue": False}
    assert sheet["data"] == [
        {
            "rowData": [
                {
                    "values": [
                        {"userEnteredValue": zero, "effectiveValue": zero, "formattedValue": "0"},
                        {},
                        {"userEnteredValue": false, "effectiveValue": false, "formattedValue": "FALSE"},
                    ]
                },
                {},
                {
                    "values": [
                        {},
                        {
                            "userEnteredValue": {"stringValue": ""},
                            "effectiveValue": {"stringValue": ""},
                        },
                    ]
                },
            ]
        }
    ]
    bare = http.fetch_sheet_metadata(file.id)
    assert "data" not in bare["sheets"][0] and "conditionalFormats" not in bare["sheets"][0]


def test_ranges_and_one_sheet_by_its_id(google: Google) -> None:
    file = google.add(cells={"A1": 1, "C3": 2})
    batch(file.id, {"addSheet": {"properties": {"sheetId": 7, "title": "It's two"}}})
    file.book.put("B2", 3, "It's two")
    mask = "sheets(properties.sheetId,data(startRow,startColumn,rowData.values.effectiveValue))"
    http = client()
    read = http.fetch_sheet_metadata(file.id, {"fields": mask, "ranges": ["'It''s two'!B2:C5", "C3"]})
    value = [{"values": [{"effectiveValue": {"numberValue": 3}}]}]
    assert [sheet["properties"]["sheetId"] for sheet in read["sheets"]] == [0, 7]
    assert read["sheets"][1]["data"] == [{"startRow": 1, "startColumn": 1, "rowData": value}]
    assert read["sheets"][0]["data"][0]["startColumn"] == 2

    body = {"dataFilters": [{"gridRange": {"sheetId": 7}}]}
    one = http.request("post", URL + file.id + ":getByDataFilter", params={"fields": mask}, json=body).json()
    assert [sheet["properties"]["sheetId"] for sheet in one["sheets"]] == [7]
    assert one["sheets"][0]["data"] == [{"rowData": [{}, {"values": [{}, *value[0]["values"]]}]}]
    assert google.count()["read"] == 2

    with pytest.raises(
        APIError, match=r"Range \(Sheet1!A1:B1001\) exceeds grid limits. Max rows: 1000, max columns: 26"
    ):
        http.fetch_sheet_metadata(file.id, {"ranges": "A1:B1001"})
    with pytest.raises(APIError, match="Unable to parse range: nowhere!A1"):
        http.fetch_sheet_metadata(file.id, {"ranges": "nowhere!A1"})


def test_errors_of_formulas_have_their_types(google: Google) -> None:
    formulas = ["=1/0", "=NA()", "=NOSUCH(1)", '=1+"a"', "=SQRT(-1)", "=SUM(", "=SPARKLINE(A1)"]
    file = google.add()
    file.book.calculator.pretended["=SPARKLINE(A1)"] = "a line"
    for row, formula in enumerate(formulas, 1):
        file.book.put(f"A{row}", formula)
    shown = [file.book.value(f"A{row}") for row in range(1, 8)]
    assert shown == ["DIVIDE_BY_ZERO", "N_A", "NAME", "VALUE", "NUM", "ERROR", "a line"]
    read = client().fetch_sheet_metadata(file.id, {"fields": "sheets.data.rowData.values.effectiveValue"})
    first = read["sheets"][0]["data"][0]["rowData"][0]["values"][0]["effectiveValue"]
    assert first == {
        "errorValue": {"type": "DIVIDE_BY_ZERO", "message": "Function DIVIDE parameter 2 cannot be zero."}
    }


def test_a_german_spreadsheet_speaks_german_but_its_numbers_do_not(google: Google) -> None:
    file = google.add(locale="de_DE", cells={"A1": 2.5, "B1": '=IF(A1>0.5,A1*1.5,"a,b")'})
    read = client().fetch_sheet_metadata(file.id, {"includeGridData": "true"})
    values = read["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert values[0] == {
        "userEnteredValue": {"numberValue": 2.5},
        "effectiveValue": {"numberValue": 2.5},
        "formattedValue": "2,5",
    }
    assert values[1]["userEnteredValue"] == {"formulaValue": '=IF(A1>0,5;A1*1,5;"a,b")'}
    assert values[1]["effectiveValue"] == {"numberValue": 3.75}
    assert read["properties"]["locale"] == "de_DE"

    batch(file.id, cells({"formulaValue": "=ROUND(A1*0,1;2)"}, columnIndex=2))
    assert (file.book.formula("C1"), file.book.value("C1")) == ("=ROUND(A1*0.1,2)", 0.25)
    batch(file.id, cells({"formulaValue": "=ROUND(A1*0.1,2)"}, columnIndex=2))
    assert file.book.value("C1") == "ERROR"  # English separators are no formula there
    read = client().fetch_sheet_metadata(file.id, {"fields": "sheets.data.rowData.values.userEnteredValue"})
    assert read["sheets"][0]["data"][0]["rowData"][0]["values"][2] == {
        "userEnteredValue": {"formulaValue": "=ROUND(A1*0.1,2)"}
    }


# -- writing -----------------------------------------------------------------------------------------------------------
def test_a_range_clears_and_a_start_does_not(google: Google) -> None:
    file = google.add(cells={"A1": 1, "B1": 2, "A2": 3, "B2": "=A1+1"})
    batch(file.id, cells({"numberValue": 9}))
    assert [file.book.value(at) for at in ("A1", "B1", "A2", "B2")] == [9, 2, 3, 10]
    rows = [{"values": [{"userEnteredValue": {"numberValue": 7}}]}]
    update = {"range": area(0, 0, 2, 2), "rows": rows, "fields": "userEnteredValue"}
    batch(file.id, {"updateCells": update})
    assert [file.book.value(at) for at in ("A1", "B1", "A2", "B2")] == [7, None, None, None]
    wide = {**update, "range": area(0, 0, 1, 1), "rows": [{"values": [{}, {}]}]}
    assert refused(file.id, {"updateCells": wide}) == (
        "Invalid requests[0].updateCells: Attempting to write column: 1, beyond the last requested column of: 0"
    )


def test_a_batch_is_all_or_nothing_and_says_where_it_failed(google: Google) -> None:
    file = google.add(cells={"A1": 1})
    before = google.drive.files[file.id].version
    said = refused(file.id, cells({"numberValue": 2}), cells({"numberValue": 2}, rowIndex=1000))
    assert (
        said
        == "Invalid requests[1].updateCells: Attempting to write row: 1000, beyond the last requested row of: 999"
    )
    assert file.book.value("A1") == 1 and file.version == before
    said = refused(file.id, cells({"numberValue": 2}), cells({"numberValue": 2}, sheetId=5))
    assert said == "Invalid requests[1].updateCells: No grid with id: 5"
    everything = [
        cells({"numberValue": 2}),
        rule({"gradientRule": SCALE}, area(0, 0, 3, 3)),
        {"addNamedRange": {"namedRange": {"name": "one", "range": area(0, 0, 1, 1)}}},
        {"addSheet": {"properties": {"title": "Two"}}},
        {"addProtectedRange": {"protectedRange": {"range": area(0, 0, 1, 1)}}},
        {"updateSheetProperties": {"properties": {"title": "new"}, "fields": "title"}},
    ]
    whole = client().fetch_sheet_metadata(file.id, {"includeGridData": "true"})
    refused(file.id, *everything, cells({"numberValue": 2}, sheetId=5))
    assert client().fetch_sheet_metadata(file.id, {"includeGridData": "true"}) == whole
    batch(file.id, cells({"numberValue": 2}))
    assert file.version == before + 1


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"updateCell": {}}, "Unknown name \"updateCell\" at 'requests[0]': Cannot find field."),
        (cells({"numbrValue": 1}), "values[0].user_entered_value': Cannot find field."),
        (cells({"numberValue": "1,5"}), '(TYPE_NUMBER), "1,5"'),
        (cells({"numberValue": True}), "(TYPE_NUMBER), true"),
        (cells({"numberValue": 1, "stringValue": "1"}), "exactly one kind of value"),
        (cells({"formulaValue": "A1"}), "a formula must begin with ="),
        (cells({"stringValue": "x" * 50_001}), "more than the maximum of 50000 characters in a single cell"),
        ({"updateCells": {"start": {}, "rows": [{}]}}, "At least one field must be listed in 'fields'"),
        ({"updateCells": {"start": {}, "rows": [], "fields": "userEntered"}}, "Invalid field: userEntered"),
        ({}, "exactly one kind of request"),
    ],
)
def test_what_google_would_not_take_is_refused(google: Google, request_: Any, said: str) -> None:
    file = google.add(cells={"A1": 1})
    assert said in refused(file.id, request_)
    assert file.book.value("A1") == 1


def test_not_a_number_is_no_json(google: Google) -> None:
    file = google.add()
    body = json.dumps({"requests": [cells({"numberValue": float("nan")})]})
    answer = session("spreadsheets").post(URL + file.id + ":batchUpdate", data=body)
    assert answer.status_code == 400 and "Invalid JSON payload received" in answer.json()["error"]["message"]


def test_colour_scales_are_kept_as_google_keeps_colours(google: Google) -> None:
    file = google.add()
    table = area(0, 0, 3, 3)
    batch(file.id, rule({"gradientRule": SCALE}, table))
    custom = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": "=A1>1"}]}
    batch(
        file.id,
        rule({"booleanRule": {"condition": custom, "format": {"backgroundColorStyle": WHITE}}}, table),
    )
    read = client().fetch_sheet_metadata(file.id, {"fields": "sheets.conditionalFormats"})
    first, second = read["sheets"][0]["conditionalFormats"]
    assert "booleanRule" in first  # a rule without an index goes to the front
    assert second["ranges"] == [{name: value for name, value in table.items() if name != "sheetId"}]
    green, red = {"green": 0.5019608}, {"red": 0.972549}
    assert second["gradientRule"]["minpoint"] == {
        "type": "MIN",
        "color": green,
        "colorStyle": {"rgbColor": green},
    }
    assert second["gradientRule"]["maxpoint"] == {
        "type": "MAX",
        "color": red,
        "colorStyle": {"rgbColor": red},
    }

    change = {"index": 1, "rule": {"ranges": [area(0, 0, 1, 1)], "gradientRule": SCALE}}
    [reply] = batch(file.id, {"updateConditionalFormatRule": change})["replies"]
    assert reply["updateConditionalFormatRule"]["newIndex"] == 1
    batch(file.id, {"deleteConditionalFormatRule": {"index": 0}})
    [left] = file.book.tab().rules
    assert left["ranges"] == [area(0, 0, 1, 1)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"minpoint": {"type": "MIN", "value": "0", "color": {}}}, "minpoint of type MIN takes no value"),
        ({"midpoint": {"type": "PERCENTILE", "color": {}}}, "midpoint of type PERCENTILE needs a value"),
        ({"midpoint": {"type": "MAX", "color": {}}}, "midpoint cannot be of type MAX"),
        ({"maxpoint": {"type": "MAX"}}, "maxpoint has no color"),
        ({"maxpoint": {"type": "MAX", "color": {"red": 255}}}, "Color values must be between 0 and 1"),
    ],
)
def test_a_colour_scale_that_is_none_is_refused(google: Google, change: Any, said: str) -> None:
    file = google.add()
    assert said in refused(file.id, rule({"gradientRule": {**SCALE, **change}}, area(0, 0, 3, 3)))
    assert file.book.tab().rules == []


def test_a_named_range_with_a_fixed_id_is_added_once(google: Google) -> None:
    file = google.add(cells={"A1": 4, "B1": "=size*2"})
    assert file.book.value("B1") == "NAME"
    name = {"namedRangeId": "sheetgd", "name": "size", "range": area(0, 0, 1, 1)}
    scale = rule({"gradientRule": SCALE}, area(0, 0, 3, 3))
    batch(file.id, {"addNamedRange": {"namedRange": name}}, scale)
    assert file.book.value("B1") == 8
    said = refused(file.id, {"addNamedRange": {"namedRange": name}}, scale)
    already = "Cannot add named range with name size, a named range with that name already exists."
    assert said == "Invalid requests[0].addNamedRange: " + already
    other = {**name, "name": "other"}
    assert refused(file.id, {"addNamedRange": {"namedRange": other}}).endswith("with that id already exists.")
    assert len(file.book.tab().rules) == 1
    read = client().fetch_sheet_metadata(
        file.id, {"fields": "namedRanges,sheets.data.startRow,sheets.protectedRanges"}
    )
    assert (
        read["namedRanges"][0]["range"]["endRowIndex"] == 1
        and "sheetId" not in read["namedRanges"][0]["range"]
    )


def test_tick_boxes_and_values_in_one_cell_do_not_disturb_each_other(google: Google) -> None:
    file = google.add(cells={"A1": True})
    box = {"condition": {"type": "BOOLEAN"}, "strict": True}
    batch(file.id, {"setDataValidation": {"range": area(0, 0, 2, 1), "rule": box}})
    batch(file.id, cells({"boolValue": False}))
    assert (file.book.value("A1"), file.book.validation("A1"), file.book.validation("A2")) == (
        False,
        box,
        box,
    )
    batch(file.id, {"repeatCell": {"range": area(0, 0, 2, 1), "cell": {}, "fields": "dataValidation"}})
    assert (file.book.value("A1"), file.book.validation("A1")) == (False, None)
    three = {"type": "BOOLEAN", "values": [{"userEnteredValue": text} for text in "123"]}
    said = refused(file.id, {"setDataValidation": {"range": area(0, 0, 1, 1), "rule": {"condition": three}}})
    assert said == "Invalid requests[0].setDataValidation: condition BOOLEAN takes 0 to 2 values, not 3"


def test_a_sheet_grows_to_ten_million_cells_and_no_further(google: Google) -> None:
    file = google.add()

    def grow(rows: int) -> dict[str, Any]:
        properties = {"sheetId": 0, "gridProperties": {"rowCount": rows}}
        return {"updateSheetProperties": {"properties": properties, "fields": "gridProperties.rowCount"}}

    batch(file.id, grow(2000), cells({"numberValue": 1}, rowIndex=1999))
    assert file.book.value("A2000") == 1 and file.book.tab().columns == 26
    assert refused(file.id, grow(400_000)).endswith(
        "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
    )


def test_protected_cells_are_refused_and_said_beforehand(google: Google) -> None:
    file = google.add(cells={"A1": 1, "B1": 2})
    file.book.protect("B1:B9")
    file.book.protect("C1:C9", editors=(ROBOT,))
    read = client().fetch_sheet_metadata(file.id, {"fields": "sheets.protectedRanges"})
    closed, open_ = read["sheets"][0]["protectedRanges"]
    assert "requestingUserCanEdit" not in closed and "editors" not in closed
    assert open_["requestingUserCanEdit"] is True
    assert refused(file.id, cells({"numberValue": 3}, columnIndex=1)).startswith(
        "Invalid requests[0].updateCells: You are trying to edit a protected cell or object."
    )
    batch(file.id, cells({"numberValue": 3}, columnIndex=2))
    assert (file.book.value("B1"), file.book.value("C1")) == (2, 3)
    mine = {"protectedRange": {"range": area(0, 0, 1, 1)}}
    [reply] = batch(file.id, {"addProtectedRange": mine}, cells({"numberValue": 5}))["replies"][:1]
    assert reply["addProtectedRange"]["protectedRange"]["editors"]["users"] == sorted([ROBOT, TEACHER])


def test_charts_and_sheets_answer_with_what_they_became(google: Google) -> None:
    file = google.add(cells={"A1": 1})
    where = {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": 4}}}
    source = {"sourceRange": {"sources": [area(0, 0, 9, 1)]}}
    basic = {"chartType": "LINE", "series": [{"series": source, "targetAxis": "LEFT_AXIS"}]}
    chart = {"chart": {"spec": {"basicChart": basic}, "position": where}}
    answer = batch(
        file.id,
        {"addChart": chart},
        {"addSheet": {"properties": {"title": "Two"}}},
        includeSpreadsheetInResponse=True,
        responseIncludeGridData=True,
        responseRanges=["Sheet1!A1:B2"],
    )
    added, sheet = answer["replies"]
    assert added["addChart"]["chart"]["chartId"] == file.book.tab().charts[0]["chartId"]
    assert sheet["addSheet"]["properties"]["index"] == 1
    [shown] = answer["updatedSpreadsheet"]["sheets"]
    assert shown["data"][0]["rowData"][0]["values"][0]["effectiveValue"] == {"numberValue": 1}
    assert "exactly one kind of chart" in refused(file.id, {"addChart": {"chart": {"spec": {}}}})


def test_what_the_server_does_not_do_is_a_501_and_fails_the_test(google: Google) -> None:
    file = google.add()
    with pytest.raises(APIError) as caught:
        batch(file.id, {"cutPaste": {"source": area(0, 0, 1, 1), "pasteType": "PASTE_NORMAL"}})
    assert caught.value.code == 501
    answer = session("spreadsheets").get(URL + file.id + "/values/A1")
    assert answer.status_code == 501 and len(google.problems) == 2
    google.problems.clear()


# -- who may -----------------------------------------------------------------------------------------------------------
def test_what_is_not_shared_is_refused_in_googles_words(google: Google) -> None:
    private, readable = google.add(share=None), google.add(share="reader")
    send = session("spreadsheets")
    answer = send.get(URL + private.id)
    said = {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
    assert (answer.status_code, answer.json()) == (403, {"error": said})
    assert send.get(URL + readable.id).status_code == 200
    answer = send.post(URL + readable.id + ":batchUpdate", json={"requests": [cells({"numberValue": 1})]})
    assert (answer.status_code, answer.json()) == (403, {"error": said})
    missing = send.get(URL + "1nothing")
    gone = {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}
    assert (missing.status_code, missing.json()) == (404, {"error": gone})
    with pytest.raises(PermissionError):
        gspread.service_account(filename=google.key).open_by_key(private.id)


def test_scopes_are_enforced_by_the_methods_own_lists(google: Google) -> None:
    file = google.add()
    read_only = session("spreadsheets.readonly")
    assert read_only.get(URL + file.id).status_code == 200
    answer = read_only.post(URL + file.id + ":batchUpdate", json={"requests": [cells({"numberValue": 1})]})
    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (403, "Request had insufficient authentication scopes.")
    assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert session("spreadsheets").get(FILES).status_code == 403
    assert session("drive.metadata.readonly").get(FILES).status_code == 200
    assert google.tokens.asked[0] == (ROBOT, frozenset({SCOPE + "spreadsheets.readonly"}))


def test_an_interface_that_is_not_enabled_names_its_link(google: Google) -> None:
    file = google.add()
    google.disabled.add("sheets.googleapis.com")
    error = session("spreadsheets").get(URL + file.id).json()["error"]
    link = (
        "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123456789012"
    )
    assert link in error["message"] and error["code"] == 403
    assert [detail.get("reason") for detail in error["details"]] == [None, "SERVICE_DISABLED"]


def test_a_key_of_someone_else_gets_no_token(google: Google) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = service_account(pem.decode())
    wrong = ServiceAccount.from_service_account_info(info, scopes=[SCOPE + "spreadsheets"])
    with pytest.raises(RefreshError, match="invalid_grant: Invalid JWT Signature"):
        AuthorizedSession(wrong).get(URL)


def test_a_token_that_expired_is_renewed_and_one_that_was_revoked_is_not(google: Google) -> None:
    file = google.add()
    send = session("spreadsheets")
    assert send.get(URL + file.id).status_code == 200
    google.tokens.forget()
    assert send.get(URL + file.id).status_code == 200
    assert [call.status for call in google.calls if call.kind == "read"] == [200, 401, 200]
    google.clock.advance(3600)
    assert send.get(URL + file.id).status_code == 200
    assert google.count()["token"] == 3
    google.tokens.revoked = True
    google.tokens.forget()
    with pytest.raises(RefreshError, match="invalid_grant: Token has been expired or revoked"):
        send.get(URL + file.id)
    assert requests.get(URL + file.id).status_code == 401


def test_a_teacher_signs_in_with_a_refresh_token(google: Google) -> None:
    file = google.add(share=None)
    send = teacher(google, "spreadsheets")
    assert not google.key.exists()
    assert send.get(URL + file.id).status_code == 200
    assert google.tokens.asked == [(TEACHER, frozenset({SCOPE + "spreadsheets"}))]


# -- quota and faults --------------------------------------------------------------------------------------------------
def test_the_sixty_first_read_of_a_minute_is_refused(google: Google) -> None:
    file = google.add()
    send = session("spreadsheets")
    url = URL + file.id + "?fields=spreadsheetId"
    assert {send.get(url).status_code for _ in range(60)} == {200}
    answer = send.get(url)
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert "limit 'Read requests per minute per user' of service 'sheets.googleapis.com'" in error["message"]
    assert error["details"][0]["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
    write = send.post(URL + file.id + ":batchUpdate", json={"requests": [cells({"numberValue": 1})]})
    assert write.status_code == 200  # counted apart
    google.clock.advance(61)
    assert send.get(url).status_code == 200


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_fault_strikes_before_or_after_the_effect(google: Google, status: int, after: bool) -> None:
    file = google.add()
    google.fail("write", status, after=after, retry_after=3 if status == 429 else None)
    send = session("spreadsheets")
    body = {"requests": [cells({"numberValue": 1})]}
    answer = send.post(URL + file.id + ":batchUpdate", json=body)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("3" if status == 429 else None)
    assert ("html" in answer.headers["Content-Type"]) == (status == 502)
    assert file.book.value("A1") == (1 if after else None)
    assert send.post(URL + file.id + ":batchUpdate", json=body).status_code == 200
    assert file.book.value("A1") == 1


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("cut", requests.exceptions.ChunkedEncodingError),
        ("reset", requests.exceptions.ConnectionError),
        ("hang", requests.exceptions.ReadTimeout),
    ],
)
def test_a_connection_breaks_as_connections_do(google: Google, what: str, error: type[Exception]) -> None:
    file = google.add(cells={f"A{row}": "some text" for row in range(1, 20)})
    send = session("spreadsheets")
    assert send.get(URL + file.id).status_code == 200
    google.fail("read", what)
    with pytest.raises(error):
        send.get(URL + file.id + "?includeGridData=true", timeout=0.3)
    assert send.get(URL + file.id).status_code == 200


def test_the_network_is_gone_for_two_look_ups(google: Google) -> None:
    file = google.add()
    send = session("spreadsheets")
    assert send.get(URL + file.id).status_code == 200
    google.offline(2)
    for _ in range(2):
        with pytest.raises(requests.exceptions.ConnectionError):
            send.get(URL + file.id)
    assert send.get(URL + file.id).status_code == 200
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.org", 443)


def test_something_happens_between_a_read_and_a_write(google: Google) -> None:
    file = google.add(cells={"A1": 1})
    google.meanwhile("write", lambda: google.type(file, "B1", "=A1+1"))
    http = client()
    http.fetch_sheet_metadata(file.id)
    assert file.book.value("B1") is None
    http.batch_update(file.id, {"requests": [cells({"numberValue": 5})]})
    assert file.book.value("B1") == 6 and google.waiting == []


def test_many_at_once_are_answered_and_each_batch_takes_place(google: Google) -> None:
    file = google.add()

    def work(column: int) -> None:
        batch(file.id, cells({"numberValue": column}, columnIndex=column))

    threads = [threading.Thread(target=work, args=(column,)) for column in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [file.book.value(f"{letter}1") for letter in "ABCDEFGH"] == list(range(8))
    assert google.count() == {"token": 8, "write": 8}


def test_another_process_finds_the_server_and_the_credentials(google: Google) -> None:
    file = google.add(cells={"A1": 42})
    program = "import gspread, sys;print(gspread.service_account().open_by_key(sys.argv[1]).title)"
    words = [sys.executable, "-c", program, file.id]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert (done.returncode, done.stdout.strip()) == (0, "lesson"), done.stderr
    assert google.count() == {"token": 1, "read": 1}


def test_what_google_auth_asks_of_its_own_accord_is_not_counted(google: Google) -> None:
    answer = requests.get(
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/x/allowedLocations"
    )
    assert answer.status_code == 404 and google.calls == []


# -- Drive -------------------------------------------------------------------------------------------------------------
def test_a_folder_is_watched_by_one_list(google: Google) -> None:
    folder = google.drive.add("class", FOLDER, TEACHER)
    folder.roles[ROBOT] = "writer"
    ann = google.add("ann", parents=[folder.id], share=None)  # shared through the folder
    ben = google.add("ben", parents=[folder.id], share=None)
    google.add("elsewhere")
    google.clock.advance(10)
    send = session("spreadsheets", "drive.metadata.readonly")
    since = google_drive.stamp(google.clock())
    fields = "nextPageToken,files(id,name,modifiedTime,lastModifyingUser(me))"
    query = f"'{folder.id}' in parents and mimeType = '{SHEET}' and trashed = false"

    def changed() -> list[dict[str, Any]]:
        wanted = {
            "q": f"{query} and modifiedTime > '{since}'",
            "fields": fields,
            "orderBy": "modifiedTime desc",
        }
        found: list[dict[str, Any]] = send.get(FILES, params=wanted).json()["files"]
        return found

    assert changed() == []
    google.clock.advance(10)
    google.type(ann, "A1", True)
    google.clock.advance(10)
    batch(ben.id, cells({"numberValue": 1}))
    assert [(file["name"], file["lastModifyingUser"]) for file in changed()] == [
        ("ben", {"me": True}),
        ("ann", {"me": False}),
    ]
    assert changed()[0]["modifiedTime"] > changed()[1]["modifiedTime"] > since

    first = send.get(FILES, params={"q": query, "pageSize": 1, "orderBy": "name"}).json()
    second = send.get(
        FILES, params={"q": query, "pageToken": first["nextPageToken"], "orderBy": "name"}
    ).json()
    assert [file["name"] for file in first["files"] + second["files"]] == ["ann", "ben"]
    assert "nextPageToken" not in second
    assert send.get(FILES, params={"q": "nonsense = 1"}).json()["error"]["errors"][0]["location"] == "q"
    assert send.get(FILES, params={"fields": "files(nothing)"}).status_code == 400


def test_a_worksheet_becomes_a_google_sheet_by_one_upload(google: Google, tmp_path: Path) -> None:
    path = sheetgd.new("descent", tmp_path / "lesson.xlsx")
    send = teacher(google, "drive.file", "spreadsheets")
    metadata = json.dumps({"name": "My lesson", "mimeType": SHEET})
    parts = [
        ("metadata", ("", metadata, "application/json; charset=UTF-8")),
        ("file", (path.name, path.read_bytes(), google_drive.XLSX)),
    ]
    made = send.post(UPLOAD, files=parts)
    assert made.status_code == 200, made.text
    id = made.json()["id"]
    assert send.get(URL + id).json()["properties"]["title"] == "My lesson"
    share = {"type": "user", "role": "writer", "emailAddress": ROBOT}
    assert send.post(f"{FILES}/{id}/permissions", json=share).status_code == 200
    body = {"requests": [cells({"numberValue": 1}, columnIndex=25)]}
    assert session("spreadsheets").post(URL + id + ":batchUpdate", json=body).status_code == 200
    shown = send.get(f"{FILES}/{id}", params={"fields": "version,lastModifyingUser(me,emailAddress)"}).json()
    assert shown == {"version": "2", "lastModifyingUser": {"me": False, "emailAddress": ROBOT}}

    broken = [parts[0], ("file", ("x.xlsx", b"no workbook", google_drive.XLSX))]
    assert send.post(UPLOAD, files=broken).status_code == 400
    robot = session("drive").post(UPLOAD, files=parts).json()["error"]
    assert robot["errors"][0]["reason"] == "storageQuotaExceeded"


def test_drive_file_reaches_only_what_the_application_made(google: Google) -> None:
    file = google.add()
    send = teacher(google, "drive.file")
    assert send.get(URL + file.id).status_code == 404
    assert send.get(FILES).json()["files"] == []
    mine = send.post(FILES, json={"name": "mine", "mimeType": SHEET}).json()["id"]
    assert send.get(URL + mine).status_code == 200
    assert [found["id"] for found in send.get(FILES).json()["files"]] == [mine]


def test_a_workbook_that_was_not_converted_is_no_spreadsheet(google: Google) -> None:
    file = google.add()
    file.book, file.mime = None, google_drive.XLSX
    answer = session("spreadsheets").get(URL + file.id)
    assert answer.json()["error"]["status"] == "FAILED_PRECONDITION"
    assert answer.json()["error"]["message"] == "This operation is not supported for this document"


# -- what a workbook becomes -------------------------------------------------------------------------------------------
def test_a_lesson_in_the_store_computes_what_libreoffice_computes(
    google: Google, office: Office, tmp_path: Path
) -> None:
    path = sheetgd.new("descent", tmp_path / "lesson.xlsx")
    book = google.add(from_xlsx=path).book
    compared = 0
    for title, sheet in office.recalculate(path).items():
        for address in sheet.formulas:
            if isinstance(sheet[address], float):
                shown = book.value(address, title)
                assert float(shown) == pytest.approx(sheet[address], rel=1e-12, abs=1e-9), (
                    f"{title}!{address}"
                )
                compared += 1
    assert compared > 200
    assert len(book.tab().rules) == 1 and "gradientRule" in book.tab().rules[0]
    assert len(book.tab().charts) == 3
    assert book.validation("H3")["condition"]["type"] == "NUMBER_GREATER"


def test_what_a_workbook_holds_becomes_googles_json(google: Google, tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "It's one"
    rows = [["x", 0.25, True], [datetime.date(2024, 2, 29), "=B1*2", None], ["=text", 3, "=NA()"]]
    for row in rows:
        sheet.append(row)
    sheet["A3"].data_type = "s"
    sheet["B1"].number_format = "0.0%"
    choice = DataValidation(type="list", formula1='"sgd,adam"')
    choice.add("D1:D2")
    sheet.add_data_validation(choice)
    sheet.conditional_formatting.add("A1:B2", CellIsRule(operator="greaterThan", formula=["1"]))
    sheet.conditional_formatting.add(
        "B1:B3", ColorScaleRule("min", None, "FF0000FF", "max", None, "FFFF0000")
    )
    made.defined_names["rate"] = DefinedName("rate", attr_text="'It''s one'!$B$1")
    path = tmp_path / "book.xlsx"
    made.save(path)

    file = google.add(from_xlsx=path, locale="de_DE")
    book = file.book
    assert [book.value(at) for at in ("A1", "B1", "C1", "A2", "B2", "A3", "C3")] == [
        *("x", 0.25, True, 45351, 0.5, "=text", "N_A")
    ]
    formats = [
        book.tab().cells[place]["userEnteredFormat"]["numberFormat"]["type"] for place in ((1, 0), (0, 1))
    ]
    assert formats == ["DATE", "PERCENT"]
    words = [{"userEnteredValue": "sgd"}, {"userEnteredValue": "adam"}]
    assert book.validation("D2")["condition"] == {"type": "ONE_OF_LIST", "values": words}
    greater, scale = book.tab().rules
    assert greater["booleanRule"]["condition"]["type"] == "NUMBER_GREATER"
    assert scale["gradientRule"]["maxpoint"] == {"type": "MAX", "colorStyle": {"rgbColor": RED}}
    [name] = book.names
    assert (name["name"], name["range"]["startColumnIndex"]) == ("rate", 1)
    book.add_sheet("charts", of_charts=True)
    mask = "sheets(properties(sheetType),data.rowData.values.userEnteredValue)"
    first, second = client().fetch_sheet_metadata(file.id, {"fields": mask})["sheets"]
    assert second == {"properties": {"sheetType": "OBJECT"}}
    assert first["data"][0]["rowData"][1]["values"][1]["userEnteredValue"] == {"formulaValue": "=B1*2"}


# -- the judge ---------------------------------------------------------------------------------------------------------
def test_an_answer_that_google_could_not_give_is_caught() -> None:
    found = contract("sheets.v4").find("GET", "/v4/spreadsheets/1")
    assert found is not None and found[0].id == "sheets.spreadsheets.get"
    found[0].check_answer({"sheets": [{"properties": {"sheetId": 0}}]})
    with pytest.raises(NotGoogles, match=r"Unknown name .sheetid. at 'sheets\[0\].properties'"):
        found[0].check_answer({"sheets": [{"properties": {"sheetid": 0}}]})


def test_the_server_judges_each_of_its_own_answers(google: Google) -> None:
    file = google.add()
    file.book.settings = {"nonsense": 1}
    assert session("spreadsheets").get(URL + file.id).status_code == 500
    [problem] = google.problems
    assert (
        "NotGoogles: answer of sheets.spreadsheets.get: Invalid JSON payload received. Unknown name"
        in problem
    )
    google.problems.clear()


@pytest.mark.parametrize("mask", ["", "a(", "a)", "a,,b", "a(b", "a()", ".a", "a.", "(a)"])
def test_a_field_mask_that_is_none_is_refused(mask: str) -> None:
    with pytest.raises(ApiError, match="Invalid field mask"):
        parse_mask(mask)


def test_field_masks_select_and_merge() -> None:
    mask = parse_mask("a.b,c(d,e/f),g,a.h,g.i")
    assert mask == {"a": {"b": {}, "h": {}}, "c": {"d": {}, "e": {"f": {}}}, "g": {}}
    assert select({"a": [{"b": 1, "x": 2}], "g": {"i": 1, "j": 2}, "y": 3}, mask) == {
        "a": [{"b": 1}],
        "g": {"i": 1, "j": 2},
    }
    old = {"a": {"b": 1, "x": 2}, "g": 3, "c": {"d": 1}}
    assert merge(old, {"a": {"b": 5}}, mask) == {"a": {"b": 5, "x": 2}}
    with pytest.raises(ApiError) as caught:
        contract("sheets.v4").check_mask(parse_mask("sheets.data.rowdata"), {"$ref": "Spreadsheet"})
    reason = "Error expanding 'fields' parameter. Cannot find matching fields for path 'sheets.data.rowdata'."
    assert caught.value.body()["error"]["details"][0]["fieldViolations"][0]["description"] == reason
