"""Business words over alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from customers.querysets import of_visible_customers

if TYPE_CHECKING:
    from crm.accounts.models import User


class AlertQuerySet(models.QuerySet):
    """Alerts."""

    def visible_to(self, user: User) -> Self:
        """Alerts about reached customers; those about metrics for whoever may see metrics."""
        if not user.access.can("alert"):
            return self.none()
        reach = Q(customer__isnull=False) & of_visible_customers(user, "alert")
        if user.access.can("metric"):
            reach |= Q(customer=None)
        return self.filter(reach)

    def open(self) -> Self:
        """Not resolved."""
        return self.exclude(state="resolved")

    def closed(self) -> Self:
        """Resolved."""
        return self.filter(state="resolved")


class RuleQuerySet(models.QuerySet):
    """Rules."""

    def visible_to(self, user: User) -> Self:
        """Rules of the reached teams and the user's own; those of no team for whoever reaches all."""
        return self.filter(user.access.rows("rule", team="team", owner="created_by"))

    def active(self) -> Self:
        """Rules that are watched."""
        return self.filter(active=True)
