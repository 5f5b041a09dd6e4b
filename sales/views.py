"""Orders and deals: lists and simple record pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.kit import keyset
from crm.kit.changes import changes_of
from crm.kit.customfields.lines import OwnFieldsPage, lines_of
from crm.kit.customfields.unmasking import UnmaskOwnField
from crm.kit.errors import Invalid
from crm.kit.lists import ListView, Preset
from crm.kit.views import Action, FormPage, RecordPage
from crm.kit.workspace import workspace
from customers.following.services import follows
from customers.views import find_customer
from sales.bulk import ACTIONS
from sales.cells import EDITOR
from sales.filters import DealFilters, OrderFilters
from sales.forms import DealForm
from sales.models import Deal, Order, Stage
from sales.services import deals as deal_services
from sales.tables import DEAL_SORTS, DEALS, ORDER_SORTS, ORDERS, STATE_TONES


class OrderList(ListView):
    """Sales and returns."""

    policy = ("order", "view")
    key = "sales.order"
    object = "order"
    model = Order
    table = ORDERS
    filterset_class = OrderFilters
    filter_names = ("kind", "status", "ordered_after", "ordered_before", "total_min", "total_max", "currency")
    own_orderings = ORDER_SORTS
    default_ordering = "-ordered_at"
    title = gettext_lazy("Orders")
    all_label = gettext_lazy("All orders")
    search_label = gettext_lazy("Order number")
    group_names = ("kind", "status", "currency", "team")
    sums = {"total": "home_total"}
    presets = (Preset("returns", gettext_lazy("Returns"), "kind=return"),)
    empty_text = gettext_lazy("No orders yet. They come in by an imported file or the API.")

    def get_queryset(self) -> QuerySet[Order]:
        return super().get_queryset().select_related("customer").only(
            "number", "customer__name", "kind", "status", "currency", "total", "line_count", "ordered_at"
        )  # fmt: skip


class OrderPage(RecordPage):
    """One order with its lines."""

    policy = ("order", "view")
    model = Order
    record_name = "order"
    template_name = "sales/order.html"
    most_lines = 500

    def get_queryset(self) -> QuerySet[Order]:
        return super().get_queryset().select_related("customer", "team", "source").defer("search")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        order = context["order"]
        lines = order.lines.select_related("product").order_by("position")[: self.most_lines]
        fields = ["status", "kind", "total", "customer", "ordered_at"]
        levels = self.request.user.access.restricted_fields("order")
        return {**context, "lines": lines, "changes": changes_of(order, fields, levels)}


CURRENCIES = 6  # sums that stand above the list


class DealList(ListView):
    """Deals with totals by currency."""

    policy = ("deal", "view")
    key = "sales.deal"
    object = "deal"
    model = Deal
    table = DEALS
    filterset_class = DealFilters
    filter_names = ("state", "owner", "team", "amount_min", "amount_max", "opened_after", "expected_before")
    own_orderings = DEAL_SORTS
    default_ordering = "-opened_at"
    title = gettext_lazy("Deals")
    all_label = gettext_lazy("All deals")
    search_label = gettext_lazy("Title")
    presets = (
        Preset("open", pgettext_lazy("deal", "Open"), "state=open"),
        Preset("mine", gettext_lazy("My open deals"), "state=open&owner={user}"),
        Preset("won", pgettext_lazy("deal", "Won"), "state=won"),
        Preset("lost", pgettext_lazy("deal", "Lost"), "state=lost"),
    )
    empty_text = gettext_lazy("No deals yet. Open one on a customer's page, or bring them in by file or API.")
    strip_template = "sales/totals.html"
    actions = ACTIONS
    editor = EDITOR
    group_names = ("stage", "owner", "team", "currency")
    sums = {"amount": "home_amount"}

    def get_queryset(self) -> QuerySet[Deal]:
        return super().get_queryset().select_related("customer", "stage", "owner").only(
            "title", "customer__name", "stage__name", "stage__state", "amount", "currency", "owner__first_name",
            "owner__last_name", "owner__username", "expected_on", "opened_at",
        )  # fmt: skip

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(totals=self.totals[:CURRENCIES], home=workspace().home_currency, **more)

    @cached_property
    def totals(self) -> list[dict[str, Any]]:
        """Sum and number by currency of everything that matches, the most used first."""
        if self.levels.get("amount"):
            return []
        rows = self.rows.order_by().values("currency").annotate(total=Sum("amount"), n=Count("*"))
        return list(rows.order_by("-n"))

    def count(self, page: keyset.Page[Any]) -> keyset.Count:
        """Whoever sees the sums has the exact number with them."""
        return keyset.Count(sum(one["n"] for one in self.totals), True) if self.totals else super().count(page)


class DealPage(RecordPage):
    """One deal: where it stands, its way through the stages, its history."""

    policy = ("deal", "view")
    model = Deal
    record_name = "deal"
    template_name = "sales/deal.html"

    def get_queryset(self) -> QuerySet[Deal]:
        return (
            super()
            .get_queryset()
            .select_related("customer", "stage__pipeline", "owner", "team", "product")
            .defer("search")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        deal, access = context["deal"], self.request.user.access
        levels = access.restricted_fields("deal")
        fields = ["title", "amount", "stage", "owner", "expected_on", "lost_reason"]
        return {
            **context,
            "levels": levels,
            "followed": follows(self.request.user, "deal", deal.pk),
            "tone": STATE_TONES[deal.stage.state],
            "stages": list(Stage.objects.filter(pipeline=deal.stage.pipeline_id).order_by("position")),
            "steps": deal.stage_changes.select_related("stage", "user").order_by("-at", "-id")[:30],
            "changes": changes_of(deal, [f for f in fields if f != "stage"], levels),
            "may_change": access.can("deal", "change"),
            "own": lines_of(deal, obj="deal", user=self.request.user),
            "own_unmask": "deal-unmask",
            "own_edit": reverse("deal-own", args=[deal.pk]) if access.can("deal", "change") else "",
        }


class EditDealFields(OwnFieldsPage):
    """The own fields of a deal."""

    policy = ("deal", "change")
    model = Deal
    object = "deal"

    def update(self, values: dict[str, Any], expected: str | None) -> None:
        deal_services.update_deal(
            user=self.request.user, deal_id=self.record.pk, values=values, now=timezone.now(), expected=expected
        )

    def address(self) -> str:
        return reverse("deal", args=[self.record.pk])


class UnmaskOfDeal(UnmaskOwnField):
    """A sensitive value of a deal."""

    model = Deal
    object = "deal"
    list_name = gettext_lazy("Deals")


class NewDeal(FormPage):
    """A new deal of the customer in ``?customer=``."""

    policy = ("deal", "add")
    form_class = DealForm
    template_name = "sales/deal_form.html"
    success_message = gettext_lazy("Deal opened.")

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        return {"user": user, "initial": {"currency": workspace().home_currency, "owner": user.pk}}

    @property
    def customer(self) -> Any:
        """The customer that the address names, within reach."""
        raw = self.request.POST.get("customer") or self.request.GET.get("customer") or ""
        return find_customer(self.request.user, int(raw)) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **kwargs)

    def save(self, form: DealForm) -> str:
        customer = self.customer
        values = {name: value for name, value in form.values().items() if value not in (None, "")}
        values["stage"] = int(values["stage"])
        if customer is not None:
            values |= {"customer": customer.pk, "team": customer.team_id}
        values["owner"] = form.cleaned_data["owner"]
        made = deal_services.open_deal(user=self.request.user, values=values, now=timezone.now())
        return reverse("deal", args=[made.pk])


class MoveDeal(Action):
    """Move a deal to another stage of its pipeline."""

    policy = ("deal", "change")

    def act(self, request: HttpRequest) -> str:
        if not Deal.objects.visible_to(request.user).filter(pk=self.kwargs["pk"]).exists():
            raise Http404
        raw = request.POST.get("stage", "")
        stage = Stage.objects.filter(pk=raw).first() if raw.isascii() and raw.isdigit() and len(raw) < 19 else None
        if stage is None:
            raise Invalid(_("There is no such stage."))
        reason = request.POST.get("lost_reason", "").strip()[:200]
        moved = deal_services.move_deal(
            user=request.user, deal_id=self.kwargs["pk"], stage_id=stage.pk, now=timezone.now(), lost_reason=reason
        )
        messages.success(request, _("“%(deal)s” is now in %(stage)s.") % {"deal": moved.title, "stage": stage.label})
        return reverse("deal", args=[moved.pk])
