"""What the application's own database role may do: everything but alter the audit trail."""

from __future__ import annotations

from typing import Any

from psycopg2 import sql

APPEND_ONLY = ("accounts_auditentry",)
DAILY = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
)
MAINTAIN = "GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO {role}"  # ANALYZE; from PostgreSQL 17 on
APPEND = (
    "REVOKE ALL ON {table} FROM {role}",
    "GRANT SELECT, INSERT ON {table} TO {role}",
)


def grant(cursor: Any, role: str) -> None:
    """Give the role its rights on every table there is now; safe to repeat."""
    names = {"role": sql.Identifier(role)}
    cursor.execute("SELECT current_setting('server_version_num')::int")
    statements = DAILY + ((MAINTAIN,) if cursor.fetchone()[0] >= 170000 else ())
    for statement in statements:
        cursor.execute(sql.SQL(statement).format(**names))
    for table in APPEND_ONLY:
        cursor.execute("SELECT to_regclass(%s)", [table])
        if cursor.fetchone()[0] is None:
            continue
        for statement in APPEND:
            cursor.execute(sql.SQL(statement).format(table=sql.Identifier(table), **names))
