"""Rows into tables by COPY: ids reserved ahead, columns that nobody names filled with their defaults."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

NULL = r"\N"
BUFFER = 20_000  # rows per COPY
POINTING = """
WITH RECURSIVE pointing (id) AS (
    SELECT name::regclass::oid FROM unnest(%s) name
    UNION SELECT c.conrelid FROM pg_constraint c JOIN pointing ON c.confrelid = pointing.id WHERE c.contype = 'f'
) SELECT id::regclass::text FROM pointing ORDER BY 1
"""


def text(value: Any) -> str:
    """One value as COPY reads it."""
    match value:
        case None:
            return NULL
        case bool():
            return "t" if value else "f"
        case str():
            return value.replace("\\", "\\\\").replace("\t", " ").replace("\n", "\\n")
        case list():
            return "{" + ",".join(f'"{item}"' for item in value) + "}"
        case dict():
            return text(json.dumps(value, ensure_ascii=False))
    return str(value)


def line(*values: Any) -> str:
    """A row from Python values; the big tables build their lines themselves."""
    return "\t".join(map(text, values))


class Writer:
    """Writes generated rows; ``moment`` stands in every "changed" column that is not given."""

    def __init__(self, moment: str) -> None:
        self.moment = moment
        self.counts: dict[str, int] = {}

    def prepare(self) -> None:
        """Checks at the end of each statement, not of the transaction; none at all where the role may skip them.

        The rows name only ids that this program reserved, which the tests check without the shortcut.
        """
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone()[0]:
                cursor.execute("SET LOCAL session_replication_role = replica")

    def renew(self, *models_: type[models.Model]) -> bool:
        """Give empty tables new files in this transaction, whose rows then need no log of their own.

        Truncating reaches every table that points to these; where one of all those holds a row, nothing is done.
        """
        roots = [model._meta.db_table for model in models_]
        with connection.cursor() as cursor:
            cursor.execute(POINTING, [roots])
            tables = [row[0] for row in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")  # noqa: S608 - a name from the catalogue
                if cursor.fetchone()[0]:
                    return False
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
        return True

    def reserve(self, model: type[models.Model], count: int) -> int:
        """The first of ``count`` consecutive ids that belong to the caller now."""
        if count == 0:
            return 0
        table, column = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [table, column])
            first = int(cursor.fetchone()[0])
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, column, first + count - 1])
        return first

    def copy(self, model: type[models.Model], columns: Sequence[str], lines: Iterable[str]) -> int:
        """Write lines whose fields stand in the order of ``columns``; returns how many."""
        rest = self._rest(model, columns)
        names = ", ".join(f'"{name}"' for name in [*columns, *(column for column, _value in rest)])
        ending = "".join(f"\t{text(value)}" for _column, value in rest) + "\n"
        command = f'COPY "{model._meta.db_table}" ({names}) FROM STDIN'
        count = 0
        with connection.cursor() as cursor:
            for batch in _batches(lines):
                cursor.copy_expert(command, io.StringIO(ending.join(batch) + ending))
                count += len(batch)
        label = model._meta.model_name or ""
        self.counts[label] = self.counts.get(label, 0) + count
        return count

    def _rest(self, model: type[models.Model], columns: Sequence[str]) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for field in model._meta.concrete_fields:
            if (
                field.column is None
                or field.column in columns
                or field.generated
                or (field.primary_key and field.db_returning)
            ):
                continue
            if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
                found.append((field.column, self.moment))
            elif not field.null:
                found.append((field.column, field.get_default()))
        return found


def _batches(lines: Iterable[str]) -> Iterable[list[str]]:
    batch: list[str] = []
    for row in lines:
        batch.append(row)
        if len(batch) >= BUFFER:
            yield batch
            batch = []
    if batch:
        yield batch
