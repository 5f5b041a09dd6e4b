"""What an import changed or removed, put back from the history."""

from __future__ import annotations

from customers.imports.undo.scope import Model, compared, history_of
from customers.imports.undo.work import STRANGE, Work

BEFORE = """
CREATE TEMP TABLE undo_before ON COMMIT DROP AS
SELECT DISTINCT ON (h.pgh_obj_id) h.* FROM undo_span s JOIN {history} h ON h.pgh_obj_id = s.id
WHERE h.pgh_context_id = ANY(%(contexts)s::uuid[]) ORDER BY h.pgh_obj_id, h.pgh_id
"""
SINCE = """
UPDATE undo_span u SET since = x.last
FROM (SELECT h.pgh_obj_id AS id, max(h.pgh_id) AS last FROM undo_span s JOIN {history} h ON h.pgh_obj_id = s.id
      WHERE h.pgh_context_id = ANY(%(contexts)s::uuid[]) GROUP BY h.pgh_obj_id) x
WHERE u.id = x.id
"""
PUT_BACK = """
UPDATE {table} t SET {sets}
FROM undo_span s JOIN undo_before b ON b.pgh_obj_id = s.id
LEFT JOIN LATERAL (SELECT h.* FROM {history} h WHERE h.pgh_obj_id = s.id AND h.pgh_id > s.since AND {strange}
                   ORDER BY h.pgh_id LIMIT 1) a ON s.why = 'edited'
WHERE t.id = s.id AND s.why IS DISTINCT FROM 'reach' AND ROW({old}) IS DISTINCT FROM ROW({new})
"""
BY_KEY = """
(SELECT coalesce(jsonb_object_agg(x.key, x.value), '{{}}') FROM (
    SELECT k AS key, CASE WHEN a.{column}->k IS NOT DISTINCT FROM t.{column}->k THEN b.{column}->k ELSE t.{column}->k END
    AS value FROM jsonb_object_keys(b.{column} || a.{column} || t.{column}) k) x WHERE x.value IS NOT NULL)
"""
BRING_BACK = """
INSERT INTO {table} ({columns}) SELECT {values} FROM (
    SELECT DISTINCT ON (h.pgh_obj_id) h.* FROM {history} h WHERE h.pgh_obj_id = ANY(%(ids)s::bigint[])
    AND h.pgh_label = 'delete' AND h.pgh_context_id = ANY(%(contexts)s::uuid[]) ORDER BY h.pgh_obj_id, h.pgh_id DESC) h
ON CONFLICT DO NOTHING
"""


def put_back(work: Work, model: Model, ids: list[int], obj: str) -> int:
    """Each field as before the import, unless somebody changed that field since; returns how many rows."""
    history = history_of(model)
    if history is None:
        return 0
    names = {"history": history._meta.db_table, "table": model._meta.db_table}
    work.open(model, ids)
    work.execute("DROP TABLE IF EXISTS undo_before")
    work.execute(BEFORE.format(**names))
    work.execute("CREATE INDEX ON undo_before (pgh_obj_id)")
    work.execute("ANALYZE undo_before")
    work.execute(SINCE.format(**names))
    work.keep_edited(model)
    work.keep_unreachable(model, obj)
    columns = compared(model)
    new = {column: _as_before(model, column) for column in columns}
    sets = [f'"{column}" = {value}' for column, value in new.items()]
    own = {field.column for field in model._meta.concrete_fields}
    sets += ["updated_at = %(now)s"] if "updated_at" in own else []
    sets += ["version = t.version + 1"] if "version" in own else []
    old = ", ".join(f't."{column}"' for column in columns)
    return work.execute(
        PUT_BACK.format(**names, strange=STRANGE, sets=", ".join(sets), old=old, new=", ".join(new.values()))
    )


def _as_before(model: Model, column: str) -> str:
    """SQL for one column; of the fields that a workspace added, each counts by itself."""
    whole = f'a.pgh_id IS NULL OR a."{column}" IS NOT DISTINCT FROM t."{column}"'
    kept = BY_KEY.format(column=column) if column == "custom" else f't."{column}"'
    return f'CASE WHEN {whole} THEN b."{column}" ELSE {kept} END'


def bring_back(work: Work, model: Model, ids: list[int]) -> int:
    """Rows that the import removed, unless their place is taken; returns how many."""
    history = history_of(model)
    if history is None:
        return 0
    work.open(model, [])
    names = [field.column for field in model._meta.concrete_fields if not getattr(field, "generated", False)]
    kept = {field.column for field in history._meta.concrete_fields}
    columns = [name for name in names if name in kept]
    return work.execute(
        BRING_BACK.format(
            table=model._meta.db_table, history=history._meta.db_table,
            columns=", ".join(f'"{name}"' for name in columns), values=", ".join(f'h."{name}"' for name in columns),
        ),
        {"ids": ids},
    )  # fmt: skip
