"""Finds out what a file is and offers its header and rows."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading import archive, delimited, encodings, json_rows, vcard, workbook, xml_rows
from customers.imports.reading.detected import Detected, Guess

MAX_UNPACKED = 50 * 1024**3
"""Bytes that a gzipped file may unfold to; rows are streamed, so this bounds time, not memory."""
SHEET = "xl/workbook.xml"
SURE = 0.65
CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\r\v\f\x1a\x1b")

Row = list[str]
Stream = Callable[[], IO[bytes]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file seen as rows of texts under a header; ``rows`` begins anew at each call."""

    format: str
    encoding: str
    header: list[str]
    rows: Callable[[], Iterator[tuple[int, Row]]]
    """(line or record number, cells); the number is what people find in their file."""
    detected: Detected
    damaged: Mapping[int, str] = field(default_factory=dict)
    """Rows that cannot be trusted, with the reason; filled while rows are read."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """What the reader left out, counted while rows are read."""


class _Bounded:
    """A gzip stream that stops a bomb."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.left = stream, MAX_UNPACKED

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; raises Invalid past the limit or on a damaged file."""
        try:
            data = self.stream.read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise Invalid(_("The gzipped file is damaged or cut short.")) from error
        self.left -= len(data)
        if self.left < 0:
            raise Invalid(_("The file unfolds to more than is allowed."))
        return data


def open_table(path: Path, options: Mapping[str, Any]) -> Table:
    """The rows of a file. Raises Invalid with one sentence when it cannot be read as any known format."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise Invalid(_("The file cannot be read: %(reason)s.") % {"reason": error.strerror}) from error
    if not start:
        raise Invalid(_("The file is empty."))
    if start.startswith(b"\x1f\x8b"):
        return _gzipped(path, options)
    if start.startswith(b"PK"):
        return _zipped(path, options)
    return _text(lambda: path.open("rb"), start, options)


def _gzipped(path: Path, options: Mapping[str, Any]) -> Table:
    def stream() -> IO[bytes]:
        return _Bounded(gzip.open(path, "rb"))  # type: ignore[return-value, arg-type]

    start = stream().read(4096)
    if not start:
        raise Invalid(_("The file is empty."))
    if start.startswith(b"PK"):
        raise Invalid(_("A spreadsheet inside a gzip file is not read; give the .xlsx itself."))
    if start.startswith(archive.PACKED):
        raise Invalid(_("An archive inside of an archive is not read; give “%(name)s” itself.") % {"name": "gzip"})
    return _text(stream, start, options)


def _zipped(path: Path, options: Mapping[str, Any]) -> Table:
    try:
        with zipfile.ZipFile(path) as packed:
            sheet = SHEET in packed.namelist()
            if not sheet and any(name.startswith("xl/") for name in packed.namelist()):
                raise Invalid(_("The archive is not a spreadsheet (.xlsx)."))
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError) as error:
        raise Invalid(_("The file is neither a spreadsheet nor a text file.")) from error
    return _workbook(path, options) if sheet else _files(path, options)


def _workbook(path: Path, options: Mapping[str, Any]) -> Table:
    try:
        book = workbook.Workbook(path, options)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, zlib.error, OSError) as error:
        raise Invalid(_("The file is neither a spreadsheet nor a text file.")) from error
    others = tuple(name for name in book.sheets if name != book.sheet)
    sheet = Guess(value=book.sheet, confidence=0.9 if others else 1.0, why=_("The first sheet that holds anything."),
                  alternatives=others)  # fmt: skip
    detected = Detected(format=_format("xlsx"), sheet=sheet, header_row=book.header_row)
    return Table(format="xlsx", encoding="", header=book.header, rows=book.rows, detected=detected)


def _files(path: Path, options: Mapping[str, Any]) -> Table:
    """The files of an archive one after the other, as one table; they are of one kind, with the same columns."""
    tables = [_member(path, name, options) for name in archive.members(path)]
    first = tables[0]
    header = list(dict.fromkeys(name for table in tables for name in table.header))
    if len(tables) > 1 and len(header) > 2 * min(len(table.header) for table in tables):
        raise Invalid(_("The files of the archive do not have the same columns; import them one by one."))

    def rows() -> Iterator[tuple[int, Row]]:
        reached = 0
        for table in tables:
            places = [table.header.index(name) if name in table.header else -1 for name in header]
            number = 0
            for number, row in table.rows():
                spread = [row[place] if -1 < place < len(row) else "" for place in places]
                yield reached + number, spread + row[len(table.header) :]
            reached += number

    return Table(format=first.format, encoding=first.encoding, header=header, rows=rows, detected=first.detected,
                 damaged=first.damaged, notes=first.notes)  # fmt: skip


def _member(path: Path, name: str, options: Mapping[str, Any]) -> Table:
    stream = archive.stream(path, name)
    return _text(stream, stream().read(4096), options)


def _format(name: str) -> Guess:
    return Guess(value=name, why=_("Told by the content, not by the name."))


def _text(stream: Stream, start: bytes, options: Mapping[str, Any]) -> Table:
    given = delimited.told(options, "encoding")
    encoding = given or encodings.detect(stream)
    decoder = encodings.named(encoding.value)
    text = start.decode(decoder, errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        document = xml_rows.Document(stream)
        return Table(format="xml", encoding="", header=document.header, rows=document.rows,
                     detected=Detected(format=_format("xml")))  # fmt: skip
    if text[:11].upper() == "BEGIN:VCARD":
        cards = vcard.Cards(stream, decoder)
        return Table(format="vcard", encoding=decoder, header=cards.header, rows=cards.rows, notes=cards.unsupported,
                     damaged=cards.damaged, detected=Detected(format=_format("vcard"), encoding=encoding))  # fmt: skip
    if text.startswith(("{", "[")):
        records = json_rows.Records(stream, decoder)
        return Table(format=records.format, encoding=decoder, header=records.header, rows=records.rows,
                     detected=Detected(format=_format(records.format), encoding=encoding))  # fmt: skip
    if len(CONTROLS.intersection(text)) > 2:
        raise Invalid(_("The file is not a text file that can be imported."))
    return _delimited(stream, decoder, encoding, options)


def _delimited(stream: Stream, decoder: str, encoding: Guess, options: Mapping[str, Any]) -> Table:
    lines = delimited.Lines(stream, decoder, options)
    warnings = []
    if encoding.confidence < SURE:
        warnings.append(
            _("The encoding of the file is not certain; it was read as %(name)s.") % {"name": encoding.value}
        )
    if lines.header_row.value == "0":
        warnings.append(_("The file seems to have no header; its columns are numbered."))
    detected = Detected(
        format=_format(lines.format), encoding=encoding, delimiter=lines.delimiter, quote=lines.quote,
        header_row=lines.header_row, warnings=tuple(warnings),
    )  # fmt: skip
    return Table(format=lines.format, encoding=decoder, header=lines.header, rows=lines.rows, damaged=lines.damaged,
                 detected=detected)  # fmt: skip
