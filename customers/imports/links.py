"""How imported rows hang on customers and teams: by id, within what the asking user reaches."""

from __future__ import annotations

from django.utils.translation import gettext as _

from customers.imports import pending
from customers.imports.context import Context


def by_key(table: str, columns: str, *, source: str, key: str, to: str) -> str:
    """A join to the row of ``table`` that (source, key) names, as ``to``; its columns are NULL where there is none.

    LIMIT keeps the planner from anything but one look into the index per row. Of a source that is new it has no
    statistics and expects one row, so that it would read all rows of the source again for each row of the file.
    """
    return (
        f"LEFT JOIN LATERAL (SELECT {columns} FROM {table} x WHERE x.source_id = {source} AND x.external_id = {key} "
        f"AND NOT (x.external_id = '') LIMIT 1) {to} ON true"
    )


def customer_by_key(key: str) -> str:
    """The join to the customer that the file names, as ``e.customer_id``."""
    return by_key("customers_externalid", "x.customer_id", source="%(customer_source)s", key=key, to="e")


def customer_by_mail(context: Context, key: str) -> str:
    """The same join, by its e-mail where the row gives no id: that of exactly one customer within reach."""
    found = customer_by_key(key).replace(") e ON true", ") e_id ON true")
    return (
        f"{found} LEFT JOIN LATERAL (SELECT coalesce(e_id.customer_id, (SELECT min(p.customer_id) "
        "FROM customers_contactpoint p JOIN customers_customer u ON u.id = p.customer_id AND u.deleted_at IS NULL "
        f"{_within(context)} WHERE {key} IS NULL AND p.kind = 'email' AND p.normalised = lower(btrim(s.f_customer_email)) "
        "HAVING count(DISTINCT p.customer_id) = 1)) AS customer_id) e ON true"
    )


def _within(context: Context) -> str:
    """SQL that narrows customers ``u`` to those that the asker sees."""
    allowed = context.reach.teams("customer", "view")
    if allowed is None or context.reach.user is None:
        return ""
    return f"AND (u.team_id = ANY({ids(allowed)}) OR u.owner_id = {context.reach.user.pk})"


NEW_CUSTOMERS = f"""
CREATE TEMP TABLE import_new_customer AS
SELECT nextval(pg_get_serial_sequence('customers_customer', 'id')) AS id, s.*
FROM (SELECT s.f_customer_external_id AS external_id, {{name}} AS name, {{country}} AS country
      FROM import_stage s WHERE s.f_customer_external_id IS NOT NULL GROUP BY s.f_customer_external_id) s
{customer_by_key("s.external_id")} WHERE e.customer_id IS NULL
"""
INSERT_CUSTOMERS = """
INSERT INTO customers_customer
    (id, created_at, updated_at, kind, name, first_name, last_name, company, title, email, phone, gender, address,
     city, region, postcode, country, language, owner_id, team_id, tags, note, custom, version, lifecycle, time_zone)
SELECT id, %(now)s, %(now)s, 'person', left(name, 200), '', '', '', '', '', '', '', '', '', '', '',
       coalesce(left(country, 60), ''), '', %(owner)s, {team}, '{{}}', '', '{{}}', 1, 'active', ''
FROM import_new_customer c
"""


def team_sql(context: Context, obj: str, *, owner: bool, staged: bool = True) -> str:
    """SQL for a new row's team: the row's, the command's, the owner's, the default one."""
    parts = ["c.f_team"] if staged else []
    if owner and not context.job.team_name:
        allowed = context.reach.teams(obj, "add")
        within = "" if allowed is None else f" AND m.team_id = ANY(ARRAY[{','.join(map(str, allowed))}]::bigint[])"
        person = "coalesce(c.f_owner, %(owner)s)" if staged else "%(owner)s"
        parts.append(
            "(SELECT m.team_id FROM accounts_membership m "
            f"WHERE m.user_id = {person}::bigint{within} ORDER BY m.id LIMIT 1)"
        )
    return f"coalesce({', '.join([*parts, '%(team)s'])})"


def latest(column: str, moment: str) -> str:
    """SQL aggregate: the value of the newest row that has one; ties by the text itself."""
    return f"(array_agg(s.{column} ORDER BY s.{moment} DESC, s.{column}) FILTER (WHERE s.{column} IS NOT NULL))[1]"


