"""E-mails and phones of imported people as contact points, with the value that look-ups and matching use."""

from __future__ import annotations

from customers.imports.context import Context

POINTS = "customers.contactpoint"
NORMALISED = {"email": "lower(c.f_email)", "phone": "coalesce(c.n_phone, '')"}
NEW = 'INSERT INTO customers_contactpoint ({holder}_id, kind, label, value, normalised, "primary")'


def write_points(context: Context, *, holder: str, new: str, join: str = "") -> None:
    """The first e-mail and phone of each new customer or contact of the working rows."""
    for kind, normalised in NORMALISED.items():
        if context.plan.has(kind):
            _noted(
                context,
                "created",
                f"{NEW.format(holder=holder)} SELECT {new}, '{kind}', '', c.f_{kind}, {normalised}, true "
                f"FROM import_chunk c {join} WHERE c.target IS NULL AND c.f_{kind} IS NOT NULL RETURNING id",
            )
            context.written.add("customers_contactpoint")


def follow_points(context: Context, *, holder: str) -> None:
    """Primary points of the matched working rows follow what the file gives."""
    for kind, normalised in NORMALISED.items():
        if not context.plan.has(kind):
            continue
        _noted(
            context,
            "updated",
            f"UPDATE customers_contactpoint p SET value = c.f_{kind}, normalised = {normalised} FROM import_chunk c "
            f"WHERE p.{holder}_id = c.target AND p.kind = '{kind}' AND p.primary AND p.value <> c.f_{kind} RETURNING p.id",
        )
        _noted(
            context,
            "created",
            f"{NEW.format(holder=holder)} SELECT c.target, '{kind}', '', c.f_{kind}, {normalised}, true FROM import_chunk c "
            f"WHERE c.target IS NOT NULL AND c.f_{kind} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "
            f"customers_contactpoint p WHERE p.{holder}_id = c.target AND p.kind = '{kind}' AND p.primary) RETURNING id",
        )


def _noted(context: Context, action: str, statement: str) -> None:
    context.execute(f"WITH made AS ({statement}) {context.changed(POINTS, action, 'SELECT id FROM made')}")
