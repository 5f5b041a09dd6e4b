"""Business words over scores and findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from customers.querysets import of_visible_customers

if TYPE_CHECKING:
    from crm.accounts.models import User


class ScoreQuerySet(models.QuerySet):
    """Customer scores."""

    def visible_to(self, user: User) -> Self:
        """Scores of the customers that the user may see."""
        return self.filter(of_visible_customers(user, "score"))


class FindingQuerySet(models.QuerySet):
    """Findings."""

    def visible_to(self, user: User) -> Self:
        """Findings of reached customers; those of business metrics for whoever may see metrics."""
        if not user.access.can("finding"):
            return self.none()
        about_customers = Q(customer__isnull=False) & of_visible_customers(user, "finding")
        if user.access.can("metric"):
            return self.filter(Q(customer=None) | about_customers)
        return self.filter(about_customers)


class AllOrNothing(models.QuerySet):
    """Rows about the workspace as a whole: whoever holds the grant sees them all, others none."""

    policy_object = ""

    def visible_to(self, user: User) -> Self:
        """All rows for the holders of the grant."""
        return self if user.access.can(self.policy_object) else self.none()


class RunQuerySet(AllOrNothing):
    """Runs."""

    policy_object = "run"


class ModelQuerySet(AllOrNothing):
    """Model versions."""

    policy_object = "model"


class SegmentQuerySet(AllOrNothing):
    """Segments; who is in them is narrowed where members are shown or counted."""

    policy_object = "segment"


class MetricQuerySet(AllOrNothing):
    """Metrics."""

    policy_object = "metric"
