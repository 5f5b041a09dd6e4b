"""Who looks like one record: a few rare keys find the candidates among a million, then the same scoring judges."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from customers.duplicates.keys import indexed
from customers.duplicates.models import DuplicateScan
from customers.duplicates.normal import Profile
from customers.duplicates.weights import Model

MOST_CANDIDATES = 150
MOST_ROWS = 600
NEAR = """
SELECT w.place, k.customer_id, cardinality(ARRAY(SELECT unnest(k.keys) INTERSECT SELECT unnest(w.keys)))
FROM (SELECT place, string_to_array(keys, ',')::int[] AS keys
      FROM unnest(%(places)s::bigint[], %(keys)s::text[]) AS u(place, keys)) w
CROSS JOIN LATERAL (
    SELECT customer_id, keys FROM customers_duplicatekeys WHERE keys && w.keys LIMIT %(most)s
) k
"""


def newest() -> DuplicateScan | None:
    """The last whole scan that ended well."""
    done = DuplicateScan.objects.filter(whole=True, state=DuplicateScan.State.DONE)
    return done.order_by("-started_at").first()


def model() -> tuple[Model, frozenset[int]]:
    """What the last whole scan counted, and the keys that are too common to look up."""
    done = DuplicateScan.objects.filter(whole=True, state=DuplicateScan.State.DONE)
    pk = done.order_by("-started_at").values_list("pk", flat=True).first()
    return _model(pk) if pk else (Model(), frozenset())


@lru_cache(maxsize=2)
def _model(scan_id: int) -> tuple[Model, frozenset[int]]:
    kept = DuplicateScan.objects.get(pk=scan_id)
    counts = {int(mark): count for mark, count in kept.counts.get("values", {}).items()}
    return Model(max(kept.customers, 1), counts), frozenset(kept.counts.get("common", ()))


def candidates(
    people: Mapping[int, Profile], common: frozenset[int], *, most: int = MOST_CANDIDATES
) -> dict[int, list[int]]:
    """Place → customers that share a key with the profile at that place, those that share most first."""
    wanted = {place: [key for key in indexed(person) if key not in common] for place, person in people.items()}
    wanted = {place: keys for place, keys in wanted.items() if keys}
    found: dict[int, list[tuple[int, int]]] = {}
    if wanted:
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "places": list(wanted), "keys": [",".join(map(str, keys)) for keys in wanted.values()], "most": MOST_ROWS,
            }  # fmt: skip
            cursor.execute(NEAR, values)
            for place, pk, shared in cursor.fetchall():
                found.setdefault(place, []).append((shared, pk))
    return {place: [pk for _, pk in sorted(rows, reverse=True)[:most]] for place, rows in found.items()}


def write_keys(rows: Iterable[tuple[Profile, datetime]], made: Mapping[int, Sequence[int]] | None = None) -> None:
    """Keep the keys of customers and the state that they were made of."""
    lines = io.StringIO()
    for person, updated_at in rows:
        keys = made[person.pk] if made else indexed(person)
        lines.write(f"{person.pk}\t{{{','.join(map(str, keys))}}}\t{updated_at.isoformat()}\n")
    lines.seek(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS fresh_keys (customer_id bigint, keys int[], seen_at timestamptz)"
        )
        cursor.execute("TRUNCATE fresh_keys")
        cursor.copy_expert("COPY fresh_keys FROM STDIN", lines)
        cursor.execute(
            "INSERT INTO customers_duplicatekeys (customer_id, keys, seen_at) SELECT f.* FROM fresh_keys f "
            "JOIN customers_customer c ON c.id = f.customer_id "
            "ON CONFLICT (customer_id) DO UPDATE SET keys = excluded.keys, seen_at = excluded.seen_at"
        )
