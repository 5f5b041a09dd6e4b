"""Companies above and below each other."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid
from customers.models import Customer

DEEPEST = 12
"""Levels that a hierarchy may have, counted from its top."""
LOCK = 360_001
"""One hierarchy is changed at a time: two moves at once could close a ring that neither of them sees."""

ABOVE = """
WITH RECURSIVE above(id, parent_id, depth) AS (
    SELECT id, parent_id, 1 FROM customers_customer WHERE id = %s
    UNION ALL SELECT c.id, c.parent_id, a.depth + 1 FROM customers_customer c JOIN above a ON c.id = a.parent_id
    WHERE a.depth < %s)
SELECT id FROM above
"""
HEIGHT = """
WITH RECURSIVE below(id, depth) AS (
    SELECT %s::bigint, 1
    UNION ALL SELECT c.id, b.depth + 1 FROM customers_customer c JOIN below b ON c.parent_id = b.id WHERE b.depth < %s)
SELECT max(depth) FROM below
"""


def checked_parent(value: Any, *, user: User, existing: Customer | None) -> Customer:
    """The parent company: within reach, a company, not below the customer itself, and not too deep."""
    pk = value.pk if isinstance(value, Customer) else value
    found = Customer.objects.visible_to(user).filter(pk=pk, kind=Customer.Kind.COMPANY).first()
    if found is None:
        raise _unfit(_("There is no such company among your customers."))
    if existing is not None and existing.parent_id == found.pk:
        return found
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(ABOVE, [found.pk, DEEPEST + 1])
        above = [row[0] for row in cursor.fetchall()]
        if existing is not None and existing.pk in above:
            raise _unfit(_("A company cannot stand below itself."))
        height = 1
        if existing is not None:
            cursor.execute(HEIGHT, [existing.pk, DEEPEST + 1])
            height = cursor.fetchone()[0]
    if len(above) + height > DEEPEST:
        raise _unfit(_("A hierarchy has at most %(most)s levels.") % {"most": DEEPEST})
    return found


def _unfit(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"parent": sentence})
