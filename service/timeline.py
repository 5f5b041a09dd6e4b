"""Tickets on the customer's timeline: opened and solved."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Extract, JSONObject, Left
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kit import timeline
from crm.kit.tables import Scene
from crm.kit.ui import words
from customers.timeline import SERVICE, SUBJECT
from service.models import Ticket

LONGEST = 240


def opened_rows(customer: Any, user: Any) -> QuerySet[Any]:
    """Tickets when they were opened."""
    return (
        Ticket.objects.visible_to(user)
        .filter(customer=customer)
        .annotate(
            event_at=F("opened_at"),
            event_ref=F("id"),
            event_data=JSONObject(
                id="id", number="number", subject="subject", text=Left("text", LONGEST + 1), priority="priority"
            ),
        )
    )


def draw_opened(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Ticket #4821 opened · Parcel arrived damaged``."""
    tone = "bad" if data["priority"] in ("high", "urgent") else "info"
    title = _("Ticket #%(number)s opened") % {"number": data["number"]}
    return timeline.Event(
        title,
        "life-buoy",
        tone,
        data["subject"],
        Truncator(data["text"] or "").chars(LONGEST),
        f"/service/tickets/{data['id']}/",
    )


def solved_rows(customer: Any, user: Any) -> QuerySet[Any]:
    """Tickets when they were solved."""
    return (
        Ticket.objects.visible_to(user)
        .filter(customer=customer, resolved_at__isnull=False)
        .annotate(
            event_at=F("resolved_at"),
            event_ref=F("id"),
            event_data=JSONObject(
                id="id",
                number="number",
                subject="subject",
                rating="rating",
                seconds=Extract(F("resolved_at") - F("opened_at"), "epoch"),
            ),
        )
    )


def draw_solved(data: dict[str, Any], scene: Scene) -> timeline.Event:
    """``Ticket #4755 solved in 6 h 20 min``, with the rating below."""
    title = _("Ticket #%(number)s solved in %(time)s") % {
        "number": data["number"],
        "time": words.duration(data["seconds"]),
    }
    rating = _("Rated %(n)s of 5") % {"n": data["rating"]} if data["rating"] else ""
    tone = "warn" if data["rating"] and data["rating"] <= 2 else "ok"
    return timeline.Event(title, "circle-check", tone, data["subject"], rating, f"/service/tickets/{data['id']}/")


def tell_opened(rows: list[dict[str, Any]], scene: Scene) -> str:
    """New tickets."""
    return ngettext("%(n)s new ticket", "%(n)s new tickets", len(rows)) % {"n": len(rows)}


def tell_solved(rows: list[dict[str, Any]], scene: Scene) -> str:
    """Tickets that were solved."""
    return ngettext("%(n)s ticket solved", "%(n)s tickets solved", len(rows)) % {"n": len(rows)}


timeline.provider(
    SUBJECT, timeline.Provider("ticket", SERVICE, opened_rows, draw_opened, ("ticket", "view"), tell_opened)
)
timeline.provider(
    SUBJECT, timeline.Provider("ticket_solved", SERVICE, solved_rows, draw_solved, ("ticket", "view"), tell_solved)
)
