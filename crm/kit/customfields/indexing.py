"""The index of a field, built beside the running system, and the end of a field with its values."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import Error, connection, connections, transaction
from django.utils.translation import gettext as _

from crm import backends
from crm.kit.customfields.expressions import indexed_sql, rows_estimated
from crm.kit.customfields.services import holder_of
from crm.kit.errors import Refused
from crm.kit.models import CustomField
from crm.kit.progress import Progress

CHUNK = 5_000
BYTES_A_ROW = 70  # measured: an entry of a text of 32 letters with its key
ROWS_A_SECOND = 30_000  # measured on two busy cores
AS_OWNER = ("HOST", "PORT", "USER", "PASSWORD")


def index_name(field: CustomField) -> str:
    """What the index is called; short, whatever the field is called."""
    return f"kit_field_{field.pk}"


def cost(field: CustomField) -> tuple[int, int, int]:
    """About how many rows an index covers, its bytes, and the seconds it takes."""
    rows = max(rows_estimated(holder_of(field.object)), 0)
    return rows, rows * BYTES_A_ROW, max(1, round(rows / ROWS_A_SECOND))


def statement(field: CustomField) -> str:
    """The SQL of the index: the list's own expression and the key.

    Rows in the trash stand in it too: the planner takes no statistics from an index over a part of a table.
    """
    held = holder_of(field.object)
    if field.type == CustomField.Type.MULTI:
        literal = "'" + field.name.replace("'", "''") + "'"
        what = f"USING gin ((custom -> {literal}))"
    else:
        what = f"({indexed_sql(field)}, id)"
    return f"CREATE INDEX CONCURRENTLY {index_name(field)} ON {held.table} {what}"


@contextmanager
def as_owner() -> Iterator[Any]:
    """A connection of its own as the owner of the tables: the daily role may not make indexes."""
    owner = backends.owner_database()
    settings = connection.settings_dict | {name: owner.get(name, "") for name in AS_OWNER}
    own = type(connections[connection.alias])(settings, alias=connection.alias)
    try:
        with own.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            yield cursor
    finally:
        own.close()


def build(*, field_id: int, report: Progress | None = None) -> dict[str, Any]:
    """Make the index and the statistics of its expression; a broken one of an earlier try goes first."""
    field = CustomField.objects.get(pk=field_id)
    began = time.monotonic()
    if report:
        report(message=_("Reading every row …"))
    try:
        with as_owner() as cursor:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index_name(field)}")
            cursor.execute(statement(field))
            cursor.execute(f"ANALYZE {holder_of(field.object).table}")
            cursor.execute("SELECT pg_relation_size(%s::regclass)", [index_name(field)])
            size = cursor.fetchone()[0]
    except Error as error:
        _mark(field, CustomField.Index.FAILED)
        raise Refused(_told(error)) from error
    _mark(field, CustomField.Index.READY)
    return {"field": field.label, "bytes": size, "seconds": round(time.monotonic() - began, 1)}


def _told(error: Error) -> str:
    reason = str(error).split("\n", 1)[0]
    if "must be owner" in reason:
        return _("The database role of this process may not make indexes. Name the owner in DATABASE_OWNER_URL.")
    return _("The database did not make the index: %(reason)s") % {"reason": reason[:200]}


def _mark(field: CustomField, state: str) -> None:
    field.index = state
    field.save(update_fields=["index", "updated_at"])


def drop(field: CustomField) -> None:
    """Take the index away."""
    if field.index:
        with as_owner() as cursor:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index_name(field)}")
        _mark(field, CustomField.Index.NONE)


def delete(*, field_id: int, report: Progress) -> dict[str, Any]:
    """Take a field's values out of every row, a chunk at a time, then the field; goes on where it was stopped."""
    field = CustomField.objects.filter(pk=field_id).first()
    if field is None or field.archived_at is None:
        raise Refused(_("The field was restored or is gone. Nothing was deleted."))
    drop(field)
    total = sum(_cleared(field, report))
    with transaction.atomic():
        apps.get_model("accounts", "FieldRule").objects.filter(object=field.object, field=field.rule).delete()
        field.delete()
    return {"field": field.label, "rows": total}


def _cleared(field: CustomField, report: Progress) -> Iterator[int]:
    """Rows that lost their value, span by span of keys."""
    table = holder_of(field.object).table
    last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT max(id) FROM (SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT {CHUNK}) x",  # noqa: S608
                [last],
            )
            end = cursor.fetchone()[0]
            if end is None:
                return
            cursor.execute(
                f"UPDATE {table} SET custom = custom - %(name)s "  # noqa: S608 - the name of a model's table
                "WHERE id > %(last)s AND id <= %(end)s AND custom ? %(name)s",
                {"name": field.name, "last": last, "end": end},
            )
            yield cursor.rowcount
        last = end
        report(message=_("Up to record %(id)s") % {"id": f"{end:,}"})
