"""Spreadsheet files as a stream: read back whole, also beyond what one sheet holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import openpyxl
import pytest

from crm.kit import sheets
from crm.kit.tables import safe_cell

ROWS = [["Ada", 1, 2.5, "=1+1"], ["王小明", "", None, 'a<b>&"c"\nd'], ["\x0bx", 0, -3, " lead "]]


def chunks(rows: list[list[object]], size: int) -> Iterator[list[list[object]]]:
    """Rows in chunks."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def test_csv_is_read_back() -> None:
    """With the mark that spreadsheets look for; line breaks and quotes survive."""
    body = b"".join(sheets.csv_stream(["a", "b", "c", "d"], chunks(ROWS, 2))).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(body, newline="")))
    assert read[0] == ["a", "b", "c", "d"]
    assert read[2] == ["王小明", "", "", 'a<b>&"c"\nd']
    assert len(read) == 4


def test_an_empty_list_is_a_file_with_a_header() -> None:
    """In both formats."""
    assert b"".join(sheets.csv_stream(["a"], iter([]))) == "\ufeffa\r\n".encode()
    book = openpyxl.load_workbook(io.BytesIO(b"".join(sheets.xlsx_stream(["a"], iter([])))), read_only=True)
    assert [list(row) for row in book.worksheets[0].iter_rows(values_only=True)] == [["a"]]


@pytest.mark.parametrize("size, chunk", [(1_048_576, 2), (4, 2), (4, 7), (3, 1), (2, 5)])
def test_a_workbook_holds_every_row_once(monkeypatch: pytest.MonkeyPatch, size: int, chunk: int) -> None:
    """Sheets follow each other under the same header."""
    monkeypatch.setattr(sheets, "SHEET_ROWS", size)
    rows: list[list[object]] = [[f"row {n}", n] for n in range(7)]
    parts = list(sheets.xlsx_stream(["name", "n"], chunks(rows, chunk)))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(parts)))
    read = []
    for sheet in book.worksheets:
        held = [list(row) for row in sheet.iter_rows(values_only=True)]
        assert held[0] == ["name", "n"] and len(held) <= size
        read += held[1:]
    assert read == rows
    assert len(book.worksheets) == (1 if size > 8 else -(-7 // (size - 1)))


def test_texts_numbers_and_odd_letters_arrive_in_a_workbook() -> None:
    """Control characters cannot stand in XML; nothing becomes a formula."""
    body = b"".join(sheets.xlsx_stream(["a", "b", "c", "d"], chunks(ROWS, 9)))
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    read = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert read[1] == ["Ada", 1, 2.5, "=1+1"] and sheet["D2"].data_type != "f"
    assert read[2] == ["王小明", None, None, 'a<b>&"c"\nd']
    assert read[3] == ["x", 0, -3, " lead "]


@pytest.mark.parametrize(
    "value, cell",
    [
        ("=1+1", "'=1+1"), ("+49 30", "'+49 30"), (" @x", "' @x"), ("＝1", "'＝1"), ("Ada", "Ada"), ("", ""), (None, ""),
        (True, "true"), (7, 7), (Decimal("1.5000"), "1.5"), (Decimal("-2"), "-2"), (["-a", "b"], "'-a, b"), ("王", "王"),
    ],
)  # fmt: skip
def test_no_text_becomes_a_formula(value: object, cell: object) -> None:
    """One mark before a leading sign; figures stay figures."""
    assert safe_cell(value) == cell
