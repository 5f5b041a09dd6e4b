"""Codes and names of sales in the reader's language; what a source or a workspace called otherwise stands as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from crm.kit.ui import words

if TYPE_CHECKING:
    from sales.models import Activity

ORDER_STATUSES: Mapping[str, Promise] = {
    "pending": pgettext_lazy("order", "Pending"),
    "paid": pgettext_lazy("order", "Paid"),
    "shipped": pgettext_lazy("order", "Shipped"),
    "delivered": pgettext_lazy("order", "Delivered"),
    "completed": pgettext_lazy("order", "Completed"),
    "cancelled": pgettext_lazy("order", "Cancelled"),
    "refunded": pgettext_lazy("order", "Refunded"),
}
STAGES: Mapping[str, Promise] = {
    "Prospecting": pgettext_lazy("deal", "Prospecting"),
    "Qualified": pgettext_lazy("deal", "Qualified"),
    "Proposal": pgettext_lazy("deal", "Proposal"),
    "Negotiation": pgettext_lazy("deal", "Negotiation"),
    "Won": pgettext_lazy("deal", "Won"),
    "Lost": pgettext_lazy("deal", "Lost"),
}
"""The stages that a new workspace starts with."""


def order_status(code: str) -> str:
    """``Paid`` for paid."""
    return str(ORDER_STATUSES.get(code.lower(), code))


def stage_name(name: str) -> str:
    """A stage as the reader calls it."""
    return str(STAGES.get(name, name))


def due_words(row: Activity) -> str:
    """The day of a task, with the time where one was given, in the reader's zone; nothing where it has none."""
    if row.due_at is None or row.due_on is None:
        return ""
    return words.moment(timezone.localtime(row.due_at)) if row.timed else words.day(row.due_on)
