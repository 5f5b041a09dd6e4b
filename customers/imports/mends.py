"""Cells that a person mended in the wizard, laid over the rows of the file as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from customers.imports.reading import Table

Mends = Mapping[str, Mapping[str, str]]
"""Line of the file → place of the column → the new text; all in JSON's own types."""


def mended(table: Table, mends: Mends) -> Table:
    """The same file with the mended cells in it."""
    if not mends:
        return table

    def rows() -> Iterator[tuple[int, list[str]]]:
        for number, row in table.rows():
            fixes = mends.get(str(number))
            yield number, _fixed(row, fixes) if fixes else row

    return replace(table, rows=rows)


def _fixed(row: list[str], fixes: Mapping[str, str]) -> list[str]:
    width = max(len(row), 1 + max(int(place) for place in fixes))
    fixed = [*row, *[""] * (width - len(row))]
    for place, text in fixes.items():
        fixed[int(place)] = text
    return fixed
