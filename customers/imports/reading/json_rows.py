"""JSON (an array of objects, or an object that holds one) and NDJSON, streamed object by object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading.delimited import MAX_COLUMNS, text_of

CHUNK = 1024 * 1024
MAX_OBJECT = 4 * 1024 * 1024
MAX_DEPTH = 8
BLANK = " \t\r\n,\ufeff"


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse)
"""Numbers stay the texts they were: no digit is lost and no 5,000-digit number is computed."""


class Records:
    """Objects of a JSON text as rows under the union of their keys."""

    def __init__(self, stream: Callable[[], IO[bytes]], encoding: str) -> None:
        self.stream, self.encoding = stream, encoding
        self.format = "json"
        names: dict[str, None] = {}
        for _number, record in self._records():
            names.update(dict.fromkeys(record))
            if len(names) > MAX_COLUMNS:
                raise Invalid(_("The file has more than %(most)d columns.") % {"most": MAX_COLUMNS})
        if not names:
            raise Invalid(_("The file holds no records."))
        self.header = list(names)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the record, cells)."""
        for number, record in self._records():
            yield number, [record.get(name, "") for name in self.header]

    def _records(self) -> Iterator[tuple[int, dict[str, str]]]:
        for number, found in enumerate(self._objects(), start=1):
            if not isinstance(found, dict):
                raise Invalid(_("Record %(number)d is not an object.") % {"number": number})
            flat: dict[str, str] = {}
            _flatten(found, "", flat, 0)
            yield number, flat

    def _objects(self) -> Iterator[Any]:
        """Values of the one list of the file, or values that stand one after the other."""
        text = _Text(text_of(self.stream, self.encoding, longest=0))
        inside = text.take("[")
        while text.more():
            if inside and text.take("]"):
                return
            found = text.value()
            wrapped = None if inside else _wrapped(found)
            if wrapped is not None:
                yield from wrapped
                return
            self.format = "json" if inside else "ndjson"
            yield found
        if inside:
            raise Invalid(_("The file is cut short: its list has no end."))


class _Text:
    """A JSON text read piece by piece, with the place that was reached."""

    def __init__(self, source: IO[str]) -> None:
        self.source = source
        self.buffer, self.place, self.over = "", 0, False

    def _read(self) -> None:
        piece = self.source.read(max(CHUNK, len(self.buffer) - self.place))
        self.over = not piece
        self.buffer, self.place = self.buffer[self.place :] + piece, 0

    def more(self) -> bool:
        """Whether anything but blanks and commas is left; stands on it."""
        while True:
            while self.place < len(self.buffer) and self.buffer[self.place] in BLANK:
                self.place += 1
            if self.place < len(self.buffer):
                return True
            if self.over:
                return False
            self._read()

    def take(self, sign: str) -> bool:
        """Step over a sign if it stands here."""
        if not self.more() or self.buffer[self.place] != sign:
            return False
        self.place += 1
        return True

    def value(self) -> Any:
        """The value that begins here; reads on while it is not whole."""
        while True:
            try:
                found, end = DECODER.raw_decode(self.buffer, self.place)
            except RecursionError as error:
                raise Invalid(_("The file is nested too deeply.")) from error
            except ValueError as error:
                if self.over or len(self.buffer) - self.place > MAX_OBJECT:
                    reason = str(error)[:200]
                    raise Invalid(_("The file is not valid JSON: %(reason)s.") % {"reason": reason}) from error
                self._read()
            else:
                self.place = end
                return found


def _wrapped(found: Any) -> list[Any] | None:
    """The records of ``{"records": [...]}``; None when the object is a record itself."""
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        if len(lists) == 1:
            return lists[0]
    return None


def _flatten(value: dict[str, Any], prefix: str, flat: dict[str, str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Invalid(_("The file is nested too deeply."))
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, dict):
            _flatten(inner, f"{name}.", flat, depth + 1)
        elif isinstance(inner, list):
            flat[name] = "; ".join(_word(item) for item in inner)
        else:
            flat[name] = _word(inner)


def _word(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
