"""XLSX, row by row, after the archive has been checked."""

from __future__ import annotations

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading import dialect
from customers.imports.reading.archive import check as archive_check
from customers.imports.reading.delimited import FIRST_ROWS, MAX_COLUMNS, told, unique_names

MAX_SHARED = 128 * 1024**2
BROKEN = (
    ParseError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError, OSError, NotImplementedError,
    zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What the library raises for damaged spreadsheets."""
DOCTYPE = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T|E\x00?N\x00?T)", re.IGNORECASE)


def _open(file: IO[bytes]) -> Any:
    import openpyxl  # heavy (it brings numpy): not for the web process

    return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)


def check_archive(path: Path) -> None:
    """Refuse an archive before anything of it is unpacked; raises Invalid with the reason."""
    with zipfile.ZipFile(path) as archive:
        members = archive_check(archive)
        names = [member.filename for member in members]
        if "xl/workbook.xml" not in names:
            raise Invalid(_("The archive is not a spreadsheet (.xlsx)."))
        if any(member.filename.endswith("sharedStrings.xml") and member.file_size > MAX_SHARED for member in members):
            raise Invalid(_("The spreadsheet holds too much text; save it as CSV."))
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as part:
                    if DOCTYPE.search(part.read(4096)):
                        raise Invalid(_("The spreadsheet declares a document type; such files are not read."))


class Workbook:
    """One sheet of a spreadsheet: the named one, else the first that holds anything."""

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        check_archive(path)
        self.path = path
        try:
            self.sheets: tuple[str, ...] = ()
            self.sheet = self._choose(str(options.get("sheet", "")))
            first = [row for _number, row in islice(self._all(), FIRST_ROWS)]
        except BROKEN as error:
            raise Invalid(_("The spreadsheet is damaged and cannot be read.")) from error
        if not any(any(row) for row in first):
            raise Invalid(_("The file holds no header."))
        self.header_row = told(options, "header_row") or dialect.header_row(first)
        self.skipped = int(self.header_row.value)
        if self.skipped > len(first):
            raise Invalid(_("The file has no line %(line)d to take the header from.") % {"line": self.skipped})
        header = list(first[self.skipped - 1]) if self.skipped else ["-"] * max(map(len, first))
        while header and not header[-1]:
            header.pop()
        if len(header) > MAX_COLUMNS:
            raise Invalid(_("The file has more than %(most)d columns.") % {"most": MAX_COLUMNS})
        self.header = unique_names(header if self.skipped else [""] * len(header))

    def _choose(self, wanted: str) -> str:
        file = self.path.open("rb")
        book = _open(file)
        try:
            names = [sheet.title for sheet in book.worksheets]
            self.sheets = tuple(names)
            if wanted and wanted not in names:
                raise Invalid(_("The spreadsheet has no sheet named “%(name)s”.") % {"name": wanted})
            filled = [
                s.title for s in book.worksheets if any(any(row) for row in s.iter_rows(max_row=20, values_only=True))
            ]
            return wanted or next(iter(filled or names))
        finally:
            book.close()
            file.close()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(row number in the sheet, cells as text)."""
        width = len(self.header)
        every = islice(self._all(), self.skipped, None)
        return ((number, row if any(row[width:]) else row[:width]) for number, row in every if any(row))

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        file = self.path.open("rb")
        book = _open(file)
        try:
            for number, row in enumerate(book[self.sheet].iter_rows(values_only=True), start=1):
                yield number, [_text(cell) for cell in row]
        except BROKEN as error:
            raise Invalid(_("The spreadsheet is damaged and cannot be read.")) from error
        finally:
            book.close()
            file.close()


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime.datetime():
            return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
        case _:
            return str(cell)
