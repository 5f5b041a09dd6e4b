"""Cells to values that COPY takes, one column at a time: each different text is converted once.

A converter is a dictionary that fills itself. What it cannot convert becomes a ``Bad`` text, whose
words are the reason in the rejects file. Values come out escaped for COPY; nothing is ``\\N``.
"""

from __future__ import annotations

import datetime
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.imports.fields import Field, fold

NULL = "\\N"
KEPT = 100_000
"""Different texts that a column remembers before it forgets them all."""
SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
GUARDED = re.compile(r"'+\s*[=+\-@\t\r＝＋－＠]")


class Bad(str):
    """The reason why a cell cannot be taken."""


def escape(text: str) -> str:
    """A text as COPY's text format takes it."""
    return SPECIAL.sub(lambda found: ESCAPES[found[0]], text) if SPECIAL.search(text) else text


def trimmed(raw: str, *, guarded: bool = True) -> str:
    """NFC, without outer blanks; ``guarded`` takes away the one mark that a spreadsheet-safe export puts."""
    if not raw:
        return ""
    text = raw.strip() if raw.isascii() else unicodedata.normalize("NFC", raw).strip("\ufeff").strip()
    if guarded and text[:1] == "'" and GUARDED.match(text):
        return text[1:]
    return text


class Converter(dict[str, str]):
    """Raw cell → COPY text or Bad; remembers what it has seen."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.found_bad = False
        self.guarded = True

    def __missing__(self, raw: str) -> str:
        if len(self) >= KEPT:
            self.clear()
        value = self._value(raw)
        self[raw] = value
        return value

    def _value(self, raw: str) -> str:
        text = trimmed(raw, guarded=self.guarded)
        if not text:
            return self.bad(_("is missing")) if self.field.required else NULL
        return self.convert(text)

    def convert(self, text: str) -> str:
        """The COPY text of a cell that is not empty."""
        if self.field.limit and len(text) > self.field.limit:
            return self.bad(_("is longer than %(most)d characters") % {"most": self.field.limit})
        return escape(text)

    def bad(self, reason: str) -> Bad:
        """A reason that begins with the field's name."""
        self.found_bad = True
        return Bad(f"{self.field.name} {reason}")

    def column(self, cells: list[str] | tuple[str, ...]) -> list[str]:
        """A whole column of a batch."""
        return list(map(self.__getitem__, cells))


class TextConverter(Converter):
    """Texts that hardly repeat: converted without being remembered."""

    def column(self, cells: list[str] | tuple[str, ...]) -> list[str]:
        """A whole column of a batch."""
        return list(map(self._value, cells))


class ChoiceConverter(Converter):
    """One of a few words."""

    def convert(self, text: str) -> str:
        value = self.field.choices.get(fold(text))
        return (
            self.bad(_("“%(text)s” is not one of the known values") % {"text": text[:60]}) if value is None else value
        )


class YesConverter(Converter):
    """Yes or no in several languages."""

    YES = frozenset(["1", "true", "t", "yes", "y", "ja", "oui", "si", "sí", "sim", "да", "是", "有", "真", "on", "x"])
    NO = frozenset(["0", "false", "f", "no", "n", "nein", "non", "não", "нет", "否", "无", "假", "off"])

    def convert(self, text: str) -> str:
        word = text.casefold()
        if word in self.YES:
            return "t"
        return "f" if word in self.NO else self.bad(_("is neither yes nor no"))


class NumberConverter(Converter):
    """Decimal numbers; the sign that separates decimals is the mapping's, a point by default."""

    PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
    NOISE = re.compile(r"[\s\u00a0\u202f'’_$€£¥￥]|[A-Z]{3}")

    def __init__(self, field: Field, *, decimal: str = ".", places: int = 4) -> None:
        super().__init__(field)
        self.decimal, self.places = decimal, places
        self.grouping = "." if decimal == "," else ","
        self.fine: dict[str, int] = {}  # raw cells with more than two decimals → how many
        self.tally = Counter[int]()

    def column(self, cells: list[str] | tuple[str, ...]) -> list[str]:
        """A whole column of a batch; cells with more than two decimals are counted."""
        values = super().column(cells)
        if self.fine:
            self.tally.update(self.fine[raw] for raw in cells if raw in self.fine)
        return values

    def counts(self) -> dict[str, int]:
        """How many cells had more decimals than two (kept) and than four (rounded)."""
        kept = sum(count for places, count in self.tally.items() if places <= self.places)
        rounded = sum(count for places, count in self.tally.items() if places > self.places)
        named = {"three or four decimals, kept exactly": kept, "more than four decimals, rounded": rounded}
        return {name: count for name, count in named.items() if count}

    def _value(self, raw: str) -> str:
        value = super()._value(raw)
        places = len(value.rpartition(".")[2]) if "." in value and not isinstance(value, Bad) else 0
        if places > 2:
            self.fine[raw] = places
        return value

    def convert(self, text: str) -> str:
        if self.decimal == "." and len(text) < 14 and self.PLAIN.fullmatch(text):
            return text
        plain = unicodedata.normalize("NFKC", text)
        negative = plain.startswith("(") and plain.endswith(")")
        plain = self.NOISE.sub("", plain.strip("()")).replace(self.grouping, "").replace(self.decimal, ".")
        plain = plain.replace("−", "-")
        if len(plain) > 40 or not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", plain):
            return self.bad(_("“%(text)s” is not a number") % {"text": text[:60]})
        try:
            number = Decimal(plain)
        except InvalidOperation:
            return self.bad(_("“%(text)s” is not a number") % {"text": text[:60]})
        if abs(number) >= Decimal(10) ** (12 if self.places else 15):
            return self.bad(_("“%(text)s” is too large") % {"text": text[:60]})
        if not self.places and number != number.to_integral_value():
            return self.bad(_("“%(text)s” is not a whole number") % {"text": text[:60]})
        value = -number if negative else number
        return format(value.to_integral_value() if not self.places else value, "f")


