"""E-mails and phones of imported people as contact points, with the value that look-ups and matching use."""

from __future__ import annotations

from customers.imports.context import Context

NORMALISED = {"email": "lower(c.f_email)", "phone": "coalesce(c.n_phone, '')"}


def write_points(context: Context, *, holder: str, new: str, join: str = "") -> None:
    """The first e-mail and phone of each new customer or contact of the working rows."""
    for kind, normalised in NORMALISED.items():
        if context.plan.has(kind):
            context.execute(
                f'INSERT INTO customers_contactpoint ({holder}_id, kind, label, value, normalised, "primary") '
                f"SELECT {new}, '{kind}', '', c.f_{kind}, {normalised}, true FROM import_chunk c {join} "
                f"WHERE c.target IS NULL AND c.f_{kind} IS NOT NULL"
            )
            context.written.add("customers_contactpoint")


def follow_points(context: Context, *, holder: str) -> None:
    """Primary points of the matched working rows follow what the file gives."""
    for kind, normalised in NORMALISED.items():
        if not context.plan.has(kind):
            continue
        context.execute(
            f"UPDATE customers_contactpoint p SET value = c.f_{kind}, normalised = {normalised} FROM import_chunk c "
            f"WHERE p.{holder}_id = c.target AND p.kind = '{kind}' AND p.primary AND p.value <> c.f_{kind}"
        )
        context.execute(
            f'INSERT INTO customers_contactpoint ({holder}_id, kind, label, value, normalised, "primary") '
            f"SELECT c.target, '{kind}', '', c.f_{kind}, {normalised}, true FROM import_chunk c "
            f"WHERE c.target IS NOT NULL AND c.f_{kind} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
            f"customers_contactpoint p WHERE p.{holder}_id = c.target AND p.kind = '{kind}' AND p.primary)"
        )
