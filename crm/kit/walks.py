"""Pages of searched rows: by walking the order or by gathering the matches, whichever reads less.

PostgreSQL chooses between the two by an estimate, and when that is wrong it walks a million rows for a word
that nobody has. Here a walk ends after a few thousand rows, and then the matches are gathered and sorted: their
keys alone, and counted on the way, since the list wants to know how many there are.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models import Count, F, Func, QuerySet, Window
from django.db.models.expressions import OrderBy

from crm.kit.search import Matches

FREQUENT = 2_000  # matches, as estimated: below it they are gathered at once
SHORTEST, LONGEST = 3_000, 40_000  # rows that a walk reads: a quarter of those that gathering would, within these


class Unindexed(Func):
    """The same value, for which no index is looked at."""

    function = "GREATEST"
    arity = 1


def asked(queryset: QuerySet[Any]) -> Matches | None:
    """The search among the conditions of a queryset."""
    children = queryset.query.where.children
    return next((one for one in children if isinstance(one, Matches)), None)


def first(ordered: QuerySet[Any], search: Matches, wanted: int) -> tuple[list[Any], int | None]:
    """The first matching rows of an order, and how many match where that came to light."""
    keys, found = _walked(ordered, search, wanted), None
    if keys is None:
        keys, found = _gathered(ordered, wanted)
    place = {key: number for number, key in enumerate(keys)}
    return sorted(ordered.order_by().filter(pk__in=keys), key=lambda row: place[row.pk]), found


def _walked(ordered: QuerySet[Any], search: Matches, wanted: int) -> list[int] | None:
    """Keys of the first matching rows, where a short walk finds enough of them; else None."""
    expected = _estimate(ordered, search)
    if expected < FREQUENT:
        return None
    short = max(4 * wanted, SHORTEST)
    keys = _walk(ordered, search, wanted, short)
    long = min(int(expected / 4), LONGEST)
    if len(keys) < wanted and len(keys) * long >= wanted * short:  # as dense further on, a longer walk will do
        keys = _walk(ordered, search, wanted, long)
    return keys if len(keys) >= wanted else None


def _walk(ordered: QuerySet[Any], search: Matches, wanted: int, pace: int) -> list[int]:
    inner = ordered.all()
    where = inner.query.where
    where.children = [one for one in where.children if not isinstance(one, Matches)]
    sql, params = inner.values_list("pk", "search")[:pace].query.sql_with_params()
    with connections[ordered.db].cursor() as cursor:
        cursor.execute(
            f"SELECT key FROM ({sql}) walk (key, words) WHERE words @@ %s::tsquery LIMIT %s",  # noqa: S608  Django's own
            [*params, search.rhs, wanted],
        )
        return [key for (key,) in cursor.fetchall()]


def _gathered(ordered: QuerySet[Any], wanted: int) -> tuple[list[int], int]:
    """Keys of the first rows and the number of all, by a sort for which PostgreSQL finds the matches first."""
    rows = ordered.order_by(*(_unindexed(one) for one in ordered.query.order_by))
    counted = rows.annotate(_found=Window(Count("pk"))).values_list("pk", "_found")
    found = list(counted[:wanted])
    return [key for key, _ in found], found[0][1] if found else 0


def _unindexed(key: Any) -> OrderBy:
    if isinstance(key, OrderBy):
        made = key.copy()
        made.set_source_expressions([Unindexed(key.expression)])
        return made
    return OrderBy(Unindexed(F(key.removeprefix("-"))), descending=key.startswith("-"))


def _estimate(queryset: QuerySet[Any], search: Matches) -> float:
    """How many rows PostgreSQL expects to match, whoever may see them."""
    with connections[queryset.db].cursor() as cursor:
        cursor.execute("SELECT crm_expected(%s, %s::tsquery)", [queryset.model._meta.db_table, search.rhs])
        return float(cursor.fetchone()[0])
