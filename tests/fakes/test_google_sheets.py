"""The tests' own Google: what it reads and writes is what Google would."""

from __future__ import annotations

import doctest
import json
from typing import Any

import gspread
import pytest
from gspread.auth import get_config_dir
from gspread.exceptions import APIError

from fakes.google import contract as judge
from fakes.google import drive, formulas, sheets
from fakes.google.calls import (
    SCALE,
    URL,
    WHITE,
    area,
    batch,
    cells,
    client,
    refused,
    rule,
    session,
)
from fakes.google.server import Google
from fakes.google.tokens import ROBOT, SCOPE, TEACHER


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


@pytest.mark.parametrize("module", [judge, formulas, sheets, drive])
def test_the_examples_run(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


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
