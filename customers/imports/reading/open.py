"""Finds out what a file is and offers its header and rows."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading import delimited, json_rows, vcard, workbook, xml_rows

MAX_UNPACKED = 50 * 1024**3
"""Bytes that a gzipped file may unfold to; rows are streamed, so this bounds time, not memory."""

Row = list[str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file seen as rows of texts under a header; ``rows`` begins anew at each call."""

    format: str
    encoding: str
    header: list[str]
    rows: Callable[[], Iterator[tuple[int, Row]]]
    """(line or record number, cells); the number is what people find in their file."""


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


def open_table(path: Path, options: dict[str, Any]) -> Table:
    """The rows of a file. Raises Invalid with one sentence when it cannot be read as any known format."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise Invalid(_("The file cannot be read: %(reason)s.") % {"reason": error.strerror}) from error
    if not start:
        raise Invalid(_("The file is empty."))
    packed = start.startswith(b"\x1f\x8b")

    def stream() -> IO[bytes]:
        return _Bounded(gzip.open(path, "rb")) if packed else path.open("rb")  # type: ignore[return-value, arg-type]

    if packed:
        start = stream().read(4096)
    if start.startswith(b"PK"):
        return _workbook(path, packed, options)
    return _text(stream, start, options)


def _workbook(path: Path, packed: bool, options: dict[str, Any]) -> Table:
    if packed:
        raise Invalid(_("A spreadsheet inside a gzip file is not read; give the .xlsx itself."))
    try:
        book = workbook.Workbook(path, sheet=str(options.get("sheet", "")))
    except (zipfile.BadZipFile, KeyError) as error:
        raise Invalid(_("The file is neither a spreadsheet nor a text file.")) from error
    return Table(format="xlsx", encoding="", header=book.header, rows=book.rows)


def _text(stream: Callable[[], IO[bytes]], start: bytes, options: dict[str, Any]) -> Table:
    encoding = str(options.get("encoding", "")) or delimited.detect_encoding(stream)
    text = _decoded(start, encoding).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        document = xml_rows.Document(stream)
        return Table(format="xml", encoding="", header=document.header, rows=document.rows)
    if text.upper().startswith("BEGIN:VCARD"):
        cards = vcard.Cards(stream, encoding)
        return Table(format="vcard", encoding=encoding, header=cards.header, rows=cards.rows)
    if text.startswith(("{", "[")):
        records = json_rows.Records(stream, encoding)
        return Table(format=records.format, encoding=encoding, header=records.header, rows=records.rows)
    if len({letter for letter in text if letter < " "} - set("\t\n\r\v\f\x1a")) > 2:
        raise Invalid(_("The file is not a text file that can be imported."))
    lines = delimited.Lines(stream, encoding, str(options.get("delimiter", "")))
    return Table(format=lines.format, encoding=encoding, header=lines.header, rows=lines.rows)


def _decoded(start: bytes, encoding: str) -> str:
    try:
        return start.decode(encoding, errors="replace")
    except LookupError as error:
        raise Invalid(_("The encoding “%(name)s” is not known.") % {"name": encoding}) from error
