"""Spreadsheet files as a stream: CSV, and XLSX whose parts are packed while the rows come in.

Both take chunks of ready cells: texts that no spreadsheet takes for a formula, and plain numbers.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

Chunk = Sequence[Sequence[object]]
SHEET_ROWS = 1_048_576
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def csv_stream(header: Sequence[str], chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """UTF-8 with a mark, so that spreadsheets read it as such."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow(header)
    for chunk in chunks:
        writer.writerows(chunk)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


def xlsx_stream(header: Sequence[str], chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """A workbook; rows beyond what a sheet holds go on in the next one, under the same header."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        sheets = 0
        for part in _parts(header, chunks):
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                for rows in part:
                    sheet.write("".join(map(_row, rows)).encode())
                    yield pipe.drain()
                sheet.write(b"</sheetData></worksheet>")
        for name, text in _frame(sheets):
            book.writestr(name, HEAD + text)
    yield pipe.drain()


def _parts(header: Sequence[str], chunks: Iterable[Chunk]) -> Iterator[Iterator[Chunk]]:
    """The chunks of each sheet in turn."""
    left: list[Chunk] = []
    source = iter(chunks)

    def one() -> Iterator[Chunk]:
        room = SHEET_ROWS - 1
        yield [header]
        while room:
            rows = left.pop() if left else next(source, None)
            if rows is None:
                return
            if len(rows) > room:
                left.append(rows[room:])
                rows = rows[:room]
            room -= len(rows)
            yield rows
        following = left.pop() if left else next(source, None)
        if following:
            left.append(following)

    yield one()
    while left:
        yield one()


def _row(cells: Sequence[object]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(value: object) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        text = escape(CONTROLS.sub("", value))
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def _frame(sheets: int) -> Iterator[tuple[str, str]]:
    """The parts that make a workbook of the sheets."""
    numbers = range(1, sheets + 1)
    listed = "".join(f'<sheet name="Data {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
    linked = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    yield "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{linked}</Relationships>'
    root = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    yield "_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{root}</Relationships>'
    typed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>' for n in numbers
    )
    kinds = (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{typed}</Types>'
    )
    yield "[Content_Types].xml", kinds


class _Pipe(io.RawIOBase):
    """A file that can only be written and is emptied from the other side."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        """What was written since."""
        found = b"".join(self._held)
        self._held.clear()
        return found
