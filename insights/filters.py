"""Filters of the lists of runs, models, segments, scores, findings and metrics."""

import django_filters
from django.utils.translation import gettext_lazy as _

from crm.kit.filters import AmountFilter, ChoicesFilter, IdFilter, KitFilterSet, TextFilter, TimeFilter
from insights.models import CustomerScore, Finding, ModelVersion, Run, Segment
from insights.words import RFM_NAMES, RUN_KINDS


class RunFilters(KitFilterSet):
    """Runs."""

    object = "run"
    key = "insights.run"

    kind = ChoicesFilter(label=_("Part"), choices=list(RUN_KINDS.items()))
    state = ChoicesFilter(label=_("State"), choices=Run.State.choices)
    started_after = TimeFilter(label=_("Started from"), field_name="started_at", lookup_expr="gte")


class ModelFilters(KitFilterSet):
    """Model versions."""

    object = "model"
    key = "insights.modelversion"

    name = TextFilter(label=_("Model"))
    standing = ChoicesFilter(label=_("Standing"), choices=ModelVersion.Standing.choices)


class SegmentFilters(KitFilterSet):
    """Segments."""

    object = "segment"
    key = "insights.segment"

    kind = ChoicesFilter(label=_("Kind"), choices=Segment.Kind.choices)
    method = TextFilter(label=_("Method"))
    active = django_filters.BooleanFilter(label=_("In use"))


class ScoreFilters(KitFilterSet):
    """Scores."""

    object = "score"
    key = "insights.customerscore"

    customer = IdFilter(label=_("Customer"))
    churn_band = ChoicesFilter(label=_("Churn risk"), choices=CustomerScore.Band.choices)
    rfm_segment = ChoicesFilter(label=_("Buying pattern"), choices=list(RFM_NAMES.items()))
    churn_probability_min = AmountFilter(label=_("Churn risk from"), field_name="churn_probability", lookup_expr="gte")
    churn_probability_max = AmountFilter(label=_("Churn risk up to"), field_name="churn_probability", lookup_expr="lte")


class FindingFilters(KitFilterSet):
    """Findings."""

    object = "finding"
    key = "insights.finding"

    kind = TextFilter(label=_("Kind"))
    detector = TextFilter(label=_("Detector"))
    severity = ChoicesFilter(label=_("Severity"), choices=Finding.Severity.choices)
    customer = IdFilter(label=_("Customer"))
    metric = TextFilter(label=_("Metric"), field_name="metric__name")
    at_after = TimeFilter(label=_("From"), field_name="at", lookup_expr="gte")
    at_before = TimeFilter(label=_("Before"), field_name="at", lookup_expr="lt")


class MetricFilters(KitFilterSet):
    """Metrics."""

    object = "metric"
    key = "insights.metric"

    name = TextFilter(label=_("Name"))
    grain = TextFilter(label=_("Grain"))
