"""The tests' own Google: files and folders, and what becomes of a workbook."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

import sheetgd
from fakes.google import drive
from fakes.google.calls import (
    FILES,
    FOLDER,
    RED,
    SHEET,
    UPLOAD,
    URL,
    batch,
    cells,
    client,
    session,
    teacher,
)
from fakes.google.server import Google
from fakes.google.tokens import ROBOT, TEACHER
from office import Office


def test_a_folder_is_watched_by_one_list(google: Google) -> None:
    folder = google.drive.add("class", FOLDER, TEACHER)
    folder.roles[ROBOT] = "writer"
    ann = google.add("ann", parents=[folder.id], share=None)  # shared through the folder
    ben = google.add("ben", parents=[folder.id], share=None)
    google.add("elsewhere")
    google.clock.advance(10)
    send = session("spreadsheets", "drive.metadata.readonly")
    since = drive.stamp(google.clock())
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
    path = sheetgd.new("descent", tmp_path / "lesson.xlsx", epochs=5)
    send = teacher(google, "drive.file", "spreadsheets")
    metadata = json.dumps({"name": "My lesson", "mimeType": SHEET})
    parts = [
        ("metadata", ("", metadata, "application/json; charset=UTF-8")),
        ("file", (path.name, path.read_bytes(), drive.XLSX)),
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

    broken = [parts[0], ("file", ("x.xlsx", b"no workbook", drive.XLSX))]
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
    file.book, file.mime = None, drive.XLSX
    answer = session("spreadsheets").get(URL + file.id)
    assert answer.json()["error"]["status"] == "FAILED_PRECONDITION"
    assert answer.json()["error"]["message"] == "This operation is not supported for this document"


def test_a_lesson_in_the_store_computes_what_libreoffice_computes(
    google: Google, office: Office, tmp_path: Path
) -> None:
    path = sheetgd.new("descent", tmp_path / "lesson.xlsx", epochs=5)
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
