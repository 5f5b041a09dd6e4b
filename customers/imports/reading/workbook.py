"""XLSX, row by row, after the archive has been checked."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading.delimited import MAX_COLUMNS, unique_names

MAX_ENTRIES = 5000
MAX_RATIO = 100
MAX_UNPACKED = 4 * 1024**3
MAX_SHARED = 128 * 1024**2
SMALL = 1024 * 1024
"""Members below this size may compress as well as they like."""
DOCTYPE = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T|E\x00?N\x00?T)", re.IGNORECASE)


def _open(file: IO[bytes]) -> Any:
    import openpyxl  # heavy (it brings numpy): not for the web process

    return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)


def check_archive(path: Path) -> None:
    """Refuse an archive before anything of it is unpacked; raises Invalid with the reason."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(members) > MAX_ENTRIES or len(set(names)) != len(names):
            raise Invalid(_("The spreadsheet holds too many or repeated parts."))
        if any(member.flag_bits & 1 for member in members):
            raise Invalid(_("The spreadsheet is encrypted; save it without a password."))
        if any(_escapes(member) for member in members):
            raise Invalid(_("The spreadsheet holds a part with a path that leads outside of it."))
        if sum(member.file_size for member in members) > MAX_UNPACKED or any(_bomb(member) for member in members):
            raise Invalid(_("The spreadsheet unfolds to more than is allowed."))
        if "xl/workbook.xml" not in names:
            raise Invalid(_("The archive is not a spreadsheet (.xlsx)."))
        if any(member.filename.endswith("sharedStrings.xml") and member.file_size > MAX_SHARED for member in members):
            raise Invalid(_("The spreadsheet holds too much text; save it as CSV."))
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as part:
                    if DOCTYPE.search(part.read(4096)):
                        raise Invalid(_("The spreadsheet declares a document type; such files are not read."))


def _escapes(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename.replace("\\", "/"))
    return parts.is_absolute() or ".." in parts.parts or (member.external_attr >> 28) == 0o12


def _bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1)


class Workbook:
    """One sheet of a spreadsheet: the named one, else the first that holds anything."""

    def __init__(self, path: Path, *, sheet: str = "") -> None:
        check_archive(path)
        self.path = path
        try:
            self.sheet = self._choose(sheet)
            header = next((row for _number, row in self._all() if any(row)), None)
        except (
            ParseError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            zipfile.BadZipFile,
        ) as error:
            raise Invalid(_("The spreadsheet is damaged and cannot be read.")) from error
        if header is None:
            raise Invalid(_("The file holds no header."))
        while header and not header[-1]:
            header.pop()
        if len(header) > MAX_COLUMNS:
            raise Invalid(_("The file has more than %(most)d columns.") % {"most": MAX_COLUMNS})
        self.header = unique_names(header)

    def _choose(self, wanted: str) -> str:
        file = self.path.open("rb")
        book = _open(file)
        try:
            names = [sheet.title for sheet in book.worksheets]
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
        every = self._all()
        next((row for _number, row in every if any(row)), None)
        width = len(self.header)
        return ((number, row if any(row[width:]) else row[:width]) for number, row in every if any(row))

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        file = self.path.open("rb")
        book = _open(file)
        try:
            for number, row in enumerate(book[self.sheet].iter_rows(values_only=True), start=1):
                yield number, [_text(cell) for cell in row]
        except (ParseError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
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
