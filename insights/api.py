"""REST: scores, segments, runs, models, findings, metrics; scores of one customer with their reasons."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from crm.kit.rest import KitAPIView, KitReadViewSet, row_id
from crm.kit.shapes import KitSerializer
from crm.kit.workspace import workspace
from customers.models import Customer
from insights import words
from insights.filters import (
    FindingFilters,
    MetricFilters,
    ModelFilters,
    RunFilters,
    ScoreFilters,
    SegmentFilters,
)
from insights.models import CustomerScore, Finding, Metric, MetricPoint, ModelVersion, Run, Segment
from insights.selectors import segment_sizes

POINTS_AT_MOST = 1000


class WhyShape(serializers.Serializer):
    """One reason of a run: its code and figures."""

    code = serializers.CharField()
    values = serializers.DictField()


class RunShape(KitSerializer):
    """A run; ``reason`` is in the caller's language, ``why`` holds the codes."""

    object = "run"
    key = "insights.run"

    id = serializers.IntegerField()
    kind = serializers.CharField()
    as_of = serializers.DateTimeField()
    state = serializers.ChoiceField(Run.State.choices)
    reason = serializers.SerializerMethodField()
    why = WhyShape(many=True)
    code_version = serializers.CharField()
    features = serializers.JSONField()
    seed = serializers.IntegerField()
    settings = serializers.JSONField()
    rows_in = serializers.IntegerField()
    rows_out = serializers.IntegerField()
    dropped = serializers.JSONField()
    model = serializers.IntegerField(source="model_id", allow_null=True)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_reason(self, row: Run) -> str:
        """In the caller's language."""
        return words.run_reason(row)


class RunDetailShape(RunShape):
    """A run with its figures."""

    metrics = serializers.JSONField()


class ModelShape(KitSerializer):
    """A model version."""

    object = "model"
    key = "insights.modelversion"

    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    algorithm = serializers.CharField()
    standing = serializers.ChoiceField(ModelVersion.Standing.choices)
    digest = serializers.CharField()
    features = serializers.JSONField()
    params = serializers.JSONField()
    metrics = serializers.JSONField()
    trained_as_of = serializers.DateTimeField()
    created_at = serializers.DateTimeField()


class SegmentShape(KitSerializer):
    """A segment; ``size`` counts the customers that the caller may see."""

    object = "segment"
    key = "insights.segment"

    id = serializers.IntegerField()
    key_name = serializers.CharField(source="key")
    kind = serializers.ChoiceField(Segment.Kind.choices)
    method = serializers.CharField()
    name = serializers.SerializerMethodField()
    traits = serializers.SerializerMethodField()
    size = serializers.SerializerMethodField()
    active = serializers.BooleanField()
    run = serializers.IntegerField(source="run_id", allow_null=True)

    def get_name(self, row: Segment) -> str:
        """In the caller's language."""
        return words.segment_name(row)

    def get_size(self, row: Segment) -> int:
        """Within the caller's reach."""
        return int(getattr(row, "own_size", row.size))

    def get_traits(self, row: Segment) -> list[str]:
        """In the caller's language."""
        return words.trait_words(row)


class ReasonShape(serializers.Serializer):
    """One signed part."""

    code = serializers.CharField()
    text = serializers.CharField()
    points = serializers.FloatField(help_text="percentage points")
    values = serializers.DictField()


class ReasonsShape(serializers.Serializer):
    """base + parts + other = value, in per cent."""

    base = serializers.FloatField()
    parts = ReasonShape(many=True)
    other = serializers.FloatField()
    value = serializers.FloatField()


class ScoreShape(KitSerializer):
    """All scores of a customer."""

    object = "score"
    key = "insights.customerscore"

    customer = serializers.IntegerField(source="customer_id")
    churn_probability = serializers.FloatField(allow_null=True)
    churn_band = serializers.CharField()
    churn_refused = serializers.CharField()
    clv_12m = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    clv_low = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    clv_high = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    rfm_r = serializers.IntegerField(allow_null=True)
    rfm_f = serializers.IntegerField(allow_null=True)
    rfm_m = serializers.IntegerField(allow_null=True)
    rfm_segment = serializers.CharField()
    cluster = serializers.IntegerField(allow_null=True)
    anomaly = serializers.FloatField(allow_null=True)
    health = serializers.IntegerField(allow_null=True)
    health_parts = serializers.JSONField()
    recency_days = serializers.FloatField(allow_null=True)
    frequency = serializers.IntegerField(allow_null=True)
    monetary = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    as_of = serializers.DateTimeField()
    scored_at = serializers.DateTimeField()
    run = serializers.IntegerField(source="run_id")


class ScoreDetailShape(ScoreShape):
    """All scores of a customer with the reasons of the churn risk."""

    churn_reasons = serializers.SerializerMethodField()
    churn_model = serializers.SerializerMethodField()
    churn_run = serializers.IntegerField(source="churn_run_id", allow_null=True)

    def get_churn_reasons(self, row: CustomerScore) -> dict[str, Any] | None:
        """Base rate, signed parts in percentage points, other, value."""
        stored = row.churn_reasons or {}
        if "base" not in stored:
            return None
        currency = workspace().home_currency
        parts = [
            {**part, "text": words.reason_words(part["code"], part.get("values", {}), currency)}
            for part in stored["parts"]
        ]
        return {"base": stored["base"], "parts": parts, "other": stored["other"], "value": stored["value"]}

    def get_churn_model(self, row: CustomerScore) -> str | None:
        """Name and version."""
        return str(row.churn_run.model) if row.churn_run and row.churn_run.model else None


