"""The open pairs as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Count

from crm.kit.tables import safe_cell
from customers.duplicates import words
from customers.duplicates.models import DuplicatePair

HEADER = ("id_a", "id_b", "external_id_a", "external_id_b", "score", "decision", "reasons")
CHUNK = 5_000
OUTSIDE = "(SELECT external_id FROM customers_externalid e WHERE e.customer_id = p.{side}_id ORDER BY e.id LIMIT 1)"
LINES = f"""
SELECT p.id, p.points, p.a_id, p.b_id, {OUTSIDE.format(side="a")}, {OUTSIDE.format(side="b")}, p.score, p.decision, p.reasons::text
FROM customers_duplicatepair p
WHERE p.state = 'open' AND p.id > %(after)s ORDER BY p.id LIMIT {CHUNK}
"""


def counts() -> dict[str, int]:
    """Open pairs by decision."""
    rows = DuplicatePair.objects.open().order_by().values_list("decision").annotate(n=Count("pk"))
    return {"certain": 0, "review": 0} | dict(rows)


def lines() -> Iterator[list[Any]]:
    """One line per open pair."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(LINES, {"after": after})
            rows = cursor.fetchall()
        if not rows:
            return
        for _pk, _points, a, b, outside_a, outside_b, score, decision, reasons in rows:
            told = words.sentence(json.loads(reasons), {})
            yield [
                a,
                b,
                safe_cell(outside_a or ""),
                safe_cell(outside_b or ""),
                f"{score:.6f}",
                decision,
                told,
            ]
        after = rows[-1][0]
