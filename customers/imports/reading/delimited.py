"""CSV and TSV: rows under a header, wherever it stands."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading import dialect
from customers.imports.reading.detected import Guess

SAMPLE = 64 * 1024
FIRST_ROWS = 120
MAX_CELL = 4 * 1024 * 1024
MAX_COLUMNS = 2000
MAX_LINE = 4 * 1024 * 1024
"""Bytes of one line; a line is held in memory as a whole."""


BROKEN = "crm_broken"
"""Name of the error handler; the usual one cannot show bytes below 128, of which the wide encodings have some."""


def _broken(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no text become lone surrogates."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) if byte > 127 else "\udc80" for byte in bad), error.end


codecs.register_error(BROKEN, _broken)


class _Raw(io.RawIOBase):
    """Anything with ``read`` as a raw stream for TextIOWrapper."""

    def __init__(self, stream: IO[bytes], longest: int) -> None:
        self.stream, self.longest, self.since = stream, longest, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) if self.longest else 0
        self.since = len(data) - end if end >= 0 else self.since + len(data)
        if self.longest and self.since > self.longest:
            raise Invalid(_("A line of the file is too long."))
        return len(data)


def text_of(
    stream: Callable[[], IO[bytes]], encoding: str, newline: str | None = "", longest: int = MAX_LINE
) -> io.TextIOWrapper:
    """The stream as text; bytes that do not fit come as lone surrogates and reject their row later."""
    raw = io.BufferedReader(_Raw(stream(), longest), buffer_size=256 * 1024)
    return io.TextIOWrapper(raw, encoding=encoding, errors=BROKEN, newline=newline)


class Lines:
    """Rows of a delimited text."""

    def __init__(self, stream: Callable[[], IO[bytes]], encoding: str, options: Mapping[str, Any]) -> None:
        self.stream, self.encoding = stream, encoding
        self.damaged: dict[int, str] = {}
        csv.field_size_limit(MAX_CELL)
        with text_of(stream, encoding) as text:
            sample = text.read(SAMPLE)
        self.quote = told(options, "quote") or dialect.quotation(sample)
        self.delimiter = told(options, "delimiter") or dialect.delimiter(sample, self.quote.value)
        self.format = "tsv" if self.delimiter.value == "\t" else "csv"
        first = self._first()
        self.header_row = told(options, "header_row") or dialect.header_row(first)
        self.skipped = int(self.header_row.value)
        self.header = self._header(first)

    def _first(self) -> list[list[str]]:
        """The first rows; a file whose first rows cannot be read is refused, later ones end it where they are."""
        return [row for _number, row in islice(self._all(), FIRST_ROWS)]

    def _header(self, first: list[list[str]]) -> list[str]:
        if not any(filled(row) for row in first):
            raise Invalid(_("The file holds no header."))
        if self.skipped > len(first):
            raise Invalid(_("The file has no line %(line)d to take the header from.") % {"line": self.skipped})
        header = first[self.skipped - 1] if self.skipped else [""] * max(map(len, first))
        if len(header) > MAX_COLUMNS:
            raise Invalid(_("The file has more than %(most)d columns.") % {"most": MAX_COLUMNS})
        return unique_names(header)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line number in the file, cells); lines without any text are not rows."""
        return ((number, row) for number, row in islice(self._all(), self.skipped, None) if row and any(row))

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with the number of their last line. Each is held back until the next: the last one may be open."""
        with text_of(self.stream, self.encoding) as text:
            first = text.readline()
            before = 1 if dialect.SEP.match(first) else 0
            reader = self._reader(text if before else chain([first], text))
            held: tuple[int, list[str]] | None = None
            start = 0
            try:
                for row in reader:
                    if held is not None:
                        yield held
                        start = held[0]
                    held = (reader.line_num + before, row)
            except (csv.Error, UnicodeDecodeError) as error:
                raise Invalid(
                    _("Line %(line)d cannot be read: %(reason)s. A quotation mark may be missing its partner.")
                    % {"line": reader.line_num + before, "reason": str(error)[:200]}
                ) from error
        if held is not None:
            yield from self._last(held, max(start, before))

    def _reader(self, lines: Iterator[str]) -> Any:
        return csv.reader(lines, delimiter=self.delimiter.value, quotechar=self.quote.value)

    def _last(self, row: tuple[int, list[str]], start: int) -> Iterator[tuple[int, list[str]]]:
        """The last row; the lines that a quotation without an end swallowed are rows again, but for the first."""
        if row[0] - start < 2:
            yield row
            return
        with text_of(self.stream, self.encoding) as text:
            lines = list(islice(text, start, None))
        if sum(line.count(self.quote.value) for line in lines) % 2 == 0:
            yield row
            return
        for number, line in enumerate(lines, start=start + 1):
            if line.count(self.quote.value) % 2:
                self.damaged[number] = _("a quotation mark has no partner")
            yield from ((number, cells) for cells in self._reader(iter([line])))


def filled(row: list[str]) -> bool:
    """Whether any cell holds anything."""
    return any(cell.strip() for cell in row)


def told(options: Mapping[str, Any], name: str) -> Guess | None:
    """What an option says, as a guess that is sure."""
    value = str(options.get(name, "") or "")
    return Guess(value=value, why=_("You chose it.")) if value else None


def unique_names(header: list[str]) -> list[str]:
    """Trimmed printable column names; empty ones are numbered, repeated ones carry their count."""
    names: list[str] = []
    for place, raw in enumerate(header, start=1):
        name = "".join(filter(str.isprintable, raw)).strip()[:200] or f"column {place}"
        count = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({count + 1})" if count else name)
    return names
