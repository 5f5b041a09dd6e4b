"""Filters of the lists of products, orders and deals; pages, API and saved views share them."""

from typing import TypeVar

import django_filters
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.accounts.filters import OwnerFilter, TeamFilter
from crm.kit.filters import AmountFilter, ChoicesFilter, DateFilter, IdFilter, KitFilterSet, TextFilter, TimeFilter
from crm.kit.where import Facet
from customers.filters import CustomerFilters
from sales.due_filter import DueFilter
from sales.models import Activity, Order, Pipeline, Product, Stage

M = TypeVar("M", bound=models.Model)


class SkuFilter(TextFilter):
    """Products by code; codes that differ only by case are one."""

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """By the unique index on the upper-case code."""
        return qs.filter(sku__iexact=value) if value else qs


class ProductFilters(KitFilterSet):
    """The product list."""

    object = "product"
    key = "sales.product"
    asks = ("name", "sku", "category")

    kind = ChoicesFilter(label=_("Kind"), choices=Product.Kind.choices)
    sku = SkuFilter(label=_("Code"))
    category = TextFilter(label=_("Category"))
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))


class OrderFilters(KitFilterSet):
    """The order list."""

    object = "order"
    key = "sales.order"
    asks = ("number", "status", "currency", "line_count")
    related = {"customer": CustomerFilters}

    customer = IdFilter(label=_("Customer"))
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Order.Kind.choices)
    status = TextFilter(label=_("Status"))
    number = TextFilter(label=_("Number"))
    currency = TextFilter(label=_("Currency"))
    team = TeamFilter()
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))
    ordered_after = TimeFilter(label=_("Ordered from"), field_name="ordered_at", lookup_expr="gte")
    ordered_before = TimeFilter(label=_("Ordered before"), field_name="ordered_at", lookup_expr="lt")
    total_min = AmountFilter(label=_("Total at least"), field_name="total", lookup_expr="gte")
    total_max = AmountFilter(label=_("Total at most"), field_name="total", lookup_expr="lte")


class DealFilters(KitFilterSet):
    """The deal list."""

    object = "deal"
    key = "sales.deal"
    asks = ("title", "currency", "lost_reason")
    named = (
        Facet("stage", _("Stage"), "pick", "stage", offered=Stage.objects.all),
        Facet("pipeline", _("Pipeline"), "pick", "stage__pipeline", offered=Pipeline.objects.all),
    )
    related = {"customer": CustomerFilters}

    customer = IdFilter(label=_("Customer"))
    pipeline = IdFilter(label=_("Pipeline"), field_name="stage__pipeline")
    stage = IdFilter(label=_("Stage"))
    state = ChoicesFilter(label=_("State"), field_name="stage__state", choices=Stage.State.choices)
    owner = OwnerFilter()
    team = TeamFilter()
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))
    amount_min = AmountFilter(label=_("Amount at least"), field_name="amount", lookup_expr="gte")
    amount_max = AmountFilter(label=_("Amount at most"), field_name="amount", lookup_expr="lte")
    opened_after = TimeFilter(label=_("Opened from"), field_name="opened_at", lookup_expr="gte")
    opened_before = TimeFilter(label=_("Opened before"), field_name="opened_at", lookup_expr="lt")
    closed_after = TimeFilter(label=_("Closed from"), field_name="closed_at", lookup_expr="gte")
    closed_before = TimeFilter(label=_("Closed before"), field_name="closed_at", lookup_expr="lt")
    expected_after = DateFilter(label=_("Expected close from"), field_name="expected_on", lookup_expr="gte")
    expected_before = DateFilter(label=_("Expected close before"), field_name="expected_on", lookup_expr="lt")


class ActivityFilters(KitFilterSet):
    """The task list."""

    object = "activity"
    key = "sales.activity"
    asks = ("title", "note", "created_at")
    related = {"customer": CustomerFilters, "deal": DealFilters}

    when = DueFilter()
    state = ChoicesFilter(label=_("State"), choices=Activity.State.choices)
    kind = ChoicesFilter(label=_("Kind"), choices=Activity.Kind.choices)
    priority = ChoicesFilter(label=_("Priority"), choices=Activity.Priority.choices)
    owner = OwnerFilter()
    team = TeamFilter()
    customer = IdFilter(label=_("Customer"))
    deal = IdFilter(label=_("Deal"))
    contact = IdFilter(label=_("Contact"))
    ticket = IdFilter(label=_("Ticket"))
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))
    due_after = DateFilter(label=_("Due from"), field_name="due_on", lookup_expr="gte")
    due_before = DateFilter(label=_("Due before"), field_name="due_on", lookup_expr="lt")
    done_after = TimeFilter(label=_("Done from"), field_name="done_at", lookup_expr="gte")
    done_before = TimeFilter(label=_("Done before"), field_name="done_at", lookup_expr="lt")
