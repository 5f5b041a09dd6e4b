"""What a file holds and how its columns may fill our fields: the wizard's first answer, before anything is written.

    found = suggest(path, "customers", {"encoding": "cp1252"})
    found.kind            "customers" (guessed when None was asked), found.kinds: all kinds, the likeliest first
    found.preset          "salesforce", "hubspot", "odoo", "google", "outlook" or ""
    found.detected        encoding, delimiter, header_row, decimal, date_order …: each a Guess (value, confidence, why,
                          alternatives); an option of the same name overrules it
    found.columns         one Column per column of the file: samples, field, confidence, reason, alternatives, and
                          ``custom`` (a NewField) for a column that fits nothing
    found.mapping         the mapping JSON of it all; ``customers.imports.mapping.read`` takes it as it is. Proposed new
                          fields are not in it: their columns come in when the field was made and chosen (``custom``)
    found.warnings        sentences to show
    found.missing         required fields that no column fills

Reads at most ``ROWS`` rows and writes nothing. Raises Invalid with one sentence for a file that cannot be read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from customers.imports import kinds, mapping
from customers.imports.reading import Table, open_table
from customers.imports.reading.detected import Detected, Guess

ROWS = 2_000
SAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Option:
    """A field (or a kind) that may be meant. ``reason`` is one short sentence for people."""

    value: str
    confidence: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class NewField:
    """A custom field that would take a column nothing else takes."""

    name: str
    label: str
    type: str
    """text, long_text, number, date, boolean, choice or multi_choice."""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the file."""

    name: str
    samples: tuple[str, ...]
    """Up to three different values, as they came."""
    filled: float
    """Share of the rows seen that have a value."""
    field: str = ""
    """The suggested field of the kind; "" when none fits."""
    confidence: float = 0.0
    reason: str = ""
    alternatives: tuple[Option, ...] = ()
    transforms: tuple[Any, ...] = ()
    """Suggested transforms (see ``docs/imports.md``), e.g. ``("split_first",)``."""
    custom: NewField | None = None


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """The answer; see the top of this module."""

    kind: str
    kinds: tuple[Option, ...]
    preset: str
    detected: Detected
    columns: tuple[Column, ...]
    mapping: dict[str, Any]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]
    rows_seen: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"detected": self.detected.as_json()}


def suggest(path: Path, kind: str | None = None, options: dict[str, Any] | None = None) -> Suggestion:
    """What the file is and how its columns may be mapped. Raises Invalid."""
    table = open_table(path, dict(options or {}))
    chosen = kinds.get(kind or "customers")
    found = mapping.guess(chosen.fields, table.header)
    return Suggestion(
        kind=chosen.name, kinds=(Option(value=chosen.name, confidence=1.0, reason=""),), preset="",
        detected=Detected(format=Guess(value=table.format), encoding=Guess(value=table.encoding)),
        columns=tuple(
            Column(name=name, samples=_samples(table, place), filled=1.0, field=found.get(name, ""),
                   confidence=0.9 if name in found else 0.0)
            for place, name in enumerate(table.header)
        ),
        mapping={"columns": found, "options": dict(options or {})}, missing=(), warnings=(), rows_seen=0,
    )  # fmt: skip


def _samples(table: Table, place: int) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for _number, row in table.rows():
        if len(row) > place and row[place].strip():
            seen[row[place]] = None
        if len(seen) == SAMPLES:
            break
    return tuple(seen)
