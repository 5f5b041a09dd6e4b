"""What sales adds to the shell, the customer's record and the homes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

import sales.activity_panels  # noqa: F401  registers what tasks add
from crm.kit import nav, prepared, records, rollups, subjects
from crm.kit.prepared import STAND_IN
from crm.kit.slots import panel
from crm.kit.subjects import Hit, Subject, of_id
from crm.kit.ui import words
from crm.kit.workspace import workspace
from customers import holders
from customers.following import telling
from sales.models import Deal, Order, OrderLine, Product, Stage

nav.entry("deals", _("Deals"), "deals", icon="handshake", order=40, policy=("deal", "view"), go="d", bottom=True)
nav.entry("orders", _("Orders"), "orders", icon="shopping-bag", order=45, policy=("order", "view"), go="o")
nav.create("deal", _("Deal"), "deal-new", icon="handshake", order=20, policy=("deal", "add"))

FEW, MANY = 8, 50


def deal_numbers(request: HttpRequest, record: Any) -> dict[str, Any]:
    """All and open deals of a customer with the open sum, asked once per page."""
    known: dict[str, Any] | None = getattr(record, "_deal_numbers", None)
    if known is None:
        user, is_open = request.user, Q(stage__state="open")
        known = prepared.numbers(
            ("deals of a customer", user.access.reach),
            lambda: Deal.objects.visible_to(user).filter(customer=STAND_IN), record.pk,
            total=Count("pk"), open=Count("pk", filter=is_open), home_sum=Sum("home_amount", filter=is_open),
        )  # fmt: skip
        record._deal_numbers = known
    return known


@panel(
    "customer.detail.figures",
    title=_("Open deals"),
    order=50,
    policy=("deal", "view"),
    bare=True,
    template="sales/figure.html",
    name="open_deals",
)
def open_deals_figure(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Sum and number of open deals; the sum only in one currency or where every amount has its home value."""
    numbers = deal_numbers(request, record)
    hidden = "amount" in request.user.access.restricted_fields("deal")
    return {**numbers, "currency": workspace().home_currency, "hidden": hidden}


@rollups.figure("customer", "revenue", _("Revenue, 12 months"), policy=("order", "view"), order=10)
def revenue_of(user: Any, ids: Sequence[int], now: datetime) -> rollups.Figure | None:
    """Net revenue of the last twelve months in the home currency, adjustments left out."""
    orders = Order.objects.visible_to(user).filter(
        customer__in=ids, ordered_at__gte=now - timedelta(days=365), ordered_at__lt=now
    )
    lines = OrderLine.objects.filter(order__in=orders).exclude(product__kind=Product.Kind.ADJUSTMENT)
    rows = list(lines.order_by().values("order__customer").annotate(net=Sum("home_net")))
    each = {row["order__customer"]: row["net"] for row in rows if row["net"] is not None}
    currency = workspace().home_currency
    shown = {pk: words.money(net, currency, cents=False) for pk, net in each.items()}
    return rollups.Figure(words.money(sum(each.values()), currency, cents=False), each=shown) if each else None


@rollups.figure("customer", "deals", _("Open deals"), policy=("deal", "view"), order=20)
def open_deals_of(user: Any, ids: Sequence[int], now: datetime) -> rollups.Figure:
    """Number and sum of open deals."""
    numbers = Deal.objects.visible_to(user).open().filter(customer__in=ids).order_by().aggregate(
        n=Count("pk"), home_sum=Sum("home_amount")
    )  # fmt: skip
    hidden = "amount" in user.access.restricted_fields("deal") or numbers["home_sum"] is None
    worth = "" if hidden else words.money(numbers["home_sum"], workspace().home_currency, cents=False)
    return rollups.Figure(numbers["n"], worth)


def _deal_count(request: HttpRequest, record: Any) -> int:
    return int(deal_numbers(request, record)["total"])


def _order_count(request: HttpRequest, record: Any) -> int:
    user = request.user
    found = prepared.numbers(
        ("orders of a customer", user.access.reach),
        lambda: Order.objects.visible_to(user).filter(customer=STAND_IN), record.pk, total=Count("pk"),
    )  # fmt: skip
    return int(found["total"])


