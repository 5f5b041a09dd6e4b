"""JSON (an array of objects, or an object that holds one) and NDJSON, streamed object by object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading.delimited import MAX_COLUMNS, text_of

CHUNK = 1024 * 1024
MAX_OBJECT = 16 * 1024 * 1024
MAX_DEPTH = 8
BLANK = " \t\r\n"


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
        text = text_of(self.stream, self.encoding)
        buffer, place, over = "", 0, False
        inside = False  # within the one array of the file
        while True:
            while place < len(buffer) and buffer[place] in BLANK + ",\ufeff":
                place += 1
            if place < len(buffer) and buffer[place] in "[]":
                if buffer[place] == "]" or inside:
                    if buffer[place] == "[":
                        raise Invalid(_("The file holds a list within its list of records."))
                    return
                self.format, inside, place = "json", True, place + 1
                continue
            if place < len(buffer):
                try:
                    found, place = DECODER.raw_decode(buffer, place)
                except RecursionError as error:
                    raise Invalid(_("The file is nested too deeply.")) from error
                except ValueError as error:
                    if over or len(buffer) - place > MAX_OBJECT:
                        raise Invalid(_("The file is not valid JSON: %(reason)s.") % {"reason": str(error)[:200]}) from error
                else:
                    if not inside:
                        wrapped = _wrapped(found)
                        if wrapped is not None:
                            yield from wrapped
                            return
                        self.format = "ndjson"
                    yield found
                    continue
            elif over:
                if inside:
                    raise Invalid(_("The file is cut short: its list has no end."))
                return
            more = text.read(max(CHUNK, len(buffer) - place))
            over = not more
            buffer, place = buffer[place:] + more, 0


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
