"""Rows of the file → a temporary table, by COPY, with a reason for each row that does not fit."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO
from zoneinfo import ZoneInfo

import psycopg2
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.context import Context, owner_words
from customers.imports.converters import NULL, Bad, NumberConverter, converter, escape, json_cell
from customers.imports.custom import BagConverter, CellReader, Surroundings
from customers.imports.kinds import Kind
from customers.imports.lanes import Share, key_slot
from customers.imports.mapping import Slot
from customers.imports.resume import rows_written

BATCH = 5_000
MAX_SPOOL = 8 * 1024 * 1024
OUT = "row, skipped, reason, key, late"
"""Columns of ``import_out``: the rows that are not taken."""
Reasons = list[tuple[int, str, str | None]]
"""(row, reason, key of the row where it is known)."""


def create_tables(kind: Kind, slots: Iterable[Slot]) -> list[str]:
    """Make the working tables of this session; returns the staging columns in COPY order."""
    wanted = {item.staged: item.sql_type for item in kind.fields if item.name not in ("external_id", "custom")}
    columns = ", ".join(f"{name} {sql}" for name, sql in (wanted | dict(kind.derived)).items())
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS import_stage, import_out, import_chunk")
        cursor.execute(
            f"CREATE TEMP TABLE import_stage (row bigint, external_id text, derived boolean, f_custom jsonb, {columns})"
        )
        cursor.execute(
            "CREATE TEMP TABLE import_out (row bigint, skipped boolean, reason text, key text, late boolean)"
        )
    return [slot.field.staged for slot in slots if slot.field.name != "external_id"]


class _Feed:
    """What COPY reads from: an iterator of texts."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.texts, self.held, self.place = texts, "", 0
        self.error: BaseException | None = None

    @contextmanager
    def honest(self) -> Iterator[None]:
        """The database reports our own errors as its own: raise the one that happened."""
        try:
            yield
        except (psycopg2.Error, DatabaseError):
            if self.error is not None:
                raise self.error from None
            raise

    def read(self, size: int = -1) -> str:
        """At most ``size`` characters; empty at the end."""
        if self.place >= len(self.held):
            try:
                self.held, self.place = next(self.texts, ""), 0
            except BaseException as error:
                self.error = error
                raise
        piece = self.held[self.place : self.place + size] if size > 0 else self.held[self.place :]
        self.place += len(piece)
        return piece


