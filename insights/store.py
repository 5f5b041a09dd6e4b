"""Results go back set-based: COPY into a temporary table, then one statement per target."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection
from psycopg2 import sql

from insights.models import CustomerScore, Run

logger = logging.getLogger("crm.insights")

SCORE_TYPES = {str(field.column): field.db_type(connection) or "" for field in CustomerScore._meta.concrete_fields}
MOVED = {"churn_probability": ("churn", 0.005), "health": ("health", 0.5), "clv_12m": ("value", 0.005)}


def tidy_scores() -> None:
    """Free the old versions of rewritten rows at once, for the next part to fill, and count the rows anew.

    Each part rewrites most rows; without this the table grows sixfold in one analysis, and lists that sort by a
    score are planned for an empty table. Inside a transaction (tests), or for a role that may not, nothing is done.
    """
    if connection.in_atomic_block:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) insights_customerscore, insights_segmentmembership")
    except DatabaseError as error:  # upkeep only: what was computed is written
        logger.warning("The scores are not tidied now: %s", str(error).split("\n")[0])


def _cell(value: Any) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return value


def copy_rows(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Send rows to a table by COPY; None is NULL."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        # an unquoted empty cell is NULL; empty text is quoted by the marker below
        writer.writerow(["\\N" if (cell := _cell(value)) is None else cell for value in row])
    buffer.seek(0)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv, NULL '\\N')").format(sql.Identifier(table), names)
    cursor.copy_expert(statement.as_string(cursor.connection), buffer)


def _execute(cursor: Any, statement: sql.Composed, values: Sequence[Any] | None = None) -> None:
    """Run a composed statement; whoever keeps the history's context reads statements as text."""
    cursor.execute(statement.as_string(cursor.connection), values)


def write_scores(*, customers: Sequence[int], columns: Mapping[str, Sequence[Any]], run: Run, now: datetime) -> int:
    """Set the given columns of these customers' scores, empty them for all others; record what moved."""
    names = list(columns)
    with connection.cursor() as cursor:
        typed = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(SCORE_TYPES[name])) for name in names
        )
        cursor.execute("DROP TABLE IF EXISTS new_scores")
        _execute(cursor, sql.SQL("CREATE TEMP TABLE new_scores (customer_id bigint PRIMARY KEY, {})").format(typed))
        copy_rows(
            cursor,
            "new_scores",
            ["customer_id", *names],
            zip(customers, *(columns[name] for name in names), strict=True),
        )
        cursor.execute("ANALYZE new_scores")
        # a customer may have gone (erased, merged) since the facts were read
        cursor.execute(
            "DELETE FROM new_scores n WHERE NOT EXISTS (SELECT 1 FROM customers_customer c WHERE c.id = n.customer_id)"
        )
        for name in names:
            if name in MOVED:
                _record_moves(cursor, name, run, now)
        _upsert(cursor, names, run, now)
        cursor.execute("DROP TABLE new_scores")
    return len(customers)


def _record_moves(cursor: Any, column: str, run: Run, now: datetime) -> None:
    label, least = MOVED[column]
    band = sql.Identifier("n", "churn_band") if column == "churn_probability" else sql.Literal("")
    _execute(
        cursor,
        sql.SQL(
            "INSERT INTO insights_scorehistory (customer_id, at, name, value, band, run_id) "
            "SELECT n.customer_id, %s, %s, n.{c}, COALESCE({band}, ''), %s FROM new_scores n "
            "LEFT JOIN insights_customerscore s ON s.customer_id = n.customer_id "
            "WHERE n.{c} IS NOT NULL AND (s.{c} IS NULL OR abs(s.{c} - n.{c}) >= %s)"
        ).format(c=sql.Identifier(column), band=band),
        [run.as_of, label, run.pk, least],
    )


DEFAULTS = {
    "churn_band": "''", "churn_reasons": "'{}'", "churn_refused": "''", "rfm_segment": "''",
    "anomaly_reasons": "'{}'", "health_parts": "'{}'",
}  # fmt: skip


