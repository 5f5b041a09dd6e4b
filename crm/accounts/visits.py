"""What a person looked at of late and what they pinned: told by the page once it stands, never by a GET.

A page posts its visit by htmx (``/visits/<kind>/<id>/``); the answer brings the state of its pin and what
changed since the visit before. Looking again within half an hour is the same visit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User, Visit
from crm.kit import records
from crm.kit.errors import Refused
from crm.kit.palette import Hit

MOST_KEPT = 50
"""Visits of a person, pins besides."""
MOST_PINNED = 20
SAME_VISIT = timedelta(minutes=30)
NOTE = """
INSERT INTO accounts_visit AS v (user_id, object, record, seen_at) VALUES (%(user)s, %(object)s, %(record)s, %(now)s)
ON CONFLICT (user_id, object, record) DO UPDATE SET
    before_at = CASE WHEN v.seen_at < %(now)s - %(same)s::interval THEN v.seen_at ELSE v.before_at END,
    seen_at = greatest(v.seen_at, %(now)s)
RETURNING before_at, pinned_at, xmax = 0
"""
CAP = """
DELETE FROM accounts_visit WHERE id IN (
    SELECT id FROM accounts_visit WHERE user_id = %(user)s AND pinned_at IS NULL ORDER BY seen_at DESC OFFSET %(most)s)
"""


def note_visit(*, user: User, obj: str, record: int, now: datetime) -> tuple[datetime | None, bool]:
    """Write down that a person looks at a record: when they did the time before, and whether it is pinned."""
    _reached(user, obj, record)
    values: dict[str, Any] = {
        "user": user.pk,
        "object": obj,
        "record": record,
        "now": now,
        "same": SAME_VISIT,
        "most": MOST_KEPT,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOTE, values)
        before, pinned, new = cursor.fetchone()
        if new:
            cursor.execute(CAP, values)
    return before, pinned is not None


@transaction.atomic
def toggle_pin(*, user: User, obj: str, record: int, now: datetime) -> bool:
    """Pin a record, or take its pin away; whether it is pinned now."""
    _reached(user, obj, record)
    row, _made = Visit.objects.select_for_update().get_or_create(
        user=user, object=obj, record=record, defaults={"seen_at": now}
    )
    if row.pinned_at is None and Visit.objects.filter(user=user).exclude(pinned_at=None).count() >= MOST_PINNED:
        raise Refused(
            _("You have %(most)s pins, which is all there is room for. Take one away first.") % {"most": MOST_PINNED}
        )
    row.pinned_at = None if row.pinned_at else now
    row.save(update_fields=["pinned_at"])
    return row.pinned_at is not None


def pinned(user: Any) -> list[Hit]:
    """The pinned records that the reader may still see, first pinned first."""
    rows = Visit.objects.filter(user=user).exclude(pinned_at=None).order_by("pinned_at", "pk")
    return records.hits(user, rows.values_list("object", "record")[:MOST_PINNED])


def recent(user: Any, most: int) -> list[Hit]:
    """What the reader looked at last."""
    rows = Visit.objects.filter(user=user).order_by("-seen_at", "-pk")
    return records.hits(user, rows.values_list("object", "record")[:MOST_KEPT])[:most]


def _reached(user: User, obj: str, record: int) -> None:
    """Raises Refused (404) for a record that the person may not see."""
    if not records.hits(user, [(obj, record)]):
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
