"""The tests' own tools: the workbook made for Excel, the comparison of parts, and the LibreOffice harness."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest

from office import Office, OfficeError, read_stored
from workbooks import changed_parts, excel_made, hash_parts, one_epoch, state_after


def test_stored_results_are_libreoffices_own(office: Office, excel_book: Path) -> None:
    assert office.assert_stored_equals_recalculated(excel_book) == 29 * 8 + 1 + 4 + 1


def test_what_a_run_must_not_lose_is_there(excel_book: Path) -> None:
    with zipfile.ZipFile(excel_book) as archive:
        names = set(archive.namelist())
        basic = archive.read("xl/worksheets/sheet1.xml").decode()
        button = archive.read("xl/drawings/vmlDrawing1.vml").decode()
    assert {"xl/charts/chart1.xml", "xl/media/image1.png", "xl/comments1.xml"} <= names
    assert 'ObjectType="Button"' in button
    for wanted in ("mergeCell", "sparkline", "dataValidation", "conditionalFormatting"):
        assert f"{wanted} " in basic or f"{wanted}>" in basic, wanted


def test_a_workbook_with_a_macro_keeps_it_in_libreoffice(office: Office, tmp_path: Path) -> None:
    book = excel_made(tmp_path / "excel.xlsm")
    office.assert_stored_equals_recalculated(book)
    stored_again = office.edit(book, {}, tmp_path / "again.xlsm")
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(stored_again) as after:
        assert b"Lesson" in before.read("xl/vbaProject.bin")
        assert b"Lesson" in after.read("xl/vbaProject.bin")


def test_the_log_is_the_loss_after_each_epoch(excel_book: Path) -> None:
    stored = read_stored(excel_book)["basic"]
    const, slope, log = state_after(5)
    assert [stored[f"C{row}"] for row in range(38, 43)] == log
    assert (stored["C1"], stored["C2"], stored["F33"]) == (const, slope, one_epoch(const, slope)[1])
    assert log == sorted(log, reverse=True)


@pytest.mark.filterwarnings("ignore:.*is not supported and will be removed")
def test_stored_results_read_as_openpyxl_reads_them(excel_book: Path) -> None:
    book = openpyxl.load_workbook(excel_book, data_only=True)
    for name, cells in read_stored(excel_book).items():
        assert cells == {
            cell.coordinate: cell.value for row in book[name] for cell in row if cell.value is not None
        }


def test_the_same_workbook_has_no_changed_part(tmp_path: Path, excel_book: Path) -> None:
    copy = shutil.copy(excel_book, tmp_path / "copy.xlsx")
    assert changed_parts(excel_book, copy) == set()
    assert next(iter(hash_parts(excel_book))) == "[Content_Types].xml"


def test_changed_moved_and_redated_parts_are_found(tmp_path: Path, excel_book: Path) -> None:
    with zipfile.ZipFile(excel_book) as archive:
        parts = [(member, archive.read(member)) for member in archive.infolist()]
    parts[0][0].date_time = (2001, 2, 3, 4, 5, 6)
    parts[1], parts[2] = parts[2], parts[1]
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in parts[:-1]:
            archive.writestr(member, data)
        archive.writestr("added.txt", "hello")
    first, last = parts[0][0].filename, parts[-1][0].filename
    found = changed_parts(excel_book, tmp_path / "other.xlsx")
    assert {"(order)", f"(date) {first}", first, last, "added.txt"} <= found


@pytest.mark.filterwarnings("ignore:.*is not supported and will be removed")
def test_libreoffice_tells_stored_from_recalculated(office: Office, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(excel_made(tmp_path / "excel.xlsx"))
    plain = tmp_path / "plain.xlsx"
    book.save(plain)  # no stored results
    with pytest.raises(AssertionError, match=r"basic!C4  expected 1\.\d+  got nothing"):
        office.assert_stored_equals_recalculated(plain)
    typed = office.edit(
        plain, {"basic!F1": 0.001, "basic!B1": "b", "marks!A9": "=A2*3"}, tmp_path / "typed.xlsx"
    )
    loaded = office.as_loaded(typed)
    assert (loaded["basic"]["F1"], loaded["basic"]["B1"], loaded["marks"]["A9"]) == (0.001, "b", 12.0)
    assert "A9" in loaded["marks"].formulas and "A2" not in loaded["marks"].formulas


def test_a_wrong_stored_result_is_named(office: Office, tmp_path: Path, excel_book: Path) -> None:
    wrong = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(excel_book) as archive, zipfile.ZipFile(wrong, "w") as out:
        for name in archive.namelist():
            data = archive.read(name)
            out.writestr(
                name, data.replace(b"<v>15</v>", b"<v>16</v>") if name.endswith("sheet3.xml") else data
            )
    assert office.as_loaded(wrong)["marks"]["D2"] == 16
    with pytest.raises(AssertionError, match=r"^marks!D2  expected 15  got 16$"):
        office.assert_stored_equals_recalculated(wrong)
    office.assert_stored_equals_recalculated(wrong, ignore=["marks!D2"])


def test_what_is_no_workbook_is_an_error(office: Office, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_text("hello")
    with pytest.raises(OfficeError, match="does not open it"):
        office.recalculate(broken)


def test_a_pdf_is_printed(office: Office, tmp_path: Path, excel_book: Path) -> None:
    assert office.to_pdf(excel_book, tmp_path).read_bytes().startswith(b"%PDF")


def test_libreoffice_is_started_again_when_it_has_died(excel_book: Path, office: Office) -> None:
    with Office() as other:
        before = other.recalculate(excel_book)
        assert other._soffice is not None
        other._soffice.kill()
        other._soffice.wait()
        assert other.recalculate(excel_book) == before


def test_a_call_that_takes_too_long_is_an_error(excel_book: Path, office: Office) -> None:
    with Office() as other:
        other.recalculate(excel_book)
        with pytest.raises(OfficeError, match=r"did not answer within 0\.001 s"):
            other.recalculate(excel_book, timeout=0.001)
        assert other.recalculate(excel_book)["marks"]["D2"] == 15
