"""Business words over campaigns and touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from customers.querysets import of_visible_customers

if TYPE_CHECKING:
    from crm.accounts.models import User


class CampaignQuerySet(models.QuerySet):
    """Campaigns."""

    def visible_to(self, user: User) -> Self:
        """The campaigns of the user's teams and the user's own."""
        return self.filter(user.access.rows("campaign"))


class TouchQuerySet(models.QuerySet):
    """Campaign touches."""

    def visible_to(self, user: User) -> Self:
        """Touches of the customers that the user may see; those that wait for their campaign are nobody's yet."""
        if not user.access.can("campaign"):
            return self.filter(Q(pk__in=[]))
        return self.filter(of_visible_customers(user, "customer"), campaign__isnull=False)
