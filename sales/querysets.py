"""Business words over orders and deals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from customers.querysets import joined_to_visible_customers, not_in_trash

if TYPE_CHECKING:
    from crm.accounts.models import User


class ProductQuerySet(models.QuerySet):
    """Products."""

    def visible_to(self, user: User) -> Self:
        """All of them, for whoever may see products."""
        return self.all() if user.access.can("product") else self.none()


class PipelineQuerySet(models.QuerySet):
    """Pipelines."""

    def visible_to(self, user: User) -> Self:
        """All of them, for whoever may see deals."""
        return self.all() if user.access.can("deal") else self.none()


class OrderQuerySet(models.QuerySet):
    """Sales and returns."""

    def visible_to(self, user: User) -> Self:
        """Orders of the customers that the user may see; those without a customer by the order's team."""
        if not user.access.can("order"):
            return self.none()
        if user.access.team_ids("order") is None and user.access.team_ids("customer") is None:
            return self.filter(not_in_trash())
        nobodys = Q(customer=None) & user.access.rows("order", owner=None)
        return self.filter(nobodys | joined_to_visible_customers(user, "order"))

    def sales(self) -> Self:
        """Sales without returns."""
        return self.filter(kind="sale")


class DealQuerySet(models.QuerySet):
    """Deals."""

    def visible_to(self, user: User) -> Self:
        """The deals of the user's teams and the user's own."""
        return self.filter(user.access.rows("deal") & not_in_trash())

    def open(self) -> Self:
        """Neither won nor lost."""
        return self.filter(stage__state="open")


class ActivityQuerySet(models.QuerySet):
    """Tasks, calls and meetings."""

    def visible_to(self, user: User) -> Self:
        """Those of the user's teams and the user's own; a customer in the trash takes its tasks along."""
        return self.filter(user.access.rows("activity") & not_in_trash())

    def open(self) -> Self:
        """Neither done nor cancelled."""
        return self.filter(state="open")

    def due_by(self, moment: datetime) -> Self:
        """Open ones that are due at a moment or were before."""
        return self.open().filter(due_at__lte=moment)

    def to_remind(self, now: datetime) -> Self:
        """Those whose reminder is due and was not given."""
        return self.open().filter(not_in_trash(), remind_at__lte=now, reminded_at=None)
