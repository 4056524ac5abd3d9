"""Reading a worksheet's XML: what looks like a row and is none, and how much memory a long text may take."""

from __future__ import annotations

import tracemalloc

from handmade import MAIN
from sheetgd.books.xlsx.reader import scan


def sheet(rows: str) -> bytes:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def test_rows_elsewhere_are_no_rows() -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row>'
    data = sheet(row.replace("1", "2")).replace(
        b"</worksheet>", f"<extLst>{row}</extLst></worksheet>".encode()
    )
    assert dict(scan(data, "S", []).sheet.values) == {(2, 1): 2.0}


def test_a_long_text_takes_no_more_memory_than_it_is_long() -> None:
    data = sheet('<row r="1"><c r="A1" t="str"><v>' + "&lt;x" * 300_000 + "</v></c></row>")
    tracemalloc.start()
    try:
        scan(data, "S", [])
        assert tracemalloc.get_traced_memory()[1] < 8 * len(data) + 100_000
    finally:
        tracemalloc.stop()
