"""Filters of the lists of alerts and rules; page and API share them."""

from typing import TypeVar

import django_filters
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Severity
from crm.accounts.filters import OwnerFilter, TeamFilter
from crm.kit.filters import ChoicesFilter, IdFilter, KitFilterSet, SearchFilter, TextFilter, TimeFilter
from customers.filters import CustomerFilters

M = TypeVar("M", bound=models.Model)


class AlertSearch(SearchFilter):
    """By part of the name of the customer, the rule or the metric."""

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """Nothing typed filters nothing."""
        if not value:
            return qs
        names = Q(customer__sort_name__contains=value.lower()) | Q(rule__name__icontains=value)
        return qs.filter(names | Q(metric__name__icontains=value) | Q(metric__title__icontains=value))


class AlertFilters(KitFilterSet):
    """The alert list."""

    object = "alert"
    key = "alerts.alert"
    related = {"customer": CustomerFilters}

    search = AlertSearch()
    state = ChoicesFilter(label=_("State"), choices=Alert.State.choices)
    severity = ChoicesFilter(label=_("Severity"), choices=Severity.choices)
    kind = TextFilter(label=_("Kind"))
    customer = IdFilter(label=_("Customer"))
    rule = IdFilter(label=_("Rule"))
    metric = TextFilter(label=_("Metric"), field_name="metric__name")
    owner = OwnerFilter()
    team = TeamFilter()
    since_after = TimeFilter(label=_("Since, from"), field_name="first_at", lookup_expr="gte")
    since_before = TimeFilter(label=_("Since, before"), field_name="first_at", lookup_expr="lt")


class RuleSearch(SearchFilter):
    """By part of the name of the rule or the metric."""

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """Nothing typed filters nothing."""
        if not value:
            return qs
        return qs.filter(Q(name__icontains=value) | Q(metric__name__icontains=value))


class RuleFilters(KitFilterSet):
    """The list of rules."""

    object = "rule"
    key = "alerts.rule"

    search = RuleSearch()
    metric = TextFilter(label=_("Metric"), field_name="metric__name")
    severity = ChoicesFilter(label=_("Severity"), choices=Severity.choices)
    active = django_filters.BooleanFilter(label=_("Active"))
