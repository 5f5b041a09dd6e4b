"""Rows that name nobody by an id of their source, found again by another key that the mapping chose (``find_by``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from customers.imports.links import ids
from customers.imports.tables import later_again

if TYPE_CHECKING:
    from customers.imports.context import Context
    from customers.imports.people import PeopleKind

KEYS = {"email": ("email",), "phone": ("phone",), "name": ("name", "first_name", "last_name")}
"""Key → the fields of which one must be filled."""


def find(context: Context, kind: PeopleKind, *, name: str) -> None:
    """Give the working rows of a span without a match the one record that has their key; two of them refuse the row.

    Only records that the asker may change are looked at, so that nobody learns of others by trying.
    """
    key = context.plan.mapping.options.get("find_by", "")
    if key not in KEYS or not any(context.plan.has(field) for field in KEYS[key]):
        return
    sql, condition = _key(context, kind, key, name)
    context.execute(
        "CREATE TEMP TABLE import_known ON COMMIT DROP AS SELECT c.row, min(t.id) AS id, count(DISTINCT t.id) AS many "
        f"FROM import_chunk c {sql} WHERE c.target IS NULL AND t.deleted_at IS NULL AND {_reached(context, kind)} GROUP BY c.row"
    )
    context.refuse(
        "import_chunk",
        "row IN (SELECT row FROM import_known WHERE many > 1)",
        _("several records that are here already have the same key; which one is meant?"),
    )
    context.execute("UPDATE import_chunk c SET target = k.id FROM import_known k WHERE k.row = c.row")
    again = _("the same record stands again in a later line, which counts")
    context.refuse("import_chunk", f"target IS NOT NULL AND {later_again('target')}", again, skipped=True)
    context.refuse("import_chunk", f"target IS NULL AND {later_again(condition)}", again, skipped=True)
    if kind.object == "customer":
        _name_them(context)
    context.execute("DROP TABLE import_known")


def _key(context: Context, kind: PeopleKind, key: str, name: str) -> tuple[str, str]:
    """(the join that finds records ``t`` by a key of the row ``c``, the key as a column of the working rows)."""
    table = kind.table
    if key == "name":
        company = "AND (c.f_company IS NULL OR t.company = '' OR lower(t.company) = lower(c.f_company))"
        context.execute(
            f"ALTER TABLE import_chunk ADD COLUMN n_key text; UPDATE import_chunk c SET n_key = lower({name})"
        )
        return f"JOIN {table} t ON t.sort_name = c.n_key {company}", "n_key, coalesce(f_company, '')"
    value = "lower(c.f_email)" if key == "email" else "nullif(c.n_phone, '')"
    context.execute(f"ALTER TABLE import_chunk ADD COLUMN n_key text; UPDATE import_chunk c SET n_key = {value}")
    points = f"JOIN customers_contactpoint p ON p.kind = '{key}' AND p.normalised = c.n_key JOIN {table} t ON t.id = p.{kind.object}_id"
    return points, "n_key"


def _reached(context: Context, kind: PeopleKind) -> str:
    """SQL: the record ``t`` is one that the asker may change."""
    teams, user = context.reach.teams(kind.object, "change"), context.reach.user
    if teams is None or user is None:
        return "true"
    return f"(t.team_id = ANY({ids(teams)}) OR t.owner_id = {int(user.pk)})"


def _name_them(context: Context) -> None:
    """The ids of the file become names of the customers that were found, so that orders and deals of it find them."""
    context.execute(
        "WITH made AS (INSERT INTO customers_externalid (source_id, external_id, customer_id) "
        "SELECT %(source)s, c.external_id, c.target FROM import_chunk c JOIN import_known k ON k.row = c.row "
        "WHERE NOT c.derived AND c.target IS NOT NULL ON CONFLICT DO NOTHING RETURNING id) "
        + context.changed("customers.externalid", "created", "SELECT id FROM made")
    )
