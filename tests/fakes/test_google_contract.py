"""The tests' own Google judges questions and answers by Google's discovery documents."""

from __future__ import annotations

import pytest

from fakes.google.calls import (
    URL,
    session,
)
from fakes.google.contract import ApiError, NotGoogles, contract, merge, parse_mask, select
from fakes.google.server import Google


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
