"""One row by its key, asked for on every page: the SQL is made once, and asked again with other keys.

Putting a query with nine sub-queries together costs Django several times what PostgreSQL needs to answer it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

STAND_IN = 7_026_021_118_219_467
"""Stands for the row's key in SQL that is kept."""
MOST_KEYS = 100
MOST_KEY = 2**63 - 1


class _Prepared(NamedTuple):
    rows: QuerySet[Any]
    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]


_kept: dict[Hashable, _Prepared] = {}


def first(known: Hashable, make: Callable[[], QuerySet[Any]], pk: int) -> Any | None:
    """The row with this key, or None; ``known`` is everything that the SQL of ``make()`` depends on, such as
    ``user.access.reach()``."""
    if pk > MOST_KEY:
        return None
    found = _kept.get(known)
    if found is None:
        try:
            found = _prepare(make())
        except EmptyResultSet:
            return None
        if len(_kept) >= MOST_KEYS:
            _kept.clear()
        _kept[known] = found
    return next(iter(_ask(found, pk)), None)


def _prepare(rows: QuerySet[Any]) -> _Prepared:
    asked = rows.filter(pk=STAND_IN).order_by()
    compiler = asked.query.get_compiler(using=asked.db)
    sql, params = compiler.as_sql()
    return _Prepared(asked, compiler, sql, tuple(params))


def _ask(kept: _Prepared, pk: int) -> QuerySet[Any]:
    """The queryset with a compiler that has its SQL already; each thread asks over its own connection."""
    compiler, rows = copy.copy(kept.compiler), kept.rows.all()
    compiler.connection = connections[rows.db]
    params = tuple(pk if value == STAND_IN else value for value in kept.params)
    compiler.as_sql = lambda *_args, **_named: (kept.sql, params)  # type: ignore[method-assign]
    rows.query.get_compiler = lambda *_args, **_named: compiler  # type: ignore[method-assign]
    return rows