@panel(
    "customer.detail.tabs",
    title=_("Orders"),
    order=20,
    policy=("order", "view"),
    framed=False,
    tab=True,
    count=_order_count,
    template="sales/orders_tab.html",
    name="orders",
)
def orders_tab(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The latest orders of a customer."""
    rows = Order.objects.visible_to(request.user).filter(customer=record).order_by("-ordered_at", "-id")
    return {"orders": rows.defer("search")[:MANY], "all": f"/sales/orders/?customer={record.pk}"}


@panel(
    "customer.detail.tabs",
    title=_("Deals"),
    order=40,
    policy=("deal", "view"),
    framed=False,
    tab=True,
    count=_deal_count,
    template="sales/deals_tab.html",
    name="deals",
)
def deals_tab(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The deals of a customer."""
    rows = Deal.objects.visible_to(request.user).filter(customer=record).select_related("stage", "owner")
    hidden = "amount" in request.user.access.restricted_fields("deal")
    return {"deals": rows.order_by("-opened_at", "-id").defer("search")[:MANY], "hidden": hidden,
            "may_add": request.user.access.can("deal", "add"), "all": f"/sales/deals/?customer={record.pk}"}  # fmt: skip


@panel(
    "home.rep.figures",
    title=_("Open deals"),
    order=10,
    policy=("deal", "view"),
    bare=True,
    template="sales/home_figures.html",
    name="pipeline",
)
@panel(
    "home.manager.figures",
    title=_("Open deals"),
    order=60,
    policy=("deal", "view"),
    bare=True,
    template="sales/home_figures.html",
    name="pipeline",
)
@panel(
    "home.admin.figures",
    title=_("Open deals"),
    order=60,
    policy=("deal", "view"),
    bare=True,
    template="sales/home_figures.html",
    name="pipeline",
)
def pipeline_figures(request: HttpRequest, record: Any) -> dict[str, Any]:
    """Open deals: number and sum in the home currency."""
    user = request.user
    numbers = prepared.numbers(
        ("open deals of the home", user.access.reach), lambda: Deal.objects.visible_to(user).open(),
        n=Count("pk"), home_sum=Sum("home_amount"),
    )  # fmt: skip
    return {**numbers, "currency": workspace().home_currency}


@panel(
    "home.rep.main",
    title=_("Open deals"),
    order=20,
    policy=("deal", "view"),
    icon="handshake",
    template="sales/home_deals.html",
    name="deals",
)
@panel(
    "home.manager.main",
    title=_("Largest open deals"),
    order=40,
    policy=("deal", "view"),
    icon="handshake",
    template="sales/home_deals.html",
    name="deals",
)
@panel(
    "home.admin.main",
    title=_("Largest open deals"),
    order=40,
    policy=("deal", "view"),
    icon="handshake",
    template="sales/home_deals.html",
    name="deals",
)
def home_deals(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The largest open deals, compared in the home currency."""
    user = request.user
    return {"deals": prepared.every(("largest deals", user.access.reach), lambda: _largest(user))}


def _largest(user: Any) -> QuerySet[Deal]:
    rows = Deal.objects.visible_to(user).open().exclude(home_amount=None).select_related("customer", "stage")
    first = (F("home_amount").desc(nulls_last=True), F("id").desc())  # as the index has them
    return rows.defer("search", "customer__search", "customer__note").order_by(*first)[:FEW]


@panel(
    "home.rep.side",
    title=_("Recent orders"),
    order=40,
    policy=("order", "view"),
    icon="shopping-bag",
    template="sales/home_orders.html",
    name="orders",
)
def home_orders(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The newest orders of the reader's customers."""
    rows = Order.objects.visible_to(request.user).select_related("customer").defer("search")
    return {"orders": list(rows.order_by("-ordered_at", "-id")[:FEW])}


def _deal_hit(row: Deal) -> Hit:
    return Hit(
        row.title, f"/sales/deals/{row.pk}/", "handshake", row.customer.name if row.customer else row.stage.label
    )


def _order_hit(row: Order) -> Hit:
    return Hit(row.number, f"/sales/orders/{row.pk}/", "shopping-bag", row.customer.name if row.customer else "")


def _product_hit(row: Product) -> Hit:
    """Products have no page of their own: the line leads to what is found under their code."""
    return Hit(str(row), f"/search?{urlencode({'q': row.sku, 'type': 'products'})}", "package", row.sku)


subjects.register(
    Subject(
        key="deals", title=_("Deals"), object="deal", order=30, model=Deal, hit=_deal_hit, recent="opened_at",
        related=("customer", "stage"), listed="deals", numbered=of_id,
    )
)  # fmt: skip
subjects.register(
    Subject(
        key="orders", title=_("Orders"), object="order", order=50, model=Order, hit=_order_hit, recent="ordered_at",
        related=("customer",), listed="orders", numbered=lambda rows, text: rows.filter(number=text),
    )
)  # fmt: skip
subjects.register(
    Subject(key="products", title=_("Products"), object="product", order=60, model=Product, hit=_product_hit)
)


def shown_deals(user: Any, keys: Sequence[int]) -> dict[int, Hit]:
    """Deals by key, as pins and recent records show them."""
    rows = Deal.objects.visible_to(user).filter(pk__in=keys).select_related("customer").only("title", "customer__name")
    return {
        row.pk: Hit(row.title, f"/sales/deals/{row.pk}/", "handshake", row.customer.name if row.customer else "")
        for row in rows
    }


def shown_orders(user: Any, keys: Sequence[int]) -> dict[int, Hit]:
    """Orders by key."""
    rows = (
        Order.objects.visible_to(user).filter(pk__in=keys).select_related("customer").only("number", "customer__name")
    )
    return {
        row.pk: Hit(
            f"#{row.number}", f"/sales/orders/{row.pk}/", "shopping-bag", row.customer.name if row.customer else ""
        )
        for row in rows
    }


@telling.sentence("deal.moved")
def moved(told: telling.Told) -> str:
    """To which stage somebody moved a deal."""
    stage = Stage.objects.filter(pk=told.data["stage"]).first()
    words = _("%(who)s moved the deal to “%(stage)s”: %(what)s")
    return str(words) % {"who": told.who, "stage": stage.label, "what": told.what} if stage else ""


holders.holder("deal", Deal, page="deal")
records.kind("deal", shown_deals, policy=("deal", "view"), plural=_("Deals"))
records.kind("order", shown_orders, policy=("order", "view"), plural=_("Orders"))
