"""Which customers the rows of a file look like most, found for the whole file at once.

Rows and customers meet in the keys they share; a key counts the more, the fewer customers hold it, and one that
too many hold counts nothing. Working tables: ``import_key`` (row, key), ``import_near`` (row, customer_id, place).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import connection

from customers.duplicates import records
from customers.duplicates.keys import indexed
from customers.duplicates.normal import Profile, profile

if TYPE_CHECKING:
    from customers.imports.context import Context

BATCH = 5_000
HOLDERS = 100
"""Customers that may share a key before it is too common to look at."""
CANDIDATES = 3
"""Per row: a double shares its rarest keys, so it is among the first."""
Row = tuple[int, Profile]

KNOWN = """
CREATE TEMP TABLE import_known_key AS
SELECT k.key, d.customer_id FROM customers_duplicatekeys d CROSS JOIN unnest(d.keys) AS k (key)
WHERE EXISTS (SELECT FROM import_key i WHERE i.key = k.key)
"""
RARE = f"""
CREATE TEMP TABLE import_rare_key AS
SELECT key, 1 / log(2, count(*) + 1) AS says FROM import_known_key GROUP BY key HAVING count(*) <= {HOLDERS}
"""
NEAR = f"""
CREATE TEMP TABLE import_near AS
SELECT row, customer_id, place FROM (
    SELECT i.row, k.customer_id, row_number() OVER (PARTITION BY i.row ORDER BY sum(r.says) DESC, k.customer_id) AS place
    FROM import_key i JOIN import_rare_key r USING (key) JOIN import_known_key k USING (key) GROUP BY i.row, k.customer_id
) x WHERE place <= {CANDIDATES}
"""
TABLES = "import_key, import_known_key, import_rare_key, import_near"
STAGED = """
SELECT s.row, {columns} FROM import_stage s
WHERE s.row > %(after)s AND NOT EXISTS (
    SELECT FROM customers_externalid x WHERE x.source_id = %(source)s AND x.external_id = s.external_id)
ORDER BY s.row LIMIT {limit}
"""
LOOKED_AT = """
SELECT s.row, {columns}, n.near FROM import_stage s JOIN (
    SELECT row, array_agg(customer_id ORDER BY place) AS near FROM import_near WHERE row > %(after)s
    GROUP BY row ORDER BY row LIMIT {limit}
) n USING (row) ORDER BY s.row
"""
COLUMNS = ", ".join(f"s.f_{name}" for name in records.COLUMNS)


def find(context: Context) -> None:
    """Fill ``import_near``; rows that name a customer of their own source are nobody's double."""
    context.execute(f"DROP TABLE IF EXISTS {TABLES}")
    context.execute("CREATE TEMP TABLE import_key (row bigint, key int)")
    for batch in _rows(context):
        lines = "".join(f"{row}\t{key}\n" for row, person in batch for key in indexed(person))
        with connection.cursor() as cursor:
            cursor.copy_expert("COPY import_key FROM STDIN", io.StringIO(lines))
    for statement in ("ANALYZE import_key", KNOWN, "ANALYZE import_known_key", RARE, "ANALYZE import_rare_key", NEAR):
        context.execute(statement)
    context.execute("CREATE INDEX ON import_near (row)")
    context.execute("ANALYZE import_near")


def near(context: Context) -> Iterator[dict[int, tuple[Profile, list[int]]]]:
    """Row → its profile and the customers it looks like, the likeliest first, batch by batch; then the tables go."""
    after = 0
    while found := context.rows(LOOKED_AT.format(columns=COLUMNS, limit=BATCH), {"after": after}):
        yield {row: (_person(cells), ids) for row, *cells, ids in found}
        after = found[-1][0]
    context.execute(f"DROP TABLE {TABLES}")


def _rows(context: Context) -> Iterator[list[Row]]:
    after = 0
    while found := context.rows(STAGED.format(columns=COLUMNS, limit=BATCH), {"after": after}):
        yield [(row, _person(cells)) for row, *cells in found]
        after = found[-1][0]


def _person(cells: list[object]) -> Profile:
    return profile({**dict(zip(records.COLUMNS, cells, strict=True)), "pk": 0})
