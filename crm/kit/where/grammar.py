"""The text of conditions in an address, and back: nothing here knows of tables.

A group is items joined by ``;`` (AND) or ``|`` (OR), never both; an item is a condition or a group in
brackets. A condition is ``field.operator`` or ``field.operator:value,value``; a backslash takes the meaning
from the character behind it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid

AND, OR = "and", "or"
SIGNS = {AND: ";", OR: "|"}
JOINS = {sign: join for join, sign in SIGNS.items()}
SPECIAL = "\\;|(),"
MAX_TEXT = 1_500  # characters
MAX_DEPTH = 3
MAX_CONDITIONS = 30
MAX_VALUES = 50  # of one condition
NAME = re.compile(r"[\w-]{1,80}(\.[\w-]{1,80})?")
OPERATOR = re.compile(r"[a-z]{2,10}")


@dataclass(frozen=True)
class Condition:
    """One field, one operator, and the values that go with it."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Conditions and groups joined by AND or by OR."""

    join: str = AND
    parts: tuple[Condition | Group, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def conditions(self) -> list[Condition]:
        """Every condition, in the order of the text."""
        found: list[Condition] = []
        for part in self.parts:
            found += [part] if isinstance(part, Condition) else part.conditions()
        return found


def write(group: Group) -> str:
    """A group as text."""
    return SIGNS[group.join].join(
        f"({write(part)})" if isinstance(part, Group) else _written(part) for part in group.parts
    )


def _written(condition: Condition) -> str:
    name = f"{condition.field}.{condition.operator}"
    return f"{name}:{','.join(map(_escaped, condition.values))}" if condition.values else name


def _escaped(value: str) -> str:
    return "".join(f"\\{char}" if char in SPECIAL else char for char in value)


def parse(text: str) -> Group:
    """The group of a text; raises Invalid with a sentence for anything else."""
    if len(text) > MAX_TEXT:
        raise wrong(_("These conditions are too long; the most is %(most)s characters.") % {"most": MAX_TEXT})
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise wrong(_("These conditions hold characters that cannot be read."))
    reader = _Reader(text)
    group = reader.group(1)
    if reader.at < len(text):
        reader.stop()
    if len(group.conditions()) > MAX_CONDITIONS:
        raise wrong(_("These are too many conditions; the most is %(most)s.") % {"most": MAX_CONDITIONS})
    return group


def wrong(sentence: str) -> Invalid:
    """The refusal of conditions."""
    return Invalid(sentence, fields={"where": sentence})


class _Reader:
    """Walks through a text from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def stop(self) -> NoReturn:
        raise wrong(_("These conditions cannot be read from “%(here)s” on.") % {"here": self.text[self.at :][:20]})

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def group(self, depth: int) -> Group:
        if depth > MAX_DEPTH:
            raise wrong(_("Groups can be nested %(most)s deep.") % {"most": MAX_DEPTH})
        parts = [self.item(depth)]
        sign = self.peek() if self.peek() in JOINS else ""
        while sign and self.peek() == sign:
            self.at += 1
            parts.append(self.item(depth))
        return Group(JOINS.get(sign, AND), tuple(parts))

    def item(self, depth: int) -> Condition | Group:
        if self.peek() != "(":
            return self.condition()
        self.at += 1
        found = self.group(depth + 1)
        if self.peek() != ")":
            self.stop()
        self.at += 1
        return found

    def condition(self) -> Condition:
        end = self.at
        while end < len(self.text) and self.text[end] not in ":;|()":
            end += 1
        field, _dot, operator = self.text[self.at : end].rpartition(".")
        if not NAME.fullmatch(field) or not OPERATOR.fullmatch(operator):
            self.stop()
        self.at = end
        return Condition(field, operator, self.values() if self.peek() == ":" else ())

    def values(self) -> tuple[str, ...]:
        self.at += 1
        found, current = [], ""
        while self.at < len(self.text) and self.peek() not in ";|)":
            char = self.peek()
            if char == "(":
                self.stop()
            self.at += 1
            if char == ",":
                found.append(current)
                current = ""
                continue
            if char == "\\":
                char = self.peek() or self.stop()
                self.at += 1
            current += char
        if len(found) >= MAX_VALUES:
            raise wrong(_("A condition takes at most %(most)s values.") % {"most": MAX_VALUES})
        return (*found, current)
