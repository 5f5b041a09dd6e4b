"""Business words over tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from customers.querysets import joined_to_visible_customers, not_in_trash

if TYPE_CHECKING:
    from crm.accounts.models import User


class TicketQuerySet(models.QuerySet):
    """Tickets."""

    def visible_to(self, user: User) -> Self:
        """Tickets of the user's queues and own ones (agents), or of the customers reached (others); none of the trash."""
        if not user.access.can("ticket"):
            return self.none()
        own = user.access.rows("ticket", team="queue__team") & not_in_trash()
        if user.access.team_ids("ticket") is None:
            return self.filter(not_in_trash())
        if user.access.team_ids("customer") is None:
            return self.filter(own)
        return self.filter(own | joined_to_visible_customers(user, "ticket"))

    def open(self) -> Self:
        """Still waiting for us or for the customer."""
        return self.filter(status__in=["open", "pending"])
