"""Questions across the tables of results."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from customers.models import Customer
from insights.models import CustomerScore, Finding, Segment, SegmentMembership


def segment_sizes(segments: QuerySet[Segment], user: Any) -> QuerySet[Segment]:
    """Segments whose ``size`` counts the customers within the user's reach (``own_size``; who sees all has the stored ones)."""
    if user.access.team_ids("customer") is None and user.access.team_ids("segment") is None:
        return segments
    inside = SegmentMembership.objects.filter(
        segment=OuterRef("pk"), left_at=None, customer__in=Customer.objects.visible_to(user)
    )
    counted = inside.order_by().values("segment").annotate(n=Count("pk")).values("n")
    return segments.annotate(own_size=Coalesce(Subquery(counted, output_field=IntegerField()), Value(0)))


def churn_totals(user: Any) -> dict[str, Any]:
    """Customers at high risk within reach, and the yearly value that leaves with them."""
    rows = CustomerScore.objects.visible_to(user)
    high = rows.filter(churn_band="high").aggregate(n=Count("pk"), value=Sum("clv_12m"))
    return {
        "high": high["n"],
        "value": high["value"] or Decimal(0),
        "scored": rows.filter(churn_probability__isnull=False).count(),
    }


def riskiest(user: Any, *, limit: int) -> list[CustomerScore]:
    """The customers within reach whose risk is highest."""
    rows = CustomerScore.objects.visible_to(user).filter(churn_probability__isnull=False)
    return list(
        rows.select_related("customer").order_by(F("churn_probability").desc(nulls_last=True), "-customer_id")[:limit]
    )


def newest_findings(user: Any, *, limit: int, metric: str = "") -> list[Finding]:
    """Findings about metrics, newest first."""
    rows = Finding.objects.visible_to(user).filter(metric__isnull=False).select_related("metric")
    if metric:
        rows = rows.filter(metric__name=metric)
    return list(rows.order_by("-at", "-id")[:limit])
