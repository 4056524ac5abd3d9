"""What the requests of a spreadsheets.batchUpdate do to a draft of a spreadsheet.

Each request of Google's that is done here is a function of this module in snake_case: (draft, its body, where, user) ->
reply. `where` begins the message of a 400. A request without a function is a 501.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

from .contract import ApiError, Json, Mask, contract, merge, parse_mask, unimplemented
from .formulas import Place
from .sheets import CELLS_LIMIT, TEXT_LIMIT, Box, Spreadsheet, Tab, sheet_properties

WRITABLE = {"userEnteredValue", "userEnteredFormat", "dataValidation", "note", "textFormatRuns"}


def batch_update(book: Spreadsheet, body: Json, user: str) -> list[Json]:
    """Apply all requests, or none where one of them is refused; their replies."""
    requests = body.get("requests") or []
    if not requests:
        raise ApiError(400, "Must specify at least one request.")
    draft = book.draft()
    replies = []
    for number, request in enumerate(requests):
        if len(request) != 1:
            raise ApiError(400, f"Invalid requests[{number}]: exactly one kind of request must be set")
        [(name, inner)] = request.items()
        do = REQUESTS.get(name)
        if do is None:
            raise unimplemented(f"{name} in batchUpdate")
        reply = do(draft, inner, f"Invalid requests[{number}].{name}: ", user)
        replies.append({name: reply} if reply else {})
    book.take(draft)
    return replies


# -- cells -------------------------------------------------------------------------------------------------------------
def update_cells(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Write rows of cells: from a `start`, or into a `range` whose other cells are cleared."""
    mask = cell_mask(body, where)
    rows = body.get("rows", [])
    if ("start" in body) == ("range" in body):
        raise ApiError(400, f"{where}exactly one of start and range must be set")
    tab, box = (
        start_box(book, body["start"], rows, where) if "start" in body else book.box(body["range"], where)
    )
    if not rows and "start" in body:
        return
    book.refuse_protected(tab, box, user, where)
    given = {
        (box.top + down, box.left + right): cell
        for down, row in enumerate(rows)
        for right, cell in enumerate(row.get("values", []))
    }
    for place in given:
        if place not in box:
            raise ApiError(400, where + outside(place, box))
    places = given if "start" in body else every_place(box, tab, given)
    for place in places:
        write(tab, place, given.get(place, {}), mask, where)