def _clean(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Stager:
    """Converts batches and copies them."""

    def __init__(self, kind: Kind, context: Context, zone: ZoneInfo, width: int, *, guarded: bool) -> None:
        self.kind, self.context, self.width = kind, context, width
        self.rows = 0
        self.before = rows_written(context)
        mapping = context.plan.mapping
        lookups = kind.lookups(context)
        self.settings = {"order": mapping.date_order, "decimal": mapping.decimal, "zone": zone}
        self.slots = [
            (slot, converter(slot.field, **self.settings, lookups=lookups))  # type: ignore[arg-type]
            for slot in context.plan.slots
        ]
        around = Surroundings(owner_words(context.reach, kind.object), context.currency, self.settings)
        self.slots = [
            (slot, BagConverter(slot.field, around, obj=kind.object) if slot.field.type == "custom" else conv)
            for slot, conv in self.slots
        ]
        self.own = [(index, field, CellReader(field, around, guarded=guarded)) for index, field in context.plan.custom]
        for slot, conv in self.slots:
            conv.guarded = guarded
            if slot.index is None and isinstance(conv[slot.constant], Bad):
                raise Invalid(_("The mapping's constant does not fit: %(reason)s.") % {"reason": conv[slot.constant]})
        self.names = create_tables(kind, context.plan.slots)
        self.names += kind.derive({slot.field.staged: [] for slot in context.plan.slots})
        self.columns = ["row", "external_id", "derived", *self.names] + (["f_custom"] if context.plan.custom else [])

    def stage(self, rows: Iterator[tuple[int, list[str]]]) -> int:
        """Copy every row of the file, or of the lane's share, in one stream; returns how many rows there were."""
        if self.context.share is not None:
            rows = self._own(self.context.share, rows)
        with tempfile.SpooledTemporaryFile(MAX_SPOOL, "w+", encoding="utf-8", newline="\n") as refused:
            feed = _Feed(self._texts(rows, refused))
            with feed.honest(), transaction.atomic(), connection.cursor() as cursor:
                cursor.copy_expert(f"COPY import_stage ({', '.join(self.columns)}) FROM STDIN", feed, 1 << 18)
                refused.seek(0)
                cursor.copy_expert("COPY import_out (row, skipped, reason, key) FROM STDIN", refused)
        self._count_decimals()
        return self.rows

    def _texts(self, rows: Iterator[tuple[int, list[str]]], refused: IO[str]) -> Iterator[str]:
        """COPY text, batch by batch; the database takes one in while the next is converted."""
        while batch := list(islice(rows, BATCH)):
            self.rows += len(batch)
            text, reasons = self.convert(batch)
            for number, reason, key in reasons:
                refused.write(f"{number}\tf\t{escape(_clean(reason))}\t{NULL if key is None else _clean(key)}\n")
            self.context.counts["rejected"] += len(reasons)
            self.context.progress(done=self.before, message=_("%(count)d rows read") % {"count": batch[-1][0]})
            if text:
                yield text + "\n"

    def _own(self, share: Share, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        wanted = key_slot(self.kind, self.context)
        place, keys = next((slot.index, conv) for slot, conv in self.slots if slot is wanted)
        assert place is not None
        return share.of(rows, place, keys)

    def _count_decimals(self) -> None:
        for slot, conv in self.slots:
            if isinstance(conv, NumberConverter):
                for name, count in conv.counts().items():
                    self.context.treatments[f"{slot.field.name}: {name}"] += count

    def convert(self, batch: list[tuple[int, list[str]]]) -> tuple[str, Reasons]:
        """COPY text of the good rows, and the reasons of the others."""
        reasons: dict[int, str] = {}
        numbers, rows = self._shaped(batch, reasons)
        if not rows:
            return "", [(number, reason, None) for number, reason in reasons.items()]
        cells = list(zip(*rows, strict=True))
        if self.context.plan.changes:
            cells = self.context.plan.changed(cells)
            rows = list(map(list, zip(*cells, strict=True)))
        values: dict[str, list[str]] = {}
        for slot, conv in self.slots:
            column = [conv[slot.constant]] * len(rows) if slot.index is None else conv.column(slot.cells(cells))
            if conv.found_bad:
                _note_bad(column, numbers, reasons)
            values[slot.field.staged] = column
        values |= self.kind.derive(values)
        out = self._keyed(numbers, values, cells)
        if self.context.plan.custom:
            out.append(self._custom(numbers, rows, reasons))
        text = self._lines(numbers, out, reasons)
        if not reasons:
            return text, []
        keys = {
            number: None if key == NULL or key.__class__ is Bad else key
            for number, key in zip(numbers, out[1], strict=True)
        }
        return text, [(number, reason, keys.get(number)) for number, reason in reasons.items()]

    def _shaped(self, batch: list[tuple[int, list[str]]], reasons: dict[int, str]) -> tuple[list[int], list[list[str]]]:
        """Rows as wide as the header: short ones are filled up, long ones rejected."""
        numbers, rows = [], []
        width, damaged = self.width, self.context.table.damaged
        for number, row in batch:
            if damaged and number in damaged:
                reasons[number] = damaged[number]
                continue
            short = width - len(row)
            if short < 0 and any(row[width:]):
                reasons[number] = _("the row has %(cells)d cells under %(columns)d columns") % {
                    "cells": len(row), "columns": width,
                }  # fmt: skip
                continue
            numbers.append(number)
            rows.append(row if not short else (row + [""] * short if short > 0 else row[:width]))
        return numbers, rows

    def _keyed(self, numbers: list[int], values: dict[str, list[str]], cells: list[tuple[str, ...]]) -> list[list[str]]:
        """The first columns of the staging table, then the fields."""
        keys = values.get("f_external_id") or values.get(self.kind.key_staged)
        identity = [values[name] for name in self.kind.identity_staged if name in values] or [list(c) for c in cells]
        if keys is None:
            keys = [NULL] * len(numbers)
        derived = ["t" if key == NULL else "f" for key in keys]
        if "t" in derived:
            keys = [
                _digest([column[place] for column in identity]) if key == NULL else key
                for place, key in enumerate(keys)
            ]
        return [list(map(str, numbers)), keys, derived, *(values[name] for name in self.names)]

    def _custom(self, numbers: list[int], rows: list[list[str]], reasons: dict[int, str]) -> list[str]:
        cells = []
        for number, row in zip(numbers, rows, strict=True):
            found: dict[str, object] = {}
            for index, custom, reader in self.own:
                try:
                    value = reader[row[index]]
                except ValueError as error:
                    reasons[number] = f"{custom.name}: {error}"
                    continue
                if value is not None:
                    found[custom.name] = value
            cells.append(json_cell(found))
        return cells

    def _lines(self, numbers: list[int], columns: list[list[str]], reasons: dict[int, str]) -> str:
        lines = list(map("\t".join, zip(*columns, strict=True)))
        if reasons:
            lines = [line for number, line in zip(numbers, lines, strict=True) if number not in reasons]
        text = "\n".join(lines)
        if _storable(text):
            return text
        kept = []
        good = (number for number in numbers if number not in dict(reasons))
        for number, line in zip(list(good), lines, strict=True):
            if _storable(line):
                kept.append(line)
            else:
                reasons[number] = _("the row holds bytes that are no text")
        return "\n".join(kept)


def _storable(text: str) -> bool:
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _note_bad(column: list[str], numbers: list[int], reasons: dict[int, str]) -> None:
    for number, value in zip(numbers, column, strict=True):
        if value.__class__ is Bad:
            reasons[number] = f"{reasons[number]}; {value}" if number in reasons else str(value)


def _digest(parts: list[str]) -> str:
    text = "\x1f".join("" if part == NULL else part.casefold() for part in parts)
    return "row-" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
