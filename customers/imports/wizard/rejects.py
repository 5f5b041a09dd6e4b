"""Rejected rows as the pages show them: read from the rejects file, with the cells that are to blame."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from crm.accounts.models import User
from customers.imports import kinds, run
from customers.imports.fields import fold
from customers.imports.kinds import Kind
from customers.imports.mends import mended
from customers.imports.reading import open_table
from customers.imports.wizard import labels
from customers.imports.wizard.offer import OURS, Offer
from customers.models import ImportJob

PAGE = 50
LATEST = 50
"""How many earlier imports are looked at for the origin of a rejects file."""
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True)
class Cell:
    """One cell; ``why`` is filled where it is to blame."""

    place: int
    text: str
    mapped: bool
    why: str = ""


@dataclass(frozen=True)
class Seen:
    """One row of the file and what becomes of it."""

    line: int
    cells: list[Cell]
    reasons: list[str]
    skipped: bool = False

    @property
    def is_rejected(self) -> bool:
        """Whether it needs mending."""
        return bool(self.reasons) and not self.skipped

    @property
    def is_whole(self) -> bool:
        """Whether no single cell is to blame."""
        return not any(cell.why for cell in self.cells)

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return "; ".join(self.reasons)


class Blame:
    """Finds the columns that a reason speaks of: reasons begin with the name of their field."""

    def __init__(self, kind: Kind, header: list[str], mapping: dict[str, dict[str, str]]) -> None:
        self.kind = kind
        places = {name: place for place, name in reversed(list(enumerate(header)))}
        columns = mapping.get("columns", {})
        self.places = {name: places[column] for column, name in columns.items() if column in places}
        self.custom = {name: places[column] for column, name in mapping.get("custom", {}).items() if column in places}
        self.mapped = set(self.places.values()) | set(self.custom.values())

    def row(self, line: int, texts: list[str], reason: str) -> Seen:
        """One row with its reasons at their cells."""
        skipped = reason.startswith("skipped: ")
        parts = [part for part in reason.removeprefix("skipped: ").split("; ") if part]
        told = [self._told(part) for part in parts]
        why = {place: sentence for place, sentence in told if place is not None and not skipped}
        cells = [Cell(place, text, place in self.mapped, why.get(place, "")) for place, text in enumerate(texts)]
        return Seen(line, cells, [sentence for _place, sentence in told], skipped)

    def _told(self, part: str) -> tuple[int | None, str]:
        """(column, sentence in people's words) of one reason."""
        for name in sorted(self.places, key=len, reverse=True):
            if part.startswith(f"{name} "):
                return self.places[name], labels.field_label(self.kind, name) + part[len(name) :]
        custom, colon, rest = part.partition(": ")
        if colon and custom in self.custom:
            return self.custom[custom], f"{custom}: {rest.removeprefix('custom ')}"
        return None, part


def rejected(row: ImportJob, *, start: int = 0, size: int = PAGE) -> tuple[list[Seen], bool]:
    """A page of rejected rows of an import or a check, and whether more follow."""
    path = run.rejects_path(row)
    if not path.exists():
        return [], False
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        blame = Blame(kinds.get(row.kind), header[:-2], _mapping(row))
        found = list(islice((one for one in reader if len(one) > 1), start, start + size + 1))
    rows = [blame.row(int(one[-2]), one[:-2], one[-1]) for one in found if one[-2].isdigit()]
    return rows[:size], len(found) > size


def first_rows(draft: ImportJob, tried: ImportJob, *, size: int = PAGE) -> tuple[list[str], list[Seen]]:
    """The header and the first rows of a draft's file, the rejected ones among them with their reasons."""
    mapping = _mapping(tried)
    table = mended(open_table(run.folder(draft) / "file", mapping.get("options", {})), tried.mends)
    head = list(islice(table.rows(), size))
    last = head[-1][0] if head else 0
    reasons = dict(_reasons(tried, last))
    blame = Blame(kinds.get(draft.kind), table.header, mapping)
    width = len(table.header)
    rows = [
        blame.row(line, [*texts, *[""] * (width - len(texts))][:width], reasons.get(line, "")) for line, texts in head
    ]
    return table.header, rows


def _reasons(row: ImportJob, last: int) -> Iterator[tuple[int, str]]:
    """(line, reason) of the rejected rows up to a line."""
    path = run.rejects_path(row)
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader, None)
        for one in reader:
            if len(one) < 2 or not one[-2].isdigit():
                continue
            if int(one[-2]) > last:
                return
            yield int(one[-2]), one[-1]


def header_of(row: ImportJob) -> list[str]:
    """The columns of the rejects file, without ours."""
    path = run.rejects_path(row)
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [name for name in next(csv.reader(file), []) if name not in OURS]


def _mapping(row: ImportJob) -> dict[str, dict[str, str]]:
    """The mapping as it was given, else the one that the report tells."""
    if row.mapping:
        return dict(row.mapping)
    return {"columns": (row.report or {}).get("mapping", {})}


def origin(user: User, offer: Offer) -> ImportJob | None:
    """The import whose rejected rows a file holds: the user's latest of the same columns that rejected any."""
    wanted = {fold(name) for name in offer.header if name not in OURS}
    found = ImportJob.objects.filter(user=user, check_of=None, dry_run=False).exclude(state=ImportJob.State.DRAFT)
    for old in found.order_by("-created_at", "-id")[:LATEST]:
        if {fold(name) for name in header_of(old)} == wanted and wanted:
            return old
    return None