def repeat_cell(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Write one cell into every cell of a range."""
    mask = cell_mask(body, where)
    tab, box = book.box(body.get("range", {}), where)
    book.refuse_protected(tab, box, user, where)
    if "formulaValue" in body.get("cell", {}).get("userEnteredValue", {}) and box_size(box) > 1:
        raise unimplemented("repeatCell of a formula, whose references would have to move")
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            write(tab, (row, column), body.get("cell", {}), mask, where)


def set_data_validation(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Set the validation of every cell of a range, or clear it."""
    tab, box = book.box(body.get("range", {}), where)
    book.refuse_protected(tab, box, user, where)
    rule = body.get("rule")
    if rule is not None:
        check_condition(rule.get("condition", {}), where)
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            put(tab, (row, column), {"dataValidation": rule} if rule else {}, {"dataValidation": {}})


def start_box(book: Spreadsheet, start: Json, rows: list[Json], where: str) -> tuple[Tab, Box]:
    """The box from a start to where the rows end, or a 400 where that is beyond the grid."""
    tab = book.by_id(start.get("sheetId", 0), where)
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    width = max((len(row.get("values", [])) for row in rows), default=1)
    box = Box(top, left, top + max(len(rows), 1), left + max(width, 1))
    last = (box.bottom - 1, box.right - 1)
    if last not in tab.whole:
        raise ApiError(400, where + outside(last, tab.whole))
    return tab, box


def outside(place: Place, box: Box) -> str:
    """What Google says of a cell beyond where it may be written."""
    if place[0] >= box.bottom:
        return f"Attempting to write row: {place[0]}, beyond the last requested row of: {box.bottom - 1}"
    return f"Attempting to write column: {place[1]}, beyond the last requested column of: {box.right - 1}"


def every_place(box: Box, tab: Tab, given: dict[Place, Json]) -> set[Place]:
    """The cells of a box that are filled or to be filled."""
    return {place for place in {*tab.cells, *given} if place in box}


def cell_mask(body: Json, where: str) -> Mask:
    """The update mask of cells."""
    mask = update_mask(body, "CellData", where)
    if "*" in mask:
        return {name: {} for name in sorted(WRITABLE)}
    for name in mask:
        if name not in WRITABLE:
            raise unimplemented(f"writing {name} of a cell")
    return mask


def update_mask(body: Json, schema: str, where: str) -> Mask:
    """The `fields` of a request, checked against what it updates."""
    if not body.get("fields"):
        raise ApiError(
            400,
            f"{where}At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)",
        )
    mask = parse_mask(body["fields"])
    try:
        contract("sheets.v4").check_mask(mask, {"$ref": schema})
    except ApiError:
        raise ApiError(400, f"{where}Invalid field: {body['fields']}") from None
    return mask


def write(tab: Tab, place: Place, cell: Json, mask: Mask, where: str) -> None:
    """Update the masked fields of one cell."""
    value = cell.get("userEnteredValue")
    if "userEnteredValue" in mask:
        mask = {**mask, "userEnteredValue": {}}
        if value:
            check_value(value, where)
    if "dataValidation" in mask and "dataValidation" in cell:
        check_condition(cell["dataValidation"].get("condition", {}), where)
    put(tab, place, cell, mask)


def put(tab: Tab, place: Place, cell: Json, mask: Mask) -> None:
    """Merge into a cell, which goes when nothing is left in it."""
    merged = merge(tab.cells.get(place, {}), {name: item for name, item in cell.items() if item != {}}, mask)
    if merged:
        tab.cells[place] = merged
    else:
        tab.cells.pop(place, None)


def check_value(value: Json, where: str) -> None:
    """A userEnteredValue that Google would take."""
    if len(value) != 1 or "errorValue" in value:
        raise ApiError(400, f"{where}exactly one kind of value that can be entered must be set")
    [(kind, content)] = value.items()
    if kind == "formulaValue" and not content.startswith("="):
        raise ApiError(400, f"{where}a formula must begin with =, not {content[:50]!r}")
    if isinstance(content, str) and len(content) > TEXT_LIMIT:
        raise ApiError(
            400,
            f"{where}Your input contains more than the maximum of {TEXT_LIMIT} characters in a single cell.",
        )


NUMBER_OF_VALUES = {"ONE_OF_LIST": (1, 500), "BOOLEAN": (0, 2), "NOT_BLANK": (0, 0), "BLANK": (0, 0)}


def check_condition(condition: Json, where: str) -> None:
    """A condition with as many values as its type takes."""
    kind = condition.get("type")
    if kind is None:
        raise ApiError(400, f"{where}a condition must have a type")
    least, most = NUMBER_OF_VALUES.get(kind, (2, 2) if kind.endswith("BETWEEN") else (1, 1))
    if kind in ("TEXT_IS_EMAIL", "TEXT_IS_URL", "DATE_IS_VALID"):
        least = most = 0
    count = len(condition.get("values", []))
    if not least <= count <= most:
        raise ApiError(400, f"{where}condition {kind} takes {least} to {most} values, not {count}")


# -- conditional formats -----------------------------------------------------------------------------------------------
def add_conditional_format_rule(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Add a rule, in front of the others unless an index says where."""
    rule = body.get("rule", {})
    tab, index = check_rule(book, rule, where), body.get("index", 0)
    if not 0 <= index <= len(tab.rules):
        raise ApiError(400, f"{where}No conditional format on sheet: {tab.id} at index: {index}")
    tab.rules.insert(index, rule)


def update_conditional_format_rule(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Put a rule in the place of another, or move it."""
    index, rule = body.get("index", 0), body.get("rule")
    if ("rule" in body) == ("newIndex" in body):
        raise ApiError(400, f"{where}exactly one of rule and newIndex must be set")
    tab = book.by_id(body.get("sheetId", 0), where) if rule is None else check_rule(book, rule, where)
    old = rule_at(tab, index, where)
    if rule is not None:
        tab.rules[index] = rule
        return {"oldRule": old, "newRule": rule, "newIndex": index}
    rule_at(tab, body["newIndex"], where)
    tab.rules.insert(body["newIndex"], tab.rules.pop(index))
    return {"newRule": old, "oldIndex": index, "newIndex": body["newIndex"]}


def delete_conditional_format_rule(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Take a rule away."""
    tab = book.by_id(body.get("sheetId", 0), where)
    rule_at(tab, body.get("index", 0), where)
    return {"rule": tab.rules.pop(body.get("index", 0))}


def rule_at(tab: Tab, index: int, where: str) -> Json:
    if not 0 <= index < len(tab.rules):
        raise ApiError(400, f"{where}No conditional format on sheet: {tab.id} at index: {index}")
    return tab.rules[index]


def check_rule(book: Spreadsheet, rule: Json, where: str) -> Tab:
    """A rule that Google would take; its sheet."""
    ranges = rule.get("ranges", [])
    if not ranges:
        raise ApiError(400, f"{where}Must specify at least one range.")
    tabs = [book.box(area, where)[0] for area in ranges]
    if any(tab is not tabs[0] for tab in tabs):
        raise ApiError(400, f"{where}All ranges must be on the same sheet.")
    if ("gradientRule" in rule) == ("booleanRule" in rule):
        raise ApiError(400, f"{where}exactly one of gradientRule and booleanRule must be set")
    for color in colors(rule):
        if not all(0 <= color.get(name, 0) <= 1 for name in ("red", "green", "blue")):
            raise ApiError(400, f"{where}Color values must be between 0 and 1, found {color}")
    if "booleanRule" in rule:
        check_condition(rule["booleanRule"].get("condition", {}), where)
        return tabs[0]
    for name in ("minpoint", "midpoint", "maxpoint"):
        point = rule["gradientRule"].get(name)
        if point is not None or name != "midpoint":
            check_point(name, point or {}, where)
    return tabs[0]


def check_point(name: str, point: Json, where: str) -> None:
    """A point of a colour scale: its type, a value where the type takes one, a colour."""
    kind, value = point.get("type"), point.get("value")
    allowed = {"NUMBER", "PERCENT", "PERCENTILE", *({"MIN"} if name == "minpoint" else set())}
    allowed |= {"MAX"} if name == "maxpoint" else set()
    if kind not in allowed:
        raise ApiError(400, f"{where}{name} cannot be of type {kind}")
    if (kind in ("MIN", "MAX")) == bool(value):
        raise ApiError(400, f"{where}{name} of type {kind} {'takes no' if value else 'needs a'} value")
    if value and not re.fullmatch(r"-?\d+([.,]\d+)?|=.+", value):
        raise ApiError(400, f"{where}{name} has the value {value}, which is no number")
    if "color" not in point and "colorStyle" not in point:
        raise ApiError(400, f"{where}{name} has no color")


def colors(node: Any) -> Iterator[Json]:
    """Every colour in a rule."""
    for name, inner in node.items() if isinstance(node, dict) else enumerate(node):
        if name in ("rgbColor", "color", "backgroundColor", "foregroundColor"):
            yield inner
        elif isinstance(inner, (dict, list)):
            yield from colors(inner)


# -- developer metadata ------------------------------------------------------------------------------------------------
def create_developer_metadata(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Keep a text with a sheet; Google allows several of one key."""
    kept = dict(body.get("developerMetadata", {}))
    if not kept.get("metadataKey") or kept.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise ApiError(400, f"{where}Developer metadata needs a key and a visibility.")
    kept.setdefault("metadataId", new_id(int))
    book.by_id(kept.get("location", {}).get("sheetId", 0), where).metadata.append(kept)
    return {"developerMetadata": kept}


def delete_developer_metadata(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Take away what a lookup by key and sheet finds."""
    lookup = body.get("dataFilter", {}).get("developerMetadataLookup", {})
    tab = book.by_id(lookup.get("metadataLocation", {}).get("sheetId", 0), where)
    gone = [kept for kept in tab.metadata if kept["metadataKey"] == lookup.get("metadataKey")]
    tab.metadata = [kept for kept in tab.metadata if kept not in gone]
    return {"deletedDeveloperMetadata": gone}


# -- names, protection, charts -----------------------------------------------------------------------------------------
def add_named_range(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Add a defined name; an id or a name that is taken is refused."""
    name = dict(body.get("namedRange", {}))
    book.box(name.get("range", {}), where)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,249}", name.get("name", "")) or re.fullmatch(
        r"(?i)[a-z]{1,3}\d+|r\d*c\d*|true|false", name["name"]
    ):
        raise ApiError(400, f"{where}The name '{name.get('name', '')}' is invalid for a named range")
    name.setdefault("namedRangeId", new_id(str))
    for key, words in (("name", "name"), ("namedRangeId", "id")):
        if name[key].lower() in [other[key].lower() for other in book.names + book.lost_names]:
            said = f"Cannot add named range with {words} {name[key]}, a named range with that {words} already exists."
            raise ApiError(400, where + said)
    book.names.append(name)
    return {"namedRange": name}


def delete_named_range(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Take a defined name away."""
    id = body.get("namedRangeId", "")
    if id not in [name["namedRangeId"] for name in book.names]:
        raise ApiError(400, f"{where}No named range with id: {id}")
    book.names = [name for name in book.names if name["namedRangeId"] != id]


def add_protected_range(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Protect a range; who adds it and the owner may edit it."""
    rule = dict(body.get("protectedRange", {}))
    tab, _ = book.box(rule.get("range", {}), where)
    rule.setdefault("protectedRangeId", new_id(int))
    if not rule.get("warningOnly"):
        users = [*rule.get("editors", {}).get("users", []), book.owner, user]
        rule["editors"] = {**rule.get("editors", {}), "users": sorted(set(users))}
    tab.protected.append(rule)
    return {"protectedRange": {**rule, "requestingUserCanEdit": True}}


def delete_protected_range(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Take a protection away."""
    id = body.get("protectedRangeId", 0)
    for tab in book.tabs:
        for rule in tab.protected:
            if rule["protectedRangeId"] == id:
                if not book.may_edit(rule, user):
                    raise ApiError(400, f"{where}You do not have permission to remove this protection")
                tab.protected.remove(rule)
                return
    raise ApiError(400, f"{where}No protected range with id: {id}")


def add_chart(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Put a chart on a sheet."""
    chart = dict(body.get("chart", {}))
    spec, position = chart.get("spec", {}), chart.get("position", {})
    kinds = [name for name in spec if name.endswith("Chart")]
    if len(kinds) != 1:
        raise ApiError(400, f"{where}the spec must hold exactly one kind of chart, not {kinds}")
    for area in sources(spec):
        book.box(area, where)
    if position.get("newSheet") or "sheetId" in position:
        raise unimplemented("a chart on a sheet of its own")
    anchor = position.get("overlayPosition", {}).get("anchorCell", {})
    tab = book.by_id(anchor.get("sheetId", book.tabs[0].id), where)
    if (anchor.get("rowIndex", 0), anchor.get("columnIndex", 0)) not in tab.whole:
        raise ApiError(400, f"{where}the anchor cell is beyond the grid")
    chart.setdefault("chartId", new_id(int))
    if any(chart["chartId"] == other["chartId"] for every in book.tabs for other in every.charts):
        raise ApiError(400, f"{where}an object with id {chart['chartId']} already exists")
    tab.charts.append(chart)
    return {"chart": chart}


def sources(node: Any) -> Iterator[Json]:
    """Every range that a chart draws from."""
    for name, inner in node.items() if isinstance(node, dict) else enumerate(node):
        if name == "sources":
            yield from inner
        elif isinstance(inner, (dict, list)):
            yield from sources(inner)


# -- sheets ------------------------------------------------------------------------------------------------------------
def add_sheet(book: Spreadsheet, body: Json, where: str, user: str) -> Json:
    """Add a sheet, at the end unless an index says where."""
    given = body.get("properties", {})
    title = given.get("title") or f"Sheet{len(book.tabs) + 1}"
    id = given["sheetId"] if "sheetId" in given else new_id(int)
    if any(tab.id == id for tab in book.tabs):
        raise ApiError(400, f"{where}Sheet with id {id} already exists.")
    refuse_title(book, title, where)
    fresh = sheet_properties(id, title, len(book.tabs))
    grid = {**fresh["gridProperties"], **given.get("gridProperties", {})}
    properties = {**fresh, **given, "sheetId": id, "title": title, "gridProperties": grid}
    book.tabs.insert(given.get("index", len(book.tabs)), Tab(properties))
    number(book)
    refuse_size(book, where)
    return {"properties": next(tab.properties for tab in book.tabs if tab.id == id)}


def delete_sheet(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Take a sheet away."""
    tab = book.by_id(body.get("sheetId", 0), where)
    if len(book.tabs) == 1:
        raise ApiError(400, f"{where}You can't remove all the sheets in a document.")
    book.tabs.remove(tab)
    book.names = [name for name in book.names if name["range"].get("sheetId", 0) != tab.id]
    number(book)


def update_sheet_properties(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Rename, move, hide, grow or shrink a sheet."""
    mask, given = update_mask(body, "SheetProperties", where), body.get("properties", {})
    tab = book.by_id(given.get("sheetId", 0), where)
    if "title" in mask and given.get("title") != tab.title:
        refuse_title(book, given.get("title", ""), where)
    if "*" in mask or "sheetType" in mask:
        raise unimplemented("updateSheetProperties of * or sheetType")
    mask.pop("sheetId", None)
    tab.properties = merge(tab.properties, given, mask)
    if min(tab.properties.get("gridProperties", {}).get(name, 0) for name in ("rowCount", "columnCount")) < 1:
        raise ApiError(400, f"{where}a sheet must have at least one row and one column")
    if "index" in mask:
        book.tabs.remove(tab)
        book.tabs.insert(given.get("index", 0), tab)
    tab.cells = {place: cell for place, cell in tab.cells.items() if place in tab.whole}
    number(book)
    refuse_size(book, where)


def update_spreadsheet_properties(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Rename the spreadsheet, or give it another locale, whose separators its formulas then have."""
    mask, given = update_mask(body, "SpreadsheetProperties", where), body.get("properties", {})
    if not set(mask) <= {"title", "locale"}:
        raise unimplemented(f"updateSpreadsheetProperties of {sorted(mask)}")
    if "title" in mask:
        book.title = given.get("title", "")
    if "locale" in mask:
        book.change_locale(given.get("locale", ""))


def append_dimension(book: Spreadsheet, body: Json, where: str, user: str) -> None:
    """Add rows or columns at the end."""
    tab = book.by_id(body.get("sheetId", 0), where)
    name = {"ROWS": "rowCount", "COLUMNS": "columnCount"}[body["dimension"]]
    grid = tab.properties["gridProperties"]
    grid = {**grid, name: grid[name] + body.get("length", 0)}
    tab.properties = {**tab.properties, "gridProperties": grid}
    refuse_size(book, where)


def refuse_title(book: Spreadsheet, title: str, where: str) -> None:
    """A 400 where a sheet's title is taken or none."""
    if not title or any(tab.title.lower() == title.lower() for tab in book.tabs):
        said = f'A sheet with the name "{title}" already exists. Please enter another name.'
        raise ApiError(400, where + said)


def refuse_size(book: Spreadsheet, where: str) -> None:
    """A 400 where the spreadsheet has become too large."""
    if sum(tab.rows * tab.columns for tab in book.tabs) > CELLS_LIMIT:
        said = "This action would increase the number of cells in the workbook above the limit of"
        raise ApiError(400, f"{where}{said} {CELLS_LIMIT} cells.")


def number(book: Spreadsheet) -> None:
    """Set the indices of the sheets to where they are."""
    for index, tab in enumerate(book.tabs):
        tab.properties = {**tab.properties, "index": index}


def box_size(box: Box) -> int:
    return (box.bottom - box.top) * (box.right - box.left)


def new_id(kind: type) -> Any:
    """An id as Google would give one."""
    return kind(random.randrange(10**8, 2**31))


REQUESTS = {
    "updateCells": update_cells,
    "repeatCell": repeat_cell,
    "setDataValidation": set_data_validation,
    "addConditionalFormatRule": add_conditional_format_rule,
    "updateConditionalFormatRule": update_conditional_format_rule,
    "deleteConditionalFormatRule": delete_conditional_format_rule,
    "addNamedRange": add_named_range,
    "createDeveloperMetadata": create_developer_metadata,
    "deleteDeveloperMetadata": delete_developer_metadata,
    "deleteNamedRange": delete_named_range,
    "addProtectedRange": add_protected_range,
    "deleteProtectedRange": delete_protected_range,
    "addChart": add_chart,
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "updateSheetProperties": update_sheet_properties,
    "updateSpreadsheetProperties": update_spreadsheet_properties,
    "appendDimension": append_dimension,
}
