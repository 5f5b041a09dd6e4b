"""What a kind of import can take: its fields, their types and the header words they go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a kind, under the name that mappings and exports use.

    ``type`` is text, choice, number, whole, date, moment, yes, tags, lookup, custom or points. ``column`` is the
    column of the table it fills; without one, the kind itself deals with it.
    """

    name: str
    type: str = "text"
    column: str = ""
    limit: int = 0
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    """Accepted words (folded) → stored value."""
    words: tuple[str, ...] = ()
    """Further header words that mean this field, in any language, without blanks and marks."""

    @property
    def staged(self) -> str:
        """Name of its column in the staging table."""
        return "f_" + self.name.replace(".", "_")

    @property
    def sql_type(self) -> str:
        """Type of its column in the staging table."""
        return SQL_TYPES.get(self.type, "text")


SQL_TYPES = {
    "number": "numeric(18,4)",
    "whole": "bigint",
    "date": "date",
    "moment": "timestamptz",
    "yes": "boolean",
    "tags": "text[]",
    "lookup": "bigint",
    "custom": "jsonb",
    "points": "jsonb",
}


def fold(word: str) -> str:
    """A header or choice word without case, blanks and marks, for comparison."""
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def choices(values: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Stored value → further words, turned round; the value itself is always a word."""
    return {fold(word): value for value, words in values.items() for word in (value, *words)}
