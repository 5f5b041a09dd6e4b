"""What a mapping leaves open is found out from the file: columns, decimal sign, order of dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from customers.imports import mapping, presets
from customers.imports.custom import own_columns
from customers.imports.fields import fold
from customers.imports.kinds import Kind
from customers.imports.mapping import FileMapping
from customers.imports.reading import Table
from customers.imports.reading.delimited import told
from customers.imports.reading.detected import Detected
from customers.imports.reading.formats import Formats

ROWS = 2_000
LOOKED_AT = 400
"""Rows whose values tell what a column holds."""
FAR = 400_000
"""Rows that are read when the first ones leave the order of dates open."""
FORMATTED = frozenset(["date", "moment", "number", "whole"])


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The first rows of a file, by column."""

    header: Sequence[str]
    columns: list[list[str]]
    rows: int

    def looked_at(self) -> list[list[str]]:
        """The values that matching looks at."""
        return [column[:LOOKED_AT] for column in self.columns]


def sample(table: Table) -> Sample:
    """Read the first rows."""
    width = len(table.header)
    rows = [row for _number, row in islice(table.rows(), ROWS)]
    columns = [[row[place] if place < len(row) else "" for row in rows] for place in range(width)]
    return Sample(header=table.header, columns=columns, rows=len(rows))


def complete(given: FileMapping, table: Table, kind: Kind) -> tuple[FileMapping, Detected]:
    """The mapping with everything that it left open, and what was found out."""
    first = sample(table)
    columns = given.columns
    if not columns:
        preset = presets.recognised(table.header, kind.name)
        columns = mapping.guess(
            kind.fields, table.header, taken=set(given.constants), samples=first.looked_at(),
            preset=preset.columns if preset else None,
        )  # fmt: skip
    custom = given.custom or ({} if given.columns else _own(kind, table.header, columns))
    if custom and not given.columns:
        columns = {name: field for name, field in columns.items() if field != "custom"}  # one by one they say it all
    detected = detect(table, first, formatted(kind, table.header, columns, custom), given.options)
    options = dict(given.options)
    if detected.decimal and detected.date_order:
        order = detected.date_order.value
        options = {"decimal": detected.decimal.value, "date_order": order} | options
    return replace(given, columns=dict(columns), custom=dict(custom), options=options), detected


def _own(kind: Kind, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Columns named after custom fields, of those that nothing else takes."""
    places = {name: place for place, name in reversed(list(enumerate(header)))}
    used = {places[name] for name, field in columns.items() if name in places and field != "custom"}
    return {header[place]: field.name for place, field in own_columns(header, used, obj=kind.object)}


def formatted(kind: Kind, header: Sequence[str], columns: Mapping[str, str], custom: Mapping[str, str]) -> list[int]:
    """Places of the columns that hold dates or numbers."""
    wanted = {fold(name) for name in custom}
    wanted |= {
        fold(name) for name, field in columns.items() if field in kind.by_name and kind.by_name[field].type in FORMATTED
    }
    return [place for place, name in enumerate(header) if fold(name) in wanted]


def detect(table: Table, first: Sample, places: Sequence[int], options: Mapping[str, Any]) -> Detected:
    """The file's own properties, with decimal sign and order of dates; what an option says is sure."""
    formats = Formats()
    for place in places:
        formats.read(first.columns[place])
    if formats.open_dates and first.rows == ROWS and not options.get("date_order"):
        _read_on(table, formats, places)
    semicolons = table.detected.delimiter is not None and table.detected.delimiter.value == ";"
    decimal = told(options, "decimal") or formats.decimal("," if semicolons else "")
    order = told(options, "date_order") or formats.date_order()
    warnings = formats.warnings(dates=not options.get("date_order"), numbers=not options.get("decimal"))
    return replace(
        table.detected, decimal=decimal, thousands=formats.thousands(decimal.value), date_order=order,
        warnings=(*table.detected.warnings, *warnings),
    )  # fmt: skip


def _read_on(table: Table, formats: Formats, places: Sequence[int]) -> None:
    """Read further rows until a date says which of two orders it is."""
    rows: Iterator[tuple[int, list[str]]] = islice(table.rows(), ROWS, FAR)
    while formats.open_dates and (batch := list(islice(rows, ROWS))):
        for place in places:
            formats.read(row[place] for _number, row in batch if len(row) > place)
