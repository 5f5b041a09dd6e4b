"""Business words over customers, contacts and interactions."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from crm.accounts.models import User


class CustomerQuerySet(models.QuerySet):
    """Customers; those in the trash are shown only when asked for."""

    def present(self) -> Self:
        """Not in the trash."""
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        """In the trash; what went into another customer is not: its merge can be taken back for as long as it stands."""
        standing = apps.get_model("customers", "MergedCustomer").objects.filter(customer=OuterRef("pk"), standing=True)
        return self.exclude(deleted_at=None).filter(~Exists(standing))

    def visible_to(self, user: User) -> Self:
        """The customers that a user may see: those of the reached teams and the user's own."""
        return self.present().filter(user.access.rows("customer"))

    def changed_since(self, cursor: datetime) -> Self:
        """Rows written after a watermark, oldest first."""
        return self.filter(updated_at__gt=cursor).order_by("updated_at", "id")


class ContactQuerySet(models.QuerySet):
    """Contacts of companies."""

    def trashed(self) -> Self:
        """In the trash."""
        return self.exclude(deleted_at=None)

    def visible_to(self, user: User) -> Self:
        """The contacts that a user may see."""
        return self.filter(deleted_at=None).filter(user.access.rows("contact"))


class InteractionQuerySet(models.QuerySet):
    """What happened with customers."""

    def visible_to(self, user: User) -> Self:
        """Interactions of the customers that the user may see."""
        return self.filter(of_visible_customers(user, "interaction"))


class ImportJobQuerySet(models.QuerySet):
    """Imports."""

    def visible_to(self, user: User) -> Self:
        """A person's own imports; all of them, but nobody else's drafts, for those who reach every import."""
        if not user.access.can("import"):
            return self.none()
        own = Q(user=user)
        return self.filter(own | ~Q(state="draft")) if user.access.scope("import") == "all" else self.filter(own)


class SavedMappingQuerySet(models.QuerySet):
    """Mappings under a name."""

    def visible_to(self, user: User) -> Self:
        """A person's own, and those shared with a team in which the person imports."""
        if not user.access.can("import", "run"):
            return self.none()
        teams = user.access.team_ids("import", "run")
        shared = Q(team__isnull=False) if teams is None else Q(team__in=teams)
        return self.filter(Q(owner=user) | shared)


def of_visible_customers(user: User, obj: str, *, path: str = "customer") -> Q:
    """A filter for rows that hang on a customer: the object's grant, then the customer's own reach.

    One EXISTS, so lists stay on their index; only the trash is left out for a user who reaches all.
    """
    if not user.access.can(obj) or not user.access.can("customer"):
        return Q(pk__in=[])
    if user.access.team_ids("customer") is None:
        return not_in_trash(path)
    reached = apps.get_model("customers", "Customer").objects.visible_to(user)
    return Q(Exists(reached.filter(pk=OuterRef(path))))


@cache
def not_in_trash(path: str = "customer") -> Q:
    """Rows whose customer, if any, is not in the trash: looks into the small index of the trash only."""
    trash = apps.get_model("customers", "Customer").objects.filter(deleted_at__isnull=False)
    return Q(~Exists(trash.filter(pk=OuterRef(path))))


def joined_to_visible_customers(user: User, obj: str, *, path: str = "customer") -> Q:
    """As ``of_visible_customers``, by a join: for conditions joined by OR.

    There PostgreSQL cannot turn an EXISTS into a join, and gathers all customers before the first row.
    """
    if not user.access.can(obj) or not user.access.can("customer"):
        return Q(pk__in=[])
    reached = user.access.rows("customer", team=f"{path}__team", owner=f"{path}__owner")
    return Q(**{f"{path}__isnull": False, f"{path}__deleted_at": None}) & reached