class FindingShape(KitSerializer):
    """A finding."""

    object = "finding"
    key = "insights.finding"

    id = serializers.IntegerField()
    kind = serializers.CharField()
    text = serializers.SerializerMethodField()
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    metric = serializers.CharField(source="metric.name", allow_null=True)
    labels = serializers.JSONField()
    at = serializers.DateTimeField()
    observed = serializers.FloatField(allow_null=True)
    expected_low = serializers.FloatField(allow_null=True)
    expected_high = serializers.FloatField(allow_null=True)
    score = serializers.FloatField()
    severity = serializers.ChoiceField(Finding.Severity.choices)
    reason = serializers.JSONField()
    detector = serializers.CharField()
    as_of = serializers.DateTimeField()
    run = serializers.IntegerField(source="run_id", allow_null=True)

    def get_text(self, row: Finding) -> str:
        """In the caller's language."""
        return words.finding_words(row)


class MetricShape(KitSerializer):
    """A business metric."""

    object = "metric"
    key = "insights.metric"

    id = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.SerializerMethodField()
    unit = serializers.CharField()
    grain = serializers.CharField()
    good = serializers.CharField()

    def get_title(self, row: Metric) -> str:
        """In the caller's language."""
        return words.metric_title(row)


class PointShape(serializers.Serializer):
    """One value of a metric."""

    at = serializers.DateTimeField()
    labels = serializers.DictField()
    value = serializers.FloatField()
    count = serializers.IntegerField()


class MetricDetailShape(MetricShape):
    """A business metric with its newest points."""

    points = serializers.SerializerMethodField()

    def get_points(self, row: Metric) -> list[dict[str, Any]]:
        """The newest thousand points, oldest first."""
        newest = MetricPoint.objects.filter(metric=row).order_by("-at", "-id")[:POINTS_AT_MOST]
        return list(PointShape(reversed(newest), many=True).data)


class RunViewSet(KitReadViewSet):
    """Runs of the mathematics."""

    model = Run
    object = "run"
    serializer_class = RunShape
    detail_class = RunDetailShape
    filterset_class = RunFilters
    orderings = {"started_at": "started_at"}
    ordering = "-started_at"


class ModelViewSet(KitReadViewSet):
    """Model versions with their figures."""

    model = ModelVersion
    object = "model"
    serializer_class = ModelShape
    filterset_class = ModelFilters
    ordering = "-id"


class SegmentViewSet(KitReadViewSet):
    """Segments."""

    model = Segment
    object = "segment"
    serializer_class = SegmentShape
    filterset_class = SegmentFilters
    ordering = "-id"

    def get_queryset(self) -> QuerySet[Any]:
        """Sizes count what the caller may see."""
        return segment_sizes(super().get_queryset(), self.request.user)


class ScoreViewSet(KitReadViewSet):
    """Scores, one row per customer within reach."""

    model = CustomerScore
    object = "score"
    serializer_class = ScoreShape
    detail_class = ScoreDetailShape
    filterset_class = ScoreFilters
    orderings = {
        "churn_probability": "churn_probability",
        "health": "health",
        "monetary": "monetary",
        "clv_12m": "clv_12m",
    }
    ordering = "-customer"
    select_related = ("churn_run__model",)


class FindingViewSet(KitReadViewSet):
    """Findings."""

    model = Finding
    object = "finding"
    serializer_class = FindingShape
    filterset_class = FindingFilters
    orderings = {"at": "at"}
    ordering = "-at"
    select_related = ("metric",)


class MetricViewSet(KitReadViewSet):
    """Business metrics."""

    model = Metric
    object = "metric"
    serializer_class = MetricShape
    detail_class = MetricDetailShape
    filterset_class = MetricFilters
    ordering = "-id"


class CustomerScores(KitAPIView):
    """All scores of one customer with reasons and run."""

    policy = {"get": ("score", "view")}
    serializer_class = ScoreDetailShape

    def get(self, request: Request, pk: str) -> Response:
        """404 for a customer that is absent, out of reach or never scored."""
        number = row_id(pk)
        if not Customer.objects.visible_to(request.user).filter(pk=number).exists():
            raise Http404
        row = (
            CustomerScore.objects.visible_to(request.user).select_related("churn_run__model").filter(pk=number).first()
        )
        if row is None:
            raise Http404
        return Response(ScoreDetailShape(row).data)


urlpatterns = [path("customers/<str:pk>/scores/", CustomerScores.as_view(), name="api-customer-scores")]


def register(router: BaseRouter) -> None:
    """Addresses of this app."""
    router.register("runs", RunViewSet, basename="runs")
    router.register("models", ModelViewSet, basename="models")
    router.register("segments", SegmentViewSet, basename="segments")
    router.register("scores", ScoreViewSet, basename="scores")
    router.register("findings", FindingViewSet, basename="findings")
    router.register("metrics", MetricViewSet, basename="metrics")
