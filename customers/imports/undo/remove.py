"""What an import created goes again, unless people changed it or hung their own work on it."""

from __future__ import annotations

from customers.imports import pending
from customers.imports.undo.scope import Model, Pointer, history_of, own_pointer, pointers
from customers.imports.undo.work import STRANGE, Work, unrecorded

GOING = "SELECT id FROM undo_span WHERE why IS NULL"
MARK = "UPDATE undo_span u SET why = '{why}', by = '{by}' WHERE u.why IS NULL AND EXISTS ({rows})"
NOT_MADE = "NOT EXISTS (SELECT 1 FROM undo_made m WHERE m.id = p.id AND m.object = '{label}')"


def remove(work: Work, model: Model, ids: list[int], obj: str) -> int:
    """One span of created records with their parts; returns how many went."""
    work.open(model, ids)
    work.keep_edited(model)
    work.keep_unreachable(model, obj)
    pending.reopen(obj, work.keys(GOING, ids))
    own = [pointer for pointer in pointers(model) if _is_part(work, pointer, model)]
    others = [pointer for pointer in pointers(model) if pointer not in own]
    for pointer in own:
        _keep_for_part(work, pointer)
    for pointer in others:
        if pointer.own_work:
            rows = f'SELECT 1 FROM {pointer.table} p WHERE p."{pointer.column}" = u.id AND p."{pointer.column}" IS NOT NULL'
            work.execute(MARK.format(why="in_use", by=pointer.model._meta.label_lower, rows=rows))
    computed = [pointer for pointer in others if not pointer.own_work]
    with unrecorded(work, model, *(pointer.model for pointer in own)):
        for pointer in own:
            _clear(work, pointer, GOING, whole=True)
        for pointer in computed:
            _clear(work, pointer, GOING, whole=pointer.required)
        itself = own_pointer(model)
        if itself:
            work.execute(f'UPDATE {model._meta.db_table} SET "{itself}" = NULL WHERE "{itself}" IN ({GOING})')
        return work.execute(f"DELETE FROM {model._meta.db_table} WHERE id IN ({GOING})")


def remove_parts(work: Work, model: Model, ids: list[int]) -> int:
    """Parts that an import added to records that were here before; those of its own records follow their holder."""
    table = model._meta.db_table
    held = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM undo_made m WHERE m.id = p.\"{column}\" AND m.object = '{label}')"
        for label, column in work.kind.parts[model._meta.label_lower].holders.items()
    )
    work.open(model, work.keys(f"SELECT p.id FROM {table} p WHERE p.id = ANY(%(ids)s) AND {held}", ids))
    work.keep_edited(model)
    return work.execute(f"DELETE FROM {table} WHERE id IN ({GOING})")


def _is_part(work: Work, pointer: Pointer, model: Model) -> bool:
    part = work.kind.parts.get(pointer.model._meta.label_lower)
    return part is not None and part.holders.get(model._meta.label_lower) == pointer.column


def _keep_for_part(work: Work, pointer: Pointer) -> None:
    """A record stays whose part somebody added or changed since."""
    label = pointer.model._meta.label_lower
    strange = work.kind.parts[label].strange or NOT_MADE.format(label=label)
    rows = f'SELECT 1 FROM {pointer.table} p WHERE p."{pointer.column}" = u.id AND {strange}'
    work.execute(MARK.format(why="part", by=label, rows=rows))
    history = history_of(pointer.model)
    if history is not None:
        changed = (
            f"SELECT 1 FROM {pointer.table} p JOIN {history._meta.db_table} h ON h.pgh_obj_id = p.id "
            f'WHERE p."{pointer.column}" = u.id AND {STRANGE}'
        )
        work.execute(MARK.format(why="part", by=label, rows=changed))


def _clear(work: Work, pointer: Pointer, going: str, *, whole: bool) -> None:
    """Rows that are computed from a record, or belong to it, go with it, and what hangs on them before."""
    if not whole:
        work.execute(f'UPDATE {pointer.table} SET "{pointer.column}" = NULL WHERE "{pointer.column}" IN ({going})')
        return
    key = pointer.model._meta.pk.column  # type: ignore[union-attr]
    mine = f'SELECT "{key}" FROM {pointer.table} WHERE "{pointer.column}" IN ({going})'
    for further in pointers(pointer.model):
        _clear(work, further, mine, whole=further.required)
    work.execute(f'DELETE FROM {pointer.table} WHERE "{pointer.column}" IN ({going})')
