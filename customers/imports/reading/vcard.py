"""vCard 2.1, 3.0 and 4.0: one card is one row."""

from __future__ import annotations

import json
import quopri
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading.delimited import text_of

HEADER = [
    "name", "last_name", "first_name", "company", "title", "email", "phone", "birth_date", "gender", "address", "city",
    "region", "postcode", "country", "language", "tags", "note", "external_id", "points",
]  # fmt: skip
MAX_CARD = 2 * 1024 * 1024
NOTHING = frozenset({"", "BEGIN", "END", "VERSION", "PRODID", "REV", "X-ABLABEL", "X-ABADR"})
BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
HEAD = re.compile(r"[\w.-]+(;[^:]*)?:")
BASE64 = re.compile(r"[A-Za-z0-9+/=]+")


class Cards:
    """Cards of a file; ``unsupported`` counts the properties that no field takes, anew at each reading."""

    def __init__(self, stream: Callable[[], IO[bytes]], encoding: str) -> None:
        self.stream, self.encoding = stream, encoding
        self.header = list(HEADER)
        self.unsupported: Counter[str] = Counter()
        self.damaged: dict[int, str] = {}

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the card, cells)."""
        self.unsupported.clear()
        for number, (lines, closed) in enumerate(self._cards(), start=1):
            if not closed:
                self.damaged[number] = _("the card has no end")
            yield number, self._row(lines)

    def _cards(self) -> Iterator[tuple[list[str], bool]]:
        """The lines of each card, and whether it is closed; a card inside of another one is left out."""
        card: list[str] | None = None
        size = inner = 0
        with text_of(self.stream, self.encoding, newline=None) as text:
            for line in _unfolded(text):
                word = line.strip().upper()
                if word == "BEGIN:VCARD":
                    if card and card[-1].upper().startswith("AGENT"):
                        inner += 1
                        continue
                    if card is not None:
                        yield card, False
                    card, size = [], 0
                elif word == "END:VCARD" and inner:
                    inner -= 1
                elif word == "END:VCARD" and card is not None:
                    yield card, True
                    card = None
                elif card is not None and not inner:
                    size += len(line)
                    if size > MAX_CARD:
                        raise Invalid(_("A card of the file is too large."))
                    card.append(line)
        if card is not None:
            yield card, False

    def _row(self, lines: list[str]) -> list[str]:
        labels = dict(filter(None, map(_label, lines)))
        card = Card(labels)
        for line in lines:
            name, parameters, value, group = _property(line)
            if name not in NOTHING and not card.take(name, parameters, value, group):
                word = "photos and other binary values" if name in BINARY else name
                self.unsupported[f"vCard: {word}, left out"] += 1
        return card.cells()


def _unfolded(lines: Iterator[str]) -> Iterator[str]:
    """Logical lines: those that begin with a blank continue the one before, as do quoted-printable and base64 breaks."""
    held: list[str] = []
    soft = binary = False
    for raw in lines:
        line = raw.rstrip("\n").rstrip("\r")
        if held and line[:1] in (" ", "\t") and line.strip():
            held.append(line[1:])
        elif held and soft and held[-1].endswith("="):
            held[-1] = held[-1][:-1]
            held.append(line)
        elif held and binary and BASE64.fullmatch(line):
            held.append(line)
        else:
            if held:
                yield "".join(held)
            head = line.partition(":")[0].upper()
            soft = "QUOTED-PRINTABLE" in head
            binary = "BASE64" in head or "ENCODING=B" in head
            held = [line] if line.strip() else []
    if held:
        yield "".join(held)


def _label(line: str) -> tuple[str, str] | None:
    """The label that an address book gives to the properties of one group."""
    head, _colon, value = line.partition(":")
    group, _dot, name = head.partition(".")
    if name.upper() != "X-ABLABEL":
        return None
    return group.upper(), re.sub(r"^_\$!<(.*)>!\$_$", r"\1", _plain(value))


def _property(line: str) -> tuple[str, str, str, str]:
    """Name, parameters, value and group of a line; no name for one that is no property."""
    if not HEAD.match(line):
        return "", "", "", ""
    head, value = _halves(line)
    name, _semicolon, parameters = head.partition(";")
    parameters = parameters.upper()
    if "QUOTED-PRINTABLE" in parameters:
        charset = re.search(r"CHARSET=([\w-]+)", parameters)
        raw = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
        try:
            value = raw.decode(charset[1] if charset else "utf-8", errors="replace")
        except LookupError:
            value = raw.decode("utf-8", errors="replace")
    group, _dot, bare = name.strip().upper().rpartition(".")
    return bare, parameters, value, group


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    return re.sub(r"\\([nN,;:\\])", lambda found: "\n" if found[1] in "nN" else found[1], value).strip()


def _halves(line: str) -> tuple[str, str]:
    """Before and after the first colon that no quotation marks enclose."""
    quoted = False
    for place, sign in enumerate(line):
        if sign == '"':
            quoted = not quoted
        elif sign == ":" and not quoted:
            return line[:place], line[place + 1 :]
    head, _colon, value = line.partition(":")
    return head, value


SIMPLE = {"FN": "name", "TITLE": "title", "UID": "external_id", "ROLE": "role", "LANG": "language"}
GENDERS = {"M": "male", "F": "female", "O": "other"}
LABELS = {"CELL": "mobile", "FAX": "fax", "PAGER": "pager", "WORK": "work", "HOME": "home"}
DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?")
PLACES = ("address", "city", "region", "postcode", "country")


class Card:
    """The fields of one card, filled property by property."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels
        self.found: dict[str, str] = {}
        self.points: list[dict[str, Any]] = []

    def take(self, name: str, parameters: str, value: str, group: str) -> bool:
        """Put one property into its field; False when no field takes it."""
        if name in SIMPLE:
            self.found.setdefault(SIMPLE[name], _plain(value))
            return True
        match name:
            case "EMAIL" | "TEL" | "ADR":
                self._point(name, parameters, value, self.labels.get(group, ""))
            case "N":
                self._fill(("last_name", "first_name"), _parts(value))
            case "ORG":
                self._fill(("company",), _parts(value))
            case "NOTE":
                self._add("note", _plain(value), "\n")
            case "CATEGORIES":
                self._add("tags", "; ".join(map(_plain, re.split(r"(?<!\\),", value))), "; ")
            case "GENDER" if value[:1].upper() in GENDERS:
                self.found["gender"] = GENDERS[value[:1].upper()]
            case "BDAY" if DAY.fullmatch(value.strip()):
                self.found["birth_date"] = "-".join(DAY.fullmatch(value.strip()).groups())  # type: ignore[union-attr]
            case _:
                return False
        return True

    def _fill(self, columns: tuple[str, ...], parts: list[str]) -> None:
        for column, part in zip(columns, parts, strict=False):
            if part:
                self.found.setdefault(column, part)

    def _add(self, column: str, text: str, between: str) -> None:
        if text:
            self.found[column] = f"{self.found[column]}{between}{text}" if column in self.found else text

    def _point(self, name: str, parameters: str, value: str, label: str) -> None:
        words = set(re.split(r"[;,=\"\s]+", parameters))
        label = label or next((LABELS[word] for word in LABELS if word in words), "")
        kind = {"EMAIL": "email", "TEL": "phone", "ADR": "address"}[name]
        point: dict[str, Any] = {"kind": kind, "label": label.lower()[:40], "preferred": "PREF" in words}
        if kind == "address":
            box, more, street, *rest = [*_parts(value), *[""] * 7][:7]
            street = ", ".join(part.replace("\n", ", ") for part in (box, more, street) if part)
            point["parts"] = dict(zip(PLACES, (street, *rest), strict=True))
            point["value"] = ", ".join(part for part in point["parts"].values() if part)[:300]
        else:
            plain = _plain(value)
            plain = plain[plain.lower().startswith(("tel:", "mailto:")) and plain.index(":") + 1 :]
            point["value"] = plain.replace(";ext=", " ext. ")
        if point["value"]:
            self.points.append(point)

    def cells(self) -> list[str]:
        """The card as a row: the preferred, else the first, way of each kind is the main one."""
        found = self.found
        for kind in ("email", "phone", "address"):
            ranked = sorted((p for p in self.points if p["kind"] == kind), key=lambda p: not p["preferred"])
            main = next((p for p in ranked if p["label"] not in ("fax", "pager")), next(iter(ranked), None))
            if main is not None:
                found.update(main.get("parts") or {kind: main["value"]})
                main["main"] = True
        found["title"] = found.get("title") or found.get("role", "")
        if not found.get("name"):
            names = [found.get("first_name", ""), found.get("last_name", "")]
            found["name"] = " ".join(part for part in names if part) or found.get("company", "")
        kept = [{name: p[name] for name in ("kind", "label", "value")} | {"main": "main" in p} for p in self.points]
        found["points"] = json.dumps(kept, ensure_ascii=False) if kept else ""
        return [found.get(column, "") for column in HEADER]
