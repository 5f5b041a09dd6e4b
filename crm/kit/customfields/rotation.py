"""Sealing every sensitive value again with the newest key: chunk by chunk, each its own transaction.

What is sealed with the newest key is left alone, so a rotation that was killed goes on where it was. A value
that no key opens stays as it is and is counted; nothing is ever written over it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.db import connection, transaction

from crm.kit.crypto import Unreadable, is_sealed, ring, seal, unseal
from crm.kit.customfields.holders import holders

CHUNK = 500
WANTED = "$.* ? (exists (@.sealed) && @.key != $key)"


@dataclass
class Tally:
    """What a rotation did."""

    rows: int = 0
    values: int = 0
    unreadable: int = 0


@dataclass(frozen=True)
class _Table:
    """One table with sealed values: a model's own, or that of its history."""

    name: str
    key: str
    object: str


def rotate(*, told: Callable[[str, Tally], None]) -> Tally:
    """Seal again what another key sealed; ``told`` hears of every chunk. Returns what was done."""
    tally = Tally()
    newest = ring()[0].id
    with pgtrigger.ignore():  # the values stay the same: no history, and the history itself is sealed again too
        for table in _tables():
            last = 0
            while (last := _chunk(table, last, newest, tally)) > 0:
                told(table.name, tally)
    return tally


def _tables() -> Iterator[_Table]:
    for held in holders().values():
        model: Any = held.model
        yield _Table(held.table, model._meta.pk.column, held.object)
        events = getattr(model, "pgh_event_model", None)
        if events is not None and any(one.name == "custom" for one in events._meta.fields):
            yield _Table(events._meta.db_table, events._meta.pk.column, held.object)


@transaction.atomic
def _chunk(table: _Table, last: int, newest: str, tally: Tally) -> int:
    """One chunk behind a key; returns the last key that was looked at, 0 at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {table.key}, custom FROM {table.name} WHERE {table.key} > %s "  # noqa: S608 - names of our models
            "AND jsonb_path_exists(custom, %s::jsonpath, jsonb_build_object('key', %s::text)) "
            f"ORDER BY {table.key} LIMIT {CHUNK} FOR UPDATE",
            [last, WANTED, newest],
        )
        rows = cursor.fetchall()
        changed = []
        for pk, raw in rows:
            custom = json.loads(raw) if isinstance(raw, str) else raw
            if _again(custom, table.object, newest, tally):
                changed.append((pk, json.dumps(custom)))
        if changed:
            values = ", ".join(["(%s, %s::jsonb)"] * len(changed))
            cursor.execute(
                f"UPDATE {table.name} t SET custom = v.custom FROM (VALUES {values}) v(id, custom) "  # noqa: S608
                f"WHERE t.{table.key} = v.id",
                [value for pair in changed for value in pair],
            )
            tally.rows += len(changed)
    return rows[-1][0] if rows else 0


def _again(custom: dict[str, Any], obj: str, newest: str, tally: Tally) -> bool:
    changed = False
    for name, stored in custom.items():
        if not is_sealed(stored) or stored["key"] == newest:
            continue
        about = f"{obj}.{name}"
        try:
            custom[name] = seal(unseal(stored, about=about), about=about)
        except Unreadable:
            tally.unreadable += 1
            continue
        tally.values += 1
        changed = True
    return changed


MISSING = "$.* ? (exists (@.sealed)).key"


def missing_keys() -> dict[str, int]:
    """The keys that sealed values name and this installation does not have, each with the rows that need it."""
    known = {key.id for key in ring()}
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(
                "SELECT k #>> '{}', count(DISTINCT t.id) FROM (SELECT "  # noqa: S608 - names of our models
                f"{table.key} AS id, custom FROM {table.name} WHERE custom <> '{{}}'::jsonb) t, "
                "jsonb_path_query(t.custom, %s::jsonpath) k GROUP BY 1",
                [MISSING],
            )
            for name, rows in cursor.fetchall():
                if name not in known:
                    found[name] = found.get(name, 0) + rows
    return found