def name_customers_by_id(context: Context, *, name: str = "", country: str = "") -> int:
    """Create the customers that the file knows by id only; the id is their name where it gives none."""
    named = _names_as_ids(context)
    if not names_customers(context) or context.mode == "update":
        return 0
    if context.plan.mapping.options.get("unknown_customers") == "reject":
        return 0
    if context.reach.user is not None and not context.reach.user.access.can("customer", "add"):
        return 0
    context.execute("DROP TABLE IF EXISTS import_new_customer")
    key = "s.f_customer_external_id"
    made = context.execute(
        NEW_CUSTOMERS.format(
            name=f"coalesce({name}, {key})" if name else key,
            country=country or "NULL::text",
        )
    )
    if made:
        context.execute(INSERT_CUSTOMERS.format(team=team_sql(context, "customer", owner=True, staged=False)))
        context.execute(
            "INSERT INTO customers_externalid (source_id, external_id, customer_id) "
            "SELECT %(customer_source)s, external_id, id FROM import_new_customer"
        )
        context.execute(context.changed("customers.customer", "created", "SELECT id FROM import_new_customer"))
        context.written |= {"customers_customer", "customers_externalid"}
        context.treatments["customers known by id only, created under it"] += made
        if named:
            pending.hold_named(context)
    context.execute("DROP TABLE import_new_customer")
    return made


def names_customers(context: Context) -> bool:
    """Whether the file says whose the rows are, by id, name or e-mail."""
    return any(context.plan.has(f"customer.{name}") for name in ("external_id", "email")) or by_name(context)


def by_name(context: Context) -> bool:
    """Whether rows may name their customer instead of giving its id."""
    return context.plan.has("customer.name") and context.job.kind != "orders"


SAME_NAME = """
INSERT INTO customers_externalid (source_id, external_id, customer_id)
SELECT %(customer_source)s, n.name, m.id
FROM (SELECT DISTINCT s.f_customer_name AS name FROM import_stage s
      WHERE s.f_customer_name IS NOT NULL AND s.f_customer_external_id IS NULL) n
JOIN LATERAL (SELECT min(u.id) AS id, count(*) AS people FROM customers_customer u
              WHERE u.sort_name = lower(n.name) AND u.deleted_at IS NULL {within}) m ON m.people = 1
ON CONFLICT (source_id, external_id) DO NOTHING
"""


def _names_as_ids(context: Context) -> bool:
    """A name becomes an id of this source: that of the one customer so called, if there is exactly one."""
    if not by_name(context):
        return False
    context.execute(SAME_NAME.format(within=_within(context)))
    context.execute(
        "UPDATE import_stage SET f_customer_external_id = f_customer_name "
        "WHERE f_customer_external_id IS NULL AND f_customer_name IS NOT NULL"
    )
    return True


def refuse_customers(context: Context, *, table: str = "import_chunk", required: bool, by_mail: bool = False) -> None:
    """Rows whose customer is unknown, in the trash, or out of the user's reach."""
    unnamed = "f_customer_external_id IS NULL" + (" AND f_customer_email IS NULL" if by_mail else "")
    if required:
        context.refuse(table, unnamed, _("customer.external_id is missing"))
    if by_mail:
        context.refuse(
            table,
            "f_customer_external_id IS NULL AND f_customer_email IS NOT NULL AND customer_id IS NULL",
            _("customer.email is not that of one customer of yours"),
        )
    context.refuse(
        table,
        "f_customer_external_id IS NOT NULL AND customer_id IS NULL",
        _("customer.external_id names no customer of this source"),
    )
    allowed = context.reach.teams("customer", "view")
    if allowed is None:
        return
    assert context.reach.user is not None
    context.execute(f"ANALYZE {table}")
    context.refuse(
        table,
        "customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customers_customer u "
        f"WHERE u.id = {table}.customer_id AND (u.team_id = ANY({ids(allowed)}) OR u.owner_id = {context.reach.user.pk}))",
        _("customer.external_id names no customer that you may write to"),
    )


def refuse_targets(context: Context, target_table: str, obj: str, *, table: str = "import_chunk") -> None:
    """Rows that are here already, but in teams where the user may not change them."""
    allowed = context.reach.teams(obj, "change")
    if allowed is None:
        return
    assert context.reach.user is not None
    own = f" OR u.owner_id = {context.reach.user.pk}" if target_table != "sales_order" else ""
    context.refuse(
        table,
        f"target IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {target_table} u WHERE u.id = {table}.target "
        f"AND (u.team_id = ANY({ids(allowed)}){own}))",
        _("the record is not one that you may change"),
    )


def ids(teams: list[int]) -> str:
    return f"ARRAY[{','.join(str(int(team)) for team in teams)}]::bigint[]"
