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

Reads the first 2,000 rows (more only when all their dates can be read in two ways) and writes nothing. Raises Invalid with one sentence for a file that cannot be read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from customers.imports import detecting, kinds, mapping, matching, presets, transforms
from customers.imports.detecting import Sample
from customers.imports.kinds import Kind
from customers.imports.matching import OWN, Match
from customers.imports.names import split_name
from customers.imports.presets import Preset
from customers.imports.reading import Table, looks, open_table
from customers.imports.reading.detected import Detected

SAMPLES = 3
SAMPLE_LENGTH = 120
ALTERNATIVES = 4
SHOWN = 0.45
"""From here on a column is suggested; below it only stands among the alternatives."""


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
    """text, long_text, number, date, boolean, choice or multi."""
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
    given = mapping.read({"options": dict(options or {})}).options
    table = open_table(path, given)
    first = detecting.sample(table)
    preset = presets.recognised(table.header, kind)
    ranked = {name: _ranked(found, table, first) for name, found in kinds.kinds().items()} if kind is None else {}
    likely = (
        _likely_kinds(ranked, table, preset)
        if kind is None
        else (Option(value=kind, confidence=1.0, reason=_("You chose it.")),)
    )
    chosen = kinds.get(likely[0].value)
    used = (
        preset if preset is not None and preset.kind == chosen.name else presets.recognised(table.header, chosen.name)
    )
    options_of = _ranked(chosen, table, first, used)
    assigned = matching.assign(options_of, taken=set(), least=SHOWN)
    columns = tuple(
        _column(name, first.columns[place], assigned.get(place), options_of[place], chosen)
        for place, name in enumerate(table.header)
    )
    fields = {column.name: column.field for column in columns if column.field}
    detected = detecting.detect(table, first, detecting.formatted(chosen, table.header, fields, {}), given)
    missing = tuple(item.name for item in chosen.fields if item.required and item.name not in fields.values())
    return Suggestion(
        kind=chosen.name, kinds=likely, preset=used.program if used else "", detected=detected, columns=columns,
        mapping=_mapping(columns, fields, given), missing=missing, warnings=detected.warnings, rows_seen=first.rows,
    )  # fmt: skip


def _ranked(kind: Kind, table: Table, first: Sample, preset: Preset | None = None) -> list[list[Match]]:
    return matching.matches(kind.fields, table.header, first.looked_at(), preset.columns if preset else None)


def _likely_kinds(ranked: dict[str, list[list[Match]]], table: Table, preset: Preset | None) -> tuple[Option, ...]:
    """All kinds, the likeliest first: the one that takes most columns and lacks none that it needs."""
    scores: dict[str, float] = {}
    for name, options in ranked.items():
        found = matching.assign(options, taken=set(), least=matching.SURE)
        kind = kinds.get(name)
        filled = {match.field for match in found.values()}
        share = sum(match.confidence for match in found.values()) / max(len(table.header), 1)
        needed = [item.name for item in kind.fields if item.required]
        lacking = sum(need not in filled for need in needed)
        scores[name] = max(0.0, share * LACKING**lacking + 0.04 * (len(needed) - lacking) + _bonus(name, filled))
        if preset is not None and preset.kind == name:
            scores[name] += 1.0
    top = max(max(scores.values()), 0.01)
    order = sorted(scores, key=lambda name: (-scores[name], KIND_ORDER.index(name) if name in KIND_ORDER else 99))
    told = _("The file looks like an export of %(program)s.") % {"program": preset.program.title()} if preset else ""
    why = _("Most of its columns are known for this kind.")
    return tuple(
        Option(
            value=name,
            confidence=round(min(scores[name] / max(top, 1.0), 1.0), 2),
            reason=told if told and preset and preset.kind == name else why,
        )
        for name in order
    )


KIND_ORDER = (
    "customers",
    "contacts",
    "deals",
    "orders",
    "tickets",
    "interactions",
    "campaigns",
    "touches",
    "products",
    "consents",
)
LACKING = 0.35
TELLING = {
    "contacts": ({"customer.external_id", "customer.name"}, {"first_name", "last_name", "name", "email"}),
    "deals": ({"stage", "amount", "expected_on", "closed_at", "pipeline", "title"}, {"stage"}),
    "tickets": ({"priority", "status", "first_response_at", "resolved_at", "channel"}, {"subject"}),
    "orders": ({"line.sku", "line.quantity", "line.unit_price"}, {"number"}),
    "campaigns": ({"starts_at", "ends_at", "budget"}, {"name"}),
    "touches": ({"contact.external_id", "customer.external_id"}, {"campaign.external_id"}),
    "interactions": ({"subject", "text", "direction"}, {"occurred_at", "kind"}),
    "products": ({"category", "name"}, {"sku"}),
    "consents": ({"purpose"}, {"state", "channel"}),
}
"""Fields of which some, and those without which hardly any, make a file one of this kind."""


def _bonus(name: str, filled: set[str]) -> float:
    some, one = TELLING.get(name, (set(), set()))
    if not some:
        return 0.05
    return 0.12 * min(len(some & filled), 3) if some & filled and one & filled else -0.2


def _column(name: str, values: Sequence[str], match: Match | None, options: Sequence[Match], kind: Kind) -> Column:
    filled = [value for value in values if value.strip()]
    rest = tuple(
        Option(value=option.field, confidence=round(option.confidence, 2), reason=option.reason)
        for option in options
        if match is None or option.field != match.field
    )
    return Column(
        name=name, samples=tuple(dict.fromkeys(value[:SAMPLE_LENGTH] for value in filled))[:SAMPLES],
        filled=round(len(filled) / len(values), 3) if values else 0.0,
        field=match.field if match else "", confidence=round(match.confidence, 2) if match else 0.0,
        reason=match.reason if match else "", alternatives=rest[:ALTERNATIVES],
        custom=_new_field(name, filled) if match is None and filled and kind.object in CUSTOM_KINDS else None,
    )  # fmt: skip


CUSTOM_KINDS = frozenset(["customer", "contact", "deal", "ticket", "order"])


def _new_field(label: str, values: Sequence[str]) -> NewField:
    kind, choices = looks.column_type(values, label)
    name = re.sub(
        r"[^a-z0-9]+", "_", unicodedata.normalize("NFKD", OWN.sub("", label)).encode("ascii", "ignore").decode().lower()
    ).strip("_")
    return NewField(
        name=name[:40] if name[:1].isalpha() else f"field_{name}".rstrip("_")[:40],
        label=label[:80],
        type=kind,
        choices=choices,
    )


def _mapping(columns: Sequence[Column], fields: dict[str, str], given: dict[str, str]) -> dict[str, Any]:
    """The mapping as JSON; a full name is split where no columns hold its parts."""
    found: dict[str, Any] = {"columns": fields, "options": given}
    split = next((c.name for c in columns if c.field == "name"), "")
    if split and not {"first_name", "last_name"} & set(fields.values()) and _people(columns, split):
        found["transforms"] = {split: [transforms.SPLIT]}
    return found


def _people(columns: Sequence[Column], name: str) -> bool:
    """Whether a column of names names people: their parts are two or three words, or signs of Chinese names."""
    samples = next(column.samples for column in columns if column.name == name)
    return (
        bool(samples)
        and {"company", "title", "birth_date", "gender"} & {column.field for column in columns} != set()
        and all(split_name(sample)[1] for sample in samples)
    )