def _upsert(cursor: Any, names: list[str], run: Run, now: datetime) -> None:
    identifiers = [sql.Identifier(name) for name in names]
    absent = [name for name in DEFAULTS if name not in names]
    given = [
        sql.SQL("COALESCE({}, {})").format(sql.Identifier(name), sql.SQL(DEFAULTS[name]))
        if name in DEFAULTS
        else sql.Identifier(name)
        for name in names
    ]
    _execute(
        cursor,
        sql.SQL(
            "INSERT INTO insights_customerscore (customer_id, {names}{absent}, as_of, scored_at, run_id) "
            "SELECT customer_id, {given}{defaults}, %s, %s, %s FROM new_scores ORDER BY customer_id "
            "ON CONFLICT (customer_id) DO UPDATE SET {sets}, "
            "as_of = EXCLUDED.as_of, scored_at = EXCLUDED.scored_at, run_id = EXCLUDED.run_id"
        ).format(
            names=sql.SQL(", ").join(identifiers),
            absent=sql.SQL("").join(sql.SQL(", {}").format(sql.Identifier(name)) for name in absent),
            given=sql.SQL(", ").join(given),
            defaults=sql.SQL("").join(sql.SQL(", {}").format(sql.SQL(DEFAULTS[name])) for name in absent),
            sets=sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(name) for name in identifiers),
        ),
        [run.as_of, now, run.pk],
    )
    cleared = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.SQL(DEFAULTS.get(name, "NULL"))) for name in names]
    _execute(
        cursor,
        sql.SQL(
            "UPDATE insights_customerscore s SET {sets}, run_id = %s "
            "WHERE NOT EXISTS (SELECT 1 FROM new_scores n WHERE n.customer_id = s.customer_id)"
        ).format(sets=sql.SQL(", ").join(cleared)),
        [run.pk],
    )


def write_memberships(*, segment_of: Iterable[tuple[int, int]], segments: Sequence[int], as_of: datetime) -> None:
    """Bring the open memberships of these segments in line: (customer, segment) pairs enter, the rest leave."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS new_members")
        cursor.execute("CREATE TEMP TABLE new_members (customer_id bigint, segment_id bigint)")
        copy_rows(cursor, "new_members", ["customer_id", "segment_id"], segment_of)
        cursor.execute("ANALYZE new_members")
        cursor.execute(
            "UPDATE insights_segmentmembership m SET left_at = %s WHERE m.left_at IS NULL AND m.segment_id = ANY(%s) "
            "AND NOT EXISTS (SELECT 1 FROM new_members n "
            "WHERE n.customer_id = m.customer_id AND n.segment_id = m.segment_id)",
            [as_of, list(segments)],
        )
        cursor.execute(
            "INSERT INTO insights_segmentmembership (segment_id, customer_id, entered_at, left_at, reason) "
            "SELECT n.segment_id, n.customer_id, %s, NULL, '' FROM new_members n "
            "JOIN customers_customer c ON c.id = n.customer_id "
            "WHERE NOT EXISTS (SELECT 1 FROM insights_segmentmembership m WHERE m.left_at IS NULL "
            "AND m.customer_id = n.customer_id AND m.segment_id = n.segment_id)",
            [as_of],
        )
        cursor.execute("DROP TABLE new_members")


def write_metric_points(*, metric: int, points: Iterable[tuple[datetime, float, int]], fresh_from: datetime,
                        now: datetime) -> None:  # fmt: skip
    """Set a daily metric's points; only fresh or changed fresh points are left for the rules to check."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS new_points")
        cursor.execute("CREATE TEMP TABLE new_points (at timestamptz, value double precision, count integer)")
        copy_rows(cursor, "new_points", ["at", "value", "count"], points)
        cursor.execute(
            "INSERT INTO insights_metricpoint (metric_id, labels, at, value, count, event_id, recorded_at, checked_at) "
            "SELECT %(metric)s, '{}', at, value, count, '', %(now)s, "
            "CASE WHEN at < %(fresh)s THEN %(now)s::timestamptz END FROM new_points ORDER BY at "
            "ON CONFLICT (metric_id, labels, at) WHERE event_id = '' DO UPDATE SET value = EXCLUDED.value, "
            "count = EXCLUDED.count, checked_at = EXCLUDED.checked_at "
            "WHERE insights_metricpoint.value <> EXCLUDED.value OR insights_metricpoint.count <> EXCLUDED.count",
            {"metric": metric, "now": now, "fresh": fresh_from},
        )
        cursor.execute("DROP TABLE new_points")
