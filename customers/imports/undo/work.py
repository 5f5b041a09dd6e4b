"""One undo that is going on: its working tables and statements over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.db import connection

from customers.imports.context import Reach
from customers.imports.kinds import Kind
from customers.imports.undo.scope import Model, compared, history_of
from customers.models import ImportJob

LIMITS = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL work_mem = '64MB'",
    # a span is looked up row by row: by the statistics of tables that just grew, they would be read whole
    "SET LOCAL enable_hashjoin = off",
    "SET LOCAL enable_mergejoin = off",
)
NEW_SPAN = """
CREATE TEMP TABLE undo_span (id bigint PRIMARY KEY, since bigint NOT NULL DEFAULT 0, why text, who text, fields text,
                             by text) ON COMMIT DROP
"""
FILL_SPAN = """
INSERT INTO undo_span (id) SELECT t.id FROM {table} t JOIN unnest(%(ids)s::bigint[]) x (id) ON x.id = t.id
ORDER BY t.id FOR UPDATE OF t
"""
EDITED = """
UPDATE undo_span u SET why = 'edited', who = e.who, fields = e.fields
FROM (SELECT h.pgh_obj_id AS id, (array_agg(c.metadata->>'user' ORDER BY h.pgh_id DESC))[1] AS who,
             (array_agg({differing} ORDER BY h.pgh_id))[1] AS fields
      FROM undo_span s JOIN {history} h ON h.pgh_obj_id = s.id JOIN {table} t ON t.id = s.id
      LEFT JOIN pghistory_context c ON c.id = h.pgh_context_id
      WHERE h.pgh_id > s.since AND {strange} GROUP BY h.pgh_obj_id) e
WHERE u.id = e.id
"""
STRANGE = "(h.pgh_context_id IS NULL OR h.pgh_context_id <> ALL(%(contexts)s::uuid[]))"
"""SQL condition: an old row was written by a change that is not the import's."""

MADE = """
CREATE TEMP TABLE undo_made AS SELECT object, unnest(ids) AS id FROM customers_importchange
WHERE job_id = %(job)s AND action = 'created' AND object = ANY(%(labels)s)
"""


@dataclass
class Work:
    """What every step of an undo knows."""

    job: ImportJob
    kind: Kind
    reach: Reach
    now: dt.datetime
    contexts: list[str]

    def execute(self, sql: str, params: dict[str, Any] | None = None) -> int:
        """One statement of ours; returns the row count."""
        with connection.cursor() as cursor:
            cursor.execute(sql, self._params() | (params or {}))
            return int(cursor.rowcount)

    def rows(self, sql: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of one query of ours."""
        with connection.cursor() as cursor:
            cursor.execute(sql, self._params() | (params or {}))
            return cursor.fetchall()

    def keys(self, sql: str, ids: list[int]) -> list[int]:
        """The keys that a query over ``ids`` finds."""
        return [row[0] for row in self.rows(sql, {"ids": ids})]

    def _params(self) -> dict[str, Any]:
        return {"contexts": self.contexts, "now": self.now, "job": self.job.pk, "source": self.job.source_id}

    @contextmanager
    def made(self) -> Iterator[None]:
        """``undo_made``: what the import created of the kinds of rows that are parts, and of their holders."""
        labels = {name for label, part in self.kind.parts.items() for name in (label, *part.holders)}
        self.execute("DROP TABLE IF EXISTS undo_made")
        self.execute(MADE, {"labels": sorted(labels)})
        self.execute("CREATE INDEX ON undo_made (id, object)")
        self.execute("ANALYZE undo_made")
        try:
            yield
        finally:
            if connection.connection is not None and not connection.needs_rollback:
                self.execute("DROP TABLE IF EXISTS undo_made")

    def open(self, model: Model, ids: list[int]) -> None:
        """Take those rows of a span that are still here, and keep others from changing them meanwhile."""
        for statement in LIMITS:
            self.execute(statement)
        self.execute("DROP TABLE IF EXISTS undo_span")
        self.execute(NEW_SPAN)
        self.execute(FILL_SPAN.format(table=model._meta.db_table), {"ids": ids})
        self.execute("ANALYZE undo_span")

    def keep_edited(self, model: Model) -> None:
        """Mark the rows that somebody changed since the import, with who and which fields."""
        history = history_of(model)
        if history is None:
            return
        self.execute(
            EDITED.format(
                history=history._meta.db_table, table=model._meta.db_table, strange=STRANGE, differing=_differing(model)
            )
        )

    def keep_unreachable(self, model: Model, obj: str) -> None:
        """Mark the rows that the asker may not change now."""
        allowed = self.reach.teams(obj, "change")
        columns = {field.column for field in model._meta.concrete_fields}
        if allowed is None or self.reach.user is None or "team_id" not in columns:
            return
        own = " OR t.owner_id = %(user)s" if "owner_id" in columns else ""
        self.execute(
            f"UPDATE undo_span u SET why = 'reach' FROM {model._meta.db_table} t WHERE t.id = u.id AND u.why IS NULL "
            f"AND NOT coalesce(t.team_id = ANY(%(teams)s::bigint[]){own}, false)",
            {"teams": allowed, "user": self.reach.user.pk},
        )


@contextmanager
def unrecorded(work: Work, *models: Model) -> Iterator[None]:
    """Rows that an import made and nobody touched go without a trace of their own: the import is their trace.

    ``pgtrigger.ignore`` does the same by rewriting statements, and cannot with those that have named parameters.
    """
    names = []
    for model, trigger in pgtrigger.registered(
        *(f"{one._meta.label}:delete_delete" for one in models if history_of(one))
    ):
        names += [f"{model._meta.db_table}:{trigger.get_pgid(model)}", trigger.get_pgid(model)]
    work.execute("SELECT set_config('pgtrigger.ignore', %(names)s, true)", {"names": f"{{{','.join(names)}}}"})
    yield
    work.execute("SELECT set_config('pgtrigger.ignore', '', true)")


def _differing(model: Model) -> str:
    """SQL: the names of the columns in which the row is no longer what the import left."""
    parts = (f'CASE WHEN h."{name}" IS DISTINCT FROM t."{name}" THEN \'{name}\' END' for name in compared(model))
    return f"concat_ws(',', {', '.join(parts)})"
