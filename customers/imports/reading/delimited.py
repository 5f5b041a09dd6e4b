"""CSV and TSV: encoding, delimiter, rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import IO

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid

SAMPLE = 1024 * 1024
DELIMITERS = ",;\t|"
MAX_CELL = 4 * 1024 * 1024
MAX_COLUMNS = 2000
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def detect_encoding(stream: Callable[[], IO[bytes]]) -> str:
    """The encoding by byte-order mark, then by what the first megabyte decodes as."""
    with _closing(stream()) as file:
        sample = file.read(SAMPLE)
        whole = len(sample) < SAMPLE
    for bom, name in BOMS:
        if sample.startswith(bom):
            return name
    if sample[1:2] == b"\0" and sample[3:4] == b"\0":
        return "utf-16-le"
    if sample[:1] == b"\0" and sample[2:3] == b"\0":
        return "utf-16-be"
    return next((name for name in ("utf-8", "gb18030") if _decodes(sample, name, whole)), "cp1252")


def _decodes(sample: bytes, encoding: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample, whole)
    except UnicodeDecodeError:
        return False
    return encoding != "gb18030" or _mostly_han(sample.decode(encoding, errors="replace"))


def _mostly_han(text: str) -> bool:
    """Western one-byte texts decode as GB18030 too, but to stray characters between Latin letters."""
    odd = [letter for letter in text if ord(letter) > 127]
    return sum("\u3000" <= letter <= "\u9fff" or letter >= "\uff00" for letter in odd) > 0.9 * len(odd)


class _closing:
    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def __enter__(self) -> IO[bytes]:
        return self.stream

    def __exit__(self, *_error: object) -> None:
        close = getattr(self.stream, "close", None)
        if close is not None:
            close()


class _Raw(io.RawIOBase):
    """Anything with ``read`` as a raw stream for TextIOWrapper."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def text_of(stream: Callable[[], IO[bytes]], encoding: str, newline: str | None = "") -> io.TextIOWrapper:
    """The stream as text; bytes that do not fit come as lone surrogates and reject their row later."""
    raw = io.BufferedReader(_Raw(stream()), buffer_size=256 * 1024)
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline=newline)


class Lines:
    """Rows of a delimited text."""

    def __init__(self, stream: Callable[[], IO[bytes]], encoding: str, delimiter: str) -> None:
        self.stream, self.encoding = stream, encoding
        csv.field_size_limit(MAX_CELL)
        with text_of(stream, encoding) as text:
            sample = text.read(64 * 1024)
        self.delimiter = delimiter or sniff_delimiter(sample)
        self.format = "tsv" if self.delimiter == "\t" else "csv"
        header = next((row for _number, row in self._all() if _filled(row)), None)
        if header is None:
            raise Invalid(_("The file holds no header."))
        if len(header) > MAX_COLUMNS:
            raise Invalid(_("The file has more than %(most)d columns.") % {"most": MAX_COLUMNS})
        self.header = unique_names(header)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line number in the file, cells); lines without any text are not rows."""
        every = self._all()
        next((row for _number, row in every if _filled(row)), None)
        return ((number, row) for number, row in every if row and any(row))

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        with text_of(self.stream, self.encoding) as text:
            reader = csv.reader(text, delimiter=self.delimiter)
            try:
                for row in reader:
                    yield reader.line_num, row
            except csv.Error as error:
                raise Invalid(
                    _("Line %(line)d cannot be read: %(reason)s. A quotation mark may be missing its partner.")
                    % {"line": reader.line_num, "reason": error}
                ) from error


def _filled(row: list[str]) -> bool:
    return any(cell.strip() for cell in row)


def sniff_delimiter(sample: str) -> str:
    """The delimiter that splits the first lines into the most and the most even columns."""
    lines = sample.splitlines()
    lines = lines[: 50 if len(lines) < 50 else -1][:50]

    def quality(delimiter: str) -> tuple[float, int]:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        if not rows or len(rows[0]) < 2:
            return 0.0, 0
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        return (1.0 if even > 0.8 else even), len(rows[0])

    try:
        best = max(DELIMITERS, key=quality)
    except csv.Error:
        return ","
    return best if quality(best)[1] else ","


def unique_names(header: list[str]) -> list[str]:
    """Trimmed printable column names; empty ones are numbered, repeated ones carry their count."""
    names: list[str] = []
    for place, raw in enumerate(header, start=1):
        name = "".join(filter(str.isprintable, raw)).strip()[:200] or f"column {place}"
        count = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({count + 1})" if count else name)
    return names