ORDERS = {"ymd": "%Y %m %d", "dmy": "%d %m %Y", "mdy": "%m %d %Y"}
ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,6})?\d*)?\s?(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
LOOSE = re.compile(
    r"(\d{1,4})\s?[-/.年\s]\s?(\d{1,2}|[A-Za-z]{3,9})\s?[-/.月\s]\s?(\d{1,4})日?"
    r"(?:[T,\s]+(\d{1,2})[:h时](\d{2})(?:[:m分](\d{2})(?:\.\d+)?秒?)?\s?([AaPp]\.?[Mm]\.?)?)?\s?(Z|[+-]\d\d:?\d\d)?"
)
MONTHS = {
    name: place
    for place, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}


class MomentConverter(Converter):
    """Dates and times; a time without a zone is in the workspace's (or the mapping's) zone."""

    def __init__(self, field: Field, *, order: str, zone: ZoneInfo) -> None:
        super().__init__(field)
        self.order, self.zone = order, zone
        self.whole_days = field.type == "date"

    def convert(self, text: str) -> str:
        try:
            moment = self._moment(text)
        except (ValueError, OverflowError):
            moment = None
        if moment is None or not 1 <= moment.year <= 9998:
            return self.bad(_("“%(text)s” is not a date") % {"text": text[:60]})
        if self.whole_days:
            return moment.date().isoformat()
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(datetime.UTC).isoformat()

    def _moment(self, text: str) -> datetime.datetime | None:
        found = ISO.fullmatch(text)
        if found:
            year, month, day, hour, minute, second, part, offset = found.groups()
            micro = int(float(part) * 1_000_000) if part else 0
            parts = (int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro)
            return datetime.datetime(*parts, tzinfo=_offset(offset))
        loose = LOOSE.fullmatch(unicodedata.normalize("NFKC", text))
        return self._loose(loose) if loose else None

    def _loose(self, found: re.Match[str]) -> datetime.datetime:
        first, second, third, hour, minute, seconds, half, offset = found.groups()
        year, month, day = self._ordered(first, second, third)
        hours = int(hour or 0)
        if half:
            hours = hours % 12 + (12 if half[0] in "pP" else 0)
        return datetime.datetime(year, month, day, hours, int(minute or 0), int(seconds or 0), tzinfo=_offset(offset))

    def _ordered(self, first: str, second: str, third: str) -> tuple[int, int, int]:
        if not second.isdigit():
            month = MONTHS.get(second[:3].lower(), 0)
            day, year = (first, third) if len(third) >= len(first) else (third, first)
            return _year(year), month, int(day)
        if len(first) == 4:
            return int(first), int(second), int(third)
        if self.order == "mdy":
            return _year(third), int(first), int(second)
        return _year(third), int(second), int(first)


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < 70 else 1900)


def _offset(text: str | None) -> datetime.tzinfo | None:
    if not text:
        return None
    if text in "Zz":
        return datetime.UTC
    sign = -1 if text[0] == "-" else 1
    return datetime.timezone(sign * datetime.timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


class TagsConverter(Converter):
    """Words separated by semicolon, comma or bar, as a PostgreSQL array."""

    def convert(self, text: str) -> str:
        words = list(dict.fromkeys(word.strip() for word in re.split(r"[;,|、，；]", text) if word.strip()))
        if any(len(word) > 60 for word in words):
            return self.bad(_("holds a word of more than 60 characters"))
        quoted = ('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
        return escape("{" + ",".join(quoted) + "}")


class LookupConverter(Converter):
    """A name of something that is here already: an owner, a team, a campaign."""

    def __init__(self, field: Field, known: Mapping[str, int]) -> None:
        super().__init__(field)
        self.known = known

    def convert(self, text: str) -> str:
        found = self.known.get(text.casefold())
        return self.bad(_("“%(text)s” is not known") % {"text": text[:60]}) if found is None else str(found)


class PointsConverter(TextConverter):
    """A JSON list of further e-mails, phones and addresses, as the reader of cards gives it."""

    KINDS = frozenset(["email", "phone", "address"])

    def convert(self, text: str) -> str:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        good = isinstance(found, list) and all(
            isinstance(one, dict) and one.get("kind") in self.KINDS and isinstance(one.get("value"), str)
            for one in found
        )
        return escape(text) if good else self.bad(_("is not a JSON list of e-mails, phones and addresses"))


def converter(
    field: Field, *, order: str, decimal: str, zone: ZoneInfo, lookups: Mapping[str, Mapping[str, int]]
) -> Converter:
    """The converter of a field."""
    match field.type:
        case "number":
            return NumberConverter(field, decimal=decimal)
        case "whole":
            return NumberConverter(field, decimal=decimal, places=0)
        case "date" | "moment":
            return MomentConverter(field, order=order, zone=zone)
        case "lookup":
            return LookupConverter(field, lookups.get(field.name, {}))
        case _:
            return PLAIN_TYPES.get(field.type, TextConverter)(field)


PLAIN_TYPES: Mapping[str, type[Converter]] = {
    "choice": ChoiceConverter, "yes": YesConverter, "tags": TagsConverter,
    "points": PointsConverter, "code": Converter,
}  # fmt: skip


def json_cell(values: Mapping[str, object]) -> str:
    """A JSON object as COPY takes it."""
    return json_text(values) if values else NULL


def json_text(value: object) -> str:
    """JSON as COPY takes it; a NUL inside stays one, so that its row is rejected rather than the whole file."""
    return escape(json.dumps(value, ensure_ascii=False).replace("\\u0000", "\0"))
