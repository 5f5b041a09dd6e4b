"""What every page asks about one record: the SQL is made once, and PostgreSQL plans it once per connection.

Putting a query with nine sub-queries together costs Django several times what PostgreSQL needs to answer it, and
planning it costs PostgreSQL several times what running it does.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler
from psycopg2 import Error
from psycopg2.extensions import AsIs

STAND_IN = 7_026_021_118_219_467
"""Stands for the record's key in SQL that is kept."""
MOST_KEYS = 500
MOST_NAMES = 60
MOST_KEY = 2**63 - 1
UNKNOWN_NAME, NAME_TAKEN = "26000", "42P05"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


class _Statement(NamedTuple):
    rows: QuerySet[Any]
    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    text: bytes
    name: str


_kept: dict[Hashable, _Statement | None] = {}


def first(known: Hashable, make: Callable[[], QuerySet[Any]], pk: int) -> Any | None:
    """The row with this key, or None; ``known`` is everything that the SQL of ``make()`` depends on, such as
    ``user.access.reach``."""
    return next(iter(every(known, lambda: make().filter(pk=STAND_IN).order_by(), pk)), None)


def every(known: Hashable, make: Callable[[], QuerySet[Any, Any]], pk: int = 0) -> list[Any]:
    """The rows of ``make()``, in which ``STAND_IN`` stands where this key is meant, if any."""
    if pk > MOST_KEY:
        return []
    if known not in _kept:
        if len(_kept) >= MOST_KEYS:
            _kept.clear()
        _kept[known] = _statement(make())
    statement = _kept[known]
    return [] if statement is None else _asked(statement, pk)


def numbers(known: Hashable, make: Callable[[], QuerySet[Any]], pk: int = 0, **figures: Any) -> dict[str, Any]:
    """Aggregates over the rows of ``make()``, as ``aggregate`` gives them."""
    rows = every(known, lambda: make().order_by().values(all=Value(0)).annotate(**figures), pk)
    return {name: rows[0][name] if rows else one.empty_result_set_value for name, one in figures.items()}


def _statement(rows: QuerySet[Any]) -> _Statement | None:
    compiler = rows.query.get_compiler(using=rows.db)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    with connections[rows.db].cursor() as cursor:
        text = cursor.cursor.mogrify(sql, [AsIs("$1") if one == STAND_IN else one for one in params])
    return _Statement(rows, compiler, sql, tuple(params), text, f"crm_{hashlib.sha256(text).hexdigest()[:24]}")


def _asked(statement: _Statement, pk: int) -> list[Any]:
    """Within a transaction as plain SQL: a pooler that swaps connections forgets names, and there an error is final."""
    connection = connections[statement.rows.db]
    plain = statement.sql, tuple(pk if value == STAND_IN else value for value in statement.params)
    if connection.in_atomic_block:
        return _answer(statement, connection, plain)
    try:
        _prepare(statement, connection)
        return _answer(statement, connection, (f"EXECUTE {statement.name} (%s)", (pk,)))
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) != UNKNOWN_NAME:
            raise
        _names(connection).clear()
        return _answer(statement, connection, plain)


def _answer(statement: _Statement, connection: BaseDatabaseWrapper, asked: tuple[str, tuple[Any, ...]]) -> list[Any]:
    """The queryset's rows, by a compiler that has its SQL already."""
    compiler, rows = copy.copy(statement.compiler), statement.rows.all()
    compiler.connection = connection
    compiler.as_sql = lambda *_args, **_named: asked  # type: ignore[method-assign]
    rows.query.get_compiler = lambda *_args, **_named: compiler  # type: ignore[method-assign]
    return list(rows)


def _prepare(statement: _Statement, connection: BaseDatabaseWrapper) -> None:
    """Give the session the statement, unless it has it."""
    with connection.cursor() as cursor, connection.wrap_database_errors:
        names = _names(connection)
        if statement.name in names:
            return
        if len(names) >= MOST_NAMES:
            cursor.cursor.execute("DEALLOCATE ALL")
            names.clear()
        try:
            cursor.cursor.execute(f"PREPARE {statement.name} (bigint) AS ".encode() + statement.text)
        except Error as error:
            if error.pgcode != NAME_TAKEN:
                raise
        names.add(statement.name)


def _names(connection: BaseDatabaseWrapper) -> set[str]:
    """What this session of the database has prepared."""
    session, names = connection.__dict__.get("prepared", (None, set()))
    if session is not connection.connection:
        names = set()
        connection.__dict__["prepared"] = connection.connection, names
    return names
