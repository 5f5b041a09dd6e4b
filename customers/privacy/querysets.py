"""Business words over the ledger of consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from customers.querysets import of_visible_customers

if TYPE_CHECKING:
    from crm.accounts.models import User


class ConsentQuerySet(models.QuerySet):
    """Lines of the ledger."""

    def visible_to(self, user: User) -> Self:
        """The lines of the customers that a user may see."""
        return self.filter(of_visible_customers(user, "customer"))

    def newest_first(self) -> Self:
        """By when it was said; of two at once the one that was recorded last."""
        return self.order_by("-at", "-id")

    def current(self) -> Self:
        """The last word of each customer per purpose and channel."""
        newer = self.model._default_manager.filter(
            customer=OuterRef("customer"), purpose=OuterRef("purpose"), channel=OuterRef("channel")
        ).filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))
        return self.filter(~Exists(newer))

    def given(self, purpose: str, channel: str) -> Self:
        """Customers' own, still valid consent to one purpose by one channel."""
        found = self.filter(purpose__key=purpose, channel=channel, state="given", customer__isnull=False)
        return found.current().annotate(holder=F("customer"))
