"""vCard 2.1, 3.0 and 4.0: one card is one row."""

from __future__ import annotations

import quopri
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading.delimited import text_of

HEADER = [
    "name", "last_name", "first_name", "company", "title", "email", "phone", "birth_date",
    "address", "city", "region", "postcode", "country", "note", "external_id",
]  # fmt: skip
MAX_CARD = 2 * 1024 * 1024
NOTHING = frozenset({"BEGIN", "END", "VERSION", "PRODID", "REV"})


class Cards:
    """Cards of a file; ``unsupported`` counts properties that no field takes."""

    def __init__(self, stream: Callable[[], IO[bytes]], encoding: str) -> None:
        self.stream, self.encoding = stream, encoding
        self.header = list(HEADER)
        self.unsupported: Counter[str] = Counter()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the card, cells)."""
        card: list[str] = []
        size = number = 0
        with text_of(self.stream, self.encoding, newline=None) as text:
            for line in _unfolded(text):
                size += len(line)
                if size > MAX_CARD:
                    raise Invalid(_("Card %(number)d is too large.") % {"number": number + 1})
                card.append(line)
                if line.strip().upper() == "END:VCARD":
                    number, size = number + 1, 0
                    yield number, self._row(card)
                    card = []

    def _row(self, lines: list[str]) -> list[str]:
        found: dict[str, str] = {}
        for line in lines:
            name, parameters, value = _property(line)
            if name and name not in NOTHING and not _take(found, name, parameters, value):
                self.unsupported[name] += 1
        if not found.get("name"):
            names = [found.get("first_name", ""), found.get("last_name", "")]
            found["name"] = " ".join(part for part in names if part) or found.get("company", "")
        return [found.get(column, "") for column in HEADER]


def _unfolded(lines: Iterator[str]) -> Iterator[str]:
    """Logical lines: those that begin with a blank continue the one before, as do quoted-printable breaks."""
    held = ""
    for raw in lines:
        line = raw.rstrip("\n")
        if line[:1] in (" ", "\t"):
            held += line[1:]
        elif held.endswith("=") and "QUOTED-PRINTABLE" in held.upper().partition(":")[0]:
            held = held[:-1] + line
        else:
            if held:
                yield held
            held = line
    if held:
        yield held


def _property(line: str) -> tuple[str, str, str]:
    head, _colon, value = line.partition(":")
    name, _semicolon, parameters = head.partition(";")
    parameters = parameters.upper()
    if "QUOTED-PRINTABLE" in parameters:
        charset = re.search(r"CHARSET=([\w-]+)", parameters)
        raw = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
        try:
            value = raw.decode(charset[1] if charset else "utf-8", errors="replace")
        except LookupError:
            value = raw.decode("utf-8", errors="replace")
    return name.rpartition(".")[2].strip().upper(), parameters, value


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    return re.sub(r"\\([nN,;:\\])", lambda found: "\n" if found[1] in "nN" else found[1], value).strip()


def _take(found: dict[str, str], name: str, parameters: str, value: str) -> bool:
    """Put one property into its field; False when no field takes it. The preferred, else the first, counts."""
    simple = {"FN": "name", "TITLE": "title", "NOTE": "note", "UID": "external_id", "BDAY": "birth_date"}
    if name in simple:
        found.setdefault(simple[name], _plain(value))
        return True
    if name in ("EMAIL", "TEL"):
        key = "email" if name == "EMAIL" else "phone"
        if key not in found or "PREF" in parameters:
            found[key] = _plain(value).removeprefix("tel:")
        return True
    columns = {
        "N": ("last_name", "first_name"),
        "ORG": ("company",),
        "ADR": ("", "", "address", "city", "region", "postcode", "country"),
    }.get(name)
    if columns is None:
        return False
    for column, part in zip(columns, _parts(value), strict=False):
        if column and part:
            found.setdefault(column, part)
    return True
