"""Open tasks by when they are due, in the reader's own days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

import django_filters
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

M = TypeVar("M", bound=models.Model)
WHEN = (
    ("due", _("Overdue or today")),
    ("overdue", pgettext_lazy("task", "Overdue")),
    ("today", _("Today")),
    ("week", _("This week")),
    ("later", _("Later")),
    ("none", _("Without a day")),
)


def end_of_today(now: datetime) -> datetime:
    """The last second of the reader's day."""
    return timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=0)


class DueFilter(django_filters.ChoiceFilter):
    """Overdue, today, this week (up to Sunday), later, or without a day."""

    def __init__(self) -> None:
        super().__init__(label=_("Due"), choices=WHEN)

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """Open ones only."""
        if not value:
            return qs
        now = timezone.now()
        today = end_of_today(now)
        sunday = today + timedelta(days=6 - today.weekday())
        midnight = today.replace(hour=0, minute=0, second=0)
        due = {
            "due": Q(due_at__lte=today),
            "overdue": Q(due_at__lt=now),
            "today": Q(due_at__gte=midnight, due_at__lte=today),
            "week": Q(due_at__gte=midnight, due_at__lte=sunday),
            "later": Q(due_at__gt=sunday),
            "none": Q(due_at__isnull=True),
        }
        return qs.filter(due[value], state="open")
