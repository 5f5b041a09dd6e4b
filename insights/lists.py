"""What the mathematics adds to the customer list and its API: columns, filters, sorts, fields."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crm.kit.extensions import Extension, extend
from crm.kit.filters import AmountFilter, ChoicesFilter
from crm.kit.tables import Column, Scene
from crm.kit.ui import cells
from crm.kit.where import Facet
from insights import words
from insights.models import CustomerScore, Segment, SegmentMembership


class SegmentFilter(django_filters.CharFilter):
    """Customers that are in a segment now, by its key."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """By the open memberships."""
        if not value:
            return qs
        inside = SegmentMembership.objects.filter(customer=OuterRef("pk"), left_at=None, segment__key=value[:60])
        return qs.filter(Exists(inside))


def in_segments(operator: str, values: list[Any]) -> Q:
    """Customers that are in one of some segments now, in none of them, in none at all, or in any."""
    open_ones = SegmentMembership.objects.filter(customer=OuterRef("pk"), left_at=None)
    inside = Q(Exists(open_ones.filter(segment__in=values) if values else open_ones))
    return ~inside if operator in ("not", "empty") else inside


def score_of(row: Any) -> CustomerScore | None:
    """The score of a row whose list joined it."""
    return getattr(row, "score", None)


def _of(row: Any, name: str) -> Any:
    score = score_of(row)
    return getattr(score, name) if score else None


def _segments(row: Any) -> list[str]:
    return list(getattr(row, "segment_keys", None) or [])


def _risk(row: Any, scene: Scene) -> SafeString:
    probability = _of(row, "churn_probability")
    return cells.EMPTY if probability is None else cells.risk(probability)


def _value(row: Any, scene: Scene) -> SafeString:
    amount = _of(row, "clv_12m")
    return cells.EMPTY if amount is None else cells.money(amount, scene.currency, cents=False)


def _spend(row: Any, scene: Scene) -> SafeString:
    amount = _of(row, "monetary")
    return cells.EMPTY if amount is None else cells.money(amount, scene.currency, cents=False)


def _health(row: Any, scene: Scene) -> SafeString:
    value = _of(row, "health")
    return cells.EMPTY if value is None else cells.health(value)


def _segment(row: Any, scene: Scene) -> SafeString:
    name = _of(row, "rfm_segment")
    return cells.chip(words.said(words.RFM_NAMES, name), "insight") if name else cells.EMPTY


def rfm(row: Any) -> str | None:
    """The three scores as one word, such as ``543``."""
    score = score_of(row)
    if score is None or score.rfm_r is None:
        return None
    return f"{score.rfm_r}{score.rfm_f}{score.rfm_m}"


READ = (
    "churn_probability", "churn_band", "clv_12m", "health", "monetary", "rfm_r", "rfm_f", "rfm_m", "rfm_segment", "scored_at",
)  # fmt: skip
UNREAD = ("churn_reasons", "anomaly_reasons", "health_parts")


def lean(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Read only what the columns show of a score: its reasons are a kilobyte per row."""
    names, deferred = queryset.query.deferred_loading
    if deferred:
        return queryset.defer(*(f"score__{name}" for name in UNREAD))
    return queryset.only(*names, *(f"score__{name}" for name in READ))


def with_segments(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Join the keys of the segments a customer is in now."""
    inside = (
        SegmentMembership.objects.filter(customer=OuterRef("pk"), left_at=None)
        .order_by()
        .values("customer")
        .annotate(keys=ArrayAgg("segment__key", ordering="segment__key"))
    )
    return lean(queryset).annotate(segment_keys=Subquery(inside.values("keys")[:1]))


COLUMNS = (
    Column("health", _("Health"), _health, lambda row: _of(row, "health"), sort="health", css="n", model=True, order=40, reads=("score__health",)),
    Column("churn_probability", _("Churn risk"), _risk, lambda row: _of(row, "churn_probability"), sort="churn_probability", css="n", model=True, order=42, reads=("score__churn_probability",)),
    Column("clv_12m", _("Value, 12 months"), _value, lambda row: _of(row, "clv_12m"), sort="clv_12m", css="n", model=True, shown=False, order=44, reads=("score__clv_12m",)),
    Column("monetary", _("Spend so far"), _spend, lambda row: _of(row, "monetary"), sort="monetary", css="n", order=46, reads=("score__monetary",)),
    Column("rfm", _("Buying pattern"), _segment, lambda row: _of(row, "rfm_segment") or "", model=True, order=48, reads=("score__rfm_segment",)),
)  # fmt: skip

BANDS = [("low", _("Low")), ("medium", _("Medium")), ("high", _("High"))]

EXTENSION = Extension(
    object="score",
    columns=COLUMNS,
    filters={
        "churn_band": ChoicesFilter(label=_("Churn risk"), field_name="score__churn_band", choices=BANDS),
        "churn_probability_min": AmountFilter(label=_("Churn risk from"), field_name="score__churn_probability", lookup_expr="gte"),
        "churn_probability_max": AmountFilter(label=_("Churn risk up to"), field_name="score__churn_probability", lookup_expr="lte"),
        "health_min": AmountFilter(label=_("Health from"), field_name="score__health", lookup_expr="gte"),
        "health_max": AmountFilter(label=_("Health up to"), field_name="score__health", lookup_expr="lte"),
        "clv_12m_min": AmountFilter(label=_("Value from"), field_name="score__clv_12m", lookup_expr="gte"),
        "clv_12m_max": AmountFilter(label=_("Value up to"), field_name="score__clv_12m", lookup_expr="lte"),
        "rfm_segment": ChoicesFilter(label=_("Buying pattern"), field_name="score__rfm_segment", choices=list(words.RFM_NAMES.items())),
        "segment": SegmentFilter(label=_("Segment"), field_name="score__rfm_segment"),
    },
    orderings={
        "churn_probability": "score__churn_probability",
        "clv_12m": "score__clv_12m",
        "health": "score__health",
        "monetary": "score__monetary",
    },
    api_fields={
        "churn_probability": lambda row: _of(row, "churn_probability"),
        "churn_band": lambda row: _of(row, "churn_band") or None,
        "clv_12m": lambda row: _of(row, "clv_12m"),
        "rfm": rfm,
        "segments": _segments,
        "health": lambda row: _of(row, "health"),
        "scored_at": lambda row: _of(row, "scored_at"),
    },
    api_types={
        "churn_probability": serializers.FloatField(allow_null=True),
        "churn_band": serializers.ChoiceField(BANDS, allow_null=True),
        "clv_12m": serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True),
        "rfm": serializers.CharField(allow_null=True),
        "segments": serializers.ListField(child=serializers.CharField()),
        "health": serializers.IntegerField(allow_null=True),
        "scored_at": serializers.DateTimeField(allow_null=True),
    },
    select_related=("score",),
    annotate=with_segments,
    facets=(Facet("segment", _("Segment"), "pick", build=in_segments, offered=lambda: Segment.objects.filter(active=True)),),
)  # fmt: skip


def register() -> None:
    """Called once at start."""
    extend("customers.customer", EXTENSION)
